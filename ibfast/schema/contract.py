"""What is traded."""

import re
from collections.abc import Iterable
from datetime import date
from functools import partial
from typing import Any, Self

from ibfast.arguments import checked
from ibfast.schema.contract_validation import check_contract, expiry_text, month_text, needed, right_letter
from ibfast.schema.declare import Bool, Float, Int, Message, Str, field

OWN_CHECKS = {"expiry", "month", "strike"}
"""What `ibfast.contract_checks` says more of than that it is of a wrong type."""


class DeltaNeutralContract(Message):
    """The contract that hedges a volatility order or a combination's delta."""

    con_id: Int = field(1, default=0)
    delta: Float = field(2, default=0.0)
    price: Float = field(3, default=0.0)


class ComboLeg(Message):
    """One leg of a combination; ``per_leg_price`` is its price when the order prices each leg."""

    con_id: Int = field(1, default=0)
    ratio: Int = field(2, default=0)
    action: Str = field(3)
    exchange: Str = field(4)
    open_close: Int = field(5, default=0)
    short_sales_slot: Int = field(6, default=0)
    designated_location: Str = field(7)
    exempt_code: Int = field(8, default=-1)
    per_leg_price: Float = field(9, unset="empty")


@partial(checked, left_out=OWN_CHECKS)
class Contract(Message):
    """What is traded: enough of these fields, or ``con_id`` and ``exchange`` alone, name one contract to TWS.

    The constructors by kind refuse what TWS can never accept with a ValueError that names the field. Plain
    ``Contract(...)`` takes anything; `check` is the same refusal for it.
    """

    con_id: Int = field(1, default=0)
    symbol: Str = field(2)
    sec_type: Str = field(3)
    last_trade_date_or_contract_month: Str = field(4)
    strike: Float = field(5, unset="empty", zero_unset=True)  # with 0.0 a gateway never answers
    right: Str = field(6)
    multiplier: Float = field(7, unset="empty", zero_unset=True)
    exchange: Str = field(8)
    primary_exch: Str = field(9)
    currency: Str = field(10)
    local_symbol: Str = field(11)
    trading_class: Str = field(12)
    sec_id_type: Str = field(13)
    sec_id: Str = field(14)
    description: Str = field(15)
    issuer_id: Str = field(16)
    delta_neutral_contract: DeltaNeutralContract | None = field(17)
    include_expired: Bool = field(18)
    combo_legs_descrip: Str = field(19)
    combo_legs: list[ComboLeg] = field(20)
    last_trade_date: Str = field(21, reported=True)

    # ---------------------------------------------------------------------------------------------- by kind

    @classmethod
    def stock(cls, symbol: str, *, exchange: str = "SMART", currency: str = "USD", primary_exch: str = "") -> Self:
        """A stock or ETF; ``primary_exch`` tells apart what SMART has twice."""
        return cls._checked("STK", symbol=symbol, exchange=exchange, currency=currency, primary_exch=primary_exch)

    @classmethod
    def option(
        cls,
        symbol: str,
        *,
        expiry: str | date,
        strike: float,
        right: str,
        exchange: str = "SMART",
        currency: str = "USD",
        multiplier: float | None = None,
        trading_class: str = "",
    ) -> Self:
        """An option; ``expiry`` is a date, ``YYYYMMDD`` or ``YYYYMM`` for all of a month, ``right`` C or P."""
        return cls._derivative(
            "OPT", symbol, expiry, strike, right, exchange=exchange, currency=currency, multiplier=multiplier,
            trading_class=trading_class,
        )  # fmt: skip

    @classmethod
    def call(cls, symbol: str, *, expiry: str | date, strike: float, **more: Any) -> Self:
        """A call option; see `option`."""
        return cls.option(symbol, expiry=expiry, strike=strike, right="C", **more)

    @classmethod
    def put(cls, symbol: str, *, expiry: str | date, strike: float, **more: Any) -> Self:
        """A put option; see `option`."""
        return cls.option(symbol, expiry=expiry, strike=strike, right="P", **more)

    @classmethod
    def futures_option(
        cls,
        symbol: str,
        *,
        expiry: str | date,
        strike: float,
        right: str,
        exchange: str,
        currency: str = "USD",
        multiplier: float | None = None,
        trading_class: str = "",
    ) -> Self:
        """An option on a future; ``trading_class`` tells weekly options from those of the quarter."""
        return cls._derivative(
            "FOP", symbol, expiry, strike, right, exchange=exchange, currency=currency, multiplier=multiplier,
            trading_class=trading_class,
        )  # fmt: skip

    @classmethod
    def warrant(
        cls,
        symbol: str,
        *,
        expiry: str | date,
        strike: float,
        right: str,
        exchange: str,
        currency: str,
        multiplier: float | None = None,
        local_symbol: str = "",
    ) -> Self:
        """A warrant; ``local_symbol`` tells those of different issuers apart."""
        return cls._derivative(
            "WAR", symbol, expiry, strike, right, exchange=exchange, currency=currency, multiplier=multiplier,
            local_symbol=local_symbol,
        )  # fmt: skip

    @classmethod
    def future(
        cls,
        symbol: str,
        *,
        exchange: str,
        month: str = "",
        expiry: str | date = "",
        currency: str = "USD",
        multiplier: float | None = None,
        local_symbol: str = "",
        trading_class: str = "",
        include_expired: bool = False,
    ) -> Self:
        """A future, by its ``month`` (``YYYYMM``) or its ``expiry``; without either it is like `any_month`."""
        if month and expiry:
            raise ValueError("month, expiry: give one of them")
        day = month_text(month) if month else expiry_text(expiry) if expiry else ""
        return cls._checked(
            "FUT", symbol=symbol, last_trade_date_or_contract_month=day, exchange=exchange, currency=currency,
            multiplier=multiplier, local_symbol=local_symbol, trading_class=trading_class,
            include_expired=include_expired or None,
        )  # fmt: skip

    @classmethod
    def any_month(
        cls,
        symbol: str,
        *,
        exchange: str,
        currency: str = "USD",
        multiplier: float | None = None,
        trading_class: str = "",
        include_expired: bool = False,
    ) -> Self:
        """A future of whatever month: describes the whole chain, for `Client.futures_chain` and the like."""
        return cls.future(
            symbol, exchange=exchange, currency=currency, multiplier=multiplier, trading_class=trading_class,
            include_expired=include_expired,
        )  # fmt: skip

    @classmethod
    def continuous_future(
        cls, symbol: str, *, exchange: str, currency: str = "USD", multiplier: float | None = None
    ) -> Self:
        """The months of a future in one series, for past data only."""
        return cls._checked("CONTFUT", symbol=symbol, exchange=exchange, currency=currency, multiplier=multiplier)

    @classmethod
    def forex(cls, pair: str, *, exchange: str = "IDEALPRO") -> Self:
        """A currency pair: ``EUR.USD``, ``EURUSD`` or ``EUR/USD``."""
        found = re.fullmatch(r"([A-Z]{3})[./]?([A-Z]{3})", pair)
        if found is None:
            raise ValueError(f"pair: {pair!r} is not two currencies, such as EUR.USD")
        return cls._checked("CASH", symbol=found[1], exchange=exchange, currency=found[2])

    @classmethod
    def index(cls, symbol: str, *, exchange: str, currency: str = "USD") -> Self:
        """An index, for data only."""
        return cls._checked("IND", symbol=symbol, exchange=exchange, currency=currency)

    @classmethod
    def crypto(cls, symbol: str, *, exchange: str = "PAXOS", currency: str = "USD") -> Self:
        """A cryptocurrency."""
        return cls._checked("CRYPTO", symbol=symbol, exchange=exchange, currency=currency)

    @classmethod
    def cfd(cls, symbol: str, *, exchange: str = "SMART", currency: str = "USD") -> Self:
        """A contract for difference."""
        return cls._checked("CFD", symbol=symbol, exchange=exchange, currency=currency)

    @classmethod
    def commodity(cls, symbol: str, *, exchange: str = "SMART", currency: str = "USD") -> Self:
        """A commodity that is traded on the spot, such as gold, XAUUSD."""
        return cls._checked("CMDTY", symbol=symbol, exchange=exchange, currency=currency)

    @classmethod
    def fund(cls, symbol: str, *, exchange: str = "FUNDSERV", currency: str = "USD") -> Self:
        """A mutual fund."""
        return cls._checked("FUND", symbol=symbol, exchange=exchange, currency=currency)

    @classmethod
    def bond(cls, *, cusip: str = "", isin: str = "", exchange: str = "SMART", currency: str = "USD") -> Self:
        """A bond, by its CUSIP or its ISIN."""
        if bool(cusip) == bool(isin):
            raise ValueError("cusip, isin: give one of them")
        kind, number = ("CUSIP", cusip) if cusip else ("ISIN", isin)
        return cls._checked("BOND", sec_id_type=kind, sec_id=number, exchange=exchange, currency=currency)

    @classmethod
    def news(cls, provider: str, *, topic: str = "") -> Self:
        """The headlines of a provider, such as BRFG: all of them, or of one ``topic`` of the provider's."""
        needed("NEWS", provider=provider)
        return cls._checked("NEWS", symbol=f"{provider}:{topic or f'{provider}_ALL'}", exchange=provider)

    @classmethod
    def combo(cls, symbol: str, legs: Iterable[ComboLeg], *, exchange: str = "SMART", currency: str = "USD") -> Self:
        """A combination of legs that are traded together; `Client.combo` and the spreads find the legs' ids."""
        return cls._checked("BAG", symbol=symbol, combo_legs=list(legs), exchange=exchange, currency=currency)

    @classmethod
    def by_id(cls, con_id: int, *, exchange: str = "SMART") -> Self:
        """Any contract, by IB's own number."""
        if con_id <= 0:
            raise ValueError(f"con_id: {con_id} is not a contract id")
        return cls(con_id=con_id, exchange=exchange)

    # ---------------------------------------------------------------------------------------------- checking

    def check(self) -> Self:
        """The contract itself.

        Raises:
            ValueError: TWS can never accept it; the field is named.
        """
        check_contract(self)
        return self

    @classmethod
    def _derivative(
        cls, sec_type: str, symbol: str, expiry: str | date, strike: float, right: str, **more: Any
    ) -> Self:
        return cls._checked(
            sec_type, symbol=symbol, last_trade_date_or_contract_month=expiry_text(expiry), strike=strike,
            right=right_letter(right), **more,
        )  # fmt: skip

    @classmethod
    def _checked(cls, sec_type: str, **fields: Any) -> Self:
        """A contract with these fields, as far as they say something."""
        needed(sec_type, **{name: fields[name] for name in ("symbol", "exchange", "currency") if name in fields})
        return cls(
            sec_type=sec_type, **{name: value for name, value in fields.items() if value not in ("", None)}
        ).check()


def the_contract(given: object) -> Contract:
    """What was given, which has to be a contract.

    Raises:
        TypeError: it is something else.
    """
    if not isinstance(given, Contract):
        raise TypeError(f"contract: {given!r} is not a Contract, such as Contract.stock('AAPL')")
    return given
