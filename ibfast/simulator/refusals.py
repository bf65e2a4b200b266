"""What a gateway refuses of an order, with IB's codes and words."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

from ibfast.schema import Order
from ibfast.simulator.market.universe import Instrument
from ibfast.simulator.orders.order_types import (
    ALGO_WORDS,
    ALGOS,
    CASH_QUANTITY,
    CONDITIONAL,
    NAMES,
    NEEDS,
    ONLY_FOR,
    SHARES,
    TIFS,
    UNTRADED,
)
from ibfast.simulator.orders.working_order import LIMITS, ON_CLOSE, STOPS, TRAILING

MOST_DISCRETION = 0.1
NO_DISPLAY_SIZE = 10255, "The 'Display Size' order attribute may not be specified for this order."
SMALLEST_BLOCK = 50

Refusal = tuple[int, str]

NO_CONTRACT: Refusal = (200, "No security definition has been found for the request")


def ambiguous(symbol: str | None) -> Refusal:
    return 200, f"The contract description specified for {symbol} is ambiguous."


def invalid(cause: str) -> Refusal:
    return 321, f"Error validating request.-'sim' : cause - {cause}"


NO_EXCHANGE = invalid("Missing order exchange.")


def rejected(reason: str) -> Refusal:
    return 201, f"Order rejected - reason:{reason}"


def refuse(order: Order, instrument: Instrument) -> Refusal | None:
    """Why this order cannot be accepted, None if it can."""
    for check in CHECKS:
        refusal = check(order, instrument)
        if refusal is not None:
            return refusal
    return None


def _refuse_words(order: Order, instrument: Instrument) -> Refusal | None:
    kind, sec_type = order.order_type or "", instrument.contract["sec_type"]
    if (order.action or "").upper() not in ("BUY", "SELL", "SSHORT"):
        return invalid("Please enter a valid action")
    if kind not in NEEDS:
        return invalid("Invalid order type was entered")
    if sec_type in UNTRADED:
        return rejected("The contract is not available for trading.")
    if sec_type not in ONLY_FOR.get(kind, (sec_type,)):
        return 387, "Unsupported order type for this exchange and security type."
    if order.tif not in TIFS:
        return 10052, f"Invalid time in force:{order.tif or 'Empty'}"  # seen of an empty one
    if kind in ON_CLOSE and order.tif != "DAY":
        return rejected("Invalid time in force for the order type.")
    if order.tif == "GTD" and not order.good_till_date:
        return invalid("Please enter a good till date")
    return None


def _refuse_quantity(order: Order, instrument: Instrument) -> Refusal | None:
    quantity = order.total_quantity or Decimal(0)
    sec_type = instrument.contract["sec_type"]
    if order.cash_qty:
        if sec_type not in CASH_QUANTITY:
            return 10244, "Cash Quantity cannot be used for this order"
        return None
    if quantity <= 0 and not (order.hedge_type and order.parent_id):
        return 434, "The order size cannot be zero."
    if quantity % Decimal(instrument.details.get("size_increment") or "1"):
        return 10318, "This order doesn't support fractional quantity trading"
    if order.block_order and sec_type == "OPT" and quantity < SMALLEST_BLOCK:
        return 117, "The block order size must be at least 50."
    return None


def _refuse_prices(order: Order, instrument: Instrument) -> Refusal | None:
    kind = order.order_type or ""
    legs_priced = any(leg.per_leg_price is not None for leg in instrument.contract.get("combo_legs") or [])
    for name in NEEDS[kind]:
        value = getattr(order, name)
        missing = value is None if name == "lmt_price" else not value
        if missing and not (name == "lmt_price" and legs_priced):
            return invalid(f"Please enter a {NAMES[name]}")
    if kind in TRAILING and not order.aux_price and not order.trailing_percent:
        return invalid("Please enter a trailing amount")
    if kind in ("REL", "PASSV REL") and order.aux_price is None and order.percent_offset is None:
        return 158, "You must specify an offset amount or a percent offset value."
    if not 0 <= (order.percent_offset or 0.0) <= 1:
        return 159, "The percent offset value must be between 0% and 100%."
    prices = [order.lmt_price] if kind in LIMITS else []
    prices += [order.aux_price] if kind in STOPS and kind not in TRAILING else []
    if not all(_on_grid(price, instrument.tick) for price in prices if price is not None):
        return 110, "The price does not conform to the minimum price variation for this contract."
    return None


def _refuse_extras(order: Order, instrument: Instrument) -> Refusal | None:
    if order.hidden and order.display_size:
        return NO_DISPLAY_SIZE
    if order.discretionary_amt and order.display_size:
        return 157, (
            "An order can be EITHER Iceberg or Discretionary. Please remove either the Discretionary amount or the "
            "Display size."
        )
    if order.discretionary_amt and order.discretionary_amt > MOST_DISCRETION * abs(order.lmt_price or 0.0):
        return rejected("The discretionary amount is too large.")
    if order.conditions and order.order_type not in CONDITIONAL:
        return 148, "A conditional order can only be submitted when the order type is set to limit or market."
    if order.scale_init_level_size and not order.scale_price_increment:
        return invalid("Please enter a scale price increment")
    return None


def _refuse_algo(order: Order, instrument: Instrument) -> Refusal | None:
    if not order.algo_strategy:
        return None
    known = ALGOS.get(order.algo_strategy)
    if known is None:
        return 439, "The order processing failed. Algorithm definition not found."
    if order.algo_strategy == "DarkIce" and order.display_size:
        return NO_DISPLAY_SIZE  # seen; its own parameter displaySize says it
    if order.order_type not in ("MKT", "LMT"):
        return 442, "Specified algorithm is not allowed for this order."
    for name, value in (order.algo_params or {}).items():
        if name not in known:
            return 443, f"Order processing failed. Unknown algo attribute:{name}"
        if not _algo_value_is_right(name, value):
            return 441, f"Algo attributes validation failed: {name}"
    return None


def _algo_value_is_right(name: str, value: str) -> bool:
    if name in SHARES and value:
        try:
            return 0 <= float(value) <= 1
        except ValueError:
            return False
    return name not in ALGO_WORDS or not value or value in ALGO_WORDS[name]


def _on_grid(price: float, tick: Fraction) -> bool:
    ticks = price / float(tick)
    return abs(ticks - round(ticks)) < 1e-6 * max(1.0, abs(ticks))


CHECKS: tuple[Callable[[Order, Instrument], Refusal | None], ...] = (
    _refuse_words, _refuse_quantity, _refuse_prices, _refuse_extras, _refuse_algo,
)  # fmt: skip
