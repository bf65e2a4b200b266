"""Display groups: what the windows of TWS show, seven colours of them."""

from __future__ import annotations

from ibfast.schema import (
    DisplayGroupList,
    DisplayGroupUpdated,
    QueryDisplayGroupsRequest,
    SubscribeToGroupEventsRequest,
    UnsubscribeFromGroupEventsRequest,
    UpdateDisplayGroupRequest,
)
from ibfast.simulator.handlers.registry import answers
from ibfast.simulator.handlers.subscriptions import cancel, is_free
from ibfast.simulator.market.universe import Universe
from ibfast.simulator.refusals import invalid
from ibfast.simulator.session import SimulatorSession
from ibfast.simulator.streams.ticks import Subscription


class DisplayGroupStream(Subscription):
    """Told whenever its group shows something else."""

    def __init__(self, req_id: int, group_id: int) -> None:
        super().__init__(req_id)
        self.group_id = group_id


@answers(QueryDisplayGroupsRequest)
def query_display_groups(session: SimulatorSession, request: QueryDisplayGroupsRequest) -> None:
    groups = "|".join(str(group) for group in session.gateway.display_groups)
    session.send(DisplayGroupList(req_id=request.req_id, groups=groups))


@answers(SubscribeToGroupEventsRequest)
def subscribe_to_group_events(session: SimulatorSession, request: SubscribeToGroupEventsRequest) -> None:
    req_id, group_id = request.req_id or 0, request.group_id or 0
    shown = session.gateway.display_groups.get(group_id)
    if shown is None:
        session.refuse(req_id, *invalid(f"Invalid display group {group_id}"))
    elif is_free(session, req_id):
        session.pump.add(DisplayGroupStream(req_id, group_id))
        session.send(DisplayGroupUpdated(req_id=req_id, contract_info=shown))


@answers(UpdateDisplayGroupRequest)
def update_display_group(session: SimulatorSession, request: UpdateDisplayGroupRequest) -> None:
    req_id, shown = request.req_id or 0, request.contract_info or ""
    own = session.pump.streams.get(req_id)
    if not isinstance(own, DisplayGroupStream):
        session.refuse(req_id, *invalid(f"No display group is subscribed to by request {req_id}"))
        return
    if not _can_be_shown(shown, session.gateway.market.universe):
        session.refuse(req_id, *invalid(f"Invalid contract info {shown}"))
        return
    session.gateway.display_groups[own.group_id] = shown
    for other in session.gateway.clients.values():
        for stream in other.pump.streams.values():
            if isinstance(stream, DisplayGroupStream) and stream.group_id == own.group_id:
                other.send(DisplayGroupUpdated(req_id=stream.req_id, contract_info=shown))


@answers(UnsubscribeFromGroupEventsRequest)
def unsubscribe_from_group_events(session: SimulatorSession, request: UnsubscribeFromGroupEventsRequest) -> None:
    cancel(session, request.req_id or 0, DisplayGroupStream)


def _can_be_shown(shown: str, universe: Universe) -> bool:
    con_id = shown.partition("@")[0]
    return shown in ("none", "combo") or (con_id.isdecimal() and universe.by_con_id(int(con_id)) is not None)
