"""The past: bars, ticks, histograms, schedules."""

from ibfast.schema.contract import Contract
from ibfast.schema.declare import (
    Bool,
    Dec,
    Float,
    Int,
    Message,
    Need,
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
)
from ibfast.schema.market_data import HistoricalTick, HistoricalTickBidAsk, HistoricalTickLast
from ibfast.schema.shared import OHLC, REQUEST_CONTRACT, SHORT_LEGS
from ibfast.schema.versions import In, Out, V


@outgoing(
    Out.REQ_HISTORICAL_DATA,
    protobuf=V.PROTOBUF_HISTORICAL_DATA,
    needs=(Need("what_to_show", "SCHEDULE", since=V.HISTORICAL_SCHEDULE),),
)
class HistoricalDataRequest(Message):
    """Ask for bars up to a time, or keep the last one up to date; format_date 1 is text, 2 seconds since 1970."""

    req_id: Int = field(1)
    contract: Contract | None = field(2)
    end_date_time: Str = field(3)
    bar_size_setting: Str = field(4)
    duration: Str = field(5)
    use_rth: Bool = field(6)
    what_to_show: Str = field(7)
    format_date: Int = field(8, default=1)
    keep_up_to_date: Bool = field(9)
    chart_options: Tags = field(10)
    TEXT = layout(
        "req_id", *REQUEST_CONTRACT, "contract.include_expired", "end_date_time", "bar_size_setting", "duration",
        "use_rth", "what_to_show", "format_date", *SHORT_LEGS, "keep_up_to_date", "chart_options",
    )  # fmt: skip


@outgoing(Out.CANCEL_HISTORICAL_DATA, protobuf=V.PROTOBUF_HISTORICAL_DATA)
class CancelHistoricalData(Message):
    """End a request for bars."""

    req_id: Int = field(1)
    TEXT = layout("req_id", version=1)


class HistoricalDataBar(Message):
    """A bar; ``date`` is a day, or a time as the request's format_date asks."""

    date: Str = field(1)
    open: Float = field(2)
    high: Float = field(3)
    low: Float = field(4)
    close: Float = field(5)
    volume: Dec = field(6)
    wap: Dec = field(7)
    bar_count: Int = field(8)


@incoming(In.HISTORICAL_DATA, protobuf=V.PROTOBUF_HISTORICAL_DATA)
class HistoricalData(Message):
    """Bars, oldest first; the end of the answer too below server 196, which alone sends the range with them."""

    req_id: Int = field(1)
    historical_data_bars: list[HistoricalDataBar] = field(2)
    start_date_str: Str = field()
    end_date_str: Str = field()
    TEXT = layout(
        "req_id", at("start_date_str", before=V.HISTORICAL_DATA_END),
        at("end_date_str", before=V.HISTORICAL_DATA_END),
        repeat("historical_data_bars", "date", *OHLC, "bar_count"),
    )  # fmt: skip


@incoming(In.HISTORICAL_DATA_END, protobuf=V.PROTOBUF_HISTORICAL_DATA, since=V.HISTORICAL_DATA_END)
class HistoricalDataEnd(Message):
    """The answer to a request for bars is complete."""

    req_id: Int = field(1)
    start_date_str: Str = field(2)
    end_date_str: Str = field(3)
    TEXT = layout("req_id", "start_date_str", "end_date_str")


@incoming(In.HISTORICAL_DATA_UPDATE, protobuf=V.PROTOBUF_HISTORICAL_DATA)
class HistoricalDataUpdate(Message):
    """The newest bar of a request that is kept up to date."""

    req_id: Int = field(1)
    historical_data_bar: HistoricalDataBar | None = field(2)
    TEXT = layout(
        "req_id", "historical_data_bar.bar_count", "historical_data_bar.date", "historical_data_bar.open",
        "historical_data_bar.close", "historical_data_bar.high", "historical_data_bar.low",
        "historical_data_bar.wap", "historical_data_bar.volume",
    )  # fmt: skip


@outgoing(Out.REQ_HEAD_TIMESTAMP, protobuf=V.PROTOBUF_HISTORICAL_DATA)
class HeadTimestampRequest(Message):
    """Ask how far back the history of a contract goes."""

    req_id: Int = field(1)
    contract: Contract | None = field(2)
    use_rth: Bool = field(3)
    what_to_show: Str = field(4)
    format_date: Int = field(5, default=1)
    TEXT = layout("req_id", *REQUEST_CONTRACT, "contract.include_expired", "use_rth", "what_to_show", "format_date")


@outgoing(Out.CANCEL_HEAD_TIMESTAMP, protobuf=V.PROTOBUF_HISTORICAL_DATA)
class CancelHeadTimestamp(Message):
    """End a request for the head timestamp."""

    req_id: Int = field(1)
    TEXT = layout("req_id")


@incoming(In.HEAD_TIMESTAMP, protobuf=V.PROTOBUF_HISTORICAL_DATA)
class HeadTimestamp(Message):
    """The time of the first data there are."""

    req_id: Int = field(1)
    head_timestamp: Str = field(2)
    TEXT = layout("req_id", "head_timestamp")


@outgoing(Out.REQ_HISTOGRAM_DATA, protobuf=V.PROTOBUF_HISTORICAL_DATA)
class HistogramDataRequest(Message):
    """Ask how volume is spread over prices."""

    req_id: Int = field(1)
    contract: Contract | None = field(2)
    use_rth: Bool = field(3)
    time_period: Str = field(4)
    TEXT = layout("req_id", *REQUEST_CONTRACT, "contract.include_expired", "use_rth", "time_period")


@outgoing(Out.CANCEL_HISTOGRAM_DATA, protobuf=V.PROTOBUF_HISTORICAL_DATA)
class CancelHistogramData(Message):
    """End a request for a histogram."""

    req_id: Int = field(1)
    TEXT = layout("req_id")


class HistogramDataEntry(Message):
    """The volume at one price."""

    price: Float = field(1)
    size: Dec = field(2)


@incoming(In.HISTOGRAM_DATA, protobuf=V.PROTOBUF_HISTORICAL_DATA)
class HistogramData(Message):
    """How volume is spread over prices."""

    req_id: Int = field(1)
    histogram_data_entries: list[HistogramDataEntry] = field(2)
    TEXT = layout("req_id", repeat("histogram_data_entries", "price", "size"))


@outgoing(Out.REQ_HISTORICAL_TICKS, protobuf=V.PROTOBUF_HISTORICAL_DATA)
class HistoricalTicksRequest(Message):
    """Ask for past trades, quotes or midpoints; whole seconds come, so maybe more than asked for."""

    req_id: Int = field(1)
    contract: Contract | None = field(2)
    start_date_time: Str = field(3)
    end_date_time: Str = field(4)
    number_of_ticks: Int = field(5)
    what_to_show: Str = field(6)
    use_rth: Bool = field(7)
    ignore_size: Bool = field(8)
    misc_options: Tags = field(9)
    TEXT = layout(
        "req_id", *REQUEST_CONTRACT, "contract.include_expired", "start_date_time", "end_date_time",
        "number_of_ticks", "what_to_show", "use_rth", "ignore_size", "misc_options",
    )  # fmt: skip


@outgoing(Out.CANCEL_HISTORICAL_TICKS, protobuf=V.CANCEL_CONTRACT_DATA, since=V.CANCEL_CONTRACT_DATA)
class CancelHistoricalTicks(Message):
    """End a request for past ticks."""

    req_id: Int = field(1)


@incoming(In.HISTORICAL_TICKS, protobuf=V.PROTOBUF_HISTORICAL_DATA)
class HistoricalTicks(Message):
    """Past midpoints."""

    req_id: Int = field(1)
    historical_ticks: list[HistoricalTick] = field(2)
    is_done: Bool = field(3)
    TEXT = layout("req_id", repeat("historical_ticks", "time", const("unused"), "price", "size"), "is_done")


@incoming(In.HISTORICAL_TICKS_BID_ASK, protobuf=V.PROTOBUF_HISTORICAL_DATA)
class HistoricalTicksBidAsk(Message):
    """Past quotes."""

    req_id: Int = field(1)
    historical_ticks_bid_ask: list[HistoricalTickBidAsk] = field(2)
    is_done: Bool = field(3)
    TEXT = layout(
        "req_id",
        repeat(
            "historical_ticks_bid_ask", "time", mask("tick_attrib_bid_ask", "ask_past_high", "bid_past_low"),
            "price_bid", "price_ask", "size_bid", "size_ask",
        ),
        "is_done",
    )  # fmt: skip


@incoming(In.HISTORICAL_TICKS_LAST, protobuf=V.PROTOBUF_HISTORICAL_DATA)
class HistoricalTicksLast(Message):
    """Past trades."""

    req_id: Int = field(1)
    historical_ticks_last: list[HistoricalTickLast] = field(2)
    is_done: Bool = field(3)
    TEXT = layout(
        "req_id",
        repeat(
            "historical_ticks_last", "time", mask("tick_attrib_last", "past_limit", "unreported"), "price", "size",
            "exchange", "special_conditions",
        ),
        "is_done",
    )  # fmt: skip


class HistoricalSession(Message):
    """One trading session."""

    start_date_time: Str = field(1)
    end_date_time: Str = field(2)
    ref_date: Str = field(3)


@incoming(In.HISTORICAL_SCHEDULE, protobuf=V.PROTOBUF_REST_MESSAGES_1, since=V.HISTORICAL_SCHEDULE)
class HistoricalSchedule(Message):
    """The trading sessions of a range of days."""

    req_id: Int = field(1)
    start_date_time: Str = field(2)
    end_date_time: Str = field(3)
    time_zone: Str = field(4)
    historical_sessions: list[HistoricalSession] = field(5)
    TEXT = layout(
        "req_id", "start_date_time", "end_date_time", "time_zone",
        repeat("historical_sessions", "start_date_time", "end_date_time", "ref_date"),
    )  # fmt: skip
