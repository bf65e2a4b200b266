"""However an order ends, is lost, or is never spoken of: whoever waits for it gets an end, with the reason."""

import asyncio
from decimal import Decimal

import pytest
from support.adverse import AAPL, BOTH_WIRES, MSFT, SOON_S, away, session, until
from support.desk import LOST, ORDER, WARNING, Desk
from support.trading import books, kinds_of, resting

from ibfast import Client, RequestError, RequestTimeout, TradeEventKind
from ibfast.schema import (
    CancelOrderRequest,
    CompletedOrdersRequest,
    ExecutionRequest,
    OpenOrdersEnd,
    OpenOrdersRequest,
    OrderStatus,
    PlaceOrderRequest,
)
from ibfast.simulator.faults import Late, Lose, Reject

NO_STATUS = Lose(at_message=OrderStatus, times=None)


# ------------------------------------------------------------------------------------------------- an end to every wait


@BOTH_WIRES
def test_an_order_without_any_status_is_filled_by_its_executions(run, version):
    async def main():
        async with session(version, sim={"faults": [NO_STATUS]}) as (sim, client):
            updates = client.order_updates()
            trade = await client.order(AAPL).buy(100).market().submit()
            assert await trade.filled(SOON_S) is trade
            assert [event async for event in trade][-1].status == "Filled"
            assert (trade.filled_quantity, trade.remaining) == (100, 0)
            assert trade.avg_fill_price == pytest.approx(books(sim, trade).average_price)
            last = None
            while (event := updates.try_next()) is not None:
                last = event
            assert (last.status, last.filled) == ("Filled", 100)

    run(main)


@BOTH_WIRES
def test_a_cancel_without_any_status_is_told_by_202(run, version):
    async def main():
        async with session(version, sim={"faults": [NO_STATUS]}) as (_, client):
            updates = client.order_updates()
            trade = await client.order(AAPL).buy(100).limit(50).submit()
            await until(lambda: trade.status == "Submitted")  # the state of openOrder is all there is
            await client.cancel_order(trade)
            assert (await trade.done(SOON_S)).status == "Cancelled"
            with pytest.raises(RequestError, match="Cancelled: Order Canceled - reason"):
                await trade.filled()
            assert trade.rejection is None
            heard = []
            while (event := updates.try_next()) is not None:
                heard.append(event.status)
            assert heard[-1] == "Cancelled"

    run(main)


@BOTH_WIRES
def test_a_cancel_that_finds_no_order_ends_the_order(run, version):
    """10147 for an order that is gone, in none of the lists: it is lost, and TWS's words say so."""

    async def main():
        async with session(version) as (sim, client):
            trade = await resting(client)
            iterating = asyncio.create_task(kinds_of(trade))
            updates = client.order_updates()
            sim.lose_order(trade.perm_id)
            await client.cancel_order(trade)
            await trade.done(SOON_S)
            assert (trade.is_lost, trade.status, trade.is_done) == (True, "Unknown", True)
            with pytest.raises(RequestError, match="10147") as caught:
                await trade.filled()
            assert caught.value.req_id == trade.order_id
            assert TradeEventKind.LOST in await iterating
            kinds = []
            while (event := updates.try_next()) is not None:
                kinds.append(event.kind)
            assert TradeEventKind.LOST in kinds

    run(main)


@BOTH_WIRES
def test_a_cancel_that_finds_no_order_finds_how_it_ended(run, version):
    """The status and the execution never came; TWS's lists have the fill."""

    async def main():
        async with session(version) as (sim, client):
            trade = await resting(client)
            working = books(sim, trade)
            working.is_bound = False  # nobody is told of what happens to it
            send, sim.gateway.engine._send = sim.gateway.engine._send, lambda client_id, message: None
            sim.change_manually(trade.perm_id, lmt_price=10_000.0)
            await until(lambda: working.status == "Filled")
            sim.gateway.engine._send, working.is_bound = send, True
            assert trade.status == "Submitted"
            sim.inject(
                Reject(10147, "OrderId 1 that needs to be cancelled is not found.", at_message=CancelOrderRequest)
            )
            await client.cancel_order(trade)
            await trade.filled(SOON_S)
            assert (trade.filled_quantity, trade.avg_fill_price) == (100, pytest.approx(working.average_price))

    run(main)


@BOTH_WIRES
@pytest.mark.parametrize("state", ["Cancelled", "Filled"])
def test_a_cancel_of_what_is_done_already_says_how_it_ended(run, state, version):
    text = f"OrderId 1 that needs to be cancelled cannot be cancelled, state: {state}."

    async def main():
        async with session(version) as (sim, client):
            trade = await resting(client)
            sim.inject(Reject(10148, text, at_message=CancelOrderRequest))
            await client.cancel_order(trade)
            assert (await trade.done(SOON_S)).status == state
            assert trade.remaining == (0 if state == "Filled" else 100)

    run(main)


@BOTH_WIRES
def test_an_order_in_none_of_the_lists_after_a_reconnect_is_lost_and_a_later_word_revives_it(run, version):
    async def main():
        async with session(version) as (sim, client):
            lost, kept = await resting(client), await resting(client, MSFT)
            waiting = asyncio.create_task(lost.filled())
            report, status = books(sim, lost).open_order(), books(sim, lost).order_status()
            async with away(client, sim):
                sim.lose_order(lost.perm_id)
            with pytest.raises(RequestError, match="none of its lists"):
                async with asyncio.timeout(SOON_S):
                    await waiting
            event = lost.log[-1]
            assert (event.kind, event.status, event.replayed) == (TradeEventKind.LOST, "Unknown", True)
            assert lost.is_lost
            assert not kept.is_done
            sim.gateway.clients[1].send(report)
            sim.gateway.clients[1].send(status)
            await until(lambda: lost.status == "Submitted")
            assert (lost.is_lost, lost.is_done) == (False, False)

    run(main)


@BOTH_WIRES
def test_a_refused_list_keeps_no_other_from_being_asked(run, version):
    async def main():
        async with session(version) as (sim, client):
            client._connection.request_timeout_s = 0.3  # a list that has no id is refused by silence
            fills, ends = await resting(client), await resting(client, MSFT)
            async with away(client, sim):
                sim.inject(Lose(at_message=OpenOrdersRequest))
                sim.inject(Reject(321, "no", at_message=ExecutionRequest))
                sim.gateway.engine.cancel(1, ends.order_id)
                sim.change_manually(fills.perm_id, lmt_price=10_000.0)
                await until(lambda: not books(sim, fills).alive)
            assert (fills.status, ends.status) == ("Filled", "Cancelled")

    run(main)


@BOTH_WIRES
def test_a_fill_while_away_has_the_average_of_its_fills(run, version):
    async def main():
        async with session(version, sim={"faults": [NO_STATUS]}) as (sim, client):
            trade = await client.order(AAPL).buy(1000).limit(50).submit()
            await until(lambda: trade.status == "Submitted")
            async with away(client, sim):
                sim.change_manually(trade.perm_id, lmt_price=10_000.0)
                await until(lambda: not books(sim, trade).alive)
            await trade.filled(SOON_S)
            assert trade.filled_quantity == 1000
            assert trade.avg_fill_price == pytest.approx(books(sim, trade).average_price)

    run(main)


# ------------------------------------------------------------------------------------------------------------- inactive


@BOTH_WIRES
def test_an_order_that_waits_for_shares_is_not_done_and_goes_on(run, version, monkeypatch):
    monkeypatch.setattr("ibfast.orders.trade.INACTIVE_WAIT_S", 0.01)

    async def main():
        async with session(version) as (sim, client):
            trade = await resting(client)
            sim.hold_order(trade.perm_id)
            await until(lambda: trade.status == "Inactive" and trade.why_held == "locate" and trade.warnings)
            assert [warning.code for warning in trade.warnings] == [404]
            assert (trade.is_held, trade.is_done) == (True, False)
            with pytest.raises(RequestTimeout, match=r"not done after 0\.1 s: Inactive"):
                await trade.done(0.1)
            sim.change_manually(trade.perm_id, lmt_price=10_000.0)
            sim.release_order(trade.perm_id)
            await trade.filled(SOON_S)

    run(main)


@BOTH_WIRES
def test_an_inactive_order_that_is_sent_again_goes_on(run, version, monkeypatch):
    """Seen: Inactive, the same id placed again, then Submitted and Filled."""
    monkeypatch.setattr("ibfast.orders.trade.INACTIVE_WAIT_S", 0.01)

    async def main():
        async with session(version) as (sim, client):
            trade = await resting(client)
            sim.hold_order(trade.perm_id, "deactivated")
            await until(lambda: trade.status == "Inactive")
            await client.modify_order(trade, lmt_price=10_000.0)
            await trade.filled(SOON_S)
            assert trade.rejection is None

    run(main)


# ------------------------------------------------------------------------------------------------------------ time-outs


@BOTH_WIRES
def test_an_order_that_tws_never_speaks_of_makes_an_event_and_ends_the_wait(run, version):
    async def main():
        async with session(version, acknowledge_timeout_s=0.05) as (sim, client):
            sim.inject(Lose(at_message=PlaceOrderRequest))
            updates = client.order_updates()
            trade = await client.order(AAPL).buy(1).market().submit()
            for waiting in (trade.done(), trade.filled(), kinds_of(trade)):
                with pytest.raises(RequestTimeout, match=r"nothing of it within 0\.05 s"):
                    await waiting
            assert (trade.acknowledged, trade.is_done) == (False, False)
            assert [event.kind for event in trade.log] == [TradeEventKind.UNACKNOWLEDGED]
            assert (await updates.next(SOON_S)).kind is TradeEventKind.UNACKNOWLEDGED
            other = await client.order(AAPL).buy(1).market().submit()
            await until(lambda: other.acknowledged and other.status == "Filled")
            assert [event.kind for event in other.log].count(TradeEventKind.ACKNOWLEDGED) == 1

    run(main)


@BOTH_WIRES
def test_an_order_that_is_held_by_its_user_is_not_missed(run, version):
    async def main():
        async with session(version, acknowledge_timeout_s=0.05) as (_, client):
            held = await client.order(AAPL).buy(1).limit(50).hold().submit()
            with pytest.raises(RequestTimeout, match=r"not done after 0\.2 s"):
                await held.done(0.2)
            assert held.log == []
            await client.modify_order(held, transmit=True)
            await until(lambda: held.status == "Submitted")
            assert held.log[0].kind is TradeEventKind.ACKNOWLEDGED

    run(main)


@BOTH_WIRES
def test_waiting_takes_a_time_out(run, version):
    async def main():
        async with session(version) as (_, client):
            trade = await resting(client)
            for wait in (trade.done, trade.filled):
                with pytest.raises(RequestTimeout, match=f"order {trade.order_id} is not done after 0.01 s: Submitted"):
                    await wait(0.01)
                with pytest.raises(TimeoutError):
                    await wait(timeout_s=0.01)
            await client.cancel_order(trade)
            assert await trade.done(SOON_S) is trade

    run(main)


# ------------------------------------------------------------------------------------------------------ what was missed


@BOTH_WIRES
def test_only_what_was_missed_is_replayed(run, version):
    async def main():
        async with session(version) as (sim, client):
            old = await resting(client)
            gate = asyncio.Event()
            sleep, client._connection._sleep = client._connection._sleep, lambda seconds: gate.wait()
            sim.inject(Late(0.3, at_message=CompletedOrdersRequest))
            for line in list(sim.gateway.sessions):
                line.close()
            await until(lambda: not client.is_connected)
            sim.change_manually(old.perm_id, total_quantity=Decimal(90))
            heard = len(old.log)
            client._connection._sleep = sleep
            gate.set()
            await until(lambda: client.is_connected)
            new = await client.order(AAPL).buy(100).market().submit()
            await new.filled(SOON_S)
            await until(lambda: old.order.total_quantity == 90 and client._session.trades._are_listed)
            await client.modify_order(old, lmt_price=10_000.0)
            await old.filled(SOON_S)
            assert client._session.trades.replaying  # the lists are still coming
            await until(lambda: not client._session.trades.replaying)
            assert not any(event.replayed for event in new.log)
            missed = [event for event in old.log[heard:] if event.replayed]
            assert missed
            assert {event.kind for event in missed} <= {TradeEventKind.ORDER, TradeEventKind.STATUS}
            assert not any(event.replayed for event in old.log if event.kind is TradeEventKind.FILL)

    run(main)


def test_end_of_the_list_is_claimed(run):
    """Resting orders are reported at connect with an end of their own; it is nobody's answer and no surprise."""

    async def main():
        async with session() as (sim, client):
            await resting(client)
            async with away(client, sim):
                pass
            sim.gateway.clients[1].send(OpenOrdersEnd())
            await client.current_time()
            assert client.stats["unclaimed"] == 0

    run(main)


# ----------------------------------------------------------------------------------------------------------- forgetting


@BOTH_WIRES
def test_done_trades_are_let_go_beyond_the_cap(run, version):
    async def main():
        async with session(version, trades_kept=3) as (_, client):
            rests = await resting(client)
            trades = []
            for _ in range(5):
                trades.append(await client.order(AAPL).buy(1).market().submit())
                await trades[-1].filled(SOON_S)
                await until(lambda: trades[-1].is_complete)
            assert client.trades == [rests, *trades[2:]]
            trades[-1].log.clear()
            client.forget(trades[-1])
            assert client.trades == [rests, *trades[2:4]]
            with pytest.raises(ValueError, match="is Submitted"):
                client.forget(rests)
            with pytest.raises(TypeError, match="is not a Trade"):
                client.forget(7)

    run(main)


@BOTH_WIRES
def test_what_was_forgotten_comes_back_only_as_a_list(run, version):
    async def main():
        async with session(version, trades_kept=0) as (_, client):
            trade = await client.order(AAPL).buy(1).market().submit()
            await trade.filled(SOON_S)
            await client.current_time()
            assert client.trades == []
            assert len(await client.executions()) == 1
            other = await client.order(AAPL).buy(1).market().submit()
            await other.filled(SOON_S)
            assert other.order_id > trade.order_id

    run(main)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"acknowledge_timeout_s": 0}, ValueError),
        ({"acknowledge_timeout_s": "5"}, TypeError),
        ({"trades_kept": -1}, ValueError),
        ({"trades_kept": "all"}, TypeError),
    ],
    ids=str,
)
def test_limits_that_cannot_be_are_refused_by_name(run, wrong, error):
    async def main():
        with pytest.raises(error, match=next(iter(wrong))):
            await Client.connect("127.0.0.1", 1, **wrong)

    run(main)


# ----------------------------------------------------------------------- by hand, in orders that a gateway may choose


@pytest.fixture
def desk():
    return Desk()


def test_the_state_in_open_order_may_be_the_only_word_on_an_end(desk):
    desk.open_order("Submitted")
    assert desk.trade.status == "Submitted"
    desk.open_order("Filled", completed_status="Filled Size: 100")
    trade = desk.trade
    assert (trade.status, trade.filled_quantity, trade.remaining, trade.is_done) == ("Filled", 100, 0, True)
    desk.open_order("Submitted")  # a repetition that comes late brings nothing back
    assert trade.status == "Filled"


def test_cancelled_by_open_order_alone_has_its_reason(desk, run):
    desk.open_order("Cancelled", completed_status="Cancelled by System:no borrow")
    with pytest.raises(RequestError, match="ended as Cancelled: Cancelled by System:no borrow"):
        run(desk.trade.filled)
    assert desk.kinds == [ORDER]


def test_202_may_come_before_its_status_or_without_one(desk):
    desk.working()
    desk.error(202, "Order Canceled - reason:The order has expired.")
    assert (desk.trade.status, desk.trade.is_done) == ("Cancelled", True)
    assert desk.kinds[-1] is WARNING
    assert desk.trade.log[-1].status == "Cancelled"
    assert desk.trade.reason == "Order Canceled - reason:The order has expired."
    desk.status("Cancelled")
    assert desk.trade.status == "Cancelled"


def test_a_pending_cancel_may_still_fill(desk):
    desk.working()
    desk.status("PendingCancel")
    assert not desk.trade.is_done
    desk.execution()
    assert desk.trade.status == "Filled"
    desk.error(10148, "OrderId 7 that needs to be cancelled cannot be cancelled, state: Filled.")
    assert desk.trade.status == "Filled"


@pytest.mark.parametrize("is_known", [True, False])
def test_10147_ends_an_order_when_there_is_nobody_to_ask(desk, is_known):
    if is_known:
        desk.working()
    desk.error(10147, "OrderId 7 that needs to be cancelled is not found.")
    assert (desk.trade.is_lost, desk.trade.is_done, desk.kinds[-1]) == (True, True, LOST)
    desk.working()
    assert (desk.trade.is_lost, desk.trade.is_done, desk.trade.status) == (False, False, "Submitted")


def test_a_fill_revives_a_lost_order(desk):
    desk.working()
    desk.error(10147)
    desk.execution(shares=40)
    assert (desk.trade.status, desk.trade.filled_quantity) == ("Submitted", 40)


def test_a_refused_order_that_tws_calls_inactive_first_and_an_accepted_one(desk, run, monkeypatch):
    """Inactive and nothing else for a while is an end; a refusal makes it one at once."""
    monkeypatch.setattr("ibfast.orders.trade.INACTIVE_WAIT_S", 0.01)
    desk.open_order("Inactive")
    run(desk.trade.done)
    desk.error(201, "Order rejected - reason:no leverage")
    monkeypatch.setattr("ibfast.orders.trade.INACTIVE_WAIT_S", 1000.0)
    run(desk.trade.done)
    with pytest.raises(RequestError, match="201: Order rejected"):
        run(desk.trade.filled)
    desk.status("Submitted")  # it was sent again, by hand
    assert not desk.trade.is_done
    assert desk.trade.rejection is None
    assert 201 in [warning.code for warning in desk.trade.warnings]


def test_who_waits_for_an_inactive_order_hears_that_it_is_held(desk, run, monkeypatch):
    monkeypatch.setattr("ibfast.orders.trade.INACTIVE_WAIT_S", 1000.0)

    async def main():
        waiting = asyncio.create_task(desk.trade.done())
        iterating = asyncio.create_task(kinds_of(desk.trade))
        desk.open_order("Inactive")
        await asyncio.sleep(0)
        desk.status("Inactive", why_held="locate")
        desk.error(404, "Order held while securities are located")
        await asyncio.sleep(0)
        assert not waiting.done()
        desk.working()
        desk.status("Cancelled")
        assert (await waiting).status == "Cancelled"
        assert len(await iterating) == len(desk.trade.log)

    run(main)


def test_an_order_refused_before_it_works_can_be_sent_again(desk):
    desk.error(110, "The price does not conform")
    assert desk.trade.is_done
    desk.trade.sent_again(desk.trade.order.replace(lmt_price=10.0))
    assert not desk.trade.is_done
    desk.error(110, "again")
    assert desk.trade.is_done
    desk.trade.sent_again(desk.trade.order.replace(lmt_price=11.0))
    desk.working()
    assert (desk.trade.is_done, desk.trade.rejection) == (False, None)


def test_an_order_changed_before_its_refusal_is_heard_is_not_done(desk):
    desk.trade.sent_again(desk.trade.order.replace(lmt_price=10.0))
    desk.error(201, "the first")
    assert not desk.trade.is_done  # the change may still be taken, as a new order
    desk.error(201, "the second")
    assert desk.trade.is_done


def test_a_held_order_that_is_rejected_later_is_done(desk):
    """PreSubmitted, then 201 without a status."""
    desk.open_order("PreSubmitted")
    desk.status("PreSubmitted")
    desk.error(201, "Order rejected - reason:margin")
    assert desk.trade.is_done


def test_forgetting_takes_everything_along(desk):
    desk.working()
    desk.execution("a.1.01")
    desk.execution("a.1.02", price=149.0)
    desk.commission("a.1.02")
    trades = desk.trades
    trades.forget(desk.trade)
    held = (trades._by_order_id, trades._by_perm_id, trades._by_exec_id, trades._by_ref, trades._done)
    assert [len(table) for table in held] == [0] * 5
    desk.status("Filled", filled=100)
    desk.commission("a.1.02", 2.0)
    assert list(trades) == []
