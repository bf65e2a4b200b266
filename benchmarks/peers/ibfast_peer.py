"""ibfast: batches of records, or one object a tick."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np

import ibfast
from benchmarks.answers import Answer, of_rows
from benchmarks.peers.common import REQ_ID, Stopwatch, arguments, run, turns
from benchmarks.peers.ibfast_events import by_callback, in_a_loop
from benchmarks.workload import Workload
from ibfast import wire
from ibfast._codec import Protocol, Rows

HELD = 1_048_576  # records a stream holds before it drops
START = datetime(2026, 1, 5, 15, tzinfo=UTC)


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


# -------------------------------------------------------------------------------------------- the whole client


def stream(ib: ibfast.Client, kind: str, contract: ibfast.Contract) -> ibfast.Ticks:
    """A subscription of this kind of record."""
    if kind == "tick":
        return ib.market_data(contract, capacity=HELD)
    if kind == "depth":
        return ib.depth(contract, capacity=HELD)
    tick_type = {"last": "Last", "bid_ask": "BidAsk", "mid_point": "MidPoint"}[kind]
    return ib.tick_by_tick(contract, tick_type, capacity=HELD)


async def client(given: argparse.Namespace) -> None:
    aapl = ibfast.Contract.stock("AAPL")
    async with await ibfast.Client.connect("127.0.0.1", given.port, client_id=1, pacing=False, reconnect=False) as ib:
        stopwatch = Stopwatch()
        if given.kind in ANSWERS:
            stopwatch.report(await ANSWERS[given.kind](ib, aapl, given))
            return
        async with stream(ib, given.kind, aapl) as ticks:
            stopwatch.report(await HOW[given.how](ticks, given.kind, given.count))
            if ticks.dropped:
                raise SystemExit(f"{ticks.dropped} dropped")


async def in_batches(ticks: ibfast.Ticks, kind: str, count: int) -> Answer:
    """Each batch is added up as it comes, and then dropped."""
    answer = Answer()
    async for rows in ticks:
        answer += of_rows(rows)
        if answer.ticks >= count:
            break
    return answer


HOW = {"": in_batches, "events": in_a_loop, "callback": by_callback}


async def bars(ib: ibfast.Client, contract: ibfast.Contract, given: argparse.Namespace) -> Answer:
    answer = Answer()
    for places in turns(given.requests):
        asked = [ib.historical_data(contract, duration="1 D", bar_size="1 min") for _ in places]
        for found in await asyncio.gather(*asked):
            answer += of_rows(found.records)
    return answer


async def past_ticks(ib: ibfast.Client, contract: ibfast.Contract, given: argparse.Namespace) -> Answer:
    answer = Answer()
    for places in turns(given.requests):
        for page in await asyncio.gather(*(ib.historical_ticks(contract, start=START) for _ in places)):
            answer += of_rows(page.records)
    return answer


async def open_orders(ib: ibfast.Client, contract: ibfast.Contract, given: argparse.Namespace) -> Answer:
    answer = Answer()
    for trade in await ib.open_orders():
        answer.add(trade.order.lmt_price or 0.0, float(trade.order.total_quantity or 0))
    return answer


async def contract_details(ib: ibfast.Client, contract: ibfast.Contract, given: argparse.Namespace) -> Answer:
    answer = Answer()
    for found in await ib.contract_details(contract):
        answer.add(found.contract.strike, found.contract.con_id)
    return answer


async def executions(ib: ibfast.Client, contract: ibfast.Contract, given: argparse.Namespace) -> Answer:
    answer = Answer()
    for fill in await ib.executions():
        if fill.commission is None:
            raise SystemExit(f"no commission: {fill}")
        answer.add(fill.execution.price or 0.0, float(fill.execution.shares or 0))
    return answer


async def statuses(ib: ibfast.Client, contract: ibfast.Contract, given: argparse.Namespace) -> Answer:
    answer = Answer()
    updates = ib.order_updates()
    await ib.order(contract).buy(given.count + 1).limit(150).submit()
    async for event in updates:
        if event.kind == "status":
            answer.add(0.0, float(event.filled))
            if answer.ticks == given.count:
                break
    return answer


async def order_flow(ib: ibfast.Client, contract: ibfast.Contract, given: argparse.Namespace) -> Answer:
    answer, commissions = Answer(), 0
    updates = ib.order_updates()
    await ib.order(contract).buy(given.count + 1).limit(150).submit()
    async for event in updates:
        if event.kind == "fill":
            answer.add(event.detail.execution.price or 0.0, float(event.detail.execution.shares or 0))
        elif event.kind == "commission":
            commissions += 1
            if commissions == given.count:
                break
    return answer


ANSWERS = {
    "bar": bars,
    "past_last": past_ticks,
    "open_orders": open_orders,
    "contracts": contract_details,
    "executions": executions,
    "statuses": statuses,
    "order_flow": order_flow,
}


if __name__ == "__main__":
    given = arguments()
    run(client(given), given.loop)
