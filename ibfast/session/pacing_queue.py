"""What waits in one lane: in order, except that a message held by a limit of its own lets those behind it pass.

::

    put ──▶ fresh ──next_ready──▶ leaves, or is parked under the limit that holds it ──its time──▶ looked at again

Nothing is walked from end to end: putting, taking and withdrawing cost the logarithm of what waits at most.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import NamedTuple

from ibfast.limits import Quota
from ibfast.schema.declare import Message

DEAD_KEPT = 64
"""Withdrawn messages that may stand in any lane; beyond that they are at most half of it."""


class Window:
    """At most ``most`` units in any ``per_ns``."""

    def __init__(self, most: int, per_ns: int) -> None:
        self.most = most
        self.per_ns = per_ns
        self._taken: deque[int] = deque()  # when each unit was

    def used(self, now_ns: int) -> int:
        """Units taken within the last ``per_ns``."""
        while self._taken and self._taken[0] <= now_ns - self.per_ns:
            self._taken.popleft()
        return len(self._taken)

    def free_at(self, now_ns: int, units: int = 1, most: int = 0) -> int:
        """When so many units fit; ``most`` lowers the limit for this one caller."""
        over = self.used(now_ns) + units - (most or self.most)
        return now_ns if over <= 0 else self._taken[min(over, len(self._taken)) - 1] + self.per_ns

    def take(self, now_ns: int, units: int = 1) -> None:
        self._taken.extend([now_ns] * units)


Charge = tuple[Window, int]
"""A window and how many units of it a message takes."""


@dataclass(eq=False, slots=True)
class Waiting:
    """A message that cannot leave yet: its bytes, and the limits of its own. It is sorted by its place in the lane."""

    message: Message
    frame: bytes
    since_ns: int
    shares: list[Charge]
    quota: Quota | None
    req_id: int | None
    place: int = 0
    is_withdrawn: bool = False

    def __lt__(self, other: Waiting) -> bool:
        return self.place < other.place


class Hold(NamedTuple):
    """The limit that holds a message, and until when at least."""

    limit: Hashable
    until_ns: int


class LaneQueue:
    """The messages of one lane that wait."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Nothing waits any more."""
        self._fresh: deque[Waiting] = deque()  # not looked at yet
        self._parked: dict[Hashable, list[Waiting]] = {}  # heaps, by the limit that holds them
        self._wakes: list[tuple[int, int, Hashable]] = []  # a heap: when a limit is looked at, a number, the limit
        self._wake_ns: dict[Hashable, int] = {}  # when each limit is looked at next; other entries are outdated
        self._awake: list[tuple[Waiting, Hashable]] = []  # a heap: the first of each limit whose time has come
        self._awake_limits: set[Hashable] = set()
        self._places = 0
        self._dead = 0  # withdrawn ones that still stand somewhere
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def put(self, waiting: Waiting) -> None:
        """Add a message behind all others."""
        self._places += 1
        waiting.place = self._places
        self._fresh.append(waiting)
        self._count += 1

    def next_ready(self, now_ns: int, hold_of: Callable[[Waiting], Hold | None]) -> Waiting | None:
        """Take the first message that no limit of its own holds; None if there is none. ``hold_of`` says what does."""
        self._wake(now_ns)
        while self._fresh or self._awake:
            limit: Hashable = None
            if self._awake and not (self._fresh and self._fresh[0].place < self._awake[0][0].place):
                limit = heappop(self._awake)[1]
                self._awake_limits.discard(limit)
                waiting = heappop(self._parked[limit])
            else:
                waiting = self._fresh.popleft()
            hold = None if waiting.is_withdrawn else hold_of(waiting)
            if hold is not None:
                self._park(waiting, hold)
            if limit is not None and (hold is None or hold.limit != limit):
                self._look_at_next(limit)
            self._dead -= waiting.is_withdrawn
            if hold is None and not waiting.is_withdrawn:
                self._count -= 1
                return waiting
        return None

    @property
    def soonest_ns(self) -> int | None:
        """When the next limit is to be looked at; None if nothing is parked."""
        while self._wakes and self._wake_ns.get(self._wakes[0][2]) != self._wakes[0][0]:
            heappop(self._wakes)
        return self._wakes[0][0] if self._wakes else None

    def look_again(self, limit: Hashable) -> None:
        """A limit may let one through before its time."""
        if limit in self._wake_ns:
            self._wake_at(limit, 0)

    def withdraw(self, waiting: Waiting) -> None:
        """Take a message out that has not left."""
        waiting.is_withdrawn = True
        waiting.frame = b""
        self._count -= 1
        self._dead += 1
        if self._dead > DEAD_KEPT and self._dead > self._count:
            self._sweep()

    def _park(self, waiting: Waiting, hold: Hold) -> None:
        heappush(self._parked.setdefault(hold.limit, []), waiting)
        if hold.until_ns < self._wake_ns.get(hold.limit, hold.until_ns + 1):
            self._wake_at(hold.limit, hold.until_ns)

    def _wake_at(self, limit: Hashable, at_ns: int) -> None:
        self._places += 1  # so that limits are never compared
        self._wake_ns[limit] = at_ns
        heappush(self._wakes, (at_ns, self._places, limit))

    def _wake(self, now_ns: int) -> None:
        """Look at the first message of each limit whose time has come."""
        while (soonest := self.soonest_ns) is not None and soonest <= now_ns:
            limit = heappop(self._wakes)[2]
            del self._wake_ns[limit]
            self._look_at_next(limit)

    def _look_at_next(self, limit: Hashable) -> None:
        if not self._parked[limit]:
            del self._parked[limit]
        elif limit not in self._awake_limits:
            heappush(self._awake, (self._parked[limit][0], limit))
            self._awake_limits.add(limit)

    def _sweep(self) -> None:
        """Leave out the withdrawn; the limits of the others are looked at anew."""
        standing = [*self._fresh, *(waiting for parked in self._parked.values() for waiting in parked)]
        kept = sorted(waiting for waiting in standing if not waiting.is_withdrawn)
        places = self._places
        self.clear()
        self._fresh, self._count, self._places = deque(kept), len(kept), places
