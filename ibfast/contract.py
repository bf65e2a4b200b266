"""What is traded."""

import re
from typing import Any, Self

from ibfast.schema.declare import Bool, Float, Int, Message, Str, field


class DeltaNeutralContract(Message):
    """The contract that hedges a volatility order or a combination's delta."""

    con_id: Int = field(1)
    delta: Float = field(2)
    price: Float = field(3)


class ComboLeg(Message):
    """One leg of a combination; ``per_leg_price`` is its price when the order prices each leg."""

    con_id: Int = field(1)
    ratio: Int = field(2)
    action: Str = field(3)
    exchange: Str = field(4)
    open_close: Int = field(5)
    short_sales_slot: Int = field(6)
    designated_location: Str = field(7)
    exempt_code: Int = field(8, default=-1)
    per_leg_price: Float = field(9, unset="empty")


class Contract(Message):
    """What is traded: enough of these fields, or ``con_id`` and ``exchange`` alone, name one contract to TWS."""

    con_id: Int = field(1)
    symbol: Str = field(2)
    sec_type: Str = field(3)
    last_trade_date_or_contract_month: Str = field(4)
    strike: Float = field(5, unset="empty")
    right: Str = field(6)
    multiplier: Float = field(7, unset="empty")
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
    last_trade_date: Str = field(21)

    @classmethod
    def stock(cls, symbol: str, *, exchange: str = "SMART", currency: str = "USD", primary_exch: str = "") -> Self:
        """A stock or ETF; ``primary_exch`` tells apart what SMART has twice."""
        return cls._checked("STK", symbol=symbol, exchange=exchange, currency=currency, primary_exch=primary_exch)

    @classmethod
    def option(
        cls,
        symbol: str,
        *,
        expiry: str,
        strike: float,
        right: str,
        exchange: str = "SMART",
        currency: str = "USD",
        multiplier: float | None = None,
        trading_class: str = "",
    ) -> Self:
        """An option; ``expiry`` is ``YYYYMMDD`` (or ``YYYYMM`` for all of a month), ``right`` C or P."""
        if right not in ("C", "P", "CALL", "PUT"):
            raise ValueError(f"right: {right!r} is neither C nor P")
        if not strike > 0:
            raise ValueError(f"strike: {strike} is not a positive number")
        return cls._checked(
            "OPT", symbol=symbol, last_trade_date_or_contract_month=_expiry(expiry), strike=strike, right=right[0],
            exchange=exchange, currency=currency, multiplier=multiplier, trading_class=trading_class,
        )  # fmt: skip

    @classmethod
    def call(cls, symbol: str, *, expiry: str, strike: float, **more: Any) -> Self:
        """A call option; see `option`."""
        return cls.option(symbol, expiry=expiry, strike=strike, right="C", **more)

    @classmethod
    def put(cls, symbol: str, *, expiry: str, strike: float, **more: Any) -> Self:
        """A put option; see `option`."""
        return cls.option(symbol, expiry=expiry, strike=strike, right="P", **more)

    @classmethod
    def future(
        cls, symbol: str, *, expiry: str = "", exchange: str, currency: str = "USD", multiplier: float | None = None
    ) -> Self:
        """A future; without ``expiry`` it describes the whole chain, which `Client.contract_details` lists."""
        return cls._checked(
            "FUT", symbol=symbol, last_trade_date_or_contract_month=_expiry(expiry) if expiry else None,
            exchange=exchange, currency=currency, multiplier=multiplier,
        )  # fmt: skip

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
    def bond(cls, *, cusip: str = "", isin: str = "", exchange: str = "SMART", currency: str = "USD") -> Self:
        """A bond, by its CUSIP or its ISIN."""
        if bool(cusip) == bool(isin):
            raise ValueError("cusip, isin: give one of them")
        kind, number, length = ("CUSIP", cusip, 9) if cusip else ("ISIN", isin, 12)
        if len(number) != length or not number.isalnum():
            raise ValueError(f"{kind.lower()}: {number!r} is not {length} letters and digits")
        return cls._checked("BOND", sec_id_type=kind, sec_id=number, exchange=exchange, currency=currency)

    @classmethod
    def by_id(cls, con_id: int, *, exchange: str = "SMART") -> Self:
        """Any contract, by IB's own number."""
        if con_id <= 0:
            raise ValueError(f"con_id: {con_id} is not a contract id")
        return cls(con_id=con_id, exchange=exchange)

    @classmethod
    def _checked(cls, sec_type: str, **fields: Any) -> Self:
        """A contract whose texts that were given are not empty where TWS needs them."""
        for name in ("symbol", "exchange", "currency"):
            if name in fields and not fields[name]:
                raise ValueError(f"{name}: a contract of type {sec_type} needs one")
        return cls(sec_type=sec_type, **{name: value for name, value in fields.items() if value not in ("", None)})


def _expiry(text: str) -> str:
    if not re.fullmatch(r"\d{6}(\d{2})?", text):
        raise ValueError(f"expiry: {text!r} is not YYYYMMDD or YYYYMM")
    return text
