"""One object a record, for those who want objects: the columns of `ibfast.records`, codes replaced by their texts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ibfast._codec import Rows
from ibfast.records import TEXTS


class Tick(NamedTuple):
    """One L1 tick; see `ibfast.records.TICK`."""

    recv_ns: int
    seq: int
    price: float
    size: float
    value: float
    text: str | None
    tick_type: int
    attr_mask: int


class OptionComputation(NamedTuple):
    """Implied volatility and greeks of an option, NaN where TWS has not computed them; see `ibfast.records.OPTION`."""

    recv_ns: int
    seq: int
    implied_vol: float
    delta: float
    opt_price: float
    pv_dividend: float
    gamma: float
    vega: float
    theta: float
    und_price: float
    tick_type: int
    tick_attrib: int


class Last(NamedTuple):
    """One trade; see `ibfast.records.LAST`."""

    recv_ns: int
    seq: int
    time: int
    price: float
    size: float
    exchange: str
    special_conditions: str
    attr_mask: int
    tick_type: int


class BidAsk(NamedTuple):
    """One quote; see `ibfast.records.BID_ASK`."""

    recv_ns: int
    seq: int
    time: int
    bid_price: float
    ask_price: float
    bid_size: float
    ask_size: float
    attr_mask: int


class MidPoint(NamedTuple):
    """One midpoint; see `ibfast.records.MID_POINT`."""

    recv_ns: int
    seq: int
    time: int
    mid_point: float


class Depth(NamedTuple):
    """One change of an order book; see `ibfast.records.DEPTH`."""

    recv_ns: int
    seq: int
    price: float
    size: float
    position: int
    market_maker: str
    operation: int
    side: int
    is_smart_depth: int


class RealTimeBar(NamedTuple):
    """Five seconds; see `ibfast.records.REAL_TIME_BAR`."""

    recv_ns: int
    seq: int
    time: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    wap: float
    count: int  # type: ignore[assignment]  # IB's name, and a method of tuples


class Bar(NamedTuple):
    """One historical bar; see `ibfast.records.BAR`."""

    time_ns: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    wap: float
    bar_count: int


EVENTS: dict[str, Any] = {
    "tick": Tick,
    "last": Last,
    "bid_ask": BidAsk,
    "mid_point": MidPoint,
    "depth": Depth,
    "option": OptionComputation,
    "real_time_bar": RealTimeBar,
    "bar": Bar,
}
"""The class of each kind of record that comes as a stream."""


def events_of(records: NDArray[np.void], source: Rows) -> Iterator[Any]:
    """One object a record."""
    columns: list[list[Any]] = [_column(records, name, source) for name in records.dtype.names or ()]
    return map(EVENTS[source.kind]._make, zip(*columns, strict=True))


def _column(records: NDArray[np.void], name: str, source: Rows) -> list[Any]:
    if name == "text":
        return source.texts(records)
    if name in TEXTS:
        return TEXTS[name].decode(records[name])
    return records[name].tolist()  # type: ignore[no-any-return]
