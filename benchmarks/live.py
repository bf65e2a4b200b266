"""Live streams: L1, tick by tick, depth."""

from __future__ import annotations

from decimal import Decimal
from itertools import cycle, islice

import numpy as np

from benchmarks.answers import Answer, of_rows
from benchmarks.peers.common import LAST_PRICE, REQ_ID
from benchmarks.workload import Workload
from ibfast import wire
from ibfast.records import BID_ASK, EXCHANGES, LAST, MID_POINT
from ibfast.schema import MarketDepth, MarketDepthData, TickPrice, TickSize, TickString
from ibfast.schema.declare import Message

MARKET_DATA, MARKET_DEPTH, TICK_BY_TICK = 1, 10, 97  # the ids of the requests
DIFFERENT = 20_000  # messages that are made one by one, which takes long: longer streams repeat them


def l1(version: int, count: int, req_id: int = REQ_ID) -> Workload:
    """33 % prices, 50 % sizes, 17 % strings, as an active stock has them."""
    rng = np.random.default_rng(1)
    different = min(count - 1, DIFFERENT)
    shares = rng.random(different)
    prices = np.round(150 + np.cumsum(rng.integers(-1, 2, different)) * 0.01, 2).tolist()
    sizes = (rng.integers(1, 50, different) * 100).tolist()
    made = [_l1_tick(*each, req_id, version) for each in zip(shares, prices, sizes, strict=True)]
    last = TickPrice(req_id=req_id, tick_type=1, price=LAST_PRICE, size=Decimal(1), attr_mask=1)
    return _repeated("L1 mix", "tick", made, last, count, version, MARKET_DATA)


def _l1_tick(share: float, price: float, size: int, req_id: int, version: int) -> tuple[bytes, float, float]:
    side = 1 if share < 0.165 or 0.33 <= share < 0.58 else 2
    if share < 0.33:
        message = TickPrice(req_id=req_id, tick_type=side, price=price, size=Decimal(size), attr_mask=1)
    elif share < 0.83:
        message = TickSize(req_id=req_id, tick_type=0 if side == 1 else 3, size=Decimal(size))
    else:
        message = TickString(req_id=req_id, tick_type=45, value=str(1_700_000_000 + size))
    frame = wire.frame(wire.encode(message, version))
    return frame, price if share < 0.33 else 0.0, size if share < 0.83 else 0


def last(version: int, count: int, req_id: int = REQ_ID) -> Workload:
    """Tick by tick Last."""
    rng, rows = np.random.default_rng(2), np.zeros(count, LAST)
    rows["time"] = _seconds(count)
    rows["price"] = _walk(rng, count)
    rows["price"][-1] = LAST_PRICE
    rows["size"] = rng.integers(1, 500, count)
    rows["exchange"] = np.array([EXCHANGES.code(name) for name in ("ARCA", "NASDAQ", "IEX")])[rng.integers(0, 3, count)]
    rows["tick_type"] = 1
    return _of("tick by tick Last", "last", rows, version, req_id, TICK_BY_TICK)


def bid_ask(version: int, count: int, req_id: int = REQ_ID) -> Workload:
    """Tick by tick BidAsk."""
    rng, rows = np.random.default_rng(3), np.zeros(count, BID_ASK)
    rows["time"] = _seconds(count)
    rows["bid_price"] = _walk(rng, count)
    rows["bid_price"][-1] = LAST_PRICE
    rows["ask_price"] = np.round(rows["bid_price"] + 0.01, 2)
    rows["bid_size"], rows["ask_size"] = rng.integers(1, 50, (2, count)) * 100
    return _of("tick by tick BidAsk", "bid_ask", rows, version, req_id, TICK_BY_TICK)


def mid_point(version: int, count: int, req_id: int = REQ_ID) -> Workload:
    """Tick by tick MidPoint."""
    rng, rows = np.random.default_rng(4), np.zeros(count, MID_POINT)
    rows["time"] = _seconds(count)
    rows["mid_point"] = _walk(rng, count)
    rows["mid_point"][-1] = LAST_PRICE
    return _of("tick by tick MidPoint", "mid_point", rows, version, req_id, TICK_BY_TICK)


def depth(version: int, count: int, req_id: int = REQ_ID) -> Workload:
    """A book of ten levels a side: built up, then changed over and over."""
    rng = np.random.default_rng(5)
    made = []
    for place, size in enumerate((rng.integers(1, 50, min(count - 1, DIFFERENT)) * 100).tolist()):
        level, side = place % 10, place // 10 % 2
        price = round(150 + (-1 if side else 1) * (level + 1) * 0.01, 2)
        change = _change(req_id, level, 0 if place < 20 else 1, side, price, size)
        made.append((wire.frame(wire.encode(change, version)), price, size))
    return _repeated("depth", "depth", made, _change(req_id, 0, 1, 1, LAST_PRICE, 1), count, version, MARKET_DEPTH)


def _change(req_id: int, position: int, operation: int, side: int, price: float, size: int) -> MarketDepth:
    data = MarketDepthData(position=position, operation=operation, side=side, price=price, size=Decimal(size))
    return MarketDepth(req_id=req_id, market_depth_data=data)


def _repeated(
    name: str, kind: str, made: list[tuple[bytes, float, float]], last: Message, count: int, version: int, asked_by: int
) -> Workload:
    """These frames, with their prices and sizes, as often as it takes, and a last message of size 1."""
    ticks = [*islice(cycle(made), count - 1), (wire.frame(wire.encode(last, version)), LAST_PRICE, 1)]
    frames, prices, sizes = zip(*ticks, strict=True)
    return Workload(name, version, kind, (b"".join(frames),), count, Answer(count, sum(prices), sum(sizes)), asked_by)


def _seconds(count: int) -> np.ndarray:
    return 1_700_000_000 + np.arange(count) // 100


def _walk(rng: np.random.Generator, count: int) -> np.ndarray:
    """Whole cents, never as high as the last price."""
    steps = np.cumsum(rng.integers(-1, 2, count))
    return np.round(150 + np.abs(steps) % 50_000 * 0.01, 2)


def _of(name: str, kind: str, rows: np.ndarray, version: int, req_id: int, asked_by: int) -> Workload:
    frames = wire.encode_rows(kind, rows, req_id, version)
    return Workload(name, version, kind, (frames,), len(rows), of_rows(rows), asked_by)
