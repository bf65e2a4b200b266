"""A mirror of what accounts hold, are worth, gain, and have ordered, kept up by subscriptions: reading asks nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from types import TracebackType
from typing import Any, Self

from ibfast.errors import IbfastError
from ibfast.orders.trade import Trade
from ibfast.requests.account_figures import AccountFigure, find_figure
from ibfast.schema import PnL, Position
from ibfast.streams.updates import Updates


class Portfolio:
    """Positions, figures, profit and loss and open orders of all accounts of the login, as TWS last said.

    ::

        async with await client.portfolio() as portfolio:
            print(portfolio.position(265598), portfolio.value("NetLiquidation"), portfolio.pnl())

    Where the login has several accounts, ``account`` says which is meant. ``last_updated`` is when TWS last said
    anything of it, by the clock here.

    It outlives a lost connection: everything is asked for anew, and until the new answer is complete the last one
    stands, with ``is_current`` False. Then it is replaced as a whole: a position that was closed meanwhile is gone.
    """

    accounts: list[str]
    last_updated: datetime | None

    def __init__(
        self,
        accounts: list[str],
        positions: Updates[Position],
        figures: Updates[AccountFigure],
        pnl: dict[str, Updates[PnL]],
        trades: Callable[[], list[Trade]],
    ) -> None:
        self.accounts = accounts
        self.last_updated = None
        self._positions = positions
        self._figures = figures
        self._pnl = pnl
        self._trades = trades

    async def _subscribe(self) -> Self:
        """Send the requests, and wait until the answers on positions and figures are complete."""
        try:
            for stream in self._streams:
                stream.on(self._take)
            await self._positions.complete()
            await self._figures.complete()
            await asyncio.sleep(0)  # the loop has still to hand out what has come
        except BaseException:
            self.close()
            raise
        return self

    @property
    def _streams(self) -> list[Updates[Any]]:
        return [self._positions, self._figures, *self._pnl.values()]

    def _take(self, item: Position | AccountFigure | PnL) -> None:
        self.last_updated = datetime.now(UTC)

    @property
    def is_current(self) -> bool:
        """Whether all of it is what TWS says now.

        False without a connection to TWS or from there to IB, then until what was asked for anew has come, and after
        the end.
        """
        return self._positions.is_current and self._figures.is_current and not self.stale_since_ns

    @property
    def stale_since_ns(self) -> int:
        """Since when it is not, in nanoseconds since 1970; 0 while it is."""
        return min((stream.stale_since_ns for stream in self._streams if stream.stale_since_ns), default=0)

    def positions(self, account: str = "") -> list[Position]:
        """What is held, in all accounts or in one; what was held last, if it is not current.

        The contracts are as TWS has them in positions: those of futures, currencies and crypto name no exchange, those
        of stocks the one they are listed on. `Client.qualify` makes contracts of them that can be traded and followed.
        """
        return [item for item in self._positions.snapshot if item.position and account in ("", item.account)]

    def position(self, con_id: int, account: str = "") -> Decimal:
        """How much is held of a contract, in all accounts together or in one; below 0 when it is short."""
        found = [
            position
            for position in self.positions(account)
            if position.contract is not None and position.contract.con_id == con_id
        ]
        return sum((item.position or Decimal(0) for item in found), Decimal(0))

    def value(self, tag: str, account: str = "", *, currency: str | None = None) -> Decimal | str:
        """A figure of an account: an `ibfast.AccountTag`, or one of its ledger, such as "CashBalance" in a currency.

        Raises:
            KeyError: TWS has said none. ValueError: several accounts, and none is named.
        """
        return find_figure(self.figures(self._one(account)), str(tag), currency).value

    def figures(self, account: str = "") -> list[AccountFigure]:
        """All figures of an account, or of all accounts, in TWS's order."""
        return [item for item in self._figures.snapshot if account in ("", item.account)]

    def pnl(self, account: str = "") -> PnL | None:
        """Profit and loss of an account; None until TWS has said it.

        Raises:
            ValueError: several accounts, and none is named.
        """
        return self._pnl[self._one(account)].latest

    @property
    def open_trades(self) -> list[Trade]:
        """The orders this session knows that are not done."""
        return [trade for trade in self._trades() if not trade.is_done]

    @property
    def error(self) -> IbfastError | None:
        """Why it is no longer kept up, wholly or in part; None while it is."""
        return next((stream.error for stream in self._streams if stream.error is not None), None)

    def close(self) -> None:
        """Send the cancels; what was read last can still be read. Closing twice does nothing."""
        for stream in self._streams:
            stream.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _one(self, account: str) -> str:
        if not account and len(self.accounts) != 1:
            raise ValueError(f"account: name one of {', '.join(self.accounts)}")
        name = account or self.accounts[0]
        if name not in self._pnl:
            raise ValueError(f"account: {name} is none of {', '.join(self.accounts)}")
        return name
