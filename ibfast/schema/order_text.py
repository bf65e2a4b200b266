"""Pieces that order messages share on the text wire."""

from ibfast.schema.declare import at, between, const, maybe, repeat, when
from ibfast.schema.shared import CONDITION
from ibfast.schema.versions import V

MID_OFFSETS = ("order.mid_offset_at_whole", "order.mid_offset_at_half")

ORDER_MAIN = (
    "order.action", "order.total_quantity", "order.order_type", "order.lmt_price", "order.aux_price", "order.tif",
    "order.oca_group", "order.account", "order.open_close", "order.origin", "order.order_ref",
)  # fmt: skip

ORDER_FLAGS = ("order.outside_rth", "order.hidden", "order.discretionary_amt", "order.good_after_time")

ORDER_FA = (
    "order.fa_group", "order.fa_method", "order.fa_percentage", const("fa_profile", before=V.FA_PROFILE_DESUPPORT),
    "order.model_code", "order.good_till_date", "order.rule80a", "order.percent_offset", "order.settling_firm",
    "order.short_sale_slot", "order.designated_location", "order.exempt_code",
)  # fmt: skip

ORDER_BOX = (
    "order.starting_price", "order.stock_ref_price", "order.delta", "order.stock_range_lower",
    "order.stock_range_upper", "order.display_size",
)  # fmt: skip

ORDER_VOL = (
    "order.volatility", "order.volatility_type", "order.delta_neutral_order_type", "order.delta_neutral_aux_price",
)  # fmt: skip

ORDER_VOL_TAIL = ("order.continuous_update", "order.reference_price_type")

ORDER_TRAIL = ("order.trail_stop_price", "order.trailing_percent")

ORDER_LEGS = (
    "contract.combo_legs_descrip",
    repeat(
        "contract.combo_legs", "con_id", "ratio", "action", "exchange", "open_close", "short_sales_slot",
        "designated_location", "exempt_code",
    ),
    repeat("contract.combo_legs", "per_leg_price", extend=True),
    at("order.smart_combo_routing_params", wire="pairs"),
)  # fmt: skip

ORDER_SCALE = (
    "order.scale_init_level_size", "order.scale_subs_level_size", "order.scale_price_increment",
    when(
        "order.scale_price_increment > 0", "order.scale_price_adjust_value", "order.scale_price_adjust_interval",
        "order.scale_profit_offset", "order.scale_auto_reset", "order.scale_init_position",
        "order.scale_init_fill_qty", "order.scale_random_percent",
    ),
)  # fmt: skip

ORDER_HEDGE = ("order.hedge_type", when("order.hedge_type", "order.hedge_param"))

ORDER_CLEARING = (
    "order.clearing_account", "order.clearing_intent", "order.not_held",
    maybe("contract.delta_neutral_contract", "con_id", "delta", "price"), "order.algo_strategy",
    when("order.algo_strategy", at("order.algo_params", wire="pairs")), "order.solicited",
)  # fmt: skip

ORDER_PEG_CONDITIONS = (
    "order.randomize_size", "order.randomize_price",
    when(
        "order.order_type in PEG BENCH|PEGBENCH", "order.reference_contract_id",
        "order.is_pegged_change_amount_decrease", "order.pegged_change_amount", "order.reference_change_amount",
        "order.reference_exchange_id",
    ),
    repeat("order.conditions", *CONDITION),
    when("order.conditions", "order.conditions_ignore_rth", "order.conditions_cancel_order"),
)  # fmt: skip

ORDER_PEG_OFFSETS = (
    between(
        "order.min_trade_qty", "order.min_compete_size", "order.compete_against_best_offset",
        "order.mid_offset_at_whole", "order.mid_offset_at_half", since=V.PEGBEST_PEGMID_OFFSETS,
    ),
    at("order.customer_account", since=V.CUSTOMER_ACCOUNT),
    at("order.professional_customer", since=V.PROFESSIONAL_CUSTOMER),
)  # fmt: skip
