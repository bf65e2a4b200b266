"""The official client as a sender: its request methods called with the values of our message, on a wire that keeps."""

from google.protobuf.unknown_fields import UnknownFieldSet
from ibapi import order_condition
from ibapi import protobuf as official_protobuf
from ibapi.client import EClient
from ibapi.common import WshEventData
from ibapi.contract import ComboLeg, Contract, DeltaNeutralContract
from ibapi.execution import ExecutionFilter
from ibapi.order import Order, OrderComboLeg
from ibapi.order_cancel import OrderCancel
from ibapi.scanner import ScannerSubscription
from ibapi.softdollartier import SoftDollarTier
from ibapi.tag_value import TagValue
from ibapi.wrapper import EWrapper

from ibfast._codec import Kind
from support.judging import our_name

UNSET_INTEGER, UNSET_DOUBLE = 2**31 - 1, float.fromhex("0x1.fffffffffffffp+1023")
EMPTY = {Kind.INT: 0, Kind.LONG: 0, Kind.FLOAT: 0.0, Kind.STRING: "", Kind.BOOL: False, Kind.DECIMAL: 0}


class Sent(EWrapper):
    """A connection that keeps what is sent and a wrapper that keeps the errors."""

    def __init__(self):
        self.payloads = []
        self.errors = []

    def isConnected(self):  # noqa: N802
        return True

    def sendMsg(self, message):  # noqa: N802
        self.payloads.append(message[4:])

    def error(self, *arguments):
        self.errors.append(arguments)


def sent_by_official(message, version):
    """(payloads, errors) of the official client when it makes this request."""
    sent = Sent()
    client = EClient(sent)
    client.conn, client.connState, client.serverVersion_ = sent, EClient.CONNECTED, version
    client.clientId, client.extraAuth = 0, True
    REQUESTS[type(message).__name__](client, message)
    return sent.payloads, sent.errors


# ---------------------------------------------------------------------------------- its objects, made from ours


def given(message, name):
    """The value of a field as an argument of theirs, or what their callers pass who have none."""
    field, value = type(message).__fields__[name], getattr(message, name)
    if field.kind == Kind.TAGS:
        return tags(value)
    if value is None:
        value = field.default
    if value is None and field.unset in ("max", "empty"):
        return UNSET_DOUBLE if field.kind == Kind.FLOAT else UNSET_INTEGER
    return EMPTY[field.kind] if value is None else value


def tags(value):
    return [TagValue(tag, text) for tag, text in (value or {}).items()]


def filled(theirs, ours, **special):
    """Their object with our values; attributes that we say nothing about stay as the constructor made them."""
    for attribute in vars(theirs):
        name = our_name(attribute, type(ours).__fields__) if ours is not None else None
        value = getattr(ours, name) if name else None
        if value in (None, [], {}):
            continue
        if name in special:
            value = special[name](value)
        elif isinstance(value, dict):
            value = tags(value)
        setattr(theirs, attribute, value)
    return theirs


def contract(ours):
    return filled(
        Contract(), ours, multiplier=lambda value: repr(value).removesuffix(".0"),
        delta_neutral_contract=lambda dnc: filled(DeltaNeutralContract(), dnc),
        combo_legs=lambda legs: [filled(ComboLeg(), leg) for leg in legs],
    )  # fmt: skip


def condition(ours):
    theirs = order_condition.Create(ours.type)
    for attribute in set(vars(theirs)) - {"condType"}:
        setattr(theirs, attribute, given(ours, our_name(attribute, type(ours).__fields__)))
    return theirs


def order(message):
    theirs = filled(
        Order(), message.order, conditions=lambda items: [condition(item) for item in items],
        soft_dollar_tier=lambda tier: SoftDollarTier(tier.name or "", tier.value or "", tier.display_name or ""),
    )  # fmt: skip
    prices = [leg.per_leg_price for leg in message.contract.combo_legs or []] if message.contract else []
    if any(price is not None for price in prices):
        theirs.orderComboLegs = [OrderComboLeg() for _ in prices]
        for leg, price in zip(theirs.orderComboLegs, prices, strict=True):
            leg.price = UNSET_DOUBLE if price is None else price
    return filled(theirs, message.attached_orders)


def parsed(message, payload=None):
    """Their protobuf message of this request, read from a payload or filled with our values."""
    name = type(message).__name__
    module = __import__(f"{official_protobuf.__name__}.{name}_pb2", fromlist=[name])
    theirs = getattr(module, name)()
    if payload is None:
        return poured(theirs, message)
    theirs.ParseFromString(payload)
    return theirs


def poured(theirs, ours):
    for field in theirs.DESCRIPTOR.fields:
        value = getattr(ours, our_name(field.name, type(ours).__fields__))
        if isinstance(value, list):
            for item in value:
                into = getattr(theirs, field.name)
                into.append(item) if isinstance(item, str) else poured(into.add(), item)
        elif hasattr(type(value), "__fields__"):
            inner = getattr(theirs, field.name)
            inner.SetInParent()
            poured(inner, value)
        elif value is not None:
            setattr(theirs, field.name, value)
    return theirs


def picture(theirs):
    """A parsed protobuf message as dicts and lists, its unknown fields too; nothing given is left out."""
    found = {f"unknown {field.field_number}": field.data for field in UnknownFieldSet(theirs)}
    for field, value in theirs.ListFields():
        if hasattr(value, "items"):
            value = dict(value)
        elif field.message_type and hasattr(value, "__len__"):
            value = [picture(item) for item in value]
        elif field.message_type:
            value = picture(value)
        elif hasattr(value, "__len__") and not isinstance(value, str | bytes):
            value = list(value)
        if value not in (None, "", 0, [], {}):
            found[field.name] = value
    return found


# --------------------------------------------------------------------------------------------------- its methods


def method(name, *fields):
    """The method of this name, with these fields of the message as its arguments."""

    def request(client, message):
        arguments = [contract(message.contract) if field == "contract" else given(message, field) for field in fields]
        getattr(client, name)(*arguments)

    return request


def start_api(client, message):
    client.clientId = given(message, "client_id")
    client.setOptionalCapabilities(given(message, "optional_capabilities"))
    client.startApi()


def executions(client, message):
    client.reqExecutions(given(message, "req_id"), filled(ExecutionFilter(), message.execution_filter))


def scanner(client, message):
    ours = message.scanner_subscription
    options = ("scanner_subscription_options", "scanner_subscription_filter_options")
    both = [tags(ours and getattr(ours, name)) for name in options]
    client.reqScannerSubscription(given(message, "req_id"), filled(ScannerSubscription(), ours), *both)


def wsh_events(client, message):
    client.reqWshEventData(given(message, "req_id"), filled(WshEventData(), message))


def place_order(client, message):
    client.placeOrder(given(message, "order_id"), contract(message.contract), order(message))


def cancel_order(client, message):
    client.cancelOrder(given(message, "order_id"), filled(OrderCancel(), message.order_cancel))


def global_cancel(client, message):
    client.reqGlobalCancel(filled(OrderCancel(), message.order_cancel))


REQUESTS = {
    "AccountDataRequest": method("reqAccountUpdates", "subscribe", "acct_code"),
    "AccountSummaryRequest": method("reqAccountSummary", "req_id", "group", "tags"),
    "AccountUpdatesMultiRequest": method(
        "reqAccountUpdatesMulti", "req_id", "account", "model_code", "ledger_and_nlv"
    ),
    "AllOpenOrdersRequest": method("reqAllOpenOrders"),
    "AutoOpenOrdersRequest": method("reqAutoOpenOrders", "auto_bind"),
    "CalculateImpliedVolatilityRequest": method(
        "calculateImpliedVolatility", "req_id", "contract", "option_price", "under_price", "implied_volatility_options"
    ),
    "CalculateOptionPriceRequest": method(
        "calculateOptionPrice", "req_id", "contract", "volatility", "under_price", "option_price_options"
    ),
    "CancelAccountSummary": method("cancelAccountSummary", "req_id"),
    "CancelAccountUpdatesMulti": method("cancelAccountUpdatesMulti", "req_id"),
    "CancelCalculateImpliedVolatility": method("cancelCalculateImpliedVolatility", "req_id"),
    "CancelCalculateOptionPrice": method("cancelCalculateOptionPrice", "req_id"),
    "CancelContractData": method("cancelContractData", "req_id"),
    "CancelHeadTimestamp": method("cancelHeadTimeStamp", "req_id"),
    "CancelHistogramData": method("cancelHistogramData", "req_id"),
    "CancelHistoricalData": method("cancelHistoricalData", "req_id"),
    "CancelHistoricalTicks": method("cancelHistoricalTicks", "req_id"),
    "CancelMarketData": method("cancelMktData", "req_id"),
    "CancelMarketDepth": method("cancelMktDepth", "req_id", "is_smart_depth"),
    "CancelNewsBulletins": method("cancelNewsBulletins"),
    "CancelOrderRequest": cancel_order,
    "CancelPnL": method("cancelPnL", "req_id"),
    "CancelPnLSingle": method("cancelPnLSingle", "req_id"),
    "CancelPositions": method("cancelPositions"),
    "CancelPositionsMulti": method("cancelPositionsMulti", "req_id"),
    "CancelRealTimeBars": method("cancelRealTimeBars", "req_id"),
    "CancelScannerSubscription": method("cancelScannerSubscription", "req_id"),
    "CancelTickByTick": method("cancelTickByTickData", "req_id"),
    "CancelWshEventData": method("cancelWshEventData", "req_id"),
    "CancelWshMetaData": method("cancelWshMetaData", "req_id"),
    "CompletedOrdersRequest": method("reqCompletedOrders", "api_only"),
    "ConfigRequest": lambda client, message: client.reqConfigProtoBuf(parsed(message)),
    "ContractDataRequest": method("reqContractDetails", "req_id", "contract"),
    "CurrentTimeInMillisRequest": method("reqCurrentTimeInMillis"),
    "CurrentTimeRequest": method("reqCurrentTime"),
    "ExecutionRequest": executions,
    "ExerciseOptionsRequest": method(
        "exerciseOptions", "order_id", "contract", "exercise_action", "exercise_quantity", "account", "override",
        "manual_order_time", "customer_account", "professional_customer",
    ),
    "FAReplace": method("replaceFA", "req_id", "fa_data_type", "xml"),
    "FARequest": method("requestFA", "fa_data_type"),
    "FamilyCodesRequest": method("reqFamilyCodes"),
    "GlobalCancelRequest": global_cancel,
    "HeadTimestampRequest": method(
        "reqHeadTimeStamp", "req_id", "contract", "what_to_show", "use_rth", "format_date"
    ),
    "HistogramDataRequest": method("reqHistogramData", "req_id", "contract", "use_rth", "time_period"),
    "HistoricalDataRequest": method(
        "reqHistoricalData", "req_id", "contract", "end_date_time", "duration", "bar_size_setting", "what_to_show",
        "use_rth", "format_date", "keep_up_to_date", "chart_options",
    ),
    "HistoricalNewsRequest": method(
        "reqHistoricalNews", "req_id", "con_id", "provider_codes", "start_date_time", "end_date_time", "total_results",
        "historical_news_options",
    ),
    "HistoricalTicksRequest": method(
        "reqHistoricalTicks", "req_id", "contract", "start_date_time", "end_date_time", "number_of_ticks",
        "what_to_show", "use_rth", "ignore_size", "misc_options",
    ),
    "IdsRequest": method("reqIds", "num_ids"),
    "ManagedAccountsRequest": method("reqManagedAccts"),
    "MarketDataRequest": method(
        "reqMktData", "req_id", "contract", "generic_tick_list", "snapshot", "regulatory_snapshot",
        "market_data_options",
    ),
    "MarketDataTypeRequest": method("reqMarketDataType", "market_data_type"),
    "MarketDepthExchangesRequest": method("reqMktDepthExchanges"),
    "MarketDepthRequest": method(
        "reqMktDepth", "req_id", "contract", "num_rows", "is_smart_depth", "market_depth_options"
    ),
    "MarketRuleRequest": method("reqMarketRule", "market_rule_id"),
    "MatchingSymbolsRequest": method("reqMatchingSymbols", "req_id", "pattern"),
    "NewsArticleRequest": method("reqNewsArticle", "req_id", "provider_code", "article_id", "news_article_options"),
    "NewsBulletinsRequest": method("reqNewsBulletins", "all_messages"),
    "NewsProvidersRequest": method("reqNewsProviders"),
    "OpenOrdersRequest": method("reqOpenOrders"),
    "PlaceOrderRequest": place_order,
    "PnLRequest": method("reqPnL", "req_id", "account", "model_code"),
    "PnLSingleRequest": method("reqPnLSingle", "req_id", "account", "model_code", "con_id"),
    "PositionsMultiRequest": method("reqPositionsMulti", "req_id", "account", "model_code"),
    "PositionsRequest": method("reqPositions"),
    "QueryDisplayGroupsRequest": method("queryDisplayGroups", "req_id"),
    "RealTimeBarsRequest": method(
        "reqRealTimeBars", "req_id", "contract", "bar_size", "what_to_show", "use_rth", "real_time_bars_options"
    ),
    "ScannerParametersRequest": method("reqScannerParameters"),
    "ScannerSubscriptionRequest": scanner,
    "SecDefOptParamsRequest": method(
        "reqSecDefOptParams", "req_id", "underlying_symbol", "fut_fop_exchange", "underlying_sec_type",
        "underlying_con_id",
    ),
    "SetServerLogLevelRequest": method("setServerLogLevel", "log_level"),
    "SmartComponentsRequest": method("reqSmartComponents", "req_id", "bbo_exchange"),
    "SoftDollarTiersRequest": method("reqSoftDollarTiers", "req_id"),
    "StartApiRequest": start_api,
    "SubscribeToGroupEventsRequest": method("subscribeToGroupEvents", "req_id", "group_id"),
    "TickByTickRequest": method(
        "reqTickByTickData", "req_id", "contract", "tick_type", "number_of_ticks", "ignore_size"
    ),
    "UnsubscribeFromGroupEventsRequest": method("unsubscribeFromGroupEvents", "req_id"),
    "UpdateConfigRequest": lambda client, message: client.updateConfigProtoBuf(parsed(message)),
    "UpdateDisplayGroupRequest": method("updateDisplayGroup", "req_id", "contract_info"),
    "UserInfoRequest": method("reqUserInfo", "req_id"),
    "VerifyAndAuthMessageRequest": method("verifyAndAuthMessage", "api_data", "xyz_response"),
    "VerifyAndAuthRequest": method("verifyAndAuthRequest", "api_name", "api_version", "opaque_isv_key"),
    "VerifyMessageRequest": method("verifyMessage", "api_data"),
    "VerifyRequest": method("verifyRequest", "api_name", "api_version"),
    "WshEventDataRequest": wsh_events,
    "WshMetaDataRequest": method("reqWshMetaData", "req_id"),
}  # fmt: skip
