"""Accounts: figures, positions, profit and loss."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Hashable, Iterable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from ibfast.requests.account_figures import (
    LEDGER,
    AccountFigure,
    AccountSnapshot,
    AccountTag,
    figure_key,
    figure_of,
    may_repeat,
)
from ibfast.requests.base import Requests
from ibfast.requests.portfolio import Portfolio
from ibfast.schema import (
    AccountDataEnd,
    AccountDataRequest,
    AccountSummaryEnd,
    AccountSummaryRequest,
    AccountUpdateMultiEnd,
    AccountUpdatesMultiRequest,
    AccountUpdateTime,
    AccountValue,
    CancelAccountSummary,
    CancelAccountUpdatesMulti,
    CancelPnL,
    CancelPnLSingle,
    CancelPositions,
    CancelPositionsMulti,
    PnL,
    PnLRequest,
    PnLSingle,
    PnLSingleRequest,
    PortfolioValue,
    Position,
    PositionEnd,
    PositionMulti,
    PositionMultiEnd,
    PositionsMultiRequest,
    PositionsRequest,
)
from ibfast.schema.declare import Message
from ibfast.session.connection import Connection
from ibfast.streams.shared import SharedSubscription
from ibfast.streams.snapshot import Snapshot
from ibfast.streams.updates import RequestSource, Updates

T = TypeVar("T")

Update = AccountFigure | PortfolioValue | AccountUpdateTime


class AccountSubscription(SharedSubscription):
    """The updates of one account at a time, as TWS has it."""

    account = ""

    def accepts(self, message: Message) -> bool:
        name = getattr(message, "account_name", None)
        return super().accepts(message) and (not self.account or name in (None, self.account))


class AccountSource:
    """An account for that feed."""

    def __init__(self, feed: AccountSubscription, account: str) -> None:
        self.connection = feed.connection
        self.feed = feed
        self.account = account

    @property
    def request(self) -> Message:
        """What begins it."""
        return AccountDataRequest(subscribe=True, acct_code=self.account or None)

    def join(self, stream: Updates[Any]) -> int:
        asked, over = (AccountDataRequest(subscribe=on, acct_code=self.account or None) for on in (True, False))
        self.feed.retarget(asked, over)
        self.feed.account = self.account
        return self.feed.join(stream)

    def leave(self, stream: Updates[Any]) -> None:
        self.feed.leave(stream)


class SharedLock:
    """Who want the same go together, others after them."""

    def __init__(self) -> None:
        self._whose: object = None
        self._users = 0
        self._free = asyncio.Event()

    @asynccontextmanager
    async def of(self, whose: object) -> AsyncIterator[None]:
        """The turn for something, once nobody is at something else."""
        while self._users and self._whose != whose:
            self._free.clear()
            await self._free.wait()
        self._whose = whose
        self._users += 1
        try:
            yield
        finally:
            self._users -= 1
            if not self._users:
                self._free.set()


class AccountRequests(Requests):
    """What accounts hold, are worth, gain and lose."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._positions = SharedSubscription(
            connection,
            PositionsRequest(),
            CancelPositions(),
            (Position,),
            end=PositionEnd,
            snapshot=Snapshot(_position_key),
        )
        self._account_feed = AccountSubscription(
            connection,
            AccountDataRequest(subscribe=True),
            AccountDataRequest(subscribe=False),
            (AccountValue, PortfolioValue, AccountUpdateTime),
            end=AccountDataEnd,
            snapshot=_snapshot_of_account(_update),
        )
        self._account_lock = SharedLock()

    async def account_summary(
        self, tags: str | Iterable[str] = AccountTag, *, group: str = "All"
    ) -> list[AccountFigure]:
        """Figures of all accounts, or of a ``group`` of an advisor's: see `ibfast.AccountTag`, "$LEDGER:ALL" for cash.

        Raises:
            RequestError: ``code`` 321, an unknown tag or group; 322, two summaries are open already.
        """
        async with self.account_summary_updates(tags, group=group) as stream:
            return (await stream.complete()).snapshot

    def account_summary_updates(
        self, tags: str | Iterable[str] = AccountTag, *, group: str = "All"
    ) -> Updates[AccountFigure]:
        """As `account_summary`, and what changes from then on, every three minutes. TWS allows two at a time."""
        names = [tags] if isinstance(tags, str) else list(map(str, tags))
        if not names:
            raise ValueError("tags: name at least one")
        request = AccountSummaryRequest(group=group, tags=",".join(names))
        source = RequestSource(self._connection, request, CancelAccountSummary)
        return Updates(source, figure_of, AccountSummaryEnd, Snapshot(figure_key, repeats=may_repeat))

    async def account_values(self, account: str = "") -> AccountSnapshot:
        """All figures and the portfolio of one account; it may be left out where the login has only one.

        TWS follows one account at a time: several of these wait for each other.

        Raises:
            ValueError: `account_updates` follow another account.
        """
        async with self._account_lock.of(account), self.account_updates(account) as stream:
            parts = (await stream.complete()).snapshot
        figures = [part for part in parts if isinstance(part, AccountFigure)]
        rows = [part for part in parts if isinstance(part, PortfolioValue)]
        time = next((part.time_stamp for part in parts if isinstance(part, AccountUpdateTime)), None)
        return AccountSnapshot(next((figure.account for figure in figures), account), figures, rows, time)

    def account_updates(self, account: str = "") -> Updates[Update]:
        """All figures and the portfolio of one account, and what changes from then on: at once after a trade, else
        every three minutes.

        Any number of streams may follow the same account; `account_updates_multi` follow several.

        Raises:
            ValueError: on entering, another account is followed.
        """
        return Updates(
            AccountSource(self._account_feed, account), _update, AccountDataEnd, _snapshot_of_account(_identity)
        )

    async def account_values_multi(
        self, account: str = "", model_code: str = "", *, ledger_and_nlv: bool = False
    ) -> list[AccountFigure]:
        """The figures of one account or model; ``ledger_and_nlv`` for cash and net liquidation value alone."""
        async with self.account_updates_multi(account, model_code, ledger_and_nlv=ledger_and_nlv) as stream:
            return (await stream.complete()).snapshot

    def account_updates_multi(
        self, account: str = "", model_code: str = "", *, ledger_and_nlv: bool = False
    ) -> Updates[AccountFigure]:
        """As `account_values_multi`, and what changes from then on."""
        request = AccountUpdatesMultiRequest(
            account=account or None, model_code=model_code or None, ledger_and_nlv=ledger_and_nlv
        )
        source = RequestSource(self._connection, request, CancelAccountUpdatesMulti)
        return Updates(source, figure_of, AccountUpdateMultiEnd, Snapshot(figure_key, repeats=may_repeat))

    async def positions(self) -> list[Position]:
        """The positions of all accounts; those closed today with a position of 0."""
        async with self.position_updates() as stream:
            await stream.complete()
            return stream.snapshot

    def position_updates(self) -> Updates[Position]:
        """As `positions`, and what changes from then on. Any number of these are one subscription to TWS."""
        return Updates(self._positions, _identity, PositionEnd, Snapshot(_position_key))

    async def positions_multi(self, account: str = "", model_code: str = "") -> list[PositionMulti]:
        """The positions of one account or model."""
        async with self.positions_multi_updates(account, model_code) as stream:
            return (await stream.complete()).snapshot

    def positions_multi_updates(self, account: str = "", model_code: str = "") -> Updates[PositionMulti]:
        """As `positions_multi`, and what changes from then on."""
        request = PositionsMultiRequest(account=account or None, model_code=model_code or None)
        source = RequestSource(self._connection, request, CancelPositionsMulti)
        return Updates(source, _identity, PositionMultiEnd, Snapshot(_position_key))

    def pnl(self, account: str, model_code: str = "") -> Updates[PnL]:
        """Daily, unrealized and realized profit and loss of an account, about once a second while it changes."""
        request = PnLRequest(account=account, model_code=model_code or None)
        return Updates(RequestSource(self._connection, request, CancelPnL), _identity)

    async def portfolio(self) -> Portfolio:
        """A mirror of positions, figures, profit and loss and open orders that is kept up until it is closed.

        It takes one of the two account summaries that TWS allows at a time.
        """
        names = list(self._session.accounts)
        mirror = Portfolio(
            names, self.position_updates(), self.account_summary_updates([*AccountTag, f"{LEDGER}:ALL"]),
            {name: self.pnl(name) for name in names}, lambda: list(self._session.trades),
        )  # fmt: skip
        return await mirror._subscribe()

    def pnl_single(self, account: str, con_id: int, model_code: str = "") -> Updates[PnLSingle]:
        """Profit and loss of one position of an account, about once a second while it changes."""
        request = PnLSingleRequest(account=account, model_code=model_code or None, con_id=con_id)
        return Updates(RequestSource(self._connection, request, CancelPnLSingle), _identity)


def _identity(message: T) -> T:
    return message


def _update(message: AccountValue | PortfolioValue | AccountUpdateTime) -> Update:
    return figure_of(message) if isinstance(message, AccountValue) else message


def _snapshot_of_account(row_of: Callable[[Any], Update]) -> Snapshot[Any]:
    """For the rows of an account, or for the messages of which ``row_of`` makes them."""
    return Snapshot(lambda item: _row_key(row_of(item)), repeats=lambda item: _row_may_repeat(row_of(item)))


def _row_key(row: Update) -> Hashable:
    if isinstance(row, AccountFigure):
        return figure_key(row)
    if isinstance(row, PortfolioValue):
        return row.account_name, row.contract.con_id if row.contract is not None else None
    return AccountUpdateTime


def _row_may_repeat(row: Update) -> bool:
    return isinstance(row, AccountFigure) and may_repeat(row)


def _position_key(held: Any) -> Hashable:
    return held.account, getattr(held, "model_code", None), held.contract.con_id if held.contract is not None else None
