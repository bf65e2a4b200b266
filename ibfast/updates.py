"""Subscriptions of messages: a stream for those with an id, and feeds that share those without one."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Hashable
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

from ibfast.errors import ConnectionLost, DecodeError, IbfastError, RequestTimeout
from ibfast.schema import ErrorMessage
from ibfast.schema.declare import Message
from ibfast.streams import Gap
from ibfast.subscription import MessageStream

if TYPE_CHECKING:
    from ibfast.connection import Connection

T = TypeVar("T")

NOTICES_KEPT = 1_000


class Source(Protocol):
    """Where a subscription gets its messages from."""

    connection: Connection

    def join(self, stream: Updates[Any]) -> int:
        """Begin; the id under which the stream is known, 0 if it has none of its own."""

    def leave(self, stream: Updates[Any]) -> None:
        """End it."""


class Updates(MessageStream[T]):
    """A subscription, item by item: the request is sent on entering, the cancel on leaving. Nothing is ever dropped.

    Many begin with a picture of how things are: `complete` waits for it. While it is ``durable`` it outlives a lost
    connection: it is asked for anew, and what is begins anew. ``gaps`` has each stretch in which something may be
    missing; `with_gaps` brings them in their place. ``notices`` keeps the last thousand warnings about it.
    """

    notices: deque[ErrorMessage]
    durable: bool
    gaps: list[Gap]

    def __init__(self, source: Source, item: Callable[[Any], T | None], end: type[Message] | None = None) -> None:
        super().__init__()
        self.notices = deque(maxlen=NOTICES_KEPT)
        self.durable = source.connection.durable
        self.gaps = []
        self._interruption: tuple[int, str] | None = None  # since when, and why
        self._total = 0
        self._source = source
        self._item = item
        self._end_type = end
        self._req_id = 0
        self._is_open = False
        self._pictured = asyncio.Event()

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

    def try_next(self) -> T | None:
        """The next item if one waits, else None; never blocks."""
        while isinstance(item := self._try_item(), Gap):
            pass
        return item

    def _try_item(self) -> T | Gap | None:
        """What comes next, an item or a gap, or None."""
        self.open()
        return super().try_next()

    async def with_gaps(self) -> AsyncIterator[T | Gap]:
        """Items, and each `Gap` in its place among them; its ``seq`` counts the items before it."""
        while True:
            while (item := self._try_item()) is not None:
                yield item
            if self._ended:
                if self._error is not None:
                    raise self._error
                return
            await self._bell.wait()

    @property
    def is_complete(self) -> bool:
        """Whether the first picture has come."""
        return self._pictured.is_set()

    async def complete(self) -> Self:
        """Wait for the first picture.

        Raises:
            RequestTimeout: it did not come within the request timeout. IbfastError: what ended the stream.
        """
        self.open()
        limit_s = self._source.connection.request_timeout_s
        try:
            async with asyncio.timeout(limit_s):
                await self._pictured.wait()
        except TimeoutError:
            raise RequestTimeout(f"the first picture of a subscription did not come within {limit_s:g} s") from None
        if self._error is not None:
            raise self._error
        return self

    async def __aenter__(self) -> Self:
        self.open()
        return self

    def _end(self, error: IbfastError | None) -> None:
        super()._end(error)
        self._pictured.set()

    # -- what connection and conversation tell a stream

    def interrupted(self, reason: str) -> None:
        """Nothing comes from here on, for a while."""
        if self._interruption is None:
            self._interruption = time.time_ns(), reason

    def resumed(self) -> None:
        """It comes again by itself."""
        if self._interruption is not None:
            begin_ns, reason = self._interruption
            self._interruption = None
            self.gaps.append(Gap(begin_ns, time.time_ns(), reason, self._total))
            self._items.append(self.gaps[-1])  # type: ignore[arg-type]  # `try_next` passes over it
            self._source.connection.stats.gaps += 1
            self._bell.ring()

    def resume(self) -> None:
        """Ask for it anew."""
        self._is_open = False
        self.resumed()
        self.open()

    def received(self, message: Message) -> bool:
        """A message of the subscription; none is the last."""
        if self._end_type is not None and isinstance(message, self._end_type):
            self._pictured.set()
            return False
        try:
            item = self._item(message)
        except DecodeError as error:
            self._source.connection.unreadable(error)
        else:
            if item is not None:
                self._total += 1
                self.put(item)
        return False

    def noticed(self, message: ErrorMessage) -> None:
        self.notices.append(message)

    def failed(self, error: IbfastError) -> None:
        self._end(error)


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


class Feed:
    """A subscription without an id, for any number of followers: asked for by the first, cancelled after the last.

    Who comes later gets the picture so far. If the last leaves before the first picture is complete, the cancel waits
    until it is, so that its end is not taken for that of another. ``key`` says which messages replace each other in the
    picture; those without one are not kept.
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
        key: Callable[[Any], Hashable] = lambda message: None,
    ) -> None:
        self.connection = connection
        self.picture: dict[Hashable, Any] = {}
        self.followers: list[Updates[Any]] = []
        self.req_id = 0  # no message carries it: it only keeps the feed among what is open
        self._interruption = ""
        self._request = request
        self._cancel = cancel
        self._end = end
        self._ending: Message | None = None
        self._key = key
        for part in (*parts, *((end,) if end is not None else ())):
            connection.talk.feeds[part] = self

    def aim(self, request: Message, cancel: Message) -> None:
        """Follow something else from now on.

        Raises:
            ValueError: somebody follows what it was.
        """
        if self.followers and request != self._request:
            raise ValueError(f"TWS follows one account at a time, and {self._request} is followed already")
        if request != self._request and self.req_id:
            self._stop()
        self._request, self._cancel = request, cancel

    def takes(self, message: Message) -> bool:
        """Whether a message is of what is followed."""
        return bool(self.req_id)

    def join(self, stream: Updates[Any]) -> int:
        if not self.req_id:
            self._start()
        elif not self.followers:  # those before did not wait for the end, which may never come
            self.connection.send(self._request)
        for message in self.picture.values():
            stream.received(message)
        if self._ending is not None:
            stream.received(self._ending)
        self.followers.append(stream)
        return 0

    def leave(self, stream: Updates[Any]) -> None:
        if stream in self.followers:
            self.followers.remove(stream)
            self._stop_if_done()

    def _start(self) -> None:
        self.picture.clear()
        self._ending = None
        self.req_id = self.connection.open_feed(self._request, self)

    def _stop_if_done(self) -> None:
        if not self.followers and (self._end is None or self._ending is not None):
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
        elif (key := self._key(message)) is not None:
            self.picture[key] = message
        for stream in tuple(self.followers):
            stream.received(message)
        self._stop_if_done()
        return True

    def refused(self, error: DecodeError) -> None:
        """A message could not be read: who waits for the first picture learns why."""
        for stream in [it for it in self.followers if not it.is_complete]:
            self.followers.remove(stream)
            stream.failed(error)

    def interrupted(self, reason: str) -> None:
        """Nothing comes from here on, for a while."""
        self._interruption = reason
        for stream in self.followers:
            stream.interrupted(reason)

    def resumed(self) -> None:
        """It comes again by itself."""
        for stream in self.followers:
            stream.resumed()

    def resume(self) -> None:
        """Ask for it anew, for those who want that."""
        self.req_id = 0
        for stream in [it for it in self.followers if not it.durable]:
            self.followers.remove(stream)
            stream.failed(ConnectionLost(self._interruption))
        self.resumed()
        if self.followers:
            self._start()

    def noticed(self, message: ErrorMessage) -> None:
        """Nothing is said of an id that TWS does not know."""

    def failed(self, error: IbfastError) -> None:
        self.req_id = 0
        followers, self.followers = self.followers, []
        for stream in followers:
            stream.failed(error)
