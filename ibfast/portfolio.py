"""A mirror of what accounts hold, are worth, gain, and have ordered, kept up by subscriptions: reading asks nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from types import TracebackType
from typing import Any, Self

from ibfast.accounts import AccountFigure
from ibfast.errors import IbfastError
from ibfast.schema import PnL, Position
from ibfast.trade import Trade
from ibfast.updates import Feed, Updates


class Portfolio:
    """Positions, figures, profit and loss and open orders of all accounts of the login, as TWS last said.

    ::

        async with await client.portfolio() as portfolio:
            print(portfolio.position(265598), portfolio.value("NetLiquidation"), portfolio.pnl())

    Where the login has several accounts, ``account`` says which is meant. It outlives a lost connection: what it reads
    is asked for anew. ``last_updated`` is when TWS last said anything of it, by the clock here.
    """

    accounts: list[str]
    last_updated: datetime | None

    def __init__(
        self,
        accounts: list[str],
        holdings: Feed,
        positions: Updates[Position],
        figures: Updates[AccountFigure],
        pnl: dict[str, Updates[PnL]],
        trades: Callable[[], list[Trade]],
    ) -> None:
        self.accounts = accounts
        self.last_updated = None
        self._holdings = holdings
        self._positions = positions
        self._figures = figures
        self._pnl = pnl
        self._trades = trades
        self._values: dict[tuple[str, str], dict[str | None, AccountFigure]] = {}

    async def _subscribe(self) -> Self:
        """Send the requests, and wait for the first picture of positions and figures."""
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
        if isinstance(item, AccountFigure):
            self._values.setdefault((item.account, item.tag), {})[item.currency] = item

    def positions(self, account: str = "") -> list[Position]:
        """What is held, in all accounts or in one."""
        held: list[Position] = list(self._holdings.picture.values())
        return [it for it in held if it.position and account in ("", it.account)]

    def position(self, con_id: int, account: str = "") -> Decimal:
        """How much is held of a contract, in all accounts together or in one; below 0 when it is short."""
        found = [it for it in self.positions(account) if it.contract is not None and it.contract.con_id == con_id]
        return sum((it.position or Decimal(0) for it in found), Decimal(0))

    def value(self, tag: str, account: str = "", *, currency: str | None = None) -> Decimal | str:
        """A figure of an account; see `ibfast.AccountTag`.

        Raises:
            KeyError: TWS has said none. ValueError: several accounts, and none is named.
        """
        figures = self._values.get((self._one(account), str(tag)), {})
        if currency is not None:
            return figures[currency].value
        if not figures:
            raise KeyError(tag)
        return next(iter(figures.values())).value

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
