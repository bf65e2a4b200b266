"""Live market data, and what is computed from it."""

from ibfast.schema.contract import Contract
from ibfast.schema.declare import (
    Bool,
    Dec,
    Float,
    Int,
    Long,
    Message,
    Str,
    Tags,
    at,
    const,
    field,
    incoming,
    layout,
    mask,
    outgoing,
    repeat,
    when,
)
from ibfast.schema.shared import DELTA_NEUTRAL, OHLC, REQUEST_CONTRACT, SHORT_LEGS
from ibfast.schema.versions import In, Out, V


@outgoing(Out.REQ_MKT_DATA, protobuf=V.PROTOBUF_MARKET_DATA)
class MarketDataRequest(Message):
    """Subscribe to the L1 ticks of a contract, or take a snapshot of them."""

    req_id: Int = field(1)
    contract: Contract | None = field(2)
    generic_tick_list: Str = field(3)
    snapshot: Bool = field(4)
    regulatory_snapshot: Bool = field(5)
    market_data_options: Tags = field(6)
    TEXT = layout(
        "req_id", *REQUEST_CONTRACT, *SHORT_LEGS, *DELTA_NEUTRAL, "generic_tick_list", "snapshot",
        "regulatory_snapshot", "market_data_options", version=11,
    )  # fmt: skip


@outgoing(Out.CANCEL_MKT_DATA, protobuf=V.PROTOBUF_MARKET_DATA)
class CancelMarketData(Message):
    """End an L1 subscription."""

    req_id: Int = field(1)
    TEXT = layout("req_id", version=2)


@outgoing(Out.REQ_MARKET_DATA_TYPE, protobuf=V.PROTOBUF_MARKET_DATA)
class MarketDataTypeRequest(Message):
    """Switch all market data: 1 real time, 2 frozen, 3 delayed, 4 delayed and frozen."""

    market_data_type: Int = field(1)
    TEXT = layout("market_data_type", version=1)


@incoming(In.MARKET_DATA_TYPE, protobuf=V.PROTOBUF_MARKET_DATA)
class MarketDataType(Message):
    """Which type of market data a subscription now gets."""

    req_id: Int = field(1)
    market_data_type: Int = field(2)
    TEXT = layout("req_id", "market_data_type", version=1)


@incoming(In.TICK_REQ_PARAMS, protobuf=V.PROTOBUF_MARKET_DATA)
class TickReqParams(Message):
    """What the ticks of a subscription need to be read: price step, exchange map, snapshot permissions."""

    req_id: Int = field(1)
    min_tick: Dec = field(2)
    bbo_exchange: Str = field(3)
    snapshot_permissions: Int = field(4)
    last_price_precision: Dec = field(5)
    last_size_precision: Dec = field(6)
    TEXT = layout("req_id", "min_tick", "bbo_exchange", "snapshot_permissions")


@incoming(In.TICK_PRICE, protobuf=V.PROTOBUF_MARKET_DATA)
class TickPrice(Message):
    """A price, with the size that belongs to it; attr_mask: 1 can auto-execute, 2 past limit, 4 pre-open."""

    req_id: Int = field(1)
    tick_type: Int = field(2)
    price: Float = field(3)
    size: Dec = field(4)
    attr_mask: Int = field(5)
    TEXT = layout("req_id", "tick_type", "price", "size", "attr_mask", version=6)


@incoming(In.TICK_SIZE, protobuf=V.PROTOBUF_MARKET_DATA)
class TickSize(Message):
    """A size or volume."""

    req_id: Int = field(1)
    tick_type: Int = field(2)
    size: Dec = field(3)
    TEXT = layout("req_id", "tick_type", "size", version=6)


@incoming(In.TICK_GENERIC, protobuf=V.PROTOBUF_MARKET_DATA)
class TickGeneric(Message):
    """A number of another kind, such as halted or implied volatility."""

    req_id: Int = field(1)
    tick_type: Int = field(2)
    value: Float = field(3)
    TEXT = layout("req_id", "tick_type", "value", version=6)


@incoming(In.TICK_STRING, protobuf=V.PROTOBUF_MARKET_DATA)
class TickString(Message):
    """A text, such as the time of the last trade or an exchange map."""

    req_id: Int = field(1)
    tick_type: Int = field(2)
    value: Str = field(3)
    TEXT = layout("req_id", "tick_type", "value", version=6)


@incoming(In.TICK_EFP)
class TickEfp(Message):
    """An exchange for physical."""

    req_id: Int = field()
    tick_type: Int = field()
    basis_points: Float = field()
    formatted_basis_points: Str = field()
    total_dividends: Float = field()
    hold_days: Int = field()
    future_last_trade_date: Str = field()
    dividend_impact: Float = field()
    dividends_to_last_trade_date: Float = field()
    TEXT = layout(
        "req_id", "tick_type", "basis_points", "formatted_basis_points", "total_dividends", "hold_days",
        "future_last_trade_date", "dividend_impact", "dividends_to_last_trade_date", version=6,
    )  # fmt: skip


@incoming(In.TICK_OPTION_COMPUTATION, protobuf=V.PROTOBUF_MARKET_DATA)
class TickOptionComputation(Message):
    """Implied volatility and greeks of an option."""

    req_id: Int = field(1)
    tick_type: Int = field(2)
    tick_attrib: Int = field(3)
    implied_vol: Float = field(4, unset="negative")
    delta: Float = field(5, unset="-2")
    opt_price: Float = field(6, unset="-1")
    pv_dividend: Float = field(7, unset="-1")
    gamma: Float = field(8, unset="-2")
    vega: Float = field(9, unset="-2")
    theta: Float = field(10, unset="-2")
    und_price: Float = field(11, unset="-1")
    TEXT = layout(
        "req_id", "tick_type", "tick_attrib", "implied_vol", "delta", "opt_price", "pv_dividend", "gamma", "vega",
        "theta", "und_price",
    )  # fmt: skip


@incoming(In.TICK_SNAPSHOT_END, protobuf=V.PROTOBUF_MARKET_DATA)
class TickSnapshotEnd(Message):
    """A snapshot is complete."""

    req_id: Int = field(1)
    TEXT = layout("req_id", version=1)


@incoming(In.TICK_NEWS, protobuf=V.PROTOBUF_NEWS_DATA)
class TickNews(Message):
    """A headline for a contract; timestamp in ms since 1970."""

    req_id: Int = field(1)
    timestamp: Long = field(2)
    provider_code: Str = field(3)
    article_id: Str = field(4)
    headline: Str = field(5)
    extra_data: Str = field(6)
    TEXT = layout("req_id", "timestamp", "provider_code", "article_id", "headline", "extra_data")


class TickAttribLast(Message):
    """Marks of a trade."""

    past_limit: Bool = field(1)
    unreported: Bool = field(2)


class TickAttribBidAsk(Message):
    """Marks of a quote."""

    bid_past_low: Bool = field(1)
    ask_past_high: Bool = field(2)


class HistoricalTick(Message):
    """A midpoint; time in seconds since 1970."""

    time: Long = field(1)
    price: Float = field(2)
    size: Dec = field(3)


class HistoricalTickLast(Message):
    """A trade; time in seconds since 1970."""

    time: Long = field(1)
    tick_attrib_last: TickAttribLast | None = field(2)
    price: Float = field(3)
    size: Dec = field(4)
    exchange: Str = field(5)
    special_conditions: Str = field(6)


class HistoricalTickBidAsk(Message):
    """A quote; time in seconds since 1970."""

    time: Long = field(1)
    tick_attrib_bid_ask: TickAttribBidAsk | None = field(2)
    price_bid: Float = field(3)
    price_ask: Float = field(4)
    size_bid: Dec = field(5)
    size_ask: Dec = field(6)


@outgoing(Out.REQ_TICK_BY_TICK_DATA, protobuf=V.PROTOBUF_HISTORICAL_DATA)
class TickByTickRequest(Message):
    """Subscribe to every trade, quote or midpoint of a contract."""

    req_id: Int = field(1)
    contract: Contract | None = field(2)
    tick_type: Str = field(3)
    number_of_ticks: Int = field(4)
    ignore_size: Bool = field(5)
    TEXT = layout("req_id", *REQUEST_CONTRACT, "tick_type", "number_of_ticks", "ignore_size")


@outgoing(Out.CANCEL_TICK_BY_TICK_DATA, protobuf=V.PROTOBUF_HISTORICAL_DATA)
class CancelTickByTick(Message):
    """End a tick-by-tick subscription."""

    req_id: Int = field(1)
    TEXT = layout("req_id")


@incoming(In.TICK_BY_TICK, protobuf=V.PROTOBUF_HISTORICAL_DATA)
class TickByTickData(Message):
    """One trade (tick_type 1, 2), quote (3) or midpoint (4)."""

    req_id: Int = field(1)
    tick_type: Int = field(2)
    historical_tick_last: HistoricalTickLast | None = field(3)
    historical_tick_bid_ask: HistoricalTickBidAsk | None = field(4)
    historical_tick_mid_point: HistoricalTick | None = field(5)
    TEXT = layout(
        "req_id", "tick_type",
        when(
            "tick_type in 1|2", "historical_tick_last.time", "historical_tick_last.price",
            "historical_tick_last.size", mask("historical_tick_last.tick_attrib_last", "past_limit", "unreported"),
            "historical_tick_last.exchange", "historical_tick_last.special_conditions",
        ),
        when(
            "tick_type in 3", "historical_tick_bid_ask.time", "historical_tick_bid_ask.price_bid",
            "historical_tick_bid_ask.price_ask", "historical_tick_bid_ask.size_bid",
            "historical_tick_bid_ask.size_ask",
            mask("historical_tick_bid_ask.tick_attrib_bid_ask", "bid_past_low", "ask_past_high"),
        ),
        when("tick_type in 4", "historical_tick_mid_point.time", "historical_tick_mid_point.price"),
        when("tick_type in 0", const("time", "0")),
    )  # fmt: skip


@outgoing(Out.REQ_MKT_DEPTH, protobuf=V.PROTOBUF_MARKET_DATA)
class MarketDepthRequest(Message):
    """Subscribe to the order book of a contract."""

    req_id: Int = field(1)
    contract: Contract | None = field(2)
    num_rows: Int = field(3)
    is_smart_depth: Bool = field(4)
    market_depth_options: Tags = field(5)
    TEXT = layout("req_id", *REQUEST_CONTRACT, "num_rows", "is_smart_depth", "market_depth_options", version=5)


@outgoing(Out.CANCEL_MKT_DEPTH, protobuf=V.PROTOBUF_MARKET_DATA)
class CancelMarketDepth(Message):
    """End an order book subscription."""

    req_id: Int = field(1)
    is_smart_depth: Bool = field(2)
    TEXT = layout("req_id", "is_smart_depth", version=1)


class MarketDepthData(Message):
    """One change of an order book: operation 0 insert, 1 update, 2 delete; side 0 ask, 1 bid."""

    position: Int = field(1)
    operation: Int = field(2)
    side: Int = field(3)
    price: Float = field(4)
    size: Dec = field(5)
    market_maker: Str = field(6)
    is_smart_depth: Bool = field(7)


@incoming(In.MARKET_DEPTH, protobuf=V.PROTOBUF_MARKET_DATA)
class MarketDepth(Message):
    """A change of an order book without market makers."""

    req_id: Int = field(1)
    market_depth_data: MarketDepthData | None = field(2)
    TEXT = layout(
        "req_id", "market_depth_data.position", "market_depth_data.operation", "market_depth_data.side",
        "market_depth_data.price", "market_depth_data.size", version=1,
    )  # fmt: skip


@incoming(In.MARKET_DEPTH_L2, protobuf=V.PROTOBUF_MARKET_DATA)
class MarketDepthL2(Message):
    """A change of an order book with market makers or exchanges."""

    req_id: Int = field(1)
    market_depth_data: MarketDepthData | None = field(2)
    TEXT = layout(
        "req_id", "market_depth_data.position", "market_depth_data.market_maker", "market_depth_data.operation",
        "market_depth_data.side", "market_depth_data.price", "market_depth_data.size",
        "market_depth_data.is_smart_depth", version=1,
    )  # fmt: skip


@outgoing(Out.REQ_MKT_DEPTH_EXCHANGES, protobuf=V.PROTOBUF_REST_MESSAGES_3)
class MarketDepthExchangesRequest(Message):
    """Ask which exchanges have order books."""

    TEXT = layout()


class DepthMarketDataDescription(Message):
    """An exchange that has order books."""

    exchange: Str = field(1)
    sec_type: Str = field(2)
    listing_exch: Str = field(3)
    service_data_type: Str = field(4)
    agg_group: Int = field(5, unset="max")


@incoming(In.MKT_DEPTH_EXCHANGES, protobuf=V.PROTOBUF_REST_MESSAGES_3)
class MarketDepthExchanges(Message):
    """The exchanges that have order books."""

    depth_market_data_descriptions: list[DepthMarketDataDescription] = field(1)
    TEXT = layout(
        repeat(
            "depth_market_data_descriptions", "exchange", "sec_type", "listing_exch", "service_data_type",
            "agg_group",
        ),
    )  # fmt: skip


@outgoing(Out.REQ_SMART_COMPONENTS, protobuf=V.PROTOBUF_REST_MESSAGES_2)
class SmartComponentsRequest(Message):
    """Ask which exchanges the letters of a BBO exchange map stand for."""

    req_id: Int = field(1)
    bbo_exchange: Str = field(2)
    TEXT = layout("req_id", "bbo_exchange")


class SmartComponent(Message):
    """One exchange and its letter."""

    bit_number: Int = field(1)
    exchange: Str = field(2)
    exchange_letter: Str = field(3)


@incoming(In.SMART_COMPONENTS, protobuf=V.PROTOBUF_REST_MESSAGES_2)
class SmartComponents(Message):
    """The exchanges of a BBO exchange map."""

    req_id: Int = field(1)
    smart_components: list[SmartComponent] = field(2)
    TEXT = layout("req_id", repeat("smart_components", "bit_number", "exchange", "exchange_letter"))


@outgoing(Out.REQ_REAL_TIME_BARS, protobuf=V.PROTOBUF_HISTORICAL_DATA)
class RealTimeBarsRequest(Message):
    """Subscribe to bars of five seconds."""

    req_id: Int = field(1)
    contract: Contract | None = field(2)
    bar_size: Int = field(3, default=5)
    what_to_show: Str = field(4)
    use_rth: Bool = field(5)
    real_time_bars_options: Tags = field(6)
    TEXT = layout(
        "req_id", *REQUEST_CONTRACT, "bar_size", "what_to_show", "use_rth", "real_time_bars_options", version=3,
    )  # fmt: skip


@outgoing(Out.CANCEL_REAL_TIME_BARS, protobuf=V.PROTOBUF_HISTORICAL_DATA)
class CancelRealTimeBars(Message):
    """End a subscription to real-time bars."""

    req_id: Int = field(1)
    TEXT = layout("req_id", version=1)


@incoming(In.REAL_TIME_BARS, protobuf=V.PROTOBUF_HISTORICAL_DATA)
class RealTimeBarTick(Message):
    """A bar of five seconds; time, its start, in seconds since 1970."""

    req_id: Int = field(1)
    time: Long = field(2)
    open: Float = field(3)
    high: Float = field(4)
    low: Float = field(5)
    close: Float = field(6)
    volume: Dec = field(7)
    wap: Dec = field(8)
    count: Int = field(9)
    TEXT = layout("req_id", "time", *OHLC, "count", version=3)


@incoming(In.REROUTE_MKT_DATA_REQ, protobuf=V.PROTOBUF_REST_MESSAGES_1)
class RerouteMarketDataRequest(Message):
    """The market data of this contract (a CFD) must be asked for under another one."""

    req_id: Int = field(1)
    con_id: Int = field(2)
    exchange: Str = field(3)
    TEXT = layout("req_id", "con_id", "exchange")


@incoming(In.REROUTE_MKT_DEPTH_REQ, protobuf=V.PROTOBUF_REST_MESSAGES_1)
class RerouteMarketDepthRequest(Message):
    """The order book of this contract (a CFD) must be asked for under another one."""

    req_id: Int = field(1)
    con_id: Int = field(2)
    exchange: Str = field(3)
    TEXT = layout("req_id", "con_id", "exchange")


@outgoing(Out.REQ_CALC_IMPLIED_VOLAT, protobuf=V.PROTOBUF_REST_MESSAGES_1)
class CalculateImpliedVolatilityRequest(Message):
    """Ask for the volatility that a price of an option implies."""

    req_id: Int = field(1)
    contract: Contract | None = field(2)
    option_price: Float = field(3)
    under_price: Float = field(4)
    implied_volatility_options: Tags = field(5)
    TEXT = layout("req_id", *REQUEST_CONTRACT, "option_price", "under_price", "implied_volatility_options", version=3)


@outgoing(Out.CANCEL_CALC_IMPLIED_VOLAT, protobuf=V.PROTOBUF_REST_MESSAGES_1)
class CancelCalculateImpliedVolatility(Message):
    """End a calculation of implied volatility."""

    req_id: Int = field(1)
    TEXT = layout("req_id", version=1)


@outgoing(Out.REQ_CALC_OPTION_PRICE, protobuf=V.PROTOBUF_REST_MESSAGES_1)
class CalculateOptionPriceRequest(Message):
    """Ask for the price of an option at a volatility."""

    req_id: Int = field(1)
    contract: Contract | None = field(2)
    volatility: Float = field(3)
    under_price: Float = field(4)
    option_price_options: Tags = field(5)
    TEXT = layout("req_id", *REQUEST_CONTRACT, "volatility", "under_price", "option_price_options", version=3)


@outgoing(Out.CANCEL_CALC_OPTION_PRICE, protobuf=V.PROTOBUF_REST_MESSAGES_1)
class CancelCalculateOptionPrice(Message):
    """End a calculation of an option price."""

    req_id: Int = field(1)
    TEXT = layout("req_id", version=1)


@outgoing(Out.EXERCISE_OPTIONS, protobuf=V.PROTOBUF_REST_MESSAGES_1)
class ExerciseOptionsRequest(Message):
    """Exercise (1) or let lapse (2) an option; on the text wire ``order_id`` is called req_id."""

    order_id: Int = field(1)
    contract: Contract | None = field(2)
    exercise_action: Int = field(3)
    exercise_quantity: Int = field(4)
    account: Str = field(5)
    override: Bool = field(6)
    manual_order_time: Str = field(7)
    customer_account: Str = field(8)
    professional_customer: Bool = field(9)
    TEXT = layout(
        "order_id", "contract.con_id", "contract.symbol", "contract.sec_type",
        "contract.last_trade_date_or_contract_month", "contract.strike", "contract.right",
        at("contract.multiplier", wire="plain"), "contract.exchange", "contract.currency", "contract.local_symbol",
        "contract.trading_class", "exercise_action", "exercise_quantity", "account", "override",
        at("manual_order_time", since=V.MANUAL_ORDER_TIME_EXERCISE_OPTIONS),
        at("customer_account", since=V.CUSTOMER_ACCOUNT),
        at("professional_customer", since=V.PROFESSIONAL_CUSTOMER), version=2,
    )  # fmt: skip
