"""What is traded."""

from ibfast.schema.declare import Bool, Float, Int, Message, Str, field


class DeltaNeutralContract(Message):
    """The contract that hedges a volatility order or a combination's delta."""

    con_id: Int = field(1)
    delta: Float = field(2)
    price: Float = field(3)


class ComboLeg(Message):
    """One leg of a combination; ``per_leg_price`` is its price when the order prices each leg."""

    con_id: Int = field(1)
    ratio: Int = field(2)
    action: Str = field(3)
    exchange: Str = field(4)
    open_close: Int = field(5)
    short_sales_slot: Int = field(6)
    designated_location: Str = field(7)
    exempt_code: Int = field(8, default=-1)
    per_leg_price: Float = field(9, unset="empty")


class Contract(Message):
    """What is traded: enough of these fields, or ``con_id`` and ``exchange`` alone, name one contract to TWS."""

    con_id: Int = field(1)
    symbol: Str = field(2)
    sec_type: Str = field(3)
    last_trade_date_or_contract_month: Str = field(4)
    strike: Float = field(5, unset="empty")
    right: Str = field(6)
    multiplier: Float = field(7, unset="empty")
    exchange: Str = field(8)
    primary_exch: Str = field(9)
    currency: Str = field(10)
    local_symbol: Str = field(11)
    trading_class: Str = field(12)
    sec_id_type: Str = field(13)
    sec_id: Str = field(14)
    description: Str = field(15)
    issuer_id: Str = field(16)
    delta_neutral_contract: DeltaNeutralContract | None = field(17)
    include_expired: Bool = field(18)
    combo_legs_descrip: Str = field(19)
    combo_legs: list[ComboLeg] = field(20)
    last_trade_date: Str = field(21)
