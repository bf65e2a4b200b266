"""Requests about the session itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ibfast.requests.base import Requests
from ibfast.schema import (
    CurrentTime,
    CurrentTimeInMillis,
    CurrentTimeInMillisRequest,
    CurrentTimeRequest,
    ManagedAccounts,
    ManagedAccountsRequest,
    SetServerLogLevelRequest,
    UserInfoRequest,
)

_EPOCH = datetime.fromtimestamp(0, UTC)


class SessionRequests(Requests):
    """The gateway's clock, the accounts of the login."""

    @property
    def accounts(self) -> list[str]:
        """The accounts of the login, as the gateway last said."""
        return list(self._session.accounts)

    async def current_time(self) -> datetime:
        """The gateway's clock, to the second."""
        answer = await self._connection.ask_shared(CurrentTimeRequest(), CurrentTime)
        return self._connection.read(lambda item: datetime.fromtimestamp(item.current_time or 0, UTC), answer)

    async def current_time_in_ms(self) -> datetime:
        """The gateway's clock, to the millisecond.

        Raises:
            VersionError: the server is older than 197; `current_time` gives seconds.
        """
        answer = await self._connection.ask_shared(CurrentTimeInMillisRequest(), CurrentTimeInMillis)
        return self._connection.read(
            lambda item: _EPOCH + timedelta(milliseconds=item.current_time_in_millis or 0), answer
        )

    async def set_server_log_level(self, log_level: int) -> None:
        """How much TWS logs of this session: 1 system, 2 errors, 3 warnings, 4 information, 5 detail."""
        if log_level not in range(1, 6):
            raise ValueError(f"log_level: {log_level} is none of 1 system to 5 detail")
        self._connection.send(SetServerLogLevelRequest(log_level=log_level))

    async def user_info(self) -> str:
        """The white branding id of the login; empty where it has none."""
        answer = await self._connection.ask(UserInfoRequest())
        return answer.parts[0].white_branding_id or ""

    async def managed_accounts(self) -> list[str]:
        """The accounts of the login, asked for anew."""
        await self._connection.ask_shared(ManagedAccountsRequest(), ManagedAccounts)
        return self.accounts
