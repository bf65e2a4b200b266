"""When an instrument trades: sessions in its exchange's zone, as times and as the text of contract details.

Exchange holidays are not modelled; instruments that trade all week say so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

IB_ZONES = {"US/Eastern": "America/New_York", "US/Central": "America/Chicago", "MET": "Europe/Berlin"}
"""IB's zone names are old links that some systems no longer install."""

SATURDAY = 5
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Session:
    """One trading day's session: seconds since 1970, the end excluded, and the date it counts for."""

    start: int
    end: int
    day: date


@dataclass(frozen=True)
class Hours:
    """The hours of an exchange. ``trading`` is everything, ``liquid`` is what IB calls regular trading hours.

    A span is ``0930-1600``; one that begins the evening before its date is ``-1700-1600``.
    """

    time_zone_id: str
    trading: str
    liquid: str
    every_day: bool = False

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(IB_ZONES.get(self.time_zone_id, self.time_zone_id))

    def session(self, day: date, liquid: bool = False) -> Session | None:
        """The session of this date, None when it has none."""
        return _session(self.zone, self.liquid if liquid else self.trading, self.every_day, day)

    def local_date(self, now_s: float) -> date:
        return datetime.fromtimestamp(now_s, self.zone).date()

    def latest(self, now_s: float, liquid: bool = False) -> Session:
        """The session that is running at ``now_s``, or the last one before."""
        return next(self.back_from(now_s, liquid))

    def back_from(self, now_s: float, liquid: bool = False) -> Iterator[Session]:
        """The sessions that began before ``now_s``, newest first, for ever."""
        day = self.local_date(now_s) + ONE_DAY
        while True:
            session = self.session(day, liquid)
            if session is not None and session.start < now_s:
                yield session
            day -= ONE_DAY

    def between(self, start_s: float, end_s: float, liquid: bool = False) -> list[Session]:
        """The sessions that have a second in [start, end), oldest first."""
        day, last = self.local_date(start_s) - ONE_DAY, self.local_date(end_s) + ONE_DAY
        found = []
        while day <= last:
            session = self.session(day, liquid)
            if session is not None and session.start < end_s and session.end > start_s:
                found.append(session)
            day += ONE_DAY
        return found

    def text(self, today: date, liquid: bool = False, days: int = 6) -> str:
        """The next days as contract details have them: ``20260709:0930-20260709:1600;20260711:CLOSED``."""
        parts = []
        for ahead in range(days):
            day = today + timedelta(days=ahead)
            session = self.session(day, liquid)
            if session is None:
                parts.append(f"{day:%Y%m%d}:CLOSED")
                continue
            start, end = (datetime.fromtimestamp(at, self.zone) for at in (session.start, session.end))
            parts.append(f"{start:%Y%m%d:%H%M}-{end:%Y%m%d:%H%M}")
        return ";".join(parts)


@lru_cache(maxsize=65536)
def _session(zone: ZoneInfo, span: str, every_day: bool, day: date) -> Session | None:
    if day.weekday() >= SATURDAY and not every_day:
        return None
    first, last = span.removeprefix("-").split("-")
    begins = day - ONE_DAY if span.startswith("-") else day
    start, end = (
        int(datetime.combine(on, time(int(at[:2]), int(at[2:])), zone).timestamp())
        for on, at in ((begins, first), (day, last))
    )
    return Session(start, end, day)
