"""Executions joined with their commissions, and what they come to; a correction takes the place of what it corrects."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from ibfast.schema import CommissionAndFeesReport, Execution
from ibfast.schema.contract import Contract

COMBO = "BAG"
NOTHING = Decimal(0)


REVISION_DIGITS = 9
"""A longer number at the end of an execution id counts no corrections."""


class Fill(NamedTuple):
    """One execution; ``commission`` is None until TWS has sent it, which it does after the execution."""

    execution: Execution
    commission: CommissionAndFeesReport | None = None
    contract: Contract | None = None

    @property
    def revision(self) -> int:
        """The number that corrections count up; 0 where there is none."""
        number = (self.execution.exec_id or "").rpartition(".")[2]
        return int(number) if number.isdecimal() and len(number) <= REVISION_DIGITS else 0


def key_of(exec_id: str | None) -> str:
    """What an execution and its corrections have in common: the id without its last number."""
    return (exec_id or "").rpartition(".")[0] or exec_id or ""


def add_fill(fills: list[Fill], places: dict[str, int], fill: Fill) -> bool:
    """Add a fill, or put it in the place of the one it corrects; False if it says nothing new.

    ``places`` has where each fill is, by `key_of` its id.
    """
    place = places.setdefault(key_of(fill.execution.exec_id), len(fills))
    if place == len(fills):
        fills.append(fill)
        return True
    if fill.revision <= fills[place].revision:
        return False
    fills[place] = fill
    return True


class _Sum:
    """Shares, and the money they changed hands for."""

    __slots__ = ("shares", "value")

    def __init__(self) -> None:
        self.shares = NOTHING
        self.value = NOTHING

    def add(self, execution: Execution, sign: int) -> None:
        shares = execution.shares or NOTHING
        if sign < 0:
            shares = -shares
        self.shares += shares
        self.value += shares * Decimal(repr(execution.price or 0.0))

    @property
    def price(self) -> float:
        return float(self.value / self.shares) if self.shares else 0.0


class FillLedger:
    """The fills of one order, and how much of the order they come to.

    Not every execution under an order's id is one of the order: a combination's legs are reported beside it, and what
    an exercised option delivers. A combination of which only the legs are reported has traded as often as every one of
    them has, ratio by ratio. The cumulative quantity of an execution counts what was traded before this session too;
    of an order that an advisor divides, it alone counts, as each account reports its part.
    """

    __slots__ = ("_allocated", "_contract", "_cumulative", "_legs", "_own", "_places", "_price", "fills")

    def __init__(self, fills: list[Fill], contract: Contract, *, allocated: bool = False) -> None:
        self.fills = fills
        self._allocated = allocated
        self._cumulative = NOTHING
        self._price = 0.0  # TWS's average at that quantity
        self._contract = contract
        self._places: dict[str, int] = {}
        self._own = _Sum()
        self._legs: dict[int, _Sum] = {}

    def add(self, fill: Fill) -> tuple[Fill | None, Fill] | None:
        """Add a fill: the one that it corrects, if any, and itself; None if it says nothing new."""
        place = self._places.get(key_of(fill.execution.exec_id))
        before = self.fills[place] if place is not None else None
        if not add_fill(self.fills, self._places, fill):
            return None
        if before is not None:
            self._book(before, -1)
            if self.is_own(fill):
                self._cumulative += (fill.execution.shares or NOTHING) - (before.execution.shares or NOTHING)
        self._book(fill, 1)
        if before is None and self.is_own(fill) and (fill.execution.cum_qty or NOTHING) > self._cumulative:
            self._cumulative, self._price = fill.execution.cum_qty or NOTHING, fill.execution.avg_price or 0.0
        return before, fill

    def find(self, exec_id: str | None) -> int | None:
        """Where the fill with this id is, if it has not been corrected since."""
        place = self._places.get(key_of(exec_id))
        return place if place is not None and self.fills[place].execution.exec_id == exec_id else None

    def is_own(self, fill: Fill) -> bool:
        """Whether a fill is one of the order itself."""
        kind = self._contract.sec_type
        other = fill.contract.sec_type if fill.contract is not None else None
        return not kind or not other or kind == other

    @property
    def executed(self) -> Decimal:
        """How much of the order has traded, as far as executions say."""
        return max(self._cumulative, self.known)

    @property
    def known(self) -> Decimal:
        """How much of the order the fills here come to."""
        return self._cumulative if self._allocated else self._own.shares or self._combos()

    @property
    def average_price(self) -> float:
        """What the order has traded for on average; 0 before it has."""
        if self._cumulative > self.known and self._price:
            return self._price
        return self._own.price if self._own.shares or not self._combos() else self._combo_price()

    @property
    def is_costed(self) -> bool:
        """Whether every fill has its commission; a combination pays for its legs only, once they are reported."""
        legs = self._contract.sec_type == COMBO and any(not self.is_own(fill) for fill in self.fills)
        return all(fill.commission for fill in self.fills if not legs or not self.is_own(fill))

    def _book(self, fill: Fill, sign: int) -> None:
        if self.is_own(fill):
            self._own.add(fill.execution, sign)
        elif fill.contract is not None:
            self._legs.setdefault(fill.contract.con_id or 0, _Sum()).add(fill.execution, sign)

    def _combos(self) -> Decimal:
        """How many combinations the legs make up."""
        legs = self._contract.combo_legs if self._contract.sec_type == COMBO else []
        if not legs or not self._legs:
            return NOTHING
        return min(self._leg(leg.con_id).shares // (leg.ratio or 1) for leg in legs)

    def _combo_price(self) -> float:
        return sum(
            (1 if leg.action == "BUY" else -1) * (leg.ratio or 1) * self._leg(leg.con_id).price
            for leg in self._contract.combo_legs
        )

    def _leg(self, con_id: int | None) -> _Sum:
        return self._legs.get(con_id or 0) or _Sum()
