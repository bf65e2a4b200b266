"""Which faults are armed, and when each of them happens."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Coroutine, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ibfast.schema.declare import Message
from ibfast.simulator.faults import Edit, Event, Fault
from ibfast.simulator.faults.transport import FaultyTransport
from ibfast.simulator.market.market import Clock

if TYPE_CHECKING:
    from ibfast.simulator.session import SimulatorSession

LOG = logging.getLogger("ibfast.simulator")

LOOK_S = 0.01  # between two looks at the clock
SECOND = 1_000_000_000


class Timers:
    """Calls at times of a clock that may be anybody's: it is looked at while something is due."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._due: list[tuple[int, Callable[[], None]]] = []
        self._task: asyncio.Task[None] | None = None

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        self._due.append((self._clock() + int(seconds * SECOND), action))
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run())

    def close(self) -> None:
        self._due.clear()
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        while self._due:
            now_ns = self._clock()
            due = sorted((item for item in self._due if item[0] <= now_ns), key=lambda item: item[0])
            self._due = [item for item in self._due if item[0] > now_ns]
            for _, action in due:
                try:
                    action()
                except Exception:
                    LOG.exception("a fault could not happen at its time")
            if self._due:
                await asyncio.sleep(LOOK_S)


@dataclass(eq=False, slots=True)
class ArmedFault:
    """A fault that may still happen."""

    fault: Fault
    left: float  # how often
    since_ns: int
    applied: set[int] = field(default_factory=set)  # sessions that had it, by number
    before: dict[int, tuple[int, int, int]] = field(default_factory=dict)  # their counts when it was armed
    waits: bool = False  # for its time, to come to all sessions at once
    happened: int = 0

    def is_place(self, line: FaultyTransport, message: type[Message] | None, before: bool) -> bool:
        """Whether an event is for this message, or for any place and this line has not had it yet."""
        if self.fault.at_message is None:
            return line.number not in self.applied
        return self.fault.at_message is message and self.fault.before is before

    def suits(self, line: FaultyTransport, now_ns: int) -> bool:
        """Whether every condition but the message holds."""
        fault, passed_s = self.fault, (now_ns - self.since_ns) / SECOND
        rows, messages, sent = self.before.get(line.number, (0, 0, 0))
        return (
            fault.at_s <= passed_s <= fault.until_s
            and fault.session in (None, line.number)
            and fault.client_id in (None, line.client_id)
            and line.rows >= rows + (fault.after_rows or 0)
            and line.messages >= _least(messages, fault.after_messages)
            and line.bytes >= sent + (fault.after_bytes or 0)
            and fault.fits(line)
        )


class FaultSchedule:
    """The faults of one simulator and the lines they happen on."""

    def __init__(self, faults: Iterable[Fault], seed: int, clock: Clock, restart: Callable[[float], None]) -> None:
        self.clock = clock
        self.restart = restart
        self.random = random.Random(seed)
        self.timers = Timers(clock)
        self.armed: list[ArmedFault] = []
        self.lines: dict[int, FaultyTransport] = {}
        self._faults = list(faults)
        self._ever_armed: list[ArmedFault] = []
        self._opened = 0
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """From here on time counts."""
        for fault in self._faults:
            self._arm(fault)
        self._faults.clear()

    def inject(self, fault: Fault) -> None:
        """Arm a fault; one without a condition happens now, to every session it is for."""
        armed = self._arm(fault)
        armed.before = {line.number: (line.rows, line.messages, line.bytes) for line in self.lines.values()}
        if fault.at_s == 0 and isinstance(fault, Event) and fault.at_once and not fault.is_counted:
            self._strike_all(armed)

    def happened(self, fault: Fault) -> int:
        """How often this very fault has happened."""
        return sum(armed.happened for armed in self._ever_armed if armed.fault is fault)

    async def stop(self) -> None:
        self.timers.close()
        self.armed.clear()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run until it ends or the simulator stops."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # -- what lines ask

    def open(self, session: SimulatorSession, transport: asyncio.BaseTransport) -> FaultyTransport:
        self._opened += 1
        return FaultyTransport(session, transport, self, self._opened)

    def opened(self, line: FaultyTransport) -> None:
        """Its session can be talked to."""
        self.lines[line.number] = line
        self.check(line, None)

    def closed(self, line: FaultyTransport) -> None:
        self.lines.pop(line.number, None)

    def check(self, line: FaultyTransport, message: type[Message] | None, *, before: bool = True) -> None:
        """Let happen what is due at this place: before or after a message, or between two."""
        if not self.armed:
            return
        now_ns = self.clock()
        for armed in list(self.armed):
            fault = armed.fault
            if not isinstance(fault, Event) or armed.left <= 0 or armed.waits:
                continue
            if armed.is_place(line, message, before) and armed.suits(line, now_ns):
                self._spend(armed, line)
                fault.strike(line)

    def edited(self, line: FaultyTransport, message: type[Message] | None, frame: bytes) -> bytes:
        """What is sent in place of a frame."""
        for armed in self._edits(line, message, any_message=True):
            self._spend(armed, line)
            frame = armed.fault.changed(line, frame)  # type: ignore[attr-defined]
            if not frame:
                break
        return frame

    def hears(self, line: FaultyTransport, request: Message) -> bool:
        """Whether a request is heard now."""
        for armed in self._edits(line, type(request), any_message=False):
            self._spend(armed, line)
            if not armed.fault.hears(line, request):  # type: ignore[attr-defined]
                return False
        return True

    def marks(self, line: FaultyTransport, size: int) -> list[int]:
        """Where in the next ``size`` bytes an event is due at its exact byte."""
        marks = set()
        for armed in self.armed:
            fault = armed.fault
            if isinstance(fault, Event) and fault.after_bytes is not None and fault.at_message is None:
                marks.add(armed.before.get(line.number, (0, 0, 0))[2] + fault.after_bytes - line.bytes)
        return sorted(mark for mark in marks if 0 < mark < size)

    # -- inside

    def _arm(self, fault: Fault) -> ArmedFault:
        armed = ArmedFault(fault, float("inf") if fault.times is None else fault.times, self.clock())
        self.armed.append(armed)
        self._ever_armed.append(armed)
        if fault.at_s > 0 and isinstance(fault, Event) and fault.at_once and not fault.is_counted:
            armed.waits = True
            self.timers.after(fault.at_s, lambda: self._strike_all(armed))
        return armed

    def _strike_all(self, armed: ArmedFault) -> None:
        now_ns, fault = self.clock(), armed.fault
        armed.waits = False
        lines = [line for line in self.lines.values() if line.number not in armed.applied and armed.suits(line, now_ns)]
        if not isinstance(fault, Event) or (not lines and fault.needs_session):
            return
        self._spend(armed, *lines)
        fault.strike_all(self, lines)

    def _spend(self, armed: ArmedFault, *lines: FaultyTransport) -> None:
        armed.applied.update(line.number for line in lines)
        armed.left -= 1
        armed.happened += 1
        if armed.left <= 0:
            self.armed.remove(armed)

    def _edits(
        self, line: FaultyTransport, message: type[Message] | None, *, any_message: bool
    ) -> Iterator[ArmedFault]:
        now_ns = self.clock()
        for armed in list(self.armed):
            wanted = armed.fault.at_message
            if not isinstance(armed.fault, Edit) or not (wanted is message or (any_message and wanted is None)):
                continue
            if armed.suits(line, now_ns):
                yield armed


def _least(messages: int, after: int | None) -> int:
    """How many messages there must have been; the handshake's answer is number 0 and none of them."""
    return -1 if after is None else max(messages, 0) + after
