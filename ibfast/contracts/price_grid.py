"""The prices that an exchange accepts: steps that may depend on the price, as market rules have them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TypeAlias

from ibfast.errors import DecodeError
from ibfast.schema import ContractData, PriceIncrement

Price: TypeAlias = float | Decimal | str


@dataclass(frozen=True)
class PriceGrid:
    """``steps`` are (low edge, increment), lowest edge first: from that price on, prices are multiples of that.

    A negative price, as spreads have, lies on the grid where its positive twin does.
    """

    steps: tuple[tuple[Decimal, Decimal], ...]

    @classmethod
    def of(cls, increments: Iterable[PriceIncrement]) -> PriceGrid:
        """The grid of a market rule, as `Client.market_rule` answers.

        Raises:
            ValueError: there are no steps, or one of them is not positive.
        """
        steps = sorted((_exact(item.low_edge or 0.0), _exact(item.increment or 0.0)) for item in increments)
        if not steps or steps[0][0] > 0 or any(increment <= 0 for _, increment in steps):
            raise ValueError(f"increments: {steps} are not the steps of prices from 0 on")
        return cls(tuple(steps))

    def step(self, price: Price) -> Decimal:
        """The distance to the next price up from here."""
        return self._band(abs(_exact(price)))[1]

    def is_valid(self, price: Price) -> bool:
        """Whether the exchange accepts this price."""
        exact = _exact(price)
        return exact % self.step(exact) == 0

    def snap(self, price: Price, action: str = "") -> Decimal:
        """The nearest price on the grid, exact; of two equally near the one farther from 0.

        With an ``action`` it is never a worse price than asked for: BUY goes down, SELL up.

        Raises:
            ValueError: the price is not a number, or the action neither BUY nor SELL.
        """
        exact = _exact(price)
        if action == "BUY":
            return self.below(exact)
        if action == "SELL":
            return self.above(exact)
        if action:
            raise ValueError(f"action: {action!r} is neither BUY nor SELL")
        low, high = self.below(exact), self.above(exact)
        if exact - low == high - exact:
            return max(low, high, key=abs)
        return low if exact - low < high - exact else high

    def below(self, price: Price) -> Decimal:
        """The highest price on the grid that is not above this one."""
        exact = _exact(price)
        return self._toward_zero(exact) if exact >= 0 else -self._away_from_zero(-exact)

    def above(self, price: Price) -> Decimal:
        """The lowest price on the grid that is not below this one."""
        exact = _exact(price)
        return self._away_from_zero(exact) if exact >= 0 else -self._toward_zero(-exact)

    def _band(self, price: Decimal) -> tuple[Decimal, Decimal]:
        return next(step for step in reversed(self.steps) if step[0] <= price)

    def _toward_zero(self, price: Decimal) -> Decimal:
        """A multiple of its band's increment; if that is below the band's edge, the band before has the answer."""
        limit = price
        for edge, increment in reversed(self.steps):
            if edge > price:
                continue
            found = _multiple(limit, increment, ROUND_FLOOR)
            if found == limit < price:  # the edge of the band above is not of this band
                found -= increment
            if found >= edge:
                break
            limit = edge
        return found

    def _away_from_zero(self, price: Decimal) -> Decimal:
        """A multiple of its band's increment; if that is past the band, the next one has the answer."""
        edges = [edge for edge, _ in self.steps[1:]] + [None]
        for (edge, increment), next_edge in zip(self.steps, edges, strict=True):
            found = _multiple(max(price, edge), increment, ROUND_CEILING)
            if next_edge is None or found < next_edge:
                break
        return found


def market_rule_id(found: ContractData, exchange: str = "") -> int:
    """The market rule of a contract on one of its exchanges, by default the contract's own.

    Raises:
        ValueError: the contract is not traded there, or IB names no rule.
    """
    details, contract = found.contract_details, found.contract
    exchange = exchange or (contract and contract.exchange) or ""
    venues = ((details and details.valid_exchanges) or "").split(",")
    rules = ((details and details.market_rule_ids) or "").split(",")
    by_venue = dict(zip(venues, rules, strict=False))
    if not by_venue.get(exchange):
        raise ValueError(f"exchange: no market rule for {exchange!r}, only for {', '.join(by_venue)}")
    try:
        return int(by_venue[exchange])
    except ValueError:
        text = by_venue[exchange]
        raise DecodeError("ContractDetails", "market_rule_ids", 0, "not a number", text.encode()) from None


def _exact(price: Price) -> Decimal:
    """The decimal that a person means by this number: 0.1 is a tenth."""
    try:
        exact = Decimal(str(price))
    except ArithmeticError:
        raise ValueError(f"price: {price!r} is not a number") from None
    if not exact.is_finite():
        raise ValueError(f"price: {price!r} is not a number")
    return exact


def _multiple(price: Decimal, increment: Decimal, rounding: str) -> Decimal:
    return (price / increment).to_integral_value(rounding) * increment
