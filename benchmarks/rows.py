"""A line of a table, and how much is measured."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field

from benchmarks.workload import PROTOBUF, TEXT

VERSIONS = (TEXT, PROTOBUF)


@dataclass(frozen=True)
class Scale:
    """How much is measured."""

    rounds: int
    decode: int  # messages
    least_s: float  # that a decoder is timed, over and over the same bytes
    stream: int  # ticks on loopback; slow clients get a share
    past: int  # bars, past ticks
    listed: int  # orders, contracts, executions
    paced: int  # ticks and orders whose latency is taken, one a millisecond
    soak: int  # ticks of the longest stream
    is_quick: bool = False

    def versions(self, place: int) -> tuple[int, ...]:
        """Both wires for the workload in this place; if it must be quick, they take turns."""
        return (VERSIONS[place % 2],) if self.is_quick else VERSIONS


FULL = Scale(5, 50_000, 0.2, 1_000_000, 100_000, 5_000, 3_000, 100_000_000)
QUICK = Scale(1, 2_000, 0.02, 20_000, 3_000, 300, 100, 200_000, is_quick=True)


@dataclass(frozen=True)
class Target:
    """What the figure beside it is meant to be."""

    limit: float
    at_least: bool = True

    def is_met(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.limit:,g} ×"


@dataclass
class Row:
    """What was measured of one peer at one workload."""

    section: str
    workload: str
    wire: str
    peer: str
    count: int
    unit: str = "/s"  # of the figures
    figures: list[float] = field(default_factory=list)  # by round
    ratios: list[float] = field(default_factory=list)  # by round; the section says of what
    cpu_ns: list[float] = field(default_factory=list)  # processor time an item, whole clients only
    peak_mib: float = 0.0
    target: Target | None = None  # of the ratio
    note: str = ""

    @property
    def figure(self) -> float:
        return statistics.median(self.figures)

    @property
    def ratio(self) -> float:
        return statistics.median(self.ratios)

    @property
    def is_met(self) -> bool | None:
        """None where there is no target."""
        return self.target.is_met(self.ratio) if self.target is not None and self.ratios else None
