"""Display groups: the coloured links between TWS's windows."""

from __future__ import annotations

from ibfast.requests.base import Requests
from ibfast.schema import (
    DisplayGroupUpdated,
    QueryDisplayGroupsRequest,
    SubscribeToGroupEventsRequest,
    UnsubscribeFromGroupEventsRequest,
    UpdateDisplayGroupRequest,
)
from ibfast.schema.contract import Contract
from ibfast.streams.updates import RequestSource, Updates


class DisplayGroupRequests(Requests):
    """Following what TWS shows, and choosing it."""

    async def display_groups(self) -> list[int]:
        """The display groups that TWS has, the most used first."""
        answer = await self._connection.ask(QueryDisplayGroupsRequest())
        return [int(group) for group in (answer.parts[0].groups or "").split("|") if group.strip().isdecimal()]

    def display_group_updates(self, group_id: int) -> Updates[str]:
        """What a display group shows, now and whenever that changes: "8314@SMART", "none" or "combo"."""
        request = SubscribeToGroupEventsRequest(group_id=group_id)
        return Updates(RequestSource(self._connection, request, UnsubscribeFromGroupEventsRequest), _shown)

    async def update_display_group(self, group: Updates[str], contract: Contract | str) -> None:
        """Make the group that a stream of `display_group_updates` follows show a contract, "none" or "combo".

        Raises:
            ValueError: the contract has no con_id, or the stream is not open.
        """
        if not group.req_id or group.is_closed:
            raise ValueError("group: its stream is not open")
        if isinstance(contract, Contract):
            if not contract.con_id:
                raise ValueError("contract: a display group needs its con_id")
            contract = f"{contract.con_id}@{contract.exchange or 'SMART'}"
        self._connection.send(UpdateDisplayGroupRequest(req_id=group.req_id, contract_info=contract))


def _shown(message: DisplayGroupUpdated) -> str:
    return message.contract_info or ""
