"""ib_async: the text wire only."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

import ib_async
from ib_async.decoder import Decoder

from benchmarks.answers import Answer
from benchmarks.peers.common import PATIENCE_S, REQ_ID, Stopwatch, arguments, run

if TYPE_CHECKING:
    from benchmarks.workloads import Workload

# ruff: noqa: N802, N803  (the names are ib_async's)


class Counting:
    """The callbacks of ib_async's decoder, doing as little as can be."""

    def __init__(self) -> None:
        self.ticks = 0

    def __getattr__(self, name):
        return lambda *arguments: None

    def priceSizeTick(self, reqId, tickType, price, size):
        self.ticks += 1

    def tickSize(self, reqId, tickType, size):
        self.ticks += 1

    def tickString(self, reqId, tickType, value):
        self.ticks += 1

    def tickByTickAllLast(self, reqId, tickType, time, price, size, attrib, exchange, conditions):
        self.ticks += 1

    def tickByTickBidAsk(self, reqId, time, bidPrice, askPrice, bidSize, askSize, attrib):
        self.ticks += 1


class Adding(Counting):
    """The same, adding up what it is told."""

    def __init__(self) -> None:
        self.answer = Answer()

    def priceSizeTick(self, reqId, tickType, price, size):
        self.answer += Answer(1, price, size)

    def tickSize(self, reqId, tickType, size):
        self.answer += Answer(1, 0, size)

    def tickString(self, reqId, tickType, value):
        self.answer += Answer(1)

    def tickByTickAllLast(self, reqId, tickType, time, price, size, attrib, exchange, conditions):
        self.answer += Answer(1, price, size)

    def tickByTickBidAsk(self, reqId, time, bidPrice, askPrice, bidSize, askSize, attrib):
        self.answer += Answer(1, bidPrice + askPrice, bidSize + askSize)


def decode(workload: Workload) -> tuple[Callable[[], Answer], Callable[[], int]]:
    """From a message that is cut out of the stream on, as the client's own data callback does it."""
    payloads = workload.payloads()
    adding, counting = Adding(), Counting()
    add, count = Decoder(adding, workload.version), Decoder(counting, workload.version)

    def read(decoder: Decoder) -> None:
        for payload in payloads:
            fields = payload.decode(errors="backslashreplace").split("\0")
            fields.pop()
            decoder.interpret(fields)

    def answer() -> Answer:
        read(add)
        return adding.answer

    def timed() -> int:
        counting.ticks = 0
        read(count)
        return counting.ticks

    return answer, timed


async def client(port: int, count: int) -> None:
    ib = ib_async.IB()
    answer, done = Answer(), asyncio.Event()
    await ib.client.connectAsync("127.0.0.1", port, 1, 30)
    ib.wrapper.clientId = 1
    ib.client._reqIdSeq = REQ_ID
    contract = ib_async.Stock("AAPL", "SMART", "USD", conId=265598)
    stopwatch = Stopwatch()
    ticker = ib.reqTickByTickData(contract, "Last")

    def update(ticker):
        for tick in ticker.tickByTicks:
            answer.ticks += 1
            answer.prices += tick.price
            answer.sizes += tick.size
        if answer.ticks >= count:
            done.set()

    ticker.updateEvent += update
    await asyncio.wait_for(done.wait(), PATIENCE_S)
    stopwatch.report(answer)
    ib.client.disconnect()


if __name__ == "__main__":
    given = arguments()
    run(client(given.port, given.count), given.loop)
