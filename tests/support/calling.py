"""A caller of the simulator that writes and reads messages by hand, and a clock for it to go by."""

import asyncio
import contextlib
import time
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ibfast import wire
from ibfast.schema import (
    Contract,
    CurrentTime,
    CurrentTimeRequest,
    ErrorMessage,
    Order,
    PlaceOrderRequest,
    StartApiRequest,
)
from ibfast.simulator import Simulator

WAIT_S = 20
VERSIONS = [157, 176, 200, 203, 213, 226]
AAPL = Contract(symbol="AAPL", sec_type="STK", exchange="SMART", currency="USD")
WEDNESDAY = int(datetime(2026, 8, 26, 15, 0, 7, tzinfo=UTC).timestamp()) * 1_000_000_000
FARMS = [2104, 2106, 2158]
BOTH_WIRES = pytest.mark.parametrize("version", [176, 226])
BUY = PlaceOrderRequest(order_id=1, contract=AAPL, order=Order(action="BUY", total_quantity=1, order_type="MKT"))


def august():
    """A clock that runs from 11:00 in New York on a trading day."""
    began = time.monotonic_ns()
    return lambda: WEDNESDAY + time.monotonic_ns() - began


def simulator(**options):
    return Simulator(**{"clock": august(), "rate": 2000.0} | options)


def converse(conversation, new_loop=None, **options):
    """Run ``conversation(simulator)`` against a simulator of its own, on the event loop that ``new_loop`` makes."""

    async def run():
        async with asyncio.timeout(WAIT_S), simulator(**options) as sim:
            try:
                await conversation(sim)
            finally:
                await hang_up()

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(run())


async def hang_up():
    """Close every connection a test has opened."""
    while Caller.connected:
        await Caller.connected[-1].close()


async def until(condition):
    while not condition():  # noqa: ASYNC110 (seen from outside: there is no event to wait for)
        await asyncio.sleep(0)


class Caller:
    """One connection, by hand."""

    connected = []

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.version = 0
        self.connected.append(self)

    async def close(self):
        self.connected.remove(self)
        self.writer.close()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()

    @classmethod
    async def dial(cls, sim, hello=b"v100..226"):
        caller = cls(*await asyncio.open_connection(sim.host, sim.port))
        caller.writer.write(b"API\0" + wire.frame(hello))
        return caller

    @classmethod
    async def log_in(cls, sim, client_id=1):
        """A caller that is past the handshake and everything a gateway says by itself."""
        caller = await cls.dial(sim)
        await caller.shake_hands()
        caller.send(StartApiRequest(client_id=client_id))
        caller.greeting = await caller.until(
            lambda notice: isinstance(notice, ErrorMessage) and notice.error_code in (2158, 326)
        )
        return caller

    async def shake_hands(self):
        version, connected_at, end = (await self.payload()).split(b"\0")
        assert connected_at
        assert end == b""
        self.version = int(version)

    async def payload(self):
        size = int.from_bytes(await self.reader.readexactly(4), "big")
        return await self.reader.readexactly(size)

    async def message(self):
        return wire.decode(await self.payload(), self.version)

    def send(self, *messages):
        self.writer.write(b"".join(wire.frame(wire.encode(message, self.version)) for message in messages))

    async def until(self, last):
        """All messages up to one of this class, or one that passes."""
        messages = [await self.message()]
        while not (isinstance(messages[-1], last) if isinstance(last, type) else last(messages[-1])):
            messages.append(await self.message())
        return messages

    async def ask(self, request, last):
        self.send(request)
        return await self.until(last)

    async def error(self, request, req_id=None):
        """The error that a request gets."""
        messages = await self.ask(request, lambda item: isinstance(item, ErrorMessage) and req_id in (None, item.id))
        return messages[-1].error_code, messages[-1].error_msg

    async def hung_up(self):
        return await self.reader.read() == b""


def kinds(messages):
    return [type(message).__name__ for message in messages]


class Clock:
    """Stands still until it is told to go on."""

    def __init__(self):
        self.now_ns = august()()

    def __call__(self):
        return self.now_ns

    def pass_s(self, seconds):
        self.now_ns += int(seconds * 1e9)


async def everything(caller):
    """What arrives until the connection ends, however it does."""
    data = bytearray()
    with contextlib.suppress(ConnectionError):
        while more := await caller.reader.read(65536):
            data += more
    return bytes(data)


async def greeting_sizes(sim):
    """Bytes of the handshake's answer, and of what a gateway says by itself after it."""
    caller = await Caller.dial(sim)
    hello = await caller.payload()
    caller.version = int(hello.split(b"\0")[0])
    caller.send(StartApiRequest(client_id=9000))
    told = await caller.until(lambda notice: isinstance(notice, ErrorMessage) and notice.error_code == 2158)
    await caller.close()
    return len(wire.frame(hello)), sum(len(wire.frame(wire.encode(item, caller.version))) for item in told)


def frames_of(data):
    """Whole payloads, and the bytes that are none."""
    payloads = []
    while len(data) >= 4 and len(data) >= 4 + int.from_bytes(data[:4], "big"):
        size = int.from_bytes(data[:4], "big")
        payloads.append(data[4 : 4 + size])
        data = data[4 + size :]
    return payloads, data


async def is_answered(caller):
    await caller.ask(CurrentTimeRequest(), CurrentTime)


def place(order_id, order_type="MKT", **fields):
    order = Order(**{"action": "BUY", "total_quantity": Decimal(100), "order_type": order_type, "tif": "DAY"} | fields)
    return PlaceOrderRequest(order_id=order_id, contract=AAPL, order=order)
