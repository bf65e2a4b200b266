"""Requests about the session itself."""

from __future__ import annotations

from datetime import UTC, datetime

from ibfast.requests.base import Requests
from ibfast.schema import CurrentTime, CurrentTimeRequest, ManagedAccounts, ManagedAccountsRequest


class SessionRequests(Requests):
    """The gateway's clock, the accounts of the login."""

    @property
    def accounts(self) -> list[str]:
        """The accounts of the login, as the gateway last said."""
        return list(self._talk.accounts)

    async def current_time(self) -> datetime:
        """The gateway's clock, to the second."""
        answer = await self._connection.ask_shared(CurrentTimeRequest(), CurrentTime)
        return datetime.fromtimestamp(answer.current_time or 0, UTC)

    async def managed_accounts(self) -> list[str]:
        """The accounts of the login, asked for anew."""
        await self._connection.ask_shared(ManagedAccountsRequest(), ManagedAccounts)
        return self.accounts
