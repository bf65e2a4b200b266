"""The bytes that every peer reads, seeded, so that every run and every peer has the same."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from benchmarks.answers import Answer, of_rows
from benchmarks.peers.common import REQ_ID
from ibfast import wire
from ibfast.records import BID_ASK, EXCHANGES, LAST
from ibfast.schema import TickPrice, TickSize, TickString

TEXT, PROTOBUF = 176, 225


@dataclass(frozen=True)
class Workload:
    name: str
    version: int
    kind: str  # of the records that ibfast makes of it
    frames: bytes
    count: int
    answer: Answer  # of what was encoded, so that nobody's decoder is the judge

    @property
    def wire(self) -> str:
        return "text" if self.version <= 200 else "protobuf"

    def payloads(self) -> list[bytes]:
        """The messages one by one, without their length."""
        found, at = [], 0
        while at < len(self.frames):
            end = at + 4 + int.from_bytes(self.frames[at : at + 4], "big")
            found.append(self.frames[at + 4 : end])
            at = end
        return found


def l1(version: int, count: int) -> Workload:
    """33 % prices, 50 % sizes, 17 % strings, as an active stock has them."""
    rng = np.random.default_rng(1)
    shares = rng.random(count)
    prices = np.round(150 + np.cumsum(rng.integers(-1, 2, count)) * 0.01, 2).tolist()
    sizes = (rng.integers(1, 50, count) * 100).tolist()
    frames, answer = [], Answer(count)
    for share, price, size in zip(shares, prices, sizes, strict=True):
        side = 1 if share < 0.165 or 0.33 <= share < 0.58 else 2
        if share < 0.33:
            message = TickPrice(req_id=REQ_ID, tick_type=side, price=price, size=Decimal(size), attr_mask=1)
            answer += Answer(0, price, size)
        elif share < 0.83:
            message = TickSize(req_id=REQ_ID, tick_type=0 if side == 1 else 3, size=Decimal(size))
            answer += Answer(0, 0, size)
        else:
            message = TickString(req_id=REQ_ID, tick_type=45, value=str(1_700_000_000 + size))
        frames.append(wire.frame(wire.encode(message, version)))
    return Workload("L1 mix", version, "tick", b"".join(frames), count, answer)


def last(version: int, count: int) -> Workload:
    """Tick by tick Last."""
    rng = np.random.default_rng(2)
    rows = np.zeros(count, LAST)
    rows["time"] = 1_700_000_000 + np.arange(count) // 100
    rows["price"] = np.round(150 + np.cumsum(rng.integers(-1, 2, count)) * 0.01, 2)
    rows["size"] = rng.integers(1, 500, count)
    rows["exchange"] = np.array([EXCHANGES.code(name) for name in ("ARCA", "NASDAQ", "IEX")])[rng.integers(0, 3, count)]
    rows["tick_type"] = 1
    frames = wire.encode_rows("last", rows, REQ_ID, version)
    return Workload("tick by tick Last", version, "last", frames, count, of_rows(rows))


def bid_ask(version: int, count: int) -> Workload:
    """Tick by tick BidAsk."""
    rng = np.random.default_rng(3)
    rows = np.zeros(count, BID_ASK)
    rows["time"] = 1_700_000_000 + np.arange(count) // 100
    rows["bid_price"] = np.round(150 + np.cumsum(rng.integers(-1, 2, count)) * 0.01, 2)
    rows["ask_price"] = np.round(rows["bid_price"] + 0.01, 2)
    rows["bid_size"], rows["ask_size"] = rng.integers(1, 50, (2, count)) * 100
    frames = wire.encode_rows("bid_ask", rows, REQ_ID, version)
    return Workload("tick by tick BidAsk", version, "bid_ask", frames, count, of_rows(rows))


WORKLOADS = {"l1": l1, "last": last, "bid_ask": bid_ask}
