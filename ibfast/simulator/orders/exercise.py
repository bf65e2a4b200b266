"""What a client asks about options that it holds."""

from __future__ import annotations

from dataclasses import dataclass

from ibfast.schema import Contract

EXERCISE, LAPSE = 1, 2


@dataclass(frozen=True, slots=True)
class Exercise:
    """To exercise, or to let lapse, so many; ``override`` does it though it makes no sense."""

    contract: Contract
    action: int
    quantity: int
    account: str
    override: bool
