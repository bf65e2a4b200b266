"""What a peer has read, in a form that can be compared: fast and wrong is no result."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass
class Answer:
    """How many ticks came, and sums of what was in them, in units that floats add exactly."""

    ticks: int = 0
    cents: int = 0
    shares: int = 0

    def add(self, price: float, size: float) -> None:
        self.ticks += 1
        self.cents += round(price * 100)
        self.shares += int(size)

    def as_dict(self) -> dict[str, int]:
        return asdict(self)


def of_rows(rows) -> Answer:
    """The answer in a batch of records of any tick kind."""
    import numpy as np

    names = rows.dtype.names
    prices = [name for name in ("price", "bid_price", "ask_price") if name in names]
    sizes = [name for name in ("size", "bid_size", "ask_size") if name in names]
    cents = sum(int(np.rint(np.nan_to_num(rows[name]) * 100).sum()) for name in prices)
    shares = sum(int(np.nan_to_num(rows[name]).sum()) for name in sizes)
    return Answer(len(rows), cents, shares)
