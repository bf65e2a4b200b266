"""Orders in a sentence: ``client.order(aapl).buy(100).limit(150).good_till_cancel().submit()``."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime
from typing import Any, Self

from ibfast.contract import Contract
from ibfast.enums import Action, OrderType, TimeInForce
from ibfast.order import Order, Quantity, quantity_of
from ibfast.times import format_time
from ibfast.trade import Trade

Place = Callable[[Contract, Order], Trade]

NEEDS: dict[str, tuple[str, ...]] = {
    OrderType.LIMIT: ("lmt_price",),
    OrderType.STOP: ("aux_price",),
    OrderType.STOP_LIMIT: ("aux_price", "lmt_price"),
}
"""The prices that an order type cannot do without."""


class OrderWords:
    """The words that describe an order. Each returns the builder; `set` reaches every field of `ibfast.Order`."""

    contract: Contract
    order: Order

    def __init__(self, contract: Contract, order: Order, place: Place) -> None:
        self.contract = contract
        self.order = order
        self._place = place

    # -- which way and how much

    def buy(self, quantity: Quantity) -> Self:
        return self._side(Action.BUY, quantity)

    def sell(self, quantity: Quantity) -> Self:
        return self._side(Action.SELL, quantity)

    def _side(self, action: Action, quantity: Quantity) -> Self:
        return self.set(action=action.value, total_quantity=quantity_of(quantity))

    # -- at what price

    def market(self) -> Self:
        """At the best price there is, now."""
        return self.set(order_type=OrderType.MARKET.value)

    def limit(self, price: float) -> Self:
        """At ``price`` or better."""
        return self.set(order_type=OrderType.LIMIT.value, lmt_price=price)

    def stop(self, price: float) -> Self:
        """A market order once ``price`` is touched."""
        return self.set(order_type=OrderType.STOP.value, aux_price=price)

    def stop_limit(self, *, stop: float, limit: float) -> Self:
        """A limit order once ``stop`` is touched."""
        return self.set(order_type=OrderType.STOP_LIMIT.value, aux_price=stop, lmt_price=limit)

    def trailing_stop(self, *, amount: float | None = None, percent: float | None = None) -> Self:
        """A stop that follows the market by an amount or a percentage."""
        if (amount is None) == (percent is None):
            raise ValueError("amount, percent: give one of them")
        return self.set(order_type=OrderType.TRAILING_STOP.value, aux_price=amount, trailing_percent=percent)

    # -- for how long

    def good_till_cancel(self) -> Self:
        return self.set(tif=TimeInForce.GOOD_TILL_CANCEL.value)

    def good_till_date(self, moment: datetime) -> Self:
        """Until an aware datetime."""
        return self.set(tif=TimeInForce.GOOD_TILL_DATE.value, good_till_date=format_time(moment))

    def day(self) -> Self:
        return self.set(tif=TimeInForce.DAY.value)

    def immediate_or_cancel(self) -> Self:
        return self.set(tif=TimeInForce.IMMEDIATE_OR_CANCEL.value)

    def fill_or_kill(self) -> Self:
        return self.set(tif=TimeInForce.FILL_OR_KILL.value)

    def outside_rth(self) -> Self:
        """Outside regular trading hours too."""
        return self.set(outside_rth=True)

    # -- anything else

    def account(self, account: str) -> Self:
        return self.set(account=account)

    def reference(self, text: str) -> Self:
        """A text of your own, which TWS gives back with the order and its executions."""
        return self.set(order_ref=text)

    def set(self, **fields: Any) -> Self:
        """Any fields of `ibfast.Order`."""
        self.order = self.order.replace(**fields)
        return self

    def _check(self) -> None:
        if self.order.action is None:
            raise ValueError("action: say buy(quantity) or sell(quantity)")
        if self.order.order_type is None:
            raise ValueError("order_type: say market(), limit(price), stop(price) or another type")
        for name in NEEDS.get(self.order.order_type, ()):
            value = getattr(self.order, name)
            if value is None or not math.isfinite(value):
                raise ValueError(f"{name}: a price is needed for order type {self.order.order_type}, not {value}")


class OrderBuilder(OrderWords):
    """Builds one order; nothing is sent before `submit`."""

    def bracket(self, *, entry: float, take_profit: float, stop_loss: float) -> BracketBuilder:
        """A limit order at ``entry`` and, once it is filled, a target and a stop of which one cancels the other."""
        self.limit(entry)
        return BracketBuilder(self.contract, self.order, self._place, take_profit=take_profit, stop_loss=stop_loss)

    async def submit(self) -> Trade:
        """Send the order; the trade follows it from here on, TWS has not seen it yet.

        Raises:
            ValueError: the side or the type is missing.
            VersionError: the server is too old for a field. ConnectionLost.
        """
        self._check()
        return self._place(self.contract, self.order)


class BracketBuilder(OrderWords):
    """Builds an entry with its target and its stop; nothing is sent before `submit`."""

    def __init__(self, contract: Contract, order: Order, place: Place, *, take_profit: float, stop_loss: float) -> None:
        super().__init__(contract, order, place)
        self._take_profit = take_profit
        self._stop_loss = stop_loss

    async def submit(self) -> list[Trade]:
        """Send the three orders; their trades: entry, target, stop.

        Raises:
            ValueError: the side is missing, or the prices are in the wrong order.
            VersionError: the server is too old for a field. ConnectionLost.
        """
        self._check()
        self._check_prices()
        parent = self._place(self.contract, self.order.replace(transmit=False))
        target = self._child(parent, order_type=OrderType.LIMIT.value, lmt_price=self._take_profit, transmit=False)
        stop = self._child(parent, order_type=OrderType.STOP.value, aux_price=self._stop_loss)
        return [parent, self._place(self.contract, target), self._place(self.contract, stop)]

    def _check_prices(self) -> None:
        entry, sign = self.order.lmt_price or 0.0, 1 if self.order.action == Action.BUY else -1
        if not self._stop_loss * sign < entry * sign < self._take_profit * sign:
            raise ValueError(
                f"take_profit {self._take_profit} and stop_loss {self._stop_loss} are not on their sides of an entry "
                f"to {self.order.action} at {entry}"
            )

    def _child(self, parent: Trade, **fields: Any) -> Order:
        """An exit: it inherits what it needs, and is held back until the last one of the three transmits them all."""
        inherited = ("total_quantity", "account", "tif", "outside_rth", "good_till_date", "order_ref", "model_code")
        kept = {name: getattr(self.order, name) for name in inherited}
        action = Action.SELL if self.order.action == Action.BUY else Action.BUY
        return Order(action=action.value, parent_id=parent.order_id, **kept, **fields)
