"""The Wall Street Horizon calendar of company events."""

from ibfast.schema.declare import Bool, Int, Message, Str, at, field, incoming, layout, outgoing
from ibfast.schema.versions import In, Out, V


@outgoing(Out.REQ_WSH_META_DATA, protobuf=V.PROTOBUF_NEWS_DATA, since=V.WSHE_CALENDAR)
class WshMetaDataRequest(Message):
    """Ask which events and filters the Wall Street Horizon calendar has."""

    req_id: Int = field(1)
    TEXT = layout("req_id")


@outgoing(Out.CANCEL_WSH_META_DATA, protobuf=V.PROTOBUF_NEWS_DATA, since=V.WSHE_CALENDAR)
class CancelWshMetaData(Message):
    """End a request for calendar metadata."""

    req_id: Int = field(1)
    TEXT = layout("req_id")


@incoming(In.WSH_META_DATA, protobuf=V.PROTOBUF_NEWS_DATA, since=V.WSHE_CALENDAR)
class WshMetaData(Message):
    """What the calendar has, as JSON."""

    req_id: Int = field(1)
    data_json: Str = field(2)
    TEXT = layout("req_id", "data_json")


@outgoing(Out.REQ_WSH_EVENT_DATA, protobuf=V.PROTOBUF_NEWS_DATA, since=V.WSHE_CALENDAR)
class WshEventDataRequest(Message):
    """Ask for events of the Wall Street Horizon calendar."""

    req_id: Int = field(1)
    con_id: Int = field(2, unset="max")
    filter: Str = field(3)
    fill_watchlist: Bool = field(4)
    fill_portfolio: Bool = field(5)
    fill_competitors: Bool = field(6)
    start_date: Str = field(7)
    end_date: Str = field(8)
    total_limit: Int = field(9, unset="max")
    TEXT = layout(
        "req_id", "con_id", at("filter", since=V.WSH_EVENT_DATA_FILTERS),
        at("fill_watchlist", since=V.WSH_EVENT_DATA_FILTERS), at("fill_portfolio", since=V.WSH_EVENT_DATA_FILTERS),
        at("fill_competitors", since=V.WSH_EVENT_DATA_FILTERS),
        at("start_date", since=V.WSH_EVENT_DATA_FILTERS_DATE), at("end_date", since=V.WSH_EVENT_DATA_FILTERS_DATE),
        at("total_limit", since=V.WSH_EVENT_DATA_FILTERS_DATE),
    )  # fmt: skip


@outgoing(Out.CANCEL_WSH_EVENT_DATA, protobuf=V.PROTOBUF_NEWS_DATA, since=V.WSHE_CALENDAR)
class CancelWshEventData(Message):
    """End a request for calendar events."""

    req_id: Int = field(1)
    TEXT = layout("req_id")


@incoming(In.WSH_EVENT_DATA, protobuf=V.PROTOBUF_NEWS_DATA, since=V.WSHE_CALENDAR)
class WshEventData(Message):
    """Calendar events, as JSON."""

    req_id: Int = field(1)
    data_json: Str = field(2)
    TEXT = layout("req_id", "data_json")
