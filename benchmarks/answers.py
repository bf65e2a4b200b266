"""What a peer has read, in a form that can be compared: fast and wrong is no result."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Answer:
    """How many ticks came, and the sums of their prices and sizes.

    Prices are whole cents, so whatever order floats were added in, the sum is right to far less than half a cent.
    """

    ticks: int = 0
    prices: float = 0.0
    sizes: float = 0.0

    def exact(self) -> tuple[int, int, int]:
        """Ticks, cents and shares; equal for all who read the same."""
        return self.ticks, round(self.prices * 100), round(self.sizes)

    def __add__(self, other: Answer) -> Answer:
        return Answer(self.ticks + other.ticks, self.prices + other.prices, self.sizes + other.sizes)


def of_rows(rows) -> Answer:
    """The answer in a batch of records of any tick kind; NaN is a field that the tick does not have."""
    import numpy as np  # not needed in the processes of other clients, whose memory is measured

    names = rows.dtype.names
    prices = [rows[name] for name in ("price", "bid_price", "ask_price") if name in names]
    sizes = [rows[name] for name in ("size", "bid_size", "ask_size") if name in names]
    return Answer(
        len(rows), sum(float(np.nansum(each)) for each in prices), sum(float(np.nansum(each)) for each in sizes)
    )
