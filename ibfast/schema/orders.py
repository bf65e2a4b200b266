"""Orders on their way, what became of them, and what they cost."""

from typing import Annotated

from ibfast._codec import Kind
from ibfast.schema.contract import Contract
from ibfast.schema.declare import (
    Bool,
    Dec,
    Float,
    Int,
    Long,
    Message,
    Str,
    at,
    between,
    const,
    field,
    incoming,
    layout,
    outgoing,
    repeat,
    when,
)
from ibfast.schema.order import AttachedOrders, Order, OrderCancel
from ibfast.schema.order_text import (
    MID_OFFSETS,
    ORDER_BOX,
    ORDER_CLEARING,
    ORDER_FA,
    ORDER_FLAGS,
    ORDER_HEDGE,
    ORDER_LEGS,
    ORDER_MAIN,
    ORDER_PEG_CONDITIONS,
    ORDER_PEG_OFFSETS,
    ORDER_SCALE,
    ORDER_TRAIL,
    ORDER_VOL,
    ORDER_VOL_TAIL,
)
from ibfast.schema.shared import CONDITION, CONTRACT, DELTA_NEUTRAL, REQUEST_CONTRACT
from ibfast.schema.versions import In, Out, V


@outgoing(Out.PLACE_ORDER, protobuf=V.PROTOBUF_PLACE_ORDER)
class PlaceOrderRequest(Message):
    """Place an order, or modify one by placing its id again."""

    order_id: Int = field(1)
    contract: Contract | None = field(2)
    order: Order | None = field(3)
    attached_orders: AttachedOrders | None = field(4, default=AttachedOrders())
    TEXT = layout(
        "order_id", *REQUEST_CONTRACT, "contract.sec_id_type", "contract.sec_id", "order.action",
        at("order.total_quantity", unset="max"), "order.order_type", "order.lmt_price", "order.aux_price",
        "order.tif", "order.oca_group", "order.account", "order.open_close", "order.origin", "order.order_ref",
        "order.transmit", "order.parent_id", "order.block_order", "order.sweep_to_fill",
        at("order.display_size", unset="zero"), "order.trigger_method", "order.outside_rth", "order.hidden",
        when(
            "contract.sec_type in BAG",
            repeat(
                "contract.combo_legs", "con_id", "ratio", "action", "exchange", "open_close", "short_sales_slot",
                "designated_location", "exempt_code",
            ),
            repeat("contract.combo_legs", "per_leg_price", extend=True),
            at("order.smart_combo_routing_params", wire="pairs"),
        ),
        const("shares_allocation"), "order.discretionary_amt", "order.good_after_time", "order.good_till_date",
        "order.fa_group", "order.fa_method", "order.fa_percentage",
        const("fa_profile", before=V.FA_PROFILE_DESUPPORT), "order.model_code", "order.short_sale_slot",
        "order.designated_location", "order.exempt_code", "order.oca_type", "order.rule80a", "order.settling_firm",
        "order.all_or_none", "order.min_qty", "order.percent_offset", const("etrade_only", "0"),
        const("firm_quote_only", "0"), const("nbbo_price_cap"), "order.auction_strategy", "order.starting_price",
        "order.stock_ref_price", "order.delta", "order.stock_range_lower", "order.stock_range_upper",
        "order.override_percentage_constraints", "order.volatility", at("order.volatility_type", unset="empty"),
        "order.delta_neutral_order_type", "order.delta_neutral_aux_price",
        when(
            "order.delta_neutral_order_type", "order.delta_neutral_con_id", "order.delta_neutral_settling_firm",
            "order.delta_neutral_clearing_account", "order.delta_neutral_clearing_intent",
            "order.delta_neutral_open_close", "order.delta_neutral_short_sale",
            "order.delta_neutral_short_sale_slot", "order.delta_neutral_designated_location",
        ),
        "order.continuous_update", at("order.reference_price_type", unset="empty"), "order.trail_stop_price",
        "order.trailing_percent", "order.scale_init_level_size", "order.scale_subs_level_size",
        "order.scale_price_increment",
        when(
            "order.scale_price_increment > 0", "order.scale_price_adjust_value",
            "order.scale_price_adjust_interval", "order.scale_profit_offset", "order.scale_auto_reset",
            "order.scale_init_position", "order.scale_init_fill_qty", "order.scale_random_percent",
        ),
        "order.scale_table", "order.active_start_time", "order.active_stop_time", "order.hedge_type",
        when("order.hedge_type", "order.hedge_param"), "order.opt_out_smart_routing", "order.clearing_account",
        "order.clearing_intent", "order.not_held", *DELTA_NEUTRAL, "order.algo_strategy",
        when("order.algo_strategy", at("order.algo_params", wire="pairs")), "order.algo_id", "order.what_if",
        "order.order_misc_options", "order.solicited", "order.randomize_size", "order.randomize_price",
        when(
            "order.order_type in PEG BENCH|PEGBENCH", "order.reference_contract_id",
            "order.is_pegged_change_amount_decrease", "order.pegged_change_amount",
            "order.reference_change_amount", "order.reference_exchange_id",
        ),
        repeat("order.conditions", *CONDITION),
        when("order.conditions", "order.conditions_ignore_rth", "order.conditions_cancel_order"),
        "order.adjusted_order_type", "order.trigger_price", "order.lmt_price_offset", "order.adjusted_stop_price",
        "order.adjusted_stop_limit_price", "order.adjusted_trailing_amount", "order.adjustable_trailing_unit",
        "order.ext_operator", "order.soft_dollar_tier.name", "order.soft_dollar_tier.value", "order.cash_qty",
        "order.mifid2_decision_maker", "order.mifid2_decision_algo", "order.mifid2_execution_trader",
        "order.mifid2_execution_algo", "order.dont_use_auto_price_for_hedge", "order.is_oms_container",
        "order.discretionary_up_to_limit_price", at("order.use_price_mgmt_algo", unset="empty"),
        at("order.duration", unset="max", since=V.DURATION),
        at("order.post_to_ats", unset="max", since=V.POST_TO_ATS),
        at("order.auto_cancel_parent", since=V.AUTO_CANCEL_PARENT),
        at("order.advanced_error_override", since=V.ADVANCED_ORDER_REJECT),
        at("order.manual_order_time", since=V.MANUAL_ORDER_TIME),
        when("contract.exchange in IBKRATS", "order.min_trade_qty", since=V.PEGBEST_PEGMID_OFFSETS),
        when(
            "order.order_type in PEG BEST|PEGBEST", "order.min_compete_size", "order.compete_against_best_offset",
            when("order.compete_against_best_offset in Infinity", *MID_OFFSETS), since=V.PEGBEST_PEGMID_OFFSETS,
        ),
        when("order.order_type in PEG MID|PEGMID", *MID_OFFSETS, since=V.PEGBEST_PEGMID_OFFSETS),
        at("order.customer_account", since=V.CUSTOMER_ACCOUNT),
        at("order.professional_customer", since=V.PROFESSIONAL_CUSTOMER),
        const("rfq_external_user_id", since=V.RFQ_FIELDS, before=V.UNDO_RFQ_FIELDS),
        const("rfq_manual_order_indicator", "2147483647", since=V.RFQ_FIELDS, before=V.UNDO_RFQ_FIELDS),
        at("order.include_overnight", since=V.INCLUDE_OVERNIGHT),
        at("order.manual_order_indicator", unset="max", since=V.CME_TAGGING_FIELDS),
        at("order.imbalance_only", since=V.IMBALANCE_ONLY),
    )  # fmt: skip


@outgoing(Out.CANCEL_ORDER, protobuf=V.PROTOBUF_PLACE_ORDER)
class CancelOrderRequest(Message):
    """Cancel an order."""

    order_id: Int = field(1)
    order_cancel: OrderCancel | None = field(2, default=OrderCancel())
    TEXT = layout(
        "order_id", at("order_cancel.manual_order_cancel_time", since=V.MANUAL_ORDER_TIME),
        between(
            const("rfq_ext_operator"), const("rfq_external_user_id"),
            const("rfq_manual_order_indicator", "2147483647"), since=V.RFQ_FIELDS, before=V.UNDO_RFQ_FIELDS,
        ),
        at("order_cancel.ext_operator", since=V.CME_TAGGING_FIELDS),
        at("order_cancel.manual_order_indicator", since=V.CME_TAGGING_FIELDS), version=1,
        version_before=V.CME_TAGGING_FIELDS,
    )  # fmt: skip


@outgoing(Out.REQ_GLOBAL_CANCEL, protobuf=V.PROTOBUF_PLACE_ORDER)
class GlobalCancelRequest(Message):
    """Cancel every order of the account, whoever placed it."""

    order_cancel: OrderCancel | None = field(1, default=OrderCancel())
    TEXT = layout(
        at("order_cancel.ext_operator", since=V.CME_TAGGING_FIELDS),
        at("order_cancel.manual_order_indicator", since=V.CME_TAGGING_FIELDS), version=1,
        version_before=V.CME_TAGGING_FIELDS,
    )  # fmt: skip


@outgoing(Out.REQ_OPEN_ORDERS, protobuf=V.PROTOBUF_COMPLETED_ORDER)
class OpenOrdersRequest(Message):
    """Ask for the open orders of this client."""

    TEXT = layout(version=1)


@outgoing(Out.REQ_ALL_OPEN_ORDERS, protobuf=V.PROTOBUF_COMPLETED_ORDER)
class AllOpenOrdersRequest(Message):
    """Ask for the open orders of all clients."""

    TEXT = layout(version=1)


@outgoing(Out.REQ_AUTO_OPEN_ORDERS, protobuf=V.PROTOBUF_COMPLETED_ORDER)
class AutoOpenOrdersRequest(Message):
    """Bind orders placed in TWS to this client, which must be number 0."""

    auto_bind: Bool = field(1)
    TEXT = layout("auto_bind", version=1)


class OrderAllocation(Message):
    """What an order does to one account."""

    account: Str = field(1)
    position: Dec = field(2)
    position_desired: Dec = field(3)
    position_after: Dec = field(4)
    desired_alloc_qty: Dec = field(5)
    allowed_alloc_qty: Dec = field(6)
    is_monetary: Bool = field(7)


class OrderState(Message):
    """Where an order stands, and what it does to margin and costs."""

    status: Str = field(1)
    init_margin_before: Float = field(2, unset="max")
    maint_margin_before: Float = field(3, unset="max")
    equity_with_loan_before: Float = field(4, unset="max")
    init_margin_change: Float = field(5, unset="max")
    maint_margin_change: Float = field(6, unset="max")
    equity_with_loan_change: Float = field(7, unset="max")
    init_margin_after: Float = field(8, unset="max")
    maint_margin_after: Float = field(9, unset="max")
    equity_with_loan_after: Float = field(10, unset="max")
    commission_and_fees: Float = field(11, unset="empty")
    min_commission_and_fees: Float = field(12, unset="empty")
    max_commission_and_fees: Float = field(13, unset="empty")
    commission_and_fees_currency: Str = field(14)
    margin_currency: Str = field(15)
    init_margin_before_outside_rth: Float = field(16, unset="empty")
    maint_margin_before_outside_rth: Float = field(17, unset="empty")
    equity_with_loan_before_outside_rth: Float = field(18, unset="empty")
    init_margin_change_outside_rth: Float = field(19, unset="empty")
    maint_margin_change_outside_rth: Float = field(20, unset="empty")
    equity_with_loan_change_outside_rth: Float = field(21, unset="empty")
    init_margin_after_outside_rth: Float = field(22, unset="empty")
    maint_margin_after_outside_rth: Float = field(23, unset="empty")
    equity_with_loan_after_outside_rth: Float = field(24, unset="empty")
    suggested_size: Dec = field(25)
    reject_reason: Str = field(26)
    order_allocations: list[OrderAllocation] = field(27)
    warning_text: Str = field(28)
    completed_time: Str = field(29)
    completed_status: Str = field(30)


@incoming(In.OPEN_ORDER, protobuf=V.PROTOBUF_PLACE_ORDER)
class OpenOrder(Message):
    """An open order and its state."""

    order_id: Int = field(1)
    contract: Contract | None = field(2)
    order: Order | None = field(3)
    order_state: OrderState | None = field(4)
    TEXT = layout(
        "order_id", *CONTRACT, *ORDER_MAIN, "order.client_id", "order.perm_id", *ORDER_FLAGS,
        const("shares_allocation"), *ORDER_FA, "order.auction_strategy", *ORDER_BOX, "order.block_order",
        "order.sweep_to_fill", "order.all_or_none", "order.min_qty", "order.oca_type", const("etrade_only", "0"),
        const("firm_quote_only", "0"), const("nbbo_price_cap"), "order.parent_id", "order.trigger_method",
        *ORDER_VOL,
        when(
            "order.delta_neutral_order_type", "order.delta_neutral_con_id", "order.delta_neutral_settling_firm",
            "order.delta_neutral_clearing_account", "order.delta_neutral_clearing_intent",
            "order.delta_neutral_open_close", "order.delta_neutral_short_sale",
            "order.delta_neutral_short_sale_slot", "order.delta_neutral_designated_location",
        ),
        *ORDER_VOL_TAIL, *ORDER_TRAIL, "order.basis_points", "order.basis_points_type", *ORDER_LEGS, *ORDER_SCALE,
        *ORDER_HEDGE, "order.opt_out_smart_routing", *ORDER_CLEARING, "order.what_if", "order_state.status",
        "order_state.init_margin_before", "order_state.maint_margin_before", "order_state.equity_with_loan_before",
        "order_state.init_margin_change", "order_state.maint_margin_change", "order_state.equity_with_loan_change",
        "order_state.init_margin_after", "order_state.maint_margin_after", "order_state.equity_with_loan_after",
        "order_state.commission_and_fees", "order_state.min_commission_and_fees",
        "order_state.max_commission_and_fees", "order_state.commission_and_fees_currency",
        between(
            "order_state.margin_currency", "order_state.init_margin_before_outside_rth",
            "order_state.maint_margin_before_outside_rth", "order_state.equity_with_loan_before_outside_rth",
            "order_state.init_margin_change_outside_rth", "order_state.maint_margin_change_outside_rth",
            "order_state.equity_with_loan_change_outside_rth", "order_state.init_margin_after_outside_rth",
            "order_state.maint_margin_after_outside_rth", "order_state.equity_with_loan_after_outside_rth",
            "order_state.suggested_size", "order_state.reject_reason",
            repeat(
                "order_state.order_allocations", "account", "position", "position_desired", "position_after",
                "desired_alloc_qty", "allowed_alloc_qty", "is_monetary",
            ),
            since=V.FULL_ORDER_PREVIEW_FIELDS,
        ),
        "order_state.warning_text", *ORDER_PEG_CONDITIONS, "order.adjusted_order_type", "order.trigger_price",
        at("order.trail_stop_price", unset="max"), "order.lmt_price_offset", "order.adjusted_stop_price",
        "order.adjusted_stop_limit_price", "order.adjusted_trailing_amount", "order.adjustable_trailing_unit",
        "order.soft_dollar_tier.name", "order.soft_dollar_tier.value", "order.soft_dollar_tier.display_name",
        "order.cash_qty", "order.dont_use_auto_price_for_hedge", "order.is_oms_container",
        "order.discretionary_up_to_limit_price", "order.use_price_mgmt_algo",
        at("order.duration", since=V.DURATION), at("order.post_to_ats", since=V.POST_TO_ATS),
        at("order.auto_cancel_parent", since=V.AUTO_CANCEL_PARENT), *ORDER_PEG_OFFSETS,
        at("order.bond_accrued_interest", since=V.BOND_ACCRUED_INTEREST),
        at("order.include_overnight", since=V.INCLUDE_OVERNIGHT),
        at("order.ext_operator", since=V.CME_TAGGING_FIELDS_IN_OPEN_ORDER),
        at("order.manual_order_indicator", since=V.CME_TAGGING_FIELDS_IN_OPEN_ORDER),
        at("order.submitter", since=V.SUBMITTER), at("order.imbalance_only", since=V.IMBALANCE_ONLY),
    )  # fmt: skip


@incoming(In.OPEN_ORDER_END, protobuf=V.PROTOBUF_PLACE_ORDER)
class OpenOrdersEnd(Message):
    """There are no more open orders."""

    TEXT = layout(version=1)


@incoming(In.ORDER_STATUS, protobuf=V.PROTOBUF_PLACE_ORDER)
class OrderStatus(Message):
    """How far an order is; TWS repeats itself."""

    order_id: Int = field(1)
    status: Str = field(2)
    filled: Dec = field(3)
    remaining: Dec = field(4)
    avg_fill_price: Float = field(5)
    perm_id: Long = field(6)
    parent_id: Int = field(7)
    last_fill_price: Float = field(8)
    client_id: Int = field(9)
    why_held: Str = field(10)
    mkt_cap_price: Float = field(11)
    TEXT = layout(
        "order_id", "status", "filled", "remaining", "avg_fill_price", "perm_id", "parent_id", "last_fill_price",
        "client_id", "why_held", "mkt_cap_price",
    )  # fmt: skip


@incoming(In.ORDER_BOUND, protobuf=V.PROTOBUF_COMPLETED_ORDER)
class OrderBound(Message):
    """An order has been given an API order id."""

    perm_id: Long = field(1)
    client_id: Int = field(2)
    order_id: Int = field(3)
    TEXT = layout("perm_id", "client_id", "order_id")


@outgoing(Out.REQ_COMPLETED_ORDERS, protobuf=V.PROTOBUF_COMPLETED_ORDER)
class CompletedOrdersRequest(Message):
    """Ask for the orders that were filled or cancelled today."""

    api_only: Bool = field(1)
    TEXT = layout("api_only")


@incoming(In.COMPLETED_ORDER, protobuf=V.PROTOBUF_COMPLETED_ORDER)
class CompletedOrder(Message):
    """An order that was filled or cancelled."""

    contract: Contract | None = field(1)
    order: Order | None = field(2)
    order_state: OrderState | None = field(3)
    TEXT = layout(
        *CONTRACT, *ORDER_MAIN, "order.perm_id", *ORDER_FLAGS, *ORDER_FA, *ORDER_BOX, "order.sweep_to_fill",
        "order.all_or_none", "order.min_qty", "order.oca_type", "order.trigger_method", *ORDER_VOL,
        when(
            "order.delta_neutral_order_type", "order.delta_neutral_con_id", "order.delta_neutral_short_sale",
            "order.delta_neutral_short_sale_slot", "order.delta_neutral_designated_location",
        ),
        *ORDER_VOL_TAIL, *ORDER_TRAIL, *ORDER_LEGS, *ORDER_SCALE, *ORDER_HEDGE, *ORDER_CLEARING,
        "order_state.status", *ORDER_PEG_CONDITIONS, at("order.trail_stop_price", unset="max"),
        "order.lmt_price_offset", "order.cash_qty", "order.dont_use_auto_price_for_hedge",
        "order.is_oms_container", "order.auto_cancel_date", "order.filled_quantity", "order.ref_futures_con_id",
        "order.auto_cancel_parent", "order.shareholder", "order.imbalance_only", "order.route_marketable_to_bbo",
        "order.parent_perm_id", "order_state.completed_time", "order_state.completed_status", *ORDER_PEG_OFFSETS,
        at("order.submitter", since=V.SUBMITTER),
    )  # fmt: skip


@incoming(In.COMPLETED_ORDERS_END, protobuf=V.PROTOBUF_COMPLETED_ORDER)
class CompletedOrdersEnd(Message):
    """There are no more completed orders."""

    TEXT = layout()


class ExecutionFilter(Message):
    """Which executions are asked for."""

    client_id: Int = field(1, default=0)
    acct_code: Str = field(2)
    time: Str = field(3)
    symbol: Str = field(4)
    sec_type: Str = field(5)
    exchange: Str = field(6)
    side: Str = field(7)
    last_n_days: Int = field(8, unset="max")
    specific_dates: list[Annotated[int, Kind.INT]] = field(9)


@outgoing(Out.REQ_EXECUTIONS, protobuf=V.PROTOBUF)
class ExecutionRequest(Message):
    """Ask for executions."""

    req_id: Int = field(1)
    execution_filter: ExecutionFilter | None = field(2, default=ExecutionFilter())
    TEXT = layout(
        "req_id", "execution_filter.client_id", "execution_filter.acct_code", "execution_filter.time",
        "execution_filter.symbol", "execution_filter.sec_type", "execution_filter.exchange",
        "execution_filter.side", at("execution_filter.last_n_days", since=V.PARAMETRIZED_DAYS_OF_EXECUTIONS),
        repeat("execution_filter.specific_dates", since=V.PARAMETRIZED_DAYS_OF_EXECUTIONS), version=3,
    )  # fmt: skip


class Execution(Message):
    """A fill; ``exec_id`` ends in a number that corrections count up."""

    order_id: Int = field(1)
    exec_id: Str = field(2)
    time: Str = field(3)
    acct_number: Str = field(4)
    exchange: Str = field(5)
    side: Str = field(6)
    shares: Dec = field(7)
    price: Float = field(8)
    perm_id: Long = field(9)
    client_id: Int = field(10)
    is_liquidation: Bool = field(11)
    cum_qty: Dec = field(12)
    avg_price: Float = field(13)
    order_ref: Str = field(14)
    ev_rule: Str = field(15)
    ev_multiplier: Float = field(16)
    model_code: Str = field(17)
    last_liquidity: Int = field(18)
    is_price_revision_pending: Bool = field(19)
    submitter: Str = field(20)
    opt_exercise_or_lapse_type: Int = field(21)


@incoming(In.EXECUTION_DATA, protobuf=V.PROTOBUF)
class ExecutionDetails(Message):
    """A fill and its contract; req_id is -1 when nobody asked."""

    req_id: Int = field(1)
    contract: Contract | None = field(2)
    execution: Execution | None = field(3)
    TEXT = layout(
        "req_id", "execution.order_id", *CONTRACT, "execution.exec_id", "execution.time", "execution.acct_number",
        "execution.exchange", "execution.side", "execution.shares", "execution.price", "execution.perm_id",
        "execution.client_id", "execution.is_liquidation", "execution.cum_qty", "execution.avg_price",
        "execution.order_ref", "execution.ev_rule", "execution.ev_multiplier", "execution.model_code",
        "execution.last_liquidity", at("execution.is_price_revision_pending", since=V.PENDING_PRICE_REVISION),
        at("execution.submitter", since=V.SUBMITTER),
    )  # fmt: skip


@incoming(In.EXECUTION_DATA_END, protobuf=V.PROTOBUF)
class ExecutionDetailsEnd(Message):
    """There are no more executions."""

    req_id: Int = field(1)
    TEXT = layout("req_id", version=1)


@incoming(In.COMMISSION_AND_FEES_REPORT, protobuf=V.PROTOBUF_REST_MESSAGES_1)
class CommissionAndFeesReport(Message):
    """What a fill cost."""

    exec_id: Str = field(1)
    commission_and_fees: Float = field(2)
    currency: Str = field(3)
    realized_pnl: Float = field(4, unset="max")
    bond_yield: Float = field(5, unset="max")
    yield_redemption_date: Str = field(6)
    TEXT = layout(
        "exec_id", "commission_and_fees", "currency", "realized_pnl", "bond_yield", "yield_redemption_date",
        version=1,
    )  # fmt: skip
