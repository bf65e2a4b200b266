"""ib_async: the text wire only."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

import ib_async
from ib_async.decoder import Decoder

from benchmarks.answers import Answer
from benchmarks.peers.common import FIRST_ORDER_ID, LAST_PRICE, PATIENCE_S, REQ_ID, Stopwatch, arguments, run, turns

if TYPE_CHECKING:
    from benchmarks.workload import Workload

# ruff: noqa: N802, N803  (the names are ib_async's)

CLIENT_ID = 1
START = "20260105-15:00:00"
TICK_TYPES = {"last": "Last", "bid_ask": "BidAsk", "mid_point": "MidPoint"}


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

    def tickByTickMidPoint(self, reqId, time, midPoint):
        self.ticks += 1

    def updateMktDepth(self, reqId, position, operation, side, price, size):
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

    def tickByTickMidPoint(self, reqId, time, midPoint):
        self.answer += Answer(1, midPoint)

    def updateMktDepth(self, reqId, position, operation, side, price, size):
        self.answer += Answer(1, price, size)


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


# -------------------------------------------------------------------------------------------- the whole client


async def connect(port: int) -> ib_async.IB:
    """A client that is ready, without the requests that `IB.connect` makes of its own, and without a pace."""
    ib = ib_async.IB()
    ib.client.MaxRequests = 0
    await ib.client.connectAsync("127.0.0.1", port, CLIENT_ID, 30)
    ib.wrapper.clientId = CLIENT_ID
    ib.client._reqIdSeq = REQ_ID
    return ib


async def client(given: argparse.Namespace) -> None:
    ib = await connect(given.port)
    contract = ib_async.Stock("AAPL", "SMART", "USD", conId=265598)
    stopwatch = Stopwatch()
    ask = ANSWERS.get(given.kind)
    answer = await (ask(ib, contract, given) if ask else stream(ib, contract, given))
    stopwatch.report(answer)
    ib.client.disconnect()


async def stream(ib: ib_async.IB, contract: ib_async.Contract, given: argparse.Namespace) -> Answer:
    read, prices, sizes = 0, 0.0, 0.0
    done = asyncio.Event()

    def add(items: list) -> None:
        nonlocal read, prices, sizes
        for item in items:
            read += 1
            prices += item.price
            sizes += item.size

    def add_quotes(items: list) -> None:
        nonlocal read, prices, sizes
        for item in items:
            read += 1
            prices += item.bidPrice + item.askPrice
            sizes += item.bidSize + item.askSize

    def add_mid_points(items: list) -> None:
        nonlocal read, prices
        for item in items:
            read += 1
            prices += item.midPoint

    def see(items: list) -> None:
        """L1: sizes that do not change are not among the ticks, nor strings; only the last price can be checked."""
        nonlocal read
        if items and items[-1].price == LAST_PRICE:
            read = given.count

    if given.kind in TICK_TYPES:
        ticker, name = ib.reqTickByTickData(contract, TICK_TYPES[given.kind]), "tickByTicks"
    elif given.kind == "depth":
        ticker, name = ib.reqMktDepth(contract, 10), "domTicks"
    else:
        ticker, name = ib.reqMktData(contract), "ticks"
    take = {"bid_ask": add_quotes, "mid_point": add_mid_points, "tick": see}.get(given.kind, add)

    def update(ticker: ib_async.Ticker) -> None:
        take(getattr(ticker, name))
        if read >= given.count:
            done.set()

    ticker.updateEvent += update
    await asyncio.wait_for(done.wait(), PATIENCE_S)
    return Answer(read, prices, sizes)


async def bars(ib: ib_async.IB, contract: ib_async.Contract, given: argparse.Namespace) -> Answer:
    answer = Answer()
    for places in turns(given.requests):
        asked = [
            ib.reqHistoricalDataAsync(contract, "", "1 D", "1 min", "TRADES", True, 2, timeout=PATIENCE_S)
            for _ in places
        ]
        for found in await asyncio.gather(*asked):
            for bar in found:
                answer.add(bar.open + bar.high + bar.low + bar.close, bar.volume)
    return answer


async def past_ticks(ib: ib_async.IB, contract: ib_async.Contract, given: argparse.Namespace) -> Answer:
    answer = Answer()
    for places in turns(given.requests):
        asked = [ib.reqHistoricalTicksAsync(contract, START, "", 1000, "TRADES", True) for _ in places]
        for page in await asyncio.gather(*asked):
            for tick in page:
                answer.add(tick.price, tick.size)
    return answer


async def open_orders(ib: ib_async.IB, contract: ib_async.Contract, given: argparse.Namespace) -> Answer:
    answer = Answer()
    for trade in await ib.reqOpenOrdersAsync():
        answer.add(trade.order.lmtPrice, trade.order.totalQuantity)
    return answer


async def contract_details(ib: ib_async.IB, contract: ib_async.Contract, given: argparse.Namespace) -> Answer:
    answer = Answer()
    for found in await ib.reqContractDetailsAsync(contract):
        answer.add(found.contract.strike, found.contract.conId)
    return answer


async def executions(ib: ib_async.IB, contract: ib_async.Contract, given: argparse.Namespace) -> Answer:
    answer = Answer()
    for fill in await ib.reqExecutionsAsync():
        answer.add(fill.execution.price, fill.execution.shares)
    return answer


async def statuses(ib: ib_async.IB, contract: ib_async.Contract, given: argparse.Namespace) -> Answer:
    answer, done = Answer(), asyncio.Event()

    def update(trade: ib_async.Trade) -> None:
        answer.add(0.0, trade.orderStatus.filled)
        if answer.ticks == given.count:
            done.set()

    order = ib_async.LimitOrder("BUY", 100, 150.0, orderId=FIRST_ORDER_ID, tif="DAY")
    ib.placeOrder(contract, order).statusEvent += update
    await asyncio.wait_for(done.wait(), PATIENCE_S)
    return answer


async def order_flow(ib: ib_async.IB, contract: ib_async.Contract, given: argparse.Namespace) -> Answer:
    answer, done = Answer(), asyncio.Event()

    def add(trade: ib_async.Trade, fill: ib_async.Fill, report: ib_async.CommissionReport) -> None:
        answer.add(fill.execution.price, fill.execution.shares)
        if answer.ticks == given.count:
            done.set()

    order = ib_async.LimitOrder("BUY", 100, 150.0, orderId=FIRST_ORDER_ID, tif="DAY")
    ib.placeOrder(contract, order).commissionReportEvent += add
    await asyncio.wait_for(done.wait(), PATIENCE_S)
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
