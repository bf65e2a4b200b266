"""What a peer has read, in a form that can be compared: fast and wrong is no result."""

from __future__ import annotations

from dataclasses import dataclass

PRICES = ("price", "bid_price", "ask_price", "mid_point", "open", "high", "low", "close")
SIZES = ("size", "bid_size", "ask_size", "volume")


@dataclass
class Answer:
    """How many items came, and the sums of their prices and sizes.

    Prices are whole cents, so whatever order floats were added in, the sum is right to far less than half a cent.
    """

    ticks: int = 0
    prices: float = 0.0
    sizes: float = 0.0

    def exact(self) -> tuple[int, int, int]:
        """Items, cents and shares; equal for all who read the same."""
        return self.ticks, round(self.prices * 100), round(self.sizes)

    def add(self, price: float, size: float) -> None:
        """One more item."""
        self.ticks += 1
        self.prices += price
        self.sizes += size

    def __add__(self, other: Answer) -> Answer:
        return Answer(self.ticks + other.ticks, self.prices + other.prices, self.sizes + other.sizes)


def of_rows(rows) -> Answer:
    """The answer in a batch of records of any kind; NaN is a field that an L1 tick does not have."""
    names = rows.dtype.names
    with_nan = "value" in names  # of the kinds with a price and a size only L1 ticks have it

    def total(wanted: tuple[str, ...]) -> float:
        columns = [rows[name] for name in wanted if name in names]
        return sum(float((column[column == column] if with_nan else column).sum()) for column in columns)

    return Answer(len(rows), total(PRICES), total(SIZES))
