"""A subscription whose items are messages, or what is made of them, and where it gets them from."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Protocol, Self, TypeVar

from ibfast.errors import AnswerTooLarge, DecodeError, IbfastError, RequestTimeout, StreamOverflow
from ibfast.request_kinds import describe
from ibfast.schema import ErrorMessage
from ibfast.schema.declare import Message
from ibfast.stats import Stats
from ibfast.streams.base import MessageStream
from ibfast.streams.gap import Gap, GapStream
from ibfast.streams.snapshot import Freshness, Snapshot

T = TypeVar("T")

NOTICES_KEPT = 1_000


class AnswerLimits(Protocol):
    """What a session knows of the size of answers, in bytes."""

    answer_limit_bytes: int
    message_bytes: int  # of the message that is being delivered


class SubscriptionClient(Protocol):
    """What a subscription of messages needs of its connection."""

    durable: bool
    request_timeout_s: float
    stats: Stats

    @property
    def session(self) -> AnswerLimits: ...

    @property
    def can_send(self) -> bool: ...

    def check_caller(self) -> None: ...

    def check_unless_queueing(self) -> None: ...

    def send(self, message: Message) -> None: ...

    def open_messages(self, request: Message, stream: Updates[Any], cancel: type[Message]) -> int: ...

    def open_shared(self, request: Message, subscription: Any) -> int: ...

    def deliver_to(self, subscription: Any, parts: Iterable[type[Message]]) -> None: ...

    def close_rows(self, req_id: int, cancel: Message | None) -> None: ...

    def read(self, reader: Callable[[Any], T], part: Any) -> T: ...

    def timed_out(self, reason: str) -> RequestTimeout: ...


class Source(Protocol):
    """Where a subscription gets its messages from."""

    connection: SubscriptionClient

    @property
    def request(self) -> Message:
        """What is sent to begin."""

    def join(self, stream: Updates[Any]) -> int:
        """Begin; the id under which the stream is known, 0 if it has none of its own."""

    def leave(self, stream: Updates[Any]) -> None:
        """End it."""


class Updates(GapStream[T], MessageStream[T]):
    """A subscription, item by item: the request is sent on entering, the cancel on leaving. Nothing is ever dropped.

    Many begin with an answer that says how things are: `complete` waits for it. While it is ``durable`` it outlives a
    lost connection: it is resubscribed, and after a `Gap` the whole answer comes again. From the loss until then
    ``is_current`` is False. ``notices`` keeps the last thousand warnings about it.

    With a ``snapshot`` the newest of each item is kept there: the last complete answer until the next is complete.

    What waits for the reader, and the snapshot, are limited each to the ``answer_limit_bytes`` of the client. Beyond
    that the subscription ends with `StreamOverflow`, or `AnswerTooLarge` while its first answer comes in; of one that
    nobody reads item by item the older half of what waits is dropped, which ``dropped`` counts.
    """

    notices: deque[ErrorMessage]
    durable: bool

    def __init__(
        self,
        source: Source,
        item: Callable[[Any], T | None],
        end: type[Message] | None = None,
        snapshot: Snapshot[T] | None = None,
        of_notice: Callable[[ErrorMessage], T | None] = lambda notice: None,
    ) -> None:
        MessageStream.__init__(self)
        self._of_notice = of_notice
        self._begin_gaps()
        self.notices = deque(maxlen=NOTICES_KEPT)
        self.durable = source.connection.durable
        self._snapshot = snapshot
        self._freshness = Freshness()
        self._interruption: tuple[int, str] | None = None  # since when, and why
        self._source = source
        self._item = item
        self._end_type = end
        self._req_id = 0
        self._is_open = False
        self._is_read = False  # item by item
        self._waiting_bytes = 0
        self._answered = asyncio.Event()

    @property
    def req_id(self) -> int:
        """The id of its request; 0 before it is open, and if it has none of its own."""
        return self._req_id

    def open(self) -> None:
        """Send the request, unless it was sent before."""
        if not self._is_open and not self._ended:
            self._req_id = self._source.join(self)
            self._is_open = True

    def _open(self) -> None:
        self.open()

    def close(self) -> None:
        """Send the cancel; what has arrived can still be taken. Closing twice does nothing."""
        if self._is_open and not self._ended:
            self._source.leave(self)
        super().close()

    @property
    def _is_unopened(self) -> bool:
        return not self._is_open and not self._ended

    def _try_item(self) -> T | Gap | None:
        self._is_read = True
        self.open()
        return MessageStream.try_next(self)

    @property
    def snapshot(self) -> list[T]:
        """The newest of each item, of a subscription that keeps them: the last complete answer until the next is.

        Reading it opens the subscription.

        Raises:
            LookupError: no answer is complete yet, or none is kept. IbfastError: it was refused.
        """
        self._ensure_open()
        if self._snapshot is None:
            raise LookupError("this subscription keeps no snapshot: its items do not replace each other")
        if not self._snapshot.is_known:
            raise LookupError("TWS has not answered yet: await complete()")
        return list(self._snapshot.items.values())

    @property
    def is_complete(self) -> bool:
        """Whether the answer is complete, to the newest request if it was asked for anew."""
        return self._answered.is_set()

    @property
    def is_current(self) -> bool:
        """Whether what came last is what TWS says now: False before the answer is complete, without a connection and
        after the end."""
        return self._freshness.is_current

    @property
    def stale_since_ns(self) -> int:
        """Since when it is not, in nanoseconds since 1970; 0 while it is, and before the first answer."""
        return self._freshness.stale_since_ns

    @property
    def is_interrupted(self) -> bool:
        """Whether nothing comes for a while, because a connection is lost."""
        return self._interruption is not None

    async def complete(self) -> Self:
        """Wait until the answer is complete: the first, or the new one after a lost connection.

        Raises:
            RequestTimeout: it did not come within the request timeout. IbfastError: what ended the stream.
        """
        self.open()
        limit_s = self._source.connection.request_timeout_s
        try:
            async with asyncio.timeout(limit_s):
                await self._answered.wait()
        except TimeoutError:
            raise self._source.connection.timed_out(
                f"the first answer of a subscription did not come within {limit_s:g} s"
            ) from None
        if self._error is not None:
            raise self._error
        return self

    async def __aenter__(self) -> Self:
        self.open()
        return self

    def _end(self, error: IbfastError | None) -> None:
        self._freshness.lose()
        super()._end(error)
        self._answered.set()

    # -- what the session tells a stream

    def interrupted(self, reason: str) -> None:
        """Nothing comes until it is resumed."""
        if self._interruption is None:
            self._interruption = time.time_ns(), reason
            self._freshness.lose(self._interruption[0])

    def resumed(self) -> None:
        """Messages come again, without a new request."""
        if self._interruption is not None:
            begin_ns, reason = self._interruption
            self._interruption = None
            self._freshness.recover()
            self._source.connection.stats.gaps += 1
            self._add_gap(begin_ns, reason)

    def _add_gap(self, begin_ns: int, reason: str) -> None:
        self.gaps.append(Gap(begin_ns, time.time_ns(), reason, self._total))
        self._items.append(self.gaps[-1])  # type: ignore[arg-type]  # `try_next` passes over it
        self._waiter.ring()

    def _begin_again(self) -> None:
        """Its request is sent again: the whole answer follows."""
        self._freshness.renew()
        self._answered.clear()
        if self._snapshot is not None:
            self._snapshot.begin()
        self.resumed()

    def resume(self) -> None:
        """Send the request again."""
        self._is_open = False
        self._begin_again()
        self.open()

    def cancel_request(self) -> None:
        """Cancel a request that is dead at TWS; `resume` makes another."""
        self._source.leave(self)

    def received(self, message: Message) -> bool:
        """A message of the subscription; none is the last."""
        if self._end_type is not None and isinstance(message, self._end_type):
            self._complete()
            return False
        with contextlib.suppress(DecodeError):  # it has been counted and told
            item = self._source.connection.read(self._item, message)
            if item is not None:
                self._take(item)
                self._limit()
        return False

    def _limit(self) -> None:
        """What is kept is bounded, whatever a gateway sends and however slow the reader is."""
        session = self._source.connection.session
        limit = session.answer_limit_bytes
        self._waiting_bytes = session.message_bytes + (self._waiting_bytes if len(self._items) > 1 else 0)
        is_too_large = self._snapshot is not None and self._snapshot.bytes > limit
        if not is_too_large and self._waiting_bytes <= limit:
            return
        name = type(self._source.request).__name__
        if is_too_large or not self._answered.is_set():
            self._give_up(AnswerTooLarge(name, limit))
        elif self._is_read:
            self._give_up(StreamOverflow(f"{name}: more than {limit:,} bytes wait for the reader of its updates"))
        else:
            for _ in range(len(self._items) // 2):
                self._items.popleft()
                self.dropped += 1
            self._waiting_bytes //= 2

    def _give_up(self, error: IbfastError) -> None:
        self._source.leave(self)
        self.failed(error)

    def _take(self, item: T) -> None:
        if self._snapshot is not None:
            self._snapshot.put(item, self._source.connection.session.message_bytes)
        if self._end_type is None and not self._freshness.is_answered:
            self._complete()
        self.put(item)

    def _complete(self) -> None:
        """The whole answer has come."""
        if self._snapshot is not None:
            self._snapshot.complete()
        if self._interruption is None:
            self._freshness.confirm()
        self._answered.set()

    def noticed(self, message: ErrorMessage) -> None:
        self.notices.append(message)
        item = self._of_notice(message)
        if item is not None:
            self._total += 1
            self.put(item)

    def failed(self, error: IbfastError) -> None:
        self._fail(error, describe(self._source.request))


class RequestSource:
    """A subscription with an id of its own."""

    def __init__(self, connection: SubscriptionClient, request: Message, cancel: type[Message]) -> None:
        self.connection = connection
        self.request = request
        self.cancel = cancel

    def join(self, stream: Updates[Any]) -> int:
        return self.connection.open_messages(self.request, stream, self.cancel)

    def leave(self, stream: Updates[Any]) -> None:
        self.connection.close_rows(stream.req_id, self.cancel(req_id=stream.req_id))
