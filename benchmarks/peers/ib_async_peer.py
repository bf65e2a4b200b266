"""ib_async: the text wire only."""

from __future__ import annotations

import asyncio

import ib_async
from ib_async.decoder import Decoder

import ibfast
from benchmarks.answers import Answer
from benchmarks.peers.common import Stopwatch, arguments
from benchmarks.workloads import REQ_ID, Workload


class Wrapper:
    """The callbacks of ib_async's decoder; adds up what it is told."""

    def __init__(self) -> None:
        self.answer = Answer()

    def __getattr__(self, name):
        return lambda *arguments: None

    def priceSizeTick(self, reqId, tickType, price, size):  # noqa: N802, N803  (names of ib_async)
        self.answer.add(price, size)

    def tickSize(self, reqId, tickType, size):  # noqa: N802, N803
        self.answer.add(0, size)

    def tickString(self, reqId, tickType, value):  # noqa: N802, N803
        self.answer.add(0, 0)

    def tickByTickAllLast(self, reqId, tickType, time, price, size, attrib, exchange, conditions):  # noqa: N802, N803
        self.answer.add(price, size)

    def tickByTickBidAsk(self, reqId, time, bidPrice, askPrice, bidSize, askSize, attrib):  # noqa: N802, N803
        self.answer.add(bidPrice, bidSize)
        self.answer.cents += round(askPrice * 100)
        self.answer.shares += int(askSize)


def decode(workload: Workload):
    """Reads the messages as the client's own data callback does."""
    payloads = workload.payloads()

    def read() -> Answer:
        wrapper = Wrapper()
        decoder = Decoder(wrapper, workload.version)
        for payload in payloads:
            fields = payload.decode(errors="backslashreplace").split("\0")
            fields.pop()
            decoder.interpret(fields)
        return wrapper.answer

    return read


async def client(port: int, count: int) -> None:
    ib = ib_async.IB()
    answer, done = Answer(), asyncio.Event()
    ib.client.MaxClientVersion = 178
    await ib.client.connectAsync("127.0.0.1", port, 1, 30)
    ib.wrapper.clientId = 1
    ib.client._reqIdSeq = REQ_ID
    contract = ib_async.Stock("AAPL", "SMART", "USD", conId=265598)
    stopwatch = Stopwatch()
    ticker = ib.reqTickByTickData(contract, "Last")

    def update(ticker):
        for tick in ticker.tickByTicks:
            answer.add(tick.price, tick.size)
        if answer.ticks >= count:
            done.set()

    ticker.updateEvent += update
    await done.wait()
    stopwatch.report(answer)
    ib.client.disconnect()


if __name__ == "__main__":
    given = arguments()
    run = asyncio.run if given.how == "asyncio" else ibfast.run
    run(client(given.port, given.count))
