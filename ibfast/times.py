"""The spellings of time on the wire, read into aware datetimes.

``20260413 15:27:04 US/Eastern``, ``20230411-16:00:00`` (UTC), ``20260411-16:00:00Z``, ``20240318`` (a day: its
midnight in UTC), ``1712345678`` (seconds) and ``1712345678901`` (milliseconds since 1970), with one blank or two.
"""

from __future__ import annotations

import re
import warnings
from datetime import UTC, datetime, tzinfo
from functools import cache
from zoneinfo import ZoneInfo

# Names that gateways on Windows and older TWS use, where the zone database has others.
_ALIASES = {
    "CEST": "Europe/Berlin",
    "CST": "America/Chicago",
    "Central European Standard Time": "Europe/Berlin",
    "Central Standard Time": "America/Chicago",
    "China Standard Time": "Asia/Shanghai",
    "Coordinated Universal Time": "UTC",
    "EDT": "America/New_York",
    "EST": "America/New_York",
    "Eastern Standard Time": "America/New_York",
    "GMT Standard Time": "Europe/London",
    "Greenwich Mean Time": "Etc/GMT",
    "Hong Kong Standard Time": "Asia/Hong_Kong",
    "Japan Standard Time": "Asia/Tokyo",
    "MST": "America/Denver",
    "Mountain Standard Time": "America/Denver",
    "PST": "America/Los_Angeles",
    "Pacific Standard Time": "America/Los_Angeles",
    "Singapore Standard Time": "Asia/Singapore",
    "Z": "UTC",
}

_TEXT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:[ -]+(\d\d):(\d\d):(\d\d)(?:\.\d+)?)?\s*(.*)")


def parse_time(text: str) -> datetime:
    """The moment that one of IB's spellings stands for.

    A zone that nobody knows reads as UTC, with a `UserWarning` the first time.

    Raises:
        ValueError: the text is none of the spellings.
    """
    text = text.strip()
    if text.isdigit() and len(text) != 8:
        seconds = int(text)
        return datetime.fromtimestamp(seconds / 1000 if len(text) >= 13 else seconds, UTC)
    found = _TEXT.fullmatch(text)
    if found is None:
        raise ValueError(f"not a time of the TWS API: {text!r}")
    *numbers, zone = found.groups()
    return datetime(*(int(number or 0) for number in numbers), tzinfo=zone_of(zone))  # type: ignore[arg-type, misc]


@cache
def zone_of(name: str) -> tzinfo:
    """A time zone by any name a gateway uses; UTC, with a warning, for one that nobody knows."""
    name = name.strip()
    if not name:
        return UTC
    try:
        return ZoneInfo(_ALIASES.get(name, name))
    except (KeyError, ValueError, OSError):
        warnings.warn(f"unknown time zone {name!r}: its times are read as UTC", stacklevel=2)
        return UTC


def format_time(moment: datetime) -> str:
    """A moment as requests carry it: UTC with a dash, as every server from 157 on reads it.

    Raises:
        ValueError: the datetime has no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError(f"end: {moment} has no time zone")
    return moment.astimezone(UTC).strftime("%Y%m%d-%H:%M:%S")
