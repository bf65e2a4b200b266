"""Historical bars as one numpy array."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ibfast.errors import DecodeError
from ibfast.records import BAR, Rows
from ibfast.schema import HistoricalDataBar
from ibfast.times import parse_time

FAR_FUTURE_S = 2**63 // 1_000_000_000  # the first second whose nanoseconds int64 cannot count

if TYPE_CHECKING:
    import pandas as pd


class Bars:
    """Bars, oldest first.

    ``records`` is a structured array of dtype `ibfast.records.BAR`. ``start`` and ``end`` are the range as TWS spells
    it, where it says so.
    """

    def __init__(self, records: NDArray[np.void], start: str = "", end: str = "") -> None:
        self.records = records
        self.start = start
        self.end = end

    @classmethod
    def from_answer(cls, rows: Rows, bars: Sequence[HistoricalDataBar], start: str = "", end: str = "") -> Bars:
        """Bars that came as records, and those (of spellings no decoder knows by heart) that came as messages."""
        records = rows.take()
        if bars:
            records = np.concatenate([records, cls.from_messages(bars).records])
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

    def to_pandas(self) -> pd.DataFrame:
        """A DataFrame with an index of UTC timestamps; needs pandas."""
        import pandas as pd

        names = [name for name in self.records.dtype.names or () if name != "time_ns"]
        index = pd.DatetimeIndex(self.records["time_ns"].astype("datetime64[ns]"), name="time").tz_localize("UTC")
        return pd.DataFrame({name: self.records[name] for name in names}, index=index)

    def __len__(self) -> int:
        return len(self.records)

    def __getitem__(self, item: Any) -> Any:
        """A column by its name, a record by its place, or several of them."""
        return self.records[item]

    def __repr__(self) -> str:
        if not len(self):
            return "<no bars>"
        first, last = (np.datetime64(int(ns), "ns").astype("datetime64[s]") for ns in self.records["time_ns"][[0, -1]])
        return f"<{len(self)} bars, {first} to {last} UTC>"


def _time_ns(date: str) -> int:
    try:
        seconds = int(date) if date.isdecimal() and len(date) != 8 else int(parse_time(date).timestamp())
    except (ValueError, OverflowError, OSError):
        seconds = FAR_FUTURE_S
    if seconds >= FAR_FUTURE_S:
        raise DecodeError("HistoricalDataBar", "date", 0, "not a time of the TWS API", date.encode())
    return seconds * 1_000_000_000
