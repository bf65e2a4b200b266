"""A quote: what the L1 ticks of a contract add up to."""

from __future__ import annotations

from typing import Any

from ibfast._codec import QuoteValues
from ibfast.arguments import checks_arguments
from ibfast.events import OptionComputation
from ibfast.records import Rows
from ibfast.schema import CancelMarketData
from ibfast.schema.declare import Message
from ibfast.streams.state_stream import StateStream
from ibfast.streams.ticks import MOST_IN_ONE_READ, Opener
from ibfast.tick_types import TickType


def _value(tick_type: TickType) -> Any:
    return property(lambda self: self.value(tick_type))


def _text(tick_type: TickType) -> Any:
    return property(lambda self: self.text(tick_type))


def _greeks(place: int) -> Any:
    return property(lambda self: self._computation(place))


class Quote(StateStream["Quote"]):
    """The newest value of every L1 tick of a contract, under IB's names; NaN (texts: None) when it is unknown.

    ::

        async with client.quote(contract) as quote:
            async for _ in quote:  # at most once a socket read
                print(quote.bid, quote.ask, quote.model_greeks)

    It is current without being read, too. Reading a property opens it; if TWS has refused it, its error is raised. What
    TWS marks as "no data" is NaN: -1 in high, low, open, close and mark, -1 or 0 in a bid, ask or last without a size,
    sizes below zero. Prices of -1 or 0 with a size are prices, as spreads have them.

    Without a connection it stands still: ``is_current`` is False, ``stale_since_ns`` says since when, ``gaps`` has the
    stretch. Asked for anew, it keeps what it had until the first tick of the new subscription; then only new ticks
    count.

    Delayed ticks count as those they stand for, and ``is_delayed`` says so. ``last_timestamp`` is in seconds since
    1970, ``halted`` 0 for no, 1 for a general halt, 2 for a volatility halt; ``close_price`` is that of the day before.
    `value` and `text` have the tick types that have no name here.
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

    def _waiting_rows(self, kind: str) -> Rows:
        return Rows(kind, self._updater(), policy="grow", capacity=MOST_IN_ONE_READ)

    @property
    def option_rows(self) -> Rows:
        return self._computations

    @property
    def midpoint(self) -> float:
        """The middle of bid and ask; NaN unless there are both."""
        return (self.bid + self.ask) / 2

    @property
    def spread(self) -> float:
        """How far the ask is above the bid; NaN unless there are both."""
        return self.ask - self.bid

    @property
    def change(self) -> float:
        """How far the last price is above the close of the day before; NaN unless there are both."""
        return self.last - self.close_price

    @property
    def recv_ns(self) -> int:
        """When the last tick came, in ns since 1970; 0 before the first."""
        return self._known().recv_ns

    @property
    def updates(self) -> int:
        """Ticks and option computations so far, since it was last asked for."""
        return self._known().updates

    @property
    def is_delayed(self) -> bool:
        """Whether the newest price came as a delayed one."""
        return self._known().is_delayed

    @checks_arguments
    def value(self, tick_type: int) -> float:
        """The newest number of a tick type: an `ibfast.TickType`, or IB's number of it. NaN where TWS has none.

        Raises:
            IbfastError: the quote was refused. RuntimeError: it is not open, and no event loop runs to open it in.
        """
        return self._known().value(tick_type)

    @checks_arguments
    def text(self, tick_type: int) -> str | None:
        """The newest text of a tick type, such as IB_DIVIDENDS or RT_VOLUME; errors as of `value`."""
        return self._known().text(tick_type)

    def _known(self) -> QuoteValues:
        """What the ticks add up to, for who reads it."""
        if self._error is not None or not self._req_id:
            self._ensure_open()
        return self._values

    def _count(self) -> int:
        return self._rows.total + self._computations.total

    def _clear(self) -> None:
        self._values.clear()

    def _take(self) -> None:
        self._values.take_from(self._rows)
        self._values.take_from(self._computations)

    def _computation(self, place: int) -> OptionComputation | None:
        record = self._known().computation(place)
        return None if record is None else OptionComputation._make(record.item())

    def __repr__(self) -> str:
        bid, ask, last = map(self._values.value, (TickType.BID, TickType.ASK, TickType.LAST))
        return f"<quote {bid:g} / {ask:g}, last {last:g}>"
