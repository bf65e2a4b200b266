"""Streams: an async iterator and context manager each, bounded, closing themselves, admitting their losses."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import weakref
from collections import deque
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from ibfast.arguments import checks_arguments
from ibfast.errors import IbfastError
from ibfast.listeners import notify, notify_all

LOG = logging.getLogger("ibfast.subscription")

T = TypeVar("T")


class Waiter:
    """Wakes the one task that waits; ringing before it waits is remembered. Or it calls ``listener`` instead."""

    def __init__(self) -> None:
        self.listener: Callable[[], object] | None = None
        self._rung = False
        self._waiter: asyncio.Future[None] | None = None

    def ring(self) -> None:
        self._rung = True
        if self.listener is not None:
            self.listener()
        elif self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    @property
    def is_awaited(self) -> bool:
        """Whether a task waits, or a listener is called instead."""
        return self._waiter is not None or self.listener is not None

    async def wait(self) -> None:
        if self.is_awaited:
            raise RuntimeError("another task reads this stream already; open one stream for each reader")
        if not self._rung:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        self._rung = False


class StreamRef(weakref.ref[Any]):
    """What a session or a broadcast holds of a stream, so that one that nobody can read any more is found out.

    ``waiter`` wakes the task that waits for the stream, or calls its callback; through it those two keep the stream
    alive, without anybody else holding it.
    """

    __slots__ = ("waiter",)

    waiter: object


class Stream(Generic[T]):
    """What all streams share: waiting for the next item, ending, closing.

    Iterating ends when the stream is closed or complete, and raises the error that ended it otherwise.
    ``callback_errors`` counts what a callback raised.
    """

    callback_errors: int

    def __init__(self) -> None:
        self.callback_errors = 0
        self._waiter = Waiter()
        self._ended = False
        self._error: IbfastError | None = None
        self._callback: Callable[[T], object] | None = None
        self._pumping = False

    def try_next(self) -> T | None:
        """The next item if one waits, else None; never blocks."""
        raise NotImplementedError

    @checks_arguments
    async def next(self, timeout_s: float | None = None) -> T:
        """The next item.

        Raises:
            TimeoutError: none came within ``timeout_s`` seconds.
            StopAsyncIteration: the stream is closed or complete.
            IbfastError: what ended the stream.
        """
        async with asyncio.timeout(timeout_s):
            return await self.__anext__()

    def batches(self) -> Self:
        """The stream itself: iterating over it brings all that waits, at once."""
        return self

    def events(self) -> AsyncIterator[Any]:
        """What comes, one at a time."""
        return self

    @checks_arguments
    def on(self, callback: Callable[[T], object]) -> None:
        """Call ``callback`` with every item from now on, in place of iterating.

        It runs in the event loop, once a socket read, and must not block. What it raises is logged and counted; the
        stream goes on. ``error`` says why the calls ended.

        Raises:
            RuntimeError: the stream has a reader already.
        """
        if self._waiter.is_awaited:
            raise RuntimeError("this stream has a reader already; open one stream for each reader")
        self._open()
        self._callback = callback
        loop = asyncio.get_running_loop()
        self._waiter.listener = lambda: self._schedule_release(loop)
        self._schedule_release(loop)

    def on_event(self, callback: Callable[[Any], object]) -> None:
        """Call ``callback`` with what `events` brings, as `on` does."""
        self.on(callback)

    def close(self) -> None:
        """End the stream; what it holds can still be taken. Closing twice does nothing."""
        self._end(None)

    @property
    def is_closed(self) -> bool:
        """Whether nothing more will come in."""
        return self._ended

    @property
    def error(self) -> IbfastError | None:
        """What ended the stream; None while it lives, and when it was closed or complete."""
        return self._error

    def _open(self) -> None:
        """What must be done before anything can come in."""

    @property
    def _is_unopened(self) -> bool:
        """Whether nothing can come in because nobody has opened it yet."""
        return False

    def _ensure_open(self) -> None:
        """Before what has come is read: open it, if nobody has.

        Raises:
            IbfastError: it was refused before anything came. RuntimeError: no event loop runs to open it in.
        """
        if self._error is not None and not self._count():
            raise self._error
        if self._is_unopened:
            try:
                asyncio.get_running_loop()
            except RuntimeError:
                raise RuntimeError(
                    "the stream is not open yet, and outside of a running event loop reading cannot open it: "
                    "enter it with `async with`, or read it from a coroutine"
                ) from None
            self._open()

    def _count(self) -> int:
        """How much has come so far."""
        raise NotImplementedError

    def _schedule_release(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self._pumping:
            self._pumping = True
            loop.call_soon(self._pump)

    def _pump(self) -> None:
        """Hand all that waits to the callback."""
        self._pumping = False
        while self._callback is not None and (item := self._take_for_callback()) is not None:
            self.callback_errors += not notify(self._call, self._callback, item, log=LOG)
        if self._ended:
            if self._callback is not None and self._error is not None and not getattr(self._error, "by_user", False):
                LOG.warning("a stream with a callback has ended: %s", self._error)
            self._callback = None

    def _take_for_callback(self) -> Any:
        """What to call the callback with, or None if nothing waits."""
        return self.try_next()

    def _call(self, callback: Callable[[Any], object], item: Any) -> None:
        callback(item)

    async def _gather(self, seconds: float) -> list[T]:
        """What comes within so many seconds, or until the end if that is sooner; an error only if nothing came."""
        items: list[T] = []
        with contextlib.suppress(TimeoutError, StopAsyncIteration):
            async with asyncio.timeout(seconds):
                while True:
                    try:
                        items.append(await self.__anext__())
                    except IbfastError:
                        if items:
                            break
                        raise
        return items

    def _end(self, error: IbfastError | None) -> None:
        if not self._ended:
            self._ended = True
            self._error = error
            self._waiter.ring()

    def _fail(self, error: IbfastError, name: str) -> None:
        """End with an error; if nobody waits for the stream who would be told, the log is."""
        is_silent = self._ended or self._waiter.is_awaited or getattr(error, "by_user", False)
        self._end(error)
        if not is_silent:
            LOG.warning("%s has ended while nobody waited for it: %s", name, error)

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
                raise StopAsyncIteration("the stream is closed or complete")
            await self._waiter.wait()

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
        self._latest: T | None = None
        self._total = 0
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
        self._latest = item
        self._total += 1
        self._waiter.ring()

    def try_next(self) -> T | None:
        return self._items.popleft() if self._items else None

    @property
    def latest(self) -> T | None:
        """The newest item, taken or not; None before the first. Reading it opens a subscription.

        Raises:
            IbfastError: it was refused. RuntimeError: it is not open, and no event loop runs to open it in.
        """
        self._ensure_open()
        return self._latest

    def _count(self) -> int:
        return self._total

    @checks_arguments
    async def collect_for(self, seconds: float) -> list[T]:
        """What comes within so many seconds; less time if the stream ends sooner."""
        return await self._gather(seconds)

    def close(self) -> None:
        leave, self._leave = self._leave, lambda stream: None
        leave(self)
        super().close()

    def fail(self, error: IbfastError | None) -> None:
        """End the stream for the listener, with this error if it is one."""
        self._end(error)


class Broadcast(Generic[T]):
    """What one puts, any number of listeners get, each through a `MessageStream` of its own.

    A slow listener keeps the newest ``capacity`` items; one that nobody can read any more is let go.
    With ``keep_early`` the first one also gets what was put before it came.
    """

    def __init__(self, capacity: int | None = None, *, keep_early: bool = False) -> None:
        self._capacity = capacity
        self._listeners: list[StreamRef] = []
        self._early: deque[T] | None = deque(maxlen=capacity) if keep_early else None
        self._ended = False
        self._error: IbfastError | None = None

    def listen(self) -> MessageStream[T]:
        stream: MessageStream[T] = MessageStream(self._leave, self._capacity)
        for item in self._early or ():
            stream.put(item)
        self._early = None
        ref = StreamRef(stream, self._listeners.remove)  # what nobody can read any more would only grow
        ref.waiter = stream._waiter
        self._listeners.append(ref)
        if self._ended:
            stream.fail(self._error)
        return stream

    def _leave(self, stream: MessageStream[T]) -> None:
        self._listeners[:] = [ref for ref in self._listeners if ref() is not stream]

    def _streams(self) -> list[MessageStream[T]]:
        return [stream for ref in self._listeners if (stream := ref()) is not None]

    @property
    def has_listeners(self) -> bool:
        return bool(self._listeners)

    def put(self, item: T) -> None:
        if self._early is not None:
            self._early.append(item)
        notify_all((stream.put for stream in self._streams()), item)

    def fail(self, error: IbfastError | None) -> None:
        """End all listeners, those to come too; without an error they are complete."""
        self._ended, self._error = True, error
        notify_all((stream.fail for stream in self._streams()), error)


async def zipped(*streams: Stream[Any]) -> AsyncIterator[tuple[Any, ...]]:
    """The next items of several streams together, as zip() does it: until the first of them ends."""
    while True:
        items = []
        for stream in streams:
            item = await anext(stream, None)
            if item is None:
                return
            items.append(item)
        yield tuple(items)
