"""What one of many costs: requests in flight, open streams, orders that rest in the simulator."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal

from benchmarks.rows import Row, Scale, Target
from ibfast import wire
from ibfast._codec import Protocol
from ibfast.records import Rows
from ibfast.schema import (
    Contract,
    HistoricalData,
    HistoricalDataBar,
    HistoricalDataEnd,
    HistoricalDataRequest,
    ManagedAccounts,
    NextValidId,
    Order,
)
from ibfast.schema.declare import Message
from ibfast.session.pacing import Pacing
from ibfast.session.pending import PendingRequest
from ibfast.session.session import Session
from ibfast.simulator.market.market import Market
from ibfast.simulator.orders.account import Account
from ibfast.simulator.orders.matching_engine import Engine

VERSION = 226
BARS = 60
WORK = 20_000  # requests or streams of each row, however many there are at a time
STEPS_NS = 20_000_000
NOON_NS = 1_787_756_400_000_000_000  # of a trading day
FLAT = Target(1.2, at_least=False)
IN_FLIGHT, OPEN, RESTING = (10, 500, 4_000, 20_000), (10, 500, 4_000), (10, 100, 1_000, 2_000)

Tell = Callable[[str], None]


def rows(section: str, scale: Scale, rounds: int, tell: Tell) -> list[Row]:
    """A group of rows for each; the ratio is to the first of its group."""
    found = _group(section, "{:,} requests in flight, a bar", IN_FLIGHT, WORK * BARS, requests_in_flight, rounds, tell)
    found += _group(section, "{:,} streams open, one closed and one opened", OPEN, WORK, closing, rounds, tell)
    return found + _group(
        section, "{:,} orders rest in the simulator, a step of one", RESTING, 1, resting, rounds, tell
    )


def _group(
    section: str, name: str, numbers: tuple[int, ...], count: int, cost_ns: Callable[[int], float], rounds: int,
    tell: Tell,
) -> list[Row]:  # fmt: skip
    found = [Row(section, name.format(number), "protobuf", "ibfast", count, "ns") for number in numbers]
    for _ in range(rounds):
        for number, row in zip(numbers, found, strict=True):
            tell(f"scale: {row.workload}")
            row.figures.append(cost_ns(number))
            if row is not found[0]:
                row.ratios.append(row.figures[-1] / found[0].figures[-1])
                row.target = FLAT
    return found


class Receiver:
    """What a link is to a protocol, without a socket."""

    def __init__(self) -> None:
        self.session = Session(1, pacing=Pacing(on=False))
        self.protocol = Protocol(self)
        self.received = self.session.received
        self.session.start()
        self.session.on_server_hello(f"{VERSION}\0now\0".encode())
        self.protocol.plans = wire.plans("incoming", VERSION)
        self.protocol.server_version = VERSION
        self.feed(frames(NextValidId(order_id=1), ManagedAccounts(accounts_list="DU1")))

    def feed(self, data: bytes) -> None:
        """Hand over bytes as a socket does."""
        at = memoryview(data)
        while at:
            space = self.protocol.get_buffer(-1)
            size = min(len(space), len(at))
            space[:size] = at[:size]
            self.protocol.buffer_updated(size)
            at = at[size:]

    def ask(self) -> int:
        """A request for bars, which is closed when its answer is complete."""
        rows = Rows("bar", lambda: None, policy="grow", capacity=10 * BARS)
        answer = PendingRequest(lambda answer: self.protocol.detach(req_id), end=HistoricalDataEnd)
        req_id = self.session.ask(HistoricalDataRequest(), answer)
        self.protocol.attach(req_id, rows)
        return req_id


def frames(*messages: Message) -> bytes:
    return b"".join(wire.frame(wire.encode(message, VERSION)) for message in messages)


def requests_in_flight(number: int) -> float:
    """Nanoseconds a bar: so many requests are out, and are answered one after another."""
    receiver, spent_s = Receiver(), 0.0
    bar = HistoricalDataBar(date="1787756400", open=1.0, high=2.0, low=0.5, close=1.5, volume=Decimal(100), bar_count=7)
    for _ in range(max(1, WORK // number)):
        ids = [receiver.ask() for _ in range(number)]
        receiver.session.outbox.take()
        data = b"".join(
            frames(HistoricalData(req_id=item, historical_data_bars=[bar] * BARS), HistoricalDataEnd(req_id=item))
            for item in ids
        )
        began = time.process_time()
        receiver.feed(data)
        spent_s += time.process_time() - began
    return spent_s / (max(1, WORK // number) * number * BARS) * 1e9


def closing(number: int) -> float:
    """Nanoseconds to close the oldest of so many streams and open another."""
    protocol = Protocol(Receiver())
    streams = [Rows("last", lambda: None) for _ in range(number)]
    for place, stream in enumerate(streams):
        protocol.attach(place, stream)
    began = time.process_time()
    for place in range(WORK):
        protocol.detach(place)
        protocol.attach(place + number, streams[place % number])
    return (time.process_time() - began) / WORK * 1e9


def resting(number: int) -> float:
    """Nanoseconds that a step of the matching engine costs for each of so many orders far from the market."""
    now_ns = [NOON_NS]
    market = Market(0, lambda: now_ns[0])
    account = Account(market.mid, "DU1234567", lambda instrument: (0, 0.0), lambda instrument: 1.0)
    engine = Engine(market, account, lambda client, message: None)
    contract = Contract(symbol="AAPL", sec_type="STK", exchange="SMART", currency="USD")
    order = Order(action="BUY", total_quantity=Decimal(1), order_type="LMT", lmt_price=1.0, tif="GTC")
    for order_id in range(1, number + 1):
        engine.place(1, order_id, contract, order)
    steps = max(50, 20_000 // number)
    for step in range(steps + 2):
        if step == 2:
            began = time.process_time()
        now_ns[0] += STEPS_NS
        engine.step(now_ns[0])
    return (time.process_time() - began) / (steps * number) * 1e9
