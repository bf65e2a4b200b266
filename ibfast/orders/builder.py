"""Orders in a sentence: ``client.order(aapl).buy(100).limit(150).good_till_cancel().submit()``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Self, TypeAlias

from ibfast.orders.algos import AlgoMixin
from ibfast.orders.brackets import BracketBuilder, Check, Exits, Place, Targets
from ibfast.orders.conditions import ConditionMixin
from ibfast.orders.fields import AllocationMixin, ExecutionMixin, LinkageMixin, Own, SideMixin, TimeInForceMixin
from ibfast.orders.trade import Trade
from ibfast.orders.types import OrderTypeMixin
from ibfast.orders.validation import check_order
from ibfast.orders.what_if import WhatIf
from ibfast.schema.contract import Contract
from ibfast.schema.order import AttachedOrders, Order

Preview: TypeAlias = Callable[[Contract, Order], Awaitable[WhatIf]]

PRESET = "PRESET"


class OrderBuilder(
    SideMixin,
    OrderTypeMixin,
    TimeInForceMixin,
    ExecutionMixin,
    AllocationMixin,
    LinkageMixin,
    AlgoMixin,
    ConditionMixin,
):
    """Builds one order; nothing is sent before `submit`. `set` reaches every field of `ibfast.Order`."""

    def __init__(
        self, contract: Contract, order: Order, place: Place, preview: Preview, check: Check = check_order,
        own: Own = lambda trade: None,
    ) -> None:  # fmt: skip
        super().__init__(contract, order, own)
        self._place = place
        self._preview = preview
        self._check = check
        self._attached: AttachedOrders | None = None

    def attach_preset(self, *, stop_loss: bool = False, take_profit: bool = False) -> Self:
        """Let TWS attach a stop-loss, a profit-taker or both, with the prices of its own presets; server 218."""
        if not stop_loss and not take_profit:
            raise ValueError("stop_loss, take_profit: ask for one of them")
        self._attached = AttachedOrders(
            sl_order_type=PRESET if stop_loss else None, pt_order_type=PRESET if take_profit else None
        )
        return self

    def bracket(
        self,
        *,
        entry: float | None = None,
        take_profit: Targets | None = None,
        stop_loss: float | None = None,
        stop_limit: float | None = None,
        trailing_amount: float | None = None,
        trailing_percent: float | None = None,
    ) -> BracketBuilder:
        """Exits that wait for this order, of which one cancels the other.

        ``entry`` makes it a limit order; without it the order is what was said before. ``take_profit`` is a price,
        several prices for equal parts, or several ``(quantity, price)``. The stop is at ``stop_loss``, a stop limit
        with ``stop_limit``, or trails by an amount or a percentage.
        """
        if self._attached is not None:
            raise ValueError("attach_preset: a bracket has its own exits")
        if entry is not None:
            self.limit(entry)
        exits = Exits(take_profit, stop_loss, stop_limit, trailing_amount, trailing_percent)
        return BracketBuilder(self.contract, self.order, self._place, exits, self._check, self._own)

    def build(self) -> Order:
        """The order, checked and not sent.

        Raises:
            ValueError: it can never be accepted; the message names the field.
        """
        check_order(self.contract, self.order)
        return self.order

    async def submit(self) -> Trade:
        """Send the order; the trade follows it from here on, TWS has not seen it yet.

        Raises:
            ValueError: it can never be accepted; the message names the field.
            VersionError: the server is too old for a field. ConnectionLost.
        """
        return self._place(self.contract, self.build(), self._attached)

    async def what_if(self) -> WhatIf:
        """What the order would do to margin, and cost; it is not placed.

        Raises:
            ValueError: as `submit`. RequestError: TWS would refuse it. RequestTimeout. ConnectionLost.
        """
        return await self._preview(self.contract, self.build())
