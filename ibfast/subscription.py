"""Streams: an async iterator and context manager each, bounded, closing themselves, admitting their losses."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from types import TracebackType
from typing import Any, Generic, NamedTuple, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from ibfast._codec import Rows
from ibfast.errors import IbfastError, RequestError, StreamOverflow
from ibfast.records import CONDITIONS, EXCHANGES
from ibfast.schema import ErrorMessage, MarketDataType, TickReqParams, TickSnapshotEnd
from ibfast.schema.declare import Message

T = TypeVar("T")


NOTICES_KEPT = 1_000
"""Messages beside its records that a subscription remembers; the oldest go first."""


class Bell:
    """Wakes the one task that waits; ringing before it waits is remembered."""

    def __init__(self) -> None:
        self._rung = False
        self._waiter: asyncio.Future[None] | None = None

    def ring(self) -> None:
        self._rung = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def wait(self) -> None:
        if self._waiter is not None:
            raise RuntimeError("another task reads this stream already; open one stream for each reader")
        if not self._rung:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        self._rung = False


class Stream(Generic[T]):
    """What all streams share: waiting for the next item, ending, closing.

    Iterating ends when the stream is closed or complete, and raises the error that ended it otherwise.
    """

    def __init__(self) -> None:
        self._bell = Bell()
        self._ended = False
        self._error: IbfastError | None = None

    def try_next(self) -> T | None:
        """The next item if one waits, else None; never blocks."""
        raise NotImplementedError

    async def next(self, timeout_s: float | None = None) -> T:
        """The next item.

        Raises:
            TimeoutError: none came within ``timeout_s`` seconds.
            StopAsyncIteration: the stream is closed or complete.
            IbfastError: what ended the stream.
        """
        async with asyncio.timeout(timeout_s):
            return await self.__anext__()

    def close(self) -> None:
        """End the stream; what it holds can still be taken. Closing twice does nothing."""
        self._end(None)

    @property
    def is_closed(self) -> bool:
        """Whether nothing more will come in."""
        return self._ended

    def _end(self, error: IbfastError | None) -> None:
        if not self._ended:
            self._ended = True
            self._error = error
            self._bell.ring()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        while True:
            item = self.try_next()
            if item is not None:
                return item
            if self._ended:
                if self._error is not None:
                    raise self._error
                raise StopAsyncIteration
            await self._bell.wait()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class MessageStream(Stream[T]):
    """Messages or events, one by one, for one listener of many.

    Without a ``capacity`` nothing is ever dropped; with one the oldest go first and ``dropped`` counts them.
    """

    dropped: int

    def __init__(self, leave: Callable[[MessageStream[T]], object] = lambda stream: None, capacity: int | None = None):
        super().__init__()
        self.dropped = 0
        self._items: deque[T] = deque()
        self._capacity = capacity
        self._leave = leave

    def put(self, item: T) -> None:
        """Add an item for the listener."""
        if self._ended:
            return
        if self._capacity is not None and len(self._items) >= self._capacity:
            self._items.popleft()
            self.dropped += 1
        self._items.append(item)
        self._bell.ring()

    def try_next(self) -> T | None:
        return self._items.popleft() if self._items else None

    def close(self) -> None:
        leave, self._leave = self._leave, lambda stream: None
        leave(self)
        super().close()

    def fail(self, error: IbfastError | None) -> None:
        """End the stream for the listener, with this error if it is one."""
        self._end(error)


class Channel(Generic[T]):
    """What one puts, any number of listeners get, each through a `MessageStream` of its own.

    A listener that sleeps keeps the newest ``capacity`` items. With ``keep_early`` the first one also gets what was put
    before it came.
    """

    def __init__(self, capacity: int | None = None, *, keep_early: bool = False) -> None:
        self._capacity = capacity
        self._listeners: list[MessageStream[T]] = []
        self._early: deque[T] | None = deque(maxlen=capacity) if keep_early else None
        self._error: IbfastError | None = None

    def listen(self) -> MessageStream[T]:
        stream: MessageStream[T] = MessageStream(self._listeners.remove, self._capacity)
        for item in self._early or ():
            stream.put(item)
        self._early = None
        self._listeners.append(stream)
        if self._error is not None:
            stream.fail(self._error)
        return stream

    def put(self, item: T) -> None:
        if self._early is not None:
            self._early.append(item)
        for stream in tuple(self._listeners):
            stream.put(item)

    def fail(self, error: IbfastError) -> None:
        """End all listeners, those to come too."""
        self._error = error
        for stream in self._listeners:
            stream.fail(error)


# --------------------------------------------------------------------------------------------- one object a tick


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


def _columns(rows: NDArray[np.void], **replaced: list[Any]) -> Iterator[tuple[Any, ...]]:
    names = rows.dtype.names or ()
    return zip(*(replaced.get(name) or rows[name].tolist() for name in names), strict=True)


def _tick_objects(rows: NDArray[np.void], source: Rows) -> Iterator[Any]:
    """One object a record, codes and handles replaced by the texts they stand for."""
    if source.kind == "tick":
        return map(Tick._make, _columns(rows, text=source.texts(rows)))
    if source.kind == "last":
        exchanges: list[Any] = EXCHANGES.decode(rows["exchange"])
        conditions: list[Any] = CONDITIONS.decode(rows["special_conditions"])
        return map(Last._make, _columns(rows, exchange=exchanges, special_conditions=conditions))
    return map((BidAsk if source.kind == "bid_ask" else MidPoint)._make, rows.tolist())


class Opener(Protocol):
    """What a stream of records needs of its connection."""

    def open_rows(self, request: Message, stream: Ticks) -> int: ...

    def close_rows(self, req_id: int, cancel: Message | None) -> None: ...


class Ticks(Stream[NDArray[np.void]]):
    """A live subscription, as batches of numpy records: one wake-up a socket read, with every record of it.

    ::

        async with client.tick_by_tick(contract, "Last") as ticks:
            async for rows in ticks:  # a structured array that is yours to keep
                print(rows["price"].mean(), ticks.dropped)

    The request is sent on entering, the cancel on leaving. ``notices`` keeps the last thousand messages about the
    subscription that are no records: warnings, option computations, news; ``notices_dropped`` counts the older ones.
    ``market_data_type`` (1 real time, 2 frozen, 3 delayed, 4 delayed and frozen) and ``tick_req_params`` (price step,
    exchange map, permissions) are None until TWS has said. `ibfast.records` describes the columns.
    """

    notices: deque[Message]
    notices_dropped: int
    market_data_type: int | None
    tick_req_params: TickReqParams | None

    def __init__(
        self, opener: Opener, request: Message, cancel: type[Message], kind: str, *, policy: str, capacity: int
    ) -> None:
        super().__init__()
        self.notices = deque(maxlen=NOTICES_KEPT)
        self.notices_dropped = 0
        self.market_data_type = None
        self.tick_req_params = None
        self._rows = Rows(kind, self._bell.ring, policy=policy, capacity=capacity)
        self._opener = opener
        self._request = request
        self._cancel = cancel
        self._req_id = 0
        self._events: Iterator[Any] = iter(())

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
        """Records received so far, dropped ones included."""
        return self._rows.total

    def open(self) -> None:
        """Send the request, unless it was sent before."""
        if not self._req_id and not self._ended:
            self._req_id = self._opener.open_rows(self._request, self)

    def close(self) -> None:
        """Send the cancel; what has arrived can still be taken. Closing twice does nothing."""
        if not self._ended and self._req_id:
            self._opener.close_rows(self._req_id, self._cancel(req_id=self._req_id))
        super().close()

    def try_next(self) -> NDArray[np.void] | None:
        """The records that wait, as one batch, or None; never blocks."""
        self.open()
        if self._rows.overflowed and not self._ended:  # before anything is taken: what came later has a gap before it
            self._opener.close_rows(self._req_id, self._cancel(req_id=self._req_id))
            self._end(StreamOverflow(f"{self._rows.capacity} records wait and {self.dropped} more were refused"))
        return self._rows.take() if self._rows.waiting else None

    def texts(self, rows: NDArray[np.void]) -> list[str | None]:
        """The text of each L1 record: what TWS sent in string ticks, None in all others."""
        return self._rows.texts(rows)

    async def events(self) -> AsyncIterator[Any]:
        """One `Tick`, `Last`, `BidAsk` or `MidPoint` at a time, for those who want objects.

        Who leaves the loop and comes back later goes on where it was.
        """
        while True:
            for event in self._events:
                yield event
            rows = await anext(self, None)
            if rows is None:
                return
            self._events = _tick_objects(rows, self._rows)

    async def __aenter__(self) -> Self:
        self.open()
        return self

    # -- what the conversation tells a stream

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
        return False

    def noticed(self, message: ErrorMessage) -> None:
        self._keep(message)

    def _keep(self, message: Message) -> None:
        self.notices_dropped += len(self.notices) == NOTICES_KEPT
        self.notices.append(message)

    def failed(self, error: IbfastError) -> None:
        if isinstance(error, RequestError):
            self._opener.close_rows(self._req_id, None)
        self._end(error)
