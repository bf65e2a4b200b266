"""Historical bars as one numpy array."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ibfast.errors import DecodeError
from ibfast.records import BAR, Rows, concatenate
from ibfast.schema import HistoricalDataBar
from ibfast.table import Table
from ibfast.times import parse_time

FAR_FUTURE_S = 2**63 // 1_000_000_000  # the first second whose nanoseconds int64 cannot count


class Bars(Table):
    """Bars, oldest first.

    ``records`` is a structured array of dtype `ibfast.records.BAR`. Where TWS has no volume and no average price, as in
    bars of quotes, it says -1: they are NaN here, and ``bar_count`` is -1. Weekly and monthly bars carry the last day
    of their period. ``start`` and ``end`` are the range as TWS spells it, where it says so.
    """

    _noun: ClassVar[str] = "bars"
    _time: ClassVar[tuple[str, str]] = ("time_ns", "ns")

    def __init__(self, records: NDArray[np.void], start: str = "", end: str = "") -> None:
        super().__init__(without_placeholders(records))
        self.start = start
        self.end = end

    @classmethod
    def from_answer(cls, rows: Rows, bars: Sequence[HistoricalDataBar], start: str = "", end: str = "") -> Bars:
        """Bars that came as records, and those (of spellings no decoder knows by heart) that came as messages."""
        records = rows.take()
        if bars:
            records = concatenate([records, cls.from_messages(bars).records])
            records.sort(order="time_ns")
        return cls(records, start, end)

    @classmethod
    def from_messages(cls, bars: Sequence[HistoricalDataBar], start: str = "", end: str = "") -> Bars:
        """Bars of an answer; unset numbers are NaN, an unset count is 0.

        Raises:
            DecodeError: the date of a bar is none of IB's spellings.
        """
        records = np.empty(len(bars), BAR)
        records["time_ns"] = [_time_ns(bar.date or "") for bar in bars]
        for name in ("open", "high", "low", "close", "volume", "wap"):
            records[name] = [np.nan if (value := getattr(bar, name)) is None else float(value) for bar in bars]
        records["bar_count"] = [bar.bar_count or 0 for bar in bars]
        return cls(records, start, end)


def without_placeholders(records: NDArray[np.void]) -> NDArray[np.void]:
    """The bars, with NaN where TWS says -1 for a volume that it does not have, and for the average price with it."""
    missing = records["volume"] < 0
    if missing.any():
        records = records.copy()
        records["wap"][missing & (records["wap"] == -1)] = np.nan
        records["volume"][missing] = np.nan
    return records


def _time_ns(date: str) -> int:
    try:
        seconds = int(date) if date.isdecimal() and len(date) != 8 else int(parse_time(date).timestamp())
    except (ValueError, OverflowError, OSError):
        seconds = FAR_FUTURE_S
    if not -FAR_FUTURE_S < seconds < FAR_FUTURE_S:
        raise DecodeError("HistoricalDataBar", "date", 0, "not a time of the TWS API", date.encode())
    return seconds * 1_000_000_000
