"""A quote: what the L1 ticks of a contract add up to."""

from __future__ import annotations

from typing import Any

from ibfast._codec import QuoteValues
from ibfast.events import OptionComputation
from ibfast.records import Rows
from ibfast.schema import CancelMarketData
from ibfast.schema.declare import Message
from ibfast.streams import MOST_IN_ONE_READ, LiveStream, Opener
from ibfast.tick_types import TickType


def _value(tick_type: TickType) -> Any:
    return property(lambda self: self.value(tick_type))


def _text(tick_type: TickType) -> Any:
    return property(lambda self: self.text(tick_type))


def _greeks(place: int) -> Any:
    return property(lambda self: self._computation(place))


class Quote(LiveStream["Quote"]):
    """The newest value of every L1 tick of a contract, under IB's names; NaN (texts: None) when it is unknown.

    ::

        async with client.quote(contract) as quote:
            async for _ in quote:  # at most once a socket read
                print(quote.bid, quote.ask, quote.model_greeks)

    Delayed ticks count as those they stand for, and ``is_delayed`` says so. It is current without being read, too;
    while it ``is_interrupted`` it stands still, and when it is asked for anew it begins with nothing known.
    ``last_timestamp`` is in seconds since 1970, ``halted`` 0 for no, 1 for a general halt, 2 for a volatility halt;
    ``close_price`` is that of the day before. `value` and `text` have the tick types that have no name here.
    """

    bid: float = _value(TickType.BID)
    ask: float = _value(TickType.ASK)
    last: float = _value(TickType.LAST)
    bid_size: float = _value(TickType.BID_SIZE)
    ask_size: float = _value(TickType.ASK_SIZE)
    last_size: float = _value(TickType.LAST_SIZE)
    bid_exch: str | None = _text(TickType.BID_EXCH)
    ask_exch: str | None = _text(TickType.ASK_EXCH)
    last_exch: str | None = _text(TickType.LAST_EXCH)
    last_timestamp: float = _value(TickType.LAST_TIMESTAMP)
    open_price: float = _value(TickType.OPEN)
    high: float = _value(TickType.HIGH)
    low: float = _value(TickType.LOW)
    close_price: float = _value(TickType.CLOSE)
    volume: float = _value(TickType.VOLUME)
    mark_price: float = _value(TickType.MARK_PRICE)
    halted: float = _value(TickType.HALTED)
    bid_greeks: OptionComputation | None = _greeks(0)
    ask_greeks: OptionComputation | None = _greeks(1)
    last_greeks: OptionComputation | None = _greeks(2)
    model_greeks: OptionComputation | None = _greeks(3)

    def __init__(self, opener: Opener, request: Message) -> None:
        super().__init__()
        self._subscribe(opener, request, CancelMarketData)
        self._values = QuoteValues()
        self._rows = self._waiting_rows("tick")
        self._computations = self._waiting_rows("option")
        self._is_new = False

    def _waiting_rows(self, kind: str) -> Rows:
        return Rows(kind, self._update, policy="grow", capacity=MOST_IN_ONE_READ)

    @property
    def second_rows(self) -> Rows:
        return self._computations

    @property
    def recv_ns(self) -> int:
        """When the last tick came, in ns since 1970; 0 before the first."""
        return self._values.recv_ns

    @property
    def updates(self) -> int:
        """Ticks and option computations so far."""
        return self._values.updates

    @property
    def is_delayed(self) -> bool:
        """Whether the newest price came as a delayed one."""
        return self._values.is_delayed

    def value(self, tick_type: int) -> float:
        """The newest number of a tick type: an `ibfast.TickType`, or IB's number of it."""
        return self._values.value(tick_type)

    def text(self, tick_type: int) -> str | None:
        """The newest text of a tick type, such as IB_DIVIDENDS or RT_VOLUME."""
        return self._values.text(tick_type)

    @property
    def latest(self) -> Quote | None:
        """The quote itself; None before the first tick."""
        return self if self.updates else None

    def try_next(self) -> Quote | None:
        """The quote itself if it has changed since the last time, else None; never blocks."""
        self._open()
        is_new, self._is_new = self._is_new, False
        return self if is_new else None

    def _forget(self) -> None:
        self._values.clear()
        self._is_new = True
        self._bell.ring()

    def _computation(self, place: int) -> OptionComputation | None:
        record = self._values.computation(place)
        return None if record is None else OptionComputation._make(record.item())

    def _update(self) -> None:
        self._values.take_from(self._rows)
        self._values.take_from(self._computations)
        self._is_new = True
        self._bell.ring()

    def __repr__(self) -> str:
        return f"<quote {self.bid:g} / {self.ask:g}, last {self.last:g}>"
