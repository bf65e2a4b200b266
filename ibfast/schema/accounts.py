"""Accounts: values, positions, profit and loss, advisors."""

from ibfast.schema.contract import Contract
from ibfast.schema.declare import (
    Bool,
    Dec,
    Float,
    Int,
    Message,
    Need,
    Str,
    at,
    field,
    incoming,
    layout,
    outgoing,
    repeat,
)
from ibfast.schema.order import SoftDollarTier
from ibfast.schema.shared import CONTRACT
from ibfast.schema.versions import In, Out, V


@outgoing(Out.REQ_ACCT_DATA, protobuf=V.PROTOBUF_ACCOUNTS_POSITIONS)
class AccountDataRequest(Message):
    """Begin or end updates of values, portfolio and time of an account."""

    subscribe: Bool = field(1)
    acct_code: Str = field(2)
    TEXT = layout("subscribe", "acct_code", version=2)


@incoming(In.ACCT_VALUE, protobuf=V.PROTOBUF_ACCOUNTS_POSITIONS)
class AccountValue(Message):
    """One value of an account."""

    key: Str = field(1)
    value: Str = field(2)
    currency: Str = field(3)
    account_name: Str = field(4)
    TEXT = layout("key", "value", "currency", "account_name", version=2)


@incoming(In.PORTFOLIO_VALUE, protobuf=V.PROTOBUF_ACCOUNTS_POSITIONS)
class PortfolioValue(Message):
    """One position of an account, with its value."""

    contract: Contract | None = field(1)
    position: Dec = field(2)
    market_price: Float = field(3)
    market_value: Float = field(4)
    average_cost: Float = field(5)
    unrealized_pnl: Float = field(6)
    realized_pnl: Float = field(7)
    account_name: Str = field(8)
    TEXT = layout(
        "contract.con_id", "contract.symbol", "contract.sec_type", "contract.last_trade_date_or_contract_month",
        at("contract.strike", unset="zero"), "contract.right", at("contract.multiplier", wire="plain"),
        "contract.primary_exch", "contract.currency", "contract.local_symbol", "contract.trading_class",
        "position", "market_price", "market_value", "average_cost", "unrealized_pnl", "realized_pnl",
        "account_name", version=8,
    )  # fmt: skip


@incoming(In.ACCT_UPDATE_TIME, protobuf=V.PROTOBUF_ACCOUNTS_POSITIONS)
class AccountUpdateTime(Message):
    """When the account values were last computed."""

    time_stamp: Str = field(1)
    TEXT = layout("time_stamp", version=1)


@incoming(In.ACCT_DOWNLOAD_END, protobuf=V.PROTOBUF_ACCOUNTS_POSITIONS)
class AccountDataEnd(Message):
    """The first picture of an account is complete."""

    account_name: Str = field(1)
    TEXT = layout("account_name", version=1)


@outgoing(Out.REQ_ACCOUNT_SUMMARY, protobuf=V.PROTOBUF_ACCOUNTS_POSITIONS)
class AccountSummaryRequest(Message):
    """Ask for some values of many accounts, and for their updates."""

    req_id: Int = field(1)
    group: Str = field(2)
    tags: Str = field(3)
    TEXT = layout("req_id", "group", "tags", version=1)


@outgoing(Out.CANCEL_ACCOUNT_SUMMARY, protobuf=V.PROTOBUF_ACCOUNTS_POSITIONS)
class CancelAccountSummary(Message):
    """End an account summary."""

    req_id: Int = field(1)
    TEXT = layout("req_id", version=1)


@incoming(In.ACCOUNT_SUMMARY, protobuf=V.PROTOBUF_ACCOUNTS_POSITIONS)
class AccountSummary(Message):
    """One value of one account."""

    req_id: Int = field(1)
    account: Str = field(2)
    tag: Str = field(3)
    value: Str = field(4)
    currency: Str = field(5)
    TEXT = layout("req_id", "account", "tag", "value", "currency", version=1)


@incoming(In.ACCOUNT_SUMMARY_END, protobuf=V.PROTOBUF_ACCOUNTS_POSITIONS)
class AccountSummaryEnd(Message):
    """The first picture of a summary is complete."""

    req_id: Int = field(1)
    TEXT = layout("req_id", version=1)


@outgoing(Out.REQ_POSITIONS, protobuf=V.PROTOBUF_ACCOUNTS_POSITIONS)
class PositionsRequest(Message):
    """Ask for the positions of all accounts, and for their updates."""

    TEXT = layout(version=1)


@outgoing(Out.CANCEL_POSITIONS, protobuf=V.PROTOBUF_ACCOUNTS_POSITIONS)
class CancelPositions(Message):
    """End updates of positions."""

    TEXT = layout(version=1)


@incoming(In.POSITION_DATA, protobuf=V.PROTOBUF_ACCOUNTS_POSITIONS)
class Position(Message):
    """One position."""

    account: Str = field(1)
    contract: Contract | None = field(2)
    position: Dec = field(3)
    avg_cost: Float = field(4)
    TEXT = layout("account", *CONTRACT, "position", "avg_cost", version=3)


@incoming(In.POSITION_END, protobuf=V.PROTOBUF_ACCOUNTS_POSITIONS)
class PositionEnd(Message):
    """The first picture of positions is complete."""

    TEXT = layout(version=1)


@outgoing(Out.REQ_POSITIONS_MULTI, protobuf=V.PROTOBUF_ACCOUNTS_POSITIONS)
class PositionsMultiRequest(Message):
    """Ask for the positions of one account or model, and for their updates."""

    req_id: Int = field(1)
    account: Str = field(2)
    model_code: Str = field(3)
    TEXT = layout("req_id", "account", "model_code", version=1)


@outgoing(Out.CANCEL_POSITIONS_MULTI, protobuf=V.PROTOBUF_ACCOUNTS_POSITIONS)
class CancelPositionsMulti(Message):
    """End updates of the positions of an account or model."""

    req_id: Int = field(1)
    TEXT = layout("req_id", version=1)


@incoming(In.POSITION_MULTI, protobuf=V.PROTOBUF_ACCOUNTS_POSITIONS)
class PositionMulti(Message):
    """One position of an account or model."""

    req_id: Int = field(1)
    account: Str = field(2)
    contract: Contract | None = field(3)
    position: Dec = field(4)
    avg_cost: Float = field(5)
    model_code: Str = field(6)
    TEXT = layout("req_id", "account", *CONTRACT, "position", "avg_cost", "model_code", version=1)


@incoming(In.POSITION_MULTI_END, protobuf=V.PROTOBUF_ACCOUNTS_POSITIONS)
class PositionMultiEnd(Message):
    """The first picture of an account's or model's positions is complete."""

    req_id: Int = field(1)
    TEXT = layout("req_id", version=1)


@outgoing(Out.REQ_ACCOUNT_UPDATES_MULTI, protobuf=V.PROTOBUF_ACCOUNTS_POSITIONS)
class AccountUpdatesMultiRequest(Message):
    """Ask for the values of one account or model, and for their updates."""

    req_id: Int = field(1)
    account: Str = field(2)
    model_code: Str = field(3)
    ledger_and_nlv: Bool = field(4)
    TEXT = layout("req_id", "account", "model_code", "ledger_and_nlv", version=1)


@outgoing(Out.CANCEL_ACCOUNT_UPDATES_MULTI, protobuf=V.PROTOBUF_ACCOUNTS_POSITIONS)
class CancelAccountUpdatesMulti(Message):
    """End updates of the values of an account or model."""

    req_id: Int = field(1)
    TEXT = layout("req_id", version=1)


@incoming(In.ACCOUNT_UPDATE_MULTI, protobuf=V.PROTOBUF_ACCOUNTS_POSITIONS)
class AccountUpdateMulti(Message):
    """One value of an account or model."""

    req_id: Int = field(1)
    account: Str = field(2)
    model_code: Str = field(3)
    key: Str = field(4)
    value: Str = field(5)
    currency: Str = field(6)
    TEXT = layout("req_id", "account", "model_code", "key", "value", "currency", version=1)


@incoming(In.ACCOUNT_UPDATE_MULTI_END, protobuf=V.PROTOBUF_ACCOUNTS_POSITIONS)
class AccountUpdateMultiEnd(Message):
    """The first picture of an account's or model's values is complete."""

    req_id: Int = field(1)
    TEXT = layout("req_id", version=1)


@outgoing(Out.REQ_PNL, protobuf=V.PROTOBUF_SCAN_DATA)
class PnLRequest(Message):
    """Subscribe to the profit and loss of an account."""

    req_id: Int = field(1)
    account: Str = field(2)
    model_code: Str = field(3)
    TEXT = layout("req_id", "account", "model_code")


@outgoing(Out.CANCEL_PNL, protobuf=V.PROTOBUF_SCAN_DATA)
class CancelPnL(Message):
    """End a subscription to profit and loss."""

    req_id: Int = field(1)
    TEXT = layout("req_id")


@incoming(In.PNL, protobuf=V.PROTOBUF_SCAN_DATA)
class PnL(Message):
    """Profit and loss of an account."""

    req_id: Int = field(1)
    daily_pnl: Float = field(2, unset="max")
    unrealized_pnl: Float = field(3, unset="max")
    realized_pnl: Float = field(4, unset="max")
    TEXT = layout("req_id", "daily_pnl", "unrealized_pnl", "realized_pnl")


@outgoing(Out.REQ_PNL_SINGLE, protobuf=V.PROTOBUF_SCAN_DATA)
class PnLSingleRequest(Message):
    """Subscribe to the profit and loss of one position."""

    req_id: Int = field(1)
    account: Str = field(2)
    model_code: Str = field(3)
    con_id: Int = field(4)
    TEXT = layout("req_id", "account", "model_code", "con_id")


@outgoing(Out.CANCEL_PNL_SINGLE, protobuf=V.PROTOBUF_SCAN_DATA)
class CancelPnLSingle(Message):
    """End a subscription to the profit and loss of a position."""

    req_id: Int = field(1)
    TEXT = layout("req_id")


@incoming(In.PNL_SINGLE, protobuf=V.PROTOBUF_SCAN_DATA)
class PnLSingle(Message):
    """Profit and loss of one position."""

    req_id: Int = field(1)
    position: Dec = field(2)
    daily_pnl: Float = field(3, unset="max")
    unrealized_pnl: Float = field(4, unset="max")
    realized_pnl: Float = field(5, unset="max")
    value: Float = field(6, unset="max")
    TEXT = layout("req_id", "position", "daily_pnl", "unrealized_pnl", "realized_pnl", "value")


@outgoing(
    Out.REQ_FA, protobuf=V.PROTOBUF_REST_MESSAGES_1, needs=(Need("fa_data_type", 2, before=V.FA_PROFILE_DESUPPORT),)
)
class FARequest(Message):
    """Ask a financial advisor's configuration: 1 groups, 2 profiles, 3 aliases."""

    fa_data_type: Int = field(1)
    TEXT = layout("fa_data_type", version=1)


@outgoing(
    Out.REPLACE_FA, protobuf=V.PROTOBUF_REST_MESSAGES_1, needs=(Need("fa_data_type", 2, before=V.FA_PROFILE_DESUPPORT),)
)
class FAReplace(Message):
    """Replace a financial advisor's configuration."""

    req_id: Int = field(1)
    fa_data_type: Int = field(2)
    xml: Str = field(3)
    TEXT = layout("fa_data_type", "xml", "req_id", version=1)


@incoming(In.RECEIVE_FA, protobuf=V.PROTOBUF_REST_MESSAGES_1)
class ReceiveFA(Message):
    """A financial advisor's configuration."""

    fa_data_type: Int = field(1)
    xml: Str = field(2)
    TEXT = layout("fa_data_type", "xml", version=1)


@incoming(In.REPLACE_FA_END, protobuf=V.PROTOBUF_REST_MESSAGES_1, since=V.REPLACE_FA_END)
class ReplaceFAEnd(Message):
    """A financial advisor's configuration has been replaced."""

    req_id: Int = field(1)
    text: Str = field(2)
    TEXT = layout("req_id", "text")


@outgoing(Out.REQ_FAMILY_CODES, protobuf=V.PROTOBUF_REST_MESSAGES_2)
class FamilyCodesRequest(Message):
    """Ask for the families of accounts."""

    TEXT = layout()


class FamilyCode(Message):
    """The family of an account."""

    account_id: Str = field(1)
    family_code: Str = field(2)


@incoming(In.FAMILY_CODES, protobuf=V.PROTOBUF_REST_MESSAGES_2)
class FamilyCodes(Message):
    """The families of accounts."""

    family_codes: list[FamilyCode] = field(1)
    TEXT = layout(repeat("family_codes", "account_id", "family_code"))


@outgoing(Out.REQ_SOFT_DOLLAR_TIERS, protobuf=V.PROTOBUF_REST_MESSAGES_2)
class SoftDollarTiersRequest(Message):
    """Ask for the soft dollar tiers of this login."""

    req_id: Int = field(1)
    TEXT = layout("req_id")


@incoming(In.SOFT_DOLLAR_TIERS, protobuf=V.PROTOBUF_REST_MESSAGES_2)
class SoftDollarTiers(Message):
    """The soft dollar tiers of this login."""

    req_id: Int = field(1)
    soft_dollar_tiers: list[SoftDollarTier] = field(2)
    TEXT = layout("req_id", repeat("soft_dollar_tiers", "name", "value", "display_name"))


@outgoing(Out.REQ_USER_INFO, protobuf=V.PROTOBUF_REST_MESSAGES_2, since=V.USER_INFO)
class UserInfoRequest(Message):
    """Ask for the white branding id of this login."""

    req_id: Int = field(1)
    TEXT = layout("req_id")


@incoming(In.USER_INFO, protobuf=V.PROTOBUF_REST_MESSAGES_2, since=V.USER_INFO)
class UserInfo(Message):
    """The white branding id of this login."""

    req_id: Int = field(1)
    white_branding_id: Str = field(2)
    TEXT = layout("req_id", "white_branding_id")
