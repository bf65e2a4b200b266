"""Subscriptions of messages: a stream for those with an id, and feeds that share those without one."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

from ibfast.errors import AnswerTooLarge, ConnectionLost, DecodeError, IbfastError, StreamOverflow
from ibfast.listeners import notify_all
from ibfast.request_kinds import describe
from ibfast.schema import ErrorMessage
from ibfast.schema.declare import Message
from ibfast.streams.base import MessageStream
from ibfast.streams.gap import Gap, GapStream
from ibfast.streams.snapshot import Freshness, Snapshot

if TYPE_CHECKING:
    from ibfast.session.connection import Connection

T = TypeVar("T")

NOTICES_KEPT = 1_000


class Source(Protocol):
    """Where a subscription gets its messages from."""

    connection: Connection

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
    lost connection: it is asked for anew, and behind a `Gap` the whole answer comes again. From the loss until then
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
                f"the first picture of a subscription did not come within {limit_s:g} s"
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

    # -- what connection and conversation tell a stream

    def interrupted(self, reason: str) -> None:
        """Nothing comes from here on, for a while."""
        if self._interruption is None:
            self._interruption = time.time_ns(), reason
            self._freshness.lose(self._interruption[0])

    def resumed(self) -> None:
        """It comes again by itself."""
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

    def _begin_anew(self) -> None:
        """It is asked for anew: the whole answer follows."""
        self._freshness.renew()
        self._answered.clear()
        if self._snapshot is not None:
            self._snapshot.begin()
        self.resumed()

    def resume(self) -> None:
        """Ask for it anew."""
        self._is_open = False
        self._begin_anew()
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


class Request:
    """A subscription with an id of its own."""

    def __init__(self, connection: Connection, request: Message, cancel: type[Message]) -> None:
        self.connection = connection
        self.request = request
        self.cancel = cancel

    def join(self, stream: Updates[Any]) -> int:
        return self.connection.open_messages(self.request, stream)

    def leave(self, stream: Updates[Any]) -> None:
        self.connection.close_rows(stream.req_id, self.cancel(req_id=stream.req_id))


class SharedSubscription:
    """A subscription without an id, for any number of followers: asked for by the first, cancelled after the last.

    Who comes later gets the ``snapshot`` so far, if one is kept. If the last leaves before the answer is complete, the
    cancel waits until it is, so that its end is not taken for that of another.
    """

    durable = True

    def __init__(
        self,
        connection: Connection,
        request: Message,
        cancel: Message,
        parts: tuple[type[Message], ...],
        *,
        end: type[Message] | None = None,
        snapshot: Snapshot[Any] | None = None,
    ) -> None:
        self.connection = connection
        self.subscribers: list[Updates[Any]] = []
        self.req_id = 0  # no message carries it: it only keeps the feed among what is open
        self._interruption = ""
        self.request = request
        self._cancel = cancel
        self._end = end
        self._ending: Message | None = None
        self._snapshot = snapshot
        for part in (*parts, *((end,) if end is not None else ())):
            connection.session.feeds[part] = self

    def retarget(self, request: Message, cancel: Message) -> None:
        """Follow something else from now on.

        Raises:
            ValueError: somebody follows what it was.
        """
        if self.subscribers and request != self.request:
            raise ValueError(f"TWS follows one account at a time, and {self.request} is followed already")
        if request != self.request and self.req_id:
            self._stop()
        self.request, self._cancel = request, cancel

    def takes(self, message: Message) -> bool:
        """Whether a message is of what is followed."""
        return bool(self.req_id)

    def join(self, stream: Updates[Any]) -> int:
        self.connection.check_caller()
        if not self.req_id:
            self._start()
        elif not self.connection.can_send:  # what is known may be old by now: the answer of the next session comes
            self.connection.check_unless_queueing()
            self.subscribers.append(stream)
            return 0
        elif not self.subscribers:  # those before did not wait for the end, which may never come
            self.connection.send(self.request)
        self._tell_so_far(stream)
        self.subscribers.append(stream)
        return 0

    def _tell_so_far(self, stream: Updates[Any]) -> None:
        for message in self._snapshot.so_far.values() if self._snapshot is not None else ():
            stream.received(message)
        if self._ending is not None:
            stream.received(self._ending)
        if self._interruption:
            stream.interrupted(self._interruption)

    def leave(self, stream: Updates[Any]) -> None:
        if stream in self.subscribers:
            self.connection.check_caller()
            self.subscribers.remove(stream)
            self._stop_if_done()

    def _start(self) -> None:
        if self._snapshot is not None:
            self._snapshot.begin()
        self._ending = None
        self._interruption = ""
        self.req_id = self.connection.open_feed(self.request, self)

    def _stop_if_done(self) -> None:
        if not self.subscribers and (self._end is None or self._ending is not None):
            self._stop()

    def _stop(self) -> None:
        self.connection.close_rows(self.req_id, self._cancel)
        self.req_id = 0

    # -- what connection and conversation tell a feed

    def received(self, message: Message) -> bool:
        """Take a message, if it is of what is followed."""
        if not self.takes(message):
            return False
        if self._end is not None and isinstance(message, self._end):
            self._ending = message
            if self._snapshot is not None:
                self._snapshot.complete()
        elif self._snapshot is not None and not self._put(self._snapshot, message):
            return True
        notify_all((stream.received for stream in self.subscribers), message)
        self._stop_if_done()
        return True

    def _put(self, snapshot: Snapshot[Any], message: Message) -> bool:
        """Keep a message; False if that is too much, and the subscription has ended."""
        session = self.connection.session
        snapshot.put(message, session.message_bytes)
        if snapshot.bytes <= session.answer_limit_bytes:
            return True
        snapshot.begin()
        error = AnswerTooLarge(type(self.request).__name__, session.answer_limit_bytes)
        self._stop()
        self.failed(error)
        return False

    def refused(self, error: DecodeError) -> None:
        """A message could not be read: who waits for an answer learns why, as it cannot be complete."""
        for stream in [subscriber for subscriber in self.subscribers if not subscriber.is_complete]:
            self.subscribers.remove(stream)
            stream.failed(error)

    def interrupted(self, reason: str) -> None:
        """Nothing comes from here on, for a while."""
        self._interruption = reason
        notify_all((stream.interrupted for stream in self.subscribers), reason)

    def resumed(self) -> None:
        """It comes again by itself."""
        self._interruption = ""
        notify_all(stream.resumed for stream in self.subscribers)

    def resume(self) -> None:
        """Ask for it anew, for those who want that."""
        self.req_id = 0
        for stream in [
            subscriber for subscriber in self.subscribers if subscriber.is_interrupted and not subscriber.durable
        ]:
            self.subscribers.remove(stream)
            stream.failed(ConnectionLost(self._interruption))
        for stream in self.subscribers:
            stream._begin_anew()
        if self.subscribers:
            self._start()

    def cancel_request(self) -> None:
        """Nothing ends a request without an id, either."""

    def noticed(self, message: ErrorMessage) -> None:
        """Nothing is said of an id that TWS does not know."""

    def failed(self, error: IbfastError) -> None:
        self.req_id = 0
        subscribers, self.subscribers = self.subscribers, []
        notify_all((stream.failed for stream in subscribers), error)
