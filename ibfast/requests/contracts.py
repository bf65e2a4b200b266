"""Requests about contracts."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

from ibfast.contracts.cache import ContractCache
from ibfast.contracts.price_grid import PriceGrid, market_rule_id
from ibfast.contracts.qualification import last_trade_moment, the_only
from ibfast.errors import RequestError
from ibfast.requests.base import Requests
from ibfast.schema import (
    CancelContractData,
    ContractData,
    ContractDataEnd,
    ContractDataRequest,
    ContractDescription,
    DepthMarketDataDescription,
    MarketDepthExchanges,
    MarketDepthExchangesRequest,
    MarketRule,
    MarketRuleRequest,
    MatchingSymbolsRequest,
    PriceIncrement,
    SmartComponent,
    SmartComponentsRequest,
)
from ibfast.schema.contract import Contract, the_contract

R = TypeVar("R")


class ContractRequests(Requests):
    """What IB knows of contracts and exchanges."""

    async def contract_details(self, contract: Contract) -> list[ContractData]:
        """Every contract that fits the description, with what IB knows of each.

        `ibfast.trading_hours` and `ibfast.liquid_hours` read the hours in it.

        Raises:
            RequestError: ``code`` 200, no contract fits.
        """
        request = ContractDataRequest(contract=contract)
        answer = await self._connection.ask(request, cancel=CancelContractData, end=ContractDataEnd)
        return answer.parts

    async def qualify(self, *contracts: Contract, cache: ContractCache | None = None) -> list[Contract]:
        """The same contracts in the same order, filled with what names each: con_id, local symbol and the rest.

        All are asked for at once; the first error ends the others. A combination comes back as it is. What a ``cache``
        knows is not asked; it keeps what was found, even when another contract was not.

        Raises:
            AmbiguousContract: several contracts fit; it lists them.
            RequestError: ``code`` 200, no contract fits; the error's notes say for which.
            ValueError: TWS can never accept a contract; the field is named, nothing was asked.
        """
        for contract in contracts:
            the_contract(contract).check()
        try:
            return await together(self._qualified(contract, cache) for contract in contracts)
        finally:
            if cache is not None:
                cache.save()

    async def _qualified(self, contract: Contract, cache: ContractCache | None) -> Contract:
        if contract.sec_type == "BAG":
            return contract
        gateway = self._session.gateway_kind
        if cache is not None and (known := cache.get(contract, gateway)) is not None:
            return known
        try:
            listed = await self.contract_details(contract)
        except RequestError as error:
            error.add_note(f"for {contract!r}")
            raise
        found = the_only(contract, listed)
        if cache is not None:
            cache.put(contract, found, self._connection.read(last_trade_moment, listed[0]), gateway)
        return found

    async def matching_symbols(self, pattern: str) -> list[ContractDescription]:
        """Up to 16 contracts whose symbol or name begins like this, and the derivatives that each has.

        TWS allows one of these a second.
        """
        if not pattern:
            raise ValueError("pattern: there is nothing to look for")
        answer = await self._connection.ask(MatchingSymbolsRequest(pattern=pattern))
        return list(answer.parts[0].contract_descriptions)

    async def market_rule(self, rule_id: int) -> list[PriceIncrement]:
        """The price steps of a rule; `price_grid` makes use of them.

        Raises:
            RequestTimeout: IB has no such rule; it does not say so to anybody in particular.
        """
        return _steps(await self._rule(rule_id))

    async def _rule(self, rule_id: int) -> MarketRule:
        request = MarketRuleRequest(market_rule_id=rule_id)
        return await self._connection.ask_shared(request, MarketRule, key="market_rule_id")

    async def price_grid(self, contract: Contract, *, exchange: str = "") -> PriceGrid:
        """The prices that an exchange, by default the contract's own, accepts for a contract.

        Raises:
            RequestError: ``code`` 200, no contract fits. AmbiguousContract: several do.
            ValueError: the contract is not traded on that exchange.
        """
        listed = await self.contract_details(contract)
        the_only(contract, listed)
        rule_id = market_rule_id(listed[0], exchange or contract.exchange or "")
        return self._connection.read(lambda rule: PriceGrid.of(_steps(rule)), await self._rule(rule_id))

    async def smart_components(self, bbo_exchange: str) -> list[SmartComponent]:
        """The exchanges behind the letters of a quote; ``bbo_exchange`` is what `Ticks.tick_req_params` says."""
        if not bbo_exchange:
            raise ValueError("bbo_exchange: an exchange map has a name, such as 9c0001")
        answer = await self._connection.ask(SmartComponentsRequest(bbo_exchange=bbo_exchange))
        return [
            component.replace(bit_number=component.bit_number or 0) for component in answer.parts[0].smart_components
        ]

    async def depth_exchanges(self) -> list[DepthMarketDataDescription]:
        """The exchanges that have order books."""
        answer: MarketDepthExchanges = await self._connection.ask_shared(
            MarketDepthExchangesRequest(), MarketDepthExchanges
        )
        return list(answer.depth_market_data_descriptions)


def _steps(rule: MarketRule) -> list[PriceIncrement]:
    return [increment.replace(low_edge=increment.low_edge or 0.0) for increment in rule.price_increments]


async def together(work: Iterable[Coroutine[Any, Any, R]]) -> list[R]:
    """The results of all, in order; the first error ends the others."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
