"""What a bad connection does to orders: whatever happens, they end as the gateway's books say, and are sent once."""

import asyncio
import selectors
import time

import pytest
from support.adverse import AAPL, BOTH_WIRES, MSFT, SOON_S, away, cut, session, table, until, works
from support.running import simulator

from ibfast import Client, ConnectionLost, ReadOnly, RequestTimeout
from ibfast.schema import (
    CancelOrderRequest,
    CommissionAndFeesReport,
    CompletedOrdersEnd,
    CompletedOrdersRequest,
    ExecutionDetails,
    ExecutionDetailsEnd,
    ExecutionRequest,
    OpenOrder,
    OpenOrdersEnd,
    OpenOrdersRequest,
    OrderStatus,
    PlaceOrderRequest,
)
from ibfast.simulator.faults import ClientIdInUse, Drop, Late, Notice, Repeat, Restart

UNKNOWN_ORDER = 10147


def books(sim, trade):
    """The gateway's own view of an order; None if it has none."""
    return sim.gateway.engine.orders.get((trade.client_id, trade.order_id))


async def settled(client):
    await until(lambda: client.is_connected and not client._session.trades.replaying)


def agrees(sim, trade):
    """Whether both sides say the same of an order."""
    working = books(sim, trade)
    known = sum(fill.execution.shares for fill in trade.fills)
    return (trade.status, trade.filled_quantity, known) == (working.status, working.filled, working.filled)


# ---------------------------------------------------------------------------- cut while the gateway speaks of an order

TOLD = {
    "open order": [Drop(into=7, at_message=OpenOrder)],
    "status": [Drop(into=7, at_message=OrderStatus)],
    "execution": [Drop(into=7, at_message=ExecutionDetails)],
    "commission": [Drop(into=7, at_message=CommissionAndFeesReport)],
    "open order three times": [Drop(into=7, at_message=OpenOrder, times=3)],
    "execution three times": [Drop(into=7, at_message=ExecutionDetails, times=3)],
    "open orders as they are compared": [Drop(at_message=OpenOrder), Drop(at_message=OpenOrdersRequest)],
    "end of open orders": [Drop(at_message=OpenOrder), Drop(into=2, at_message=OpenOrdersEnd, session=2)],
    "executions as they are compared": [Drop(at_message=OpenOrder), Drop(at_message=ExecutionRequest, times=2)],
    "end of executions": [Drop(at_message=OpenOrder), Drop(at_message=ExecutionDetailsEnd, times=2)],
    "completed orders as they are compared": [Drop(at_message=OpenOrder), Drop(at_message=CompletedOrdersRequest)],
    "end of completed orders": [Drop(at_message=OpenOrder), Drop(at_message=CompletedOrdersEnd, times=2)],
    "open order and a client id in use": [Drop(at_message=OpenOrder), ClientIdInUse(session=2)],
    "open order and a restart": [Restart(0.05, at_message=OpenOrder)],
    "open order and a restart in which it fills": [Restart(0.5, at_message=OpenOrder)],
    "status said twice": [Repeat(at_message=OrderStatus, times=None), Drop(at_message=CommissionAndFeesReport)],
    "execution said late": [Late(0.05, at_message=ExecutionDetails), Drop(at_message=CommissionAndFeesReport)],
}


@BOTH_WIRES
@pytest.mark.parametrize("faults", table(TOLD))
def test_an_order_is_filled_once_with_its_commission_though_cut_at(run, faults, version):
    async def main():
        async with session(version, sim={"faults": faults}) as (sim, client):
            updates = client.order_updates()
            trade = await client.order(AAPL).buy(100).market().submit()
            async with asyncio.timeout(SOON_S):
                await trade.filled()
                await until(lambda: trade.is_complete)
            assert all(sim.happened(fault) for fault in faults)
            await settled(client)
            assert agrees(sim, trade)
            assert trade.commission > 0
            assert len(sim.gateway.engine.orders) == 1
            heard = []
            while (event := updates.try_next()) is not None:
                heard.append(event)
            assert heard == trade.log
            assert any(event.replayed for event in heard)

    run(main)


# ------------------------------------------------------------------------------------ cut as something is asked of it

ON_THE_WAY = {
    "never heard": (Drop(at_message=PlaceOrderRequest), False),
    "heard": (Drop(at_message=PlaceOrderRequest, before=False), True),
}


@BOTH_WIRES
@pytest.mark.parametrize("row", table(ON_THE_WAY))
def test_an_order_in_the_very_moment_of_the_cut_that_was(run, row, version):
    fault, taken = row

    async def main():
        async with session(version, sim={"faults": [fault]}) as (sim, client):
            trade = await client.order(AAPL).buy(100).market().submit()
            async with asyncio.timeout(SOON_S):
                await trade.done()
            assert (books(sim, trade) is not None) == taken
            if taken:
                await until(lambda: trade.is_complete)
                assert agrees(sim, trade)
            else:
                assert trade.rejection.code == UNKNOWN_ORDER
                assert list(sim.gateway.account.positions()) == []

    run(main)


@BOTH_WIRES
@pytest.mark.parametrize("before", [True, False], ids=["never-heard", "heard"])
def test_a_change_in_the_very_moment_of_the_cut(run, before, version):
    async def main():
        async with session(version) as (sim, client):
            trade = await client.order(AAPL).buy(100).limit(50).submit()
            await until(lambda: trade.status == "Submitted")
            sim.inject(Drop(at_message=PlaceOrderRequest, before=before))
            await client.modify_order(trade, lmt_price=51.0)
            await until(lambda: client.pauses)
            await settled(client)
            assert books(sim, trade).order.lmt_price == (50 if before else 51)
            assert not trade.is_done
            assert trade.order.lmt_price == books(sim, trade).order.lmt_price

    run(main)


@BOTH_WIRES
@pytest.mark.parametrize("before", [True, False], ids=["never-heard", "heard"])
def test_a_cancel_in_the_very_moment_of_the_cut(run, before, version):
    async def main():
        async with session(version) as (sim, client):
            trade = await client.order(AAPL).buy(100).limit(50).submit()
            await until(lambda: trade.status == "Submitted")
            sim.inject(Drop(at_message=CancelOrderRequest, before=before))
            await client.cancel_order(trade)
            await until(lambda: client.pauses)
            await settled(client)
            assert trade.is_done == (not before)
            assert agrees(sim, trade)

    run(main)


# -------------------------------------------------------------------------------------- what happens while we are away


async def fills(sim, trade):
    books(sim, trade).order = books(sim, trade).order.replace(lmt_price=10_000.0)
    await until(lambda: not books(sim, trade).alive)


async def is_cancelled(sim, trade):
    sim.gateway.engine.cancel(trade.client_id, trade.order_id)


async def is_changed(sim, trade):
    order = books(sim, trade).order.replace(lmt_price=49.0)
    sim.gateway.engine.place(trade.client_id, trade.order_id, trade.contract, order)


async def rests(sim, trade):
    pass


MEANWHILE = {"fills": fills, "is cancelled": is_cancelled, "is changed": is_changed, "rests": rests}


@BOTH_WIRES
@pytest.mark.parametrize("happens", table(MEANWHILE))
def test_an_order_that_nobody_watched_while_it(run, happens, version):
    async def main():
        async with session(version) as (sim, client):
            trade = await client.order(AAPL).buy(100).limit(50).submit()
            await until(lambda: trade.status == "Submitted")
            heard = len(trade.log)
            async with away(client, sim):
                await happens(sim, trade)
            assert agrees(sim, trade)
            assert all(event.replayed for event in trade.log[heard:])
            assert trade.is_done == (happens in (fills, is_cancelled))
            if happens is fills:
                assert trade.is_complete

    run(main)


@BOTH_WIRES
def test_three_clients_whose_order_ids_are_the_same(run, version):
    async def main():
        async with simulator(server_version=version) as sim:
            clients = [await Client.connect(sim.host, sim.port, n, pacing=False) for n in (1, 2, 3)]
            for client in clients:
                client._connection._sleep = lambda seconds: asyncio.sleep(0.001)
            trades = [await client.order(AAPL).buy(10 * client.client_id).limit(50).submit() for client in clients]
            await until(lambda: all(trade.status == "Submitted" for trade in trades))
            assert len({trade.order_id for trade in trades}) == 1
            cut(sim)
            await until(lambda: not any(client.is_connected for client in clients))
            await fills(sim, trades[1])
            for client in clients:
                await settled(client)
            await until(lambda: trades[1].is_complete)
            assert [trade.status for trade in trades] == ["Submitted", "Filled", "Submitted"]
            assert [trade.filled_quantity for trade in trades] == [0, 20, 0]
            for client in clients:
                await client.all_open_orders()
                assert client.trades[0].client_id == client.client_id
                await client.close()

    run(main)


# ------------------------------------------------------------------------------------------------ refused or queued


@BOTH_WIRES
def test_while_it_is_down_everything_is_refused_at_once(run, version):
    async def main():
        async with session(version) as (sim, client):
            trade = await client.order(AAPL).buy(1).limit(50).submit()
            await until(lambda: trade.status == "Submitted")
            async with away(client, sim):
                for asked in (
                    lambda: client.order(AAPL).buy(1).market().submit(),
                    lambda: client.modify_order(trade, lmt_price=51.0),
                    lambda: client.cancel_order(trade),
                    lambda: client.cancel_all_orders(),
                    lambda: client.contract_details(AAPL),
                    lambda: client.current_time(),
                    lambda: client.what_if_order(AAPL, trade.order),
                ):
                    with pytest.raises(ConnectionLost, match="is being made anew"):
                        await asked()
                with pytest.raises(ConnectionLost, match="is being made anew"):
                    client.tick_by_tick(AAPL).open()
            assert trade.order.lmt_price == 50
            assert len(sim.gateway.engine.orders) == 1

    run(main)


@BOTH_WIRES
def test_while_it_is_down_everything_waits_if_the_user_wants_that(run, version):
    async def main():
        async with session(version, queue_while_down=True) as (sim, client):
            resting = await client.order(MSFT).buy(1).limit(50).submit()
            await until(lambda: resting.status == "Submitted")
            async with away(client, sim):
                trade = await client.order(AAPL).buy(1).market().submit()
                await client.cancel_order(resting)
                asked = [asyncio.create_task(item) for item in (client.contract_details(AAPL), client.current_time())]
                ticks, summary = client.tick_by_tick(AAPL), client.account_summary_updates()
                ticks.open()
                summary.open()
                await client.market_data_type(3)
                with pytest.raises(ValueError, match="lmt_price"):
                    await client.order(AAPL).buy(1).set(order_type="LMT").submit()
                assert len(sim.gateway.engine.orders) == 1
            async with asyncio.timeout(SOON_S):
                await trade.filled()
                await resting.done()
                details, _ = await asyncio.gather(*asked)
            assert details[0].contract.con_id == 265598
            assert len(await ticks.next(SOON_S))
            assert ticks.gaps == []
            assert (await summary.next(SOON_S)).account == "DU1234567"
            assert len(sim.gateway.engine.orders) == 2
            assert [item.market_data_type for item in sim.gateway.sessions] == [3]

    run(main)


@BOTH_WIRES
def test_what_waits_for_a_connection_waits_no_longer_than_a_request_may(run, version):
    async def main():
        async with session(version, queue_while_down=True, request_timeout_s=0.1) as (sim, client):
            async with away(client, sim):
                with pytest.raises(RequestTimeout, match="no connection within"):
                    await client.current_time()
            client._connection.request_timeout_s = SOON_S
            await works(client)

    run(main)


@BOTH_WIRES
def test_what_waits_for_a_connection_fails_when_the_client_is_closed(run, version):
    async def main():
        async with session(version, queue_while_down=True) as (sim, client):
            client._connection._sleep = lambda seconds: asyncio.sleep(SOON_S)
            cut(sim)
            await until(lambda: not client.is_connected)
            trade = await client.order(AAPL).buy(1).market().submit()
            ticks = client.tick_by_tick(AAPL)
            ticks.open()
            asked = asyncio.create_task(client.current_time())
            await asyncio.sleep(0)
            await client.close()
            for waiting in (asked, trade.done(), ticks.next()):
                with pytest.raises(ConnectionLost, match=r"close\(\)"):
                    await waiting
            assert sim.gateway.engine.orders == {}

    run(main)


@BOTH_WIRES
def test_a_read_only_client_orders_nothing(run, version):
    async def main():
        async with (
            session(version, read_only=True) as (sim, client),
            await Client.connect(sim.host, sim.port, 2) as other,
        ):
            trade = await other.order(AAPL).buy(1).limit(50).submit()
            await until(lambda: trade.status == "Submitted")
            (seen,) = await client.all_open_orders()
            sent = client.stats["messages_sent"]
            for asked in (
                lambda: client.order(AAPL).buy(1).market().submit(),
                lambda: client.order(AAPL).buy(1).bracket(entry=100, take_profit=110, stop_loss=90).submit(),
                lambda: client.modify_order(seen, lmt_price=51.0),
                lambda: client.cancel_order(seen),
                lambda: client.cancel_all_orders(),
                lambda: client.exercise_options(AAPL, 1, account="DU1234567"),
                lambda: client.lapse_options(AAPL, 1, account="DU1234567"),
            ):
                with pytest.raises(ReadOnly, match="read-only"):
                    await asked()
            assert client.stats["messages_sent"] == sent
            assert client.trades == [seen]
            what_if = await client.what_if_order(AAPL, trade.order)
            assert what_if.commission is not None
            assert trade.order.lmt_price == 50

    run(main)


# ------------------------------------------------------------------------------------------------------ under pacing


@BOTH_WIRES
def test_a_cancel_behind_five_hundred_requests_leaves_first(run, version):
    async def main():
        async with session(version, pacing=True) as (_, client):
            trade = await client.order(AAPL).buy(1).limit(50).submit()
            await until(lambda: trade.status == "Submitted")
            asked = [asyncio.create_task(client.contract_details(AAPL)) for _ in range(500)]
            await asyncio.sleep(0)
            await client.cancel_order(trade)
            async with asyncio.timeout(SOON_S):
                await trade.done()
            assert sum(task.done() for task in asked) < 60
            for task in asked:
                task.cancel()
            await asyncio.gather(*asked, return_exceptions=True)

    run(main)


@BOTH_WIRES
def test_a_cancel_does_not_overtake_its_own_order(run, version):
    async def main():
        async with session(version, pacing=True) as (_, client):
            trades = [await client.order(AAPL).buy(1).limit(50).submit() for _ in range(70)]
            assert client.pacing.lanes["order"].waiting > 0
            await client.cancel_order(trades[-1])
            async with asyncio.timeout(SOON_S):
                await trades[-1].done()
            assert trades[-1].status == "Cancelled"

    run(main)


class Jumping(selectors.DefaultSelector):
    """Time passes only while nothing is to be read, and then at once."""

    def __init__(self):
        super().__init__()
        self.now = time.monotonic()

    def select(self, timeout=None):
        ready = super().select(timeout if timeout is None or timeout <= 0 else 0.001)
        if not ready and timeout is not None and timeout > 0:
            self.now += timeout
        return ready


class JumpingLoop(asyncio.SelectorEventLoop):
    def __init__(self):
        self.at = Jumping()
        super().__init__(self.at)

    def time(self):
        return self.at.now


@BOTH_WIRES
@pytest.mark.parametrize("lines", [100, 400])
def test_a_thousand_requests_of_a_hundred_tasks_break_no_limit_and_use_it(lines, version):
    async def main():
        loop = asyncio.get_running_loop()

        def clock():
            return int(loop.time() * 1e9)

        async with (
            simulator(server_version=version, clock=clock, lines=lines, enforce_limits=True) as sim,
            await Client.connect(sim.host, sim.port, lines=lines, idle_s=1e6) as client,
        ):
            client._session.clock = clock
            await asyncio.sleep(2)
            began = loop.time()
            await asyncio.gather(*(ask_ten_times(client) for _ in range(100)))
            took_s = loop.time() - began
            assert client.stats["pacing_breaches"] == sim.breaches.total() == 0
            assert 1000 / took_s >= 0.95 * lines / 2

    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        runner.run(main())


async def ask_ten_times(client):
    for _ in range(10):
        await client.contract_details(AAPL)


@BOTH_WIRES
def test_a_complaint_about_pace_slows_down(run, version):
    async def main():
        async with session(version, pacing=True) as (sim, client):
            sim.inject(Notice(100, "Max rate of messages per second has been exceeded:max=50 rec=51 (1)"))
            await until(lambda: client.stats["pacing_breaches"] == 1)
            assert client.pacing.lanes["request"].expected_wait_s > 0
            await works(client)
            assert client.stats["pacing_waits"] == 1

    run(main)
