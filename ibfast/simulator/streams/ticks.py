"""One subscription's ticks, made a whole array at a time from the quotes of its instrument."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from ibfast import wire
from ibfast._codec import DELAYED_TICK_TYPES
from ibfast.records import DTYPES, EXCHANGES
from ibfast.schema import MarketDataType, TickGeneric, TickPrice, TickReqParams, TickSize, TickString
from ibfast.schema.declare import Message
from ibfast.simulator.market.black_scholes import computation
from ibfast.simulator.market.generic_ticks import GenericTicks
from ibfast.simulator.market.market import Market
from ibfast.simulator.market.price_path import Floats, Ints
from ibfast.simulator.market.quotes import decimal_of
from ibfast.simulator.market.universe import Instrument
from ibfast.tick_types import TickType as Tick

Rows = NDArray[np.void]


LAST, ALL_LAST = 1, 2
SECOND = 1_000_000_000
OPTION_TICKS = (10, 11, 12, 13)  # bid, ask, last, model
TICK_BY_TICK = ("Last", "AllLast", "BidAsk", "MidPoint")
REAL_TIME, FROZEN, DELAYED, DELAYED_FROZEN = 1, 2, 3, 4
DELAY_NS = 15 * 60 * 1_000_000_000
DELAYED_TYPES = np.arange(100)
DELAYED_TYPES[list(DELAYED_TICK_TYPES.values())] = list(DELAYED_TICK_TYPES)
"""What each tick type is called when it comes late."""

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


class Subscription:
    """Something that goes on until it is cancelled."""

    flows = False  # True: it has frames beside its notes
    sent = 0

    def __init__(self, req_id: int) -> None:
        self.req_id = req_id

    def frames(self, count: int, start_ns: int, end_ns: int, server_version: int) -> bytes:
        """The next ``count`` ticks, spread over (start, end], as they go over the socket."""
        raise NotImplementedError

    def notes(self) -> list[Message]:
        """What is new; asked for about once a second."""
        return []

    def reset(self) -> list[Message]:
        """What is sent when a gateway has lost track of a book; nothing for what is no book."""
        return []


class Stream(Subscription):
    """Live data of an instrument; ``rows`` is a pure function of the market, the times and how many went before."""

    kind = ""
    flows = True

    def __init__(self, req_id: int, instrument: Instrument, market: Market) -> None:
        super().__init__(req_id)
        self.instrument = instrument
        self.market = market
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

    def frames(self, count: int, start_ns: int, end_ns: int, server_version: int) -> bytes:
        return wire.encode_rows(self.kind, self.rows(count, start_ns, end_ns), self.req_id, server_version)

    def _prices(self, ticks: Ints | Floats) -> Floats:
        tick = self.instrument.tick
        return ticks * tick.numerator / tick.denominator


@dataclass(frozen=True, slots=True)
class Suspension:
    """How a gateway says that there is no quote: ``price`` and ``size`` of bid and ask, ``halted`` as IB has it."""

    price: float = -1.0
    size: int = 0
    halted: int = 0


class L1Stream(Stream):
    """Market data as REQ_MKT_DATA gives it."""

    kind = "tick"

    def __init__(
        self, req_id: int, instrument: Instrument, market: Market, market_data_type: int = REAL_TIME,
        generic: GenericTicks | None = None,
    ) -> None:  # fmt: skip
        super().__init__(req_id, instrument, market)
        self.market_data_type = type_in_effect(instrument, market.now_s(), market_data_type)
        self._late_ns = DELAY_NS if self.market_data_type in (DELAYED, DELAYED_FROZEN) else 0
        self.generic = generic
        self.flows = self.market_data_type in (REAL_TIME, DELAYED) and not (generic and generic.alone)
        self._can_flow = self.flows
        self._suspension: Suspension | None = None
        self._rounds = ROUNDS if instrument.model.two_sided else UNQUOTED
        self._high = self._low = 0
        self._quoted_ns = 0  # when the quote of the running round was made
        self._bid = FIRST_FALLS
        self._rises = 0

    def fill(self, rows: Rows, times_ns: Ints) -> None:
        times_ns = times_ns - self._late_ns
        place = (self.sent + np.arange(len(rows))) % self._rounds.shape[1]
        begin = np.maximum.accumulate(np.where(place == 0, np.arange(len(rows)), -1))  # row where the round began
        quotes = self._model.quotes(np.where(begin < 0, self._quoted_ns, times_ns[begin]))
        traded, shares = self._model.trades(times_ns, quotes)
        before = np.concatenate([[self._bid], quotes.bid[:-1]])
        rises = np.where(begin < 0, self._rises, (quotes.bid > before)[begin])
        self._quoted_ns = int(times_ns[begin[-1]]) if begin[-1] >= 0 else self._quoted_ns
        self._bid, self._rises = int(quotes.bid[-1]), int(rises[-1])
        types = self._rounds[rises, place]
        volume = np.full(len(rows), round(self.market.stats(self.instrument).volume, 8))
        sizes = (quotes.bid_size, quotes.ask_size, shares, volume)
        if not self.instrument.model.two_sided:
            sizes = (np.zeros(len(rows)),) * 4
        price = self._prices(np.choose(PRICE_COLUMN[types], (quotes.bid, quotes.ask, traded, traded)))
        price[PRICE_COLUMN[types] == NO_PRICE] = np.nan
        rows["tick_type"], rows["price"] = DELAYED_TYPES[types] if self._late_ns else types, price
        rows["size"] = np.choose(SIZE_COLUMN[types], sizes)
        rows["value"] = np.nan

    def opening(self) -> list[Message]:
        """What a gateway sends first: parameters, then one tick of each type."""
        told: list[Message] = [
            MarketDataType(req_id=self.req_id, market_data_type=self.market_data_type),
            self.params(),
        ]
        generic = self.generic.opening() if self.generic else []
        if self.generic and self.generic.alone:
            return told + generic
        now_ns = self._now_ns()
        rows = self.rows(self._rounds.shape[1], now_ns - 1, now_ns)
        told += [*(self._message(row) for row in rows), *self._day(), self._timestamp(), self._halted()]
        return told + self._computations() + generic

    def suspend_quotes(self, suspension: Suspension) -> list[Message]:
        """From here on there is nobody to trade with; what a gateway says of that."""
        self._suspension, self.flows = suspension, False
        return [*self._sides(), self._halted()]

    def resume_quotes(self) -> list[Message]:
        """Quotes go on."""
        self._suspension, self.flows = None, self._can_flow
        return [self._halted()]

    def _sides(self) -> list[Message]:
        assert self._suspension is not None
        size = Decimal(self._suspension.size)
        return [
            TickPrice(
                req_id=self.req_id, tick_type=self._type(side), price=self._suspension.price, size=size, attr_mask=0
            )
            for side in (Tick.BID, Tick.ASK)
        ]

    def _halted(self) -> TickGeneric:
        value = float(self._suspension.halted if self._suspension is not None else 0)
        return TickGeneric(req_id=self.req_id, tick_type=self._type(Tick.HALTED), value=value)

    def params(self) -> TickReqParams:
        details = self.instrument.details
        return TickReqParams(
            req_id=self.req_id,
            min_tick=Decimal(details["min_tick"]),
            bbo_exchange=BBO_EXCHANGES.get(self.instrument.contract["sec_type"]),
            snapshot_permissions=3,
            last_price_precision=_decimal(details.get("last_price_precision")),
            last_size_precision=_decimal(details.get("last_size_precision")),
        )

    def notes(self) -> list[Message]:
        if self.market_data_type in (FROZEN, DELAYED_FROZEN) or self._suspension is not None:
            return []
        generic = self.generic.notes() if self.generic else []
        if self.generic and self.generic.alone:
            return generic
        stats = self.market.stats(self.instrument)
        told: list[Message] = [self._timestamp()]
        if stats.high != self._high:
            told.append(self._price(Tick.HIGH, stats.high))
        if stats.low != self._low:
            told.append(self._price(Tick.LOW, stats.low))
        self._high, self._low = stats.high, stats.low
        return told + self._computations() + generic

    def _day(self) -> list[Message]:
        stats = self.market.stats(self.instrument)
        self._high, self._low = stats.high, stats.low
        of_day = ((Tick.HIGH, stats.high), (Tick.LOW, stats.low), (Tick.CLOSE, stats.close), (Tick.OPEN, stats.open))
        return [self._price(tick_type, ticks) for tick_type, ticks in of_day]

    def _computations(self) -> list[Message]:
        """Volatilities and greeks of an option at its bid, its ask, its last and, as the model, its middle price."""
        if self.instrument.option is None:
            return []
        now_ns = self._now_ns() - self._late_ns
        times = np.array([now_ns])
        quotes = self._model.quotes(times)
        last = self._model.trades(times, quotes)[0]
        spot = self._model.underlying(now_ns // SECOND)
        middle: Floats = (quotes.bid + quotes.ask) / 2
        prices: list[Ints | Floats] = [quotes.bid, quotes.ask, last, middle]
        return [
            computation(
                self.req_id, self._type(tick_type), self.instrument, now_ns // SECOND, spot,
                float(self._prices(ticks)[0]),
            )
            for tick_type, ticks in zip(OPTION_TICKS, prices, strict=True)
        ]  # fmt: skip

    def _now_ns(self) -> int:
        """Now, or when the data froze; late data are those of `DELAY_NS` before."""
        if self.market_data_type in (FROZEN, DELAYED_FROZEN):
            return self.instrument.hours.latest(self.market.now_s()).end * SECOND + self._late_ns - 1
        return self.market.clock()

    def _timestamp(self) -> TickString:
        at = (self._now_ns() - self._late_ns) // SECOND
        return TickString(req_id=self.req_id, tick_type=self._type(Tick.LAST_TIMESTAMP), value=str(at))

    def _type(self, tick_type: int) -> int:
        return int(DELAYED_TYPES[tick_type]) if self._late_ns else tick_type

    def _price(self, tick_type: Tick, ticks: int, size: Decimal = Decimal(0)) -> TickPrice:
        price = self.instrument.price(ticks)
        return TickPrice(
            req_id=self.req_id, tick_type=self._type(tick_type), price=price, size=size, attr_mask=0
        )  # fmt: skip

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


def type_in_effect(instrument: Instrument, now_s: int, market_data_type: int) -> int:
    """Frozen data are what there was at the end of a session; while one runs they are not frozen."""
    running = instrument.hours.latest(now_s + 1).end > now_s
    if market_data_type == FROZEN:
        return REAL_TIME if running else FROZEN
    if market_data_type == DELAYED_FROZEN:
        return DELAYED if running else DELAYED_FROZEN
    return market_data_type


def tick_by_tick(tick_type: str, req_id: int, instrument: Instrument, market: Market) -> Stream:
    """The stream of a tick-by-tick subscription."""
    match tick_type:
        case "BidAsk":
            return QuoteStream(req_id, instrument, market)
        case "MidPoint":
            return MidPointStream(req_id, instrument, market)
        case _:
            return TradeStream(req_id, instrument, market, LAST if tick_type == "Last" else ALL_LAST)


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
