"""The words for an order's side, size, duration, routing and ties to other orders; prices are in `order_types`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias

from ibfast.arguments import checked
from ibfast.enums import Action, OcaType, TimeInForce
from ibfast.orders.trade import Trade
from ibfast.other_names import no_such_member
from ibfast.schema.contract import Contract
from ibfast.schema.order import Order, Quantity, quantity_of
from ibfast.times import format_time

Own: TypeAlias = Callable[[Trade], object]  # raises if an order is not this client's


class OrderFields:
    """An order about to be described. Each word returns the builder; `set` reaches every field of `ibfast.Order`."""

    contract: Contract
    order: Order

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        checked(cls)

    def __init__(self, contract: Contract, order: Order, own: Own = lambda trade: None) -> None:
        self.contract = contract
        self.order = order
        self._own = own

    if not TYPE_CHECKING:  # for whom names that are not there stay errors

        def __getattr__(self, name: str) -> Any:
            no_such_member(self, name)

    def set(self, **fields: Any) -> Self:
        """Any fields of `ibfast.Order`."""
        self.order = self.order.replace(**fields)
        return self


class SideMixin(OrderFields):
    """Which way and how much."""

    def buy(self, quantity: Quantity | None = None) -> Self:
        """Without a quantity the order needs another measure, such as `cash_quantity`."""
        return self._side(Action.BUY, quantity)

    def sell(self, quantity: Quantity | None = None) -> Self:
        """Without a quantity the order needs another measure, such as `cash_quantity`."""
        return self._side(Action.SELL, quantity)

    def cash_quantity(self, amount: float) -> Self:
        """How much money to trade, instead of a quantity; in forex it is of the pair's second currency."""
        return self.set(cash_qty=float(quantity_of(amount)))

    def _side(self, action: Action, quantity: Quantity | None) -> Self:
        return self.set(action=action.value, total_quantity=None if quantity is None else quantity_of(quantity))


class TimeInForceMixin(OrderFields):
    """For how long, and in which hours."""

    def day(self) -> Self:
        """Until the end of the day."""
        return self._tif(TimeInForce.DAY)

    def good_till_cancel(self) -> Self:
        return self._tif(TimeInForce.GOOD_TILL_CANCEL)

    def good_till_date(self, moment: datetime | str) -> Self:
        """Until an aware datetime."""
        return self._tif(TimeInForce.GOOD_TILL_DATE).set(good_till_date=time_text(moment, "good_till_date"))

    def good_after(self, moment: datetime | str) -> Self:
        """Not before an aware datetime."""
        return self.set(good_after_time=time_text(moment, "good_after"))

    def immediate_or_cancel(self) -> Self:
        """Fill what is there, cancel the rest."""
        return self._tif(TimeInForce.IMMEDIATE_OR_CANCEL)

    def fill_or_kill(self) -> Self:
        """All of it at once or nothing."""
        return self._tif(TimeInForce.FILL_OR_KILL)

    def day_till_cancelled(self) -> Self:
        """Like a day order, but what is left at the end of the day is deactivated, not cancelled (DTC)."""
        return self._tif(TimeInForce.DAY_TILL_CANCELLED)

    def outside_rth(self) -> Self:
        """Outside regular trading hours too."""
        return self.set(outside_rth=True)

    def regular_hours_only(self) -> Self:
        """In regular trading hours only, as is usual."""
        return self.set(outside_rth=None)

    def include_overnight(self) -> Self:
        """In the overnight session too."""
        return self.set(include_overnight=True)

    def _tif(self, tif: TimeInForce) -> Self:
        return self.set(tif=tif.value, good_till_date=None)


class ExecutionMixin(OrderFields):
    """How the order shows itself and how it is worked."""

    def hidden(self) -> Self:
        """Not in the book that others see."""
        return self.set(hidden=True)

    def display(self, quantity: int) -> Self:
        """Show this much of it at a time (an iceberg)."""
        return self.set(display_size=quantity)

    def all_or_none(self) -> Self:
        """No partial fill."""
        return self.set(all_or_none=True)

    def minimum_quantity(self, quantity: int) -> Self:
        """No fill smaller than this."""
        return self.set(min_qty=quantity)

    def sweep_to_fill(self) -> Self:
        """Take every price level at once, for speed."""
        return self.set(sweep_to_fill=True)

    def block(self) -> Self:
        """A large option order, of 50 contracts or more."""
        return self.set(block_order=True)

    def not_held(self) -> Self:
        """The broker may choose time and price; IBKRATS asks for it."""
        return self.set(not_held=True)

    def post_only(self) -> Self:
        """Never take liquidity."""
        return self.set(post_only=True)

    def randomize(self, *, size: bool = True, price: bool = False) -> Self:
        """Vary size or price a little, so that nobody knows the order again."""
        return self.set(randomize_size=size or None, randomize_price=price or None)

    def trigger_method(self, method: int) -> Self:
        """The price that triggers a stop, one of `ibfast.TriggerMethod`."""
        return self.set(trigger_method=int(method))

    def override_percentage_constraints(self) -> Self:
        """Send it even if TWS finds its price too far away."""
        return self.set(override_percentage_constraints=True)

    def non_guaranteed(self) -> Self:
        """The legs of a combo may be filled one by one."""
        return self.set(smart_combo_routing_params={**self.order.smart_combo_routing_params, "NonGuaranteed": "1"})


class AllocationMixin(OrderFields):
    """Whose order it is."""

    def account(self, account: str) -> Self:
        return self.set(account=account)

    def model(self, model_code: str) -> Self:
        return self.set(model_code=model_code)

    def allocate(self, group: str, *, method: str | None = None, percentage: str | None = None) -> Self:
        """Divide it among the accounts of a financial advisor's group."""
        return self.set(fa_group=group, fa_method=method, fa_percentage=percentage)

    def reference(self, text: str) -> Self:
        """A text of your own, which TWS gives back with the order and its executions."""
        return self.set(order_ref=text)


class LinkageMixin(OrderFields):
    """Ties to other orders."""

    def oca(self, group: str, oca_type: int = OcaType.CANCEL_WITH_BLOCK) -> Self:
        """One cancels all: a fill cancels or shrinks the others of its group; see `ibfast.OcaType`."""
        return self.set(oca_group=group, oca_type=oca_number(oca_type))

    def child_of(self, parent: Trade | int) -> Self:
        """Wait until a trade, or the order of this id, is filled; its order should be on `hold` until then.

        Raises:
            OrderNotOwned: the trade is not an order of this client.
        """
        if isinstance(parent, Trade):
            self._own(parent)
            parent = parent.order_id
        return self.set(parent_id=parent)

    def hold(self) -> Self:
        """TWS keeps it; it goes out with the first of its children that is not on hold."""
        return self.set(transmit=False)

    def delta_hedge(self) -> Self:
        """The child that hedges an option order with its underlying."""
        return self._hedge("D")

    def beta_hedge(self, beta: float | None = None) -> Self:
        """The child that hedges a stock order by its beta, which TWS knows if it is not given."""
        return self._hedge("B", None if beta is None else f"{beta:g}")

    def pair_hedge(self, ratio: float) -> Self:
        """The child that trades the other leg of a pair."""
        return self._hedge("P", f"{ratio:g}")

    def fx_hedge(self) -> Self:
        """The child that changes the currency an order is paid in."""
        return self._hedge("F").set(total_quantity=Decimal(0))

    def _hedge(self, kind: Literal["D", "B", "F", "P"], param: str | None = None) -> Self:
        return self.set(hedge_type=kind, hedge_param=param)


def oca_number(oca_type: int) -> int:
    """An `ibfast.OcaType` as orders carry it."""
    if oca_type not in tuple(OcaType):
        raise ValueError(f"oca_type: {oca_type!r} is none of {', '.join(f'{item} {item.name}' for item in OcaType)}")
    return int(oca_type)


def time_text(moment: datetime | str, name: str = "moment") -> str:
    """A moment as orders carry it; texts go as they are."""
    return moment if isinstance(moment, str) else format_time(moment, name)
