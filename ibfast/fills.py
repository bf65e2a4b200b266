"""Executions joined with their commissions; a correction takes the place of what it corrects."""

from __future__ import annotations

from dataclasses import dataclass

from ibfast.contract import Contract
from ibfast.schema import CommissionAndFeesReport, Execution


@dataclass(frozen=True, slots=True)
class Fill:
    """One execution; ``commission`` is None until TWS has sent it, which it does after the execution."""

    execution: Execution
    commission: CommissionAndFeesReport | None = None
    contract: Contract | None = None

    @property
    def root(self) -> str:
        """The execution's id without the number that corrections count up."""
        return (self.execution.exec_id or "").rpartition(".")[0]

    @property
    def revision(self) -> int:
        """The number that corrections count up; 0 where there is none."""
        number = (self.execution.exec_id or "").rpartition(".")[2]
        return int(number) if number.isdecimal() else 0

    def corrects(self, other: Fill) -> bool:
        """Whether this is a later word on the same fill: the same id up to its last number, which is higher."""
        return bool(self.root) and self.root == other.root and self.revision > other.revision


def add_fill(fills: list[Fill], fill: Fill) -> bool:
    """Add a fill, or put it in the place of the one it corrects; False if it says nothing new."""
    for place, known in enumerate(fills):
        if fill.corrects(known):
            fills[place] = fill
            return True
        if known.execution.exec_id == fill.execution.exec_id or known.corrects(fill):
            return False
    fills.append(fill)
    return True
