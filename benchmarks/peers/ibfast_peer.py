"""ibfast: batches of records, or one object a tick."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import ibfast
from benchmarks.answers import Answer, of_rows
from benchmarks.peers.common import REQ_ID, Stopwatch, arguments, run
from benchmarks.workloads import Workload
from ibfast import wire
from ibfast._codec import Protocol, Rows


class _Owner:
    def received(self, message: object) -> None:
        raise AssertionError(f"not a record: {message}")

    malformed = received


def reader(workload: Workload) -> Callable[[], np.ndarray]:
    """What feeds the bytes to a protocol, a buffer at a time as an event loop does, and takes the records."""
    protocol = Protocol(_Owner())
    protocol.plans = wire.plans("incoming", workload.version)
    protocol.server_version = workload.version
    rows = Rows(workload.kind, lambda: None, capacity=workload.count + 1)
    protocol.attach(REQ_ID, rows)

    def read() -> np.ndarray:
        data = memoryview(workload.frames)
        while data:
            space = protocol.get_buffer(-1)
            taken = min(len(space), len(data))
            space[:taken] = data[:taken]
            protocol.buffer_updated(taken)
            data = data[taken:]
        return rows.take()

    return read


def decode(workload: Workload) -> tuple[Callable[[], Answer], Callable[[], int]]:
    read = reader(workload)
    return lambda: of_rows(read()), lambda: len(read())


async def client(port: int, count: int, how: str) -> None:
    async with await ibfast.Client.connect("127.0.0.1", port, client_id=1) as ib:
        stopwatch = Stopwatch()
        async with ib.tick_by_tick(ibfast.Contract.stock("AAPL"), "Last", capacity=1_000_000) as ticks:
            answer = await (one_by_one if how == "events" else in_batches)(ticks, count)
            stopwatch.report(answer)
            if ticks.dropped:
                raise SystemExit(f"{ticks.dropped} dropped")


async def one_by_one(ticks, count: int) -> Answer:
    answer = Answer()
    async for tick in ticks.events():
        answer.ticks += 1
        answer.prices += tick.price
        answer.sizes += tick.size
        if answer.ticks == count:
            break
    return answer


async def in_batches(ticks, count: int) -> Answer:
    """All batches are kept until the last has come, which costs memory, and then added up, which costs time."""
    batches, held = [], 0
    async for rows in ticks:
        batches.append(rows)
        held += len(rows)
        if held >= count:
            break
    return sum(map(of_rows, batches), Answer())


if __name__ == "__main__":
    given = arguments()
    run(client(given.port, given.count, given.how), given.loop)
