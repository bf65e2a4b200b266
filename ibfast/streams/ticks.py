"""Live data: subscriptions that fill numpy records."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Any, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from ibfast._codec import EventReader, Events
from ibfast.arguments import checks_arguments
from ibfast.error_codes import Signal, find
from ibfast.errors import DecodeError, IbfastError, RequestError, StreamOverflow
from ibfast.events import class_of
from ibfast.records import BOOK_RESET, DEPTH, Rows, concatenate
from ibfast.request_kinds import describe
from ibfast.schema import (
    ErrorMessage,
    MarketDataType,
    RerouteMarketDataRequest,
    RerouteMarketDepthRequest,
    TickReqParams,
    TickSnapshotEnd,
)
from ibfast.schema.contract import Contract
from ibfast.schema.declare import Message
from ibfast.stats import Stats
from ibfast.streams.gap import Gap as Gap
from ibfast.streams.gap import GapStream

T = TypeVar("T")

NOTICES_KEPT = 1_000
"""Messages beside its records that a subscription remembers; the oldest go first."""
MOST_IN_ONE_READ = 2_097_152
"""More records than the frames of one socket read can hold: who takes them after each read loses none."""
COMPUTATIONS_KEPT = 16_384
"""Of these at most wait for a reader: most subscriptions to options have none."""


def book_reset() -> NDArray[np.void]:
    """The record that empties a book, for now."""
    reset = np.zeros(1, DEPTH)
    reset["recv_ns"], reset["operation"] = time.time_ns(), BOOK_RESET
    return reset


class RecordStream(GapStream[NDArray[np.void]]):
    """Batches of numpy records, one a socket read; `ibfast.records` describes their columns.

    They hold what TWS sent, a -1 for "no data" too: `Quote` and `Bars` know what it means. `events` brings the gaps in
    their place among the records, as `with_gaps` does.
    """

    def __init__(self, kind: str, *, policy: str, capacity: int) -> None:
        super().__init__()
        self._begin_gaps()
        self._rows = Rows(kind, self._waiter.ring, policy=policy, capacity=capacity)
        self._events = Events(class_of(kind))  # of the newest batch, those that nobody has taken
        self._is_by_event = False  # whether a callback is given events, not batches
        self._is_calling = False
        self._behind_gap: NDArray[np.void] | None = None

    @property
    def rows(self) -> Rows:
        """The records behind the stream."""
        return self._rows

    @property
    def dropped(self) -> int:
        """Records lost because nobody took them in time; the gaps show in their ``seq``."""
        return self._rows.dropped

    @property
    def total(self) -> int:
        """Records received so far, dropped ones included; reading it opens the stream."""
        self._ensure_open()
        return self._rows.total

    @property
    def latest(self) -> np.void | None:
        """The newest record, taken or not; None before the first. Reading it opens the stream."""
        self._ensure_open()
        return self._rows.latest()

    def _try_item(self) -> NDArray[np.void] | Gap | None:
        """What comes next, records or a gap, or None."""
        self._open()
        if self._rows.overflowed and not self._ended:  # before anything is taken: what came later has a gap before it
            self._give_up(StreamOverflow(f"{self._rows.capacity} records wait and {self.dropped} more were refused"))
        rows, self._behind_gap = self._behind_gap, None
        if rows is None and self._rows.waiting:
            rows = self._rows.take()
            self._took(rows)
        if not self._gaps_ahead:
            return rows
        if rows is None or rows["seq"][0] >= self._gaps_ahead[0].seq:
            self._behind_gap = rows
            return self._gaps_ahead.popleft()
        later = rows["seq"] >= self._gaps_ahead[0].seq
        self._behind_gap = rows[later] if np.any(later) else None
        return rows[~later]

    def _took(self, rows: NDArray[np.void]) -> None:
        """Records are on their way to the reader."""

    def _count(self) -> int:
        return self._rows.total

    def texts(self, rows: NDArray[np.void]) -> list[str | None]:
        """The text of each L1 record: what TWS sent in string ticks, None in all others."""
        return self._rows.texts(rows)

    def events(self) -> AsyncIterator[Any]:
        """One object a record, of the class that `ibfast.events` has for its kind, and each `Gap` between them.

        Who leaves the loop and comes back later goes on where it was.
        """
        return EventReader(self._events, self._next_event)

    async def _next_event(self) -> Any:
        while (event := next(self._events, None)) is None:
            if (item := await self._next_item()) is None:
                raise StopAsyncIteration("the stream is closed or complete")
            if isinstance(item, Gap):
                return item
            self._events.load(item, self._rows)
        return event

    async def _event_batches(self) -> AsyncIterator[Iterable[Any]]:
        """The events of one batch at a time; first those that the last reader has left."""
        yield self._events
        while (item := await self._next_item()) is not None:
            if isinstance(item, Gap):
                yield (item,)
            else:
                self._events.load(item, self._rows)
                yield self._events

    def events_of(self, rows: NDArray[np.void]) -> Iterator[Any]:
        """One object a record of a batch: `events` without waiting."""
        return Events(class_of(self._rows.kind), rows, self._rows)

    def on_event(self, callback: Callable[..., object]) -> None:
        """Call ``callback`` with every event from now on, and with each `Gap` between them, in place of iterating.

        As `on`, one event at a time: the cheapest way to have an object for each record. Who closes the stream from
        within is not called again.

        Raises:
            RuntimeError: the stream has a reader already.
        """
        super().on_event(callback)
        self._is_by_event = True

    def _take_for_callback(self) -> Any:
        if not self._is_by_event:
            return self.try_next()
        if self._events or isinstance(item := self._try_item(), Gap | None):
            return self._events or item
        self._events.load(item, self._rows)
        return self._events

    def _call(self, callback: Callable[[Any], object], item: Any) -> None:
        self._is_calling = self._is_by_event
        try:
            if item is self._events:
                self._events.call(callback)
            else:
                callback(item)
        finally:
            self._is_calling = False

    def _end(self, error: IbfastError | None) -> None:
        super()._end(error)
        if self._is_calling:
            self._callback = None
            self._events.halt()

    @checks_arguments
    async def collect_for(self, seconds: float) -> NDArray[np.void]:
        """The records of so many seconds as one array; of less time if the stream ends sooner.

        Raises:
            IbfastError: what ended the stream, if it brought nothing before.
        """
        return concatenate(await self._gather(seconds), self._rows.dtype)

    def _give_up(self, error: IbfastError) -> None:
        self._end(error)


class Opener(Protocol):
    """What a subscription needs of its connection."""

    durable: bool
    stats: Stats

    def open_rows(self, request: Message, stream: Subscription[Any]) -> int: ...

    def close_rows(self, req_id: int, cancel: Message | None) -> None: ...

    def report_decode_error(self, error: DecodeError) -> None: ...

    def report(self, error: IbfastError) -> None: ...


class Subscription(GapStream[T]):
    """A subscription: the request is sent on entering, the cancel on leaving.

    ``notices`` keeps the last thousand messages about it that are no records: warnings, news;
    ``notices_dropped`` counts the older ones. ``market_data_type`` (1 real time, 2 frozen, 3 delayed, 4 delayed and
    frozen) and ``tick_req_params`` (price step, exchange map, permissions) are None until TWS has said. ``rerouted_to``
    is the contract whose data TWS offered instead, and which is followed: of a CFD, its stock.

    While it is ``durable``, as it is unless you say otherwise, it outlives a lost connection: it is asked for anew.
    """

    notices: deque[Message]
    notices_dropped: int
    market_data_type: int | None
    tick_req_params: TickReqParams | None
    rerouted_to: Contract | None
    durable: bool
    _rows: Rows

    def _subscribe(self, opener: Opener, request: Message, cancel: Callable[..., Message]) -> None:
        """What to send; ``cancel`` makes the message that ends it, from ``req_id``."""
        self.notices = deque(maxlen=NOTICES_KEPT)
        self.notices_dropped = 0
        self.market_data_type = None
        self.tick_req_params = None
        self.rerouted_to = None
        self._opener = opener
        self._request = request
        self._cancel = cancel
        self._req_id = 0
        self._interruption: tuple[int, str] | None = None  # since when, and why
        self.durable = opener.durable and not getattr(request, "snapshot", False)

    @property
    def req_id(self) -> int:
        """The id of its request; 0 before it is open."""
        return self._req_id

    @property
    def rows(self) -> Rows:
        """The records behind the subscription."""
        return self._rows

    @property
    def option_rows(self) -> Rows | None:
        """Records of another kind that come with them."""
        return None

    def open(self) -> None:
        """Send the request, unless it was sent before."""
        if not self._req_id and not self._ended:
            self._req_id = self._opener.open_rows(self._request, self)

    def _open(self) -> None:
        self.open()

    @property
    def _is_unopened(self) -> bool:
        return not self._req_id and not self._ended

    def close(self) -> None:
        """Send the cancel; what has arrived can still be taken. Closing twice does nothing."""
        if not self._ended and self._req_id:
            self._opener.close_rows(self._req_id, self._cancel(req_id=self._req_id))
        super().close()

    async def __aenter__(self) -> Self:
        self.open()
        return self

    def _give_up(self, error: IbfastError) -> None:
        self._opener.report(error)
        self._opener.close_rows(self._req_id, self._cancel(req_id=self._req_id))
        self._end(error)

    # -- what connection and conversation tell a stream

    def interrupted(self, reason: str) -> None:
        """Nothing comes from here on, for a while."""
        if self._interruption is None:
            self._interruption = time.time_ns(), reason

    def resumed(self) -> None:
        """It comes again by itself."""
        if self._interruption is not None:
            self._opener.stats.gaps += 1
            self._add_gap(*self._interruption)
            self._interruption = None

    def resume(self) -> None:
        """Ask for it anew."""
        self._req_id = 0
        self.resumed()
        self._forget()
        self.open()

    def cancel_request(self) -> None:
        """Cancel a request that is dead at TWS; `resume` makes another."""
        self._opener.close_rows(self._req_id, self._cancel(req_id=self._req_id))

    @property
    def is_interrupted(self) -> bool:
        """Whether nothing comes for a while, because a connection is lost."""
        return self._interruption is not None

    def _forget(self) -> None:
        """What came before no longer counts: TWS begins from the beginning."""
        self._reset_book()

    def _reset_book(self) -> None:
        """The book that the records add up to is empty."""
        if self._rows.kind == "depth":
            self._rows.put(book_reset())

    def received(self, message: Message) -> bool:
        """A message about the subscription that is no record; the end of a snapshot is the last."""
        if isinstance(message, TickSnapshotEnd):
            self._opener.close_rows(self._req_id, None)
            self._end(None)
            return True
        if isinstance(message, MarketDataType):
            self.market_data_type = message.market_data_type
        elif isinstance(message, TickReqParams):
            self.tick_req_params = message
        self._keep(message)
        if isinstance(message, RerouteMarketDataRequest | RerouteMarketDepthRequest):
            self._reroute(message)
        return False

    def _reroute(self, route: RerouteMarketDataRequest | RerouteMarketDepthRequest) -> None:
        """TWS has these data under another contract (a CFD's are those of its stock): ask for that one instead.

        TWS follows nothing for the first request, so that there is nothing to cancel.
        """
        if not route.con_id:
            self._opener.report_decode_error(DecodeError(type(route).__name__, "con_id", 0, "names no contract", b""))
            return
        self._opener.close_rows(self._req_id, None)
        contract = Contract(con_id=route.con_id, exchange=route.exchange)
        if contract == self.rerouted_to:
            self.failed(IbfastError(f"TWS sends the request for {contract} on to that same contract"))
            return
        self.rerouted_to = contract
        self._request = self._request.replace(contract=contract)
        self._req_id = 0
        try:
            self.open()
        except (IbfastError, ValueError) as error:
            self.failed(error if isinstance(error, IbfastError) else IbfastError(str(error)))

    def noticed(self, message: ErrorMessage) -> None:
        if find(message.error_code or 0).signal is Signal.BOOK_RESET:
            self._reset_book()
        self._keep(message)

    def _keep(self, message: Message) -> None:
        self.notices_dropped += len(self.notices) == NOTICES_KEPT
        self.notices.append(message)

    def failed(self, error: IbfastError) -> None:
        if isinstance(error, RequestError):
            self._opener.close_rows(self._req_id, None)
        self._fail(error, describe(self._request))


class Ticks(Subscription[NDArray[np.void]], RecordStream):
    """A live subscription, as batches of numpy records: one wake-up a socket read, with every record of it.

    ::

        async with client.tick_by_tick(contract, "Last") as ticks:
            async for rows in ticks:  # a structured array that is yours to keep
                print(rows["price"].mean(), ticks.dropped)

    L1 data of an option also has ``computations``, a stream of its own that lives as long.
    """

    def __init__(
        self,
        opener: Opener,
        request: Message,
        cancel: Callable[..., Message],
        kind: str,
        *,
        policy: str,
        capacity: int,
    ) -> None:
        RecordStream.__init__(self, kind, policy=policy, capacity=capacity)
        self._subscribe(opener, request, cancel)
        self._computations = Computations(self, policy, min(capacity, COMPUTATIONS_KEPT)) if kind == "tick" else None

    @property
    def computations(self) -> Computations:
        """Implied volatilities and greeks of an option, as records of dtype `ibfast.records.OPTION`.

        Raises:
            AttributeError: the stream is not of L1 ticks.
        """
        if self._computations is None:
            raise AttributeError(f"records of kind {self._rows.kind} come without option computations")
        return self._computations

    @property
    def option_rows(self) -> Rows | None:
        return self._computations.rows if self._computations is not None else None

    def _took(self, rows: NDArray[np.void]) -> None:
        self._opener.stats.delivery.add(self._rows.waited_ns)

    def _add_gap(self, begin_ns: int, reason: str) -> None:
        super()._add_gap(begin_ns, reason)
        if self._computations is not None:
            self._computations._add_gap(begin_ns, reason)

    def _end(self, error: IbfastError | None) -> None:
        super()._end(error)
        if self._computations is not None:
            self._computations._end(error)


class Computations(RecordStream):
    """The option computations of an L1 subscription: reading them opens it, closing them does not end it."""

    def __init__(self, ticks: Ticks, policy: str, capacity: int) -> None:
        super().__init__("option", policy=policy, capacity=capacity)
        self._ticks = ticks

    def _open(self) -> None:
        self._ticks.open()

    @property
    def _is_unopened(self) -> bool:
        return self._ticks._is_unopened
