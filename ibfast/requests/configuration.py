"""The configuration of TWS."""

from __future__ import annotations

from collections.abc import Iterable

from ibfast.requests.base import Requests
from ibfast.schema import (
    ApiConfig,
    ConfigRequest,
    ConfigResponse,
    LockAndExitConfig,
    MessageConfig,
    OrdersConfig,
    UpdateConfigRequest,
    UpdateConfigResponse,
    UpdateConfigWarning,
)


class ConfigurationRequests(Requests):
    """Reading and changing how TWS is set up."""

    async def configuration(self) -> ConfigResponse:
        """How TWS is set up: its API, its orders, its messages, when it logs off.

        Raises:
            VersionError: the server is older than 219.
        """
        answer = await self._connection.ask(ConfigRequest())
        return answer.parts[0]  # type: ignore[no-any-return]

    async def update_configuration(
        self,
        *,
        api: ApiConfig | None = None,
        orders: OrdersConfig | None = None,
        lock_and_exit: LockAndExitConfig | None = None,
        messages: Iterable[MessageConfig] = (),
        accepted_warnings: Iterable[UpdateConfigWarning] = (),
        reset_api_order_sequence: bool | None = None,
    ) -> UpdateConfigResponse:
        """Change what is set in what you pass, and leave the rest; the answer says what was changed.

        If it has ``warnings``, nothing was: pass them as ``accepted_warnings`` to go ahead.

        Raises:
            VersionError: the server is older than 221.
        """
        request = UpdateConfigRequest(
            api=api,
            orders=orders,
            lock_and_exit=lock_and_exit,
            messages=list(messages),
            accepted_warnings=list(accepted_warnings),
            reset_api_order_sequence=reset_api_order_sequence,
        )
        answer = await self._connection.ask(request)
        return answer.parts[0]  # type: ignore[no-any-return]
