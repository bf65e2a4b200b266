"""Quotes of one instrument, second by second and finer: what its path means in ticks of its own grid."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from ibfast.simulator.market.price_path import DAY_S, MINUTES, DayPath, Floats, Ints, Path
from ibfast.simulator.market.universe import Instrument

STEPS = 32  # quotes a second
STEP_NS = 1_000_000_000 // STEPS
CARRY = 0.03  # of futures over their index, a year
YEAR_S = 365 * DAY_S
SIZES = 9  # a size is 1 to this many lots


@dataclass(frozen=True, slots=True)
class Minutes:
    """Some minutes of a UTC day in ticks: rows are minutes, columns seconds."""

    bid: Ints  # 61 columns: the last is where the next minute begins
    low: Ints  # 60 columns: the lowest bid within the second
    high: Ints  # the highest bid within the second
    spread: Ints  # one column
    volume: Ints  # 60 columns: in units of ``Instrument.size_unit``
    buys: NDArray[np.bool_]  # whether a second opens (and the one before closes) with a trade at the ask


@dataclass(frozen=True, slots=True)
class Quotes:
    """A run of quotes in ticks, with their sizes."""

    bid: Ints
    ask: Ints
    bid_size: Floats
    ask_size: Floats


@dataclass(frozen=True, slots=True)
class Range:
    """What the quotes of a stretch of time came to, and the last of them."""

    low_bid: int
    high_bid: int
    low_ask: int
    high_ask: int
    last_bid: int
    last_ask: int
    bid_size: float
    ask_size: float


class QuoteModel:
    """The quotes of one instrument; pure functions of time."""

    def __init__(self, instrument: Instrument, path: Path) -> None:
        self.instrument = instrument
        self._path = path
        self._seconds_a_day = _seconds_a_day(instrument)
        self._salt = (path.seed << 40 ^ instrument.con_id) % 2**63
        self.second = lru_cache(maxsize=256)(self._second)
        self._range = lru_cache(maxsize=8)(self._walk)  # orders that rest look at the same stretch, one after another

    def minutes(self, day: int, minutes: Ints) -> Minutes:
        """These minutes (0 to 1439) of a UTC day, counted from 1970."""
        made, bank = self._path.day(day), self._path.shapes
        spread = self._spread(made.width)
        starts = self._bids(made.log_price, spread, day * DAY_S + np.arange(MINUTES + 1) * 60)
        shape = made.shape[minutes]
        bid = np.empty((len(minutes), 61), np.int64)
        bid[:, 1:60] = self._inner_bids(made, day, minutes, spread)
        bid[:, 0], bid[:, 60] = starts[minutes], starts[minutes + 1]
        reach = self._reach(made, minutes)
        floor, ceiling = np.minimum(bid[:, :-1], bid[:, 1:]), np.maximum(bid[:, :-1], bid[:, 1:])
        return Minutes(
            bid=bid,
            low=np.maximum(floor - (bank.below[shape] * reach).astype(np.int64), 0),
            high=ceiling + (bank.above[shape] * reach).astype(np.int64),
            spread=spread[minutes][:, None],
            volume=self._volume(made, minutes),
            buys=bank.chance[shape] < 0.5,
        )

    def quotes(self, times_ns: Ints) -> Quotes:
        """The quote at each of these times, ascending."""
        seconds, step = np.divmod(times_ns // STEP_NS, STEPS)
        bid, spread = np.empty(len(step), np.int64), np.empty(len(step), np.int64)
        first, last = (int(seconds[0]), int(seconds[-1])) if len(seconds) else (0, -1)
        edges = np.searchsorted(seconds, np.arange(first, last + 2))
        for second, lo, hi in zip(range(first, last + 1), edges[:-1].tolist(), edges[1:].tolist(), strict=True):
            if lo < hi:
                path, width = self.second(second)
                bid[lo:hi] = path[step[lo:hi]]
                spread[lo:hi] = width
        noise = scramble((times_ns >> 20) ^ self._salt)
        return Quotes(bid, bid + spread, self._sizes(noise), self._sizes(noise >> np.uint64(16)))

    def trades(self, times_ns: Ints, quotes: Quotes) -> tuple[Ints, Floats]:
        """Prices in ticks and sizes of a trade at each of these times."""
        noise = scramble(times_ns ^ self._salt)
        price = np.where(noise & np.uint64(1), quotes.ask, quotes.bid)
        return price, self._sizes(noise >> np.uint64(24), 0.25)

    def stretch(self, after_ns: int, now_ns: int) -> Range:
        """Over the quotes after ``after_ns`` (of the last eight seconds), and the quote now."""
        return self._range(after_ns // STEP_NS, now_ns)

    def _walk(self, after_step: int, now_ns: int) -> Range:
        times = np.arange(after_step + 1, now_ns // STEP_NS + 1, dtype=np.int64)[-8 * STEPS :] * STEP_NS
        quotes = self.quotes(np.append(times, now_ns))
        bid, ask = quotes.bid, quotes.ask
        return Range(
            low_bid=int(np.min(bid)), high_bid=int(np.max(bid)), low_ask=int(np.min(ask)), high_ask=int(np.max(ask)),
            last_bid=int(bid[-1]), last_ask=int(ask[-1]),
            bid_size=float(quotes.bid_size[-1]), ask_size=float(quotes.ask_size[-1]),
        )  # fmt: skip

    def _second(self, second: int) -> tuple[Ints, int]:
        """The bids of one second at its STEPS, and the spread; the bars of that second have the same range."""
        day, rest = divmod(second, DAY_S)
        minute = self.minutes(day, np.array([rest // 60]))
        at = rest % 60
        low, high = int(minute.low[0, at]), int(minute.high[0, at])
        rng = np.random.default_rng([self._path.seed, self.instrument.con_id, second & 0xFFFF_FFFF])
        bids = rng.integers(low, high + 1, STEPS)
        touches = rng.permutation(np.arange(1, STEPS - 1))[:2]
        bids[touches] = low, high
        bids[0], bids[-1] = minute.bid[0, at], minute.bid[0, at + 1]
        return bids, int(minute.spread[0, 0])

    def _inner_bids(self, made: DayPath, day: int, minutes: Ints, spread: Ints) -> Ints:
        """The 59 seconds after the first of each minute."""
        share = np.arange(1, 60) / 60
        start, end = made.log_price[minutes][:, None], made.log_price[minutes + 1][:, None]
        wave = self._path.shapes.move[made.shape[minutes], 1:60]
        log_price = start + (end - start) * share + made.swing[minutes][:, None] * wave
        times = day * DAY_S + minutes[:, None] * 60 + np.arange(1, 60)
        return self._bids(log_price, spread[minutes][:, None], times)

    def underlying(self, second: int) -> float:
        """What an option is priced from in this second; the price itself of what is no option."""
        day, rest = divmod(second, DAY_S)
        minute, at = divmod(rest, 60)
        made = self._path.day(day)
        start, end = made.log_price[minute : minute + 2]
        wave = self._path.shapes.move[made.shape[minute], at]
        log_price = np.array([start + (end - start) * at / 60 + made.swing[minute] * wave])
        return float(self._spot(log_price, np.array([second]))[0])

    def _spot(self, log_price: Floats, times: Ints) -> Floats:
        own = self.instrument
        value = np.exp(log_price) * own.model.scale
        expires_s = own.option.future_expires_s if own.option is not None else own.expires_s
        return value * (1 + CARRY * (expires_s - times) / YEAR_S) if expires_s else value

    def _bids(self, log_price: Floats, spread: Ints, times: Ints) -> Ints:
        value = self._spot(log_price, times)
        if self.instrument.option is not None:
            value = option_value(self.instrument, value, times)
        bid = np.floor(value / float(self.instrument.tick) - spread / 2 + 0.5).astype(np.int64)
        return np.maximum(bid, 0)

    def _spread(self, width: Floats) -> Ints:
        usual = self.instrument.model.spread
        return usual + np.floor(width * (usual * 2 + 1) * (usual > 0)).astype(np.int64)

    def _reach(self, made: DayPath, minutes: Ints) -> Floats:
        """How far, in ticks, the quotes of a second may stray from its ends."""
        price = np.exp(made.log_price[minutes]) * self.instrument.model.scale
        move = self._path.second_move * 1.5 / (2 if self.instrument.option else 1)
        return (price * move / float(self.instrument.tick) + 1.2)[:, None]

    def _volume(self, made: DayPath, minutes: Ints) -> Ints:
        bank, shape = self._path.shapes, made.shape[minutes]
        unit = self.instrument.size_unit
        rate = self.instrument.model.daily_volume / self._seconds_a_day / unit
        return np.floor(rate * made.activity[minutes][:, None] * bank.volume[shape] + bank.chance[shape]).astype(
            np.int64
        )

    def _sizes(self, noise: NDArray[np.uint64], share: float = 1.0) -> Floats:
        model, unit = self.instrument.model, self.instrument.size_unit
        units = max(1, round(model.lot * share / unit))
        return np.round((1 + noise % np.uint64(SIZES)).astype(np.float64) * units * unit, 8)


def scramble(values: Ints) -> NDArray[np.uint64]:
    """Integers that look random and depend on nothing else (splitmix64)."""
    z = values.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


class ComboModel(QuoteModel):
    """The quotes of a combination: what its legs cost together, each at the side that has to be taken."""

    def __init__(self, instrument: Instrument, path: Path, legs: list[QuoteModel]) -> None:
        super().__init__(instrument, path)
        self._legs = [
            (model, leg.ratio, int(model.instrument.tick / instrument.tick))
            for model, leg in zip(legs, instrument.legs, strict=True)
        ]

    def minutes(self, day: int, minutes: Ints) -> Minutes:
        made = [(model.minutes(day, minutes), ratio * ticks) for model, ratio, ticks in self._legs]
        width = sum(abs(ratio) * item.spread for item, ratio in made)
        bids = [ratio * (item.bid + (item.spread if ratio < 0 else 0)) for item, ratio in made]
        lows = [ratio * (item.low if ratio > 0 else item.high + item.spread) for item, ratio in made]
        highs = [ratio * (item.high if ratio > 0 else item.low + item.spread) for item, ratio in made]
        return Minutes(
            bid=sum(bids[1:], bids[0]),
            low=sum(lows[1:], lows[0]),
            high=sum(highs[1:], highs[0]),
            spread=np.asarray(width, np.int64),
            volume=np.min([item.volume // max(abs(ratio), 1) for item, ratio in made], axis=0) // 8,
            buys=made[0][0].buys,
        )

    def quotes(self, times_ns: Ints) -> Quotes:
        bid, ask = np.zeros(len(times_ns), np.int64), np.zeros(len(times_ns), np.int64)
        for model, ratio, ticks in self._legs:
            quotes = model.quotes(times_ns)
            bid += ratio * ticks * (quotes.bid if ratio > 0 else quotes.ask)
            ask += ratio * ticks * (quotes.ask if ratio > 0 else quotes.bid)
        noise = scramble((times_ns >> 20) ^ self._salt)
        return Quotes(bid, ask, self._sizes(noise), self._sizes(noise >> np.uint64(16)))

    def underlying(self, second: int) -> float:
        return self._legs[0][0].underlying(second)


def decimal_of(value: float) -> Decimal:
    """The decimal a float prints as, without a trailing zero."""
    return Decimal(int(value)) if value.is_integer() else Decimal(repr(round(value, 8)))


def option_value(instrument: Instrument, spot: Floats, times: Ints) -> Floats:
    """Black and Scholes without interest."""
    terms = instrument.option
    assert terms is not None
    years = np.maximum(instrument.expires_s - times, 60) / YEAR_S
    spread = terms.volatility * np.sqrt(years)
    d1 = np.log(spot / terms.strike) / spread + spread / 2
    call = spot * normal_cdf(d1) - terms.strike * normal_cdf(d1 - spread)
    return call if terms.right == "C" else call - spot + terms.strike


def normal_cdf(x: Floats) -> Floats:
    """Abramowitz and Stegun 26.2.17, good to 1e-7."""
    t = 1 / (1 + 0.2316419 * np.abs(x))
    tail = t * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
    upper = np.exp(-x * x / 2) / sqrt(2 * np.pi) * tail
    return np.where(x >= 0, 1 - upper, upper)


def _seconds_a_day(instrument: Instrument) -> int:
    session = instrument.hours.latest(DAY_S * 20_000)
    return session.end - session.start
