"""Runs of fields that several text messages have in common."""

from ibfast.schema.declare import at, maybe, repeat, when

CONTRACT = (
    "contract.con_id", "contract.symbol", "contract.sec_type", "contract.last_trade_date_or_contract_month",
    at("contract.strike", unset="zero"), "contract.right", at("contract.multiplier", wire="plain"),
    "contract.exchange", "contract.currency", "contract.local_symbol", "contract.trading_class",
)  # fmt: skip

REQUEST_CONTRACT = (
    "contract.con_id", "contract.symbol", "contract.sec_type", "contract.last_trade_date_or_contract_month",
    "contract.strike", "contract.right", at("contract.multiplier", wire="plain"), "contract.exchange",
    "contract.primary_exch", "contract.currency", "contract.local_symbol", "contract.trading_class",
)  # fmt: skip

SHORT_LEGS = (when("contract.sec_type in BAG", repeat("contract.combo_legs", "con_id", "ratio", "action", "exchange")),)

DELTA_NEUTRAL = (maybe("contract.delta_neutral_contract", "con_id", "delta", "price"),)

OHLC = ("open", "high", "low", "close", "volume", "wap")

CONDITION = (
    "type", at("is_conjunction_connection", wire="a|o"),
    when("type in 1", "is_more", "price", "con_id", "exchange", "trigger_method"),
    when("type in 3", "is_more", "time"), when("type in 4", "is_more", "percent"),
    when("type in 5", "sec_type", "exchange", "symbol"),
    when("type in 6", "is_more", "volume", "con_id", "exchange"),
    when("type in 7", "is_more", "change_percent", "con_id", "exchange"),
)  # fmt: skip
