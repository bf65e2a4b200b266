"""How a session is doing, and what the gateway's own words change about that. No I/O, no clock of its own.

::

    CONNECTING ──socket──▶ HANDSHAKING ──ids and accounts──▶ READY ◀──▶ DEGRADED
        ▲                      │                               │            │
        │ after a pause        ▼                               ▼            ▼
        └──────────────── RECONNECTING ◀── the socket ended, or said nothing for too long

    CLOSED  from anywhere: by close(), or when the socket ends and reconnecting is off
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, StrEnum

from ibfast.error_codes import Signal, find

FARMS_LOST = (Signal.MARKET_DATA_FARM_LOST, Signal.FARM_LOST)
FARMS_BACK = (Signal.MARKET_DATA_FARM_BACK, Signal.FARM_BACK)

FARMS_KEPT = 64
"""Lost farms that are remembered by name; IB has about thirty in all. Those beyond are not."""
FARM_CHARACTERS = 64
REASON_CHARACTERS = 1_000
"""How much of a farm's name and of a reason is kept, whatever a gateway sends."""

LONGEST_PAUSE_S = 30.0
JITTER = 0.2


class HealthState(StrEnum):
    """Where a session is; see the picture above."""

    CONNECTING = "connecting"
    HANDSHAKING = "handshaking"
    READY = "ready"
    DEGRADED = "degraded"
    RECONNECTING = "reconnecting"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Health:
    """A state, why it is so, and since when (nanoseconds since 1970).

    ``farms`` are the data farms that TWS has lost. ``attempt`` counts tries to reconnect, ``pause_s`` is the pause
    before the next one.
    """

    state: HealthState
    reason: str
    since_ns: int
    farms: tuple[str, ...] = ()
    attempt: int = 0
    pause_s: float = 0.0


class Effect(Enum):
    """What a word of the gateway does to the live streams."""

    INTERRUPTED = "interrupted"  # nothing comes for a while
    RESUMED = "resumed"  # it comes again by itself
    LOST = "lost"  # it comes again when it is asked for anew
    MOVED = "moved"  # the gateway hangs up


class HealthMonitor:
    """Keeps the `Health` of a session; ``changed`` is called with every new one."""

    def __init__(self, clock: Callable[[], int], changed: Callable[[Health], object]) -> None:
        self._clock = clock
        self._changed = changed
        self._servers_lost = ""
        self._farms: dict[str, int] = {}  # the code that lost each
        self.current = Health(HealthState.CONNECTING, "", clock())

    def enter(self, state: HealthState, reason: str = "", *, attempt: int = 0, pause_s: float = 0.0) -> None:
        """The socket's side of it: connecting, handshaking, ready, reconnecting, closed."""
        if state is not HealthState.READY:
            self._servers_lost = ""
            self._farms.clear()
        self._become(state, reason, attempt, pause_s)

    def heard(self, code: int, text: str) -> Effect | None:
        """The gateway's side of it; what it means for live streams."""
        effect = self._effect(code, text)
        if self.current.state in (HealthState.READY, HealthState.DEGRADED):
            reason = self._servers_lost or ", ".join(f"{lost}: {farm}" for farm, lost in self._farms.items())
            self._become(HealthState.DEGRADED if reason else HealthState.READY, reason)
        return effect

    def _effect(self, code: int, text: str) -> Effect | None:
        signal = find(code, None, text).signal
        if signal is Signal.SERVERS_LOST:
            effect = None if self._servers_lost else Effect.INTERRUPTED
            self._servers_lost = f"{code}: {text[:REASON_CHARACTERS]}"
            return effect
        if signal in (Signal.SERVERS_BACK, Signal.DATA_LOST):
            was_lost, self._servers_lost = self._servers_lost, ""
            return Effect.LOST if signal is Signal.DATA_LOST else (Effect.RESUMED if was_lost else None)
        if signal in FARMS_LOST:
            farm = farm_of(text)
            if farm in self._farms or len(self._farms) < FARMS_KEPT:
                self._farms[farm] = code
            return Effect.INTERRUPTED if signal is Signal.MARKET_DATA_FARM_LOST else None
        if signal in FARMS_BACK:
            lost_by = find(self._farms.pop(farm_of(text), 0)).signal
            back = signal is Signal.MARKET_DATA_FARM_BACK and lost_by is Signal.MARKET_DATA_FARM_LOST
            return Effect.RESUMED if back and not self._servers_lost else None
        return Effect.MOVED if signal is Signal.PORT_CHANGED else None

    @property
    def servers_lost(self) -> bool:
        """Whether TWS has lost IB's servers."""
        return bool(self._servers_lost)

    def _become(self, state: HealthState, reason: str, attempt: int = 0, pause_s: float = 0.0) -> None:
        farms = tuple(self._farms)
        old = self.current
        if (old.state, old.reason, old.farms, old.attempt) != (state, reason, farms, attempt):
            self.current = Health(state, reason, self._clock(), farms, attempt, pause_s)
            self._changed(self.current)


def farm_of(text: str) -> str:
    """The farm that a notice names: what stands behind the last colon or "upon demand.", the first 64 characters."""
    return text.rpartition(":")[2].rpartition("demand.")[2].strip()[:FARM_CHARACTERS]


def pauses(draw: Callable[[], float] = random.random) -> Iterator[float]:
    """Seconds between tries: 1 2 3 5 8 13 21, then 30 for ever, each up to a fifth longer so that clients spread."""
    now, then = 1.0, 2.0
    while True:
        yield min(now, LONGEST_PAUSE_S) * (1 + JITTER * draw())
        now, then = then, now + then
