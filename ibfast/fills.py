"""Executions joined with their commissions; a correction takes the place of what it corrects."""

from __future__ import annotations

from typing import NamedTuple

from ibfast.contract import Contract
from ibfast.schema import CommissionAndFeesReport, Execution


class Fill(NamedTuple):
    """One execution; ``commission`` is None until TWS has sent it, which it does after the execution."""

    execution: Execution
    commission: CommissionAndFeesReport | None = None
    contract: Contract | None = None

    @property
    def revision(self) -> int:
        """The number that corrections count up; 0 where there is none."""
        number = (self.execution.exec_id or "").rpartition(".")[2]
        return int(number) if number.isdecimal() else 0


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
