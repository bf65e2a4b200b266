"""What becomes of an order, told in the sequences that real gateways send."""

import asyncio
from decimal import Decimal

import pytest
from support.desk import AAPL, ACKNOWLEDGED, COMMISSION, FILL, ORDER, REJECTION, STATUS, THEM, US, WARNING, Desk

from ibfast import Order, RequestError
from ibfast.errors import ConnectionLost
from ibfast.orders.fills import Fill, add_fill
from ibfast.schema import (
    ErrorMessage,
    Execution,
    OpenOrder,
    OrderState,
)


@pytest.fixture
def desk():
    return Desk()


# ------------------------------------------------------------------------------------------------------- status


def test_before_tws_says_anything(desk):
    trade = desk.trade
    assert (trade.status, trade.filled_quantity, trade.remaining) == ("PendingSubmit", 0, 100)
    assert (trade.is_done, trade.is_complete, trade.commission, trade.log) == (False, False, 0, [])


def test_what_a_closed_market_repeats_is_told_once(desk):
    """§1.2: openOrder, orderStatus, 399, then the same pair again and again."""
    for _ in range(4):
        desk.open_order("PreSubmitted")
        desk.status("PreSubmitted")
        desk.error(399, "Order Message:\nBUY 100 AAPL\nWarning: your order will not be placed at the exchange until")
    assert desk.kinds == [ORDER, STATUS, WARNING]
    assert [warning.code for warning in desk.trade.warnings] == [399]
    assert desk.trade.rejection is None
    assert not desk.trade.is_done


def test_a_warning_that_comes_first_is_only_a_warning(desk):
    """§1.2: for algo orders 399 comes before anything else."""
    desk.error(399)
    assert not desk.trade.is_done
    desk.working()
    assert desk.kinds == [WARNING, ORDER, STATUS]
    assert desk.trade.status == "Submitted"


def test_a_fill_as_gateways_tell_it(desk):
    """§1.3: the commission comes last, and everything else twice."""
    desk.open_order("PreSubmitted")
    desk.status("PreSubmitted")
    desk.execution()
    desk.open_order("Filled", completed_status="Filled Size: 100")
    desk.status("Filled", filled=100, avg_fill_price=150.0)
    assert desk.trade.is_done
    assert not desk.trade.is_complete
    desk.open_order("Filled", completed_status="Filled Size: 100", commission_and_fees=1.0)
    desk.status("Filled", filled=100, avg_fill_price=150.0)
    desk.commission()
    assert desk.kinds == [ORDER, STATUS, FILL, ORDER, STATUS, ORDER, COMMISSION]
    trade = desk.trade
    assert (trade.status, trade.filled_quantity, trade.remaining, trade.avg_fill_price) == ("Filled", 100, 0, 150.0)
    assert trade.is_complete
    assert trade.commission == 1.0
    assert trade.order_state.commission_and_fees == 1.0
    assert trade.perm_id == 70


def test_an_event_says_what_the_trade_said_then(desk):
    desk.working()
    desk.execution(shares=40)
    desk.status("Submitted", filled=40)
    desk.status("Filled", filled=100)
    told = [(event.kind, event.status, event.filled, event.remaining) for event in desk.trade.log]
    assert told == [
        (ACKNOWLEDGED, "Submitted", 0, 100),
        (ORDER, "Submitted", 0, 100),
        (STATUS, "Submitted", 0, 100),
        (FILL, "Submitted", 40, 60),
        (STATUS, "Submitted", 40, 60),
        (STATUS, "Filled", 100, 0),
    ]
    assert all(event.trade is desk.trade for event in desk.trade.log)


# -------------------------------------------------------------------------------------------------------- fills


def test_a_fill_gets_its_commission_whichever_comes_first(desk):
    desk.execution("a.1.01", shares=50)
    desk.commission("a.1.01", 0.5)
    desk.commission("a.2.01", 0.25)
    desk.execution("a.2.01", shares=50)
    assert [fill.commission.commission_and_fees for fill in desk.trade.fills] == [0.5, 0.25]
    assert desk.trade.commission == 0.75
    assert desk.kinds == [FILL, COMMISSION, FILL]


def test_an_execution_that_is_told_again_is_no_new_fill(desk):
    for _ in range(2):
        desk.execution()
        desk.commission()
    assert len(desk.trade.fills) == 1
    assert desk.trade.commission == 1.0
    assert desk.kinds == [FILL, COMMISSION]


def test_a_correction_takes_the_place_of_what_it_corrects(desk):
    desk.execution("a.1.01", price=150.0)
    desk.commission("a.1.01", 1.0)
    desk.execution("a.2.01", price=151.0)
    desk.execution("a.1.02", price=149.0)
    assert [(fill.execution.exec_id, fill.execution.price) for fill in desk.trade.fills] == [
        ("a.1.02", 149.0),
        ("a.2.01", 151.0),
    ]
    assert desk.trade.fills[0].commission is None
    desk.commission("a.1.02", 0.9)
    assert desk.trade.commission == 0.9


def test_what_was_corrected_does_not_come_back(desk):
    desk.execution("a.1.01", price=150.0)
    desk.execution("a.1.02", price=149.0)
    desk.execution("a.1.01", price=150.0)
    assert [fill.execution.price for fill in desk.trade.fills] == [149.0]


def test_a_fill_knows_its_contract(desk):
    desk.execution()
    assert desk.trade.fills[0].contract is AAPL


def test_commissions_of_nobody_are_nobody_s(desk):
    desk.commission("b.1.01", 5.0)
    desk.execution("a.1.01")
    assert desk.trade.commission == 0
    assert desk.trade.fills[0].commission is None


# --------------------------------------------------------------------------------------- cancels and rejections


def test_a_cancel_is_not_a_rejection(desk):
    """§1.4: orderStatus Cancelled, then 202."""
    desk.working()
    desk.status("Cancelled")
    desk.error(202, "Order Canceled - reason:")
    assert (desk.trade.status, desk.trade.rejection) == ("Cancelled", None)
    assert desk.trade.is_done
    assert desk.kinds == [ORDER, STATUS, STATUS, WARNING]


@pytest.mark.parametrize("code", [110, 200, 201, 321, 387, 443, 10255])
def test_a_refused_new_order_is_done_and_not_called_cancelled(desk, code):
    desk.error(code, "Order rejected - reason:")
    assert desk.trade.is_done
    assert desk.trade.rejection.code == code
    assert desk.trade.rejection.req_id == 7
    assert desk.trade.status == "PendingSubmit"
    assert desk.kinds == [REJECTION]


def test_a_rejection_carries_what_tws_adds_to_it(desk):
    desk.trade.on_error(ErrorMessage(id=7, error_code=201, error_msg="no", advanced_order_reject_json='{"a": 1}'))
    assert desk.trade.rejection.advanced_order_reject_json == '{"a": 1}'


def test_a_refused_change_does_not_end_a_working_order(desk):
    desk.working()
    desk.error(105, "Order being modified does not match original order.")
    assert desk.trade.rejection.code == 105
    assert (desk.trade.is_done, desk.trade.status) == (False, "Submitted")
    desk.status("Filled", filled=100)
    assert desk.trade.is_done


@pytest.mark.parametrize("code", [161, 10148])
def test_a_refused_cancel_says_nothing_about_the_order(desk, code):
    """§1.4, §1.5: it is past cancelling, in a state that TWS does not name."""
    desk.error(code, "OrderId 7 that needs to be cancelled is not found.")
    assert (desk.trade.is_done, desk.trade.rejection) == (False, None)
    desk.working()
    desk.error(code, "Cancel attempted when order is not in a cancellable state.  Order permId =70")
    assert [warning.code for warning in desk.trade.warnings] == [code, code]
    assert (desk.trade.is_done, desk.trade.rejection) == (False, None)


def test_an_inactive_order_is_done(desk):
    """§1.9: openOrder and orderStatus Inactive, and 201 only when it is sent again."""
    desk.open_order("Inactive")
    desk.status("Inactive")
    assert desk.trade.is_done
    desk.error(201)
    assert desk.trade.rejection.code == 201


def test_a_held_child_says_why(desk):
    """§1.6"""
    desk.status("PreSubmitted", why_held="child,trigger")
    assert desk.trade.why_held == "child,trigger"
    desk.status("Submitted")
    assert not desk.trade.why_held


# ------------------------------------------------------------------------------------------------------ changes


def changed(desk, **fields):
    desk.trade.sent_again(desk.trade.order.replace(**fields))


def reported(desk, **fields):
    order = Order(client_id=US, perm_id=70, **{"total_quantity": Decimal(100), "action": "BUY"} | fields)
    state = OrderState(status="Submitted")
    desk.trades.on_open_order(OpenOrder(order_id=7, contract=AAPL, order=order, order_state=state))


def test_a_refused_change_is_taken_back(desk):
    desk.working()
    changed(desk, lmt_price=10.0)
    reported(desk, lmt_price=10.0)
    changed(desk, lmt_price=11.0, total_quantity=Decimal(200))
    assert desk.trade.order.lmt_price == 11.0
    desk.error(201)
    assert (desk.trade.order.lmt_price, desk.trade.order.total_quantity) == (10.0, 100)


def test_a_report_of_the_order_as_it_was_accepts_nothing(desk):
    desk.working()
    changed(desk, lmt_price=10.0)
    desk.open_order("Submitted", warning_text="as before")
    desk.error(201)
    assert desk.trade.order.lmt_price is None


def test_changes_are_answered_in_turn(desk):
    desk.working()
    changed(desk, lmt_price=10.0)
    changed(desk, lmt_price=11.0)
    desk.error(201)
    assert desk.trade.order.lmt_price == 11.0  # the second one is on its way
    desk.error(201, "again")
    assert desk.trade.order.lmt_price is None
    changed(desk, lmt_price=12.0)
    changed(desk, lmt_price=13.0)
    reported(desk, lmt_price=13.0)
    desk.error(201)
    assert desk.trade.order.lmt_price == 13.0


def test_what_tws_spells_in_its_own_way_is_accepted_all_the_same(desk):
    desk.working()
    changed(desk, tif="GTD", good_till_date="20260826-20:00:00")
    reported(desk, tif="GTD", good_till_date="20260826 16:00:00 US/Eastern")
    changed(desk, lmt_price=10.0)
    desk.error(201)
    assert (desk.trade.order.tif, desk.trade.order.lmt_price) == ("GTD", None)


def test_a_warning_takes_nothing_back(desk):
    desk.working()
    changed(desk, lmt_price=10.0)
    desk.error(399)
    assert desk.trade.order.lmt_price == 10.0


# -------------------------------------------------------------------------------------------- whose order it is


def test_orders_of_earlier_sessions_are_followed(desk):
    desk.open_order("Submitted", order_id=3, perm_id=30)
    desk.status("Submitted", order_id=3, perm_id=30)
    assert [trade.order_id for trade in desk.trades] == [7, 3]
    old = desk.trades[3]
    assert (old.status, old.contract, old.remaining) == ("Submitted", AAPL, 100)
    desk.execution(order_id=3, perm_id=30)
    desk.status("Filled", order_id=3, perm_id=30, filled=100)
    desk.commission()
    assert old.is_complete
    assert desk.trade.log == []


def test_an_order_of_another_client_with_our_id_is_not_ours(desk):
    """§1.1: ids are per client, so all open orders may have ours twice."""
    desk.working()
    desk.open_order("PreSubmitted", client_id=THEM, perm_id=99)
    desk.status("Filled", client_id=THEM, perm_id=99, filled=100)
    desk.execution(client_id=THEM, perm_id=99)
    assert (desk.trade.status, desk.trade.fills, desk.trade.perm_id) == ("Submitted", [], 70)
    theirs = next(trade for trade in desk.trades if trade.client_id == THEM)
    assert (theirs.status, len(theirs.fills), theirs.order_id) == ("Filled", 1, 7)


def test_orders_entered_by_hand_are_told_apart_by_their_permanent_id(desk):
    for perm_id in (81, 82):
        desk.open_order("Submitted", order_id=0, client_id=0, perm_id=perm_id)
    desk.status("Filled", order_id=0, client_id=0, perm_id=82, filled=100)
    assert {trade.perm_id: trade.status for trade in desk.trades if trade.order_id == 0} == {
        81: "Submitted",
        82: "Filled",
    }


def test_what_belongs_to_no_known_order_makes_no_trade(desk):
    desk.status("Filled", order_id=55, perm_id=550)
    desk.execution(order_id=55, perm_id=550)
    desk.commission()
    assert list(desk.trades) == [desk.trade]
    assert desk.trade.log == []


# -------------------------------------------------------------------------------------------------- following it


def test_done_waits_for_the_end(desk, run):
    async def main():
        waiting = [asyncio.create_task(desk.trade.done()) for _ in range(2)]
        await asyncio.sleep(0)
        desk.working()
        await asyncio.sleep(0)
        assert not any(task.done() for task in waiting)
        desk.status("Cancelled")
        assert await asyncio.gather(*waiting) == [desk.trade, desk.trade]
        assert await desk.trade.done() is desk.trade

    run(main)


def test_filled_raises_what_tws_said_against_the_order(desk, run):
    async def main():
        desk.error(201, "Order rejected - reason:")
        with pytest.raises(RequestError, match="201: Order rejected"):
            await desk.trade.filled()

    run(main)


def test_filled_says_how_else_the_order_ended(desk, run):
    async def main():
        desk.working()
        desk.status("Cancelled")
        with pytest.raises(RequestError, match="ended as Cancelled") as caught:
            await desk.trade.filled()
        assert (caught.value.code, caught.value.req_id) == (202, 7)

    run(main)


def test_iterating_gives_every_event_from_the_first_to_the_last_commission(desk, run):
    async def main():
        desk.working()

        async def follow():
            return [event.kind async for event in desk.trade]

        late, early = asyncio.create_task(follow()), asyncio.create_task(follow())
        await asyncio.sleep(0)
        desk.execution()
        desk.status("Filled", filled=100)
        await asyncio.sleep(0)
        desk.commission()
        assert await early == await late == [ACKNOWLEDGED, ORDER, STATUS, FILL, STATUS, COMMISSION]
        assert await follow() == [ACKNOWLEDGED, ORDER, STATUS, FILL, STATUS, COMMISSION]

    run(main)


def test_whoever_waits_learns_that_the_connection_is_lost(desk, run):
    async def main():
        desk.working()
        waiting = asyncio.create_task(desk.trade.done())
        await asyncio.sleep(0)
        desk.trade.connection_lost(ConnectionLost("gone"))
        with pytest.raises(ConnectionLost, match="gone"):
            await waiting
        with pytest.raises(ConnectionLost, match="gone"):
            await desk.trade.filled()
        events = aiter(desk.trade)
        assert [(await anext(events)).kind for _ in range(3)] == [ACKNOWLEDGED, ORDER, STATUS]
        with pytest.raises(ConnectionLost, match="gone"):
            await anext(events)

    run(main)


def test_a_finished_order_outlives_the_connection(desk, run):
    async def main():
        desk.status("Filled", filled=100)
        desk.trade.connection_lost(ConnectionLost("gone"))
        assert await desk.trade.filled() is desk.trade
        assert [event.kind async for event in desk.trade] == [ACKNOWLEDGED, STATUS]

    run(main)


def test_a_callback_hears_every_event_from_then_on(desk):
    heard = []
    desk.open_order("Submitted")
    desk.trade.on(heard.append)
    desk.status("Submitted")
    desk.status("Cancelled")
    assert heard == desk.trade.log[2:]
    assert [event.status for event in heard] == ["Submitted", "Cancelled"]


def test_a_callback_that_fails_harms_nobody(desk, caplog):
    heard = []
    desk.trade.on(lambda event: 1 / 0)
    desk.trade.on(heard.append)
    desk.status("Filled", filled=100)
    assert [event.status for event in heard] == ["Filled", "Filled"]
    assert "ZeroDivisionError" in caplog.text
    assert desk.trade.is_done


def test_listeners_hear_events_of_every_order(desk):
    heard = []
    desk.trades.listeners.append(lambda event: heard.append((event.trade.order_id, event.kind)))
    desk.status("Submitted")
    desk.open_order("Submitted", order_id=3, perm_id=30)
    desk.error(202)
    assert heard == [(7, ACKNOWLEDGED), (7, STATUS), (3, ORDER), (7, WARNING)]


def test_an_execution_costs_the_same_however_many_were_before():
    """Counted in calls, not in time: nothing goes through the fills that are there."""

    class Watched(list):
        def __iter__(self):
            raise AssertionError("all fills are looked through")

    fills, places = Watched(), {}
    for number in range(1000):
        assert add_fill(fills, places, Fill(Execution(exec_id=f"0001f4e8.{number:08x}.01.01")))
    assert not add_fill(fills, places, Fill(Execution(exec_id="0001f4e8.00000007.01.01")))
    assert add_fill(fills, places, Fill(Execution(exec_id="0001f4e8.00000007.01.02")))
    assert len(fills) == 1000
    assert fills[7].revision == 2
