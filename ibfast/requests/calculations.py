"""Calculations that TWS does for us."""

from __future__ import annotations

from time import time_ns

import numpy as np

from ibfast.events import OptionComputation
from ibfast.requests.base import Requests
from ibfast.schema import (
    CalculateImpliedVolatilityRequest,
    CalculateOptionPriceRequest,
    CancelCalculateImpliedVolatility,
    CancelCalculateOptionPrice,
    TickOptionComputation,
)
from ibfast.schema.contract import Contract
from ibfast.schema.declare import Message


class CalculationRequests(Requests):
    """Implied volatility and prices of options."""

    async def calculate_implied_volatility(
        self, contract: Contract, *, option_price: float, under_price: float
    ) -> OptionComputation:
        """The volatility that a price of an option implies at a price of its underlying, and its greeks there.

        Raises:
            RequestError: TWS cannot; ``code`` 200 is an unknown contract.
        """
        request = CalculateImpliedVolatilityRequest(
            contract=contract, option_price=option_price, under_price=under_price
        )
        return await self._calculated(request, CancelCalculateImpliedVolatility)

    async def calculate_option_price(
        self, contract: Contract, *, volatility: float, under_price: float
    ) -> OptionComputation:
        """The price of an option at a volatility (0.2 is 20 %) and a price of its underlying, and its greeks there.

        Raises:
            RequestError: TWS cannot; ``code`` 200 is an unknown contract.
        """
        request = CalculateOptionPriceRequest(contract=contract, volatility=volatility, under_price=under_price)
        return await self._calculated(request, CancelCalculateOptionPrice)

    async def _calculated(
        self, request: CalculateImpliedVolatilityRequest | CalculateOptionPriceRequest, cancel: type[Message]
    ) -> OptionComputation:
        answer = await self._connection.ask(request, cancel=cancel)
        self._connection.send(cancel(req_id=request.req_id))  # TWS would calculate on as prices change
        return _computation(answer.parts[-1])


def _computation(message: TickOptionComputation) -> OptionComputation:
    values = {name: getattr(message, name, None) for name in OptionComputation._fields}
    values |= {name: np.nan for name in OptionComputation._fields[2:10] if values[name] is None}
    values |= {name: values[name] or 0 for name in ("tick_type", "tick_attrib")}
    return OptionComputation(**values | {"recv_ns": time_ns(), "seq": 0})  # type: ignore[arg-type]
