"""Combinations by the names traders give them, their legs found by what is said of them."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import NamedTuple

from ibfast.enums import Action
from ibfast.requests.contracts import ContractRequests
from ibfast.schema.contract import ComboLeg, Contract
from ibfast.schema.contract_validation import expiry_text, right_letter


class _Option(NamedTuple):
    """One leg; of a negative number so many are sold."""

    number: int
    expiry: str | date
    strike: float
    right: str


class SpreadRequests(ContractRequests):
    """Combinations of options or futures.

    Each returns a contract to trade: who buys it, buys and sells its legs as named. The ``underlying`` is the symbol of
    a US stock or a contract; options of a future are sought on the future's exchange, all others on SMART, unless
    ``exchange`` says where. ``trading_class`` tells apart what a symbol has twice, such as SPX and SPXW.

    All of them raise AmbiguousContract for a leg that fits several contracts, RequestError with ``code`` 200 for one
    that is not listed, and ValueError for what is no such spread, before anything is asked.
    """

    async def combo(self, *legs: tuple[Contract, int], exchange: str = "") -> Contract:
        """Any combination, of contracts and how many of each are bought for one; a negative number is sold.

        It is traded where its legs are, unless ``exchange`` says where.

        Raises:
            AmbiguousContract, RequestError: as `qualify` for a leg.
            ValueError: a number is 0, or legs differ in currency, or in exchange and none is given.
        """
        counts = [count for _, count in legs]
        if not all(counts):
            raise ValueError("legs: a leg of which 0 are bought is none")
        contracts = await self.qualify(*(contract for contract, _ in legs))
        currency = _one_of("currency", [figure.currency or "" for figure in contracts])
        where = exchange or _one_of("exchange", [item.exchange or "" for item in contracts])
        symbols = dict.fromkeys(item.symbol or "" for item in contracts)
        found = [_leg(contract, count) for contract, count in zip(contracts, counts, strict=True)]
        return Contract.combo(",".join(symbols), found, exchange=where, currency=currency)

    async def vertical_spread(
        self,
        underlying: Contract | str,
        *,
        expiry: str | date,
        right: str,
        buy: float,
        sell: float,
        exchange: str = "",
        trading_class: str = "",
    ) -> Contract:
        """Two strikes of one expiry: the option at ``buy`` is bought, that at ``sell`` is sold."""
        if buy == sell:
            raise ValueError(f"buy, sell: both strikes are {buy}")
        legs = [_Option(1, expiry, buy, right), _Option(-1, expiry, sell, right)]
        return await self._options(underlying, legs, exchange, trading_class)

    async def ratio_spread(
        self,
        underlying: Contract | str,
        *,
        expiry: str | date,
        right: str,
        buy: float,
        sell: float,
        buy_ratio: int = 1,
        sell_ratio: int = 2,
        exchange: str = "",
        trading_class: str = "",
    ) -> Contract:
        """Like `vertical_spread`, with so many options at each strike."""
        if buy == sell:
            raise ValueError(f"buy, sell: both strikes are {buy}")
        for name, ratio in (("buy_ratio", buy_ratio), ("sell_ratio", sell_ratio)):
            if ratio < 1:
                raise ValueError(f"{name}: {ratio} is not a positive number")
        legs = [_Option(buy_ratio, expiry, buy, right), _Option(-sell_ratio, expiry, sell, right)]
        return await self._options(underlying, legs, exchange, trading_class)

    async def calendar_spread(
        self,
        underlying: Contract | str,
        *,
        buy: str | date,
        sell: str | date,
        strike: float | None = None,
        right: str = "",
        exchange: str = "",
        trading_class: str = "",
    ) -> Contract:
        """Two expiries: of options at one ``strike``, or without it of the future itself."""
        if expiry_text(buy) == expiry_text(sell):
            raise ValueError(f"buy, sell: both expiries are {expiry_text(buy)}")
        if strike is not None:
            legs = [_Option(1, buy, strike, right), _Option(-1, sell, strike, right)]
            return await self._options(underlying, legs, exchange, trading_class)
        if right:
            raise ValueError(f"strike: an option has one, and right {right} is given")
        if isinstance(underlying, str) or underlying.sec_type != "FUT":
            raise ValueError("strike: only a calendar of a future, such as Contract.any_month makes, has none")
        family = underlying.replace(con_id=None, local_symbol=None)
        if trading_class:
            family = family.replace(trading_class=trading_class)
        months = [family.replace(last_trade_date_or_contract_month=expiry_text(expiry)) for expiry in (buy, sell)]
        return await self.combo((months[0], 1), (months[1], -1), exchange=exchange)

    async def straddle(
        self,
        underlying: Contract | str,
        *,
        expiry: str | date,
        strike: float,
        exchange: str = "",
        trading_class: str = "",
    ) -> Contract:
        """A call and a put at one strike, both bought."""
        legs = [_Option(1, expiry, strike, "C"), _Option(1, expiry, strike, "P")]
        return await self._options(underlying, legs, exchange, trading_class)

    async def strangle(
        self,
        underlying: Contract | str,
        *,
        expiry: str | date,
        put: float,
        call: float,
        exchange: str = "",
        trading_class: str = "",
    ) -> Contract:
        """A put below and a call above, both bought."""
        _rising(put=put, call=call)
        legs = [_Option(1, expiry, call, "C"), _Option(1, expiry, put, "P")]
        return await self._options(underlying, legs, exchange, trading_class)

    async def butterfly_spread(
        self,
        underlying: Contract | str,
        *,
        expiry: str | date,
        right: str,
        low: float,
        middle: float,
        high: float,
        exchange: str = "",
        trading_class: str = "",
    ) -> Contract:
        """One option at ``low`` and one at ``high`` bought, two at ``middle`` sold."""
        _rising(low=low, middle=middle, high=high)
        legs = [
            _Option(1, expiry, low, right),
            _Option(-2, expiry, middle, right),
            _Option(1, expiry, high, right),
        ]
        return await self._options(underlying, legs, exchange, trading_class)

    async def iron_condor(
        self,
        underlying: Contract | str,
        *,
        expiry: str | date,
        put_buy: float,
        put_sell: float,
        call_sell: float,
        call_buy: float,
        exchange: str = "",
        trading_class: str = "",
    ) -> Contract:
        """The inner put and call sold, the outer ones bought; with inner strikes that are equal an iron butterfly.

        Buying it brings a credit in, so the limit price of the order is negative.
        """
        _rising(put_buy=put_buy, put_sell=put_sell)
        _rising(call_sell=call_sell, call_buy=call_buy)
        if put_sell > call_sell:
            raise ValueError(f"put_sell, call_sell: {put_sell} is above {call_sell}")
        legs = [
            _Option(1, expiry, put_buy, "P"),
            _Option(-1, expiry, put_sell, "P"),
            _Option(-1, expiry, call_sell, "C"),
            _Option(1, expiry, call_buy, "C"),
        ]
        return await self._options(underlying, legs, exchange, trading_class)

    async def _options(
        self, underlying: Contract | str, legs: list[_Option], exchange: str, trading_class: str
    ) -> Contract:
        """The combination of these options of an underlying."""
        of = Contract.stock(underlying) if isinstance(underlying, str) else underlying
        on_future = of.sec_type == "FUT"
        family = Contract(
            symbol=of.symbol,
            sec_type="FOP" if on_future else "OPT",
            exchange=exchange or ((of.exchange or "") if on_future else "SMART"),
            currency=of.currency,
            trading_class=trading_class or None,
        )
        options = [
            family.replace(
                last_trade_date_or_contract_month=expiry_text(leg.expiry), strike=leg.strike,
                right=right_letter(leg.right),
            )
            for leg in legs
        ]  # fmt: skip
        return await self.combo(*zip(options, [leg.number for leg in legs], strict=True))


def _leg(contract: Contract, count: int) -> ComboLeg:
    action = Action.BUY if count > 0 else Action.SELL
    return ComboLeg(con_id=contract.con_id, ratio=abs(count), action=action.value, exchange=contract.exchange)


def _one_of(name: str, values: list[str]) -> str:
    """What all legs have in common."""
    different = sorted(set(values))
    if len(different) != 1:
        raise ValueError(f"{name}: the legs differ, {', '.join(different) or 'there are none'}")
    return different[0]


def _rising(**strikes: float) -> None:
    values = list(strikes.values())
    if any(high <= low for low, high in pairwise(values)):
        raise ValueError(f"{', '.join(strikes)}: {', '.join(map(str, values))} do not rise")
