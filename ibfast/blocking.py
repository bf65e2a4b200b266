"""The blocking client: `ibfast.Client`, method by method, seen through a thread.

Any number of threads may use one client. Streams are plain iterators and context managers.

Written by tools/generate_blocking.py from the async classes; never edited.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from itertools import chain
from os import PathLike
from typing import Any, Generic, Literal, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

import ibfast.client
import ibfast.orders.brackets
import ibfast.orders.builder
import ibfast.orders.trade
import ibfast.requests.portfolio
import ibfast.streams.bar_updates
import ibfast.streams.base
import ibfast.streams.order_book
import ibfast.streams.quote
import ibfast.streams.ticks
import ibfast.streams.updates
from ibfast._blocking.proxy import Facade, bare, register
from ibfast.bars import Bars
from ibfast.contracts.cache import ContractCache
from ibfast.contracts.option_chain import OptionChain
from ibfast.contracts.price_grid import PriceGrid
from ibfast.enums import (
    BarSize,
    OcaType,
    TickByTickType,
    WhatToShow,
)
from ibfast.errors import (
    DecodeError,
    IbfastError,
    RequestError,
)
from ibfast.events import OptionComputation
from ibfast.history import Histogram, PastTicks, Schedule
from ibfast.limits import DEFAULT_LINES
from ibfast.news import Article, Headline
from ibfast.orders.acknowledgement import ACKNOWLEDGE_TIMEOUT_S
from ibfast.orders.algos import Moment, Priority, RiskAversion, TwapStyle
from ibfast.orders.brackets import Targets
from ibfast.orders.conditions import (
    Condition,
)
from ibfast.orders.fills import Fill
from ibfast.orders.trade import (
    TradeEvent,
)
from ibfast.orders.trade_registry import TRADES_KEPT
from ibfast.orders.what_if import WhatIf
from ibfast.requests.account_figures import (
    AccountFigure,
    AccountSnapshot,
    AccountTag,
)
from ibfast.requests.accounts import Update
from ibfast.requests.history import TICKS_A_PAGE
from ibfast.requests.market_data import GenericTicks
from ibfast.requests.news import HEADLINES_A_PAGE
from ibfast.requests.scanner import ScannerRows
from ibfast.scanner import ScannerParameters
from ibfast.schema import (
    ApiConfig,
    CompletedOrder,
    ConfigResponse,
    ContractData,
    ContractDescription,
    DepthMarketDataDescription,
    ErrorMessage,
    FamilyCode,
    LockAndExitConfig,
    MessageConfig,
    NewsBulletin,
    NewsProvider,
    OrdersConfig,
    OrderState,
    PnL,
    PnLSingle,
    Position,
    PositionMulti,
    PriceIncrement,
    ScannerSubscription,
    SmartComponent,
    SoftDollarTier,
    TickNews,
    TickReqParams,
    UpdateConfigResponse,
    UpdateConfigWarning,
)
from ibfast.schema.contract import Contract
from ibfast.schema.declare import Message
from ibfast.schema.order import AttachedOrders, Order, Quantity
from ibfast.schema.versions import FIRST_VERSION, LAST_VERSION
from ibfast.session.connection import IDLE_S
from ibfast.session.expected_answers import ANSWER_LIMIT_BYTES
from ibfast.session.health import Health
from ibfast.session.pacing import PacingGauges
from ibfast.stats import Delays
from ibfast.streams.gap import Gap
from ibfast.wsh import WshFilter

T = TypeVar("T")


@register(ibfast.streams.base.MessageStream)
class MessageStream(Facade, Generic[T]):
    """Messages or events, one by one, for one listener of many.

    Without a ``capacity`` nothing is ever dropped; with one the oldest go first and ``dropped`` counts them.
    """

    @property
    def callback_errors(self) -> int:
        return self._read("callback_errors")

    def try_next(self) -> T | None:
        """The next item if one waits, else None; never blocks."""
        return self._call(self._async.try_next)

    def next(self, timeout_s: float | None = None) -> T:
        """The next item.

        Raises:
            TimeoutError: none came within ``timeout_s`` seconds.
            StopIteration: the stream is closed or complete.
            IbfastError: what ended the stream.
        """
        return self._run(self._async.next(timeout_s))

    def batches(self) -> Self:
        """The stream itself: iterating over it brings all that waits, at once."""
        return self._call(self._async.batches)

    def events(self) -> Iterator[Any]:
        """What comes, one at a time."""
        return self._iterate(self._async.events())

    def on(self, callback: Callable[[T], object]) -> None:
        """Call ``callback`` with every item from now on, in place of iterating.

        It runs in the event loop, once a socket read, and must not block. What it raises is logged and counted; the
        stream goes on. ``error`` says why the calls ended.

        Raises:
            RuntimeError: the stream has a reader already.
        """
        return self._call(self._async.on, self._faced(callback))

    def on_event(self, callback: Callable[[Any], object]) -> None:
        """Call ``callback`` with what `events` brings, as `on` does."""
        return self._call(self._async.on_event, self._faced(callback))

    def close(self) -> None:
        """End the stream; what it holds can still be taken. Closing twice does nothing."""
        return self._call(self._async.close)

    @property
    def is_closed(self) -> bool:
        """Whether nothing more will come in."""
        return self._read("is_closed")

    @property
    def error(self) -> IbfastError | None:
        """What ended the stream; None while it lives, and when it was closed or complete."""
        return self._read("error")

    @property
    def dropped(self) -> int:
        return self._read("dropped")

    @property
    def latest(self) -> T | None:
        """The newest item, taken or not; None before the first. Reading it opens a subscription.

        Raises:
            IbfastError: it was refused. RuntimeError: it is not open, and no event loop runs to open it in.
        """
        return self._read("latest")

    def collect_for(self, seconds: float) -> list[T]:
        """What comes within so many seconds; less time if the stream ends sooner."""
        return self._run(self._async.collect_for(seconds))

    def __iter__(self) -> Iterator[T]:
        return self._iterate(self._async)

    def __enter__(self) -> Self:
        self._run(self._async.__aenter__())
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


@register(ibfast.streams.updates.Updates)
class Updates(Facade, Generic[T]):
    """A subscription, item by item: the request is sent on entering, the cancel on leaving. Nothing is ever dropped.

    Many begin with an answer that says how things are: `complete` waits for it. While it is ``durable`` it outlives a
    lost connection: it is resubscribed, and after a `Gap` the whole answer comes again. From the loss until then
    ``is_current`` is False. ``notices`` keeps the last thousand warnings about it.

    With a ``snapshot`` the newest of each item is kept there: the last complete answer until the next is complete.

    What waits for the reader, and the snapshot, are limited each to the ``answer_limit_bytes`` of the client. Beyond
    that the subscription ends with `StreamOverflow`, or `AnswerTooLarge` while its first answer comes in; of one that
    nobody reads item by item the older half of what waits is dropped, which ``dropped`` counts.
    """

    @property
    def callback_errors(self) -> int:
        return self._read("callback_errors")

    def try_next(self) -> T | None:
        """The next item if one waits, else None; never blocks."""
        return self._call(self._async.try_next)

    def next(self, timeout_s: float | None = None) -> T:
        """The next item.

        Raises:
            TimeoutError: none came within ``timeout_s`` seconds.
            StopIteration: the stream is closed or complete.
            IbfastError: what ended the stream.
        """
        return self._run(self._async.next(timeout_s))

    def batches(self) -> Self:
        """The stream itself: iterating over it brings all that waits, at once."""
        return self._call(self._async.batches)

    def events(self) -> Iterator[Any]:
        """What comes, one at a time."""
        return self._iterate(self._async.events())

    def on(self, callback: Callable[[T], object]) -> None:
        """Call ``callback`` with every item from now on, in place of iterating.

        It runs in the event loop, once a socket read, and must not block. What it raises is logged and counted; the
        stream goes on. ``error`` says why the calls ended.

        Raises:
            RuntimeError: the stream has a reader already.
        """
        return self._call(self._async.on, self._faced(callback))

    def on_event(self, callback: Callable[[Any], object]) -> None:
        """Call ``callback`` with what `events` brings, as `on` does."""
        return self._call(self._async.on_event, self._faced(callback))

    def close(self) -> None:
        """Send the cancel; what has arrived can still be taken. Closing twice does nothing."""
        return self._call(self._async.close)

    @property
    def is_closed(self) -> bool:
        """Whether nothing more will come in."""
        return self._read("is_closed")

    @property
    def error(self) -> IbfastError | None:
        """What ended the stream; None while it lives, and when it was closed or complete."""
        return self._read("error")

    @property
    def gaps(self) -> list[Gap]:
        return self._read("gaps")

    def with_gaps(self) -> Iterator[T | Gap]:
        """What comes, and each `Gap` in its place; its ``seq`` counts what came before it."""
        return self._iterate(self._async.with_gaps())

    @property
    def dropped(self) -> int:
        return self._read("dropped")

    @property
    def latest(self) -> T | None:
        """The newest item, taken or not; None before the first. Reading it opens a subscription.

        Raises:
            IbfastError: it was refused. RuntimeError: it is not open, and no event loop runs to open it in.
        """
        return self._read("latest")

    def collect_for(self, seconds: float) -> list[T]:
        """What comes within so many seconds; less time if the stream ends sooner."""
        return self._run(self._async.collect_for(seconds))

    @property
    def notices(self) -> deque[ErrorMessage]:
        return self._read("notices")

    @property
    def durable(self) -> bool:
        return self._read("durable")

    @property
    def req_id(self) -> int:
        """The id of its request; 0 before it is open, and if it has none of its own."""
        return self._read("req_id")

    @property
    def snapshot(self) -> list[T]:
        """The newest of each item, of a subscription that keeps them: the last complete answer until the next is.

        Reading it opens the subscription.

        Raises:
            LookupError: no answer is complete yet, or none is kept. IbfastError: it was refused.
        """
        return self._read("snapshot")

    @property
    def is_complete(self) -> bool:
        """Whether the answer is complete, to the newest request if it was asked for anew."""
        return self._read("is_complete")

    @property
    def is_current(self) -> bool:
        """Whether what came last is what TWS says now: False before the answer is complete, without a connection and
        after the end.
        """
        return self._read("is_current")

    @property
    def stale_since_ns(self) -> int:
        """Since when it is not, in nanoseconds since 1970; 0 while it is, and before the first answer."""
        return self._read("stale_since_ns")

    @property
    def is_interrupted(self) -> bool:
        """Whether nothing comes for a while, because a connection is lost."""
        return self._read("is_interrupted")

    def complete(self) -> Self:
        """Wait until the answer is complete: the first, or the new one after a lost connection.

        Raises:
            RequestTimeout: it did not come within the request timeout. IbfastError: what ended the stream.
        """
        return self._run(self._async.complete())

    def cancel_request(self) -> None:
        """Cancel a request that is dead at TWS; `resume` makes another."""
        return self._call(self._async.cancel_request)

    def __iter__(self) -> Iterator[T]:
        return self._iterate(self._async)

    def __enter__(self) -> Self:
        self._run(self._async.__aenter__())
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


@register(ibfast.streams.ticks.Computations)
class Computations(Facade):
    """The option computations of an L1 subscription: reading them opens it, closing them does not end it."""

    @property
    def callback_errors(self) -> int:
        return self._read("callback_errors")

    def try_next(self) -> NDArray[np.void] | None:
        """The next item if one waits, else None; never blocks."""
        return self._call(self._async.try_next)

    def next(self, timeout_s: float | None = None) -> NDArray[np.void]:
        """The next item.

        Raises:
            TimeoutError: none came within ``timeout_s`` seconds.
            StopIteration: the stream is closed or complete.
            IbfastError: what ended the stream.
        """
        return self._run(self._async.next(timeout_s))

    def batches(self) -> Self:
        """The stream itself: iterating over it brings all that waits, at once."""
        return self._call(self._async.batches)

    def events(self) -> Iterator[Any]:
        """One object a record, of the class that `ibfast.events` has for its kind, and each `Gap` between them.

        Who leaves the loop and comes back later goes on where it was.
        """
        return chain.from_iterable(self._iterate(self._async._event_batches()))

    def on(self, callback: Callable[[NDArray[np.void]], object]) -> None:
        """Call ``callback`` with every item from now on, in place of iterating.

        It runs in the event loop, once a socket read, and must not block. What it raises is logged and counted; the
        stream goes on. ``error`` says why the calls ended.

        Raises:
            RuntimeError: the stream has a reader already.
        """
        return self._call(self._async.on, self._faced(callback))

    def on_event(self, callback: Callable[..., object]) -> None:
        """Call ``callback`` with every event from now on, and with each `Gap` between them, in place of iterating.

        As `on`, one event at a time: the cheapest way to have an object for each record. Who closes the stream from
        within is not called again.

        Raises:
            RuntimeError: the stream has a reader already.
        """
        return self._call(self._async.on_event, callback)

    def close(self) -> None:
        """End the stream; what it holds can still be taken. Closing twice does nothing."""
        return self._call(self._async.close)

    @property
    def is_closed(self) -> bool:
        """Whether nothing more will come in."""
        return self._read("is_closed")

    @property
    def error(self) -> IbfastError | None:
        """What ended the stream; None while it lives, and when it was closed or complete."""
        return self._read("error")

    @property
    def gaps(self) -> list[Gap]:
        return self._read("gaps")

    def with_gaps(self) -> Iterator[NDArray[np.void] | Gap]:
        """What comes, and each `Gap` in its place; its ``seq`` counts what came before it."""
        return self._iterate(self._async.with_gaps())

    @property
    def dropped(self) -> int:
        """Records lost because nobody took them in time; the gaps show in their ``seq``."""
        return self._read("dropped")

    @property
    def total(self) -> int:
        """Records received so far, dropped ones included; reading it opens the stream."""
        return self._read("total")

    @property
    def latest(self) -> np.void | None:
        """The newest record, taken or not; None before the first. Reading it opens the stream."""
        return self._read("latest")

    def texts(self, rows: NDArray[np.void]) -> list[str | None]:
        """The text of each L1 record: what TWS sent in string ticks, None in all others."""
        return self._call(self._async.texts, rows)

    def events_of(self, rows: NDArray[np.void]) -> Iterator[Any]:
        """One object a record of a batch: `events` without waiting."""
        return self._call(self._async.events_of, rows)

    def collect_for(self, seconds: float) -> NDArray[np.void]:
        """The records of so many seconds as one array; of less time if the stream ends sooner.

        Raises:
            IbfastError: what ended the stream, if it brought nothing before.
        """
        return self._run(self._async.collect_for(seconds))

    def __iter__(self) -> Iterator[NDArray[np.void]]:
        return self._iterate(self._async)

    def __enter__(self) -> Self:
        self._run(self._async.__aenter__())
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


@register(ibfast.streams.ticks.Ticks)
class Ticks(Facade):
    """A live subscription, as batches of numpy records: one wake-up a socket read, with every record of it.

    ::

        with client.tick_by_tick(contract, "Last") as ticks:
            for rows in ticks:  # a structured array that is yours to keep
                print(rows["price"].mean(), ticks.dropped)

    L1 data of an option also has ``computations``, a stream of its own that lives as long.
    """

    @property
    def callback_errors(self) -> int:
        return self._read("callback_errors")

    def try_next(self) -> NDArray[np.void] | None:
        """The next item if one waits, else None; never blocks."""
        return self._call(self._async.try_next)

    def next(self, timeout_s: float | None = None) -> NDArray[np.void]:
        """The next item.

        Raises:
            TimeoutError: none came within ``timeout_s`` seconds.
            StopIteration: the stream is closed or complete.
            IbfastError: what ended the stream.
        """
        return self._run(self._async.next(timeout_s))

    def batches(self) -> Self:
        """The stream itself: iterating over it brings all that waits, at once."""
        return self._call(self._async.batches)

    def events(self) -> Iterator[Any]:
        """One object a record, of the class that `ibfast.events` has for its kind, and each `Gap` between them.

        Who leaves the loop and comes back later goes on where it was.
        """
        return chain.from_iterable(self._iterate(self._async._event_batches()))

    def on(self, callback: Callable[[NDArray[np.void]], object]) -> None:
        """Call ``callback`` with every item from now on, in place of iterating.

        It runs in the event loop, once a socket read, and must not block. What it raises is logged and counted; the
        stream goes on. ``error`` says why the calls ended.

        Raises:
            RuntimeError: the stream has a reader already.
        """
        return self._call(self._async.on, self._faced(callback))

    def on_event(self, callback: Callable[..., object]) -> None:
        """Call ``callback`` with every event from now on, and with each `Gap` between them, in place of iterating.

        As `on`, one event at a time: the cheapest way to have an object for each record. Who closes the stream from
        within is not called again.

        Raises:
            RuntimeError: the stream has a reader already.
        """
        return self._call(self._async.on_event, callback)

    def close(self) -> None:
        """Send the cancel; what has arrived can still be taken. Closing twice does nothing."""
        return self._call(self._async.close)

    @property
    def is_closed(self) -> bool:
        """Whether nothing more will come in."""
        return self._read("is_closed")

    @property
    def error(self) -> IbfastError | None:
        """What ended the stream; None while it lives, and when it was closed or complete."""
        return self._read("error")

    @property
    def gaps(self) -> list[Gap]:
        return self._read("gaps")

    def with_gaps(self) -> Iterator[NDArray[np.void] | Gap]:
        """What comes, and each `Gap` in its place; its ``seq`` counts what came before it."""
        return self._iterate(self._async.with_gaps())

    @property
    def notices(self) -> deque[Message]:
        return self._read("notices")

    @property
    def notices_dropped(self) -> int:
        return self._read("notices_dropped")

    @property
    def market_data_type(self) -> int | None:
        return self._read("market_data_type")

    @property
    def tick_req_params(self) -> TickReqParams | None:
        return self._read("tick_req_params")

    @property
    def rerouted_to(self) -> Contract | None:
        return self._read("rerouted_to")

    @property
    def durable(self) -> bool:
        return self._read("durable")

    @property
    def req_id(self) -> int:
        """The id of its request; 0 before it is open."""
        return self._read("req_id")

    def cancel_request(self) -> None:
        """Cancel a request that is dead at TWS; `resume` makes another."""
        return self._call(self._async.cancel_request)

    @property
    def is_interrupted(self) -> bool:
        """Whether nothing comes for a while, because a connection is lost."""
        return self._read("is_interrupted")

    @property
    def dropped(self) -> int:
        """Records lost because nobody took them in time; the gaps show in their ``seq``."""
        return self._read("dropped")

    @property
    def total(self) -> int:
        """Records received so far, dropped ones included; reading it opens the stream."""
        return self._read("total")

    @property
    def latest(self) -> np.void | None:
        """The newest record, taken or not; None before the first. Reading it opens the stream."""
        return self._read("latest")

    def texts(self, rows: NDArray[np.void]) -> list[str | None]:
        """The text of each L1 record: what TWS sent in string ticks, None in all others."""
        return self._call(self._async.texts, rows)

    def events_of(self, rows: NDArray[np.void]) -> Iterator[Any]:
        """One object a record of a batch: `events` without waiting."""
        return self._call(self._async.events_of, rows)

    def collect_for(self, seconds: float) -> NDArray[np.void]:
        """The records of so many seconds as one array; of less time if the stream ends sooner.

        Raises:
            IbfastError: what ended the stream, if it brought nothing before.
        """
        return self._run(self._async.collect_for(seconds))

    @property
    def computations(self) -> Computations:
        """Implied volatilities and greeks of an option, as records of dtype `ibfast.records.OPTION`.

        Raises:
            AttributeError: the stream is not of L1 ticks.
        """
        return self._read("computations")

    def __iter__(self) -> Iterator[NDArray[np.void]]:
        return self._iterate(self._async)

    def __enter__(self) -> Self:
        self._run(self._async.__aenter__())
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


@register(ibfast.streams.bar_updates.BarUpdates)
class BarUpdates(Facade):
    """Bars that are kept up to date, as batches of records of dtype `ibfast.records.BAR`.

    The first batch is the history up to now. What follows are new states of the newest bar: one with the ``time_ns``
    of the last is that bar as it is now, one with a later time the next bar. After a `Gap` the history comes again.
    """

    @property
    def callback_errors(self) -> int:
        return self._read("callback_errors")

    def try_next(self) -> NDArray[np.void] | None:
        """The next item if one waits, else None; never blocks."""
        return self._call(self._async.try_next)

    def next(self, timeout_s: float | None = None) -> NDArray[np.void]:
        """The next item.

        Raises:
            TimeoutError: none came within ``timeout_s`` seconds.
            StopIteration: the stream is closed or complete.
            IbfastError: what ended the stream.
        """
        return self._run(self._async.next(timeout_s))

    def batches(self) -> Self:
        """The stream itself: iterating over it brings all that waits, at once."""
        return self._call(self._async.batches)

    def events(self) -> Iterator[Any]:
        """One object a record, of the class that `ibfast.events` has for its kind, and each `Gap` between them.

        Who leaves the loop and comes back later goes on where it was.
        """
        return chain.from_iterable(self._iterate(self._async._event_batches()))

    def on(self, callback: Callable[[NDArray[np.void]], object]) -> None:
        """Call ``callback`` with every item from now on, in place of iterating.

        It runs in the event loop, once a socket read, and must not block. What it raises is logged and counted; the
        stream goes on. ``error`` says why the calls ended.

        Raises:
            RuntimeError: the stream has a reader already.
        """
        return self._call(self._async.on, self._faced(callback))

    def on_event(self, callback: Callable[..., object]) -> None:
        """Call ``callback`` with every event from now on, and with each `Gap` between them, in place of iterating.

        As `on`, one event at a time: the cheapest way to have an object for each record. Who closes the stream from
        within is not called again.

        Raises:
            RuntimeError: the stream has a reader already.
        """
        return self._call(self._async.on_event, callback)

    def close(self) -> None:
        """Send the cancel; what has arrived can still be taken. Closing twice does nothing."""
        return self._call(self._async.close)

    @property
    def is_closed(self) -> bool:
        """Whether nothing more will come in."""
        return self._read("is_closed")

    @property
    def error(self) -> IbfastError | None:
        """What ended the stream; None while it lives, and when it was closed or complete."""
        return self._read("error")

    @property
    def gaps(self) -> list[Gap]:
        return self._read("gaps")

    def with_gaps(self) -> Iterator[NDArray[np.void] | Gap]:
        """What comes, and each `Gap` in its place; its ``seq`` counts what came before it."""
        return self._iterate(self._async.with_gaps())

    @property
    def notices(self) -> deque[Message]:
        return self._read("notices")

    @property
    def notices_dropped(self) -> int:
        return self._read("notices_dropped")

    @property
    def market_data_type(self) -> int | None:
        return self._read("market_data_type")

    @property
    def tick_req_params(self) -> TickReqParams | None:
        return self._read("tick_req_params")

    @property
    def rerouted_to(self) -> Contract | None:
        return self._read("rerouted_to")

    @property
    def durable(self) -> bool:
        return self._read("durable")

    @property
    def req_id(self) -> int:
        """The id of its request; 0 before it is open."""
        return self._read("req_id")

    def cancel_request(self) -> None:
        """Cancel a request that is dead at TWS; `resume` makes another."""
        return self._call(self._async.cancel_request)

    @property
    def is_interrupted(self) -> bool:
        """Whether nothing comes for a while, because a connection is lost."""
        return self._read("is_interrupted")

    @property
    def dropped(self) -> int:
        """Records lost because nobody took them in time; the gaps show in their ``seq``."""
        return self._read("dropped")

    @property
    def total(self) -> int:
        """Records received so far, dropped ones included; reading it opens the stream."""
        return self._read("total")

    @property
    def latest(self) -> np.void | None:
        """The newest record, taken or not; None before the first. Reading it opens the stream."""
        return self._read("latest")

    def texts(self, rows: NDArray[np.void]) -> list[str | None]:
        """The text of each L1 record: what TWS sent in string ticks, None in all others."""
        return self._call(self._async.texts, rows)

    def events_of(self, rows: NDArray[np.void]) -> Iterator[Any]:
        """One object a record of a batch: `events` without waiting."""
        return self._call(self._async.events_of, rows)

    def collect_for(self, seconds: float) -> NDArray[np.void]:
        """The records of so many seconds as one array; of less time if the stream ends sooner.

        Raises:
            IbfastError: what ended the stream, if it brought nothing before.
        """
        return self._run(self._async.collect_for(seconds))

    def __iter__(self) -> Iterator[NDArray[np.void]]:
        return self._iterate(self._async)

    def __enter__(self) -> Self:
        self._run(self._async.__aenter__())
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


@register(ibfast.streams.quote.Quote)
class Quote(Facade):
    """The newest value of every L1 tick of a contract, under IB's names; NaN (texts: None) when it is unknown.

    ::

        with client.quote(contract) as quote:
            for _ in quote:  # at most once a socket read
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

    @property
    def callback_errors(self) -> int:
        return self._read("callback_errors")

    def try_next(self) -> "Quote" | None:
        """The next item if one waits, else None; never blocks."""
        return self._call(self._async.try_next)

    def next(self, timeout_s: float | None = None) -> "Quote":
        """The next item.

        Raises:
            TimeoutError: none came within ``timeout_s`` seconds.
            StopIteration: the stream is closed or complete.
            IbfastError: what ended the stream.
        """
        return self._run(self._async.next(timeout_s))

    def batches(self) -> Self:
        """The stream itself: iterating over it brings all that waits, at once."""
        return self._call(self._async.batches)

    def events(self) -> Iterator[Any]:
        """What comes, one at a time."""
        return self._iterate(self._async.events())

    def on(self, callback: Callable[["Quote"], object]) -> None:
        """Call ``callback`` with every item from now on, in place of iterating.

        It runs in the event loop, once a socket read, and must not block. What it raises is logged and counted; the
        stream goes on. ``error`` says why the calls ended.

        Raises:
            RuntimeError: the stream has a reader already.
        """
        return self._call(self._async.on, self._faced(callback))

    def on_event(self, callback: Callable[[Any], object]) -> None:
        """Call ``callback`` with what `events` brings, as `on` does."""
        return self._call(self._async.on_event, self._faced(callback))

    def close(self) -> None:
        """Send the cancel; what has arrived can still be taken. Closing twice does nothing."""
        return self._call(self._async.close)

    @property
    def is_closed(self) -> bool:
        """Whether nothing more will come in."""
        return self._read("is_closed")

    @property
    def error(self) -> IbfastError | None:
        """What ended the stream; None while it lives, and when it was closed or complete."""
        return self._read("error")

    @property
    def gaps(self) -> list[Gap]:
        return self._read("gaps")

    def with_gaps(self) -> Iterator["Quote" | Gap]:
        """What comes, and each `Gap` in its place; its ``seq`` counts what came before it."""
        return self._iterate(self._async.with_gaps())

    @property
    def notices(self) -> deque[Message]:
        return self._read("notices")

    @property
    def notices_dropped(self) -> int:
        return self._read("notices_dropped")

    @property
    def market_data_type(self) -> int | None:
        return self._read("market_data_type")

    @property
    def tick_req_params(self) -> TickReqParams | None:
        return self._read("tick_req_params")

    @property
    def rerouted_to(self) -> Contract | None:
        return self._read("rerouted_to")

    @property
    def durable(self) -> bool:
        return self._read("durable")

    @property
    def req_id(self) -> int:
        """The id of its request; 0 before it is open."""
        return self._read("req_id")

    def cancel_request(self) -> None:
        """Cancel a request that is dead at TWS; `resume` makes another."""
        return self._call(self._async.cancel_request)

    @property
    def is_interrupted(self) -> bool:
        """Whether nothing comes for a while, because a connection is lost."""
        return self._read("is_interrupted")

    @property
    def is_current(self) -> bool:
        """Whether it is what TWS says now: False before the first records, without a connection, and after the end."""
        return self._read("is_current")

    @property
    def stale_since_ns(self) -> int:
        """Since when it is not, in nanoseconds since 1970; 0 while it is, and before anything came."""
        return self._read("stale_since_ns")

    @property
    def latest(self) -> Self | None:
        """The stream itself; None before the first records. Reading it opens the stream."""
        return self._read("latest")

    @property
    def bid(self) -> float:
        return self._read("bid")

    @property
    def ask(self) -> float:
        return self._read("ask")

    @property
    def last(self) -> float:
        return self._read("last")

    @property
    def bid_size(self) -> float:
        return self._read("bid_size")

    @property
    def ask_size(self) -> float:
        return self._read("ask_size")

    @property
    def last_size(self) -> float:
        return self._read("last_size")

    @property
    def bid_exch(self) -> str | None:
        return self._read("bid_exch")

    @property
    def ask_exch(self) -> str | None:
        return self._read("ask_exch")

    @property
    def last_exch(self) -> str | None:
        return self._read("last_exch")

    @property
    def last_timestamp(self) -> float:
        return self._read("last_timestamp")

    @property
    def open_price(self) -> float:
        return self._read("open_price")

    @property
    def high(self) -> float:
        return self._read("high")

    @property
    def low(self) -> float:
        return self._read("low")

    @property
    def close_price(self) -> float:
        return self._read("close_price")

    @property
    def volume(self) -> float:
        return self._read("volume")

    @property
    def mark_price(self) -> float:
        return self._read("mark_price")

    @property
    def halted(self) -> float:
        return self._read("halted")

    @property
    def bid_greeks(self) -> OptionComputation | None:
        return self._read("bid_greeks")

    @property
    def ask_greeks(self) -> OptionComputation | None:
        return self._read("ask_greeks")

    @property
    def last_greeks(self) -> OptionComputation | None:
        return self._read("last_greeks")

    @property
    def model_greeks(self) -> OptionComputation | None:
        return self._read("model_greeks")

    @property
    def midpoint(self) -> float:
        """The middle of bid and ask; NaN unless there are both."""
        return self._read("midpoint")

    @property
    def spread(self) -> float:
        """How far the ask is above the bid; NaN unless there are both."""
        return self._read("spread")

    @property
    def change(self) -> float:
        """How far the last price is above the close of the day before; NaN unless there are both."""
        return self._read("change")

    @property
    def recv_ns(self) -> int:
        """When the last tick came, in ns since 1970; 0 before the first."""
        return self._read("recv_ns")

    @property
    def updates(self) -> int:
        """Ticks and option computations so far, since it was last asked for."""
        return self._read("updates")

    @property
    def is_delayed(self) -> bool:
        """Whether the newest price came as a delayed one."""
        return self._read("is_delayed")

    def value(self, tick_type: int) -> float:
        """The newest number of a tick type: an `ibfast.TickType`, or IB's number of it. NaN where TWS has none.

        Raises:
            IbfastError: the quote was refused. RuntimeError: it is not open, and no event loop runs to open it in.
        """
        return self._call(self._async.value, tick_type)

    def text(self, tick_type: int) -> str | None:
        """The newest text of a tick type, such as IB_DIVIDENDS or RT_VOLUME; errors as of `value`."""
        return self._call(self._async.text, tick_type)

    def __iter__(self) -> Iterator["Quote"]:
        return self._iterate(self._async)

    def __enter__(self) -> Self:
        self._run(self._async.__aenter__())
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


@register(ibfast.streams.order_book.OrderBook)
class OrderBook(Facade):
    """The order book of a contract, best level first on both sides.

    ::

        with client.book(contract, rows=5) as book:
            for _ in book:  # at most once a socket read
                print(book.bids["price"], book.asks["price"])

    It is current without being read, too. Reading a property opens it; if TWS has refused it, its error is raised. It
    empties itself when TWS says that what it sent no longer counts. Without a connection it stands still:
    ``is_current`` is False, ``stale_since_ns`` says since when, ``gaps`` has the stretch. Asked for
    anew, it keeps what it had until the first row of the new book.
    """

    @property
    def callback_errors(self) -> int:
        return self._read("callback_errors")

    def try_next(self) -> "OrderBook" | None:
        """The next item if one waits, else None; never blocks."""
        return self._call(self._async.try_next)

    def next(self, timeout_s: float | None = None) -> "OrderBook":
        """The next item.

        Raises:
            TimeoutError: none came within ``timeout_s`` seconds.
            StopIteration: the stream is closed or complete.
            IbfastError: what ended the stream.
        """
        return self._run(self._async.next(timeout_s))

    def batches(self) -> Self:
        """The stream itself: iterating over it brings all that waits, at once."""
        return self._call(self._async.batches)

    def events(self) -> Iterator[Any]:
        """What comes, one at a time."""
        return self._iterate(self._async.events())

    def on(self, callback: Callable[["OrderBook"], object]) -> None:
        """Call ``callback`` with every item from now on, in place of iterating.

        It runs in the event loop, once a socket read, and must not block. What it raises is logged and counted; the
        stream goes on. ``error`` says why the calls ended.

        Raises:
            RuntimeError: the stream has a reader already.
        """
        return self._call(self._async.on, self._faced(callback))

    def on_event(self, callback: Callable[[Any], object]) -> None:
        """Call ``callback`` with what `events` brings, as `on` does."""
        return self._call(self._async.on_event, self._faced(callback))

    def close(self) -> None:
        """Send the cancel; what has arrived can still be taken. Closing twice does nothing."""
        return self._call(self._async.close)

    @property
    def is_closed(self) -> bool:
        """Whether nothing more will come in."""
        return self._read("is_closed")

    @property
    def error(self) -> IbfastError | None:
        """What ended the stream; None while it lives, and when it was closed or complete."""
        return self._read("error")

    @property
    def gaps(self) -> list[Gap]:
        return self._read("gaps")

    def with_gaps(self) -> Iterator["OrderBook" | Gap]:
        """What comes, and each `Gap` in its place; its ``seq`` counts what came before it."""
        return self._iterate(self._async.with_gaps())

    @property
    def notices(self) -> deque[Message]:
        return self._read("notices")

    @property
    def notices_dropped(self) -> int:
        return self._read("notices_dropped")

    @property
    def market_data_type(self) -> int | None:
        return self._read("market_data_type")

    @property
    def tick_req_params(self) -> TickReqParams | None:
        return self._read("tick_req_params")

    @property
    def rerouted_to(self) -> Contract | None:
        return self._read("rerouted_to")

    @property
    def durable(self) -> bool:
        return self._read("durable")

    @property
    def req_id(self) -> int:
        """The id of its request; 0 before it is open."""
        return self._read("req_id")

    def cancel_request(self) -> None:
        """Cancel a request that is dead at TWS; `resume` makes another."""
        return self._call(self._async.cancel_request)

    @property
    def is_interrupted(self) -> bool:
        """Whether nothing comes for a while, because a connection is lost."""
        return self._read("is_interrupted")

    @property
    def is_current(self) -> bool:
        """Whether it is what TWS says now: False before the first records, without a connection, and after the end."""
        return self._read("is_current")

    @property
    def stale_since_ns(self) -> int:
        """Since when it is not, in nanoseconds since 1970; 0 while it is, and before anything came."""
        return self._read("stale_since_ns")

    @property
    def latest(self) -> Self | None:
        """The stream itself; None before the first records. Reading it opens the stream."""
        return self._read("latest")

    @property
    def bids(self) -> NDArray[np.void]:
        """A copy of the bids: ``price``, ``size``, ``market_maker`` (`ibfast.records.EXCHANGES` names it)."""
        return self._read("bids")

    @property
    def asks(self) -> NDArray[np.void]:
        """A copy of the asks, columns as of `bids`."""
        return self._read("asks")

    @property
    def bid(self) -> float:
        """The price of the best bid that has a size; NaN if there is none."""
        return self._read("bid")

    @property
    def bid_size(self) -> float:
        """The size of the best bid; NaN if there is none."""
        return self._read("bid_size")

    @property
    def ask(self) -> float:
        """The price of the best ask that has a size; NaN if there is none."""
        return self._read("ask")

    @property
    def ask_size(self) -> float:
        """The size of the best ask; NaN if there is none."""
        return self._read("ask_size")

    @property
    def is_crossed(self) -> bool:
        """Whether somebody bids more than another asks: a smart book can be, for a moment; one exchange's is wrong."""
        return self._read("is_crossed")

    @property
    def misplaced(self) -> int:
        """Changes left out because they fitted nothing: positions beyond the levels there are, unknown operations."""
        return self._read("misplaced")

    @property
    def resets(self) -> int:
        """How often the book was emptied: TWS said so, or it was asked for anew."""
        return self._read("resets")

    @property
    def recv_ns(self) -> int:
        """When the last change came, in ns since 1970; 0 before the first."""
        return self._read("recv_ns")

    @property
    def updates(self) -> int:
        """Changes so far."""
        return self._read("updates")

    def __iter__(self) -> Iterator["OrderBook"]:
        return self._iterate(self._async)

    def __enter__(self) -> Self:
        self._run(self._async.__aenter__())
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


@register(ibfast.orders.trade.Trade)
class Trade(Facade):
    """One order from submit to done.

    ``status`` is TWS's own word; "PendingSubmit" until TWS has said something, "Unknown" when TWS no longer has the
    order. Duplicates, which TWS sends as a matter of course, make no event. ``log`` holds every event in order.
    ``order`` is what TWS reports that it works on, with the changes that are on their way; where TWS refuses one it is
    again what TWS works on. Quantities and ``avg_fill_price`` are up to date with every fill: the most that statuses
    and executions say.
    """

    @property
    def contract(self) -> Contract:
        return self._read("contract")

    @property
    def order(self) -> Order:
        return self._read("order")

    @property
    def order_id(self) -> int:
        return self._read("order_id")

    @property
    def client_id(self) -> int:
        return self._read("client_id")

    @property
    def perm_id(self) -> int:
        return self._read("perm_id")

    @property
    def status(self) -> str:
        return self._read("status")

    @property
    def filled_quantity(self) -> Decimal:
        return self._read("filled_quantity")

    @property
    def remaining(self) -> Decimal:
        return self._read("remaining")

    @property
    def avg_fill_price(self) -> float:
        return self._read("avg_fill_price")

    @property
    def why_held(self) -> str | None:
        return self._read("why_held")

    @property
    def order_state(self) -> OrderState | None:
        return self._read("order_state")

    @property
    def fills(self) -> list[Fill]:
        return self._read("fills")

    @property
    def warnings(self) -> list[RequestError]:
        return self._read("warnings")

    @property
    def rejection(self) -> RequestError | None:
        return self._read("rejection")

    @property
    def attached(self) -> AttachedOrders | None:
        return self._read("attached")

    @property
    def log(self) -> list[TradeEvent]:
        return self._read("log")

    @property
    def acknowledged(self) -> bool:
        return self._read("acknowledged")

    @property
    def is_done(self) -> bool:
        """Whether nothing more will happen to the order: it has ended, is lost, or TWS refused it.

        "Inactive" is an end unless TWS holds the order (`is_held`). A later word of TWS takes each of these back but a
        fill or a cancellation.
        """
        return self._read("is_done")

    @property
    def is_lost(self) -> bool:
        """Whether TWS no longer knows the order, without a word on how it ended; a later word of TWS takes it back."""
        return self._read("is_lost")

    @property
    def is_held(self) -> bool:
        """Whether TWS waits with the order: for shares to borrow, a trigger, its parent, or to be activated."""
        return self._read("is_held")

    @property
    def reported_order(self) -> Order | None:
        """The order as TWS has reported it last, with all that it fills in; None before it has."""
        return self._read("reported_order")

    @property
    def is_complete(self) -> bool:
        """Whether the order is done and every fill is known with its commission."""
        return self._read("is_complete")

    @property
    def commission(self) -> float:
        """What all fills cost so far, in the currency of their reports."""
        return self._read("commission")

    @property
    def reason(self) -> str:
        """What TWS said about why the order ended, or is refused; empty if it said nothing."""
        return self._read("reason")

    def done(self, timeout_s: float | None = None) -> Trade:
        """Wait until nothing more will happen to the order; `status`, `rejection` and `reason` say how it ended.

        Raises:
            RequestTimeout: it is not done after ``timeout_s`` seconds, or TWS has not acknowledged it in time.
            ConnectionLost: the connection ended before that.
        """
        return self._run(self._async.done(timeout_s))

    def filled(self, timeout_s: float | None = None) -> Trade:
        """Wait until the order is filled.

        Raises:
            RequestError: TWS refused it, or it ended in another way: ``message`` has the status and TWS's reason.
            RequestTimeout: it is not done after ``timeout_s`` seconds, or TWS has not acknowledged it in time.
            ConnectionLost: the connection ended before that.
        """
        return self._run(self._async.filled(timeout_s))

    def on(self, callback: Callable[[TradeEvent], object]) -> None:
        """Call ``callback`` with every event from now on, beside all others who follow the order.

        It runs in the event loop and must not block. What it raises is logged, and changes nothing.
        """
        return self._call(self._async.on, self._faced(callback))

    @property
    def is_followed(self) -> bool:
        """Whether somebody waits for the order, iterates over its events or has a callback for them."""
        return self._read("is_followed")

    def rewrite(self, order: Order) -> None:
        """The order was changed before it was ever sent."""
        return self._call(self._async.rewrite, order)

    def withdraw_changes(self, error: RequestError | None = None) -> None:
        """Changes that waited for a connection are not sent, because of an ``error`` or of a later wish."""
        return self._call(self._async.withdraw_changes, error)

    def on_cancelled_unsent(self) -> None:
        """The order was cancelled while it waited for a connection: TWS never sees it."""
        return self._call(self._async.on_cancelled_unsent)

    def on_cancel_unsent(self, error: RequestError) -> None:
        """A cancel waited too long for a connection; the order works on."""
        return self._call(self._async.on_cancel_unsent, error)

    def __iter__(self) -> Iterator[TradeEvent]:
        return self._iterate(self._async)


@register(ibfast.requests.portfolio.Portfolio)
class Portfolio(Facade):
    """Positions, figures, profit and loss and open orders of all accounts of the login, as TWS last said.

    ::

        with client.portfolio() as portfolio:
            print(portfolio.position(265598), portfolio.value("NetLiquidation"), portfolio.pnl())

    Where the login has several accounts, ``account`` says which is meant. ``last_updated`` is when TWS last said
    anything of it, by the clock here.

    It outlives a lost connection: everything is asked for anew, and until the new answer is complete the last one
    stands, with ``is_current`` False. Then it is replaced as a whole: a position that was closed meanwhile is gone.
    """

    @property
    def accounts(self) -> list[str]:
        return self._read("accounts")

    @property
    def last_updated(self) -> datetime | None:
        return self._read("last_updated")

    @property
    def is_current(self) -> bool:
        """Whether all of it is what TWS says now.

        False without a connection to TWS or from there to IB, then until what was asked for anew has come, and after
        the end.
        """
        return self._read("is_current")

    @property
    def stale_since_ns(self) -> int:
        """Since when it is not, in nanoseconds since 1970; 0 while it is."""
        return self._read("stale_since_ns")

    def positions(self, account: str = "") -> list[Position]:
        """What is held, in all accounts or in one; what was held last, if it is not current.

        The contracts are as TWS has them in positions: those of futures, currencies and crypto name no exchange, those
        of stocks the one they are listed on. `Client.qualify` makes contracts of them that can be traded and followed.
        """
        return self._call(self._async.positions, account)

    def position(self, con_id: int, account: str = "") -> Decimal:
        """How much is held of a contract, in all accounts together or in one; below 0 when it is short."""
        return self._call(self._async.position, con_id, account)

    def value(self, tag: str, account: str = "", *, currency: str | None = None) -> Decimal | str:
        """A figure of an account: an `ibfast.AccountTag`, or one of its ledger, such as "CashBalance" in a currency.

        Raises:
            KeyError: TWS has said none. ValueError: several accounts, and none is named.
        """
        return self._call(self._async.value, tag, account, currency=currency)

    def figures(self, account: str = "") -> list[AccountFigure]:
        """All figures of an account, or of all accounts, in TWS's order."""
        return self._call(self._async.figures, account)

    def pnl(self, account: str = "") -> PnL | None:
        """Profit and loss of an account; None until TWS has said it.

        Raises:
            ValueError: several accounts, and none is named.
        """
        return self._call(self._async.pnl, account)

    @property
    def open_trades(self) -> list[Trade]:
        """The orders this session knows that are not done."""
        return self._read("open_trades")

    @property
    def error(self) -> IbfastError | None:
        """Why it is no longer kept up, wholly or in part; None while it is."""
        return self._read("error")

    def close(self) -> None:
        """Send the cancels; what was read last can still be read. Closing twice does nothing."""
        return self._call(self._async.close)

    def __enter__(self) -> Self:
        self._run(self._async.__aenter__())
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


@register(ibfast.orders.brackets.BracketBuilder)
class BracketBuilder(Facade):
    """Builds an entry with its targets and stops; nothing is sent before `submit`."""

    @property
    def contract(self) -> Contract:
        return self._read("contract")

    @property
    def order(self) -> Order:
        return self._read("order")

    def set(self, **fields: Any) -> Self:
        """Any fields of `ibfast.Order`."""
        return self._call(self._async.set, **fields)

    def buy(self, quantity: Quantity | None = None) -> Self:
        """Without a quantity the order needs another measure, such as `cash_quantity`."""
        return self._call(self._async.buy, quantity)

    def sell(self, quantity: Quantity | None = None) -> Self:
        """Without a quantity the order needs another measure, such as `cash_quantity`."""
        return self._call(self._async.sell, quantity)

    def cash_quantity(self, amount: float) -> Self:
        """How much money to trade, instead of a quantity; in forex it is of the pair's second currency."""
        return self._call(self._async.cash_quantity, amount)

    def day(self) -> Self:
        """Until the end of the day."""
        return self._call(self._async.day)

    def good_till_cancel(self) -> Self:
        return self._call(self._async.good_till_cancel)

    def good_till_date(self, moment: datetime | str) -> Self:
        """Until an aware datetime."""
        return self._call(self._async.good_till_date, moment)

    def good_after(self, moment: datetime | str) -> Self:
        """Not before an aware datetime."""
        return self._call(self._async.good_after, moment)

    def immediate_or_cancel(self) -> Self:
        """Fill what is there, cancel the rest."""
        return self._call(self._async.immediate_or_cancel)

    def fill_or_kill(self) -> Self:
        """All of it at once or nothing."""
        return self._call(self._async.fill_or_kill)

    def day_till_cancelled(self) -> Self:
        """Like a day order, but what is left at the end of the day is deactivated, not cancelled (DTC)."""
        return self._call(self._async.day_till_cancelled)

    def outside_rth(self) -> Self:
        """Outside regular trading hours too."""
        return self._call(self._async.outside_rth)

    def regular_hours_only(self) -> Self:
        """In regular trading hours only, as is usual."""
        return self._call(self._async.regular_hours_only)

    def include_overnight(self) -> Self:
        """In the overnight session too."""
        return self._call(self._async.include_overnight)

    def hidden(self) -> Self:
        """Not in the book that others see."""
        return self._call(self._async.hidden)

    def display(self, quantity: int) -> Self:
        """Show this much of it at a time (an iceberg)."""
        return self._call(self._async.display, quantity)

    def all_or_none(self) -> Self:
        """No partial fill."""
        return self._call(self._async.all_or_none)

    def minimum_quantity(self, quantity: int) -> Self:
        """No fill smaller than this."""
        return self._call(self._async.minimum_quantity, quantity)

    def sweep_to_fill(self) -> Self:
        """Take every price level at once, for speed."""
        return self._call(self._async.sweep_to_fill)

    def block(self) -> Self:
        """A large option order, of 50 contracts or more."""
        return self._call(self._async.block)

    def not_held(self) -> Self:
        """The broker may choose time and price; IBKRATS asks for it."""
        return self._call(self._async.not_held)

    def post_only(self) -> Self:
        """Never take liquidity."""
        return self._call(self._async.post_only)

    def randomize(self, *, size: bool = True, price: bool = False) -> Self:
        """Vary size or price a little, so that nobody knows the order again."""
        return self._call(self._async.randomize, size=size, price=price)

    def trigger_method(self, method: int) -> Self:
        """The price that triggers a stop, one of `ibfast.TriggerMethod`."""
        return self._call(self._async.trigger_method, method)

    def override_percentage_constraints(self) -> Self:
        """Send it even if TWS finds its price too far away."""
        return self._call(self._async.override_percentage_constraints)

    def non_guaranteed(self) -> Self:
        """The legs of a combo may be filled one by one."""
        return self._call(self._async.non_guaranteed)

    def account(self, account: str) -> Self:
        return self._call(self._async.account, account)

    def model(self, model_code: str) -> Self:
        return self._call(self._async.model, model_code)

    def allocate(self, group: str, *, method: str | None = None, percentage: str | None = None) -> Self:
        """Divide it among the accounts of a financial advisor's group."""
        return self._call(self._async.allocate, group, method=method, percentage=percentage)

    def reference(self, text: str) -> Self:
        """A text of your own, which TWS gives back with the order and its executions."""
        return self._call(self._async.reference, text)

    def oca(self, group: str, oca_type: int = OcaType.CANCEL_WITH_BLOCK) -> Self:
        """One cancels all: a fill cancels or shrinks the others of its group; see `ibfast.OcaType`."""
        return self._call(self._async.oca, group, oca_type)

    def child_of(self, parent: Trade | int) -> Self:
        """Wait until a trade, or the order of this id, is filled; its order should be on `hold` until then.

        Raises:
            OrderNotOwned: the trade is not an order of this client.
        """
        return self._call(self._async.child_of, bare(parent))

    def hold(self) -> Self:
        """TWS keeps it; it goes out with the first of its children that is not on hold."""
        return self._call(self._async.hold)

    def delta_hedge(self) -> Self:
        """The child that hedges an option order with its underlying."""
        return self._call(self._async.delta_hedge)

    def beta_hedge(self, beta: float | None = None) -> Self:
        """The child that hedges a stock order by its beta, which TWS knows if it is not given."""
        return self._call(self._async.beta_hedge, beta)

    def pair_hedge(self, ratio: float) -> Self:
        """The child that trades the other leg of a pair."""
        return self._call(self._async.pair_hedge, ratio)

    def fx_hedge(self) -> Self:
        """The child that changes the currency an order is paid in."""
        return self._call(self._async.fx_hedge)

    def exits(self, **fields: Any) -> Self:
        """Any fields of `ibfast.Order` for the targets and stops, instead of those they have from the entry."""
        return self._call(self._async.exits, **fields)

    def submit(self) -> list[Trade]:
        """Send all orders; their trades: the entry, then target and stop, target and stop.

        Several targets divide the quantity, and each has a stop of its own size: one cancels the other.

        Raises:
            ValueError: something is missing, or the prices are in the wrong order; nothing was sent.
            VersionError: the server is too old for a field of one of them; nothing was sent. ConnectionLost.
        """
        return self._run(self._async.submit())


@register(ibfast.orders.builder.OrderBuilder)
class OrderBuilder(Facade):
    """Builds one order; nothing is sent before `submit`. `set` reaches every field of `ibfast.Order`."""

    @property
    def contract(self) -> Contract:
        return self._read("contract")

    @property
    def order(self) -> Order:
        return self._read("order")

    def set(self, **fields: Any) -> Self:
        """Any fields of `ibfast.Order`."""
        return self._call(self._async.set, **fields)

    def buy(self, quantity: Quantity | None = None) -> Self:
        """Without a quantity the order needs another measure, such as `cash_quantity`."""
        return self._call(self._async.buy, quantity)

    def sell(self, quantity: Quantity | None = None) -> Self:
        """Without a quantity the order needs another measure, such as `cash_quantity`."""
        return self._call(self._async.sell, quantity)

    def cash_quantity(self, amount: float) -> Self:
        """How much money to trade, instead of a quantity; in forex it is of the pair's second currency."""
        return self._call(self._async.cash_quantity, amount)

    def market(self) -> Self:
        """At the best price there is, now (MKT)."""
        return self._call(self._async.market)

    def limit(self, price: float) -> Self:
        """At ``price`` or better (LMT)."""
        return self._call(self._async.limit, price)

    def stop(self, price: float) -> Self:
        """A market order once ``price`` is touched (STP)."""
        return self._call(self._async.stop, price)

    def stop_limit(self, *, stop: float, limit: float) -> Self:
        """A limit order once ``stop`` is touched (STP LMT)."""
        return self._call(self._async.stop_limit, stop=stop, limit=limit)

    def trailing_stop(
        self, *, amount: float | None = None, percent: float | None = None, stop: float | None = None
    ) -> Self:
        """A stop that follows the market by an amount or a percentage; ``stop`` is where it begins (TRAIL)."""
        return self._call(self._async.trailing_stop, amount=amount, percent=percent, stop=stop)

    def trailing_stop_limit(
        self,
        *,
        amount: float | None = None,
        percent: float | None = None,
        stop: float | None = None,
        limit: float | None = None,
        limit_offset: float | None = None,
    ) -> Self:
        """A trailing stop that becomes a limit order: at ``limit``, or ``limit_offset`` from the stop (TRAIL LIMIT)."""
        return self._call(
            self._async.trailing_stop_limit,
            amount=amount,
            percent=percent,
            stop=stop,
            limit=limit,
            limit_offset=limit_offset,
        )

    def market_if_touched(self, price: float) -> Self:
        """A market order once ``price`` is touched, on the better side of the market (MIT)."""
        return self._call(self._async.market_if_touched, price)

    def limit_if_touched(self, *, touch: float, limit: float) -> Self:
        """A limit order once ``touch`` is touched, on the better side of the market (LIT)."""
        return self._call(self._async.limit_if_touched, touch=touch, limit=limit)

    def market_to_limit(self) -> Self:
        """At the market; what is left becomes a limit order at the price of the fill (MTL)."""
        return self._call(self._async.market_to_limit)

    def market_with_protection(self) -> Self:
        """At the market, within limits that the exchange sets; futures (MKT PRT)."""
        return self._call(self._async.market_with_protection)

    def stop_with_protection(self, price: float) -> Self:
        """A protected market order once ``price`` is touched; futures (STP PRT)."""
        return self._call(self._async.stop_with_protection, price)

    def adjust_stop(
        self,
        *,
        trigger: float,
        stop: float,
        limit: float | None = None,
        amount: float | None = None,
        percent: float | None = None,
    ) -> Self:
        """Once ``trigger`` is touched, make this stop another one.

        A stop at ``stop``; a stop limit with ``limit``; a trailing stop with ``amount`` or ``percent``.
        """
        return self._call(
            self._async.adjust_stop, trigger=trigger, stop=stop, limit=limit, amount=amount, percent=percent
        )

    def market_on_close(self) -> Self:
        """At the closing price (MOC)."""
        return self._call(self._async.market_on_close)

    def limit_on_close(self, price: float) -> Self:
        """At the closing price, if it is ``price`` or better (LOC)."""
        return self._call(self._async.limit_on_close, price)

    def market_on_open(self) -> Self:
        """At the opening price (MOO: MKT with OPG)."""
        return self._call(self._async.market_on_open)

    def limit_on_open(self, price: float) -> Self:
        """At the opening price, if it is ``price`` or better (LOO: LMT with OPG)."""
        return self._call(self._async.limit_on_open, price)

    def at_auction(self, price: float) -> Self:
        """In the auction before the open; what is left becomes a limit order (MTL with AUC)."""
        return self._call(self._async.at_auction, price)

    def box_top(self) -> Self:
        """At the market of BOX; what is left becomes a limit order at the price of the fill (BOX TOP)."""
        return self._call(self._async.box_top)

    def midprice(self, cap: float | None = None) -> Self:
        """At the midpoint or better, not beyond ``cap`` (MIDPRICE)."""
        return self._call(self._async.midprice, cap)

    def relative(self, offset: float | None = None, *, percent: float | None = None, cap: float | None = None) -> Self:
        """``offset`` (or ``percent``) more aggressive than its side's best price, not beyond ``cap`` (REL)."""
        return self._call(self._async.relative, offset, percent=percent, cap=cap)

    def pegged_to_primary(
        self, offset: float | None = None, *, percent: float | None = None, cap: float | None = None
    ) -> Self:
        """IB's other name of `relative` (REL)."""
        return self._call(self._async.pegged_to_primary, offset, percent=percent, cap=cap)

    def passive_relative(
        self, offset: float | None = None, *, percent: float | None = None, cap: float | None = None
    ) -> Self:
        """``offset`` (or ``percent``) less aggressive than its side's best price, not beyond ``cap`` (PASSV REL)."""
        return self._call(self._async.passive_relative, offset, percent=percent, cap=cap)

    def pegged_to_market(self, offset: float, *, cap: float | None = None) -> Self:
        """``offset`` from the best price of the other side (PEG MKT)."""
        return self._call(self._async.pegged_to_market, offset, cap=cap)

    def pegged_to_midpoint(
        self,
        offset: float | None = None,
        *,
        cap: float | None = None,
        offset_at_whole: float | None = None,
        offset_at_half: float | None = None,
    ) -> Self:
        """``offset`` from the midpoint, not beyond ``cap`` (PEG MID).

        On IBKRATS the offsets for a midpoint at a whole and at half a penny take the place of ``offset``.
        """
        return self._call(
            self._async.pegged_to_midpoint,
            offset,
            cap=cap,
            offset_at_whole=offset_at_whole,
            offset_at_half=offset_at_half,
        )

    def pegged_to_best(
        self,
        offset: float | None = None,
        *,
        limit: float | None = None,
        min_compete_size: int | None = None,
        offset_at_whole: float | None = None,
        offset_at_half: float | None = None,
    ) -> Self:
        """``offset`` better than the best price of its side; IBKRATS (PEG BEST).

        Instead of an offset ``offset_at_whole`` and ``offset_at_half`` make it compete up to the midpoint, off that by
        so much where it is at a whole and at half a penny.
        """
        return self._call(
            self._async.pegged_to_best,
            offset,
            limit=limit,
            min_compete_size=min_compete_size,
            offset_at_whole=offset_at_whole,
            offset_at_half=offset_at_half,
        )

    def pegged_to_stock(
        self,
        *,
        delta: float,
        starting_price: float,
        stock_ref_price: float | None = None,
        stock_range: tuple[float, float] | None = None,
    ) -> Self:
        """An option price that moves by ``delta`` times the stock, from ``starting_price`` on (PEG STK).

        ``delta`` is positive, for puts too. The order is cancelled when the stock leaves its range.
        """
        return self._call(
            self._async.pegged_to_stock,
            delta=delta,
            starting_price=starting_price,
            stock_ref_price=stock_ref_price,
            stock_range=stock_range,
        )

    def pegged_to_benchmark(
        self,
        reference: Contract | int,
        *,
        starting_price: float,
        change: float,
        reference_change: float,
        exchange: str = "",
        opposite: bool = False,
        stock_ref_price: float | None = None,
        stock_range: tuple[float, float] | None = None,
    ) -> Self:
        """Move by ``change`` for every ``reference_change`` of another contract, or against it (PEG BENCH)."""
        return self._call(
            self._async.pegged_to_benchmark,
            reference,
            starting_price=starting_price,
            change=change,
            reference_change=reference_change,
            exchange=exchange,
            opposite=opposite,
            stock_ref_price=stock_ref_price,
            stock_range=stock_range,
        )

    def snap_to_market(self, offset: float | None = None) -> Self:
        """A limit order ``offset`` from the other side's best price as it is on arrival (SNAP MKT)."""
        return self._call(self._async.snap_to_market, offset)

    def snap_to_midpoint(self, offset: float | None = None) -> Self:
        """A limit order ``offset`` from the midpoint as it is on arrival (SNAP MID)."""
        return self._call(self._async.snap_to_midpoint, offset)

    def snap_to_primary(self, offset: float | None = None) -> Self:
        """A limit order ``offset`` from its own side's best price as it is on arrival (SNAP PRIM)."""
        return self._call(self._async.snap_to_primary, offset)

    def discretionary(self, price: float, *, amount: float) -> Self:
        """A limit order that may go ``amount`` beyond its price, which others do not see (LMT with discretion)."""
        return self._call(self._async.discretionary, price, amount=amount)

    def volatility(
        self,
        percent: float,
        kind: Literal["annual", "daily"] = "annual",
        *,
        reference_price_type: int | None = None,
        continuous_update: bool = False,
        stock_ref_price: float | None = None,
        stock_range: tuple[float, float] | None = None,
    ) -> Self:
        """An option priced by its implied volatility, 40 meaning 40 % (VOL).

        ``reference_price_type`` is 1 for the average of the stock's bid and ask, 2 for the nearer one.
        """
        return self._call(
            self._async.volatility,
            percent,
            kind,
            reference_price_type=reference_price_type,
            continuous_update=continuous_update,
            stock_ref_price=stock_ref_price,
            stock_range=stock_range,
        )

    def delta_neutral(self, order_type: str = "MKT", *, price: float | None = None, con_id: int | None = None) -> Self:
        """Hedge the delta of a volatility order with an order of this type."""
        return self._call(self._async.delta_neutral, order_type, price=price, con_id=con_id)

    def limit_per_leg(self, *prices: float) -> Self:
        """A combo with a limit for each leg instead of one for all (LMT)."""
        return self._call(self._async.limit_per_leg, *prices)

    def relative_plus_limit(self, price: float) -> Self:
        """A combo whose first leg is relative, the other a limit order (REL + LMT)."""
        return self._call(self._async.relative_plus_limit, price)

    def relative_plus_market(self) -> Self:
        """A combo whose first leg is relative, the other a market order (REL + MKT)."""
        return self._call(self._async.relative_plus_market)

    def scale(
        self,
        *,
        initial_size: int,
        price_increment: float,
        next_size: int | None = None,
        profit_offset: float | None = None,
        auto_reset: bool = False,
        random_percent: bool = False,
        price_adjust_value: float | None = None,
        price_adjust_interval: int | None = None,
    ) -> Self:
        """Divide it into components, each ``price_increment`` off the one before.

        ``profit_offset`` sells (or buys) each fill again at so much profit; ``auto_reset`` then opens it anew.
        """
        return self._call(
            self._async.scale,
            initial_size=initial_size,
            price_increment=price_increment,
            next_size=next_size,
            profit_offset=profit_offset,
            auto_reset=auto_reset,
            random_percent=random_percent,
            price_adjust_value=price_adjust_value,
            price_adjust_interval=price_adjust_interval,
        )

    def day(self) -> Self:
        """Until the end of the day."""
        return self._call(self._async.day)

    def good_till_cancel(self) -> Self:
        return self._call(self._async.good_till_cancel)

    def good_till_date(self, moment: datetime | str) -> Self:
        """Until an aware datetime."""
        return self._call(self._async.good_till_date, moment)

    def good_after(self, moment: datetime | str) -> Self:
        """Not before an aware datetime."""
        return self._call(self._async.good_after, moment)

    def immediate_or_cancel(self) -> Self:
        """Fill what is there, cancel the rest."""
        return self._call(self._async.immediate_or_cancel)

    def fill_or_kill(self) -> Self:
        """All of it at once or nothing."""
        return self._call(self._async.fill_or_kill)

    def day_till_cancelled(self) -> Self:
        """Like a day order, but what is left at the end of the day is deactivated, not cancelled (DTC)."""
        return self._call(self._async.day_till_cancelled)

    def outside_rth(self) -> Self:
        """Outside regular trading hours too."""
        return self._call(self._async.outside_rth)

    def regular_hours_only(self) -> Self:
        """In regular trading hours only, as is usual."""
        return self._call(self._async.regular_hours_only)

    def include_overnight(self) -> Self:
        """In the overnight session too."""
        return self._call(self._async.include_overnight)

    def hidden(self) -> Self:
        """Not in the book that others see."""
        return self._call(self._async.hidden)

    def display(self, quantity: int) -> Self:
        """Show this much of it at a time (an iceberg)."""
        return self._call(self._async.display, quantity)

    def all_or_none(self) -> Self:
        """No partial fill."""
        return self._call(self._async.all_or_none)

    def minimum_quantity(self, quantity: int) -> Self:
        """No fill smaller than this."""
        return self._call(self._async.minimum_quantity, quantity)

    def sweep_to_fill(self) -> Self:
        """Take every price level at once, for speed."""
        return self._call(self._async.sweep_to_fill)

    def block(self) -> Self:
        """A large option order, of 50 contracts or more."""
        return self._call(self._async.block)

    def not_held(self) -> Self:
        """The broker may choose time and price; IBKRATS asks for it."""
        return self._call(self._async.not_held)

    def post_only(self) -> Self:
        """Never take liquidity."""
        return self._call(self._async.post_only)

    def randomize(self, *, size: bool = True, price: bool = False) -> Self:
        """Vary size or price a little, so that nobody knows the order again."""
        return self._call(self._async.randomize, size=size, price=price)

    def trigger_method(self, method: int) -> Self:
        """The price that triggers a stop, one of `ibfast.TriggerMethod`."""
        return self._call(self._async.trigger_method, method)

    def override_percentage_constraints(self) -> Self:
        """Send it even if TWS finds its price too far away."""
        return self._call(self._async.override_percentage_constraints)

    def non_guaranteed(self) -> Self:
        """The legs of a combo may be filled one by one."""
        return self._call(self._async.non_guaranteed)

    def account(self, account: str) -> Self:
        return self._call(self._async.account, account)

    def model(self, model_code: str) -> Self:
        return self._call(self._async.model, model_code)

    def allocate(self, group: str, *, method: str | None = None, percentage: str | None = None) -> Self:
        """Divide it among the accounts of a financial advisor's group."""
        return self._call(self._async.allocate, group, method=method, percentage=percentage)

    def reference(self, text: str) -> Self:
        """A text of your own, which TWS gives back with the order and its executions."""
        return self._call(self._async.reference, text)

    def oca(self, group: str, oca_type: int = OcaType.CANCEL_WITH_BLOCK) -> Self:
        """One cancels all: a fill cancels or shrinks the others of its group; see `ibfast.OcaType`."""
        return self._call(self._async.oca, group, oca_type)

    def child_of(self, parent: Trade | int) -> Self:
        """Wait until a trade, or the order of this id, is filled; its order should be on `hold` until then.

        Raises:
            OrderNotOwned: the trade is not an order of this client.
        """
        return self._call(self._async.child_of, bare(parent))

    def hold(self) -> Self:
        """TWS keeps it; it goes out with the first of its children that is not on hold."""
        return self._call(self._async.hold)

    def delta_hedge(self) -> Self:
        """The child that hedges an option order with its underlying."""
        return self._call(self._async.delta_hedge)

    def beta_hedge(self, beta: float | None = None) -> Self:
        """The child that hedges a stock order by its beta, which TWS knows if it is not given."""
        return self._call(self._async.beta_hedge, beta)

    def pair_hedge(self, ratio: float) -> Self:
        """The child that trades the other leg of a pair."""
        return self._call(self._async.pair_hedge, ratio)

    def fx_hedge(self) -> Self:
        """The child that changes the currency an order is paid in."""
        return self._call(self._async.fx_hedge)

    def algo(self, strategy: str, **params: str | float | bool | None) -> Self:
        """Any strategy, with parameters as IB spells them: ``algo("Vwap", maxPctVol=0.1)``."""
        return self._call(self._async.algo, strategy, **params)

    def vwap(
        self,
        *,
        max_share: float | None = None,
        start: Moment | None = None,
        end: Moment | None = None,
        allow_past_end: bool | None = None,
        no_take_liquidity: bool | None = None,
        speed_up: bool | None = None,
    ) -> Self:
        """The volume-weighted average price (Vwap)."""
        return self._call(
            self._async.vwap,
            max_share=max_share,
            start=start,
            end=end,
            allow_past_end=allow_past_end,
            no_take_liquidity=no_take_liquidity,
            speed_up=speed_up,
        )

    def twap(
        self,
        *,
        style: TwapStyle | None = None,
        start: Moment | None = None,
        end: Moment | None = None,
        allow_past_end: bool | None = None,
    ) -> Self:
        """The time-weighted average price (Twap).

        ``style`` is IB's strategyType. Gateways have been seen to refuse an order with it, with 443.
        """
        return self._call(self._async.twap, style=style, start=start, end=end, allow_past_end=allow_past_end)

    def percent_of_volume(
        self,
        share: float,
        *,
        start: Moment | None = None,
        end: Moment | None = None,
        no_take_liquidity: bool | None = None,
    ) -> Self:
        """A steady share of the volume (PctVol)."""
        return self._call(
            self._async.percent_of_volume, share, start=start, end=end, no_take_liquidity=no_take_liquidity
        )

    def percent_of_volume_by_price(
        self,
        share: float,
        *,
        change: float,
        min_share: float,
        max_share: float,
        start: Moment | None = None,
        end: Moment | None = None,
        no_take_liquidity: bool | None = None,
    ) -> Self:
        """A share of the volume that grows by ``change`` as the price gets better (PctVolPx)."""
        return self._call(
            self._async.percent_of_volume_by_price,
            share,
            change=change,
            min_share=min_share,
            max_share=max_share,
            start=start,
            end=end,
            no_take_liquidity=no_take_liquidity,
        )

    def percent_of_volume_by_size(
        self,
        *,
        start_share: float,
        end_share: float,
        start: Moment | None = None,
        end: Moment | None = None,
        no_take_liquidity: bool | None = None,
    ) -> Self:
        """A share of the volume that goes from one to another as the order is filled (PctVolSz)."""
        return self._call(
            self._async.percent_of_volume_by_size,
            start_share=start_share,
            end_share=end_share,
            start=start,
            end=end,
            no_take_liquidity=no_take_liquidity,
        )

    def percent_of_volume_by_time(
        self,
        *,
        start_share: float,
        end_share: float,
        start: Moment | None = None,
        end: Moment | None = None,
        no_take_liquidity: bool | None = None,
    ) -> Self:
        """A share of the volume that goes from one to another as time passes (PctVolTm)."""
        return self._call(
            self._async.percent_of_volume_by_time,
            start_share=start_share,
            end_share=end_share,
            start=start,
            end=end,
            no_take_liquidity=no_take_liquidity,
        )

    def arrival_price(
        self,
        *,
        max_share: float | None = None,
        risk_aversion: RiskAversion | None = None,
        start: Moment | None = None,
        end: Moment | None = None,
        force_completion: bool | None = None,
        allow_past_end: bool | None = None,
    ) -> Self:
        """The midpoint as it is when the order arrives (ArrivalPx)."""
        return self._call(
            self._async.arrival_price,
            max_share=max_share,
            risk_aversion=risk_aversion,
            start=start,
            end=end,
            force_completion=force_completion,
            allow_past_end=allow_past_end,
        )

    def adaptive(self, priority: Priority = "Normal") -> Self:
        """Smart routing that waits for a better price, patiently or not (Adaptive)."""
        return self._call(self._async.adaptive, priority)

    def close_price(
        self,
        *,
        max_share: float | None = None,
        risk_aversion: RiskAversion | None = None,
        start: Moment | None = None,
        force_completion: bool | None = None,
    ) -> Self:
        """The price of the closing auction (ClosePx)."""
        return self._call(
            self._async.close_price,
            max_share=max_share,
            risk_aversion=risk_aversion,
            start=start,
            force_completion=force_completion,
        )

    def dark_ice(
        self,
        display_size: int,
        *,
        start: Moment | None = None,
        end: Moment | None = None,
        allow_past_end: bool | None = None,
    ) -> Self:
        """Hidden but for a part whose size varies (DarkIce); gateways refuse it beside `display` (10255)."""
        return self._call(self._async.dark_ice, display_size, start=start, end=end, allow_past_end=allow_past_end)

    def accumulate_distribute(
        self,
        component_size: int,
        *,
        seconds_between: int,
        randomize_time: bool | None = None,
        randomize_size: bool | None = None,
        give_up: int | None = None,
        catch_up: bool | None = None,
        wait_for_fill: bool | None = None,
        start: Moment | None = None,
        end: Moment | None = None,
    ) -> Self:
        """Small components at intervals; time varies by 20 %, size by 55 % (AD)."""
        return self._call(
            self._async.accumulate_distribute,
            component_size,
            seconds_between=seconds_between,
            randomize_time=randomize_time,
            randomize_size=randomize_size,
            give_up=give_up,
            catch_up=catch_up,
            wait_for_fill=wait_for_fill,
            start=start,
            end=end,
        )

    def balance_impact_risk(
        self,
        *,
        max_share: float | None = None,
        risk_aversion: RiskAversion | None = None,
        force_completion: bool | None = None,
    ) -> Self:
        """Between the impact on the market and the risk of its moving away; options (BalanceImpactRisk)."""
        return self._call(
            self._async.balance_impact_risk,
            max_share=max_share,
            risk_aversion=risk_aversion,
            force_completion=force_completion,
        )

    def minimize_impact(self, *, max_share: float | None = None) -> Self:
        """As little impact on the market as can be; options (MinImpact)."""
        return self._call(self._async.minimize_impact, max_share=max_share)

    def when(self, condition: Condition, *, ignore_rth: bool = False) -> Self:
        """Hold the order back until this is so; ``ignore_rth`` looks outside regular trading hours too."""
        return self._call(self._async.when, condition, ignore_rth=ignore_rth)

    def cancel_when(self, condition: Condition, *, ignore_rth: bool = False) -> Self:
        """Cancel the order as soon as this is so."""
        return self._call(self._async.cancel_when, condition, ignore_rth=ignore_rth)

    def attach_preset(self, *, stop_loss: bool = False, take_profit: bool = False) -> Self:
        """Let TWS attach a stop-loss, a profit-taker or both, with the prices of its own presets; server 218."""
        return self._call(self._async.attach_preset, stop_loss=stop_loss, take_profit=take_profit)

    def bracket(
        self,
        *,
        entry: float | None = None,
        take_profit: Targets | None = None,
        stop_loss: float | None = None,
        stop_limit: float | None = None,
        trailing_amount: float | None = None,
        trailing_percent: float | None = None,
    ) -> BracketBuilder:
        """Exits that wait for this order, of which one cancels the other.

        ``entry`` makes it a limit order; without it the order is what was said before. ``take_profit`` is a price,
        several prices for equal parts, or several ``(quantity, price)``. The stop is at ``stop_loss``, a stop limit
        with ``stop_limit``, or trails by an amount or a percentage.
        """
        return self._call(
            self._async.bracket,
            entry=entry,
            take_profit=take_profit,
            stop_loss=stop_loss,
            stop_limit=stop_limit,
            trailing_amount=trailing_amount,
            trailing_percent=trailing_percent,
        )

    def build(self) -> Order:
        """The order, checked and not sent.

        Raises:
            ValueError: it can never be accepted; the message names the field.
        """
        return self._call(self._async.build)

    def submit(self) -> Trade:
        """Send the order; the trade follows it from here on, TWS has not seen it yet.

        Raises:
            ValueError: it can never be accepted; the message names the field.
            VersionError: the server is too old for a field. ConnectionLost.
        """
        return self._run(self._async.submit())

    def what_if(self) -> WhatIf:
        """What the order would do to margin, and cost; it is not placed.

        Raises:
            ValueError: as `submit`. RequestError: TWS would refuse it. RequestTimeout. ConnectionLost.
        """
        return self._run(self._async.what_if())


@register(ibfast.client.Client)
class Client(Facade):
    """A session with TWS or IB Gateway; `connect` makes one.

    Requests wait for their answer at most the request timeout. Any number of tasks may use one client at once.
    """

    @property
    def client_id(self) -> int:
        """The id this client came with."""
        return self._read("client_id")

    @property
    def server_version(self) -> int:
        """The server version both sides speak."""
        return self._read("server_version")

    @property
    def accounts(self) -> list[str]:
        """The accounts of the login, as the gateway last said."""
        return self._read("accounts")

    def current_time(self) -> datetime:
        """The gateway's clock, to the second."""
        return self._run(self._async.current_time())

    def current_time_in_ms(self) -> datetime:
        """The gateway's clock, to the millisecond.

        Raises:
            VersionError: the server is older than 197; `current_time` gives seconds.
        """
        return self._run(self._async.current_time_in_ms())

    def set_server_log_level(self, log_level: int) -> None:
        """How much TWS logs of this session: 1 system, 2 errors, 3 warnings, 4 information, 5 detail."""
        return self._run(self._async.set_server_log_level(log_level))

    def user_info(self) -> str:
        """The white branding id of the login; empty where it has none."""
        return self._run(self._async.user_info())

    def managed_accounts(self) -> list[str]:
        """The accounts of the login, asked for anew."""
        return self._run(self._async.managed_accounts())

    def contract_details(self, contract: Contract) -> list[ContractData]:
        """Every contract that fits the description, with what IB knows of each.

        `ibfast.trading_hours` and `ibfast.liquid_hours` read the hours in it.

        Raises:
            RequestError: ``code`` 200, no contract fits.
        """
        return self._run(self._async.contract_details(contract))

    def qualify(self, *contracts: Contract, cache: ContractCache | None = None) -> list[Contract]:
        """The same contracts in the same order, filled with what names each: con_id, local symbol and the rest.

        All are asked for at once; the first error ends the others. A combination comes back as it is. What a ``cache``
        knows is not asked; it keeps what was found, even when another contract was not.

        Raises:
            AmbiguousContract: several contracts fit; it lists them.
            RequestError: ``code`` 200, no contract fits; the error's notes say for which.
            ValueError: TWS can never accept a contract; the field is named, nothing was asked.
        """
        return self._run(self._async.qualify(*contracts, cache=cache))

    def matching_symbols(self, pattern: str) -> list[ContractDescription]:
        """Up to 16 contracts whose symbol or name begins like this, and the derivatives that each has.

        TWS allows one of these a second.
        """
        return self._run(self._async.matching_symbols(pattern))

    def market_rule(self, rule_id: int) -> list[PriceIncrement]:
        """The price steps of a rule; `price_grid` makes use of them.

        Raises:
            RequestTimeout: IB has no such rule; it does not say so to anybody in particular.
        """
        return self._run(self._async.market_rule(rule_id))

    def price_grid(self, contract: Contract, *, exchange: str = "") -> PriceGrid:
        """The prices that an exchange, by default the contract's own, accepts for a contract.

        Raises:
            RequestError: ``code`` 200, no contract fits. AmbiguousContract: several do.
            ValueError: the contract is not traded on that exchange.
        """
        return self._run(self._async.price_grid(contract, exchange=exchange))

    def smart_components(self, bbo_exchange: str) -> list[SmartComponent]:
        """The exchanges behind the letters of a quote; ``bbo_exchange`` is what `Ticks.tick_req_params` says."""
        return self._run(self._async.smart_components(bbo_exchange))

    def depth_exchanges(self) -> list[DepthMarketDataDescription]:
        """The exchanges that have order books."""
        return self._run(self._async.depth_exchanges())

    def futures_chain(self, contract: Contract) -> list[Contract]:
        """The months of a future that are still traded, the nearest first, each filled in as by `qualify`.

        The contract is one that `Contract.any_month` makes. Whether a month is still traded says its own last trading
        moment against the gateway's clock.

        Raises:
            RequestError: ``code`` 200, no contract fits.
        """
        return self._run(self._async.futures_chain(contract))

    def front_month(self, contract: Contract) -> Contract:
        """The month of a future that ends next, of those still traded; see `futures_chain`.

        Raises:
            AmbiguousContract: the description fits several futures, such as one with a mini of the same symbol: say
                the ``multiplier`` or the ``trading_class``.
            RequestError: ``code`` 200, no month is traded.
        """
        return self._run(self._async.front_month(contract))

    def option_chains(self, underlying: Contract) -> list[OptionChain]:
        """The options of an underlying, one chain for each exchange and trading class; none if it has no options.

        An underlying without ``con_id`` is qualified first.
        """
        return self._run(self._async.option_chains(underlying))

    def option_chain(self, underlying: Contract, *, exchange: str = "", trading_class: str = "") -> OptionChain:
        """The options of an underlying on one exchange: SMART, for a future the future's own, if not said otherwise.

        Of several trading classes it is the one named like the underlying, unless ``trading_class`` says which.

        Raises:
            ValueError: there are no such options, or several classes of them; the error lists what there is.
        """
        return self._run(self._async.option_chain(underlying, exchange=exchange, trading_class=trading_class))

    def listed_options(self, chain: OptionChain, *, expiry: str | date, right: str = "") -> list[Contract]:
        """The options of a chain that are listed for an expiration, by strike, each filled in as by `qualify`.

        Raises:
            RequestError: ``code`` 200, there are none.
        """
        return self._run(self._async.listed_options(chain, expiry=expiry, right=right))

    def combo(self, *legs: tuple[Contract, int], exchange: str = "") -> Contract:
        """Any combination, of contracts and how many of each are bought for one; a negative number is sold.

        It is traded where its legs are, unless ``exchange`` says where.

        Raises:
            AmbiguousContract, RequestError: as `qualify` for a leg.
            ValueError: a number is 0, or legs differ in currency, or in exchange and none is given.
        """
        return self._run(self._async.combo(*legs, exchange=exchange))

    def vertical_spread(
        self,
        underlying: Contract | str,
        *,
        expiry: str | date,
        right: str,
        buy: float,
        sell: float,
        exchange: str = "",
        trading_class: str = "",
    ) -> Contract:
        """Two strikes of one expiry: the option at ``buy`` is bought, that at ``sell`` is sold."""
        return self._run(
            self._async.vertical_spread(
                underlying,
                expiry=expiry,
                right=right,
                buy=buy,
                sell=sell,
                exchange=exchange,
                trading_class=trading_class,
            )
        )

    def ratio_spread(
        self,
        underlying: Contract | str,
        *,
        expiry: str | date,
        right: str,
        buy: float,
        sell: float,
        buy_ratio: int = 1,
        sell_ratio: int = 2,
        exchange: str = "",
        trading_class: str = "",
    ) -> Contract:
        """Like `vertical_spread`, with so many options at each strike."""
        return self._run(
            self._async.ratio_spread(
                underlying,
                expiry=expiry,
                right=right,
                buy=buy,
                sell=sell,
                buy_ratio=buy_ratio,
                sell_ratio=sell_ratio,
                exchange=exchange,
                trading_class=trading_class,
            )
        )

    def calendar_spread(
        self,
        underlying: Contract | str,
        *,
        buy: str | date,
        sell: str | date,
        strike: float | None = None,
        right: str = "",
        exchange: str = "",
        trading_class: str = "",
    ) -> Contract:
        """Two expiries: of options at one ``strike``, or without it of the future itself."""
        return self._run(
            self._async.calendar_spread(
                underlying,
                buy=buy,
                sell=sell,
                strike=strike,
                right=right,
                exchange=exchange,
                trading_class=trading_class,
            )
        )

    def straddle(
        self,
        underlying: Contract | str,
        *,
        expiry: str | date,
        strike: float,
        exchange: str = "",
        trading_class: str = "",
    ) -> Contract:
        """A call and a put at one strike, both bought."""
        return self._run(
            self._async.straddle(
                underlying, expiry=expiry, strike=strike, exchange=exchange, trading_class=trading_class
            )
        )

    def strangle(
        self,
        underlying: Contract | str,
        *,
        expiry: str | date,
        put: float,
        call: float,
        exchange: str = "",
        trading_class: str = "",
    ) -> Contract:
        """A put below and a call above, both bought."""
        return self._run(
            self._async.strangle(
                underlying, expiry=expiry, put=put, call=call, exchange=exchange, trading_class=trading_class
            )
        )

    def butterfly_spread(
        self,
        underlying: Contract | str,
        *,
        expiry: str | date,
        right: str,
        low: float,
        middle: float,
        high: float,
        exchange: str = "",
        trading_class: str = "",
    ) -> Contract:
        """One option at ``low`` and one at ``high`` bought, two at ``middle`` sold."""
        return self._run(
            self._async.butterfly_spread(
                underlying,
                expiry=expiry,
                right=right,
                low=low,
                middle=middle,
                high=high,
                exchange=exchange,
                trading_class=trading_class,
            )
        )

    def iron_condor(
        self,
        underlying: Contract | str,
        *,
        expiry: str | date,
        put_buy: float,
        put_sell: float,
        call_sell: float,
        call_buy: float,
        exchange: str = "",
        trading_class: str = "",
    ) -> Contract:
        """The inner put and call sold, the outer ones bought; with inner strikes that are equal an iron butterfly.

        Buying it brings a credit in, so the limit price of the order is negative.
        """
        return self._run(
            self._async.iron_condor(
                underlying,
                expiry=expiry,
                put_buy=put_buy,
                put_sell=put_sell,
                call_sell=call_sell,
                call_buy=call_buy,
                exchange=exchange,
                trading_class=trading_class,
            )
        )

    def market_data(
        self,
        contract: Contract,
        *,
        generic_ticks: GenericTicks = "",
        snapshot: bool = False,
        regulatory_snapshot: bool = False,
        policy: str = "ring",
        capacity: int = 262144,
    ) -> Ticks:
        """L1 ticks of a contract, as records of dtype `ibfast.records.TICK`; of an option, its greeks beside them.

        ``generic_ticks`` are IB's numbers or the names in `ibfast.GenericTick`: ``"233,236"``,
        ``["RT_VOLUME", "SHORTABLE"]``. A snapshot takes none and ends by itself. A regulatory snapshot costs money.
        ``policy`` and ``capacity`` (in records) say what a slow reader loses: see `ibfast.records.Rows`.
        """
        return self._call(
            self._async.market_data,
            contract,
            generic_ticks=generic_ticks,
            snapshot=snapshot,
            regulatory_snapshot=regulatory_snapshot,
            policy=policy,
            capacity=capacity,
        )

    def quote(
        self,
        contract: Contract,
        *,
        generic_ticks: GenericTicks = "",
        snapshot: bool = False,
        regulatory_snapshot: bool = False,
    ) -> Quote:
        """All L1 ticks of a contract merged into what is known of it now; options as of `market_data`."""
        return self._call(
            self._async.quote,
            contract,
            generic_ticks=generic_ticks,
            snapshot=snapshot,
            regulatory_snapshot=regulatory_snapshot,
        )

    def tick_by_tick(
        self,
        contract: Contract,
        tick_type: str = TickByTickType.LAST,
        *,
        number_of_ticks: int = 0,
        ignore_size: bool = False,
        policy: str = "ring",
        capacity: int = 262144,
    ) -> Ticks:
        """Every trade ("Last", "AllLast"), quote ("BidAsk") or midpoint ("MidPoint") of a contract, as records.

        ``number_of_ticks`` past ticks come first. ``ignore_size`` leaves out quotes that change a size only.
        TWS allows few of these at a time (5 with 100 market data lines).
        """
        return self._call(
            self._async.tick_by_tick,
            contract,
            tick_type,
            number_of_ticks=number_of_ticks,
            ignore_size=ignore_size,
            policy=policy,
            capacity=capacity,
        )

    def depth(
        self, contract: Contract, *, rows: int = 10, smart: bool = False, policy: str = "grow", capacity: int = 262144
    ) -> Ticks:
        """Every change of the order book of a contract, as records of dtype `ibfast.records.DEPTH`.

        ``smart`` adds up the books of all exchanges; without it the contract's exchange needs one. A lost change makes
        all that follow useless, hence the policy. TWS allows few books at a time (3 with 100 market data lines).
        """
        return self._call(self._async.depth, contract, rows=rows, smart=smart, policy=policy, capacity=capacity)

    def book(self, contract: Contract, *, rows: int = 10, smart: bool = False) -> OrderBook:
        """The order book of a contract, kept up to date; as `depth`."""
        return self._call(self._async.book, contract, rows=rows, smart=smart)

    def real_time_bars(
        self,
        contract: Contract,
        *,
        what_to_show: str = WhatToShow.TRADES,
        use_rth: bool = True,
        policy: str = "ring",
        capacity: int = 262144,
    ) -> Ticks:
        """A bar every five seconds, as records of dtype `ibfast.records.REAL_TIME_BAR`.

        ``what_to_show`` is TRADES, MIDPOINT, BID or ASK.
        """
        return self._call(
            self._async.real_time_bars,
            contract,
            what_to_show=what_to_show,
            use_rth=use_rth,
            policy=policy,
            capacity=capacity,
        )

    def market_data_type(self, kind: int | str) -> None:
        """Switch all market data of the session: an `ibfast.MarketDataType`, its number or its name.

        What a subscription then gets is its ``market_data_type``.
        """
        return self._run(self._async.market_data_type(kind))

    def historical_data(
        self,
        contract: Contract,
        *,
        duration: str,
        bar_size: str = BarSize.MIN_1,
        what_to_show: str = WhatToShow.TRADES,
        use_rth: bool = True,
        end: datetime | None = None,
    ) -> Bars:
        """Bars up to ``end`` (now, if it is not given), oldest first.

        ``duration`` is a number, a blank and S, D, W, M or Y; ``bar_size`` one of IB's, from "1 secs" to "1 month".
        TWS allows 60 of these in ten minutes and no repeat within 15 seconds.

        Raises:
            RequestError: TWS refused; ``code`` 200 is an unknown contract, 162 a failed query.
        """
        return self._run(
            self._async.historical_data(
                contract, duration=duration, bar_size=bar_size, what_to_show=what_to_show, use_rth=use_rth, end=end
            )
        )

    def keep_up_to_date(
        self,
        contract: Contract,
        *,
        duration: str,
        bar_size: str = BarSize.MIN_1,
        what_to_show: str = WhatToShow.TRADES,
        use_rth: bool = True,
    ) -> BarUpdates:
        """Bars up to now as the first batch, then the newest bar each time it changes.

        As `historical_data`; bars of less than five seconds cannot be kept up to date.
        """
        return self._call(
            self._async.keep_up_to_date,
            contract,
            duration=duration,
            bar_size=bar_size,
            what_to_show=what_to_show,
            use_rth=use_rth,
        )

    def historical_schedule(
        self, contract: Contract, *, duration: str, use_rth: bool = True, end: datetime | None = None
    ) -> Schedule:
        """The trading sessions of so many days, weeks, months or years up to ``end``, or now."""
        return self._run(self._async.historical_schedule(contract, duration=duration, use_rth=use_rth, end=end))

    def head_timestamp(
        self, contract: Contract, *, what_to_show: str = WhatToShow.TRADES, use_rth: bool = True
    ) -> datetime:
        """When the history of a contract begins."""
        return self._run(self._async.head_timestamp(contract, what_to_show=what_to_show, use_rth=use_rth))

    def histogram(self, contract: Contract, *, period: str, use_rth: bool = True) -> Histogram:
        """How much was traded at which price in the last ``period``: a number and days, weeks or months ("3 days")."""
        return self._run(self._async.histogram(contract, period=period, use_rth=use_rth))

    def historical_ticks(
        self,
        contract: Contract,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        number_of_ticks: int = TICKS_A_PAGE,
        what_to_show: str = WhatToShow.TRADES,
        use_rth: bool = True,
        ignore_size: bool = False,
    ) -> PastTicks:
        """So many ticks from ``start`` on, or up to ``end``: TRADES, BID_ASK or MIDPOINT.

        Whole seconds come, so there may be more than ``number_of_ticks``, which is 1000 at most. ``ignore_size``
        leaves out quotes that change a size only.

        Raises:
            RequestError: TWS refused; ``code`` 162 is a failed query.
        """
        return self._run(
            self._async.historical_ticks(
                contract,
                start=start,
                end=end,
                number_of_ticks=number_of_ticks,
                what_to_show=what_to_show,
                use_rth=use_rth,
                ignore_size=ignore_size,
            )
        )

    def historical_ticks_between(
        self,
        contract: Contract,
        *,
        start: datetime,
        end: datetime,
        what_to_show: str = WhatToShow.TRADES,
        use_rth: bool = True,
        ignore_size: bool = False,
    ) -> Iterator[PastTicks]:
        """All ticks from ``start`` to before ``end``, page after page, each of them once.

        Ten days in a row without a tick end it too. As `historical_ticks`; a page is one request to TWS.

        Raises:
            IbfastError: a page that lies before its start altogether, so that nothing says where to go on.
            RequestError: as `historical_ticks`.
        """
        return self._iterate(
            self._async.historical_ticks_between(
                contract, start=start, end=end, what_to_show=what_to_show, use_rth=use_rth, ignore_size=ignore_size
            )
        )

    def calculate_implied_volatility(
        self, contract: Contract, *, option_price: float, under_price: float
    ) -> OptionComputation:
        """The volatility that a price of an option implies at a price of its underlying, and its greeks there.

        Raises:
            RequestError: TWS cannot; ``code`` 200 is an unknown contract.
        """
        return self._run(
            self._async.calculate_implied_volatility(contract, option_price=option_price, under_price=under_price)
        )

    def calculate_option_price(self, contract: Contract, *, volatility: float, under_price: float) -> OptionComputation:
        """The price of an option at a volatility (0.2 is 20 %) and a price of its underlying, and its greeks there.

        Raises:
            RequestError: TWS cannot; ``code`` 200 is an unknown contract.
        """
        return self._run(self._async.calculate_option_price(contract, volatility=volatility, under_price=under_price))

    @property
    def trades(self) -> list[Trade]:
        """Every order this session has placed or heard of, but those that are done and were let go.

        Of those that are done the newest ``trades_kept`` stay; see `Client.connect`.
        """
        return self._read("trades")

    def forget(self, trade: Trade) -> None:
        """Let an order go that is done: `trades` has it no longer, nor does what TWS may still say of it reach it.

        Raises:
            ValueError: the order is not done.
        """
        return self._call(self._async.forget, bare(trade))

    def order(self, contract: Contract) -> OrderBuilder:
        """Begin an order: ``client.order(aapl).buy(100).limit(150).submit()``."""
        return self._call(self._async.order, contract)

    def place_order(self, contract: Contract, order: Order) -> Trade:
        """Send an order; the trade follows it from here on, TWS has not seen it yet.

        Raises:
            ValueError: it can never be accepted; the message names the field.
            VersionError: the server is too old for a field of the order. ConnectionLost.
        """
        return self._run(self._async.place_order(contract, order))

    def what_if_order(self, contract: Contract, order: Order) -> WhatIf:
        """What an order would do to margin, and cost; it is not placed.

        Raises:
            ValueError: as `place_order`. RequestError: TWS would refuse it. RequestTimeout. ConnectionLost.
        """
        return self._run(self._async.what_if_order(contract, order))

    def modify_order(self, trade: Trade, **changes: Any) -> Trade:
        """Send the order again under its id, with these fields changed; the same trade goes on.

        All other fields are as TWS reports them, so that what was changed in TWS stays. If TWS refuses,
        ``trade.rejection`` says why and ``trade.order`` is again what TWS works on.

        Raises:
            OrderNotOwned: it is not an order of this client. OrderDone: it has ended.
            ValueError, VersionError, ConnectionLost: as `place_order`.
        """
        return self._run(self._async.modify_order(bare(trade), **changes))

    def cancel_order(
        self,
        trade: Trade,
        *,
        manual_order_cancel_time: str | None = None,
        ext_operator: str | None = None,
        manual_order_indicator: int | None = None,
    ) -> Trade:
        """Ask TWS to cancel; the trade is cancelled when its status says so, not before.

        Raises:
            OrderNotOwned: it is not an order of this client. ConnectionLost.
        """
        return self._run(
            self._async.cancel_order(
                bare(trade),
                manual_order_cancel_time=manual_order_cancel_time,
                ext_operator=ext_operator,
                manual_order_indicator=manual_order_indicator,
            )
        )

    def cancel_all_orders(self, *, ext_operator: str | None = None, manual_order_indicator: int | None = None) -> None:
        """Cancel every order of the account, those of other clients and of TWS itself too."""
        return self._run(
            self._async.cancel_all_orders(ext_operator=ext_operator, manual_order_indicator=manual_order_indicator)
        )

    def oca(self, group: str, *orders: OrderBuilder | Trade, oca_type: int = OcaType.CANCEL_WITH_BLOCK) -> list[Trade]:
        """One cancels all: send these orders as a group; trades join it by a change, which TWS may refuse.

        ``client.oca("either", client.order(aapl).buy(1).limit(150), client.order(msft).buy(1).limit(400))``

        Raises:
            ValueError: one of them can never be accepted; nothing was sent.
            OrderNotOwned: one is not an order of this client. OrderDone: one has ended. Nothing was sent.
            VersionError: the server is too old for a field of one of them; nothing was sent. ConnectionLost.
        """
        return self._run(self._async.oca(group, *bare(orders), oca_type=oca_type))

    def exercise_options(
        self,
        contract: Contract,
        quantity: int,
        *,
        account: str,
        override: bool = False,
        manual_order_time: str | None = None,
        customer_account: str | None = None,
        professional_customer: bool | None = None,
    ) -> Trade:
        """Exercise an option; ``override`` does it even if it is out of the money."""
        return self._run(
            self._async.exercise_options(
                contract,
                quantity,
                account=account,
                override=override,
                manual_order_time=manual_order_time,
                customer_account=customer_account,
                professional_customer=professional_customer,
            )
        )

    def lapse_options(
        self,
        contract: Contract,
        quantity: int,
        *,
        account: str,
        override: bool = False,
        manual_order_time: str | None = None,
        customer_account: str | None = None,
        professional_customer: bool | None = None,
    ) -> Trade:
        """Let an option lapse; ``override`` does it even if it is in the money."""
        return self._run(
            self._async.lapse_options(
                contract,
                quantity,
                account=account,
                override=override,
                manual_order_time=manual_order_time,
                customer_account=customer_account,
                professional_customer=professional_customer,
            )
        )

    def order_updates(self) -> MessageStream[TradeEvent]:
        """Every event of every order from now on, for any number of listeners; nothing is ever dropped."""
        return self._call(self._async.order_updates)

    def open_orders(self) -> list[Trade]:
        """The open orders of this client, and for client 0 those it is bound to."""
        return self._run(self._async.open_orders())

    def all_open_orders(self) -> list[Trade]:
        """The open orders of all clients and of TWS; from then on `trades` has them too."""
        return self._run(self._async.all_open_orders())

    def auto_open_orders(self, bind: bool = True) -> None:
        """Bind orders that are entered in TWS to this client, from now on.

        Raises:
            ValueError: this is not client 0.
        """
        return self._run(self._async.auto_open_orders(bind))

    def completed_orders(self, *, api_only: bool = False) -> list[CompletedOrder]:
        """The orders that were filled or cancelled today; with ``api_only`` none that were entered in TWS."""
        return self._run(self._async.completed_orders(api_only=api_only))

    def executions(
        self,
        *,
        account: str | None = None,
        symbol: str | None = None,
        sec_type: str | None = None,
        exchange: str | None = None,
        side: str | None = None,
        client_id: int | None = None,
        since: datetime | str | None = None,
        last_n_days: int | None = None,
        dates: Iterable[date] = (),
    ) -> list[Fill]:
        """The fills of today, or of ``last_n_days`` or certain ``dates`` (server 200), with their commissions.

        A correction takes the place of what it corrects. ``side`` is BUY or SELL.

        Raises:
            RequestError: TWS refused the filter. VersionError: the server is too old for a part of it.
        """
        return self._run(
            self._async.executions(
                account=account,
                symbol=symbol,
                sec_type=sec_type,
                exchange=exchange,
                side=side,
                client_id=client_id,
                since=since,
                last_n_days=last_n_days,
                dates=dates,
            )
        )

    def account_summary(self, tags: str | Iterable[str] = AccountTag, *, group: str = "All") -> list[AccountFigure]:
        """Figures of all accounts, or of a ``group`` of an advisor's: see `ibfast.AccountTag`, "$LEDGER:ALL" for cash.

        Raises:
            RequestError: ``code`` 321, an unknown tag or group; 322, two summaries are open already.
        """
        return self._run(self._async.account_summary(tags, group=group))

    def account_summary_updates(
        self, tags: str | Iterable[str] = AccountTag, *, group: str = "All"
    ) -> Updates[AccountFigure]:
        """As `account_summary`, and what changes from then on, every three minutes. TWS allows two at a time."""
        return self._call(self._async.account_summary_updates, tags, group=group)

    def account_values(self, account: str = "") -> AccountSnapshot:
        """All figures and the portfolio of one account; it may be left out where the login has only one.

        TWS follows one account at a time: several of these wait for each other.

        Raises:
            ValueError: `account_updates` follow another account.
        """
        return self._run(self._async.account_values(account))

    def account_updates(self, account: str = "") -> Updates[Update]:
        """All figures and the portfolio of one account, and what changes from then on: at once after a trade, else
        every three minutes.

        Any number of streams may follow the same account; `account_updates_multi` follow several.

        Raises:
            ValueError: on entering, another account is followed.
        """
        return self._call(self._async.account_updates, account)

    def account_values_multi(
        self, account: str = "", model_code: str = "", *, ledger_and_nlv: bool = False
    ) -> list[AccountFigure]:
        """The figures of one account or model; ``ledger_and_nlv`` for cash and net liquidation value alone."""
        return self._run(self._async.account_values_multi(account, model_code, ledger_and_nlv=ledger_and_nlv))

    def account_updates_multi(
        self, account: str = "", model_code: str = "", *, ledger_and_nlv: bool = False
    ) -> Updates[AccountFigure]:
        """As `account_values_multi`, and what changes from then on."""
        return self._call(self._async.account_updates_multi, account, model_code, ledger_and_nlv=ledger_and_nlv)

    def positions(self) -> list[Position]:
        """The positions of all accounts; those closed today with a position of 0."""
        return self._run(self._async.positions())

    def position_updates(self) -> Updates[Position]:
        """As `positions`, and what changes from then on. Any number of these are one subscription to TWS."""
        return self._call(self._async.position_updates)

    def positions_multi(self, account: str = "", model_code: str = "") -> list[PositionMulti]:
        """The positions of one account or model."""
        return self._run(self._async.positions_multi(account, model_code))

    def positions_multi_updates(self, account: str = "", model_code: str = "") -> Updates[PositionMulti]:
        """As `positions_multi`, and what changes from then on."""
        return self._call(self._async.positions_multi_updates, account, model_code)

    def pnl(self, account: str, model_code: str = "") -> Updates[PnL]:
        """Daily, unrealized and realized profit and loss of an account, about once a second while it changes."""
        return self._call(self._async.pnl, account, model_code)

    def portfolio(self) -> Portfolio:
        """A mirror of positions, figures, profit and loss and open orders that is kept up until it is closed.

        It takes one of the two account summaries that TWS allows at a time.
        """
        return self._run(self._async.portfolio())

    def pnl_single(self, account: str, con_id: int, model_code: str = "") -> Updates[PnLSingle]:
        """Profit and loss of one position of an account, about once a second while it changes."""
        return self._call(self._async.pnl_single, account, con_id, model_code)

    def family_codes(self) -> list[FamilyCode]:
        """The family of each account."""
        return self._run(self._async.family_codes())

    def soft_dollar_tiers(self) -> list[SoftDollarTier]:
        """The soft dollar tiers of the login; none for most."""
        return self._run(self._async.soft_dollar_tiers())

    def request_fa(self, fa_data_type: int) -> str:
        """A part of the advisor's configuration, as XML; see `ibfast.FADataType`.

        A login that is no advisor's gets no answer.

        Raises:
            RequestTimeout: TWS refused, which it does without an id, or did not answer.
        """
        return self._run(self._async.request_fa(fa_data_type))

    def replace_fa(self, fa_data_type: int, xml: str) -> str:
        """Replace a part of the advisor's configuration; what TWS says to that.

        Raises:
            RequestError: TWS refused.
        """
        return self._run(self._async.replace_fa(fa_data_type, xml))

    def configuration(self) -> ConfigResponse:
        """How TWS is set up: its API, its orders, its messages, when it logs off.

        Raises:
            VersionError: the server is older than 219.
        """
        return self._run(self._async.configuration())

    def update_configuration(
        self,
        *,
        api: ApiConfig | None = None,
        orders: OrdersConfig | None = None,
        lock_and_exit: LockAndExitConfig | None = None,
        messages: Iterable[MessageConfig] = (),
        accepted_warnings: Iterable[UpdateConfigWarning] = (),
        reset_api_order_sequence: bool | None = None,
    ) -> UpdateConfigResponse:
        """Change what is set in what you pass, and leave the rest; the answer says what was changed.

        If it has ``warnings``, nothing was: pass them as ``accepted_warnings`` to go ahead.

        Raises:
            VersionError: the server is older than 221.
        """
        return self._run(
            self._async.update_configuration(
                api=api,
                orders=orders,
                lock_and_exit=lock_and_exit,
                messages=messages,
                accepted_warnings=accepted_warnings,
                reset_api_order_sequence=reset_api_order_sequence,
            )
        )

    def display_groups(self) -> list[int]:
        """The display groups that TWS has, the most used first."""
        return self._run(self._async.display_groups())

    def display_group_updates(self, group_id: int) -> Updates[str]:
        """What a display group shows, now and whenever that changes: "8314@SMART", "none" or "combo"."""
        return self._call(self._async.display_group_updates, group_id)

    def update_display_group(self, group: Updates[str], contract: Contract | str) -> None:
        """Make the group that a stream of `display_group_updates` follows show a contract, "none" or "combo".

        Raises:
            ValueError: the contract has no con_id, or the stream is not open.
        """
        return self._run(self._async.update_display_group(bare(group), contract))

    def news_providers(self) -> list[NewsProvider]:
        """The news providers that the login has."""
        return self._run(self._async.news_providers())

    def news_article(self, provider_code: str, article_id: str) -> Article:
        """An article, as text, HTML or PDF.

        Raises:
            RequestError: ``code`` 10172, there is no such article, or no permission to read it.
        """
        return self._run(self._async.news_article(provider_code, article_id))

    def historical_news(
        self,
        con_id: int,
        provider_codes: str | Iterable[str],
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        total_results: int = HEADLINES_A_PAGE,
    ) -> list[Headline]:
        """Past headlines about a contract, the newest first: at most 300, `historical_news_between` has all.

        Headlines are from after ``start`` up to ``end``.
        """
        return self._run(
            self._async.historical_news(con_id, provider_codes, start=start, end=end, total_results=total_results)
        )

    def historical_news_between(
        self, con_id: int, provider_codes: str | Iterable[str], *, start: datetime, end: datetime | None = None
    ) -> Iterator[list[Headline]]:
        """All headlines about a contract from ``end`` (now, if it is not given) back to ``start``, page after page.

        A page is one request to TWS.

        Raises:
            IbfastError: TWS says that there are more headlines, and sends none where to go on. RequestError.
        """
        return self._iterate(self._async.historical_news_between(con_id, provider_codes, start=start, end=end))

    def news_bulletins(self, *, all_messages: bool = True) -> Updates[NewsBulletin]:
        """IB's bulletins: of exchanges that are closed and the like; ``all_messages`` brings today's earlier ones too.

        Any number of streams are one subscription to TWS; what the first asked for holds for all.
        """
        return self._call(self._async.news_bulletins, all_messages=all_messages)

    def broad_tape(self, provider_code: str, topic: str = "") -> Updates[TickNews]:
        """The headlines of a provider as they come, all of them or those of one ``topic``.

        Raises:
            RequestError: on reading; ``code`` 200 is a provider that is not known or not subscribed to.
        """
        return self._call(self._async.broad_tape, provider_code, topic)

    def scanner_parameters(self) -> ScannerParameters:
        """What scanners can look for: instruments, locations, scan codes, filters. About two megabytes come."""
        return self._run(self._async.scanner_parameters())

    def scan(self, subscription: ScannerSubscription) -> ScannerRows:
        """What a scanner finds now, best rank first: at most 50 contracts.

        ::

            client.scan(
                ScannerSubscription(instrument="STK", location_code="STK.US.MAJOR", scan_code="TOP_PERC_GAIN")
            )

        Raises:
            RequestError: ``code`` 162, the scan failed; 165, it found nothing; 321, a code that TWS does not know.
        """
        return self._run(self._async.scan(subscription))

    def scanner_updates(self, subscription: ScannerSubscription) -> Updates[ScannerRows]:
        """As `scan`, and the whole list again about every 30 seconds; it is empty while nothing is found.

        TWS allows ten of these at a time.
        """
        return self._call(self._async.scanner_updates, subscription)

    def wsh_meta_data(self) -> dict[str, Any]:
        """Which events and filters the calendar has, as TWS's JSON. TWS wants this before the first `wsh_event_data`.

        Raises:
            RequestError: ``code`` 10276, no subscription to the calendar. VersionError: the server is too old.
        """
        return self._run(self._async.wsh_meta_data())

    def wsh_event_data(self, events: WshFilter) -> list[dict[str, Any]]:
        """Events of the calendar, each as in TWS's JSON.

        Raises:
            RequestError: ``code`` 10276, no subscription to the calendar; 10282, `wsh_meta_data` comes first.
        """
        return self._run(self._async.wsh_event_data(events))

    @classmethod
    def connect(
        cls,
        host: str = "127.0.0.1",
        port: int = 4002,
        client_id: int = 1,
        *,
        timeout_s: float = 10.0,
        request_timeout_s: float = 60.0,
        versions: tuple[int, int] = (FIRST_VERSION, LAST_VERSION),
        lines: int = DEFAULT_LINES,
        pacing: bool = True,
        reconnect: bool = True,
        durable: bool = True,
        queue_while_down: bool = False,
        read_only: bool = False,
        journal: str | PathLike[str] | None = None,
        idle_s: float = IDLE_S,
        acknowledge_timeout_s: float | None = ACKNOWLEDGE_TIMEOUT_S,
        trades_kept: int | None = TRADES_KEPT,
        busy_poll: bool = False,
        answer_limit_bytes: int = ANSWER_LIMIT_BYTES,
    ) -> Self:
        """Connect and shake hands.

        ``timeout_s`` limits the connect and the handshake each, ``versions`` the server versions on offer:
        ``(157, 200)`` makes any gateway speak text. TWS listens on 7496 (live) and 7497 (paper), IB Gateway on 4001
        and 4002. ``lines`` is the number of market data lines of the login, from which IB's limits follow; ibfast waits
        rather than break them, unless ``pacing`` is off. A session that is lost later is made anew, for ever, unless
        ``reconnect`` is off; its streams are asked for anew, unless ``durable`` is off for all or for one of them.
        Requests made meanwhile are refused; with ``queue_while_down`` they wait, orders too, but nothing is ever sent
        twice. With ``read_only`` no order is placed, changed or cancelled: `ReadOnly` is raised instead.
        A ``journal`` is a file that has each order before it is sent: a client that begins with it, under the same id,
        knows in `trades` what was not done, and what became of that, as replayed events. A gateway that says nothing
        for ``idle_s`` seconds is asked the time, and given up after as long again. An order that TWS says nothing of
        for ``acknowledge_timeout_s`` makes an event, and who waits for it gets `RequestTimeout`; None waits for ever.
        Of the orders that are done `trades` keeps the newest ``trades_kept``, or all with None. With ``busy_poll`` the
        event loop never sleeps while there is a session, so that what comes in need not wake it: for those who give it
        a core, which it uses up. The loop of a blocking client is a thread, which then vies with yours for the
        interpreter: your own code runs slower.
        ``answer_limit_bytes`` is how much of one answer is taken, as it comes on the wire, and how much may wait for
        the reader of a subscription of messages: `AnswerTooLarge`, `StreamOverflow`.

        Raises:
            ConnectionFailed: nobody listens, or the gateway refused; ``code`` 326 is a client id in use.
            ValueError: an argument cannot be; the message names it.
            OSError: the journal cannot be read or written. JournalInUse: another client keeps it.
        """
        return cls._open(
            lambda: ibfast.client.Client.connect(
                host,
                port,
                client_id,
                timeout_s=timeout_s,
                request_timeout_s=request_timeout_s,
                versions=versions,
                lines=lines,
                pacing=pacing,
                reconnect=reconnect,
                durable=durable,
                queue_while_down=queue_while_down,
                read_only=read_only,
                journal=journal,
                idle_s=idle_s,
                acknowledge_timeout_s=acknowledge_timeout_s,
                trades_kept=trades_kept,
                busy_poll=busy_poll,
                answer_limit_bytes=answer_limit_bytes,
            )
        )

    def close(self) -> None:
        """End the session. Returns when the socket is closed, from then on the client id can be used again."""
        return self._close()

    @property
    def connection_time(self) -> datetime:
        """When the gateway accepted the session, by its clock; in UTC when it names a zone that nobody knows.

        Raises:
            DecodeError: what it said in its hello is no time.
        """
        return self._read("connection_time")

    def health(self) -> MessageStream[Health]:
        """How the session does, now and whenever that changes: ready, degraded, reconnecting, closed, and why."""
        return self._call(self._async.health)

    @property
    def is_connected(self) -> bool:
        """Whether requests can be sent."""
        return self._read("is_connected")

    @property
    def pacing(self) -> PacingGauges:
        """How the session stands against IB's limits: what waits, how long it will, what is open."""
        return self._read("pacing")

    @property
    def stats(self) -> dict[str, int]:
        """Counts over all the sockets there were: what came in and went out, was of no use, was lost, had to wait."""
        return self._read("stats")

    @property
    def messages_by_id(self) -> dict[int, int]:
        """Messages received over all the sockets there were, by IB's message id (`ibfast.schema.versions.In`)."""
        return self._read("messages_by_id")

    @property
    def delivery(self) -> Delays:
        """How long records of streams waited, from the socket to their reader: the oldest of each batch."""
        return self._read("delivery")

    def notices(self) -> MessageStream[ErrorMessage | DecodeError]:
        """What TWS says that no request waits for: connectivity, farms, warnings; and messages nobody could read.

        The first listener also gets what came before it, the greetings of the farms among it. A listener that sleeps
        keeps the newest 10,000.
        """
        return self._call(self._async.notices)

    def errors(self) -> MessageStream[IbfastError]:
        """Every refusal and failure of the session from now on, whoever else gets it, until the client is closed.

        `RequestError` for refused requests and orders and for streams that TWS ended (``request`` and ``contract`` say
        what it was about), `RequestTimeout`, `PacingError`, `StreamOverflow`, `ConnectionLost`, `DecodeError`. Mistakes
        that are found before a byte is sent are not among them. A slow reader keeps the newest 10,000.
        """
        return self._call(self._async.errors)

    def __enter__(self) -> Self:
        self._run(self._async.__aenter__())
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
