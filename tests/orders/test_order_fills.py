"""At a fill everything counts it: statuses and executions together, corrections applied, legs left out."""

from decimal import Decimal

import pytest
from support.adverse import AAPL, BOTH_WIRES, SOON_S, session, until
from support.desk import FILL, Desk
from support.trading import books

from ibfast import Contract, Order, TradeEventKind
from ibfast.schema import (
    OpenOrder,
)
from ibfast.schema.contract import ComboLeg


@BOTH_WIRES
def test_at_a_fill_everything_counts_it(run, version):
    async def main():
        async with session(version) as (_, client):
            seen = []
            trade = await client.order(AAPL).buy(1000).market().submit()
            trade.on(lambda event: seen.append((event, trade.filled_quantity, trade.remaining, trade.avg_fill_price)))
            await trade.filled(SOON_S)
            fills = [row for row in seen if row[0].kind is TradeEventKind.FILL]
            assert fills
            total, value = Decimal(0), 0.0
            for event, filled, remaining, average in fills:
                execution = event.detail.execution
                total, value = total + execution.shares, value + float(execution.shares) * execution.price
                assert event.filled == filled == total
                assert event.remaining == remaining == 1000 - total
                assert average == pytest.approx(value / float(total))

    run(main)


@BOTH_WIRES
def test_a_correction_by_the_exchange_moves_the_average(run, version):
    async def main():
        async with session(version) as (sim, client):
            trade = await client.order(AAPL).buy(10).market().submit()
            await trade.filled(SOON_S)
            await until(lambda: trade.is_complete)
            (fill,) = trade.fills
            sim.correct_execution(fill.execution.exec_id, fill.execution.price + 1.0)
            await until(lambda: trade.fills[0].execution.exec_id != fill.execution.exec_id)
            assert trade.avg_fill_price == pytest.approx(fill.execution.price + 1.0)
            assert (trade.filled_quantity, trade.remaining) == (10, 0)

    run(main)


@BOTH_WIRES
def test_legs_are_not_the_combination(run, version):
    async def main():
        async with session(version) as (sim, client):
            universe = sim.gateway.market.universe
            options = Contract(symbol="AAPL", sec_type="OPT", exchange="SMART", currency="USD")
            calls = [option for option in universe.find(options) if option.option.right == "C"]
            low, high = (option.contract["con_id"] for option in calls[:2])
            bag = Contract(
                symbol="AAPL", sec_type="BAG", exchange="SMART", currency="USD",
                combo_legs=[
                    ComboLeg(con_id=low, ratio=1, action="BUY", exchange="SMART"),
                    ComboLeg(con_id=high, ratio=2, action="SELL", exchange="SMART"),
                ],
            )  # fmt: skip
            trade = await client.place_order(
                bag, Order(action="BUY", order_type="MKT", total_quantity=Decimal(3), tif="DAY")
            )
            filled = []
            trade.on(lambda event: filled.append(event.filled))
            await trade.filled(SOON_S)
            await until(lambda: trade.is_complete)
            assert trade.filled_quantity == 3
            assert max(filled) == 3
            assert len({fill.contract.sec_type for fill in trade.fills}) == 2
            assert trade.avg_fill_price == pytest.approx(books(sim, trade).average_price)

    run(main)


# ----------------------------------------------------------------------- by hand, in orders that a gateway may choose


@pytest.fixture
def desk():
    return Desk()


def amounts(desk):
    trade = desk.trade
    return trade.filled_quantity, trade.remaining, trade.avg_fill_price


def test_a_status_that_comes_late_takes_nothing_back(desk):
    """Two executions, then the statuses of each."""
    desk.execution("a.1.01", shares=40, price=10.0)
    desk.execution("a.2.01", shares=60, price=20.0)
    assert (desk.trade.status, *amounts(desk)) == ("Filled", 100, 0, 16.0)
    desk.status("Submitted", filled=40, avg_fill_price=10.0)
    assert (desk.trade.status, *amounts(desk)) == ("Filled", 100, 0, 16.0)
    desk.status("Filled", filled=100, avg_fill_price=16.0)
    assert (desk.trade.status, *amounts(desk)) == ("Filled", 100, 0, 16.0)
    assert [(event.filled, event.remaining) for event in desk.trade.log if event.kind is FILL] == [(40, 60), (100, 0)]


def test_statuses_may_be_ahead_of_executions(desk):
    desk.status("Submitted", filled=70, avg_fill_price=11.0)
    desk.execution("a.1.01", shares=40, price=10.0)
    assert amounts(desk) == (70, 30, 11.0)


def test_a_fill_counts_what_was_traded_before_this_session(desk):
    """An order of an earlier session: its first fill is none that is known here, the cumulative quantity has it."""
    desk.status("Submitted", filled=40, avg_fill_price=10.0)
    desk.execution("a.2.01", shares=10, price=20.0, cum_qty=Decimal(50), avg_price=12.0)
    assert amounts(desk) == (50, 50, 12.0)
    desk.execution("a.1.01", shares=40, price=10.0, cum_qty=Decimal(40), avg_price=10.0)  # listed afterwards
    assert amounts(desk) == (50, 50, 12.0)
    desk.execution("a.2.02", shares=0, price=20.0, cum_qty=Decimal(50), avg_price=12.0)
    assert amounts(desk) == (40, 60, 10.0)


def test_a_price_that_the_exchange_corrects_is_the_price(desk):
    desk.execution("a.1.01", shares=50, price=10.0)
    desk.execution("a.2.01", shares=50, price=12.0)
    desk.status("Filled", filled=100, avg_fill_price=11.0)
    desk.execution("a.1.02", shares=50, price=20.0)
    assert amounts(desk) == (100, 0, 16.0)
    desk.status("Filled", filled=100, avg_fill_price=16.5, mkt_cap_price=0.0)
    assert amounts(desk) == (100, 0, 16.5)  # TWS's own figure, once it has counted the correction


def test_a_trade_that_is_busted_is_not_traded(desk):
    desk.execution("a.1.01", shares=50, price=10.0)
    desk.execution("a.2.01", shares=30, price=12.0)
    desk.status("Submitted", filled=80, avg_fill_price=10.75)
    desk.execution("a.1.02", shares=0, price=10.0)
    assert amounts(desk) == (30, 70, 12.0)
    assert desk.trade.log[-1].filled == 30


def test_an_order_without_a_quantity_of_its_own_is_counted_by_its_executions():
    desk = Desk(order=Order(action="BUY", order_type="MKT", cash_qty=1000.0))
    desk.execution("a.1.01", shares=5, price=100.0)
    assert (desk.trade.filled_quantity, desk.trade.status) == (5, "PendingSubmit")
    desk.status("Filled", filled=10, avg_fill_price=100.0)
    assert desk.trade.filled_quantity == 10


def test_an_order_that_grows_after_its_fills_has_more_to_fill(desk):
    desk.working()
    desk.execution("a.1.01", shares=40)
    desk.trade.sent_again(desk.trade.order.replace(total_quantity=Decimal(200)))
    report = OpenOrder(order_id=7, contract=AAPL, order=Order(client_id=1, perm_id=70, total_quantity=Decimal(200)))
    desk.trades.on_open_order(report)
    assert amounts(desk)[:2] == (40, 160)


LEGS = [
    ComboLeg(con_id=1, ratio=1, action="BUY", exchange="SMART"),
    ComboLeg(con_id=2, ratio=2, action="SELL", exchange="SMART"),
]
BAG = Contract(symbol="AAPL", sec_type="BAG", exchange="SMART", currency="USD", combo_legs=LEGS)


def leg(con_id):
    return Contract(con_id=con_id, sec_type="OPT", symbol="AAPL", exchange="SMART")


@pytest.fixture
def combo():
    return Desk(BAG, Order(action="BUY", order_type="LMT", lmt_price=1.0, total_quantity=Decimal(3)))


def test_a_combination_of_which_only_legs_are_reported(combo):
    """So many combinations as every leg has traded, by its ratio."""
    combo.execution("a.1.01", shares=3, price=5.0, contract=leg(1))
    assert amounts(combo)[:2] == (0, 3)
    combo.execution("a.2.01", shares=2, price=2.0, contract=leg(2))
    assert amounts(combo) == (1, 2, 1.0)
    combo.execution("a.3.01", shares=4, price=2.0, contract=leg(2))
    assert (combo.trade.status, *amounts(combo)) == ("Filled", 3, 0, 1.0)
    assert not combo.trade.is_complete
    for number in (1, 2, 3):
        combo.commission(f"a.{number}.01")
    assert combo.trade.is_complete


def test_executions_of_the_combination_itself_count_and_not_its_legs(combo):
    combo.execution("a.1.01", shares=2, price=1.5, contract=BAG)
    combo.execution("a.2.01", shares=2, price=5.0, contract=leg(1))
    combo.execution("a.3.01", shares=4, price=1.75, contract=leg(2))
    assert amounts(combo) == (2, 1, 1.5)
    assert combo.trade.status != "Filled"
    combo.status("Cancelled", filled=2, avg_fill_price=1.5)
    combo.commission("a.2.01")
    combo.commission("a.3.01")
    assert combo.trade.is_complete  # only legs cost something


def test_what_an_exercise_delivers_is_not_what_was_exercised():
    desk = Desk(leg(1), Order(total_quantity=Decimal(2)))
    desk.execution("a.1.01", shares=2, price=0.0, contract=leg(1))
    desk.execution("a.2.01", shares=200, price=100.0, contract=AAPL)
    assert (desk.trade.filled_quantity, desk.trade.status) == (2, "Filled")


def test_parts_of_accounts_are_counted_by_what_the_order_has_traded():
    desk = Desk(order=Order(action="BUY", order_type="MKT", total_quantity=Decimal(100), fa_group="all"))
    desk.execution("a.1.01", shares=40, cum_qty=Decimal(40), acct_number="DF1")
    desk.execution("a.2.01", shares=40, cum_qty=Decimal(40), acct_number="DU1")
    assert (desk.trade.filled_quantity, desk.trade.status) == (40, "PendingSubmit")
