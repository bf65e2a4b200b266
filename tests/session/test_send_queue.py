"""Orders that wait for a connection (`queue_while_down`) are sent once, in order, or given up and their trades told."""

from decimal import Decimal

import pytest
from support.adverse import AAPL, BOTH_WIRES, MSFT, SOON_S, away, session, until

from ibfast import Order, OrderDone
from ibfast.orders.order_status import TradeEventKind
from ibfast.orders.trade import Trade
from ibfast.orders.trade_registry import TradeRegistry
from ibfast.schema import (
    AttachedOrders,
    CancelOrderRequest,
    ExerciseOptionsRequest,
    GlobalCancelRequest,
    OrderStatus,
    PlaceOrderRequest,
    SetServerLogLevelRequest,
)
from ibfast.session.send_queue import SendQueue
from ibfast.simulator.faults import Drop

WAITS = {"queue_while_down": True}


async def resting(client, **fields):
    trade = await client.order(AAPL).buy(1).limit(50).set(**fields).submit()
    await until(lambda: trade.status == "Submitted")
    return trade


class Wire:
    """Every order, change and cancel that the gateway is asked for from here on."""

    def __init__(self, sim, monkeypatch):
        self.heard = []
        engine = sim.gateway.engine
        for name in ("place", "cancel", "cancel_all"):
            monkeypatch.setattr(engine, name, self._listening(name, getattr(engine, name)))

    def _listening(self, name, act):
        def listen(client_id, *rest):
            self.heard.append((name, *rest[:1]))
            return act(client_id, *rest)

        return listen


@BOTH_WIRES
def test_what_is_placed_and_cancelled_while_it_is_down_is_never_sent(run, monkeypatch, version):
    async def main():
        async with session(version, **WAITS) as (sim, client):
            wire, updates = Wire(sim, monkeypatch), client.order_updates()
            async with away(client, sim):
                trade = await client.order(AAPL).buy(1).market().submit()
                other = await client.order(MSFT).buy(1).limit(50).submit()
                await client.cancel_order(trade)
                assert (trade.status, trade.is_done) == ("ApiCancelled", True)
                assert [event.kind for event in trade.log] == [TradeEventKind.STATUS]
                assert await trade.done(SOON_S) is trade
                with pytest.raises(OrderDone):
                    await client.modify_order(trade, total_quantity=2)
            await until(lambda: other.status == "Submitted")
            assert wire.heard == [("place", other.order_id)]
            assert (await updates.next(SOON_S)).status == "ApiCancelled"

    run(main)


@BOTH_WIRES
def test_cancelling_a_parent_while_it_is_down_takes_its_children_along(run, monkeypatch, version):
    async def main():
        async with session(version, **WAITS) as (sim, client):
            wire = Wire(sim, monkeypatch)
            async with away(client, sim):
                bracket = client.order(AAPL).buy(1).bracket(entry=50, take_profit=60, stop_loss=40)
                trades = await bracket.submit()
                await client.cancel_order(trades[0])
                assert {trade.status for trade in trades} == {"ApiCancelled"}
            await client.current_time()
            assert wire.heard == []

    run(main)


@BOTH_WIRES
def test_cancelling_all_while_it_is_down_sends_no_order_first(run, monkeypatch, version):
    async def main():
        async with session(version, **WAITS) as (sim, client):
            rests = await resting(client)
            wire = Wire(sim, monkeypatch)
            async with away(client, sim):
                trade = await client.order(AAPL).buy(1).market().submit()
                await client.modify_order(rests, lmt_price=60.0)
                await client.cancel_all_orders()
                assert trade.status == "ApiCancelled"
            await rests.done(SOON_S)
            assert wire.heard == [("cancel_all",)]
            assert rests.order.lmt_price == 50

    run(main)


@BOTH_WIRES
def test_changes_while_it_is_down_go_into_the_order_that_waits(run, monkeypatch, version):
    async def main():
        async with session(version, **WAITS) as (sim, client):
            wire = Wire(sim, monkeypatch)
            async with away(client, sim):
                trade = await client.order(AAPL).buy(1).limit(50).submit()
                await client.modify_order(trade, lmt_price=51.0)
                await client.modify_order(trade, total_quantity=Decimal(3))
                assert trade.remaining == 3
            await until(lambda: trade.status == "Submitted")
            assert wire.heard == [("place", trade.order_id)]
            (working,) = sim.gateway.engine.live()
            assert (working.order.lmt_price, working.quantity) == (51.0, 3)
            assert (trade.order.lmt_price, trade.order.total_quantity, trade.rejection) == (51.0, 3, None)

    run(main)


@BOTH_WIRES
def test_changes_while_it_is_down_of_an_order_at_tws_are_sent_as_one(run, monkeypatch, version):
    async def main():
        async with session(version, **WAITS) as (sim, client):
            trade = await resting(client)
            wire = Wire(sim, monkeypatch)
            async with away(client, sim):
                await client.modify_order(trade, lmt_price=51.0)
                await client.modify_order(trade, total_quantity=Decimal(3))
            await until(lambda: sim.gateway.engine.live()[0].quantity == 3)
            await until(lambda: trade.order.total_quantity == 3)
            assert wire.heard == [("place", trade.order_id)]
            assert sim.gateway.engine.live()[0].order.lmt_price == trade.order.lmt_price == 51.0

    run(main)


@BOTH_WIRES
def test_a_cancel_while_it_is_down_drops_the_changes_before_it(run, monkeypatch, version):
    async def main():
        async with session(version, **WAITS) as (sim, client):
            trade = await resting(client)
            wire = Wire(sim, monkeypatch)
            async with away(client, sim):
                await client.modify_order(trade, lmt_price=10_000.0)  # it would be filled
                await client.cancel_order(trade)
                await client.cancel_order(trade)
            await trade.done(SOON_S)
            assert wire.heard == [("cancel", trade.order_id)]
            assert (trade.status, trade.order.lmt_price) == ("Cancelled", 50)

    run(main)


@BOTH_WIRES
def test_what_waits_too_long_is_given_up_and_its_trade_told(run, monkeypatch, version):
    async def main():
        async with session(version, **WAITS) as (sim, client):
            rests, stays = await resting(client), await resting(client)
            wire = Wire(sim, monkeypatch)
            async with away(client, sim):
                client._connection.request_timeout_s = 0.05
                trade = await client.order(AAPL).buy(1).market().submit()
                bracket = await client.order(AAPL).buy(1).bracket(entry=50, take_profit=60).submit()
                await client.modify_order(rests, lmt_price=51.0)
                await client.cancel_order(stays)
                await trade.done(SOON_S)
                await until(lambda: bracket[1].is_done and rests.rejection and stays.warnings)
                assert trade.rejection.code == 504
                assert "not sent: no connection within 0.05 s" in trade.rejection.message
                assert [event.kind for event in trade.log] == [TradeEventKind.REJECTION]
                assert all(item.rejection.code == 504 for item in bracket)
                assert (rests.rejection.code, rests.order.lmt_price, rests.is_done) == (504, 50, False)
                assert (stays.warnings[0].code, stays.is_done) == (504, False)
                client._connection.request_timeout_s = SOON_S
            await client.current_time()
            assert wire.heard == []
            assert {rests.status, stays.status} == {"Submitted"}

    run(main)


@BOTH_WIRES
def test_what_waits_is_sent_once_though_the_connection_is_lost_as_it_is_sent(run, monkeypatch, version):
    async def main():
        async with session(version, **WAITS) as (sim, client):
            wire = Wire(sim, monkeypatch)
            async with away(client, sim):
                trades = [await client.order(AAPL).buy(1).limit(50 + n).submit() for n in range(5)]
                sim.inject(Drop(at_message=PlaceOrderRequest, before=False))
            await until(lambda: all(trade.is_done or trade.acknowledged for trade in trades))
            placed = [order_id for name, order_id in wire.heard if name == "place"]
            assert len(placed) == len(set(placed))
            for trade in trades:
                assert (trade.order_id in placed) == (not trade.is_done)

    run(main)


@BOTH_WIRES
def test_an_order_given_up_can_be_put_right_and_withdrawn(run, version):
    async def main():
        async with session(version, **WAITS) as (sim, client):
            async with away(client, sim):
                client._connection.request_timeout_s = 0.02
                trade = await client.order(AAPL).buy(1).limit(50).submit()
                await trade.done(SOON_S)
                client._connection.request_timeout_s = SOON_S
                await client.modify_order(trade, lmt_price=49.0)
            await until(lambda: trade.status == "Submitted")
            assert sim.gateway.engine.live()[0].order.lmt_price == 49.0

    run(main)


# ----------------------------------------------------------------------------------------------------- the queue itself


@pytest.fixture
def queue():
    return SendQueue(TradeRegistry(1), 60.0)


def placing(queue, order_id, **fields):
    """A trade whose order waits."""
    order = Order(**{"action": "BUY", "total_quantity": Decimal(1), "order_type": "LMT", "lmt_price": 50.0} | fields)
    queue.put(PlaceOrderRequest(order_id=order_id, contract=AAPL, order=order), 0.0)
    return queue._trades.add(Trade(AAPL, order, order_id, 1))


def test_messages_leave_in_the_order_in_which_they_came(queue):
    placing(queue, 1)
    queue.put(SetServerLogLevelRequest(log_level=5), 1.0)
    placing(queue, 2)
    queue.put(ExerciseOptionsRequest(order_id=3), 2.0)
    kinds = [type(queued.message).__name__ for queued in queue.take()]
    expected = ["PlaceOrderRequest", "SetServerLogLevelRequest", "PlaceOrderRequest", "ExerciseOptionsRequest"]
    assert kinds == expected
    assert len(queue) == 0


def test_an_exercise_that_waits_is_cancelled_too(queue):
    trade = Trade(AAPL, Order(total_quantity=Decimal(1)), 3, 1)
    queue.put(ExerciseOptionsRequest(order_id=3), 0.0)
    queue._trades.add(trade)
    queue.put(CancelOrderRequest(order_id=3), 1.0)
    assert len(queue) == 0
    assert trade.status == "ApiCancelled"
    assert isinstance(trade.log[0].detail, OrderStatus)


def test_the_limit_counts_for_each_message(queue, caplog):
    first = placing(queue, 1)
    queue.put(SetServerLogLevelRequest(log_level=5), 10.0)
    assert queue.expires_at() == 60.0
    queue.expire(59.9)
    assert not first.is_done
    queue.expire(60.0)
    assert first.is_done
    assert queue.expires_at() == 70.0
    queue.expire(70.0)
    assert "SetServerLogLevelRequest was queued and is not sent" in caplog.text
    assert queue.expires_at() is None


def test_a_child_goes_with_its_parent_though_it_came_later(queue):
    parent = placing(queue, 1, transmit=False)
    queue._waiting[0].since_s = -1.0
    child = placing(queue, 2, parent_id=1)
    queue.expire(59.0)
    assert len(queue) == 0
    assert (parent.rejection.code, child.rejection.code) == (504, 504)
    assert "its parent was not" in child.rejection.message


def test_what_the_gateway_of_now_cannot_take_is_told(queue):
    trade = placing(queue, 1)
    (queued,) = queue.take()
    queue.refuse(queued, ValueError("account: what is that"))
    assert (trade.rejection.code, trade.is_done) == (322, True)
    assert "account: what is that" in trade.rejection.message


def test_a_global_cancel_waits_once(queue):
    for _ in range(3):
        queue.put(GlobalCancelRequest(), 0.0)
    assert len(queue) == 1


@BOTH_WIRES
def test_orders_that_wait_get_new_ids_when_the_gateway_has_used_theirs(run, monkeypatch, version):
    """The same client id at another place, or TWS itself, has raised the next valid id: the old ones would be 103."""

    async def main():
        async with session(version, **WAITS) as (sim, client):
            wire = Wire(sim, monkeypatch)
            async with away(client, sim):
                builder = client.order(AAPL).buy(2).bracket(entry=50, take_profit=400, stop_loss=40)
                trades = [*await builder.submit(), await client.order(MSFT).buy(1).limit(50).submit()]
                before = [trade.order_id for trade in trades]
                sim.gateway.engine.saw(client.client_id, 500)
            await until(lambda: all(trade.acknowledged for trade in trades))
            assert [trade.order_id for trade in trades] == [501, 502, 503, 504]
            assert wire.heard == [("place", number) for number in (501, 502, 503, 504)]
            assert [trade.order.parent_id or 0 for trade in trades] == [0, 501, 501, 0]
            assert [trade.rejection for trade in trades] == [None] * 4
            assert not set(before) & {trade.order_id for trade in client.trades}
            await client.cancel_order(trades[0])
            await trades[1].done(SOON_S)
            await client.modify_order(trades[3], lmt_price=51)
            await until(lambda: trades[3].reported_order.lmt_price == 51.0)

    run(main)


def test_attached_orders_and_exercises_get_new_ids_too():
    trades, ids = TradeRegistry(1), iter(range(100, 200))
    queue = SendQueue(trades, 1.0)
    attached = AttachedOrders(sl_order_id=6, sl_order_type="PRESET")
    queue.put(PlaceOrderRequest(order_id=5, contract=AAPL, order=Order(total_quantity=1), attached_orders=attached), 0)
    queue.put(ExerciseOptionsRequest(order_id=7, contract=AAPL), 0)
    queue.put(SetServerLogLevelRequest(log_level=5), 0)
    trades.add(Trade(AAPL, Order(total_quantity=1), 5, 1, attached=attached))
    queue.renumber(5, lambda: next(ids))
    assert trades.find(5).attached.sl_order_id == 6
    queue.renumber(50, lambda: next(ids))
    placed, exercised, _ = queue.take()
    assert (placed.order_id, placed.message.attached_orders.sl_order_id, exercised.order_id) == (100, 101, 102)
    assert trades.find(5) is None
    assert trades.find(100).attached.sl_order_id == 101
