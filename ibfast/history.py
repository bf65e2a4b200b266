"""What there is of the past beside bars: ticks, histograms, schedules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from ibfast.errors import DecodeError, IbfastError
from ibfast.schema import HistogramData, HistoricalSchedule, HistoricalSession
from ibfast.table import Table
from ibfast.times import parse_time

if TYPE_CHECKING:
    import pandas as pd

SECONDS_PER_DAY = 86_400
DAYS_WITHOUT_TICKS = 10
"""So many in a row are no weekend and no holiday: the past has ended, or not yet begun."""

HISTOGRAM = np.dtype([("price", "<f8"), ("size", "<f8")])


class PastTicks(Table):
    """Trades, quotes or midpoints of the past, oldest first, as `ibfast.records` describes their columns."""

    _noun: ClassVar[str] = "ticks"


class Histogram(Table):
    """How much was traded at which price; ``records`` has the columns ``price`` and ``size``."""

    _noun: ClassVar[str] = "prices"

    @classmethod
    def from_message(cls, message: HistogramData) -> Histogram:
        """The entries of an answer."""
        records = np.empty(len(message.histogram_data_entries), HISTOGRAM)
        for name in ("price", "size"):
            values = [getattr(entry, name) for entry in message.histogram_data_entries]
            records[name] = [np.nan if value is None else float(value) for value in values]
        return cls(records)

    def to_pandas(self) -> pd.DataFrame:
        """A DataFrame of sizes, with an index of prices; needs pandas."""
        import pandas as pd

        return pd.DataFrame({"size": self.records["size"]}, index=pd.Index(self.records["price"], name="price"))

    def __repr__(self) -> str:
        return f"<{len(self)} {self._noun}>"


@dataclass(frozen=True)
class TradingSession:
    """One trading session, and the trading day it belongs to."""

    start: datetime
    end: datetime
    ref_date: date


@dataclass(frozen=True)
class Schedule:
    """The trading sessions of a range of days, in the time zone of the contract."""

    start: datetime
    end: datetime
    time_zone: str
    sessions: tuple[TradingSession, ...]

    @classmethod
    def from_message(cls, message: HistoricalSchedule) -> Schedule:
        """The sessions of an answer.

        Raises:
            DecodeError: a time is none of IB's spellings.
        """
        zone = message.time_zone or ""
        return cls(
            _moment(message, "start_date_time", zone),
            _moment(message, "end_date_time", zone),
            zone,
            tuple(_session(session, zone) for session in message.historical_sessions),
        )

    def to_pandas(self) -> pd.DataFrame:
        """A DataFrame of starts and ends, with an index of trading days; needs pandas."""
        import pandas as pd

        days = pd.DatetimeIndex([session.ref_date for session in self.sessions], name="ref_date")
        columns = {name: [getattr(session, name) for session in self.sessions] for name in ("start", "end")}
        return pd.DataFrame(columns, index=days)

    def __len__(self) -> int:
        return len(self.sessions)


def _session(message: HistoricalSession, zone: str) -> TradingSession:
    start, end = (_moment(message, name, zone) for name in ("start_date_time", "end_date_time"))
    return TradingSession(start, end, _moment(message, "ref_date", "").date())


def _moment(message: HistoricalSchedule | HistoricalSession, name: str, zone: str) -> datetime:
    text = getattr(message, name) or ""
    try:
        return parse_time(f"{text} {zone}")
    except ValueError:
        reason = "not a time of the TWS API"
        raise DecodeError(type(message).__name__, name, 0, reason, text.encode()) from None


class Pages:
    """Which past ticks to ask for next, and which of an answer are new.

    TWS answers from a second on with so many ticks and the rest of the last second. The next page begins with that
    second again, as it may not have been over: what of it was there before is left out.
    """

    def __init__(self, start_s: int, end_s: int) -> None:
        self.next_s = start_s
        self._end_s = end_s
        self._known = 0  # ticks of the second ``next_s`` that were there already
        self._days_without = 0

    @property
    def are_done(self) -> bool:
        """Whether nothing is left to ask for."""
        return self.next_s >= self._end_s or self._days_without >= DAYS_WITHOUT_TICKS

    def take(self, records: NDArray[np.void]) -> NDArray[np.void]:
        """What is new in the answer to a request from ``next_s`` on.

        Raises:
            IbfastError: all of it is from before that.
        """
        page = records[records["time"] >= self.next_s]  # quotes begin with the one that was good at the start
        if not len(page):
            self._check_usable(records)
        new = page[min(self._known, int((page["time"] == self.next_s).sum())) :]
        wanted = new[new["time"] < self._end_s]
        if len(new) > len(wanted):
            self.next_s = self._end_s
        elif len(wanted):
            self._go_on_from(wanted["time"].tolist())
        elif len(page):
            self.next_s, self._known = self.next_s + 1, 0
        else:
            self.next_s, self._known = (self.next_s // SECONDS_PER_DAY + 1) * SECONDS_PER_DAY, 0
            self._days_without += 1
        return wanted

    def _check_usable(self, records: NDArray[np.void]) -> None:
        """An answer that lies before its start altogether is not "no ticks": nothing tells where to go on."""
        is_quote_at_start = len(records) == 1 and "exchange" not in (records.dtype.names or ())
        if len(records) and not is_quote_at_start:
            start, last = (datetime.fromtimestamp(int(at), UTC) for at in (self.next_s, records["time"].max()))
            raise IbfastError(
                f"past ticks: TWS was asked for those from {start:%Y-%m-%d %H:%M:%S} UTC on, and answered with "
                f"{len(records)} of which the last is of {last:%Y-%m-%d %H:%M:%S} UTC; the download cannot go on"
            )

    def _go_on_from(self, times: list[int]) -> None:
        last = max(times)
        self._known = times.count(last) + (self._known if last == self.next_s else 0)
        self.next_s = last
        self._days_without = 0
