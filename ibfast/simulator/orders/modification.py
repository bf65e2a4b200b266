"""What may be changed of an order that works."""

from __future__ import annotations

from decimal import Decimal

from ibfast.schema import Order
from ibfast.simulator.orders.working_order import WorkingOrder
from ibfast.simulator.refusals import Refusal

NO_PARENT = 135, "Can't find order with id ={}"
MISMATCH: Refusal = (105, "Order being modified does not match original order.")
PRICES = (
    "order_type", "lmt_price", "aux_price", "trail_stop_price", "trailing_percent", "percent_offset",
    "good_after_time", "good_till_date", "outside_rth", "all_or_none", "volatility", "delta", "starting_price",
    "conditions", "conditions_cancel_order", "trigger_price", "adjusted_order_type", "lmt_price_offset",
)  # fmt: skip

TIF_CHANGES = {"DAY": ("GTC", "IOC"), "GTC": ("DAY", "IOC")}
"""What a time in force may become. IB documents DAY to IOC; the others have been seen, and 462 to and from a date, an
auction and fill-or-kill."""


def modification_refusal(working: WorkingOrder, asked: WorkingOrder) -> Refusal | None:
    """Why the order cannot be changed to this, None if it can."""
    before, order = working.order, asked.order
    if order.action != before.action or asked.instrument != working.instrument:
        return MISMATCH
    if asked.contract.exchange != working.contract.exchange or order.account != before.account:
        return MISMATCH
    if (order.total_quantity or Decimal(0)) < working.filled or not asked.quantity:
        return MISMATCH
    if order.tif != before.tif and order.tif not in TIF_CHANGES.get(before.tif or "", ()):
        return 462, f"Order modify failed. Cannot change to the new Time in Force.{order.tif}"
    if (order.algo_strategy or "") != (before.algo_strategy or ""):
        return 440, "Order modify failed. Algorithm cannot be modified."
    if before.oca_group and order.oca_group and order.oca_group != before.oca_group:
        return 10326, "OCA group revision is not allowed."
    if before.oca_group and order.oca_group and order.oca_type != before.oca_type:
        return 10327, "OCA type revision is not allowed."
    return None


def changed(working: WorkingOrder, order: Order) -> Order:
    """The order as asked for, with what is the order's for good."""
    before = working.order
    joins = bool(order.oca_group and not before.oca_group)
    return order.replace(
        perm_id=before.perm_id, parent_perm_id=before.parent_perm_id, filled_quantity=working.filled,
        parent_id=before.parent_id, oca_group=order.oca_group or before.oca_group,
        oca_type=order.oca_type if joins else before.oca_type,
    )  # fmt: skip


def same_price(before: Order, order: Order) -> bool:
    """Whether the order keeps its place: only its size or words that do not matter to it are different."""
    return all(getattr(before, name) == getattr(order, name) for name in PRICES)
