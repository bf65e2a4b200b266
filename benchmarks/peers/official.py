"""The official client, package ibapi-latest."""

from __future__ import annotations

import argparse
import threading
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

import ibapi.client
from ibapi.client import EClient
from ibapi.comm import read_fields
from ibapi.contract import Contract
from ibapi.decoder import Decoder
from ibapi.execution import ExecutionFilter
from ibapi.order import Order
from ibapi.wrapper import EWrapper

from benchmarks.answers import Answer
from benchmarks.peers.common import FIRST_ORDER_ID, PATIENCE_S, REQ_ID, Stopwatch, arguments, turns

if TYPE_CHECKING:
    from benchmarks.workload import Workload

# ruff: noqa: N802, N803, N815  (the names are the official client's)

PROTOBUF_IDS = 200
TICK_TYPES = {"last": "Last", "bid_ask": "BidAsk", "mid_point": "MidPoint"}


class Counting(EWrapper):
    """Callbacks that do as little as can be.

    The client reports the price and the size of a TICK_PRICE in two calls; only the second counts, so that the count
    is one of messages, as with the others.
    """

    def __init__(self) -> None:
        super().__init__()
        self.ticks = 0

    def tickPrice(self, reqId, tickType, price, attrib):
        pass

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


class Adding(EWrapper):
    """The callbacks of every workload, adding up what they are told; ``stop`` is called at ``enough`` ticks.

    Sizes stay what the client makes of them, `Decimal`: to make floats of them would only cost.
    """

    def __init__(self, enough: int = 0, stop: Callable[[], None] = lambda: None) -> None:
        super().__init__()
        self.ticks, self.prices, self.sizes = 0, 0.0, Decimal(0)
        self.enough = enough
        self.stop = stop

    @property
    def answer(self) -> Answer:
        return Answer(self.ticks, self.prices, float(self.sizes))

    def add(self, price: float, size: Decimal) -> None:
        self.ticks += 1
        self.prices += price
        self.sizes += size

    def tickPrice(self, reqId, tickType, price, attrib):
        self.prices += price

    def tickSize(self, reqId, tickType, size):
        self.ticks += 1
        self.sizes += size
        if self.ticks == self.enough:
            self.stop()

    def tickString(self, reqId, tickType, value):
        self.ticks += 1
        if self.ticks == self.enough:
            self.stop()

    def tickByTickAllLast(self, reqId, tickType, time, price, size, attrib, exchange, conditions):
        self.ticks += 1
        self.prices += price
        self.sizes += size
        if self.ticks == self.enough:
            self.stop()

    def tickByTickBidAsk(self, reqId, time, bidPrice, askPrice, bidSize, askSize, attrib):
        self.ticks += 1
        self.prices += bidPrice + askPrice
        self.sizes += bidSize + askSize
        if self.ticks == self.enough:
            self.stop()

    def tickByTickMidPoint(self, reqId, time, midPoint):
        self.ticks += 1
        self.prices += midPoint
        if self.ticks == self.enough:
            self.stop()

    def updateMktDepth(self, reqId, position, operation, side, price, size):
        self.ticks += 1
        self.prices += price
        self.sizes += size
        if self.ticks == self.enough:
            self.stop()


def decode(workload: Workload) -> tuple[Callable[[], Answer], Callable[[], int]]:
    """From the client's queue of messages on, as its own loop does it."""
    payloads = workload.payloads()
    adding, counting = Adding(), Counting()
    add, count = Decoder(adding, workload.version), Decoder(counting, workload.version)

    def read(decoder: Decoder) -> None:
        for text in payloads:
            if workload.version > PROTOBUF_IDS:
                msg_id, body = int.from_bytes(text[:4], "big"), text[4:]
            else:
                head, _, body = text.partition(b"\0")
                msg_id = int(head)
            if msg_id > PROTOBUF_IDS:
                decoder.processProtoBuf(body, msg_id - PROTOBUF_IDS)
            else:
                decoder.interpret(read_fields(body), msg_id)

    def answer() -> Answer:
        read(add)
        return adding.answer

    def timed() -> int:
        counting.ticks = 0
        read(count)
        return counting.ticks

    return answer, timed


# -------------------------------------------------------------------------------------------- the whole client


class App(Adding):
    """A whole client's callbacks: add up, and say when the last item of an answer is in."""

    def __init__(self, enough: int) -> None:
        super().__init__(enough, self.one_is_done)
        self.ready = threading.Event()
        self.done = threading.Event()
        self.open_requests = 1

    def one_is_done(self, *arguments) -> None:
        self.open_requests -= 1
        if self.open_requests == 0:
            self.done.set()

    def nextValidId(self, orderId):
        self.ready.set()

    def historicalData(self, reqId, bar):
        self.add(bar.open + bar.high + bar.low + bar.close, bar.volume)

    def historicalTicksLast(self, reqId, ticks, done):
        for tick in ticks:
            self.add(tick.price, tick.size)
        if done:
            self.one_is_done()

    def openOrder(self, orderId, contract, order, orderState):
        self.add(order.lmtPrice, order.totalQuantity)

    def contractDetails(self, reqId, contractDetails):
        self.add(contractDetails.contract.strike, contractDetails.contract.conId)

    def execDetails(self, reqId, contract, execution):
        self.add(execution.price, execution.shares)

    def orderStatus(self, orderId, status, filled, *more):
        if self.enough:  # a workload of its own; among open orders it is not what is counted
            self.add(0.0, filled)
            if self.ticks == self.enough:
                self.stop()

    historicalDataEnd = openOrderEnd = contractDetailsEnd = execDetailsEnd = one_is_done


class FlowApp(App):
    """Callbacks of one order that fills bit by bit: done with the commission of the last fill."""

    def __init__(self, count: int) -> None:
        super().__init__(0)
        self.left = count

    def openOrder(self, orderId, contract, order, orderState):
        pass

    def commissionAndFeesReport(self, report):
        self.left -= 1
        if self.left == 0:
            self.one_is_done()


def ask(connection: EClient, kind: str, req_id: int) -> None:
    """The request of a workload of this kind."""
    contract = Contract()
    contract.symbol, contract.secType, contract.exchange, contract.currency = "AAPL", "STK", "SMART", "USD"
    if kind in TICK_TYPES:
        connection.reqTickByTickData(req_id, contract, TICK_TYPES[kind], 0, False)
    elif kind == "tick":
        connection.reqMktData(req_id, contract, "", False, False, [])
    elif kind == "depth":
        connection.reqMktDepth(req_id, contract, 10, False, [])
    elif kind == "bar":
        connection.reqHistoricalData(req_id, contract, "", "1 D", "1 min", "TRADES", 1, 2, False, [])
    elif kind == "past_last":
        connection.reqHistoricalTicks(req_id, contract, "20260105-15:00:00", "", 1000, "TRADES", 1, False, [])
    elif kind == "open_orders":
        connection.reqOpenOrders()
    elif kind == "contracts":
        connection.reqContractDetails(req_id, contract)
    elif kind == "executions":
        connection.reqExecutions(req_id, ExecutionFilter())
    else:
        connection.placeOrder(FIRST_ORDER_ID, contract, limit_order())


def limit_order() -> Order:
    order = Order()
    order.action, order.orderType, order.totalQuantity, order.lmtPrice, order.tif = "BUY", "LMT", 100, 150.0, "DAY"
    return order


def connect(app: App, port: int, version: int) -> EClient:
    """A client that is ready, its loop in a thread as its manual has it."""
    ibapi.client.MAX_CLIENT_VER = version
    connection = EClient(app)
    connection.connect("127.0.0.1", port, 1)
    threading.Thread(target=connection.run, daemon=True).start()
    app.ready.wait(30)
    return connection


def client(given: argparse.Namespace) -> None:
    counts = given.kind in (*TICK_TYPES, "tick", "depth", "statuses")
    app = FlowApp(given.count) if given.kind == "order_flow" else App(given.count if counts else 0)
    connection = connect(app, given.port, given.version)
    stopwatch = Stopwatch()
    for places in turns(given.requests):
        app.open_requests = len(places)
        app.done.clear()
        for place in places:
            ask(connection, given.kind, REQ_ID + place)
        app.done.wait(PATIENCE_S)
    stopwatch.report(app.answer)
    connection.disconnect()


if __name__ == "__main__":
    client(arguments())
