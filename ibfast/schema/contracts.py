"""Looking contracts up."""

from ibfast.schema.contract import Contract, DeltaNeutralContract
from ibfast.schema.declare import (
    Bool,
    Dec,
    Float,
    Int,
    Message,
    Str,
    Tags,
    at,
    const,
    field,
    incoming,
    layout,
    outgoing,
    repeat,
    when,
)
from ibfast.schema.shared import REQUEST_CONTRACT
from ibfast.schema.versions import In, Out, V


@outgoing(Out.REQ_CONTRACT_DATA, protobuf=V.PROTOBUF_CONTRACT_DATA)
class ContractDataRequest(Message):
    """Ask for every contract that fits a description."""

    req_id: Int = field(1)
    contract: Contract | None = field(2)
    TEXT = layout(
        "req_id", *REQUEST_CONTRACT, "contract.include_expired", "contract.sec_id_type", "contract.sec_id",
        at("contract.issuer_id", since=V.BOND_ISSUERID), version=8,
    )  # fmt: skip


@outgoing(Out.CANCEL_CONTRACT_DATA, protobuf=V.CANCEL_CONTRACT_DATA, since=V.CANCEL_CONTRACT_DATA)
class CancelContractData(Message):
    """End a request for contracts."""

    req_id: Int = field(1)


class IneligibilityReason(Message):
    """Why a contract cannot be traded."""

    id: Str = field(1)
    description: Str = field(2)


class ContractDetails(Message):
    """What IB knows of a contract beside its identity: price steps, hours, fund and bond facts."""

    market_name: Str = field(1)
    min_tick: Dec = field(2)
    order_types: Str = field(3)
    valid_exchanges: Str = field(4)
    price_magnifier: Int = field(5)
    under_con_id: Int = field(6)
    long_name: Str = field(7)
    contract_month: Str = field(8)
    industry: Str = field(9)
    category: Str = field(10)
    subcategory: Str = field(11)
    time_zone_id: Str = field(12)
    trading_hours: Str = field(13)
    liquid_hours: Str = field(14)
    ev_rule: Str = field(15)
    ev_multiplier: Float = field(16)
    sec_id_list: Tags = field(17)
    agg_group: Int = field(18, unset="max")
    under_symbol: Str = field(19)
    under_sec_type: Str = field(20)
    market_rule_ids: Str = field(21)
    real_expiration_date: Str = field(22)
    stock_type: Str = field(23)
    min_size: Dec = field(24)
    size_increment: Dec = field(25)
    suggested_size_increment: Dec = field(26)
    fund_name: Str = field(27)
    fund_family: Str = field(28)
    fund_type: Str = field(29)
    fund_front_load: Str = field(30)
    fund_back_load: Str = field(31)
    fund_back_load_time_interval: Str = field(32)
    fund_management_fee: Str = field(33)
    fund_closed: Bool = field(34)
    fund_closed_for_new_investors: Bool = field(35)
    fund_closed_for_new_money: Bool = field(36)
    fund_notify_amount: Str = field(37)
    fund_minimum_initial_purchase: Str = field(38)
    fund_minimum_subsequent_purchase: Str = field(39)
    fund_blue_sky_states: Str = field(40)
    fund_blue_sky_territories: Str = field(41)
    fund_distribution_policy_indicator: Str = field(42)
    fund_asset_type: Str = field(43)
    cusip: Str = field(44)
    issue_date: Str = field(45)
    ratings: Str = field(46)
    bond_type: Str = field(47)
    coupon: Float = field(48)
    coupon_type: Str = field(49)
    convertible: Bool = field(50)
    callable: Bool = field(51)
    puttable: Bool = field(52)
    desc_append: Str = field(53)
    next_option_date: Str = field(54)
    next_option_type: Str = field(55)
    next_option_partial: Bool = field(56)
    bond_notes: Str = field(57)
    ineligibility_reason_list: list[IneligibilityReason] = field(58)
    event_contract1: Str = field(59)
    event_contract_description1: Str = field(60)
    event_contract_description2: Str = field(61)
    min_algo_size: Dec = field(62)
    last_price_precision: Dec = field(63)
    last_size_precision: Dec = field(64)
    settlement_method: Str = field(65)


@incoming(In.CONTRACT_DATA, protobuf=V.PROTOBUF_CONTRACT_DATA)
@incoming(
    In.BOND_CONTRACT_DATA,
    protobuf=V.PROTOBUF_CONTRACT_DATA,
    only="contract.sec_type in BOND|BILL|FIXED",
    text="BOND_TEXT",
)
class ContractData(Message):
    """One contract that fits, with its details; bonds come under an id of their own."""

    req_id: Int = field(1)
    contract: Contract | None = field(2)
    contract_details: ContractDetails | None = field(3)
    TEXT = layout(
        "req_id", "contract.symbol", "contract.sec_type", "contract.last_trade_date_or_contract_month",
        at("contract.last_trade_date", since=V.LAST_TRADE_DATE), at("contract.strike", unset="zero"),
        "contract.right", "contract.exchange", "contract.currency", "contract.local_symbol",
        "contract_details.market_name", "contract.trading_class", "contract.con_id", "contract_details.min_tick",
        const("md_size_multiplier", "0", before=V.SIZE_RULES), at("contract.multiplier", wire="plain"),
        "contract_details.order_types", "contract_details.valid_exchanges", "contract_details.price_magnifier",
        "contract_details.under_con_id", at("contract_details.long_name", wire="esc"), "contract.primary_exch",
        "contract_details.contract_month", "contract_details.industry", "contract_details.category",
        "contract_details.subcategory", "contract_details.time_zone_id", "contract_details.trading_hours",
        "contract_details.liquid_hours", "contract_details.ev_rule", at("contract_details.ev_multiplier", wire="plain"),
        at("contract_details.sec_id_list", wire="pairs"), "contract_details.agg_group",
        "contract_details.under_symbol", "contract_details.under_sec_type", "contract_details.market_rule_ids",
        "contract_details.real_expiration_date", "contract_details.stock_type",
        const("size_min_tick", since=V.FRACTIONAL_SIZE_SUPPORT, before=V.SIZE_RULES),
        at("contract_details.min_size", since=V.SIZE_RULES),
        at("contract_details.size_increment", since=V.SIZE_RULES),
        at("contract_details.suggested_size_increment", since=V.SIZE_RULES),
        when(
            "contract.sec_type in FUND", "contract_details.fund_name", "contract_details.fund_family",
            "contract_details.fund_type", "contract_details.fund_front_load", "contract_details.fund_back_load",
            "contract_details.fund_back_load_time_interval", "contract_details.fund_management_fee",
            "contract_details.fund_closed", "contract_details.fund_closed_for_new_investors",
            "contract_details.fund_closed_for_new_money", "contract_details.fund_notify_amount",
            "contract_details.fund_minimum_initial_purchase", "contract_details.fund_minimum_subsequent_purchase",
            "contract_details.fund_blue_sky_states", "contract_details.fund_blue_sky_territories",
            "contract_details.fund_distribution_policy_indicator", "contract_details.fund_asset_type",
            since=V.FUND_DATA_FIELDS,
        ),
        repeat("contract_details.ineligibility_reason_list", "id", "description", since=V.INELIGIBILITY_REASONS),
        version=8, version_before=V.SIZE_RULES,
    )  # fmt: skip
    BOND_TEXT = layout(
        "req_id", "contract.symbol", "contract.sec_type", "contract_details.cusip",
        at("contract_details.coupon", wire="plain", unset="empty"),
        "contract.last_trade_date_or_contract_month", "contract_details.issue_date", "contract_details.ratings",
        "contract_details.bond_type", "contract_details.coupon_type", "contract_details.convertible",
        "contract_details.callable", "contract_details.puttable", "contract_details.desc_append",
        "contract.exchange", "contract.currency", "contract_details.market_name", "contract.trading_class",
        "contract.con_id", "contract_details.min_tick", const("md_size_multiplier", "0", before=V.SIZE_RULES),
        "contract_details.order_types", "contract_details.valid_exchanges", "contract_details.next_option_date",
        "contract_details.next_option_type", "contract_details.next_option_partial", "contract_details.bond_notes",
        "contract_details.long_name", at("contract_details.time_zone_id", since=V.BOND_TRADING_HOURS),
        at("contract_details.trading_hours", since=V.BOND_TRADING_HOURS),
        at("contract_details.liquid_hours", since=V.BOND_TRADING_HOURS), "contract_details.ev_rule",
        at("contract_details.ev_multiplier", wire="plain"), at("contract_details.sec_id_list", wire="pairs"),
        "contract_details.agg_group", "contract_details.market_rule_ids",
        at("contract_details.min_size", since=V.SIZE_RULES),
        at("contract_details.size_increment", since=V.SIZE_RULES),
        at("contract_details.suggested_size_increment", since=V.SIZE_RULES), version=6,
        version_before=V.SIZE_RULES,
    )  # fmt: skip


@incoming(In.CONTRACT_DATA_END, protobuf=V.PROTOBUF_CONTRACT_DATA)
class ContractDataEnd(Message):
    """There are no more contracts that fit."""

    req_id: Int = field(1)
    TEXT = layout("req_id", version=1)


@outgoing(Out.REQ_SEC_DEF_OPT_PARAMS, protobuf=V.PROTOBUF_REST_MESSAGES_2)
class SecDefOptParamsRequest(Message):
    """Ask for the expirations and strikes of an underlying's options."""

    req_id: Int = field(1)
    underlying_symbol: Str = field(2)
    fut_fop_exchange: Str = field(3)
    underlying_sec_type: Str = field(4)
    underlying_con_id: Int = field(5)
    TEXT = layout("req_id", "underlying_symbol", "fut_fop_exchange", "underlying_sec_type", "underlying_con_id")


@incoming(In.SECURITY_DEFINITION_OPTION_PARAMETER, protobuf=V.PROTOBUF_REST_MESSAGES_2)
class SecDefOptParameter(Message):
    """Expirations and strikes of one exchange and trading class."""

    req_id: Int = field(1)
    exchange: Str = field(2)
    underlying_con_id: Int = field(3)
    trading_class: Str = field(4)
    multiplier: Str = field(5)
    expirations: list[str] = field(6)
    strikes: list[float] = field(7)
    TEXT = layout(
        "req_id", "exchange", "underlying_con_id", "trading_class", "multiplier", repeat("expirations"),
        repeat("strikes"),
    )  # fmt: skip


@incoming(In.SECURITY_DEFINITION_OPTION_PARAMETER_END, protobuf=V.PROTOBUF_REST_MESSAGES_2)
class SecDefOptParameterEnd(Message):
    """There are no more exchanges with options."""

    req_id: Int = field(1)
    TEXT = layout("req_id")


@outgoing(Out.REQ_MATCHING_SYMBOLS, protobuf=V.PROTOBUF_REST_MESSAGES_2)
class MatchingSymbolsRequest(Message):
    """Ask for stocks whose symbol or name begins like this."""

    req_id: Int = field(1)
    pattern: Str = field(2)
    TEXT = layout("req_id", "pattern")


class ContractDescription(Message):
    """A contract that matches, and which derivatives it has."""

    contract: Contract | None = field(1)
    derivative_sec_types: list[str] = field(2)


@incoming(In.SYMBOL_SAMPLES, protobuf=V.PROTOBUF_REST_MESSAGES_2)
class SymbolSamples(Message):
    """The contracts that match."""

    req_id: Int = field(1)
    contract_descriptions: list[ContractDescription] = field(2)
    TEXT = layout(
        "req_id",
        repeat(
            "contract_descriptions", "contract.con_id", "contract.symbol", "contract.sec_type",
            "contract.primary_exch", "contract.currency", repeat("derivative_sec_types"),
            at("contract.description", since=V.BOND_ISSUERID), at("contract.issuer_id", since=V.BOND_ISSUERID),
        ),
    )  # fmt: skip


@outgoing(Out.REQ_MARKET_RULE, protobuf=V.PROTOBUF_REST_MESSAGES_2)
class MarketRuleRequest(Message):
    """Ask for the price steps of a market rule."""

    market_rule_id: Int = field(1)
    TEXT = layout("market_rule_id")


class PriceIncrement(Message):
    """The step of prices from ``low_edge`` on."""

    low_edge: Float = field(1)
    increment: Float = field(2)


@incoming(In.MARKET_RULE, protobuf=V.PROTOBUF_REST_MESSAGES_2)
class MarketRule(Message):
    """The price steps of a market rule."""

    market_rule_id: Int = field(1)
    price_increments: list[PriceIncrement] = field(2)
    TEXT = layout("market_rule_id", repeat("price_increments", "low_edge", "increment"))


@incoming(In.DELTA_NEUTRAL_VALIDATION)
class DeltaNeutralValidation(Message):
    """TWS accepts a delta-neutral contract."""

    req_id: Int = field()
    delta_neutral_contract: DeltaNeutralContract | None = field()
    TEXT = layout(
        "req_id", "delta_neutral_contract.con_id", "delta_neutral_contract.delta", "delta_neutral_contract.price",
        version=1,
    )  # fmt: skip
