"""Brackets: an entry, and the targets and stops that wait for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any, Self, TypeAlias

from ibfast.enums import Action, OcaType, OrderType, TimeInForce
from ibfast.orders.fields import AllocationMixin, ExecutionMixin, LinkageMixin, Own, SideMixin, TimeInForceMixin
from ibfast.orders.trade import Trade
from ibfast.schema.contract import Contract
from ibfast.schema.order import AttachedOrders, Order, Quantity, quantity_of

Place: TypeAlias = Callable[[Contract, Order, AttachedOrders | None], Trade]
Check: TypeAlias = Callable[[Contract, Order], None]  # raises what keeps an order from being sent
Target: TypeAlias = tuple[Quantity, float]
Targets: TypeAlias = float | Sequence[float | Target]
"""A price for the whole quantity, prices for equal parts of it, or parts with their prices."""

INHERITED = (
    "account", "outside_rth", "include_overnight", "order_ref", "model_code", "fa_group", "fa_method", "fa_percentage",
    "settling_firm", "clearing_account", "clearing_intent", "ext_operator", "manual_order_indicator",
)  # fmt: skip
LASTING = (TimeInForce.DAY, TimeInForce.GOOD_TILL_CANCEL, TimeInForce.GOOD_TILL_DATE)
"""Times in force that an exit has from its entry; those of a moment would end it before it begins."""


@dataclass(frozen=True)
class Exits:
    """What a bracket does after its entry; `stop_order` has the fields of the stop that goes with each target."""

    take_profit: Targets | None
    stop_loss: float | None
    stop_limit: float | None
    trailing_amount: float | None
    trailing_percent: float | None

    def __post_init__(self) -> None:
        ways = [self.stop_loss, self.trailing_amount, self.trailing_percent]
        if sum(way is not None for way in ways) > 1:
            raise ValueError("stop_loss, trailing_amount, trailing_percent: give one of them")
        if self.stop_limit is not None and self.stop_loss is None:
            raise ValueError("stop_limit: makes no sense without stop_loss")
        if self.take_profit is None and all(way is None for way in ways):
            raise ValueError("take_profit, stop_loss: a bracket needs one of them")

    def stop_order(self) -> dict[str, Any] | None:
        """The type and prices of a stop, None if there is none."""
        if self.stop_limit is not None:
            kind, prices = OrderType.STOP_LIMIT, {"aux_price": self.stop_loss, "lmt_price": self.stop_limit}
        elif self.stop_loss is not None:
            kind, prices = OrderType.STOP, {"aux_price": self.stop_loss}
        elif self.trailing_amount is not None or self.trailing_percent is not None:
            trail = {"aux_price": self.trailing_amount, "trailing_percent": self.trailing_percent}
            kind, prices = OrderType.TRAILING_STOP, trail
        else:
            return None
        return {"order_type": kind.value, **prices}

    def targets(self, total: Decimal) -> list[tuple[Decimal, float | None]]:
        """The quantity and the price of each target; one without a price if there are only stops."""
        if not isinstance(self.take_profit, Iterable):
            return [(total, self.take_profit)]
        wanted: list[float | Target] = list(self.take_profit)
        if not wanted:
            raise ValueError("take_profit: no target")
        parts = [item for item in wanted if isinstance(item, Iterable)]
        prices = [item for item in wanted if not isinstance(item, Iterable)]
        if parts and prices:
            raise ValueError("take_profit: prices, or (quantity, price) for each of the targets, not both")
        return self._in_parts(total, parts) if parts else self._in_equal_parts(total, prices)

    def _in_parts(self, total: Decimal, parts: list[Target]) -> list[tuple[Decimal, float | None]]:
        found: list[tuple[Decimal, float | None]] = [(quantity_of(quantity), price) for quantity, price in parts]
        if sum(quantity for quantity, _ in found) != total:
            raise ValueError(f"take_profit: the quantities of the targets do not add up to {total}")
        return found

    def _in_equal_parts(self, total: Decimal, prices: list[float]) -> list[tuple[Decimal, float | None]]:
        part = total / len(prices)
        if part != part.to_integral_value():
            raise ValueError(
                f"take_profit: {total} cannot be divided among {len(prices)} targets; say [(quantity, price), ...]"
            )
        return [(part, price) for price in prices]


class BracketBuilder(SideMixin, TimeInForceMixin, ExecutionMixin, AllocationMixin, LinkageMixin):
    """Builds an entry with its targets and stops; nothing is sent before `submit`."""

    def __init__(
        self, contract: Contract, order: Order, place: Place, exits: Exits, check: Check, own: Own = lambda trade: None
    ) -> None:
        super().__init__(contract, order, own)
        self._place = place
        self._check = check
        self._exits = exits
        self._exit_fields: dict[str, Any] = {}

    def exits(self, **fields: Any) -> Self:
        """Any fields of `ibfast.Order` for the targets and stops, instead of those they have from the entry."""
        self._exit_fields |= fields
        return self

    async def submit(self) -> list[Trade]:
        """Send all orders; their trades: the entry, then target and stop, target and stop.

        Several targets divide the quantity, and each has a stop of its own size: one cancels the other.

        Raises:
            ValueError: something is missing, or the prices are in the wrong order; nothing was sent.
            VersionError: the server is too old for a field of one of them; nothing was sent. ConnectionLost.
        """
        self._check(self.contract, self.order)
        pairs = [list(pair) for pair in self._pairs()]
        for exit_order in (order for pair in pairs for order in pair):
            self._check(self.contract, exit_order)
        parent = self._place(self.contract, self.order.replace(transmit=False), None)
        children = [
            order.replace(parent_id=parent.order_id, **(_group(parent, number) if len(pairs) > 1 else {}))
            for number, pair in enumerate(pairs, 1)
            for order in pair
        ]
        held = [order.replace(transmit=False) for order in children[:-1]]
        return [parent, *(self._place(self.contract, order, None) for order in (*held, children[-1]))]

    def _pairs(self) -> Iterable[Iterable[Order]]:
        """The target and the stop for each part of the quantity."""
        total = self.order.total_quantity
        if total is None:
            raise ValueError("total_quantity: a bracket needs a quantity")
        stop = self._exits.stop_order()
        for quantity, price in self._exits.targets(Decimal(str(total))):
            self._check_side(price)
            target = None if price is None else {"order_type": OrderType.LIMIT.value, "lmt_price": price}
            yield [self._exit(quantity, fields) for fields in (target, stop) if fields is not None]

    def _exit(self, quantity: Decimal, fields: dict[str, Any]) -> Order:
        """An exit: it has from the entry what it needs; the last one transmits them all."""
        inherited = {name: getattr(self.order, name) for name in INHERITED}
        if self.order.tif in LASTING:
            inherited |= {"tif": self.order.tif, "good_till_date": self.order.good_till_date}
        action = Action.SELL if self.order.action == Action.BUY else Action.BUY
        return Order(**{"action": action.value, "total_quantity": quantity, **inherited, **fields, **self._exit_fields})

    def _check_side(self, take_profit: float | None) -> None:
        """A target is on the winning side of the entry, a stop on the losing one; what has no price is passed over."""
        sign = 1 if self.order.action == Action.BUY else -1
        named = {"stop_loss": self._exits.stop_loss, "entry": self._entry_price(), "take_profit": take_profit}
        prices = {name: price * sign for name, price in named.items() if price is not None}
        order = list(prices.values())
        if not all(low < high for low, high in pairwise(order)):
            said = ", ".join(f"{name} {named[name]}" for name in prices)
            raise ValueError(f"{said}: not on their sides of an entry to {self.order.action}")

    def _entry_price(self) -> float | None:
        if self.order.order_type in (OrderType.STOP, OrderType.MARKET_IF_TOUCHED):
            return self.order.aux_price
        return self.order.lmt_price


def _group(parent: Trade, number: int) -> dict[str, Any]:
    """Each target and its stop are a group, so that the fill of one does not shrink those of other targets."""
    return {"oca_group": f"bracket {parent.client_id}.{parent.order_id}.{number}", "oca_type": int(OcaType.REDUCE)}
