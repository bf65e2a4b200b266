"""Historical ticks: trades that sum up to the bars of their second, and quotes as the live ones are drawn."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ibfast.schema import (
    HistoricalTick,
    HistoricalTickBidAsk,
    HistoricalTickLast,
    HistoricalTicks,
    HistoricalTicksBidAsk,
    HistoricalTicksLast,
    TickAttribBidAsk,
    TickAttribLast,
)
from ibfast.schema.declare import Message
from ibfast.simulator.market import bars
from ibfast.simulator.market.price_path import Floats, Ints
from ibfast.simulator.market.quotes import STEP_NS, STEPS, QuoteModel, decimal_of, scramble
from ibfast.simulator.market.trading_hours import Session
from ibfast.simulator.streams.ticks import VENUES, Stream

MOST_TICKS = 1000
MOST_TRADES = 24  # in a second
SPAN_S = 30  # made at a time
MOST_SPANS = 2880  # are looked through, a day and a night of trading time
EXTREMES = 4  # open, high, low and close are trades of a second that has so many

Tick = HistoricalTick | HistoricalTickBidAsk | HistoricalTickLast


def ticks_between(model: QuoteModel, shown: str, start_s: int, end_s: int, ignore_size: bool) -> list[Tick]:
    """Every tick of [start, end), oldest first."""
    if shown == "TRADES":
        return list(_trades(model, start_s, end_s))
    return list(_quotes(model, shown, start_s, end_s, ignore_size))


def spans_after(sessions: Iterable[Session], start_s: int, now_s: int) -> Iterator[tuple[int, int]]:
    """Short stretches of trading time from ``start_s`` to now, oldest first."""
    return islice(_after(sessions, start_s, now_s), MOST_SPANS)


def _after(sessions: Iterable[Session], start_s: int, now_s: int) -> Iterator[tuple[int, int]]:
    for session in sessions:
        first, last = max(session.start, start_s), min(session.end, now_s)
        for begin in range(first, last, SPAN_S):
            yield begin, min(begin + SPAN_S, last)


def spans_before(sessions: Iterable[Session], end_s: int) -> Iterator[tuple[int, int]]:
    """The same before ``end_s``, newest first."""
    return islice(_before(sessions, end_s), MOST_SPANS)


def _before(sessions: Iterable[Session], end_s: int) -> Iterator[tuple[int, int]]:
    for session in sessions:
        if session.day < bars.FIRST_TRADE:
            return
        last = min(session.end, end_s)
        for end in range(last, session.start, -SPAN_S):
            yield max(end - SPAN_S, session.start), end


def answer(req_id: int, shown: str, ticks: list[Any]) -> Message:
    """The message that carries ticks of this kind."""
    if shown == "TRADES":
        return HistoricalTicksLast(req_id=req_id, historical_ticks_last=ticks, is_done=True)
    if shown == "BID_ASK":
        return HistoricalTicksBidAsk(req_id=req_id, historical_ticks_bid_ask=ticks, is_done=True)
    return HistoricalTicks(req_id=req_id, historical_ticks=ticks, is_done=True)


def whole_seconds(ticks: list[Tick], count: int, newest: bool) -> list[Tick]:
    """The first or last ``count`` ticks, and the rest of the second in which that falls, as TWS gives them."""
    if len(ticks) <= count:
        return ticks
    times = [tick.time or 0 for tick in ticks]
    if newest:
        return ticks[bisect_left(times, times[-count]) :]
    return ticks[: bisect_right(times, times[count - 1])]


def _trades(model: QuoteModel, start_s: int, end_s: int) -> Iterator[Tick]:
    instrument = model.instrument
    own = instrument.contract["exchange"]
    venues = VENUES if own == "SMART" else (own,)
    untraded = not instrument.model.daily_volume  # an index: its level, once a second
    for second in bars.seconds_of(model, "TRADES", start_s, end_s):
        count = 1 if untraded else min(int(second["count"]), MOST_TRADES)
        if count == 0:
            continue
        at, units = int(second["time"]), int(second["volume"])
        noise = scramble(np.arange(count) ^ (at << 8) ^ instrument.con_id)
        ticks = _prices(second, noise, count)
        sizes = np.full(count, units // count)
        sizes[: units % count] += 1
        for price, size, code in zip(
            bars.prices(model, ticks).tolist(), sizes.tolist(), (noise >> np.uint64(40)).tolist(), strict=True
        ):
            yield HistoricalTickLast(
                time=at, tick_attrib_last=TickAttribLast(), price=price, size=decimal_of(size * instrument.size_unit),
                exchange=venues[code % len(venues)], special_conditions="",
            )  # fmt: skip


def _prices(second: np.void, noise: NDArray[np.uint64], count: int) -> Floats:
    low, high = int(second["low"]), int(second["high"])
    ticks = (low + noise % np.uint64(high - low + 1)).astype(np.float64)
    if count > 1:
        ticks[0], ticks[-1] = second["open"], second["close"]
    if count >= EXTREMES:
        ticks[1], ticks[2] = high, low
    return ticks


def _quotes(model: QuoteModel, shown: str, start_s: int, end_s: int, ignore_size: bool) -> Iterator[Tick]:
    """The first quote of each second, and those that are not as before; in their prices alone, if sizes are ignored."""
    times = np.arange(start_s * STEPS, end_s * STEPS, dtype=np.int64) * STEP_NS
    quotes = model.quotes(times)
    prices: list[Floats | Ints] = [quotes.bid + quotes.ask] if shown == "MIDPOINT" else [quotes.bid, quotes.ask]
    told = prices if shown == "MIDPOINT" or ignore_size else [*prices, quotes.bid_size, quotes.ask_size]
    changed = np.any([np.diff(column, prepend=column[0]) != 0 for column in told], axis=0)
    changed[::STEPS] = True
    seconds = (times // 1_000_000_000)[changed].tolist()
    bid, ask = (bars.prices(model, column[changed].astype(np.float64)).tolist() for column in (quotes.bid, quotes.ask))
    if shown == "MIDPOINT":
        middle = bars.prices(model, (quotes.bid + quotes.ask)[changed] / 2).tolist()
        for at, price in zip(seconds, middle, strict=True):
            yield HistoricalTick(time=at, price=price, size=decimal_of(0.0))
        return
    sizes = (column[changed].tolist() for column in (quotes.bid_size, quotes.ask_size))
    for at, low, high, bid_size, ask_size in zip(seconds, bid, ask, *sizes, strict=True):
        yield HistoricalTickBidAsk(
            time=at, tick_attrib_bid_ask=TickAttribBidAsk(), price_bid=low, price_ask=high,
            size_bid=decimal_of(bid_size), size_ask=decimal_of(ask_size),
        )  # fmt: skip


def before(stream: Stream, tick_type: str, count: int, ignore_size: bool) -> Message:
    """What goes in front of a tick-by-tick subscription that asks for so many of the latest ticks."""
    market, instrument = stream.market, stream.instrument
    shown = {"BidAsk": "BID_ASK", "MidPoint": "MIDPOINT"}.get(tick_type, "TRADES")
    now_s = market.now_s()
    ticks: list[Tick] = []
    for start_s, end_s in spans_before(instrument.hours.back_from(now_s), now_s):
        ticks = ticks_between(market.model(instrument), shown, start_s, end_s, ignore_size) + ticks
        if len(ticks) >= count:
            break
    return answer(stream.req_id, shown, ticks[-count:])
