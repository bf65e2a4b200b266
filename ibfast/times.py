"""The spellings of time on the wire, read into aware datetimes.

| spelling | read as |
|---|---|
| ``20260413 15:27:04 US/Eastern``, with one blank, two or a dash; seconds may be missing, or fractions | that zone |
| ``20230411-16:00:00``, ``20260411-16:00:00Z``, ``20241223 19:45:00.0``, ``2024-12-23 19:45:00.0`` | UTC |
| ``0714 09:30:00 US/Eastern`` | the last such day that is not after tomorrow |
| ``20240318``, ``2024-03-18`` | that day's midnight in UTC |
| ``1712345678``, ``1712345678901`` | seconds, milliseconds since 1970 |

A zone is a name of the zone database, of Windows or of Java, an abbreviation, an offset (``GMT+08:00``), or one of
these in the language of the gateway's computer, whose letters may have been through the wrong encoding.
"""

from __future__ import annotations

import contextlib
import re
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

# Names of Java, and abbreviations as Java means them; Windows names come from tzlocal, the rest from the zone database.
_ALIASES = {
    "AEDT": "Australia/Sydney",
    "AEST": "Australia/Sydney",
    "Australian Eastern Standard Time": "Australia/Sydney",
    "BST": "Europe/London",
    "British Standard Time": "Europe/London",
    "CDT": "America/Chicago",
    "CEST": "Europe/Berlin",
    "CST": "America/Chicago",
    "Central European Standard Time": "Europe/Berlin",
    "Central European Time": "Europe/Berlin",
    "Coordinated Universal Time": "UTC",
    "EDT": "America/New_York",
    "EEST": "Europe/Helsinki",
    "EST": "America/New_York",
    "Eastern European Standard Time": "Europe/Helsinki",
    "Eastern European Time": "Europe/Helsinki",
    "Greenwich Mean Time": "UTC",
    "HKT": "Asia/Hong_Kong",
    "Hong Kong Standard Time": "Asia/Hong_Kong",
    "Hong Kong Time": "Asia/Hong_Kong",
    "IST": "Asia/Kolkata",
    "JST": "Asia/Tokyo",
    "Japan Standard Time": "Asia/Tokyo",
    "KST": "Asia/Seoul",
    "Korean Standard Time": "Asia/Seoul",
    "MDT": "America/Denver",
    "MST": "America/Denver",
    "Moscow Standard Time": "Europe/Moscow",
    "PDT": "America/Los_Angeles",
    "PST": "America/Los_Angeles",
    "SGT": "Asia/Singapore",
    "Singapore Time": "Asia/Singapore",
    "Z": "UTC",
}

_LOCALISED = {
    "Mitteleuropäische Normalzeit": "Europe/Berlin",
    "Mitteleuropäische Sommerzeit": "Europe/Berlin",
    "Mitteleuropäische Zeit": "Europe/Berlin",
    "中国标准时间": "Asia/Shanghai",
    "中國標準時間": "Asia/Shanghai",
    "北京时间": "Asia/Shanghai",
    "北美东部标准时间": "America/New_York",
    "北美东部夏令时间": "America/New_York",
    "台北标准时间": "Asia/Taipei",
    "台北標準時間": "Asia/Taipei",
    "新加坡标准时间": "Asia/Singapore",
    "日本标准时间": "Asia/Tokyo",
    "日本標準時": "Asia/Tokyo",
    "香港标准时间": "Asia/Hong_Kong",
    "香港標準時間": "Asia/Hong_Kong",
}
_WRITTEN = ("utf-8", "gbk", "big5", "cp932", "cp1252")
_READ = (("utf-8", "replace"), ("utf-8", "backslashreplace"), ("latin-1", "strict"), ("cp1252", "replace"))


_DATED = re.compile(r"(\d{4})(-?)(\d\d)\2(\d\d)(?:(?:[ -]+|T)(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?)?\s*(.*)", re.ASCII)
_YEARLESS = re.compile(r"(\d\d)(\d\d)[ -]+(\d\d):(\d\d)(?::(\d\d))?\s*(.*)", re.ASCII)
_OFFSET = re.compile(r"(?:GMT|UTC)?([+-])(\d\d?)(?::?(\d\d))?", re.ASCII)
ZONE_CHARACTERS = 200  # of the longest names there are, misread and explained
_DAYS_LIKE = 8  # years until any day of the year has come round, 29 February too


def parse_time(text: str, now: datetime | None = None) -> datetime:
    """The moment that one of IB's spellings stands for.

    ``now`` (the clock, if it is not given) says which year a text without one means. A zone that nobody knows reads
    as UTC, with a `UserWarning` the first time.

    Raises:
        ValueError: the text is none of the spellings.
    """
    text = text.strip()
    if text.isdecimal() and text.isascii() and len(text) != 8:
        return _since_1970(text)
    if found := _DATED.fullmatch(text):
        year, _, month, day, hour, minute, second, fraction, zone = found.groups()
        numbers = [int(number or 0) for number in (year, month, day, hour, minute, second)]
        moment = datetime(*numbers, int((fraction or "")[:6].ljust(6, "0")))  # type: ignore[arg-type,call-arg]
        return moment.replace(tzinfo=zone_of(zone))
    if found := _YEARLESS.fullmatch(text):
        *parts, zone = found.groups()
        return _latest([int(part or 0) for part in parts], zone_of(zone), now or datetime.now(UTC))
    raise ValueError(f"not a time of the TWS API: {text!r}")


def _since_1970(digits: str) -> datetime:
    try:
        return datetime.fromtimestamp(int(digits) / (1000 if len(digits) >= 13 else 1), UTC)
    except (OverflowError, OSError) as error:
        raise ValueError(f"not a time of the TWS API: {digits!r}") from error


def _latest(numbers: list[int], zone: tzinfo, now: datetime) -> datetime:
    """The last moment with this month, day, hour, minute and second that is not after tomorrow."""
    limit = (now + timedelta(days=1)).astimezone(zone)
    problem = None
    for year in range(limit.year, limit.year - _DAYS_LIKE - 1, -1):
        try:
            moment = datetime(year, *numbers, tzinfo=zone)  # type: ignore[misc,arg-type]
        except ValueError as error:  # a year without 29 February
            problem = error
        else:
            if moment <= limit:
                return moment
    raise problem or ValueError(f"no such day up to {now}")


@lru_cache(maxsize=1024)
def zone_of(name: str) -> tzinfo:
    """A time zone by any name a gateway uses; UTC, with a warning, for one that nobody knows.

    Raises:
        ValueError: it is longer than the name of any zone.
    """
    name = " ".join(name.split())
    if not name:
        return UTC
    if len(name) > ZONE_CHARACTERS:
        raise ValueError(f"not a time zone: {name[:ZONE_CHARACTERS]!r} and more")
    for spelling in _spellings(name):
        with contextlib.suppress(KeyError, ValueError, OSError):
            return ZoneInfo(spelling)
    offset = _OFFSET.fullmatch(name)
    if offset and int(offset[2]) < 24 and int(offset[3] or 0) < 60:
        shift = timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0))
        return timezone(shift if offset[1] == "+" else -shift)
    warnings.warn(f"unknown time zone {name!r}: its times are read as UTC", stacklevel=3)
    return UTC


def _spellings(name: str) -> Iterator[str]:
    """What the zone database may call this zone, the likeliest first."""
    standard = re.sub(r" (Daylight|Summer) Time$", " Standard Time", name)
    if found := _ALIASES.get(name) or _ALIASES.get(standard):
        yield found
    yield name
    from tzlocal.windows_tz import win_tz  # only for the few names that are not among the above

    if standard in win_tz:
        yield win_tz[standard]
    if found := _misread().get(_squeezed(name)):
        yield found


@cache
def _misread() -> dict[str, str]:
    """Localised names as they are, and as they look when their bytes were taken for another encoding."""
    found: dict[str, set[str]] = {}
    for name, zone in _LOCALISED.items():
        for written in _WRITTEN:
            with contextlib.suppress(UnicodeEncodeError):
                data = name.encode(written)
                for read, errors in _READ:
                    found.setdefault(_squeezed(data.decode(read, errors)), set()).add(zone)
    return {name: zones.pop() for name, zones in found.items() if len(zones) == 1 and _legible(name)}


def _legible(name: str) -> bool:
    return len(name.replace("\N{REPLACEMENT CHARACTER}", "")) > 2


def _squeezed(name: str) -> str:
    """The name without what decoders do differently: how many marks stand for bytes that could not be read."""
    return re.sub("\N{REPLACEMENT CHARACTER}+", "\N{REPLACEMENT CHARACTER}", " ".join(name.split()))


def format_time(moment: datetime, name: str = "end") -> str:
    """A moment as requests carry it: UTC with a dash, as every server from 157 on reads it.

    Raises:
        ValueError: the datetime has no time zone. TypeError: it is no datetime.
    """
    return aware(moment, name).astimezone(UTC).strftime("%Y%m%d-%H:%M:%S")


def aware(moment: datetime, name: str) -> datetime:
    """The moment itself.

    Raises:
        ValueError: the datetime has no time zone. TypeError: it is no datetime.
    """
    if not isinstance(moment, datetime):
        raise TypeError(f"{name}: {moment!r} is not an aware datetime")
    if moment.tzinfo is None:
        raise ValueError(f"{name}: {moment} has no time zone; say which, as in datetime(2026, 8, 24, tzinfo=UTC)")
    return moment
