"""Live data, as streams of records."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import partial

from ibfast.arguments import one_of
from ibfast.enums import GenericTick, MarketDataType, TickByTickType, WhatToShow
from ibfast.requests.base import Requests
from ibfast.schema import (
    CancelMarketData,
    CancelMarketDepth,
    CancelRealTimeBars,
    CancelTickByTick,
    MarketDataRequest,
    MarketDataTypeRequest,
    MarketDepthRequest,
    RealTimeBarsRequest,
    TickByTickRequest,
)
from ibfast.schema.contract import Contract
from ibfast.streams.order_book import OrderBook
from ibfast.streams.quote import Quote
from ibfast.streams.ticks import Ticks

_ROW_KINDS = {
    TickByTickType.LAST: "last",
    TickByTickType.ALL_LAST: "last",
    TickByTickType.BID_ASK: "bid_ask",
    TickByTickType.MID_POINT: "mid_point",
}
_LIVE_BARS = (WhatToShow.TRADES, WhatToShow.MIDPOINT, WhatToShow.BID, WhatToShow.ASK)
_IBS_SPELLING = re.compile(r"\d+(:.*)?|mdoff")  # 292:BRFG names a news provider, mdoff leaves out all other ticks

GenericTicks = str | Iterable[GenericTick | int | str]


class MarketDataRequests(Requests):
    """L1 ticks, tick-by-tick data, order books and five-second bars."""

    def market_data(
        self,
        contract: Contract,
        *,
        generic_ticks: GenericTicks = "",
        snapshot: bool = False,
        regulatory_snapshot: bool = False,
        policy: str = "ring",
        capacity: int = 262_144,
    ) -> Ticks:
        """L1 ticks of a contract, as records of dtype `ibfast.records.TICK`; of an option, its greeks beside them.

        ``generic_ticks`` are IB's numbers or the names in `ibfast.GenericTick`: ``"233,236"``,
        ``["RT_VOLUME", "SHORTABLE"]``. A snapshot takes none and ends by itself. A regulatory snapshot costs money.
        ``policy`` and ``capacity`` (in records) say what a slow reader loses: see `ibfast.records.Rows`.
        """
        request = _market_data_request(contract, generic_ticks, snapshot, regulatory_snapshot)
        return Ticks(self._connection, request, CancelMarketData, "tick", policy=policy, capacity=capacity)

    def quote(
        self,
        contract: Contract,
        *,
        generic_ticks: GenericTicks = "",
        snapshot: bool = False,
        regulatory_snapshot: bool = False,
    ) -> Quote:
        """All L1 ticks of a contract merged into what is known of it now; options as of `market_data`."""
        request = _market_data_request(contract, generic_ticks, snapshot, regulatory_snapshot)
        return Quote(self._connection, request)

    def tick_by_tick(
        self,
        contract: Contract,
        tick_type: str = TickByTickType.LAST,
        *,
        number_of_ticks: int = 0,
        ignore_size: bool = False,
        policy: str = "ring",
        capacity: int = 262_144,
    ) -> Ticks:
        """Every trade ("Last", "AllLast"), quote ("BidAsk") or midpoint ("MidPoint") of a contract, as records.

        ``number_of_ticks`` past ticks come first. ``ignore_size`` leaves out quotes that change a size only.
        TWS allows few of these at a time (5 with 100 market data lines).
        """
        if tick_type not in _ROW_KINDS:
            one_of("tick_type", tick_type, TickByTickType)
        kind = TickByTickType(tick_type)
        request = TickByTickRequest(
            contract=contract, tick_type=kind.value, number_of_ticks=number_of_ticks, ignore_size=ignore_size
        )
        return Ticks(self._connection, request, CancelTickByTick, _ROW_KINDS[kind], policy=policy, capacity=capacity)

    def depth(
        self,
        contract: Contract,
        *,
        rows: int = 10,
        smart: bool = False,
        policy: str = "grow",
        capacity: int = 262_144,
    ) -> Ticks:
        """Every change of the order book of a contract, as records of dtype `ibfast.records.DEPTH`.

        ``smart`` adds up the books of all exchanges; without it the contract's exchange needs one. A lost change makes
        all that follow useless, hence the policy. TWS allows few books at a time (3 with 100 market data lines).
        """
        request, cancel = _depth_request(contract, rows, smart)
        return Ticks(self._connection, request, cancel, "depth", policy=policy, capacity=capacity)

    def book(self, contract: Contract, *, rows: int = 10, smart: bool = False) -> OrderBook:
        """The order book of a contract, kept up to date; as `depth`."""
        request, cancel = _depth_request(contract, rows, smart)
        return OrderBook(self._connection, request, cancel, rows=rows)

    def real_time_bars(
        self,
        contract: Contract,
        *,
        what_to_show: str = WhatToShow.TRADES,
        use_rth: bool = True,
        policy: str = "ring",
        capacity: int = 262_144,
    ) -> Ticks:
        """A bar every five seconds, as records of dtype `ibfast.records.REAL_TIME_BAR`.

        ``what_to_show`` is TRADES, MIDPOINT, BID or ASK.
        """
        if what_to_show not in _LIVE_BARS:
            one_of("what_to_show", what_to_show, _LIVE_BARS)
        request = RealTimeBarsRequest(contract=contract, what_to_show=str(what_to_show), use_rth=use_rth)
        return Ticks(self._connection, request, CancelRealTimeBars, "real_time_bar", policy=policy, capacity=capacity)

    async def market_data_type(self, kind: int | str) -> None:
        """Switch all market data of the session: an `ibfast.MarketDataType`, its number or its name.

        What a subscription then gets is its ``market_data_type``.
        """
        try:
            number = int(MarketDataType[kind] if isinstance(kind, str) else MarketDataType(kind))
        except (KeyError, ValueError):
            known = ", ".join(f"{item} {item.name}" for item in MarketDataType)
            raise ValueError(f"kind: {kind!r} is none of {known}") from None
        self._connection.set(MarketDataTypeRequest(market_data_type=number))


def _market_data_request(
    contract: Contract, generic_ticks: GenericTicks, snapshot: bool, regulatory_snapshot: bool
) -> MarketDataRequest:
    given = generic_ticks.split(",") if isinstance(generic_ticks, str) else generic_ticks
    return MarketDataRequest(
        contract=contract,
        generic_tick_list=",".join(_generic_tick(item) for item in given if item != "") or None,
        snapshot=snapshot,
        regulatory_snapshot=regulatory_snapshot,
    )


def _generic_tick(given: int | str) -> str:
    text = str(int(given)) if isinstance(given, int) else given.strip()
    if text in GenericTick.__members__:
        return str(int(GenericTick[text]))
    if not _IBS_SPELLING.fullmatch(text):
        raise ValueError(f"generic_ticks: {given!r} is no number and none of {', '.join(GenericTick.__members__)}")
    return text


def _depth_request(contract: Contract, rows: int, smart: bool) -> tuple[MarketDepthRequest, partial[CancelMarketDepth]]:
    if rows < 1:
        raise ValueError(f"rows: {rows}; a book needs at least one")
    request = MarketDepthRequest(contract=contract, num_rows=rows, is_smart_depth=smart)
    return request, partial(CancelMarketDepth, is_smart_depth=smart)
