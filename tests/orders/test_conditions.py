"""What an order waits for, and how that becomes the flat list that TWS reads."""

from datetime import UTC, datetime

import pytest

from ibfast import (
    Contract,
    Order,
    OrderBuilder,
    OrderCondition,
    TriggerMethod,
    execution_condition,
    margin_condition,
    percent_change_condition,
    price_condition,
    time_condition,
    volume_condition,
)

AAPL = Contract.stock("AAPL").replace(con_id=265598)
NOON = datetime(2026, 8, 26, 16, tzinfo=UTC)
A, B, C, D = (margin_condition(">=", percent) for percent in (1, 2, 3, 4))


@pytest.mark.parametrize(
    ("condition", "fields"),
    [
        (
            price_condition(AAPL, ">=", 150, trigger_method=TriggerMethod.LAST),
            {"type": 1, "is_more": True, "price": 150, "con_id": 265598, "exchange": "SMART", "trigger_method": 2},
        ),
        (
            price_condition(265598, "<=", 150, exchange="NASDAQ"),
            {"type": 1, "is_more": False, "price": 150, "con_id": 265598, "exchange": "NASDAQ", "trigger_method": 0},
        ),
        (time_condition(">=", NOON), {"type": 3, "is_more": True, "time": "20260826-16:00:00"}),
        (
            time_condition("<=", "20260826 12:00:00 US/Eastern"),
            {"type": 3, "is_more": False, "time": "20260826 12:00:00 US/Eastern"},
        ),
        (margin_condition("<=", 30), {"type": 4, "is_more": False, "percent": 30}),
        (execution_condition("MSFT"), {"type": 5, "symbol": "MSFT", "sec_type": "STK", "exchange": "SMART"}),
        (
            volume_condition(AAPL, ">=", 5_000_000),
            {"type": 6, "is_more": True, "volume": 5_000_000, "con_id": 265598, "exchange": "SMART"},
        ),
        (
            percent_change_condition(AAPL, "<=", -3),
            {"type": 7, "is_more": False, "change_percent": -3, "con_id": 265598, "exchange": "SMART"},
        ),
    ],
)
def test_each_condition_has_its_fields(condition, fields):
    assert condition.chain() == [OrderCondition(is_conjunction_connection=True, **fields)]


@pytest.mark.parametrize(
    ("condition", "chain"),
    [
        (A & B & C, "1 and 2 and 3"),
        (A | B | C, "1 or 2 or 3"),
        (A & B | C & D, "1 and 2 or 3 and 4"),
        (A | B & C | D, "1 or 2 and 3 or 4"),
        (A & (B & C), "1 and 2 and 3"),
        (A | (B | C), "1 or 2 or 3"),
        (A & B | A, "1 and 2 or 1"),
    ],
)
def test_each_condition_says_how_the_next_is_joined(condition, chain):
    *first, last = condition.chain()
    words = [f"{item.percent} {'and' if item.is_conjunction_connection else 'or'}" for item in first]
    assert " ".join([*words, str(last.percent)]) == chain


@pytest.mark.parametrize("build", [lambda: (A | B) & C, lambda: A & (B | C), lambda: (A | B) & (C | D)])
def test_what_would_need_brackets_is_refused(build):
    with pytest.raises(ValueError, match="brackets"):
        build()


def test_only_comparisons_that_tws_knows():
    with pytest.raises(ValueError, match=r"comparison: '>'"):
        margin_condition(">", 30)
    with pytest.raises(ValueError, match="con_id"):
        price_condition(Contract.stock("AAPL"), ">=", 1)


def order():
    return OrderBuilder(AAPL, Order(), None, None).buy(1).market()


def test_conditions_release_or_cancel():
    released = order().when(A & B, ignore_rth=True).build()
    assert (released.conditions, released.conditions_ignore_rth) == ((A & B).chain(), True)
    assert released.conditions_cancel_order is None
    cancelled = order().cancel_when(A).build()
    assert (cancelled.conditions_cancel_order, cancelled.conditions_ignore_rth) == (True, None)
    with pytest.raises(ValueError, match="join them"):
        order().when(A).cancel_when(B)
