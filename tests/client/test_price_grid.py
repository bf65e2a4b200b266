"""Prices snapped to the steps of market rules."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ibfast import Contract
from ibfast.contracts.price_grid import PriceGrid, market_rule_id
from ibfast.schema import ContractData, ContractDetails, PriceIncrement


def grid(*steps):
    return PriceGrid.of([PriceIncrement(low_edge=edge, increment=increment) for edge, increment in steps])


PENNY = grid((None, 0.01))
OPTION = grid((0, 0.01), (3, 0.05))  # rule 109
ES = grid((0, 0.25))
FOREX = grid((0, 5e-05))
ODD = grid((0, 0.02), (1.03, 0.05), (1.04, 0.5))  # edges that are on no grid

CENTS = st.integers(-(10**9), 10**9).map(lambda number: Decimal(number) / 100_000)
STEPS = st.lists(
    st.tuples(st.integers(1, 10_000), st.integers(1, 500)), max_size=4, unique_by=lambda step: step[0]
).map(lambda more: [(0, 0.01), *((edge / 1000, step / 1000) for edge, step in sorted(more))])


@pytest.mark.parametrize(
    ("rule", "price", "action", "snapped"),
    [
        (PENNY, 150.004, "", "150.00"),
        (PENNY, 150.006, "BUY", "150.00"),
        (PENNY, 150.001, "SELL", "150.01"),
        (PENNY, 0.1 + 0.2, "", "0.30"),
        (PENNY, 0.29, "BUY", "0.29"),  # 0.29 / 0.01 is 28.999... in floats
        (PENNY, "0.015", "", "0.02"),
        (PENNY, Decimal("7.777"), "", "7.78"),
        (PENNY, np.float64(1.239), "", "1.24"),
        (PENNY, 5, "", "5"),
        (ES, 7012.37, "", "7012.25"),
        (ES, 7012.37, "SELL", "7012.50"),
        (ES, -1.10, "BUY", "-1.25"),
        (ES, -1.10, "SELL", "-1.00"),
        (FOREX, 1.16523, "", "1.16525"),
        (FOREX, 1.16523, "BUY", "1.16520"),
        (OPTION, 2.996, "", "3"),
        (OPTION, 2.991, "BUY", "2.99"),
        (OPTION, 2.991, "SELL", "3"),
        (OPTION, 3.03, "BUY", "3"),
        (OPTION, 3.01, "SELL", "3.05"),
        (OPTION, 3.025, "", "3.05"),
        (OPTION, -3.025, "", "-3.05"),
        (ODD, 1.025, "SELL", "1.5"),
        (ODD, 1.035, "BUY", "1.02"),
        (ODD, 1.4, "BUY", "1.02"),
        (ODD, 1.02, "", "1.02"),
    ],
)
def test_snapping(rule, price, action, snapped):
    assert rule.snap(price, action) == Decimal(snapped)


@given(STEPS, CENTS)
@example([(0, 0.02), (1.03, 0.05)], Decimal("1.029"))
def test_the_grid_has_nothing_between_below_and_above(steps, price):
    rule = grid(*steps)
    low, high = rule.below(price), rule.above(price)
    assert low <= price <= high
    assert rule.is_valid(low)
    assert rule.is_valid(high)
    assert (low == high) == rule.is_valid(price)
    middle = (low + high) / 2
    assert (rule.below(middle), rule.above(middle)) == (low, high)


@given(STEPS, CENTS, st.sampled_from(["", "BUY", "SELL"]))
def test_snapping_stays_on_its_side_and_is_done_once(steps, price, action):
    rule = grid(*steps)
    snapped = rule.snap(price, action)
    assert rule.snap(snapped, action) == snapped
    assert rule.snap(-price) == -rule.snap(price)
    if action == "BUY":
        assert snapped <= price
    if action == "SELL":
        assert snapped >= price
    if not action:
        assert abs(snapped - price) <= min(price - rule.below(price), rule.above(price) - price)


def test_the_step_depends_on_the_price():
    assert [OPTION.step(price) for price in (0, 2.99, 3, 100, -5)] == [
        Decimal(step) for step in ("0.01", "0.01", "0.05", "0.05", "0.05")
    ]
    assert OPTION.is_valid(2.99)
    assert not OPTION.is_valid(3.01)


@pytest.mark.parametrize("price", ["x", "", float("nan"), float("inf"), None])
def test_what_is_no_price(price):
    with pytest.raises(ValueError, match="price"):
        PENNY.snap(price)


def test_what_is_no_action():
    with pytest.raises(ValueError, match=r"action: 'buy' is neither BUY nor SELL"):
        PENNY.snap(1, "buy")


@pytest.mark.parametrize("steps", [[], [(0, 0)], [(0, None)], [(5, 0.01)], [(0, 0.01), (3, -0.05)]])
def test_what_is_no_rule(steps):
    with pytest.raises(ValueError, match="increments"):
        grid(*steps)


def test_each_exchange_has_its_rule():
    details = ContractDetails(valid_exchanges="SMART,AMEX,CBOE", market_rule_ids="32,109,110")
    found = ContractData(contract=Contract.stock("AAPL"), contract_details=details)
    assert [market_rule_id(found, exchange) for exchange in ("", "SMART", "AMEX", "CBOE")] == [32, 32, 109, 110]
    with pytest.raises(ValueError, match=r"exchange: no market rule for 'NYSE', only for SMART, AMEX, CBOE"):
        market_rule_id(found, "NYSE")
    with pytest.raises(ValueError, match="no market rule"):
        market_rule_id(ContractData())
