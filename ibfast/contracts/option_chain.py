"""The options of an underlying, as an exchange lists them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from ibfast.schema import SecDefOptParameter
from ibfast.schema.contract import Contract
from ibfast.schema.contract_validation import expiry_text


@dataclass(frozen=True)
class OptionChain:
    """Expirations and strikes of one exchange and trading class, in order.

    Not every strike is listed for every expiration: `Client.listed_options` says which are.
    """

    underlying: Contract
    exchange: str
    trading_class: str
    multiplier: float | None
    expirations: tuple[date, ...]
    strikes: tuple[float, ...]

    @classmethod
    def of(cls, underlying: Contract, listed: SecDefOptParameter) -> OptionChain:
        """The chain in one part of the answer of `Client.option_chains`.

        Raises:
            ValueError: an expiration is not a date, or the multiplier not a number.
        """
        return cls(
            underlying=underlying,
            exchange=listed.exchange or "",
            trading_class=listed.trading_class or "",
            multiplier=float(listed.multiplier) if listed.multiplier else None,
            expirations=tuple(sorted({datetime.strptime(day, "%Y%m%d").date() for day in listed.expirations})),
            strikes=tuple(sorted(set(listed.strikes))),
        )

    def next_expiry(self, after: date = date.min) -> date:
        """The first expiration after a day, without one the first that is listed, which may be today's.

        Raises:
            ValueError: there is none.
        """
        at = bisect_right(self.expirations, after)
        if at == len(self.expirations):
            raise ValueError(f"after: nothing expires after {after}")
        return self.expirations[at]

    def nearest_expiry(self, day: date) -> date:
        """The expiration nearest to a day, the later of two.

        Raises:
            ValueError: the chain is empty.
        """
        return min(reversed(self.expirations), key=lambda expiry: abs(expiry - day))

    def nearest_strike(self, price: float) -> float:
        """The strike nearest to a price, the lower of two.

        Raises:
            ValueError: the chain is empty.
        """
        return min(self.strikes, key=lambda strike: abs(strike - price))

    def strikes_around(self, price: float, count: int) -> tuple[float, ...]:
        """Up to ``count`` strikes on each side of a price; one that is the price itself comes too."""
        low, high = bisect_left(self.strikes, price), bisect_right(self.strikes, price)
        return self.strikes[max(0, low - count) : high + count]

    def series(self, expiry: str | date, *, right: str = "") -> Contract:
        """What describes all options of an expiration, or those of one right."""
        return Contract(
            symbol=self.underlying.symbol,
            sec_type="FOP" if self.underlying.sec_type == "FUT" else "OPT",
            last_trade_date_or_contract_month=expiry_text(expiry),
            right=right or None,
            exchange=self.exchange,
            currency=self.underlying.currency,
            multiplier=self.multiplier,
            trading_class=self.trading_class,
        ).check()

    def contract(self, *, expiry: str | date, strike: float, right: str) -> Contract:
        """One option, for `Client.qualify` to fill in."""
        return self.series(expiry, right=right).replace(strike=strike).check()

    def contracts(
        self,
        *,
        expirations: Iterable[str | date] | None = None,
        strikes: Iterable[float] | None = None,
        rights: Iterable[str] = "CP",
    ) -> list[Contract]:
        """Each of these expirations with each of these strikes and rights; all of a kind that is not given."""
        strikes, rights = list(self.strikes if strikes is None else strikes), list(rights)
        return [
            self.contract(expiry=expiry, strike=strike, right=right)
            for expiry in (self.expirations if expirations is None else expirations)
            for strike in strikes
            for right in rights
        ]
