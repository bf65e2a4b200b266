"""An event loop in a thread of its own, and the way into it from every other thread.

The thread holds no reference to its portal: a portal that nobody holds any more closes itself, with a ResourceWarning.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import logging
import os
import threading
import warnings
import weakref
from collections.abc import AsyncIterable, Awaitable, Callable, Coroutine, Iterator
from typing import Any, Generic, TypeVar

from ibfast.errors import ConnectionLost
from ibfast.listeners import ENDS_THE_PROGRAM
from ibfast.session.event_loop import loop_factory

T = TypeVar("T")

LOG = logging.getLogger("ibfast.blocking")

Closing = Callable[[], Awaitable[object]]
"""What ends the object that the loop is there for, on the loop."""

EXIT_WAITS_S = 5.0
"""At the end of the interpreter a client that was not closed is closed, if that takes no longer."""


class Call(Generic[T]):
    """A coroutine on the loop, and whoever waits for it in another thread.

    Waiting is one acquisition of a lock that only the waiter knows. A `concurrent.futures.Future` has a lock that the
    loop takes too: a signal handler that runs while the main thread holds it, and calls, would wait for ever.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, T]) -> None:
        self._loop = loop
        self._work = work
        self._task: asyncio.Task[T] | None = None
        self._running = threading.Lock()
        self._running.acquire()
        loop.call_soon_threadsafe(self._start)

    def wait(self) -> T:
        """The result, or what was raised; CancelledError if it was cancelled."""
        with self._running:
            pass
        assert self._task is not None
        return self._task.result()

    def cancel(self) -> None:
        """Cancel it, from any thread, without waiting for that."""
        with contextlib.suppress(RuntimeError):  # the loop is closed, and so is everything on it
            self._loop.call_soon_threadsafe(self._cancel)

    def _start(self) -> None:
        self._task = self._loop.create_task(self._work)
        self._task.add_done_callback(self._end)

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _end(self, task: asyncio.Task[T]) -> None:
        if not task.cancelled():
            task.exception()  # seen, also if nobody waits any more
        self._running.release()


class LoopThread:
    """The event loop and its thread. A callback that ends the program ends neither: the main thread learns of it."""

    def __init__(self) -> None:
        self.loop = loop_factory()()
        self.pid = os.getpid()
        self.is_over = False
        self.main_waits_for: Call[Any] | None = None
        self._exit: BaseException | None = None
        self.thread = threading.Thread(target=self._serve, name="ibfast", daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        asyncio.set_event_loop(self.loop)
        while not self.is_over:
            try:
                self.loop.run_forever()
            except ENDS_THE_PROGRAM as error:
                self.end_program(error)
        self.loop.close()

    def end_program(self, error: BaseException) -> None:
        """Raise ``error`` in the main thread, from the call that it waits in or else from its next."""
        LOG.warning("%r was raised in the event loop thread; the main thread raises it at its next call", error)
        self._exit = error
        if (call := self.main_waits_for) is not None:
            call.cancel()

    def raise_exit(self) -> None:
        """Raise what a callback raised to end the program, once, in the main thread."""
        if self._exit is not None and threading.current_thread() is threading.main_thread():
            error, self._exit = self._exit, None
            raise error

    def was_raised(self, error: BaseException) -> None:
        """A caller has met it by itself: the main thread need not raise it too."""
        if self._exit is error:
            self._exit = None

    def start_closing(self, closing: Closing | None) -> Call[None]:
        """Run ``closing``, end what still runs, and then the loop and its thread, without waiting for that."""
        return Call(self.loop, self._shut_down(closing))

    async def _shut_down(self, closing: Closing | None) -> None:
        task = asyncio.current_task()
        assert task is not None
        task.add_done_callback(self._stop)
        try:
            if closing is not None:
                await closing()
        finally:
            await _cancel_all()

    def _stop(self, task: asyncio.Task[Any]) -> None:
        self.is_over = True
        self.loop.stop()


class Portal:
    """Runs coroutines and functions on its own event loop, for callers in any thread, signal handlers among them.

    A caller that is interrupted (Ctrl-C) cancels what it waits for. ``closing``, if it is set, ends what the loop is
    there for when the portal is closed, dropped, or left open at the end of the interpreter.
    """

    def __init__(self) -> None:
        self.closing: Closing | None = None
        self._gate = threading.RLock()  # nothing gets in behind the last to be run; a signal handler may be inside
        self._last: Call[None] | None = None
        self._loop_thread = LoopThread()
        _OPEN.add(self)

    def check_process(self) -> None:
        """Refuse to be used in another process than its own.

        Raises:
            RuntimeError: the message names both.
        """
        if os.getpid() != self._loop_thread.pid:
            raise RuntimeError(
                f"this client belongs to process {self._loop_thread.pid}, and this is process {os.getpid()}, forked "
                "from it: connect a client of its own here, under another client id"
            )

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for a coroutine.

        Raises:
            StopIteration: the coroutine raised StopAsyncIteration.
            RuntimeError: called from the portal's own thread, where waiting would never end, or from another process.
            ConnectionLost: called after `close`.
            SystemExit, KeyboardInterrupt: in the main thread, what a callback has raised.
        """
        try:
            self.check_process()
            if threading.current_thread() is self._loop_thread.thread:
                raise RuntimeError("a blocking call needs a thread other than its own event loop's")
            self._loop_thread.raise_exit()
            call = self._submit(work)
        except BaseException:
            work.close()
            raise
        try:
            return self._wait(call)
        except StopAsyncIteration:
            raise StopIteration from None
        except asyncio.CancelledError:
            self._loop_thread.raise_exit()
            raise ConnectionLost("the client was closed") from None
        except BaseException as error:
            call.cancel()
            self._loop_thread.was_raised(error)
            raise

    def _submit(self, work: Coroutine[Any, Any, T]) -> Call[T]:
        with self._gate:
            if self._last is not None:
                raise ConnectionLost("the client is closed")
            try:
                return Call(self._loop_thread.loop, work)
            except RuntimeError:  # a signal handler has just closed it
                raise ConnectionLost("the client is closed") from None

    def _wait(self, call: Call[T]) -> T:
        if threading.current_thread() is not threading.main_thread():
            return call.wait()
        loop_thread = self._loop_thread
        before, loop_thread.main_waits_for = loop_thread.main_waits_for, call  # a signal handler's call is inside
        try:
            loop_thread.raise_exit()  # raised between the last look and now
            return call.wait()
        finally:
            loop_thread.main_waits_for = before

    def call(self, function: Callable[..., T], *arguments: Any, **keywords: Any) -> T:
        """Call a function that belongs to the loop's thread; after `close` to any thread."""
        if self._last is not None and threading.current_thread() is not self._loop_thread.thread:
            self.check_process()
            self._loop_thread.thread.join()
            return function(*arguments, **keywords)

        async def work() -> T:
            return function(*arguments, **keywords)

        return self.run(work())

    def call_back(self, callback: Callable[[Any], object], value: Any) -> None:
        """Call a user's callback in the loop's thread; ending the program is left to the main thread."""
        try:
            callback(value)
        except ENDS_THE_PROGRAM as error:
            self._loop_thread.end_program(error)

    def iterate(self, source: AsyncIterable[T]) -> Iterator[T]:
        """An async iterator, as a plain one."""
        items = self.call(source.__aiter__)
        while True:
            try:
                item = self.run(_next(items))
            except StopIteration:
                return
            yield item

    def close(self) -> None:
        """End what the loop is there for, the loop and its thread; nothing can be run afterwards.

        Any thread may close, a signal handler too, any number of times.

        Raises:
            RuntimeError: called from the portal's own thread, or from another process.
            SystemExit, KeyboardInterrupt: in the main thread, what a callback has raised, once all is closed.
        """
        self.check_process()
        if threading.current_thread() is self._loop_thread.thread:
            raise RuntimeError("a blocking call needs a thread other than its own event loop's")
        with self._gate:
            if self._last is None:
                self._last = self._loop_thread.start_closing(self.closing)
        self._loop_thread.thread.join()
        _OPEN.discard(self)
        self._loop_thread.raise_exit()
        self._last.wait()

    def close_at_exit(self) -> None:
        """Close what was left open when the interpreter ends, which waits no longer than it must."""
        if os.getpid() == self._loop_thread.pid and self._last is None:
            self._last = self._loop_thread.start_closing(self.closing)
            self._loop_thread.thread.join(EXIT_WAITS_S)

    def __del__(self) -> None:
        loop_thread = getattr(self, "_loop_thread", None)
        if loop_thread is None or self._last is not None or os.getpid() != loop_thread.pid:
            return
        self._last = loop_thread.start_closing(self.closing)
        owner = getattr(self.closing, "__self__", self)
        warnings.warn(
            f"{owner!r} was dropped without close(); it closes now", ResourceWarning, stacklevel=1, source=self
        )


_OPEN: weakref.WeakSet[Portal] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    for portal in list(_OPEN):
        portal.close_at_exit()


async def _next(items: Any) -> Any:
    return await items.__anext__()


async def _cancel_all() -> None:
    """End what still runs, so that nothing is left when the loop stops."""
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_asyncgens()
