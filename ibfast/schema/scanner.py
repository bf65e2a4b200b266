"""Market scanners."""

from ibfast.schema.contract import Contract
from ibfast.schema.declare import (
    Bool,
    Float,
    Int,
    Long,
    Message,
    Str,
    Tags,
    at,
    field,
    incoming,
    layout,
    outgoing,
    repeat,
)
from ibfast.schema.versions import In, Out, V


@outgoing(Out.REQ_SCANNER_PARAMETERS, protobuf=V.PROTOBUF_SCAN_DATA)
class ScannerParametersRequest(Message):
    """Ask what scanners can look for."""

    TEXT = layout(version=1)


@incoming(In.SCANNER_PARAMETERS, protobuf=V.PROTOBUF_SCAN_DATA)
class ScannerParameters(Message):
    """What scanners can look for, as XML."""

    xml: Str = field(1)
    TEXT = layout("xml", version=1)


class ScannerSubscription(Message):
    """What a scanner looks for."""

    number_of_rows: Int = field(1, unset="empty", default=-1)
    instrument: Str = field(2)
    location_code: Str = field(3)
    scan_code: Str = field(4)
    above_price: Float = field(5, unset="empty")
    below_price: Float = field(6, unset="empty")
    above_volume: Long = field(7, unset="empty")
    market_cap_above: Float = field(8, unset="empty")
    market_cap_below: Float = field(9, unset="empty")
    moody_rating_above: Str = field(10)
    moody_rating_below: Str = field(11)
    sp_rating_above: Str = field(12)
    sp_rating_below: Str = field(13)
    maturity_date_above: Str = field(14)
    maturity_date_below: Str = field(15)
    coupon_rate_above: Float = field(16, unset="empty")
    coupon_rate_below: Float = field(17, unset="empty")
    exclude_convertible: Bool = field(18)
    average_option_volume_above: Long = field(19, unset="empty")
    scanner_setting_pairs: Str = field(20)
    stock_type_filter: Str = field(21)
    scanner_subscription_filter_options: Tags = field(22)
    scanner_subscription_options: Tags = field(23)


@outgoing(Out.REQ_SCANNER_SUBSCRIPTION, protobuf=V.PROTOBUF_SCAN_DATA)
class ScannerSubscriptionRequest(Message):
    """Subscribe to a scanner."""

    req_id: Int = field(1)
    scanner_subscription: ScannerSubscription | None = field(2)
    TEXT = layout(
        "req_id", "scanner_subscription.number_of_rows", "scanner_subscription.instrument",
        "scanner_subscription.location_code", "scanner_subscription.scan_code", "scanner_subscription.above_price",
        "scanner_subscription.below_price", "scanner_subscription.above_volume",
        "scanner_subscription.market_cap_above", "scanner_subscription.market_cap_below",
        "scanner_subscription.moody_rating_above", "scanner_subscription.moody_rating_below",
        "scanner_subscription.sp_rating_above", "scanner_subscription.sp_rating_below",
        "scanner_subscription.maturity_date_above", "scanner_subscription.maturity_date_below",
        "scanner_subscription.coupon_rate_above", "scanner_subscription.coupon_rate_below",
        "scanner_subscription.exclude_convertible", "scanner_subscription.average_option_volume_above",
        "scanner_subscription.scanner_setting_pairs", "scanner_subscription.stock_type_filter",
        "scanner_subscription.scanner_subscription_filter_options",
        "scanner_subscription.scanner_subscription_options",
    )  # fmt: skip


@outgoing(Out.CANCEL_SCANNER_SUBSCRIPTION, protobuf=V.PROTOBUF_SCAN_DATA)
class CancelScannerSubscription(Message):
    """End a scanner subscription."""

    req_id: Int = field(1)
    TEXT = layout("req_id", version=1)


class ScannerDataElement(Message):
    """One contract that a scanner found."""

    rank: Int = field(1)
    contract: Contract | None = field(2)
    market_name: Str = field(3)
    distance: Str = field(4)
    benchmark: Str = field(5)
    projection: Str = field(6)
    combo_key: Str = field(7)


@incoming(In.SCANNER_DATA, protobuf=V.PROTOBUF_SCAN_DATA)
class ScannerData(Message):
    """What a scanner found, best rank first."""

    req_id: Int = field(1)
    scanner_data_element: list[ScannerDataElement] = field(2)
    TEXT = layout(
        "req_id",
        repeat(
            "scanner_data_element", "rank", "contract.con_id", "contract.symbol", "contract.sec_type",
            "contract.last_trade_date_or_contract_month", at("contract.strike", unset="zero"), "contract.right",
            "contract.exchange", "contract.currency", "contract.local_symbol", "market_name",
            "contract.trading_class", "distance", "benchmark", "projection", "combo_key",
        ),
        version=3,
    )  # fmt: skip
