"""The official client, package ibapi-latest."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import ibapi.client
from ibapi.client import EClient
from ibapi.comm import read_fields
from ibapi.contract import Contract
from ibapi.decoder import Decoder
from ibapi.wrapper import EWrapper

from benchmarks.answers import Answer
from benchmarks.peers.common import PATIENCE_S, REQ_ID, Stopwatch, arguments

if TYPE_CHECKING:
    from benchmarks.workloads import Workload

# ruff: noqa: N802, N803  (the names are the official client's)

PROTOBUF_IDS = 200


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


class Adding(EWrapper):
    """The same, adding up what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.answer = Answer()

    def tickPrice(self, reqId, tickType, price, attrib):
        self.answer += Answer(0, price)

    def tickSize(self, reqId, tickType, size):
        self.answer += Answer(1, 0, float(size))

    def tickString(self, reqId, tickType, value):
        self.answer += Answer(1)

    def tickByTickAllLast(self, reqId, tickType, time, price, size, attrib, exchange, conditions):
        self.answer += Answer(1, price, float(size))

    def tickByTickBidAsk(self, reqId, time, bidPrice, askPrice, bidSize, askSize, attrib):
        self.answer += Answer(1, bidPrice + askPrice, float(bidSize + askSize))


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


class App(EWrapper):
    """A whole client's callbacks: add up, and say when the last tick is in."""

    def __init__(self, enough: int) -> None:
        super().__init__()
        self.answer = Answer()
        self.enough = enough
        self.ready = threading.Event()
        self.done = threading.Event()

    def nextValidId(self, orderId):
        self.ready.set()

    def tickByTickAllLast(self, reqId, tickType, time, price, size, attrib, exchange, conditions):
        answer = self.answer
        answer.ticks += 1
        answer.prices += price
        answer.sizes += float(size)
        if answer.ticks == self.enough:
            self.done.set()


def client(port: int, count: int, version: int) -> None:
    ibapi.client.MAX_CLIENT_VER = version
    app = App(count)
    connection = EClient(app)
    connection.connect("127.0.0.1", port, 1)
    threading.Thread(target=connection.run, daemon=True).start()
    app.ready.wait(30)
    contract = Contract()
    contract.symbol, contract.secType, contract.exchange, contract.currency = "AAPL", "STK", "SMART", "USD"
    stopwatch = Stopwatch()
    connection.reqTickByTickData(REQ_ID, contract, "Last", 0, False)
    app.done.wait(PATIENCE_S)
    stopwatch.report(app.answer)
    connection.disconnect()


if __name__ == "__main__":
    given = arguments()
    client(given.port, given.count, given.version)
