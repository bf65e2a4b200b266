"""What orders have to do with each other: children with their parent, one that cancels others, hedges."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_DOWN, Decimal
from typing import Any

from ibfast.schema import AttachedOrders, Order
from ibfast.simulator.market.market import Market
from ibfast.simulator.orders.working_order import WorkingOrder

REDUCE = (2, 3)  # OCA types that shrink the other orders rather than cancel them
PRESET_DISTANCE = 0.01  # of the price: where TWS attaches a stop and a target that are not stated otherwise
FAMILY_GROUP_TYPE = 3


def children_of(orders: Iterable[WorkingOrder], parent: WorkingOrder) -> list[WorkingOrder]:
    return [
        order
        for order in orders
        if order.client_id == parent.client_id and order.order.parent_id == parent.order_id and order is not parent
    ]


def adopt(working: WorkingOrder, parent: WorkingOrder) -> None:
    """Make an order the child of another: held until that fills, in one group with its other children."""
    order = working.order.replace(parent_perm_id=parent.perm_id)
    if not order.hedge_type:
        order = order.replace(oca_group=order.oca_group or str(parent.perm_id), oca_type=FAMILY_GROUP_TYPE)
    working.order = order
    working.waits_for_parent = parent.alive


def left_of(other: WorkingOrder, filled: WorkingOrder, shares: Decimal) -> Decimal | None:
    """What is left of an order of the same group after a fill, None if it is to be cancelled."""
    left = other.quantity - shares
    reduces = bool(filled.remaining) and filled.order.oca_type in REDUCE
    return left if reduces and left > other.filled else None


def hedge_quantity(child: WorkingOrder, parent: WorkingOrder, market: Market) -> Decimal:
    """How much a hedge has to trade for what its parent has filled."""
    order = child.order
    param = float(order.hedge_param or 1.0)
    price = abs(market.mid(child.instrument)) * child.instrument.multiplier or 1.0
    value = abs(parent.filled_value) * parent.instrument.multiplier
    amount = {
        "D": float(parent.filled) * parent.instrument.multiplier * param,
        "P": float(parent.filled) * param,
        "B": value * param / price,
        "F": value / price,
    }.get(order.hedge_type or "", float(parent.filled))
    return max(Decimal(round(amount, 4)).quantize(Decimal(1), ROUND_DOWN), Decimal(1))


def attached(parent: Order, asked: AttachedOrders, reference: float, tick: float) -> list[tuple[int, Order]]:
    """Stop-loss and profit-taker that TWS adds to an order: ids and orders, the last of which transmits."""
    sign = 1 if parent.action == "BUY" else -1
    side: dict[str, Any] = {
        "action": "SELL" if parent.action == "BUY" else "BUY", "total_quantity": parent.total_quantity,
        "parent_id": parent.order_id, "account": parent.account, "tif": parent.tif, "transmit": True,
    }  # fmt: skip
    base = parent.lmt_price or reference
    found = []
    if asked.sl_order_id and asked.sl_order_type:
        kind = asked.sl_order_type if asked.sl_order_type != "PRESET" else "STP"
        price = _near(base * (1 - sign * PRESET_DISTANCE), tick)
        limit = price if kind == "STP LMT" else None
        found.append((asked.sl_order_id, Order(order_type=kind, aux_price=price, lmt_price=limit, **side)))
    if asked.pt_order_id and asked.pt_order_type:
        kind = asked.pt_order_type if asked.pt_order_type != "PRESET" else "LMT"
        price = _near(base * (1 + sign * PRESET_DISTANCE), tick)
        found.append((asked.pt_order_id, Order(order_type=kind, lmt_price=price, **side)))
    return found


def _near(price: float, tick: float) -> float:
    return round(round(price / tick) * tick, 10)
