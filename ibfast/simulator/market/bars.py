"""Historical bars: sums over the same seconds that live quotes are drawn from, so any two sizes agree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from ibfast.simulator.market.price_path import DAY_S, Floats, Ints, day_number
from ibfast.simulator.market.quotes import QuoteModel
from ibfast.simulator.market.trading_hours import IB_ZONES, Hours, Session

SECONDS = {
    "1 sec": 1, "1 secs": 1, "5 secs": 5, "10 secs": 10, "15 secs": 15, "30 secs": 30, "1 min": 60, "2 mins": 120,
    "3 mins": 180, "5 mins": 300, "10 mins": 600, "15 mins": 900, "20 mins": 1200, "30 mins": 1800, "1 hour": 3600,
    "2 hours": 7200, "3 hours": 10800, "4 hours": 14400, "8 hours": 28800, "1 day": DAY_S,
    "1 week": 7 * DAY_S, "1W": 7 * DAY_S, "1w": 7 * DAY_S, "1 month": 30 * DAY_S, "1M": 30 * DAY_S, "1m": 30 * DAY_S,
}  # fmt: skip
WEEK, MONTH = 7 * DAY_S, 30 * DAY_S
LEGAL_SIZES = ", ".join(name for name in SECONDS if " " in name and name != "1 sec")
SHOWN = ("TRADES", "MIDPOINT", "BID", "ASK", "BID_ASK", "ADJUSTED_LAST", "AGGTRADES")
TRADED = ("TRADES", "ADJUSTED_LAST", "AGGTRADES")
FIRST_TRADE = date(1980, 12, 12)  # nothing is older
MOST_BARS = 200_000

BARS = np.dtype([("time", "<i8"), ("open", "<f8"), ("high", "<f8"), ("low", "<f8"), ("close", "<f8"),
                 ("volume", "<f8"), ("wap", "<f8"), ("count", "<i8"), ("seconds", "<i8")])  # fmt: skip
"""Prices in ticks, times in seconds; a day's or a longer bar has midnight UTC of its date.

``seconds`` is how much of the session is in the bar, the weight of its averages.
"""

Table = NDArray[np.void]


class BadTimeError(ValueError):
    """A date or duration that does not read as one."""


def session_bars(model: QuoteModel, shown: str, session: Session, start_s: int, end_s: int, size_s: int) -> Table:
    """The bars of one session that lie in [start, end), aligned to the clock of the exchange."""
    start, end = max(session.start, start_s), min(session.end, end_s)
    if start >= end:
        return np.empty(0, BARS)
    seconds = seconds_of(model, shown, start, end)
    if size_s >= DAY_S:
        return _merge(seconds, np.zeros(len(seconds), np.int64), np.array([day_number(session.day) * DAY_S]))
    begin = midnight(model, session)
    keys = (seconds["time"] - begin) // size_s
    times = np.maximum(np.unique(keys) * size_s + begin, start)
    return _merge(seconds, keys, times)


def midnight(model: QuoteModel, session: Session) -> int:
    """Where the bars of a session are counted from."""
    return int(datetime.combine(session.day, datetime.min.time(), model.instrument.hours.zone).timestamp())


def live_bar(model: QuoteModel, shown: str, start_s: int, end_s: int) -> Table:
    """One bar of [start, end), in a session or not: live data work around the clock."""
    return _merge(seconds_of(model, shown, start_s, end_s), np.zeros(end_s - start_s, np.int64), np.array([start_s]))


def volume_at_price(model: QuoteModel, session: Session, start_s: int, end_s: int) -> tuple[Ints, Floats]:
    """Prices in ticks, ascending, and the volume that the seconds of a session in [start, end) closed at."""
    seconds = seconds_of(model, "TRADES", max(session.start, start_s), min(session.end, end_s))
    ticks, at = np.unique(seconds["close"].astype(np.int64), return_inverse=True)
    return ticks, np.bincount(at, seconds["volume"]).astype(np.float64)


class DailyBars:
    """The finished days of one instrument, kept once they are made."""

    def __init__(self, model: QuoteModel) -> None:
        self._model = model
        self._finished = lru_cache(maxsize=16384)(self._make)

    def bars(self, shown: str, session: Session, end_s: int) -> Table:
        """The bar of a session up to ``end_s``."""
        if end_s >= session.end:
            return self._finished(shown, session)
        return session_bars(self._model, shown, session, session.start, end_s, DAY_S)

    def _make(self, shown: str, session: Session) -> Table:
        return session_bars(self._model, shown, session, session.start, session.end, DAY_S)


def longer_bars(days: Table, size_s: int) -> Table:
    """Weekly or monthly bars of daily ones; each has the date of its last day."""
    if size_s == WEEK:
        keys = (days["time"] // DAY_S + 3) // 7  # weeks begin on Monday; 1 January 1970 was a Thursday
    else:
        month = days["time"].astype("datetime64[s]").astype("datetime64[M]")
        keys = month.astype(np.int64)
    last = np.flatnonzero(np.diff(keys, append=keys[-1:] + 1))
    return _merge(days, keys, days["time"][last])


def seconds_of(model: QuoteModel, shown: str, start_s: int, end_s: int) -> Table:
    """One bar a second of [start, end)."""
    parts = []
    for day in range(start_s // DAY_S, (end_s - 1) // DAY_S + 1):
        first, last = max(start_s - day * DAY_S, 0), min(end_s - day * DAY_S, DAY_S)
        minutes = np.arange(first // 60, (last + 59) // 60)
        made = model.minutes(day, minutes)
        cut = slice(first - minutes[0] * 60, last - minutes[0] * 60)
        spread = made.spread
        bid = made.bid.astype(np.float64)
        low, high = made.low.astype(np.float64), made.high.astype(np.float64)
        begin, close = bid[:, :-1], bid[:, 1:]
        if shown == "BID_ASK":
            high, close = high + spread, begin + spread
        elif shown == "ASK":
            begin, high, low, close = begin + spread, high + spread, low + spread, close + spread
        elif shown == "MIDPOINT":
            half = spread / 2
            begin, high, low, close = begin + half, high + half, low + half, close + half
        elif shown in TRADED:
            begin, high, close = begin + spread * made.buys, high + spread, close + spread * ~made.buys
        part = np.empty(last - first, BARS)
        part["time"] = np.arange(day * DAY_S + first, day * DAY_S + last)
        part["open"], part["high"] = begin.ravel()[cut], high.ravel()[cut]
        part["low"], part["close"] = low.ravel()[cut], close.ravel()[cut]
        part["volume"] = made.volume.ravel()[cut]
        part["wap"] = (part["low"] + part["high"]) / 2
        part["count"] = np.ceil(part["volume"] / _units_a_trade(model))
        part["seconds"] = 1
        parts.append(part)
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _units_a_trade(model: QuoteModel) -> float:
    return max(1.0, model.instrument.model.lot / model.instrument.size_unit)


def _merge(rows: Table, keys: Ints, times: Ints) -> Table:
    """One bar for each run of equal keys."""
    starts = np.flatnonzero(np.diff(keys, prepend=keys[:1] - 1))
    stops = np.append(starts[1:], len(rows)) - 1
    bars = np.empty(len(starts), BARS)
    bars["time"] = times
    bars["open"], bars["close"] = rows["open"][starts], rows["close"][stops]
    bars["high"], bars["low"] = np.maximum.reduceat(rows["high"], starts), np.minimum.reduceat(rows["low"], starts)
    for name in ("volume", "count", "seconds"):
        bars[name] = np.add.reduceat(rows[name], starts)
    weight = np.where(bars["volume"] > 0, bars["volume"], bars["seconds"])
    weights = np.where(np.repeat(bars["volume"] > 0, stops - starts + 1), rows["volume"], rows["seconds"])
    bars["wap"] = np.add.reduceat(rows["wap"] * weights, starts) / weight
    return bars


def averages(rows: Table, name: str) -> float:
    """The mean of a column, weighted by time."""
    return float((rows[name] * rows["seconds"]).sum() / rows["seconds"].sum())


# ------------------------------------------------------------------------------------------- durations and dates

_DURATION = re.compile(r"(\d+) ([SDWMY])")


def sessions_of(hours: Hours, duration: str, end_s: int, liquid: bool) -> tuple[int, list[Session]]:
    """(first second, sessions oldest first) that a duration before ``end_s`` covers.

    Seconds and days are counted in trading time, weeks, months and years by the calendar.

    Raises:
        BadTimeError: not a duration.
    """
    found = _DURATION.fullmatch(duration.strip())
    if found is None or found[1] == "0":
        raise BadTimeError(duration)
    count, unit = int(found[1]), found[2]
    if unit == "S":
        return _last_seconds(hours, count, end_s, liquid)
    if unit == "D":
        picked = [
            session for session, _ in zip(hours.back_from(end_s, liquid), range(min(count, 20_000)), strict=False)
        ]
        kept = [session for session in reversed(picked) if session.day >= FIRST_TRADE]
        return (kept[0].start if kept else end_s), kept
    start_s = _months_back(end_s, count * {"M": 1, "Y": 12}[unit]) if unit != "W" else end_s - count * WEEK
    first = int(datetime(FIRST_TRADE.year, FIRST_TRADE.month, FIRST_TRADE.day, tzinfo=UTC).timestamp())
    start_s = max(start_s, first)
    return start_s, hours.between(start_s, end_s, liquid)


def _last_seconds(hours: Hours, count: int, end_s: int, liquid: bool) -> tuple[int, list[Session]]:
    picked: list[Session] = []
    start = end_s
    for session in hours.back_from(end_s, liquid):
        picked.append(session)
        end = min(session.end, end_s)
        start = max(session.start, end - count)
        count -= end - start
        if count <= 0 or session.day < FIRST_TRADE:
            break
    return start, picked[::-1]


def _months_back(end_s: int, months: int) -> int:
    end = datetime.fromtimestamp(end_s, UTC)
    number = max(end.year * 12 + end.month - 1 - months, 1960 * 12)
    year, month = number // 12, number % 12 + 1
    last = (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day
    return int(end.replace(year=year, month=month, day=min(end.day, last)).timestamp())


_END = re.compile(r"(\d{8})([ -])(\d\d:\d\d:\d\d)(?: (\S.*))?")


def parse_end(text: str | None, now_s: int) -> int:
    """The end of a request in seconds since 1970, now at the latest; empty is now."""
    return min(parse_time(text), now_s) if text else now_s


def parse_time(text: str) -> int:
    """``20260713 10:00:00 US/Eastern`` or ``20260713-10:00:00`` (UTC); without a zone it is UTC.

    Raises:
        BadTimeError: neither of these.
    """
    found = _END.fullmatch(text.strip())
    if found is None:
        raise BadTimeError(text)
    try:
        zone = ZoneInfo(IB_ZONES.get(found[4], found[4])) if found[4] else UTC
        at = datetime.strptime(f"{found[1]} {found[3]}", "%Y%m%d %H:%M:%S").replace(tzinfo=zone)
    except (ValueError, KeyError, OSError) as error:
        raise BadTimeError(text) from error
    return int(at.timestamp())


def dates(times: Ints, size_s: int, format_date: int, hours: Hours) -> Iterator[str]:
    """Times of bars as message 17 writes them; days and longer are a date whatever the format."""
    for at in times.tolist():
        if size_s >= DAY_S:
            yield f"{datetime.fromtimestamp(at, UTC):%Y%m%d}"
        elif format_date == 2:
            yield str(at)
        else:
            yield f"{datetime.fromtimestamp(at, hours.zone):%Y%m%d %H:%M:%S} {hours.time_zone_id}"


def prices(model: QuoteModel, ticks: Floats) -> Floats:
    """Ticks and half ticks as the floats nearest to their decimal prices."""
    tick = model.instrument.tick
    return np.round(ticks * 2) * tick.numerator / (2 * tick.denominator)
