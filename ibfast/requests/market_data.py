"""Live data, as streams of records."""

from __future__ import annotations

from collections.abc import Iterable

from ibfast.contract import Contract
from ibfast.enums import TickByTickType
from ibfast.requests.base import Requests
from ibfast.schema import (
    CancelMarketData,
    CancelTickByTick,
    MarketDataRequest,
    MarketDataTypeRequest,
    TickByTickRequest,
)
from ibfast.subscription import Ticks

_ROW_KINDS = {
    TickByTickType.LAST: "last",
    TickByTickType.ALL_LAST: "last",
    TickByTickType.BID_ASK: "bid_ask",
    TickByTickType.MID_POINT: "mid_point",
}


class MarketDataRequests(Requests):
    """L1 ticks and tick-by-tick data."""

    def market_data(
        self,
        contract: Contract,
        *,
        generic_ticks: str | Iterable[int] = "",
        snapshot: bool = False,
        regulatory_snapshot: bool = False,
        policy: str = "ring",
        capacity: int = 262_144,
    ) -> Ticks:
        """L1 ticks of a contract, as records of dtype `ibfast.records.TICK`.

        ``generic_ticks`` are numbers of IB's generic ticks, such as ``"233,236"``. A snapshot ends by itself. A
        regulatory snapshot costs money. ``policy`` and ``capacity`` (in records) say what a slow reader loses:
        see `ibfast.records.Rows`.
        """
        generic = generic_ticks if isinstance(generic_ticks, str) else ",".join(map(str, generic_ticks))
        request = MarketDataRequest(
            contract=contract,
            generic_tick_list=generic or None,
            snapshot=snapshot,
            regulatory_snapshot=regulatory_snapshot,
        )
        return Ticks(self._connection, request, CancelMarketData, "tick", policy=policy, capacity=capacity)

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
        kind = TickByTickType(tick_type)
        request = TickByTickRequest(
            contract=contract, tick_type=kind.value, number_of_ticks=number_of_ticks, ignore_size=ignore_size
        )
        return Ticks(self._connection, request, CancelTickByTick, _ROW_KINDS[kind], policy=policy, capacity=capacity)

    async def market_data_type(self, kind: int) -> None:
        """Switch all market data of the session: 1 real time, 2 frozen, 3 delayed, 4 delayed and frozen."""
        if kind not in (1, 2, 3, 4):
            raise ValueError(f"kind: {kind} is none of 1 real time, 2 frozen, 3 delayed, 4 delayed and frozen")
        self._connection.send(MarketDataTypeRequest(market_data_type=kind))
