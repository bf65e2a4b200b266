"""A stream that nobody can read any more gives its market data line back, and says so."""

import asyncio
import gc

import pytest
from support.adverse import AAPL, BOTH_WIRES, session, until

from ibfast.schema import CancelMarketData, CancelMarketDepth, CancelPnL, CancelTickByTick


def listen(sim):
    """The types of all requests that the gateway gets from here on."""
    kinds, [served] = [], sim.gateway.sessions
    receive = served.received

    def received(message):
        kinds.append(type(message))
        receive(message)

    served.received = received
    return kinds


OPENED = {
    "ticks": (lambda client: client.tick_by_tick(AAPL, "Last"), CancelTickByTick),
    "quote": (lambda client: client.quote(AAPL), CancelMarketData),
    "book": (lambda client: client.book(AAPL, smart=True), CancelMarketDepth),
    "messages": (lambda client: client.pnl("DU1234567"), CancelPnL),
}


@BOTH_WIRES
@pytest.mark.parametrize("name", OPENED)
def test_a_dropped_stream_is_cancelled_with_a_resource_warning(run, version, name):
    make, cancel = OPENED[name]

    async def main():
        async with session(version) as (sim, client):
            stream = make(client)
            stream.open()
            await client.current_time()
            assert len(client._session.streams()) == 1
            kinds = listen(sim)
            with pytest.warns(ResourceWarning, match="dropped without close"):
                stream = gc.collect()
            await until(lambda: client._session.streams() == [])
            await client.current_time()
            assert cancel in kinds

    run(main)


@BOTH_WIRES
def test_a_stream_that_a_task_reads_or_a_callback_hears_is_not_dropped(run, version):
    async def main():
        async with session(version) as (_, client):
            rows, batches = [], []

            async def read():
                async with client.tick_by_tick(AAPL, "Last") as ticks:
                    async for batch in ticks:
                        rows.extend([len(batch)])

            reading = asyncio.create_task(read())
            ticks = client.tick_by_tick(AAPL, "BidAsk")
            ticks.on(batches.append)
            del ticks
            await until(lambda: rows and batches)
            for _ in range(3):
                gc.collect()
                seen = len(rows), len(batches)
                await until(lambda seen=seen: len(rows) > seen[0] and len(batches) > seen[1])
            reading.cancel()
            for stream in client._session.streams():
                stream.close()

    run(main)


@BOTH_WIRES
def test_a_closed_stream_warns_of_nothing(run, version, recwarn):
    async def main():
        async with session(version) as (_, client):
            async with client.tick_by_tick(AAPL, "Last") as ticks:
                await ticks.next()
            del ticks
            gc.collect()

    run(main)
    assert [warning for warning in recwarn if issubclass(warning.category, ResourceWarning)] == []


@BOTH_WIRES
def test_a_dropped_listener_of_all_orders_is_let_go(run, version):
    async def main():
        async with session(version) as (_, client):
            for _ in range(100):
                client.order_updates()
                client.notices()
                client.errors()
            gc.collect()
            kept = client.order_updates()
            await client.order(AAPL).buy(1).limit(50).submit()
            await kept.next()
            assert len(client._order_updates._listeners) == 1

    run(main)
