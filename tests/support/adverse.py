"""A session under faults: what the adversity suite shares."""

import asyncio
import contextlib

import numpy as np
import pytest

from ibfast import Client, ConnectionLost, Contract, Gap
from ibfast.simulator.faults import Drop
from support.running import WEDNESDAY_NS, simulator

SOON_S = 15  # a wait that is not meant to end this way
BOTH_WIRES = pytest.mark.parametrize("version", [176, 226])
AAPL, MSFT = Contract.stock("AAPL"), Contract.stock("MSFT")


def table(rows):
    """The rows of a table as parameters, each named."""
    return [pytest.param(row, id=name.replace(" ", "-")) for name, row in rows.items()]


class Clock:
    """Stands still until somebody waits by it."""

    def __init__(self):
        self.now_ns = WEDNESDAY_NS

    def __call__(self):
        return self.now_ns

    async def sleep(self, seconds):
        self.now_ns += int(seconds * 1e9)
        await asyncio.sleep(0.001)


def fast_clock(times):
    """A clock that runs so many times as fast, for what comes rarely."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    return lambda: WEDNESDAY_NS + int((loop.time() - began) * times * 1e9)


@contextlib.asynccontextmanager
async def session(version=226, *, sim=None, sleep=None, **options):
    """A simulator and its client, which does not pause between its tries, nor before it asks for a stream again."""
    async with (
        simulator(server_version=version, **(sim or {})) as gateway,
        await Client.connect(gateway.host, gateway.port, **{"pacing": False} | options) as client,
    ):
        client.pauses = []

        async def pause(seconds):
            client.pauses.append(seconds)
            await (sleep or no_sleep)(seconds)

        client._connection._sleep = pause
        yield gateway, client


async def no_sleep(seconds):
    await asyncio.sleep(0.001)


async def until(condition):
    async with asyncio.timeout(SOON_S):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.001)


async def works(client):
    """The session answers, now or when it is back."""
    async with asyncio.timeout(SOON_S):
        while True:
            with contextlib.suppress(ConnectionLost):
                return await client.current_time()
            await asyncio.sleep(0.001)


def cut(sim):
    """Every connection ends, here and now."""
    sim.inject(Drop())


@contextlib.asynccontextmanager
async def away(client, sim):
    """The connection is lost, and comes back when the block ends."""
    gate = asyncio.Event()
    before = client._connection._sleep
    client._connection._sleep = lambda seconds: gate.wait()
    cut(sim)
    await until(lambda: not client.is_connected)
    try:
        yield
    finally:
        client._connection._sleep = before
        gate.set()
    await until(lambda: client.is_connected and not client._session.trades.replaying)


async def one_gap(stream):
    """Read on until something has come behind a gap; every record is there, on one side of it or the other."""
    gap, seen = None, []
    async with asyncio.timeout(SOON_S):
        async for item in stream.with_gaps():
            if isinstance(item, Gap):
                gap = item
                continue
            seen.append(item["seq"])
            assert gap is None or (item["seq"] >= gap.seq).all()
            if gap is not None:
                break
    seen = np.concatenate(seen)
    assert (np.diff(seen) == 1).all()
    assert gap.seq in seen
    assert stream.dropped == 0
    assert stream.gaps == [gap]
    return gap


async def count_to_the_end(stream, sizes=None):
    async with asyncio.timeout(SOON_S):
        async for rows in stream:
            if sizes is not None:
                sizes.append(len(rows))
