"""The simulated market: one seeded model an instrument, one clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np

from ibfast.simulator.market.bars import DailyBars, session_bars
from ibfast.simulator.market.news import News
from ibfast.simulator.market.price_path import DAY_S, Path, day_number
from ibfast.simulator.market.quotes import ComboModel, QuoteModel, Quotes
from ibfast.simulator.market.trading_hours import Session
from ibfast.simulator.market.universe import Instrument, Universe

Clock = Callable[[], int]
FIXED_RATES = {"KRW": 1 / 1400}
"""Dollars for a unit of what has no pair here."""


@dataclass(slots=True)
class DayStats:
    """The trading day so far, in ticks; it runs on after hours until the next one begins."""

    open: int
    high: int
    low: int
    close: int  # of the day before
    volume: float
    turnover: float  # volume times its price in ticks
    start_s: int
    end_s: int  # no volume is counted after it
    counted_to_s: int


class Market:
    """Prices of everything at any time; the same seed and clock give the same market."""

    def __init__(self, seed: int = 0, clock: Clock = time.time_ns) -> None:
        self.clock = clock
        self.universe = Universe(self.today, lambda name, day: self._paths[name].level(day_number(day)))
        self.news = News(seed)
        anchor = self.universe.anchor
        self._paths = {name: Path(seed, name, anchor=anchor, **facts) for name, facts in self.universe.paths.items()}
        self._models: dict[Instrument, QuoteModel] = {}
        self._days: dict[Instrument, DailyBars] = {}
        self._stats: dict[Instrument, DayStats] = {}

    def now_s(self) -> int:
        return self.clock() // 1_000_000_000

    def today(self) -> date:
        return datetime.fromtimestamp(self.now_s(), UTC).date()

    def model(self, instrument: Instrument) -> QuoteModel:
        model = self._models.get(instrument)
        if model is None:
            model = self._models[instrument] = self._new_model(instrument)
        return model

    def _new_model(self, instrument: Instrument) -> QuoteModel:
        path = self._paths[instrument.model.path]
        if instrument.legs:
            return ComboModel(instrument, path, [self.model(leg.instrument) for leg in instrument.legs])
        return QuoteModel(instrument, path)

    def days(self, instrument: Instrument) -> DailyBars:
        daily = self._days.get(instrument)
        if daily is None:
            daily = self._days[instrument] = DailyBars(self.model(instrument))
        return daily

    def quote(self, instrument: Instrument, now_ns: int | None = None) -> Quotes:
        """The quote of one moment."""
        return self.model(instrument).quotes(np.array([self.clock() if now_ns is None else now_ns]))

    def mid(self, instrument: Instrument) -> float:
        """The price between bid and ask now."""
        quote = self.quote(instrument)
        return (instrument.price(int(quote.bid[0])) + instrument.price(int(quote.ask[0]))) / 2

    def rate(self, currency: str) -> float:
        """What a unit of a currency is worth in dollars now, by the pair that trades; by a fixed one if none does."""
        for instrument in self.universe.instruments():
            own = instrument.contract
            pair = own.get("symbol"), own.get("currency")
            if own["sec_type"] == "CASH" and pair == (currency, "USD"):
                return self.mid(instrument)
            if own["sec_type"] == "CASH" and pair == ("USD", currency):
                return 1 / self.mid(instrument)
        return FIXED_RATES.get(currency, 1.0)

    def stats(self, instrument: Instrument) -> DayStats:
        """The day so far; the second that runs is in it, so that no quote is ever outside of its day."""
        end_s = self.now_s() + 1
        session = instrument.hours.latest(end_s)
        stats = self._stats.get(instrument)
        if stats is None or stats.start_s != session.start or stats.counted_to_s > end_s:
            stats = self._stats[instrument] = self._new_stats(instrument, session)
        if end_s > stats.counted_to_s:
            self._count(instrument, stats, end_s)
        return stats

    def _new_stats(self, instrument: Instrument, session: Session) -> DayStats:
        start_s = session.start
        before = next(instrument.hours.back_from(start_s))
        close = self.days(instrument).bars("TRADES", before, before.end)["close"][0]
        first = session_bars(
            self.model(instrument), "TRADES", instrument.hours.latest(start_s + 1), start_s, start_s + 1, 1
        )
        opened = int(first["open"][0])
        return DayStats(opened, opened, opened, int(close), 0.0, 0.0, start_s, session.end, start_s)

    def _count(self, instrument: Instrument, stats: DayStats, end_s: int) -> None:
        model = self.model(instrument)
        for day in range(stats.counted_to_s // DAY_S, (end_s - 1) // DAY_S + 1):
            first, last = max(stats.counted_to_s - day * DAY_S, 0), min(end_s - day * DAY_S, DAY_S)
            minutes = np.arange(first // 60, (last + 59) // 60)
            made = model.minutes(day, minutes)
            cut = slice(first - minutes[0] * 60, last - minutes[0] * 60)
            stats.high = max(stats.high, int(np.max((made.high + made.spread).ravel()[cut])))
            stats.low = min(stats.low, int(np.min(made.low.ravel()[cut])))
            traded = made.volume.ravel()[cut][: max(0, stats.end_s - day * DAY_S - first)]
            average = ((made.low + made.high + made.spread) / 2).ravel()[cut][: len(traded)]
            stats.volume += float(traded.sum()) * instrument.size_unit
            stats.turnover += float((traded * average).sum()) * instrument.size_unit
        stats.counted_to_s = end_s
