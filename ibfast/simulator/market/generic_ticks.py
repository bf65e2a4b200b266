"""Generic ticks: what a client may ask for beside the quotes of a contract, by IB's numbers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from itertools import islice
from math import sqrt
from zlib import crc32

import numpy as np

from ibfast.schema import TickGeneric, TickNews, TickPrice, TickSize, TickString
from ibfast.schema.declare import Message
from ibfast.simulator.market import bars, news
from ibfast.simulator.market.market import DayStats, Market
from ibfast.simulator.market.quotes import decimal_of
from ibfast.simulator.market.universe import Instrument

TRADING_DAYS = 252
WEEKS = (13, 26, 52)
MISC_STATS = 165
NEWS = 292
ALONE = "mdoff"  # in the list: no quotes, only what else is in it

NAMES = {
    100: "Option Volume", 101: "Option Open Interest", 104: "Historical Volatility", 105: "Average Opt Volume",
    106: "impvolat", 162: "Index Future Premium", 165: "Misc. Stats", 220: "Creditman, Mark Price",
    221: "Creditman, Mark Price", 225: "Auction", 232: "Pl Price", 233: "RTVolume", 236: "inventory",
    258: "Fundamentals", 292: "Wide_news", 293: "TradeCount", 294: "TradeRate", 295: "VolumeRate",
    318: "LastRTHTrade", 375: "RTTrdVolume", 411: "rthistvol", 456: "IBDividends", 460: "Bond Factor Multiplier",
    576: "Etf Nav Bid/Ask", 577: "Etf Nav Last", 578: "Etf Nav Close", 586: "IPOHLOPRC", 588: "Futures Open Interest",
    595: "Short-Term Volume X Mins", 614: "Etf Nav High/Low", 619: "Creditman Slow Mark Price",
    623: "Etf Nav Frozen Last",
}  # fmt: skip
ANY = frozenset({165, 220, 221, 225, 232, 233, 292, 293, 294, 295, 318, 375, 595, 619})
LEGAL = {
    "STK": ANY | {100, 101, 104, 105, 106, 236, 258, 411, 456, 576, 577, 578, 586, 614, 623},
    "OPT": ANY | {100, 101, 104, 106},
    "FOP": ANY | {100, 101, 104, 106},
    "FUT": ANY | {588},
    "IND": frozenset({100, 101, 104, 105, 106, 162, 165, 292, 411}),
    "BOND": ANY | {460},
    "FUND": ANY | {577, 578},
    "NEWS": frozenset({292}),
}


class IncorrectGenericTicksError(ValueError):
    """A list asks for what there is not."""


class GenericTicks:
    """The generic ticks of one subscription."""

    def __init__(self, req_id: int, instrument: Instrument, market: Market, listed: str) -> None:
        self.alone = instrument.contract["sec_type"] == "NEWS"
        self._told_s = 0  # up to when news have been told
        self.providers: tuple[str, ...] = ()  # of news; none: of all
        self._req_id = req_id
        self._instrument = instrument
        self._market = market
        self._numbers: list[int] = []
        for item in filter(None, map(str.strip, listed.split(","))):
            self._add(item, listed)

    def opening(self) -> list[Message]:
        return [message for number in self._numbers for message in self._made(number)]

    @property
    def is_slow(self) -> bool:
        """Whether there is more than `opening` has."""
        return MISC_STATS in self._numbers

    def notes(self) -> list[Message]:
        """Those that change from second to second."""
        return [message for number in self._numbers if number in CHANGING for message in self._made(number)]

    def _add(self, item: str, listed: str) -> None:
        if item == ALONE:
            self.alone = True
            return
        number, _, provider = item.partition(":")
        sec_type = self._instrument.contract["sec_type"]
        legal = LEGAL.get(sec_type, ANY)
        if not number.isdigit() or int(number) not in legal:
            names = ",".join(f"{entry}({NAMES[entry]})" for entry in sorted(legal))
            raise IncorrectGenericTicksError(
                f"Incorrect generic tick list of {listed}.  Legal ones for ({sec_type}) are: {names}"
            )
        if int(number) == NEWS:
            self.providers += tuple(provider.split("+")) if provider else ()
        self._numbers.append(int(number))

    def _made(self, number: int) -> Iterator[Message]:
        return MAKERS[number](self) if number in MAKERS else iter(())

    # -- what the makers use

    @property
    def stats(self) -> DayStats:
        return self._market.stats(self._instrument)

    def price(self, tick_type: int, ticks: float) -> TickPrice:
        value = float(bars.prices(self._market.model(self._instrument), np.array([ticks]))[0])
        return TickPrice(req_id=self._req_id, tick_type=tick_type, price=value, size=Decimal(0), attr_mask=0)

    def size(self, tick_type: int, value: float) -> TickSize:
        return TickSize(req_id=self._req_id, tick_type=tick_type, size=decimal_of(float(int(value))))

    def number(self, tick_type: int, value: float) -> TickGeneric:
        return TickGeneric(req_id=self._req_id, tick_type=tick_type, value=value)

    def text(self, tick_type: int, value: str) -> TickString:
        return TickString(req_id=self._req_id, tick_type=tick_type, value=value)

    def middle(self) -> float:
        quote = self._market.quote(self._instrument)
        return float(quote.bid[0] + quote.ask[0]) / 2

    def share(self, what: str) -> float:
        """A number from 0.5 to 1.5 that is always the same for this instrument."""
        return 0.5 + crc32(f"{what} {self._instrument.con_id}".encode()) % 1000 / 1000

    def day_volume(self) -> float:
        return self._instrument.model.daily_volume

    def headlines(self) -> Iterator[Message]:
        """The newest at first, then those that are new."""
        now_s, con_id, name = self._market.now_s(), self._instrument.con_id, news.name_of(self._instrument)
        tape = news.tape_of(self._instrument)
        if self._told_s:
            told = self._market.news.between(con_id, name, self._told_s, now_s, tape)
        else:
            told = list(islice(self._market.news.newest_first(con_id, name, now_s, tape), 1))
        self._told_s = now_s
        for headline in told:
            if not self.providers or headline.provider in self.providers:
                yield TickNews(
                    req_id=self._req_id, timestamp=headline.at_s * 1000, provider_code=headline.provider,
                    article_id=headline.article_id, headline=headline.text, extra_data="",
                )  # fmt: skip

    def lot(self) -> float:
        return max(self._instrument.model.lot, self._instrument.size_unit)

    def volume_of(self, seconds: int) -> float:
        """Traded in the last so many seconds."""
        now_s = self._market.now_s()
        bar = bars.live_bar(self._market.model(self._instrument), "TRADES", now_s - seconds, now_s)[0]
        return float(bar["volume"]) * self._instrument.size_unit

    def trade(self) -> str:
        """``price;size;time in ms;volume of the day;its average price;whether one dealer made the trade``."""
        model, at = self._market.model(self._instrument), np.array([self._market.clock()])
        ticks, size = model.trades(at, model.quotes(at))
        stats = self.stats
        average = stats.turnover / stats.volume if stats.volume else float(ticks[0])
        prices = bars.prices(model, np.array([float(ticks[0])]))[0], average * float(self._instrument.tick)
        return (
            f"{prices[0]:.10g};{decimal_of(float(size[0]))};{int(at[0]) // 1_000_000};"
            f"{decimal_of(float(round(stats.volume, 8)))};{prices[1]:.8f};{'true' if ticks[0] % 2 else 'false'}"
        )

    def last_rth(self) -> float:
        """The last price of regular hours, in ticks."""
        now_s = self._market.now_s()
        session = self._instrument.hours.latest(now_s, liquid=True)
        end = min(session.end, now_s)
        return float(bars.live_bar(self._market.model(self._instrument), "TRADES", end - 1, end)["close"][0])

    async def slow(self) -> list[Message]:
        """Those that a year of history has to be made for: the extremes of 13, 26 and 52 weeks, the average volume."""
        now_s, own = self._market.now_s(), self._instrument
        days, made = self._market.days(own), []
        sessions = own.hours.between(now_s - WEEKS[-1] * bars.WEEK, now_s)
        for session in sessions:
            made.append(days.bars("TRADES", session, now_s))
            await asyncio.sleep(0)
        table, told = np.concatenate(made), list[Message]()
        for number, weeks in enumerate(WEEKS):
            recent = table[[session.end > now_s - weeks * bars.WEEK for session in sessions]]
            told.append(self.price(15 + 2 * number, float(recent["low"].min())))
            told.append(self.price(16 + 2 * number, float(recent["high"].max())))
        return [*told, self.size(21, float(table["volume"].mean()) * own.size_unit / 100)]

    def dividends(self) -> str:
        """``sum of the past year,of the next,date of the next payment,its amount``; empty where there are none."""
        if self._instrument.contract["sec_type"] != "STK" or self.share("dividends") < 0.7:
            return ",,,"
        amount = round(self.middle() * float(self._instrument.tick) * 0.002 * self.share("amount"), 2)
        ahead = timedelta(days=7 + crc32(b"%d" % self._instrument.con_id) % 80)
        return f"{amount * 4:.2f},{amount * 4.2:.2f},{self._market.today() + ahead:%Y%m%d},{amount:.2f}"

    def volatility(self) -> float:
        """Of a year."""
        option = self._instrument.option
        move = self._market.universe.paths[self._instrument.model.path]["daily_move"]
        return option.volatility if option else move * sqrt(TRADING_DAYS)


Maker = Callable[[GenericTicks], Iterator[Message]]
MAKERS: dict[int, Maker] = {}
CHANGING = frozenset({NEWS, 220, 221, 232, 233, 293, 294, 295, 375, 595, 619})


def generic(*numbers: int) -> Callable[[Maker], Maker]:
    """The decorated function makes the ticks of these numbers."""

    def register(maker: Maker) -> Maker:
        MAKERS.update(dict.fromkeys(numbers, maker))
        return maker

    return register


@generic(100)
def _option_volume(own: GenericTicks) -> Iterator[Message]:
    passed = own.stats.volume / max(own.day_volume(), 1)
    yield own.size(29, own.day_volume() / 80 * own.share("calls") * passed)
    yield own.size(30, own.day_volume() / 100 * own.share("puts") * passed)


@generic(101)
def _open_interest(own: GenericTicks) -> Iterator[Message]:
    yield own.size(27, own.day_volume() / 9 * own.share("open calls"))
    yield own.size(28, own.day_volume() / 10 * own.share("open puts"))


@generic(104)
def _historical_volatility(own: GenericTicks) -> Iterator[Message]:
    yield own.number(23, own.volatility())


@generic(105)
def _average_option_volume(own: GenericTicks) -> Iterator[Message]:
    yield own.size(87, own.day_volume() / 45 * own.share("options"))


@generic(106)
def _implied_volatility(own: GenericTicks) -> Iterator[Message]:
    yield own.number(24, own.volatility())


@generic(162)
def _future_premium(own: GenericTicks) -> Iterator[Message]:
    yield own.number(31, round(own.middle() * 0.0025 * own.share("premium")) / 100)


@generic(220, 221, 232)
def _mark_price(own: GenericTicks) -> Iterator[Message]:
    yield own.price(37, own.middle())


@generic(619)
def _slow_mark_price(own: GenericTicks) -> Iterator[Message]:
    yield own.price(79, own.middle())


@generic(225)
def _auction(own: GenericTicks) -> Iterator[Message]:
    yield own.size(34, own.day_volume() / 60 * own.share("auction"))
    yield own.price(35, own.stats.open)
    yield own.size(36, own.day_volume() / 900 * own.share("imbalance"))
    yield own.size(61, own.day_volume() / 1200 * own.share("regulatory"))


@generic(233)
def _rt_volume(own: GenericTicks) -> Iterator[Message]:
    yield own.text(48, own.trade())


@generic(375)
def _rt_trade_volume(own: GenericTicks) -> Iterator[Message]:
    yield own.text(77, own.trade())


@generic(236)
def _shortable(own: GenericTicks) -> Iterator[Message]:
    yield own.number(46, 3.0)
    yield own.size(89, own.day_volume() * own.share("shortable"))


@generic(258)
def _ratios(own: GenericTicks) -> Iterator[Message]:
    margin, growth = 24 * own.share("margin"), 9 * own.share("growth")
    yield own.text(47, f"TTMNPMGN={margin:.4f};NLOW={own.day_volume():.0f};REVCHNGYR={growth:.4f};CURRENCY=USD")


@generic(NEWS)
def _news(own: GenericTicks) -> Iterator[Message]:
    yield from own.headlines()


@generic(293)
def _trade_count(own: GenericTicks) -> Iterator[Message]:
    yield own.number(54, float(int(own.stats.volume / own.lot())))


@generic(294)
def _trade_rate(own: GenericTicks) -> Iterator[Message]:
    yield own.number(55, float(int(own.volume_of(60) / own.lot())))


@generic(295)
def _volume_rate(own: GenericTicks) -> Iterator[Message]:
    yield own.number(56, float(int(own.volume_of(60))))


@generic(318)
def _last_rth_trade(own: GenericTicks) -> Iterator[Message]:
    yield own.price(57, own.last_rth())


@generic(411)
def _real_time_volatility(own: GenericTicks) -> Iterator[Message]:
    yield own.number(58, own.volatility())


@generic(456)
def _dividends(own: GenericTicks) -> Iterator[Message]:
    yield own.text(59, own.dividends())


@generic(460)
def _bond_factor(own: GenericTicks) -> Iterator[Message]:
    yield own.number(60, 1.0)


@generic(576)
def _nav_quote(own: GenericTicks) -> Iterator[Message]:
    yield own.price(94, own.middle())
    yield own.price(95, own.middle())


@generic(577)
def _nav_last(own: GenericTicks) -> Iterator[Message]:
    yield own.price(96, own.middle())


@generic(578)
def _nav_close(own: GenericTicks) -> Iterator[Message]:
    yield own.price(92, own.stats.close)
    yield own.price(93, own.stats.close)


@generic(614)
def _nav_range(own: GenericTicks) -> Iterator[Message]:
    yield own.price(98, own.stats.high)
    yield own.price(99, own.stats.low)


@generic(623)
def _nav_frozen(own: GenericTicks) -> Iterator[Message]:
    yield own.price(97, own.stats.close)


@generic(588)
def _futures_open_interest(own: GenericTicks) -> Iterator[Message]:
    yield own.size(86, own.day_volume() * 1.6 * own.share("open interest"))


@generic(595)
def _short_term_volume(own: GenericTicks) -> Iterator[Message]:
    for tick_type, minutes in ((63, 3), (64, 5), (65, 10)):
        yield own.size(tick_type, own.volume_of(minutes * 60))
