"""The event loop that ibfast runs on when the choice is its own: uvloop where it is installed, else asyncio's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """What makes the event loop."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop


class BusyPoller:
    """Keeps an event loop from sleeping, so that it finds at once what comes in; that takes one core, all of it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._next: asyncio.Handle | None = None

    def start(self) -> None:
        """A loop that has something to run looks at its sockets without waiting."""
        self._next = self._loop.call_soon(self.start)

    def stop(self) -> None:
        """Let it sleep again; stopping twice does nothing."""
        if self._next is not None:
            self._next.cancel()
            self._next = None


def run(main: Coroutine[Any, Any, T]) -> T:
    """Like `asyncio.run`, on the fastest loop there is."""
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return runner.run(main)
