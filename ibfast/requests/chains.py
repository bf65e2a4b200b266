"""Requests for what is listed on an underlying: months of a future, options."""

from __future__ import annotations

from datetime import UTC, date

from ibfast.contracts.option_chain import OptionChain
from ibfast.contracts.qualification import NOT_FOUND, distinct, last_trade_moment
from ibfast.errors import AmbiguousContract, RequestError
from ibfast.requests.contracts import ContractRequests
from ibfast.requests.session import SessionRequests
from ibfast.schema import SecDefOptParameterEnd, SecDefOptParamsRequest
from ibfast.schema.contract import Contract


class ChainRequests(SessionRequests, ContractRequests):
    """Chains, as the exchanges list them: no calendar is guessed."""

    async def futures_chain(self, contract: Contract) -> list[Contract]:
        """The months of a future that are still traded, the nearest first, each filled in as by `qualify`.

        The contract is one that `Contract.any_month` makes. Whether a month is still traded says its own last trading
        moment against the gateway's clock.

        Raises:
            RequestError: ``code`` 200, no contract fits.
        """
        if contract.sec_type not in ("FUT", "CONTFUT"):
            raise ValueError(f"sec_type: a contract of type {contract.sec_type} has no months")
        asked = contract.replace(sec_type="FUT")
        ends = [(last_trade_moment(data), data) for data in await self.contract_details(asked)]
        now = await self.current_time()
        live = [(moment.astimezone(UTC), data) for moment, data in ends if moment is not None and moment > now]
        return distinct(asked, [data for _, data in sorted(live, key=lambda item: item[0])])

    async def front_month(self, contract: Contract) -> Contract:
        """The month of a future that ends next, of those still traded; see `futures_chain`.

        Raises:
            AmbiguousContract: the description fits several futures, such as one with a mini of the same symbol: say
                the ``multiplier`` or the ``trading_class``.
            RequestError: ``code`` 200, no month is traded.
        """
        chain = await self.futures_chain(contract)
        if not chain:
            raise RequestError(NOT_FOUND, f"no month of {contract!r} is traded any more", contract=contract)
        families = {
            (figure.trading_class, figure.multiplier, figure.currency, figure.exchange): figure
            for figure in reversed(chain)
        }
        if len(families) > 1:
            raise AmbiguousContract(contract, list(families.values()))
        return chain[0]

    async def option_chains(self, underlying: Contract) -> list[OptionChain]:
        """The options of an underlying, one chain for each exchange and trading class; none if it has no options.

        An underlying without ``con_id`` is qualified first.
        """
        if not underlying.con_id or not underlying.symbol:
            (underlying,) = await self.qualify(underlying)
        is_future = underlying.sec_type == "FUT"
        request = SecDefOptParamsRequest(
            underlying_symbol=underlying.symbol,
            fut_fop_exchange=underlying.exchange if is_future else None,
            underlying_sec_type=underlying.sec_type,
            underlying_con_id=underlying.con_id,
        )
        answer = await self._connection.ask(request, end=SecDefOptParameterEnd)
        return [self._connection.read(lambda item: OptionChain.of(underlying, item), part) for part in answer.parts]

    async def option_chain(self, underlying: Contract, *, exchange: str = "", trading_class: str = "") -> OptionChain:
        """The options of an underlying on one exchange: SMART, for a future the future's own, if not said otherwise.

        Of several trading classes it is the one named like the underlying, unless ``trading_class`` says which.

        Raises:
            ValueError: there are no such options, or several classes of them; the error lists what there is.
        """
        exchange = exchange or ((underlying.exchange or "") if underlying.sec_type == "FUT" else "SMART")
        chains = await self.option_chains(underlying)
        fitting = [
            chain for chain in chains if chain.exchange == exchange and trading_class in ("", chain.trading_class)
        ]
        namesakes = [item for item in fitting if item.trading_class == item.underlying.symbol]
        if len(fitting) == 1 or len(namesakes) == 1:
            return (namesakes or fitting)[0]
        there = ", ".join(f"{item.exchange} {item.trading_class}" for item in fitting or chains) or "none"
        raise ValueError(f"exchange, trading_class: {exchange} {trading_class} is not one chain of these: {there}")

    async def listed_options(self, chain: OptionChain, *, expiry: str | date, right: str = "") -> list[Contract]:
        """The options of a chain that are listed for an expiration, by strike, each filled in as by `qualify`.

        Raises:
            RequestError: ``code`` 200, there are none.
        """
        series = chain.series(expiry, right=right)
        found = distinct(series, await self.contract_details(series))
        return sorted(found, key=lambda item: (item.strike or 0.0, item.right or ""))
