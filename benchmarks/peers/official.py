"""The official client, package ibapi-latest."""

from __future__ import annotations

import threading

import ibapi.client
from ibapi.client import EClient
from ibapi.comm import read_fields
from ibapi.contract import Contract
from ibapi.decoder import Decoder
from ibapi.wrapper import EWrapper

from benchmarks.answers import Answer
from benchmarks.peers.common import Stopwatch, arguments
from benchmarks.workloads import REQ_ID, Workload

PROTOBUF_IDS = 200


class Wrapper(EWrapper):
    """Adds up what it is told; the size of a price tick comes as a call of its own."""

    def __init__(self, enough: int) -> None:
        super().__init__()
        self.answer = Answer()
        self.enough = enough
        self.done = threading.Event()
        self.ready = threading.Event()

    def nextValidId(self, orderId):  # noqa: N802, N803  (all names here are the official client's)
        self.ready.set()

    def tickPrice(self, reqId, tickType, price, attrib):  # noqa: N802, N803
        self.answer.add(price, 0)

    def tickSize(self, reqId, tickType, size):  # noqa: N802, N803
        self.answer.shares += int(size)
        self.answer.ticks += 1

    def tickString(self, reqId, tickType, value):  # noqa: N802, N803
        self.answer.ticks += 1

    def tickByTickAllLast(self, reqId, tickType, time, price, size, attrib, exchange, conditions):  # noqa: N802, N803
        self.answer.add(price, size)
        if self.answer.ticks == self.enough:
            self.done.set()

    def tickByTickBidAsk(self, reqId, time, bidPrice, askPrice, bidSize, askSize, attrib):  # noqa: N802, N803
        self.answer.add(bidPrice, bidSize)
        self.answer.cents += round(askPrice * 100)
        self.answer.shares += int(askSize)


def decode(workload: Workload):
    """Reads the messages as the client's own loop does, from its queue on."""
    payloads = workload.payloads()

    def read() -> Answer:
        wrapper = Wrapper(-1)
        decoder = Decoder(wrapper, workload.version)
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
        return wrapper.answer

    return read


def client(port: int, count: int, version: int) -> None:
    ibapi.client.MAX_CLIENT_VER = version
    wrapper = Wrapper(count)
    app = EClient(wrapper)
    app.connect("127.0.0.1", port, 1)
    threading.Thread(target=app.run, daemon=True).start()
    wrapper.ready.wait(30)
    contract = Contract()
    contract.symbol, contract.secType, contract.exchange, contract.currency = "AAPL", "STK", "SMART", "USD"
    stopwatch = Stopwatch()
    app.reqTickByTickData(REQ_ID, contract, "Last", 0, False)
    wrapper.done.wait(300)
    stopwatch.report(wrapper.answer)
    app.disconnect()


if __name__ == "__main__":
    given = arguments()
    client(given.port, given.count, given.version)
