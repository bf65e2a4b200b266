"""A simulator for blocking code: it runs in a thread of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self, TypeVar

from ibfast._blocking.portal import Portal
from ibfast.simulator.server import Simulator

T = TypeVar("T")


class SimulatorThread:
    """A `Simulator` in a thread of its own until it is closed, for blocking and async clients alike.

    The arguments are those of `Simulator`.
    """

    def __init__(self, **options: Any) -> None:
        self._portal = Portal()
        try:
            self._simulator = self._portal.call(Simulator, **options)
            self._portal.closing = self._simulator.stop
            self._portal.run(self._simulator.start())
        except BaseException:
            self._portal.close()
            raise

    @property
    def host(self) -> str:
        """Where it listens."""
        return self._simulator.host

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._simulator.port

    def call(self, function: Callable[[Simulator], T]) -> T:
        """What ``function(simulator)`` gives, called in the simulator's own thread: the way to its books and faults."""
        return self._portal.call(function, self._simulator)

    def close(self) -> None:
        """Drop every connection and end the thread; may be called twice."""
        self._portal.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
