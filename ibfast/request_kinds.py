"""What kind of thing a request asks for, as far as TWS's messages about it differ."""

from __future__ import annotations

from ibfast.error_codes import RequestKind
from ibfast.errors import name_of
from ibfast.schema import (
    AccountDataRequest,
    AccountSummaryRequest,
    AccountUpdatesMultiRequest,
    ContractDataRequest,
    HeadTimestampRequest,
    HistogramDataRequest,
    HistoricalDataRequest,
    HistoricalNewsRequest,
    HistoricalTicksRequest,
    MarketDataRequest,
    MarketDepthRequest,
    NewsArticleRequest,
    PlaceOrderRequest,
    PnLRequest,
    PnLSingleRequest,
    PositionsMultiRequest,
    RealTimeBarsRequest,
    ScannerSubscriptionRequest,
    TickByTickRequest,
    WshEventDataRequest,
    WshMetaDataRequest,
)
from ibfast.schema.contract import Contract
from ibfast.schema.declare import Message

_KINDS: dict[type[Message], RequestKind] = {
    PlaceOrderRequest: RequestKind.ORDER,
    MarketDataRequest: RequestKind.MARKET_DATA,
    MarketDepthRequest: RequestKind.DEPTH,
    TickByTickRequest: RequestKind.TICK_BY_TICK,
    RealTimeBarsRequest: RequestKind.REAL_TIME_BARS,
    HistoricalDataRequest: RequestKind.HISTORY,
    HistoricalTicksRequest: RequestKind.HISTORY,
    HeadTimestampRequest: RequestKind.HISTORY,
    HistogramDataRequest: RequestKind.HISTORY,
    ScannerSubscriptionRequest: RequestKind.SCANNER,
    ContractDataRequest: RequestKind.CONTRACT,
    AccountDataRequest: RequestKind.ACCOUNT,
    AccountSummaryRequest: RequestKind.ACCOUNT,
    AccountUpdatesMultiRequest: RequestKind.ACCOUNT,
    PositionsMultiRequest: RequestKind.ACCOUNT,
    PnLRequest: RequestKind.ACCOUNT,
    PnLSingleRequest: RequestKind.ACCOUNT,
    HistoricalNewsRequest: RequestKind.NEWS,
    NewsArticleRequest: RequestKind.NEWS,
    WshMetaDataRequest: RequestKind.WSH,
    WshEventDataRequest: RequestKind.WSH,
}


def kind_of(request: Message | None, *, once: bool = False, delayed: bool = False) -> RequestKind | None:
    """The kind of a request, None if it is not known which one it was.

    ``once`` is a request that ends with its answer; ``delayed`` one of a session that takes delayed market data.
    """
    if request is None:
        return None
    kind = _KINDS.get(type(request), RequestKind.OTHER)
    if kind is RequestKind.HISTORY and getattr(request, "keep_up_to_date", False):
        return RequestKind.KEPT_UP_BARS
    if kind is RequestKind.SCANNER and once:
        return RequestKind.SCAN
    if kind is RequestKind.MARKET_DATA and delayed:
        return RequestKind.DELAYED_DATA
    return kind


def contract_of(request: Message | None) -> Contract | None:
    """What a request is about; of one that only has a con id or a symbol, a contract with that."""
    contract: Contract | None = getattr(request, "contract", None)
    if contract is not None or request is None:
        return contract
    con_id = getattr(request, "con_id", None) or getattr(request, "underlying_con_id", None)
    symbol = getattr(request, "underlying_symbol", None)
    return Contract(con_id=con_id, symbol=symbol) if con_id or symbol else None


def describe(request: Message) -> str:
    """A request in a few words, for errors and logs: "HistoricalDataRequest (AAPL STK SMART)"."""
    contract = contract_of(request)
    about = name_of(contract) if contract is not None else ""
    return type(request).__name__ + (f" ({about})" if about else "")
