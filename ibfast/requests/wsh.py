"""The Wall Street Horizon calendar of company events."""

from __future__ import annotations

from typing import Any

from ibfast.requests.base import Requests
from ibfast.schema import CancelWshEventData, CancelWshMetaData, WshMetaDataRequest
from ibfast.wsh import WshFilter, parsed


class WshRequests(Requests):
    """Company events; they need a subscription."""

    async def wsh_meta_data(self) -> dict[str, Any]:
        """Which events and filters the calendar has, as TWS's JSON. TWS wants this before the first `wsh_event_data`.

        Raises:
            RequestError: ``code`` 10276, no subscription to the calendar. VersionError: the server is too old.
        """
        answer = await self._connection.ask(WshMetaDataRequest(), cancel=CancelWshMetaData)
        return self._connection.read(parsed, answer.parts[0]) or {}

    async def wsh_event_data(self, events: WshFilter) -> list[dict[str, Any]]:
        """Events of the calendar, each as in TWS's JSON.

        Raises:
            RequestError: ``code`` 10276, no subscription to the calendar; 10282, `wsh_meta_data` comes first.
        """
        answer = await self._connection.ask(events.request(), cancel=CancelWshEventData)
        found = self._connection.read(parsed, answer.parts[0]) or []
        return found if isinstance(found, list) else [found]
