"""Conditions that release or cancel an order, joined with ``&`` and ``|``.

::

    above = price_condition(aapl, ">=", 150)
    calm = margin_condition(">=", 30) & time_condition(">=", tomorrow)
    await client.order(msft).buy(100).market().when(above & calm | volume_condition(aapl, ">=", 5_000_000)).submit()

TWS takes a flat list in which each condition says "and" or "or" to the next one, and has no brackets: ``&`` binds
closer than ``|``, there as here, and what would need brackets is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Literal, Self, TypeAlias

from ibfast.arguments import checks_arguments
from ibfast.orders.fields import OrderFields, time_text
from ibfast.schema.contract import Contract
from ibfast.schema.order import OrderCondition

Comparison: TypeAlias = Literal[">=", "<="]

PRICE, TIME, MARGIN, EXECUTION, VOLUME, PERCENT_CHANGE = 1, 3, 4, 5, 6, 7


_checked = partial(checks_arguments, left_out=("comparison",))  # it has an error of its own


@dataclass(frozen=True)
class Condition:
    """Alternatives, each of which is a list of conditions that hold together."""

    alternatives: tuple[tuple[OrderCondition, ...], ...]

    def __and__(self, other: Condition) -> Condition:
        if len(self.alternatives) > 1 or len(other.alternatives) > 1:
            raise ValueError(
                "conditions: TWS knows no brackets, so (a | b) & c cannot be said; write it out as a & c | b & c"
            )
        return Condition(((*self.alternatives[0], *other.alternatives[0]),))

    def __or__(self, other: Condition) -> Condition:
        return Condition((*self.alternatives, *other.alternatives))

    def chain(self) -> list[OrderCondition]:
        """The flat list that an order carries: each condition says how the next one is joined to it."""
        last = len(self.alternatives) - 1
        return [
            item.replace(is_conjunction_connection=step < len(group) - 1 or place == last)
            for place, group in enumerate(self.alternatives)
            for step, item in enumerate(group)
        ]


@_checked
def price_condition(
    contract: Contract | int,
    comparison: Comparison,
    price: float,
    *,
    exchange: str = "",
    trigger_method: int = 0,
) -> Condition:
    """The price of a contract (or con_id) is at least, or at most, this; see `ibfast.TriggerMethod` for which price."""
    fields = _of_contract(contract, exchange)
    return _condition(PRICE, comparison, price=float(price), trigger_method=int(trigger_method), **fields)


@_checked
def time_condition(comparison: Comparison, moment: datetime | str) -> Condition:
    """The time is past, or before, an aware datetime or one of IB's texts, such as ``20260826 15:30:00 US/Eastern``."""
    return _condition(TIME, comparison, time=time_text(moment))


@_checked
def margin_condition(comparison: Comparison, percent: int) -> Condition:
    """The account's margin cushion is at least, or at most, this percentage."""
    return _condition(MARGIN, comparison, percent=percent)


@_checked
def execution_condition(symbol: str, *, sec_type: str = "STK", exchange: str = "SMART") -> Condition:
    """The account trades this symbol."""
    found = OrderCondition(type=EXECUTION, symbol=symbol, sec_type=str(sec_type), exchange=exchange)
    return Condition(((found,),))


@_checked
def volume_condition(contract: Contract | int, comparison: Comparison, volume: int, *, exchange: str = "") -> Condition:
    """The day's volume of a contract (or con_id) is at least, or at most, this."""
    return _condition(VOLUME, comparison, volume=volume, **_of_contract(contract, exchange))


@_checked
def percent_change_condition(
    contract: Contract | int, comparison: Comparison, percent: float, *, exchange: str = ""
) -> Condition:
    """The price of a contract (or con_id) has changed by at least, or at most, this percentage since the last close."""
    return _condition(PERCENT_CHANGE, comparison, change_percent=float(percent), **_of_contract(contract, exchange))


def _condition(kind: int, comparison: str, **fields: float | str) -> Condition:
    if comparison not in (">=", "<="):
        raise ValueError(f"comparison: {comparison!r} is neither '>=' nor '<=', and TWS knows no other")
    return Condition(((OrderCondition(type=kind, is_more=comparison == ">=", **fields),),))  # type: ignore[arg-type]


def _of_contract(contract: Contract | int, exchange: str) -> dict[str, int | str]:
    con_id = contract if isinstance(contract, int) else contract.con_id
    if not con_id:
        raise ValueError("contract: a condition needs its con_id; contract_details() knows it")
    own = "" if isinstance(contract, int) else contract.exchange
    return {"con_id": con_id, "exchange": exchange or own or "SMART"}


class ConditionMixin(OrderFields):
    """The words that make an order wait for something."""

    def when(self, condition: Condition, *, ignore_rth: bool = False) -> Self:
        """Hold the order back until this is so; ``ignore_rth`` looks outside regular trading hours too."""
        return self._conditions(condition, ignore_rth, cancels=False)

    def cancel_when(self, condition: Condition, *, ignore_rth: bool = False) -> Self:
        """Cancel the order as soon as this is so."""
        return self._conditions(condition, ignore_rth, cancels=True)

    def _conditions(self, condition: Condition, ignore_rth: bool, *, cancels: bool) -> Self:
        if self.order.conditions:
            raise ValueError("conditions: an order has one list of them; join them with & and |")
        return self.set(
            conditions=condition.chain(), conditions_ignore_rth=ignore_rth or None,
            conditions_cancel_order=cancels or None,
        )  # fmt: skip
