"""One object a record, for those who want objects: the columns of `ibfast.records`, codes replaced by their texts.

An event has a copy of its record; a field is made when it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np

from ibfast._codec import Event, EventField, without_gc
from ibfast.records import BAR, BID_ASK, DEPTH, LAST, MID_POINT, REAL_TIME_BAR, TEXTS, TICK

E = TypeVar("E", bound=Event)


def of(dtype: np.dtype[np.void]) -> Callable[[type[E]], type[E]]:
    """The decorated class is that of records of a dtype: its fields read theirs."""

    def declare(cls: type[E]) -> type[E]:
        cls.FIELDS = dtype.names or ()  # type: ignore[attr-defined]
        for name in dtype.names or ():
            setattr(cls, name, EventField(name, dtype, TEXTS.get(name)))
        return without_gc(cls)

    return declare


@of(TICK)
class Tick(Event):
    """One L1 tick; see `ibfast.records.TICK`."""

    __slots__ = ()

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


@of(LAST)
class Last(Event):
    """One trade; see `ibfast.records.LAST`."""

    __slots__ = ()

    recv_ns: int
    seq: int
    time: int
    price: float
    size: float
    exchange: str
    special_conditions: str
    attr_mask: int
    tick_type: int


@of(BID_ASK)
class BidAsk(Event):
    """One quote; see `ibfast.records.BID_ASK`."""

    __slots__ = ()

    recv_ns: int
    seq: int
    time: int
    bid_price: float
    ask_price: float
    bid_size: float
    ask_size: float
    attr_mask: int


@of(MID_POINT)
class MidPoint(Event):
    """One midpoint; see `ibfast.records.MID_POINT`."""

    __slots__ = ()

    recv_ns: int
    seq: int
    time: int
    mid_point: float


@of(DEPTH)
class Depth(Event):
    """One change of an order book; see `ibfast.records.DEPTH`."""

    __slots__ = ()

    recv_ns: int
    seq: int
    price: float
    size: float
    position: int
    market_maker: str
    operation: int
    side: int
    is_smart_depth: int


@of(REAL_TIME_BAR)
class RealTimeBar(Event):
    """Five seconds; see `ibfast.records.REAL_TIME_BAR`."""

    __slots__ = ()

    recv_ns: int
    seq: int
    time: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    wap: float
    count: int


@of(BAR)
class Bar(Event):
    """One historical bar; see `ibfast.records.BAR`."""

    __slots__ = ()

    time_ns: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    wap: float
    bar_count: int


EVENTS: dict[str, type[Event]] = {
    "tick": Tick,
    "last": Last,
    "bid_ask": BidAsk,
    "mid_point": MidPoint,
    "depth": Depth,
    "real_time_bar": RealTimeBar,
    "bar": Bar,
}
"""The class of each kind of record that comes as a stream."""


def class_of(kind: str) -> type[Any]:
    """The class of the events that records of a kind are."""
    return OptionComputation if kind == "option" else EVENTS[kind]
