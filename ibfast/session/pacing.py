"""When a message may leave, so that IB never has to complain. No I/O and no clock: time is an argument.

::

    wait ──▶ lane (cancel, order, request, history) ──release──▶ the outbox
               until: messages per second, the rates and quotas of `ibfast.limits` allow it

Within the limits a message leaves at once. Cancels and orders go before requests, which always leave some of each
second's messages to them; history goes last, and what waits for a limit of its own holds up nothing behind it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, field

from ibfast.error_codes import Signal, find
from ibfast.errors import PacingError
from ibfast.limits import (
    DEFAULT_LINES,
    HISTORY_QUOTA,
    MANY_LINES,
    QUOTAS,
    RATES,
    Lane,
    Quota,
    Rate,
    lane_of,
    messages_per_second,
)
from ibfast.schema import CancelOrderRequest
from ibfast.schema.declare import Message
from ibfast.session.pacing_queue import Charge, Hold, LaneQueue, Waiting, Window

SECOND_NS = 1_000_000_000
SECOND_WITH_MARGIN_NS = 1_005_000_000
"""What counts as a second here: a gateway's clock may run faster."""

HEAD_ROOM = 0.04
"""The part of each second's messages that only cancels and orders may use.

It is a reserve too: when a gateway reads one message later than the next ones, they crowd into one of its seconds. What
has waited leaves evenly spaced, so that up to 40 ms of such delay break no limit.
"""

BREACH_PAUSE_NS = SECOND_NS
BREACH_EASE_NS = 60 * SECOND_NS
"""After TWS complained of too many messages: nothing leaves for a second, and for a minute a fifth less."""

HISTORY_PAUSE_NS = 15 * SECOND_NS
HISTORY_PAUSE_AT_MOST_NS = 600 * SECOND_NS
"""After TWS complained of history: a pause, twice as long each time until a request made after it is answered."""

WINDOWS_KEPT = 10_000
"""Contracts or requests whose own rates are remembered; the oldest go first."""


@dataclass(frozen=True, slots=True)
class LaneGauge:
    """How one lane stands: messages that wait, and how long a new one would, in seconds."""

    waiting: int
    expected_wait_s: float


@dataclass(frozen=True)
class PacingGauges:
    """How the pace of a session stands.

    ``lanes`` are cancel, order, request and history; ``open`` has, for each kind of subscription, how many are open
    and how many may be; ``waits`` counts messages that had to wait; ``breaches`` complaints of TWS.
    """

    messages_per_second: int
    sent_in_last_second: int
    lanes: dict[str, LaneGauge]
    open: dict[str, tuple[int, int]]
    waits: int
    waited_s: float
    longest_wait_s: float
    breaches: int


@dataclass
class Counters:
    """What pacing has done so far."""

    waits: int = 0
    waited_ns: int = 0
    longest_wait_ns: int = 0
    breaches: int = 0


@dataclass
class _Kept:
    """A rate with the windows it has opened, one for each key."""

    rate: Rate
    windows: dict[Hashable, Window] = field(default_factory=dict)

    def window(self, message: Message) -> Window:
        key = self.rate.key(message)
        if key not in self.windows:
            if len(self.windows) >= WINDOWS_KEPT:
                del self.windows[next(iter(self.windows))]
            self.windows[key] = Window(self.rate.most, int(self.rate.seconds * SECOND_WITH_MARGIN_NS))
        return self.windows[key]


class Pacing:
    """Keeps the limits of one session.

    ``lines`` is the number of market data lines of the login (100 unless more were bought); ``on=False`` lets
    everything through.
    """

    def __init__(self, lines: int = DEFAULT_LINES, *, on: bool = True) -> None:
        if lines < 1:
            raise ValueError(f"lines: {lines} is not a number of market data lines")
        self.lines = lines
        self.on = on
        self.counters = Counters()
        self._messages = Window(messages_per_second(lines), SECOND_WITH_MARGIN_NS)
        self._head_room = max(1, round(HEAD_ROOM * self._messages.most)) if self._messages.most > 1 else 0
        self._lanes = {lane: LaneQueue() for lane in Lane}
        self._waiting: dict[int, tuple[LaneQueue, Waiting]] = {}  # requests by their id, cancels are not among them
        self._waiting_orders: Counter[int] = Counter()  # messages about each, by order id
        self._waiting_in: Counter[str] = Counter()  # requests for each quota
        self._rates: dict[type[Message], list[_Kept]] = {}
        for rate in RATES:
            kept = _Kept(rate)
            for cls in rate.of:
                self._rates.setdefault(cls, []).append(kept)
        self._quotas: dict[type[Message], Quota] = {cls: quota for quota in QUOTAS for cls in quota.of}
        self._open: dict[str, set[int]] = {quota.name: set() for quota in QUOTAS}
        self._quota_of: dict[int, str] = {}
        self._leaving: list[Charge] = []  # of the message that `try_acquire` was asked about last
        self._spaced_ns = 0  # before this nothing that has waited leaves
        self._paused_until_ns = 0
        self._eased_until_ns = 0
        self._history_paused_until_ns = 0
        self._history_pause_ns = HISTORY_PAUSE_NS

    # ----------------------------------------------------------------------------------------------- what leaves

    def try_acquire(self, message: Message, now_ns: int) -> bool:
        """Whether a message may leave now: `record_sent` must follow. If not, it has to `wait`.

        Raises:
            PacingError: a quota is full that does not empty by itself.
        """
        if not self.on:
            return True
        lane = self._lane_of(message)
        quota = self._quotas.get(type(message))
        if quota is not None:
            self._refuse_above_quota(quota)
        for other, queue in self._lanes.items():
            if queue and other <= lane:
                return False
        self._leaving = self._shares(message)
        return self._gate_at(lane, now_ns) <= now_ns and self._longest_hold(self._leaving, quota, now_ns) is None

    def record_sent(self, message: Message, now_ns: int) -> None:
        """A message that `try_acquire` let through has left."""
        if self.on:
            self._count(message, self._leaving, self._quotas.get(type(message)), now_ns)

    def wait(self, message: Message, frame: bytes, now_ns: int) -> None:
        """Queue a message; `release` gives it back when it may leave."""
        shares, quota = self._shares(message), self._quotas.get(type(message))
        waiting = Waiting(message, frame, now_ns, shares, quota, getattr(message, "req_id", None))
        lane = self._lane_of(message)
        self._lanes[lane].put(waiting)
        if lane is Lane.ORDER:
            self._waiting_orders[getattr(message, "order_id", None) or 0] += 1
        elif lane is not Lane.CANCEL and waiting.req_id is not None:
            self._waiting[waiting.req_id] = self._lanes[lane], waiting
        if quota is not None:
            self._waiting_in[quota.name] += 1

    def release(self, now_ns: int) -> tuple[list[Waiting], int | None]:
        """What may leave now, and when to ask again: None if nothing waits."""
        leaving: list[Waiting] = []
        soonest: int | None = None
        for lane, queue in self._lanes.items():
            while queue:
                ready: int | None = max(self._gate_at(lane, now_ns), self._spaced_ns)
                if ready is not None and ready <= now_ns:
                    waiting = queue.next_ready(now_ns, lambda waiting: self._hold_of(waiting, now_ns))
                    if waiting is not None:
                        leaving.append(waiting)
                        self._leave(waiting, lane, now_ns)
                        continue
                    ready = queue.soonest_ns
                if ready is not None:
                    soonest = ready if soonest is None else min(soonest, ready)
                break
        return leaving, soonest

    def withdraw(self, req_id: int) -> bool:
        """Take a request back that has not left; True if there was one."""
        queue, waiting = self._waiting.pop(req_id, (None, None))
        if queue is None or waiting is None:
            return False
        queue.withdraw(waiting)
        if waiting.quota is not None:
            self._waiting_in[waiting.quota.name] -= 1
        return True

    def is_queued(self, req_id: int) -> bool:
        """Whether a request still waits for its turn."""
        return req_id in self._waiting

    def clear(self) -> None:
        """The connection is gone: nothing waits, nothing is open."""
        for queue in self._lanes.values():
            queue.clear()
        self._waiting.clear()
        self._waiting_orders.clear()
        self._waiting_in.clear()
        for ids in self._open.values():
            ids.clear()
        self._quota_of.clear()

    def finished(self, req_id: int) -> bool:
        """A request or subscription has ended, its place in a quota is free; True if something may wait for that."""
        name = self._quota_of.pop(req_id, None)
        if name is None:
            return False
        self._open[name].discard(req_id)
        self._lanes[Lane.HISTORY].look_again(name)
        return bool(self._lanes[Lane.HISTORY])

    def on_pacing_violation(self, code: int, text: str, now_ns: int) -> None:
        """TWS says something that may be about our pace: hold back if it is.

        Requests that were on their way together are refused together: that is one breach.
        """
        signal = find(code, None, text).signal
        if signal is Signal.RATE_BREACHED:
            self.counters.breaches += 1
            self._paused_until_ns = now_ns + BREACH_PAUSE_NS
            self._eased_until_ns = now_ns + BREACH_EASE_NS
        elif signal is Signal.HISTORY_BREACHED:
            self.counters.breaches += 1
            if now_ns >= self._history_paused_until_ns:
                self._history_paused_until_ns = now_ns + self._history_pause_ns
                self._history_pause_ns = min(2 * self._history_pause_ns, HISTORY_PAUSE_AT_MOST_NS)

    @property
    def is_wary(self) -> bool:
        """Whether TWS has complained of history, and nothing was answered since."""
        return self._history_pause_ns != HISTORY_PAUSE_NS

    def answered(self, req_id: int, now_ns: int) -> None:
        """TWS answers a request: if it is one for history, made after the last pause, the next pause is short again."""
        if now_ns >= self._history_paused_until_ns and self._quota_of.get(req_id) == HISTORY_QUOTA:
            self._history_pause_ns = HISTORY_PAUSE_NS

    # -------------------------------------------------------------------------------------------------- gauges

    def gauges(self, now_ns: int) -> PacingGauges:
        """How everything stands."""
        counters = self.counters
        return PacingGauges(
            messages_per_second=self._messages.most,
            sent_in_last_second=self._messages.used(now_ns),
            lanes={lane.name.lower(): self.lane(lane, now_ns) for lane in Lane},
            open={quota.name: (len(self._open[quota.name]), quota.most(self.lines)) for quota in QUOTAS},
            waits=counters.waits,
            waited_s=counters.waited_ns / SECOND_NS,
            longest_wait_s=counters.longest_wait_ns / SECOND_NS,
            breaches=counters.breaches,
        )

    def lane(self, lane: Lane, now_ns: int) -> LaneGauge:
        """How a lane stands, as far as the limit that all messages share goes."""
        ahead = sum(len(self._lanes[other]) for other in Lane if other <= lane)
        gate = self._gate_at(lane, now_ns) - now_ns
        full_seconds = ahead // max(1, self._room(lane, now_ns))
        return LaneGauge(len(self._lanes[lane]), gate / SECOND_NS + full_seconds)

    # -------------------------------------------------------------------------------------------------- inside

    def _lane_of(self, message: Message) -> Lane:
        """A cancel does not overtake its own order."""
        if isinstance(message, CancelOrderRequest) and (message.order_id or 0) in self._waiting_orders:
            return Lane.ORDER
        return lane_of(message)

    def _room(self, lane: Lane, now_ns: int) -> int:
        """How many messages a second this lane may fill."""
        most = self._messages.most if now_ns >= self._eased_until_ns else max(1, self._messages.most * 4 // 5)
        return most if lane <= Lane.ORDER else max(1, most - self._head_room)

    def _gate_at(self, lane: Lane, now_ns: int) -> int:
        """When the limit that all messages share lets one of this lane through."""
        gate = max(self._paused_until_ns, self._messages.free_at(now_ns, most=self._room(lane, now_ns)))
        return max(gate, self._history_paused_until_ns) if lane is Lane.HISTORY else gate

    def _hold_of(self, waiting: Waiting, now_ns: int) -> Hold | None:
        """The limit of its own that holds a message longest, if any does."""
        return self._longest_hold(waiting.shares, waiting.quota, now_ns)

    def _longest_hold(self, shares: list[Charge], quota: Quota | None, now_ns: int) -> Hold | None:
        is_queued = [Hold(window, window.free_at(now_ns, units)) for window, units in shares]
        if quota is not None and quota.waits and len(self._open[quota.name]) >= quota.most(self.lines):
            is_queued.append(Hold(quota.name, now_ns + SECOND_NS))  # or sooner: `finished` says when
        longest = max(is_queued, key=lambda hold: hold.until_ns, default=None)
        return longest if longest is not None and longest.until_ns > now_ns else None

    def _shares(self, message: Message) -> list[Charge]:
        return [
            (kept.window(message), kept.rate.units(message))
            for kept in self._rates.get(type(message), ())
            if kept.rate.applies(message)
        ]

    def _smooth(self, lane: Lane, now_ns: int) -> None:
        """The next one leaves a while later; one that is late may be made up for."""
        interval_ns = SECOND_WITH_MARGIN_NS // self._room(lane, now_ns)
        is_late = now_ns - self._spaced_ns <= interval_ns
        self._spaced_ns = (self._spaced_ns if is_late else now_ns) + interval_ns

    def _leave(self, waiting: Waiting, lane: Lane, now_ns: int) -> None:
        """One that has waited leaves."""
        if waiting.req_id is not None and lane is not Lane.CANCEL:
            self._waiting.pop(waiting.req_id, None)
        if lane is Lane.ORDER:
            self._release_order(getattr(waiting.message, "order_id", None) or 0)
        if waiting.quota is not None:
            self._waiting_in[waiting.quota.name] -= 1
        waited = now_ns - waiting.since_ns
        self.counters.waits += 1
        self.counters.waited_ns += waited
        self.counters.longest_wait_ns = max(self.counters.longest_wait_ns, waited)
        self._count(waiting.message, waiting.shares, waiting.quota, now_ns)
        self._smooth(lane, now_ns)

    def _release_order(self, order_id: int) -> None:
        self._waiting_orders[order_id] -= 1
        if not self._waiting_orders[order_id]:
            del self._waiting_orders[order_id]

    def _count(self, message: Message, shares: list[Charge], quota: Quota | None, now_ns: int) -> None:
        self._messages.take(now_ns)
        for window, units in shares:
            window.take(now_ns, units)
        if quota is not None:
            req_id: int = message.req_id  # type: ignore[attr-defined]
            self._open[quota.name].add(req_id)
            self._quota_of[req_id] = quota.name

    def _refuse_above_quota(self, quota: Quota) -> None:
        if quota.waits:
            return
        most = quota.most(self.lines)
        busy = len(self._open[quota.name]) + self._waiting_in[quota.name]
        if busy >= most:
            raise PacingError(f"{quota.name}: {busy} of {most} are open; {self._advice(quota, most)}")

    def _advice(self, quota: Quota, most: int) -> str:
        """How to come by another one; more market data lines do not raise every quota."""
        if quota.most(MANY_LINES) <= most:
            return "IB allows no more at a time; close one"
        return f"close one, or connect with lines= if your login has more than {self.lines} market data lines"
