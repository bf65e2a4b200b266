"""The official client's picture of a message, made from ours, and a comparison that forgives only spelling."""

import re
from decimal import Decimal

UNSET = {
    "UNSET_DOUBLE", "UNSET_INTEGER", "UNSET_DECIMAL", "UNSET_LONG", "", None, 0, "0", "1.7976931348623157E308",
    9223372036854775807,
}  # fmt: skip
NAMES = {
    "yield_": "bond_yield", "id_": "id", "primary_exchange": "primary_exch", "short_sale_slot": "short_sales_slot",
    "rule80_a": "rule80a",
}  # fmt: skip


def flags(message, *names):
    return {name: bool(message is not None and getattr(message, name)) for name in names}


def price_attributes(message):
    names = ("can_auto_execute", "past_limit", "pre_open")
    return {name: bool((message.attr_mask or 0) >> place & 1) for place, name in enumerate(names)}


SIZE_OF_PRICE = {1: 0, 2: 3, 4: 5, 66: 69, 67: 70, 68: 71}


def tick_price(m):
    yield "tickPrice", [m.req_id, m.tick_type, m.price, price_attributes(m)]
    if m.tick_type in SIZE_OF_PRICE:
        yield "tickSize", [m.req_id, SIZE_OF_PRICE[m.tick_type], m.size]


def tick_by_tick(m):
    last, both, mid = m.historical_tick_last, m.historical_tick_bid_ask, m.historical_tick_mid_point
    if m.tick_type in (1, 2):
        yield "tickByTickAllLast", [
            m.req_id, m.tick_type, last.time, last.price, last.size,
            flags(last.tick_attrib_last, "past_limit", "unreported"), last.exchange, last.special_conditions,
        ]  # fmt: skip
    elif m.tick_type == 3:
        yield "tickByTickBidAsk", [
            m.req_id, both.time, both.price_bid, both.price_ask, both.size_bid, both.size_ask,
            flags(both.tick_attrib_bid_ask, "bid_past_low", "ask_past_high"),
        ]  # fmt: skip
    elif m.tick_type == 4:
        yield "tickByTickMidPoint", [m.req_id, mid.time, mid.price]


def historical_data(m):
    for bar in m.historical_data_bars:
        yield "historicalData", [m.req_id, bar]
    if m.start_date_str is not None:
        yield "historicalDataEnd", [m.req_id, m.start_date_str, m.end_date_str]


def contract_details(m):
    details = m.contract_details and {name: getattr(m.contract_details, name) for name in m.contract_details.__fields__}
    details = dict(details or {}, contract=m.contract)
    name = "bondContractDetails" if m.contract.sec_type in ("BOND", "BILL", "FIXED") else "contractDetails"
    yield name, [m.req_id, details]


def open_order(m):
    order_id = m.order_id if m.order.order_id is None else m.order.order_id
    yield "openOrder", [m.order_id, m.contract, order_of(m) | {"order_id": order_id}, m.order_state]


def completed_order(m):
    yield "completedOrder", [m.contract, order_of(m), m.order_state]


def order_of(m):
    """The official client keeps the prices of legs with the order."""
    prices = [leg.per_leg_price for leg in m.contract.combo_legs or []] if m.contract else []
    priced = [{"price": price} for price in prices] if any(price is not None for price in prices) else []
    return {name: getattr(m.order, name) for name in type(m.order).__fields__} | {"order_combo_legs": priced}


def option_parameters(m):
    """The official client makes sets of expirations and strikes, written here in the order of their texts."""
    sets = [sorted(m.expirations), sorted(m.strikes, key=str)]
    fields = [m.exchange, m.underlying_con_id, m.trading_class, m.multiplier]
    yield "securityDefinitionOptionParameter", [m.req_id, *fields, *sets]


def scanner_data(m):
    for row in m.scanner_data_element:
        details = {"contract": row.contract, "market_name": row.market_name}
        yield "scannerData", [m.req_id, row.rank, details, row.distance, row.benchmark, row.projection, row.combo_key]
    yield "scannerDataEnd", [m.req_id]


def market_depth_l2(m):
    d = m.market_depth_data
    fields = [d.position, d.market_maker, d.operation, d.side, d.price, d.size, d.is_smart_depth]
    yield "updateMktDepthL2", [m.req_id, *fields]


def market_depth(m):
    d = m.market_depth_data
    yield "updateMktDepth", [m.req_id, d.position, d.operation, d.side, d.price, d.size]


def whole(name, *fields):
    """A callback whose arguments are these fields of the message."""

    def calls(message):
        yield name, [getattr(message, field) for field in fields]

    return calls


CALLS = {
    "AccountDataEnd": whole("accountDownloadEnd", "account_name"),
    "AccountSummary": whole("accountSummary", "req_id", "account", "tag", "value", "currency"),
    "AccountSummaryEnd": whole("accountSummaryEnd", "req_id"),
    "AccountUpdateMulti": whole("accountUpdateMulti", "req_id", "account", "model_code", "key", "value", "currency"),
    "AccountUpdateMultiEnd": whole("accountUpdateMultiEnd", "req_id"),
    "AccountUpdateTime": whole("updateAccountTime", "time_stamp"),
    "AccountValue": whole("updateAccountValue", "key", "value", "currency", "account_name"),
    "CommissionAndFeesReport": lambda m: [("commissionAndFeesReport", [m])],
    "CompletedOrder": completed_order,
    "CompletedOrdersEnd": whole("completedOrdersEnd"),
    "ConfigResponse": whole("configResponseProtoBuf"),
    "ContractData": contract_details,
    "ContractDataEnd": whole("contractDetailsEnd", "req_id"),
    "CurrentTime": whole("currentTime", "current_time"),
    "CurrentTimeInMillis": whole("currentTimeInMillis", "current_time_in_millis"),
    "DeltaNeutralValidation": whole("deltaNeutralValidation", "req_id", "delta_neutral_contract"),
    "DisplayGroupList": whole("displayGroupList", "req_id", "groups"),
    "DisplayGroupUpdated": whole("displayGroupUpdated", "req_id", "contract_info"),
    "ErrorMessage": whole("error", "id", "error_time", "error_code", "error_msg", "advanced_order_reject_json"),
    "ExecutionDetails": whole("execDetails", "req_id", "contract", "execution"),
    "ExecutionDetailsEnd": whole("execDetailsEnd", "req_id"),
    "FamilyCodes": whole("familyCodes", "family_codes"),
    "HeadTimestamp": whole("headTimestamp", "req_id", "head_timestamp"),
    "HistogramData": whole("histogramData", "req_id", "histogram_data_entries"),
    "HistoricalData": historical_data,
    "HistoricalDataEnd": whole("historicalDataEnd", "req_id", "start_date_str", "end_date_str"),
    "HistoricalDataUpdate": whole("historicalDataUpdate", "req_id", "historical_data_bar"),
    "HistoricalNews": whole("historicalNews", "req_id", "time", "provider_code", "article_id", "headline"),
    "HistoricalNewsEnd": whole("historicalNewsEnd", "req_id", "has_more"),
    "HistoricalSchedule": whole(
        "historicalSchedule", "req_id", "start_date_time", "end_date_time", "time_zone", "historical_sessions"
    ),
    "HistoricalTicks": whole("historicalTicks", "req_id", "historical_ticks", "is_done"),
    "HistoricalTicksBidAsk": whole("historicalTicksBidAsk", "req_id", "historical_ticks_bid_ask", "is_done"),
    "HistoricalTicksLast": whole("historicalTicksLast", "req_id", "historical_ticks_last", "is_done"),
    "ManagedAccounts": whole("managedAccounts", "accounts_list"),
    "MarketDataType": whole("marketDataType", "req_id", "market_data_type"),
    "MarketDepth": market_depth,
    "MarketDepthExchanges": whole("mktDepthExchanges", "depth_market_data_descriptions"),
    "MarketDepthL2": market_depth_l2,
    "MarketRule": whole("marketRule", "market_rule_id", "price_increments"),
    "NewsArticle": whole("newsArticle", "req_id", "article_type", "article_text"),
    "NewsBulletin": whole("updateNewsBulletin", "news_msg_id", "news_msg_type", "news_message", "originating_exch"),
    "NewsProviders": whole("newsProviders", "news_providers"),
    "NextValidId": whole("nextValidId", "order_id"),
    "OpenOrder": open_order,
    "OpenOrdersEnd": whole("openOrderEnd"),
    "OrderBound": whole("orderBound", "perm_id", "client_id", "order_id"),
    "OrderStatus": whole(
        "orderStatus", "order_id", "status", "filled", "remaining", "avg_fill_price", "perm_id", "parent_id",
        "last_fill_price", "client_id", "why_held", "mkt_cap_price",
    ),
    "PnL": whole("pnl", "req_id", "daily_pnl", "unrealized_pnl", "realized_pnl"),
    "PnLSingle": whole("pnlSingle", "req_id", "position", "daily_pnl", "unrealized_pnl", "realized_pnl", "value"),
    "PortfolioValue": whole(
        "updatePortfolio", "contract", "position", "market_price", "market_value", "average_cost", "unrealized_pnl",
        "realized_pnl", "account_name",
    ),
    "Position": whole("position", "account", "contract", "position", "avg_cost"),
    "PositionEnd": whole("positionEnd"),
    "PositionMulti": whole("positionMulti", "req_id", "account", "model_code", "contract", "position", "avg_cost"),
    "PositionMultiEnd": whole("positionMultiEnd", "req_id"),
    "RealTimeBarTick": whole(
        "realtimeBar", "req_id", "time", "open", "high", "low", "close", "volume", "wap", "count"
    ),
    "ReceiveFA": whole("receiveFA", "fa_data_type", "xml"),
    "ReplaceFAEnd": whole("replaceFAEnd", "req_id", "text"),
    "RerouteMarketDataRequest": whole("rerouteMktDataReq", "req_id", "con_id", "exchange"),
    "RerouteMarketDepthRequest": whole("rerouteMktDepthReq", "req_id", "con_id", "exchange"),
    "ScannerData": scanner_data,
    "ScannerParameters": whole("scannerParameters", "xml"),
    "SecDefOptParameter": option_parameters,
    "SecDefOptParameterEnd": whole("securityDefinitionOptionParameterEnd", "req_id"),
    "SmartComponents": whole("smartComponents", "req_id", "smart_components"),
    "SoftDollarTiers": whole("softDollarTiers", "req_id", "soft_dollar_tiers"),
    "SymbolSamples": whole("symbolSamples", "req_id", "contract_descriptions"),
    "TickByTickData": tick_by_tick,
    "TickEfp": whole(
        "tickEFP", "req_id", "tick_type", "basis_points", "formatted_basis_points", "total_dividends", "hold_days",
        "future_last_trade_date", "dividend_impact", "dividends_to_last_trade_date",
    ),
    "TickGeneric": whole("tickGeneric", "req_id", "tick_type", "value"),
    "TickNews": whole("tickNews", "req_id", "timestamp", "provider_code", "article_id", "headline", "extra_data"),
    "TickOptionComputation": whole(
        "tickOptionComputation", "req_id", "tick_type", "tick_attrib", "implied_vol", "delta", "opt_price",
        "pv_dividend", "gamma", "vega", "theta", "und_price",
    ),
    "TickPrice": tick_price,
    "TickReqParams": whole("tickReqParams", "req_id", "min_tick", "bbo_exchange", "snapshot_permissions"),
    "TickSize": whole("tickSize", "req_id", "tick_type", "size"),
    "TickSnapshotEnd": whole("tickSnapshotEnd", "req_id"),
    "TickString": whole("tickString", "req_id", "tick_type", "value"),
    "UpdateConfigResponse": whole("updateConfigResponseProtoBuf"),
    "UserInfo": whole("userInfo", "req_id", "white_branding_id"),
    "VerifyAndAuthCompleted": whole("verifyAndAuthCompleted", "is_successful", "error_text"),
    "VerifyAndAuthMessageApi": whole("verifyAndAuthMessageAPI", "api_data", "xyz_challenge"),
    "VerifyCompleted": whole("verifyCompleted", "is_successful", "error_text"),
    "VerifyMessageApi": whole("verifyMessageAPI", "api_data"),
    "WshEventData": whole("wshEventData", "req_id", "data_json"),
    "WshMetaData": whole("wshMetaData", "req_id", "data_json"),
}  # fmt: skip


def calls_of(message):
    """The callbacks of the official client for this message: (name, arguments)."""
    return list(CALLS[type(message).__name__](message))


def differences(theirs, ours, path=""):
    """Where our value says something else than the official client's; only what it mentions is compared."""
    if isinstance(theirs, dict):
        return _dict_differences(theirs, ours, path)
    if isinstance(theirs, list):
        if isinstance(ours, dict):
            theirs_tags = {tag["tag"]: tag.get("value", "") for tag in theirs}
            return [] if theirs_tags == ours else [f"{path}: {theirs_tags} is not {ours}"]
        ours = ours or []
        if len(theirs) != len(ours):
            return [f"{path}: {len(theirs)} items are not {len(ours)}"]
        return [
            d
            for place, pair in enumerate(zip(theirs, ours, strict=True))
            for d in differences(*pair, f"{path}[{place}]")
        ]
    return [] if _same(theirs, ours) else [f"{path}: {theirs!r} is not {ours!r}"]


def _dict_differences(theirs, ours, path):
    if ours is None:
        ours = {}
    if not isinstance(ours, dict):
        ours = {name: getattr(ours, name) for name in type(ours).__fields__}
    found = []
    for key, value in theirs.items():
        name = re.sub(r"(?<=[a-z0-9])([A-Z]+)", lambda m: "_" + m[1].lower(), key)
        name = NAMES.get(name, name)
        if key == "_type":
            continue
        if name == "last_trade_date_or_contract_month":
            mine = re.split(r"[ -]", ours.get(name) or "")[0]
        elif name == "last_trade_time":
            mine = re.split(r"[ -]", ours["contract"].last_trade_date_or_contract_month)[1]
        else:
            mine = ours.get(name)
        found += differences(value, mine, f"{path}.{name}")
    return found


def _same(theirs, ours):
    if ours in (None, "", 0) and theirs in UNSET:
        return True
    if isinstance(ours, bool) or isinstance(theirs, bool):
        return bool(theirs) == bool(ours)
    if isinstance(ours, Decimal) and isinstance(theirs, float):
        return float(ours) == theirs
    if isinstance(ours, Decimal | int | float) and not isinstance(ours, str):
        try:
            return Decimal(str(theirs)) == Decimal(str(ours))
        except ArithmeticError:
            return False
    return theirs == ours
