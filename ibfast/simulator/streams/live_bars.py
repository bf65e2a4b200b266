"""Bars that grow while the client looks on: five-second bars, and the newest bar of a chart kept up to date."""

from __future__ import annotations

import numpy as np

from ibfast.schema import HistoricalDataUpdate, RealTimeBarTick
from ibfast.schema.declare import Message
from ibfast.simulator.market import bars
from ibfast.simulator.market.historical_bars import bar_messages
from ibfast.simulator.market.market import Market
from ibfast.simulator.market.price_path import DAY_S
from ibfast.simulator.market.quotes import decimal_of
from ibfast.simulator.market.trading_hours import Session
from ibfast.simulator.market.universe import Instrument
from ibfast.simulator.streams.ticks import Stream

BAR_S = 5
MOST_LATE = 12  # bars of five seconds that a clock which jumped still gets


class RealTimeBars(Stream):
    """A bar every five seconds; with ``liquid`` only in regular trading hours."""

    flows = False

    def __init__(self, req_id: int, instrument: Instrument, market: Market, shown: str, liquid: bool) -> None:
        super().__init__(req_id, instrument, market)
        self._shown = shown
        self._liquid = liquid
        self._next = market.now_s() // BAR_S * BAR_S

    def notes(self) -> list[Message]:
        now_s = self.market.now_s()
        self._next = max(self._next, now_s // BAR_S * BAR_S - MOST_LATE * BAR_S)
        starts = range(self._next, now_s - BAR_S + 1, BAR_S)
        self._next += len(starts) * BAR_S
        return [self._message(start) for start in starts if not self._liquid or self._is_open(start)]

    def _is_open(self, at: int) -> bool:
        return self.instrument.hours.latest(at + 1, liquid=True).end > at

    def _message(self, start: int) -> RealTimeBarTick:
        bar = bars.live_bar(self._model, self._shown, start, start + BAR_S)[0]
        prices = bars.prices(self._model, np.array([bar[name] for name in ("open", "high", "low", "close")])).tolist()
        volume, wap, count = -1.0, -1.0, -1
        if self._shown in bars.TRADED:
            volume = float(bar["volume"]) * self.instrument.size_unit
            wap, count = float(bar["wap"]) * float(self.instrument.tick), int(bar["count"])
        return RealTimeBarTick(
            req_id=self.req_id, time=start, open=prices[0], high=prices[1], low=prices[2], close=prices[3],
            volume=decimal_of(volume), wap=decimal_of(wap), count=count,
        )  # fmt: skip


class RunningBar(Stream):
    """The newest bar of a chart, told anew every second that it trades in."""

    flows = False

    def __init__(
        self, req_id: int, instrument: Instrument, market: Market, shown: str, size_s: int, liquid: bool,
        format_date: int,
    ) -> None:  # fmt: skip
        super().__init__(req_id, instrument, market)
        self._shown = shown
        self._size_s = size_s
        self._liquid = liquid
        self._format_date = format_date

    def notes(self) -> list[Message]:
        """The running bar; once more the one before it when a new one has just begun."""
        now_s = self.market.now_s()
        session = self.instrument.hours.latest(now_s, self._liquid)
        if session.end < now_s:
            return []
        table = self._days(now_s) if self._size_s >= DAY_S else self._newest(session, now_s)
        rows = bar_messages(self._model, self._shown, table, self._size_s, self._format_date)
        return [HistoricalDataUpdate(req_id=self.req_id, historical_data_bar=row) for row in rows]

    def _newest(self, session: Session, now_s: int) -> bars.Table:
        midnight = bars.midnight(self._model, session)
        start = midnight + (now_s - 1 - midnight) // self._size_s * self._size_s
        if now_s - start == 1:
            start -= self._size_s
        return bars.session_bars(self._model, self._shown, session, start, now_s, self._size_s)

    def _days(self, now_s: int) -> bars.Table:
        days = self.market.days(self.instrument)
        span = {bars.WEEK: 7, bars.MONTH: 31}.get(self._size_s, 1)
        sessions = self.instrument.hours.between(now_s - span * DAY_S, now_s, self._liquid)
        if self._size_s == DAY_S:
            sessions = sessions[-1:]
        table = np.concatenate([days.bars(self._shown, session, now_s) for session in sessions])
        return bars.longer_bars(table, self._size_s)[-1:] if self._size_s > DAY_S else table
