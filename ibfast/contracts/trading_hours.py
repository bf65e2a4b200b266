"""Trading hours: the text of contract details, read into intervals of aware datetimes.

::

    20240325:1700-20240326:1600;20240329:CLOSED     since 2017: each span says both its days
    20240101:0930-1600,1700-2000;20240102:CLOSED    before: the day stands once, before all its spans

In the older form a span that ends no later than it begins runs over midnight. The first of a day began the evening
before, because the day is the one it counts for; a later one ends the morning after.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple, overload

from ibfast.schema import ContractData, ContractDetails
from ibfast.times import zone_of

_SPAN = re.compile(r"(?:(\d{8}):)?(\d{4})-(?:(\d{8}):)?(\d{4})", re.ASCII)
_ONE_DAY = timedelta(days=1)
FIRST_YEAR, LAST_YEAR = 1900, 9000


class Interval(NamedTuple):
    """A time in which the exchange is open; the end is not part of it. Both in the exchange's time zone."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class TradingHours(Sequence[Interval]):
    """The intervals that IB has published, earliest first; usually the next days, six at most.

    ``closed`` are the days without trading. Before the first and after the last interval nothing is known: there
    `is_open` says False, `covers` says whether that means anything.
    """

    intervals: tuple[Interval, ...]
    closed: tuple[date, ...] = ()

    @overload
    def __getitem__(self, index: int) -> Interval: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Interval]: ...
    def __getitem__(self, index: int | slice) -> Interval | Sequence[Interval]:
        return self.intervals[index]

    def __len__(self) -> int:
        return len(self.intervals)

    def __iter__(self) -> Iterator[Interval]:
        return iter(self.intervals)

    def at(self, moment: datetime) -> Interval | None:
        """The interval that holds this moment.

        Raises:
            ValueError: the datetime has no time zone.
        """
        last = self._begun(moment) - 1
        return self.intervals[last] if last >= 0 and _utc(moment) < _utc(self.intervals[last].end) else None

    def is_open(self, moment: datetime) -> bool:
        """Whether the exchange is open then, as far as the published days say."""
        return self.at(moment) is not None

    def next_open(self, moment: datetime) -> datetime | None:
        """When the next interval begins, None when that is after the published days."""
        after = self.intervals[self._begun(moment) :]
        return after[0].start if after else None

    def covers(self, moment: datetime) -> bool:
        """Whether the published days have this moment among them."""
        days = [day for start, end in self.intervals for day in (start.date(), end.date())]
        days = sorted([*days, *self.closed])
        zone = self.intervals[0].start.tzinfo if self.intervals else UTC
        return bool(days) and days[0] <= moment.astimezone(zone).date() <= days[-1]

    def _begun(self, moment: datetime) -> int:
        """How many intervals begin no later."""
        if moment.tzinfo is None:
            raise ValueError(f"moment: {moment} has no time zone")
        return bisect_right([_utc(start) for start, _ in self.intervals], _utc(moment))


def trading_hours(found: ContractData | ContractDetails) -> TradingHours:
    """All the hours of a contract, from what `Client.contract_details` found."""
    details = _details(found)
    return parse_hours(details.trading_hours or "", details.time_zone_id or "")


def liquid_hours(found: ContractData | ContractDetails) -> TradingHours:
    """The regular hours of a contract, from what `Client.contract_details` found."""
    details = _details(found)
    return parse_hours(details.liquid_hours or "", details.time_zone_id or "")


def parse_hours(text: str, time_zone_id: str) -> TradingHours:
    """The intervals in one of IB's texts.

    Raises:
        ValueError: the text is none of theirs.
    """
    zone = exchange_zone(time_zone_id)
    intervals: list[Interval] = []
    closed: list[date] = []
    for part in filter(None, (part.strip() for part in text.split(";"))):
        if part.endswith(":CLOSED"):
            closed.append(_day(part.removesuffix(":CLOSED")))
        else:
            intervals += _spans(part, zone)
    return TradingHours(tuple(sorted(intervals, key=lambda item: _utc(item.start))), tuple(closed))


def exchange_zone(time_zone_id: str) -> tzinfo:
    """The zone of an exchange; older gateways explain it: ``CST (Central Standard Time)``."""
    return zone_of(re.sub(r"\s*\(.*\)\s*$", "", time_zone_id))


def _spans(part: str, zone: tzinfo) -> Iterator[Interval]:
    """The intervals of one day's text."""
    stated = ""
    for number, span in enumerate(part.split(",")):
        found = _SPAN.fullmatch(span.strip())
        if found is None or not (stated := found[1] or stated):
            raise ValueError(f"not trading hours of the TWS API: {part!r}")
        first, last = _moment(stated, found[2], zone), _moment(found[3] or stated, found[4], zone)
        if _utc(last) > _utc(first):
            yield Interval(first, last)
        elif not found[3] and number == 0 and found[4] != "0000":
            yield Interval(first - _ONE_DAY, last)
        elif not found[3]:
            yield Interval(first, last + _ONE_DAY)
        elif last != first:
            raise ValueError(f"trading hours that end before they begin: {part!r}")


def _moment(day: str, clock: str, zone: tzinfo) -> datetime:
    hour, minute = int(clock[:2]), int(clock[2:])
    on = _day(day)
    if (hour, minute) == (24, 0):
        on, hour = on + _ONE_DAY, 0
    return datetime.combine(on, time(hour, minute), zone)


def _day(text: str) -> date:
    day = datetime.strptime(text, "%Y%m%d").date()
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(f"trading hours of no year that IB lists: {text}")
    return day


def _utc(moment: datetime) -> datetime:
    """Datetimes of one zone compare by their clocks, which an hour of every autumn has twice."""
    return moment.astimezone(UTC)


def _details(found: ContractData | ContractDetails) -> ContractDetails:
    details = found.contract_details if isinstance(found, ContractData) else found
    return details or ContractDetails()
