"""Which messages may come under the id of which request, and how much of an answer is kept.

One row for each request; `ibfast.conversation` tells whoever asked when a gateway breaks it. Errors are in none of the
rows: they may come under any id.
"""

from __future__ import annotations

from typing import TypeAlias

from ibfast import schema as s
from ibfast.schema.declare import Message

ANSWER_LIMIT_BYTES = 67_108_864
"""Of one answer, as its messages are on the wire. The contracts of the largest option families are 40 MB."""

Types: TypeAlias = frozenset[type[Message]]

_ABOUT_DATA = (s.MarketDataType, s.TickReqParams)
_HISTORICAL_TICKS = (s.HistoricalTicks, s.HistoricalTicksBidAsk, s.HistoricalTicksLast)

_ROWS: dict[type[Message], tuple[type[Message], ...]] = {
    s.AccountDataRequest: (),  # what is asked without an id comes without one
    s.AccountSummaryRequest: (s.AccountSummary, s.AccountSummaryEnd),
    s.AccountUpdatesMultiRequest: (s.AccountUpdateMulti, s.AccountUpdateMultiEnd),
    s.CalculateImpliedVolatilityRequest: (s.TickOptionComputation,),
    s.CalculateOptionPriceRequest: (s.TickOptionComputation,),
    s.ConfigRequest: (s.ConfigResponse,),
    s.ContractDataRequest: (s.ContractData, s.ContractDataEnd),
    s.ExecutionRequest: (s.ExecutionDetails, s.ExecutionDetailsEnd),
    s.FAReplace: (s.ReplaceFAEnd,),
    s.HeadTimestampRequest: (s.HeadTimestamp,),
    s.HistogramDataRequest: (s.HistogramData,),
    s.HistoricalDataRequest: (
        s.HistoricalData, s.HistoricalDataEnd, s.HistoricalDataUpdate, s.HistoricalSchedule, *_ABOUT_DATA,
    ),
    s.HistoricalNewsRequest: (s.HistoricalNews, s.HistoricalNewsEnd),
    s.HistoricalTicksRequest: _HISTORICAL_TICKS,
    s.MarketDataRequest: (
        s.TickPrice, s.TickSize, s.TickGeneric, s.TickString, s.TickEfp, s.TickOptionComputation, s.TickNews,
        s.TickSnapshotEnd, s.DeltaNeutralValidation, s.RerouteMarketDataRequest, *_ABOUT_DATA,
    ),
    s.MarketDepthRequest: (s.MarketDepth, s.MarketDepthL2, s.RerouteMarketDepthRequest, *_ABOUT_DATA),
    s.MatchingSymbolsRequest: (s.SymbolSamples,),
    s.NewsArticleRequest: (s.NewsArticle,),
    s.NewsBulletinsRequest: (),
    s.PlaceOrderRequest: (s.OpenOrder,),
    s.PnLRequest: (s.PnL,),
    s.PnLSingleRequest: (s.PnLSingle,),
    s.PositionsMultiRequest: (s.PositionMulti, s.PositionMultiEnd),
    s.PositionsRequest: (),
    s.QueryDisplayGroupsRequest: (s.DisplayGroupList,),
    s.RealTimeBarsRequest: (s.RealTimeBarTick, *_ABOUT_DATA),
    s.ScannerSubscriptionRequest: (s.ScannerData,),
    s.SecDefOptParamsRequest: (s.SecDefOptParameter, s.SecDefOptParameterEnd),
    s.SmartComponentsRequest: (s.SmartComponents,),
    s.SoftDollarTiersRequest: (s.SoftDollarTiers,),
    s.SubscribeToGroupEventsRequest: (s.DisplayGroupUpdated,),
    s.TickByTickRequest: (s.TickByTickData, *_HISTORICAL_TICKS, *_ABOUT_DATA),
    s.UpdateConfigRequest: (s.UpdateConfigResponse,),
    s.UserInfoRequest: (s.UserInfo,),
    s.WshEventDataRequest: (s.WshEventData,),
    s.WshMetaDataRequest: (s.WshMetaData,),
}  # fmt: skip

ANSWERS: dict[type[Message], Types] = {request: frozenset(answers) for request, answers in _ROWS.items()}


def is_answer_to(request: Message, message: Message) -> bool:
    """Whether this message may come under the id of such a request."""
    answers = ANSWERS.get(type(request))
    return answers is None or type(message) in answers
