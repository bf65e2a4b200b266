"""Lists of orders and of their executions, as TWS has them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from ibfast.orders.fields import time_text
from ibfast.orders.fills import Fill, add_fill
from ibfast.orders.trade import Trade
from ibfast.requests.base import Requests
from ibfast.schema import (
    AllOpenOrdersRequest,
    AutoOpenOrdersRequest,
    CommissionAndFeesReport,
    CompletedOrder,
    CompletedOrdersEnd,
    CompletedOrdersRequest,
    ExecutionDetailsEnd,
    ExecutionFilter,
    ExecutionRequest,
    OpenOrder,
    OpenOrdersEnd,
    OpenOrdersRequest,
    OrderStatus,
)
from ibfast.schema.declare import Message


class OrderListRequests(Requests):
    """What is open, what is done, what was traded."""

    async def open_orders(self) -> list[Trade]:
        """The open orders of this client, and for client 0 those it is bound to."""
        return await self._open_orders(OpenOrdersRequest())

    async def all_open_orders(self) -> list[Trade]:
        """The open orders of all clients and of TWS; from then on `trades` has them too."""
        return await self._open_orders(AllOpenOrdersRequest())

    async def auto_open_orders(self, bind: bool = True) -> None:
        """Bind orders that are entered in TWS to this client, from now on.

        Raises:
            ValueError: this is not client 0.
        """
        if self.client_id != 0:
            raise ValueError(f"client_id: only client 0 can be bound to the orders of TWS, not {self.client_id}")
        self._connection.set(AutoOpenOrdersRequest(auto_bind=bind))

    async def completed_orders(self, *, api_only: bool = False) -> list[CompletedOrder]:
        """The orders that were filled or cancelled today; with ``api_only`` none that were entered in TWS."""
        request = CompletedOrdersRequest(api_only=api_only)
        return await self._connection.ask_shared_list(request, parts=(CompletedOrder,), end=CompletedOrdersEnd)

    async def executions(
        self,
        *,
        account: str | None = None,
        symbol: str | None = None,
        sec_type: str | None = None,
        exchange: str | None = None,
        side: str | None = None,
        client_id: int | None = None,
        since: datetime | str | None = None,
        last_n_days: int | None = None,
        dates: Iterable[date] = (),
    ) -> list[Fill]:
        """The fills of today, or of ``last_n_days`` or certain ``dates`` (server 200), with their commissions.

        A correction takes the place of what it corrects. ``side`` is BUY or SELL.

        Raises:
            RequestError: TWS refused the filter. VersionError: the server is too old for a part of it.
        """
        wanted = ExecutionFilter(
            acct_code=account, symbol=symbol, sec_type=sec_type, exchange=exchange, side=side, client_id=client_id,
            time=None if since is None else time_text(since, "since"), last_n_days=last_n_days,
            specific_dates=[int(f"{day:%Y%m%d}") for day in dates],
        )  # fmt: skip
        reports: dict[str, CommissionAndFeesReport] = {}
        trades = self._session.trades
        with trades.collect_commissions(reports):
            answer = await self._connection.ask(ExecutionRequest(execution_filter=wanted), end=ExecutionDetailsEnd)
        fills: list[Fill] = []
        places: dict[str, int] = {}
        for part in answer.parts:
            if part.execution is not None:
                exec_id = part.execution.exec_id or ""
                report = reports.get(exec_id) or trades.commission_of(exec_id)
                add_fill(fills, places, Fill(part.execution, report, part.contract))
        return fills

    async def _open_orders(self, request: Message) -> list[Trade]:
        """The trades that the answer names, each once."""
        parts = (OpenOrder, OrderStatus)
        answer = await self._connection.ask_shared_list(request, parts=parts, end=OpenOrdersEnd)
        found = [self._session.trades.of(part) for part in answer if isinstance(part, OpenOrder)]
        return list(dict.fromkeys(trade for trade in found if trade is not None))
