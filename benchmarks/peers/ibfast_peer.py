"""ibfast: batches of records, or one object a tick."""

from __future__ import annotations

import asyncio

import ibfast
from benchmarks.answers import Answer, of_rows
from benchmarks.peers.common import Stopwatch, arguments
from benchmarks.workloads import REQ_ID, Workload
from ibfast import wire
from ibfast._codec import Protocol, Rows


class _Owner:
    def received(self, message: object) -> None:
        raise AssertionError(f"not a record: {message}")

    malformed = received


def decode(workload: Workload) -> tuple[Rows, Protocol]:
    """A protocol with nothing behind it; call the returned reader with the bytes."""
    protocol = Protocol(_Owner())
    protocol.plans = wire.plans("incoming", workload.version)
    protocol.server_version = workload.version
    rows = Rows(workload.kind, lambda: None, capacity=workload.count + 1)
    protocol.attach(REQ_ID, rows)
    return rows, protocol


def read(workload: Workload, rows: Rows, protocol: Protocol):
    data = memoryview(workload.frames)
    while data:
        space = protocol.get_buffer(-1)
        taken = min(len(space), len(data))
        space[:taken] = data[:taken]
        protocol.buffer_updated(taken)
        data = data[taken:]
    return rows.take()


async def client(port: int, count: int, how: str) -> None:
    async with await ibfast.Client.connect("127.0.0.1", port, client_id=1) as ib:
        stopwatch, answer = Stopwatch(), Answer()
        async with ib.tick_by_tick(ibfast.Contract.stock("AAPL"), "Last", capacity=1_000_000) as ticks:
            if how == "events":
                async for tick in ticks.events():
                    answer.add(tick.price, tick.size)
                    if answer.ticks == count:
                        break
            else:
                batches, held = [], 0
                async for rows in ticks:
                    batches.append(rows)
                    held += len(rows)
                    if held >= count:
                        break
                for found in map(of_rows, batches):
                    answer.ticks += found.ticks
                    answer.cents += found.cents
                    answer.shares += found.shares
            assert ticks.dropped == 0, f"{ticks.dropped} dropped"
        stopwatch.report(answer)


if __name__ == "__main__":
    given = arguments()
    run = asyncio.run if given.how == "asyncio" else ibfast.run
    run(client(given.port, given.count, given.how))
