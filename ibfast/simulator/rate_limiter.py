"""IB's limits, kept the way a gateway does: what goes beyond them is refused, counted and in the end hung up on.

The numbers are those of `ibfast.limits`, the counting is the enforcer's own. Messages and what is open are counted
for each connection, requests over time for each client id, reconnected or not. A message too many a second is
answered with error 100 and still acted on; the third ends the connection.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Hashable
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from ibfast.error_codes import ErrorKind, Verdict, find
from ibfast.limits import DEFAULT_LINES, QUOTAS, RATES, Quota, Rate, messages_per_second
from ibfast.schema import (
    ErrorMessage,
    HeadTimestamp,
    HistogramData,
    HistoricalData,
    HistoricalDataRequest,
    HistoricalSchedule,
    HistoricalTicks,
    HistoricalTicksBidAsk,
    HistoricalTicksLast,
    RealTimeBarsRequest,
    RerouteMarketDataRequest,
    RerouteMarketDepthRequest,
    TickByTickRequest,
    TickSnapshotEnd,
)
from ibfast.schema.declare import Message
from ibfast.simulator.market.market import Clock

if TYPE_CHECKING:
    from ibfast.simulator.session import SimulatorSession

SECOND = 1_000_000_000
MESSAGES = "messages"
BREACHES_ALLOWED = 2  # the next one ends the connection

TOO_FAST = "Max rate of messages per second has been exceeded:max={most} rec={got} (1)"
HISTORY = "Historical Market Data Service error message:Historical data request pacing violation"
REAL_TIME = "Invalid Real-time Query:Historical data request pacing violation"
SAME_TICKS = "Failed to request tick-by-tick data:no more than 1 request for the same instrument within 15 seconds"
PROCESSING = "Error processing request.-'sim' : cause - "

TOO_MANY: dict[str, tuple[int, str]] = {
    "history": (322, PROCESSING + "Only {most} simultaneous API historical data requests allowed."),
    "market data lines": (101, "Max number of tickers has been reached."),
    "tick-by-tick": (10190, "Max number of tick-by-tick requests has been reached."),
    "depth": (309, "Max number ({most}) of market depth requests has been reached."),
    "scanners": (322, PROCESSING + "Only {most} simultaneous API scanner subscriptions allowed."),
    "account summaries": (322, PROCESSING + "Maximum number of account summary requests exceeded"),
    "real-time bars": (101, "Max number of tickers has been reached."),
}
"""What is said when too many are open, by the name of the quota."""

ENDS = (
    HeadTimestamp, HistogramData, HistoricalSchedule, RerouteMarketDataRequest, RerouteMarketDepthRequest,
    TickSnapshotEnd,
)  # fmt: skip

_RATES = {cls: [rate for rate in RATES if cls in rate.of] for rate in RATES for cls in rate.of}
_QUOTAS = {cls: quota for quota in QUOTAS for cls in quota.of}


class SlidingWindow:
    """Units of the last ``span_ns``; one that is just that old no longer counts."""

    def __init__(self, span_ns: int) -> None:
        self._span_ns = span_ns
        self._times: deque[int] = deque()

    def count(self, now_ns: int) -> int:
        while self._times and self._times[0] <= now_ns - self._span_ns:
            self._times.popleft()
        return len(self._times)

    def add(self, now_ns: int, units: int = 1) -> None:
        self._times.extend([now_ns] * units)


class ConnectionUsage:
    """What one connection has sent of late, and what it has open: ids by quota."""

    def __init__(self) -> None:
        self.messages = SlidingWindow(SECOND)
        self.too_fast = 0
        self.open: dict[str, set[int]] = defaultdict(set)
        self.kept_up: set[int] = set()  # history that goes on after its answer

    def close(self, req_id: int) -> None:
        for ids in self.open.values():
            ids.discard(req_id)
        self.kept_up.discard(req_id)


class RateLimiter:
    """Judges each request before it is acted on; ``breaches`` counts by the name of the limit."""

    def __init__(self, clock: Clock, lines: int = DEFAULT_LINES, *, on: bool = False) -> None:
        if lines < 1:
            raise ValueError(f"lines: {lines} is not a number of market data lines")
        self.on = on
        self.lines = lines
        self.breaches: Counter[str] = Counter()
        self._clock = clock
        self._ledgers: WeakKeyDictionary[SimulatorSession, ConnectionUsage] = WeakKeyDictionary()
        self._recent: dict[tuple[int | None, str, Hashable], SlidingWindow] = {}

    def admits(self, session: SimulatorSession, message: Message) -> bool:
        """Whether a request may be acted on; if not, its client has been told."""
        if not self.on:
            return True
        ledger, now_ns = self._ledger(session), self._clock()
        return (
            self._keeps_pace(session, ledger, now_ns)
            and self._keeps_rates(session, message, now_ns)
            and self._keeps_quota(session, ledger, message)
        )

    def sent(self, session: SimulatorSession, message: Message) -> None:
        """An answer goes out: if it is the last one, its request is no longer open."""
        if self.on and self._ends(self._ledger(session), message):
            self.ended(session, getattr(message, "req_id", None) or getattr(message, "id", None) or 0)

    def ended(self, session: SimulatorSession, req_id: int) -> None:
        """A request is no longer open."""
        self._ledger(session).close(req_id)

    def _ledger(self, session: SimulatorSession) -> ConnectionUsage:
        return self._ledgers.setdefault(session, ConnectionUsage())

    def _keeps_pace(self, session: SimulatorSession, ledger: ConnectionUsage, now_ns: int) -> bool:
        most = messages_per_second(self.lines)
        ledger.messages.add(now_ns)
        got = ledger.messages.count(now_ns)
        if got <= most:
            return True
        self.breaches[MESSAGES] += 1
        ledger.too_fast += 1
        session.refuse(-1, 100, TOO_FAST.format(most=most, got=got))
        if ledger.too_fast <= BREACHES_ALLOWED:
            return True
        session.hang_up()
        return False

    def _keeps_rates(self, session: SimulatorSession, message: Message, now_ns: int) -> bool:
        taken: list[tuple[SlidingWindow, int]] = []
        for rate in _RATES.get(type(message), ()):
            if not rate.applies(message):
                continue
            units, recent = rate.units(message), self._recent_of(session, rate, message)
            if recent.count(now_ns) + units > rate.most:
                self._refuse(session, message, rate.name, *_too_often(message))
                return False
            taken.append((recent, units))
        for recent, units in taken:
            recent.add(now_ns, units)
        return True

    def _recent_of(self, session: SimulatorSession, rate: Rate, message: Message) -> SlidingWindow:
        key = session.client_id, rate.name, rate.key(message)
        return self._recent.setdefault(key, SlidingWindow(int(rate.seconds * SECOND)))

    def _keeps_quota(self, session: SimulatorSession, ledger: ConnectionUsage, message: Message) -> bool:
        req_id: int | None = getattr(message, "req_id", None)
        if req_id is None:
            return True
        if type(message).__name__.startswith("Cancel"):
            ledger.close(req_id)
        quota = _QUOTAS.get(type(message))
        return quota is None or self._opens(session, ledger, message, quota, req_id)

    def _opens(
        self, session: SimulatorSession, ledger: ConnectionUsage, message: Message, quota: Quota, req_id: int
    ) -> bool:  # fmt: skip
        ids, most = ledger.open[quota.name], quota.most(self.lines)
        if req_id not in ids and len(ids) >= most:
            code, text = TOO_MANY[quota.name]
            self._refuse(session, message, quota.name, code, text.format(most=most))
            return False
        ids.add(req_id)
        if isinstance(message, HistoricalDataRequest) and message.keep_up_to_date:
            ledger.kept_up.add(req_id)
        return True

    def _refuse(self, session: SimulatorSession, message: Message, name: str, code: int, text: str) -> None:
        self.breaches[name] += 1
        session.refuse(getattr(message, "req_id", None) or -1, code, text)

    def _ends(self, ledger: ConnectionUsage, message: Message) -> bool:
        match message:
            case HistoricalData():
                return message.req_id not in ledger.kept_up
            case HistoricalTicks() | HistoricalTicksBidAsk() | HistoricalTicksLast():
                return bool(message.is_done)
            case ErrorMessage():
                row = find(message.error_code or 0, None, message.error_msg or "")
                return row.verdict is Verdict.ENDS and row.kind is not ErrorKind.PACING  # that one was never open
        return isinstance(message, ENDS)


def _too_often(message: Message) -> tuple[int, str]:
    match message:
        case RealTimeBarsRequest():
            return 420, REAL_TIME
        case TickByTickRequest():
            return 10190, SAME_TICKS
    return 162, HISTORY
