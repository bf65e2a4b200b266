"""What is kept of a subscription: the last complete answer stands until the next one is complete."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Freshness:
    """Whether what is kept is what TWS says now; if not, since when.

    ``stale_since_ns`` is in nanoseconds since 1970; 0 while it is current, and before anything was.
    """

    def __init__(self) -> None:
        self.is_current = False
        self.is_answered = False  # all of the answer to the newest request has come
        self.stale_since_ns = 0

    def confirm(self) -> None:
        """The answer is complete."""
        self.is_answered = self.is_current = True
        self.stale_since_ns = 0

    def lose(self, since_ns: int = 0) -> None:
        """Nothing is heard, from now or from then on."""
        if self.is_current:
            self.is_current = False
            self.stale_since_ns = since_ns or time.time_ns()

    def recover(self) -> None:
        """It goes on where it was."""
        if self.is_answered:
            self.confirm()

    def renew(self) -> None:
        """It is asked for anew: what is kept is old until the new answer is complete."""
        self.lose()
        self.is_answered = False


MOST_REPEATS = 64
"""Items of one key that are told apart; IB repeats some twice."""


class Snapshot(Generic[T]):
    """The newest item of each ``key``.

    The answer to a new request is collected beside it and takes its place as a whole: what was there and is not in the
    new answer is gone. Items for which ``repeats`` holds may come several times in one answer and mean different
    things: each is kept, told apart by the order of the items, which is the same each time.
    """

    def __init__(self, key: Callable[[T], Hashable], *, repeats: Callable[[T], bool] = lambda item: False) -> None:
        self.items: dict[Hashable, T] = {}
        self.is_known = False  # whether an answer has been complete
        self._key = key
        self._repeats = repeats
        self._incoming: dict[Hashable, T] | None = {}
        self._places: dict[Hashable, int] = {}  # where in the answer each stands
        self._last_place = -1
        self._sizes: dict[Hashable, int] = {}
        self.bytes = 0  # of what is kept of the newest answer, on the wire

    @property
    def so_far(self) -> dict[Hashable, T]:
        """The answer that is coming in, as far as it has come; the complete one if none is."""
        return self.items if self._incoming is None else self._incoming

    def begin(self) -> None:
        """A new answer follows."""
        self._incoming = {}
        self._sizes.clear()
        self.bytes = 0
        self._places.clear()
        self._last_place = -1

    def put(self, item: T, size: int = 0) -> None:
        """Keep an item that came in so many bytes."""
        key = self._key(item)
        if self._repeats(item):
            key = key, self._number(key)
        self._last_place = self._places.setdefault(key, len(self._places))
        self.so_far[key] = item
        self.bytes += size - self._sizes.get(key, 0)
        self._sizes[key] = size

    def complete(self) -> None:
        """The answer is complete; what comes from here on changes it."""
        if self._incoming is not None:
            self.items, self._incoming = self._incoming, None
            self.is_known = True

    def _number(self, key: Hashable) -> int:
        """Which of those with the same key it is: a new one in an answer, later the next one in its order."""
        number = 0
        while number < MOST_REPEATS and (place := self._places.get((key, number))) is not None:
            if self._incoming is None and place > self._last_place:
                return number
            number += 1
        return number if self._incoming is not None else 0
