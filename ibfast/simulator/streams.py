"""One subscription's ticks, made a whole array at a time from the quotes of its instrument."""

from __future__ import annotations

from decimal import Decimal
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from ibfast.records import DTYPES, EXCHANGES
from ibfast.schema import MarketDataType, TickGeneric, TickPrice, TickReqParams, TickSize, TickString
from ibfast.schema.declare import Message
from ibfast.simulator.market import Market
from ibfast.simulator.path import Floats, Ints
from ibfast.simulator.universe import Instrument

Rows = NDArray[np.void]


class Tick(IntEnum):
    """The tick types that the simulator sends."""

    BID_SIZE = 0
    BID = 1
    ASK = 2
    ASK_SIZE = 3
    LAST = 4
    LAST_SIZE = 5
    HIGH = 6
    LOW = 7
    VOLUME = 8
    CLOSE = 9
    OPEN = 14
    LAST_TIMESTAMP = 45
    HALTED = 49


LAST, ALL_LAST = 1, 2
TICK_BY_TICK = ("Last", "AllLast", "BidAsk", "MidPoint")
BBO_EXCHANGES = {"STK": "9c0001", "OPT": "a60001"}
VENUES = ("ARCA", "NASDAQ", "NYSE", "BATS", "IEX", "MEMX", "EDGX", "FINRA")

BID_FIRST = (Tick.BID, Tick.BID_SIZE, Tick.ASK, Tick.ASK_SIZE)
ASK_FIRST = (Tick.ASK, Tick.ASK_SIZE, Tick.BID, Tick.BID_SIZE)
TRADE = (Tick.LAST, Tick.LAST_SIZE, Tick.VOLUME)
ROUNDS = np.array([BID_FIRST + TRADE, ASK_FIRST + TRADE], np.int32)
"""The ticks of one quote and a trade on it. A rising quote tells its ask first, so that no reader sees it crossed."""
UNQUOTED = np.array([[Tick.LAST]] * 2, np.int32)
FIRST_FALLS = 2**62  # a bid that any other is below: the first round begins with its bid
NO_PRICE = 3
PRICE_COLUMN = np.array([3, 0, 1, 3, 2, 3, 3, 3, 3])  # by tick type: bid, ask, last or none
SIZE_COLUMN = np.array([0, 0, 1, 1, 2, 2, 3, 3, 3])  # by tick type: bid, ask, last or volume


class Stream:
    """A live subscription; ``rows`` is a pure function of the market, the times and how many went before."""

    kind: str

    def __init__(self, req_id: int, instrument: Instrument, market: Market) -> None:
        self.req_id = req_id
        self.instrument = instrument
        self.sent = 0
        self._market = market
        self._model = market.model(instrument)

    def rows(self, count: int, start_ns: int, end_ns: int) -> Rows:
        """The next ``count`` ticks, spread over (start, end]."""
        times = start_ns + (end_ns - start_ns) * np.arange(1, count + 1) // count
        rows = np.zeros(count, DTYPES[self.kind])
        self.fill(rows, times)
        self.sent += count
        return rows

    def fill(self, rows: Rows, times_ns: Ints) -> None:
        raise NotImplementedError

    def notes(self) -> list[Message]:
        """What changed beside the ticks; asked for about once a second."""
        return []

    def _prices(self, ticks: Ints | Floats) -> Floats:
        tick = self.instrument.tick
        return ticks * tick.numerator / tick.denominator


class L1Stream(Stream):
    """Market data as REQ_MKT_DATA gives it."""

    kind = "tick"

    def __init__(self, req_id: int, instrument: Instrument, market: Market) -> None:
        super().__init__(req_id, instrument, market)
        self._rounds = ROUNDS if instrument.model.two_sided else UNQUOTED
        self._high = self._low = 0
        self._quoted_ns = 0  # when the quote of the running round was made
        self._bid = FIRST_FALLS
        self._rises = 0

    def fill(self, rows: Rows, times_ns: Ints) -> None:
        place = (self.sent + np.arange(len(rows))) % self._rounds.shape[1]
        begin = np.maximum.accumulate(np.where(place == 0, np.arange(len(rows)), -1))  # row where the round began
        quotes = self._model.quotes(np.where(begin < 0, self._quoted_ns, times_ns[begin]))
        traded, shares = self._model.trades(times_ns, quotes)
        before = np.concatenate([[self._bid], quotes.bid[:-1]])
        rises = np.where(begin < 0, self._rises, (quotes.bid > before)[begin])
        self._quoted_ns = int(times_ns[begin[-1]]) if begin[-1] >= 0 else self._quoted_ns
        self._bid, self._rises = int(quotes.bid[-1]), int(rises[-1])
        types = self._rounds[rises, place]
        volume = np.full(len(rows), round(self._market.stats(self.instrument).volume, 8))
        sizes = (quotes.bid_size, quotes.ask_size, shares, volume)
        if not self.instrument.model.two_sided:
            sizes = (np.zeros(len(rows)),) * 4
        price = self._prices(np.choose(PRICE_COLUMN[types], (quotes.bid, quotes.ask, traded, traded)))
        price[PRICE_COLUMN[types] == NO_PRICE] = np.nan
        rows["tick_type"], rows["price"] = types, price
        rows["size"] = np.choose(SIZE_COLUMN[types], sizes)
        rows["value"] = np.nan

    def opening(self, market_data_type: int) -> list[Message]:
        """What a gateway sends first: parameters, then one tick of each type."""
        details = self.instrument.details
        params = TickReqParams(
            req_id=self.req_id,
            min_tick=Decimal(details["min_tick"]),
            bbo_exchange=BBO_EXCHANGES.get(self.instrument.contract["sec_type"]),
            snapshot_permissions=3,
            last_price_precision=_decimal(details.get("last_price_precision")),
            last_size_precision=_decimal(details.get("last_size_precision")),
        )
        now_ns = self._market.clock()
        rows = self.rows(self._rounds.shape[1], now_ns - 1, now_ns)
        return [
            MarketDataType(req_id=self.req_id, market_data_type=market_data_type),
            params,
            *(self._message(row) for row in rows),
            *self._day(),
            TickString(req_id=self.req_id, tick_type=Tick.LAST_TIMESTAMP, value=str(self._market.now_s())),
            TickGeneric(req_id=self.req_id, tick_type=Tick.HALTED, value=0.0),
        ]

    def notes(self) -> list[Message]:
        stats = self._market.stats(self.instrument)
        now: Message = TickString(req_id=self.req_id, tick_type=Tick.LAST_TIMESTAMP, value=str(self._market.now_s()))
        told = [now]
        if stats.high != self._high:
            told.append(self._price(Tick.HIGH, stats.high))
        if stats.low != self._low:
            told.append(self._price(Tick.LOW, stats.low))
        self._high, self._low = stats.high, stats.low
        return told

    def _day(self) -> list[Message]:
        stats = self._market.stats(self.instrument)
        self._high, self._low = stats.high, stats.low
        of_day = ((Tick.HIGH, stats.high), (Tick.LOW, stats.low), (Tick.CLOSE, stats.close), (Tick.OPEN, stats.open))
        return [self._price(tick_type, ticks) for tick_type, ticks in of_day]

    def _price(self, tick_type: Tick, ticks: int, size: Decimal = Decimal(0)) -> TickPrice:
        price = self.instrument.price(ticks)
        return TickPrice(req_id=self.req_id, tick_type=tick_type, price=price, size=size, attr_mask=0)

    def _message(self, row: np.void) -> Message:
        tick_type, size = int(row["tick_type"]), decimal_of(float(row["size"]))
        if np.isnan(row["price"]):
            return TickSize(req_id=self.req_id, tick_type=tick_type, size=size)
        return TickPrice(req_id=self.req_id, tick_type=tick_type, price=float(row["price"]), size=size, attr_mask=0)


class TradeStream(Stream):
    """Every trade, tick by tick; AllLast also has those that count for nothing else, which are not modelled."""

    kind = "last"

    def __init__(self, req_id: int, instrument: Instrument, market: Market, tick_type: int = LAST) -> None:
        super().__init__(req_id, instrument, market)
        self._tick_type = tick_type
        smart = instrument.contract["exchange"] == "SMART"
        names = VENUES if smart else (instrument.contract["exchange"],)
        self._venues = np.array([EXCHANGES.code(name) for name in names], np.uint16)

    def fill(self, rows: Rows, times_ns: Ints) -> None:
        ticks, shares = self._model.trades(times_ns, self._model.quotes(times_ns))
        rows["time"], rows["price"], rows["size"] = times_ns // 1_000_000_000, self._prices(ticks), shares
        rows["tick_type"] = self._tick_type
        rows["exchange"] = self._venues[(ticks + self.sent + np.arange(len(rows))) % len(self._venues)]


class QuoteStream(Stream):
    """Every quote, tick by tick."""

    kind = "bid_ask"

    def fill(self, rows: Rows, times_ns: Ints) -> None:
        quotes = self._model.quotes(times_ns)
        rows["time"] = times_ns // 1_000_000_000
        rows["bid_price"], rows["ask_price"] = self._prices(quotes.bid), self._prices(quotes.ask)
        rows["bid_size"], rows["ask_size"] = quotes.bid_size, quotes.ask_size


class MidPointStream(Stream):
    """The middle of every quote, tick by tick."""

    kind = "mid_point"

    def fill(self, rows: Rows, times_ns: Ints) -> None:
        quotes = self._model.quotes(times_ns)
        rows["time"] = times_ns // 1_000_000_000
        rows["mid_point"] = self._prices(quotes.bid + quotes.ask) / 2


def tick_by_tick(tick_type: str, req_id: int, instrument: Instrument, market: Market) -> Stream:
    """The stream of a tick-by-tick subscription."""
    match tick_type:
        case "BidAsk":
            return QuoteStream(req_id, instrument, market)
        case "MidPoint":
            return MidPointStream(req_id, instrument, market)
        case _:
            return TradeStream(req_id, instrument, market, LAST if tick_type == "Last" else ALL_LAST)


def decimal_of(value: float) -> Decimal:
    """The decimal a float prints as, without a trailing zero."""
    return Decimal(int(value)) if value.is_integer() else Decimal(repr(round(value, 8)))


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
