"""An event loop in a thread of its own, and the way into it from every other thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterable, Callable, Coroutine, Iterator
from concurrent.futures import CancelledError, Future
from typing import Any, TypeVar

from ibfast.errors import ConnectionLost
from ibfast.session.event_loop import loop_factory

T = TypeVar("T")


class Portal:
    """Runs coroutines and functions on its own event loop, for callers in any thread.

    A caller that is interrupted (Ctrl-C) cancels what it waits for.
    """

    def __init__(self) -> None:
        self._loop = loop_factory()()
        self._gate = threading.Lock()  # nothing gets in behind the last to be run
        self._closed = False
        self._thread = threading.Thread(target=self._serve, name="ibfast", daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for a coroutine.

        Raises:
            StopIteration: the coroutine raised StopAsyncIteration.
            RuntimeError: called from the portal's own thread, where waiting would never end.
            ConnectionLost: called after `close`.
        """
        if threading.current_thread() is self._thread:
            work.close()
            raise RuntimeError("a blocking call needs a thread other than its own event loop's")
        with self._gate:
            if self._closed:
                work.close()
                raise ConnectionLost("the client is closed")
            future: Future[T] = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except StopAsyncIteration:
            raise StopIteration from None
        except CancelledError:
            raise ConnectionLost("the client was closed") from None
        except BaseException:
            future.cancel()
            raise

    def call(self, function: Callable[..., T], *arguments: Any, **keywords: Any) -> T:
        """Call a function that belongs to the loop's thread; after `close` to any thread."""
        if self._closed and threading.current_thread() is not self._thread:
            self._thread.join()
            return function(*arguments, **keywords)

        async def work() -> T:
            return function(*arguments, **keywords)

        return self.run(work())

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
        """Stop the loop and its thread; nothing can be run afterwards. Any thread may close, any number of times."""
        with self._gate:
            first, self._closed = not self._closed, True
            if first:
                last = asyncio.run_coroutine_threadsafe(_cancel_all(), self._loop)
        if not first:
            self._thread.join()
            return
        try:
            last.result()
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()


async def _next(items: Any) -> Any:
    return await items.__anext__()


async def _cancel_all() -> None:
    """End what still runs, so that nothing is left when the loop stops."""
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_asyncgens()
