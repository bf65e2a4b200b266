"""What IB allows, as data: how often, how many at once. `ibfast.pacing` keeps it.

IB lowers most numbers with fewer market data lines and raises them with more; ``lines`` is the only one to know of an
account. The sources are IB's "Historical Data Limitations", "Market Data Lines" and "Order Limitations".
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias

from ibfast.enums import BarSize, WhatToShow
from ibfast.schema import (
    AccountSummaryRequest,
    CancelOrderRequest,
    ExerciseOptionsRequest,
    GlobalCancelRequest,
    HeadTimestampRequest,
    HistogramDataRequest,
    HistoricalDataRequest,
    HistoricalTicksRequest,
    MarketDataRequest,
    MarketDepthRequest,
    PlaceOrderRequest,
    RealTimeBarsRequest,
    ScannerSubscriptionRequest,
    StartApiRequest,
    TickByTickRequest,
)
from ibfast.schema.declare import Message

Key: TypeAlias = Callable[[Message], Hashable]

DEFAULT_LINES = 100
MANY_LINES = 1_000_000  # more than any login has


class Lane(IntEnum):
    """Who goes first when not everybody can go; the lowest number."""

    CANCEL = 0
    ORDER = 1
    REQUEST = 2
    HISTORY = 3


_LANES: dict[type[Message], Lane] = {
    StartApiRequest: Lane.CANCEL,  # nothing else can go before it
    CancelOrderRequest: Lane.CANCEL,
    GlobalCancelRequest: Lane.CANCEL,
    PlaceOrderRequest: Lane.ORDER,
    ExerciseOptionsRequest: Lane.ORDER,
    HistoricalDataRequest: Lane.HISTORY,
    HistoricalTicksRequest: Lane.HISTORY,
    HeadTimestampRequest: Lane.HISTORY,
    HistogramDataRequest: Lane.HISTORY,
}


def lane_of(message: Message) -> Lane:
    """The lane a message waits in."""
    cls = type(message)
    lane = _LANES.get(cls)
    if lane is None:
        lane = _LANES[cls] = Lane.CANCEL if cls.__name__.startswith("Cancel") else Lane.REQUEST
    return lane


@dataclass(frozen=True)
class Rate:
    """At most ``most`` units in any ``seconds``, counted apart for each ``key``."""

    name: str
    of: tuple[type[Message], ...]
    most: int
    seconds: float
    key: Key = lambda message: None
    applies: Callable[[Message], bool] = lambda message: True
    units: Callable[[Message], int] = lambda message: 1


@dataclass(frozen=True)
class Quota:
    """At most ``most(lines)`` open at once; what comes on top waits if ``waits``, and is refused otherwise."""

    name: str
    of: tuple[type[Message], ...]
    most: Callable[[int], int]
    waits: bool = False


_FINE = {BarSize.SECS_1, BarSize.SECS_5, BarSize.SECS_10, BarSize.SECS_15, BarSize.SECS_30}


def _is_fine(message: Message) -> bool:
    """Whether IB counts a request for history: bars of up to 30 seconds, and ticks."""
    return getattr(message, "bar_size_setting", BarSize.SECS_1) in _FINE


def _is_bid_ask(message: Message) -> int:
    return 2 if getattr(message, "what_to_show", None) == WhatToShow.BID_ASK else 1


def _content(message: Message) -> Hashable:
    """What makes two requests the same: everything but their ids."""
    cls = type(message)
    return cls, *(repr(getattr(message, name)) for name in cls.__fields__ if name != "req_id")


def _contract_and_kind(message: Message) -> Hashable:
    contract = getattr(message, "contract", None)
    return repr(contract), getattr(message, "what_to_show", None)


_COUNTED = (HistoricalDataRequest, HistoricalTicksRequest)

RATES = (
    Rate("history in 10 minutes", _COUNTED, 60, 600.0, applies=_is_fine, units=_is_bid_ask),
    Rate("identical history in 15 seconds", _COUNTED, 1, 15.0, key=_content, applies=_is_fine),
    Rate("history of one contract in 2 seconds", _COUNTED, 5, 2.0, key=_contract_and_kind, applies=_is_fine),
    Rate("real-time bars in 10 minutes", (RealTimeBarsRequest,), 60, 600.0),
    Rate("tick-by-tick of one contract in 15 seconds", (TickByTickRequest,), 1, 15.0, key=_content),
)
"""IB calls six requests for one contract within two seconds a violation, hence five."""

HISTORY_QUOTA = "history"

QUOTAS = (
    Quota(HISTORY_QUOTA, (*_COUNTED, HeadTimestampRequest, HistogramDataRequest), lambda lines: 50, waits=True),
    Quota("market data lines", (MarketDataRequest,), lambda lines: lines),
    Quota("tick-by-tick", (TickByTickRequest,), lambda lines: max(5, lines // 20)),
    Quota("depth", (MarketDepthRequest,), lambda lines: min(max(3, lines // 100), 60)),
    Quota("scanners", (ScannerSubscriptionRequest,), lambda lines: 10),
    Quota("account summaries", (AccountSummaryRequest,), lambda lines: 2),
    Quota("real-time bars", (RealTimeBarsRequest,), lambda lines: lines),
)


def messages_per_second(lines: int) -> int:
    """Half as many as market data lines."""
    return max(1, lines // 2)
