"""What is to be done with it."""

from decimal import Decimal
from typing import Self, TypeAlias

from ibfast.arguments import checked
from ibfast.schema.declare import Bool, Dec, Float, Int, Long, Message, Str, Tags, field
from ibfast.schema.versions import V

Quantity: TypeAlias = int | float | str | Decimal


class OrderCondition(Message):
    """What must happen before an order is released or cancelled; ``type`` says which fields count."""

    type: Int = field(1)
    is_conjunction_connection: Bool = field(2, default=False, explicit=True)
    is_more: Bool = field(3, explicit=True)
    con_id: Int = field(4)
    exchange: Str = field(5)
    symbol: Str = field(6)
    sec_type: Str = field(7)
    percent: Int = field(8)
    change_percent: Float = field(9)
    price: Float = field(10)
    trigger_method: Int = field(11)
    time: Str = field(12)
    volume: Int = field(13)


class SoftDollarTier(Message):
    """A soft dollar tier that an order is booked to."""

    name: Str = field(1)
    value: Str = field(2)
    display_name: Str = field(3)


@checked
class Order(Message):
    """What is to be done with a contract, in IB's own words; TWS fills some fields of the orders it reports.

    An order is good for the day unless ``tif`` says otherwise, and goes out at once unless ``transmit`` is False.
    """

    client_id: Int = field(1, default=0, reported=True)
    order_id: Int = field(2, reported=True)
    perm_id: Long = field(3, default=0, reported=True)
    parent_id: Int = field(4, default=0)
    action: Str = field(5)
    total_quantity: Dec = field(6)
    display_size: Int = field(7, unset="empty", default=0)
    order_type: Str = field(8)
    lmt_price: Float = field(9, unset="empty")
    aux_price: Float = field(10, unset="empty")
    tif: Str = field(11, default="DAY", shown=True)  # a gateway refuses an order without one: 10052
    account: Str = field(12)
    settling_firm: Str = field(13)
    clearing_account: Str = field(14)
    clearing_intent: Str = field(15)
    all_or_none: Bool = field(16)
    block_order: Bool = field(17)
    hidden: Bool = field(18)
    outside_rth: Bool = field(19)
    sweep_to_fill: Bool = field(20)
    percent_offset: Float = field(21, unset="empty")
    trailing_percent: Float = field(22, unset="empty")
    trail_stop_price: Float = field(23, unset="empty")
    min_qty: Int = field(24, unset="empty")
    good_after_time: Str = field(25)
    good_till_date: Str = field(26)
    oca_group: Str = field(27)
    order_ref: Str = field(28)
    rule80a: Str = field(29)
    oca_type: Int = field(30, default=0)
    trigger_method: Int = field(31, default=0)
    active_start_time: Str = field(32)
    active_stop_time: Str = field(33)
    fa_group: Str = field(34)
    fa_method: Str = field(35)
    fa_percentage: Str = field(36)
    volatility: Float = field(37, unset="empty")
    volatility_type: Int = field(38)
    continuous_update: Bool = field(39)
    reference_price_type: Int = field(40)
    delta_neutral_order_type: Str = field(41)
    delta_neutral_aux_price: Float = field(42, unset="empty")
    delta_neutral_con_id: Int = field(43, default=0)
    delta_neutral_open_close: Str = field(44)
    delta_neutral_short_sale: Bool = field(45)
    delta_neutral_short_sale_slot: Int = field(46, default=0)
    delta_neutral_designated_location: Str = field(47)
    scale_init_level_size: Int = field(48, unset="empty")
    scale_subs_level_size: Int = field(49, unset="empty")
    scale_price_increment: Float = field(50, unset="empty")
    scale_price_adjust_value: Float = field(51, unset="empty")
    scale_price_adjust_interval: Int = field(52, unset="empty")
    scale_profit_offset: Float = field(53, unset="empty")
    scale_auto_reset: Bool = field(54)
    scale_init_position: Int = field(55, unset="empty")
    scale_init_fill_qty: Int = field(56, unset="empty")
    scale_random_percent: Bool = field(57)
    scale_table: Str = field(58)
    hedge_type: Str = field(59)
    hedge_param: Str = field(60)
    algo_strategy: Str = field(61)
    algo_params: Tags = field(62)
    algo_id: Str = field(63)
    smart_combo_routing_params: Tags = field(64)
    what_if: Bool = field(65)
    transmit: Bool = field(66, default=True)
    override_percentage_constraints: Bool = field(67)
    open_close: Str = field(68)
    origin: Int = field(69, default=0)
    short_sale_slot: Int = field(70, default=0)
    designated_location: Str = field(71)
    exempt_code: Int = field(72, default=-1)
    delta_neutral_settling_firm: Str = field(73)
    delta_neutral_clearing_account: Str = field(74)
    delta_neutral_clearing_intent: Str = field(75)
    discretionary_amt: Float = field(76, default=0)  # as text "0", as the official client spells it
    opt_out_smart_routing: Bool = field(77)
    starting_price: Float = field(78, unset="empty")
    stock_ref_price: Float = field(79, unset="empty")
    delta: Float = field(80, unset="empty")
    stock_range_lower: Float = field(81, unset="empty")
    stock_range_upper: Float = field(82, unset="empty")
    not_held: Bool = field(83)
    order_misc_options: Tags = field(84)
    solicited: Bool = field(85)
    randomize_size: Bool = field(86)
    randomize_price: Bool = field(87)
    reference_contract_id: Int = field(88, default=0)
    pegged_change_amount: Float = field(89, default=0.0)
    is_pegged_change_amount_decrease: Bool = field(90)
    reference_change_amount: Float = field(91, default=0.0)
    reference_exchange_id: Str = field(92)
    adjusted_order_type: Str = field(93)
    trigger_price: Float = field(94, unset="max")
    adjusted_stop_price: Float = field(95, unset="max")
    adjusted_stop_limit_price: Float = field(96, unset="max")
    adjusted_trailing_amount: Float = field(97, unset="max")
    adjustable_trailing_unit: Int = field(98, default=0)
    lmt_price_offset: Float = field(99, unset="max")
    conditions: list[OrderCondition] = field(100)
    conditions_cancel_order: Bool = field(101)
    conditions_ignore_rth: Bool = field(102)
    model_code: Str = field(103)
    ext_operator: Str = field(104)
    soft_dollar_tier: SoftDollarTier | None = field(105, default=SoftDollarTier())
    cash_qty: Float = field(106, unset="max")
    mifid2_decision_maker: Str = field(107)
    mifid2_decision_algo: Str = field(108)
    mifid2_execution_trader: Str = field(109)
    mifid2_execution_algo: Str = field(110)
    dont_use_auto_price_for_hedge: Bool = field(111)
    is_oms_container: Bool = field(112)
    discretionary_up_to_limit_price: Bool = field(113)
    auto_cancel_date: Str = field(114, reported=True)
    filled_quantity: Dec = field(115, reported=True)
    ref_futures_con_id: Int = field(116, reported=True)
    auto_cancel_parent: Bool = field(117)
    shareholder: Str = field(118, reported=True)
    imbalance_only: Bool = field(119)
    route_marketable_to_bbo: Int = field(120, since=V.ADDITIONAL_ORDER_PARAMS_2)
    parent_perm_id: Long = field(121, reported=True)
    use_price_mgmt_algo: Int = field(122)
    duration: Int = field(123, unset="empty")
    post_to_ats: Int = field(124, unset="empty")
    advanced_error_override: Str = field(125)
    manual_order_time: Str = field(126)
    min_trade_qty: Int = field(127, unset="empty")
    min_compete_size: Int = field(128, unset="empty")
    compete_against_best_offset: Float = field(129, unset="empty")
    mid_offset_at_whole: Float = field(130, unset="empty")
    mid_offset_at_half: Float = field(131, unset="empty")
    customer_account: Str = field(132)
    professional_customer: Bool = field(133)
    bond_accrued_interest: Str = field(134)
    include_overnight: Bool = field(135)
    manual_order_indicator: Int = field(136, unset="empty")
    submitter: Str = field(137)
    deactivate: Bool = field(138, since=V.ADDITIONAL_ORDER_PARAMS_1)
    post_only: Bool = field(139, since=V.ADDITIONAL_ORDER_PARAMS_1)
    allow_pre_open: Bool = field(140, since=V.ADDITIONAL_ORDER_PARAMS_1)
    ignore_open_auction: Bool = field(141, since=V.ADDITIONAL_ORDER_PARAMS_1)
    seek_price_improvement: Int = field(142, since=V.ADDITIONAL_ORDER_PARAMS_2)
    what_if_type: Int = field(143, since=V.ADDITIONAL_ORDER_PARAMS_2)
    hedge_max_size: Int = field(144, since=V.HEDGE_MAX_SIZE)
    conditions_include_overnight: Bool = field(145, since=V.UNIFIED_VERSION_COND_ORDER_WITH_OVERNIGHT_PARAM)
    auction_strategy: Int = field()
    basis_points: Float = field(unset="empty")
    basis_points_type: Int = field(unset="empty")

    @classmethod
    def market(cls, action: str, quantity: Quantity) -> Self:
        """At the best price there is, now."""
        return cls(action=str(action), total_quantity=quantity_of(quantity), order_type="MKT")

    @classmethod
    def limit(cls, action: str, quantity: Quantity, price: float) -> Self:
        """At ``price`` or better."""
        return cls(action=str(action), total_quantity=quantity_of(quantity), order_type="LMT", lmt_price=price)

    @classmethod
    def stop(cls, action: str, quantity: Quantity, price: float) -> Self:
        """A market order once ``price`` is touched."""
        return cls(action=str(action), total_quantity=quantity_of(quantity), order_type="STP", aux_price=price)


def quantity_of(quantity: Quantity) -> Decimal:
    """A quantity to trade, exact to its last digit.

    Raises:
        ValueError: it is no positive number.
    """
    try:
        amount = Decimal(str(quantity))
    except ArithmeticError:
        raise ValueError(f"quantity: {quantity!r} is not a number") from None
    if not amount.is_finite() or amount <= 0:
        raise ValueError(f"quantity: {quantity} is not a positive number")
    return amount


class OrderCancel(Message):
    """What regulators ask to know about a cancellation."""

    manual_order_cancel_time: Str = field(1)
    ext_operator: Str = field(2)
    manual_order_indicator: Int = field(3, unset="max")


class AttachedOrders(Message):
    """Stop-loss and profit-taker that TWS attaches to an order by itself."""

    sl_order_id: Int = field(1, since=V.ATTACHED_ORDERS)
    sl_order_type: Str = field(2, since=V.ATTACHED_ORDERS)
    pt_order_id: Int = field(3, since=V.ATTACHED_ORDERS)
    pt_order_type: Str = field(4, since=V.ATTACHED_ORDERS)
