"""The Wall Street Horizon calendar."""

import json
from datetime import date, datetime, timedelta
from typing import Any

from ibfast.schema import (
    CancelWshEventData,
    CancelWshMetaData,
    WshEventData,
    WshEventDataRequest,
    WshMetaData,
    WshMetaDataRequest,
)
from ibfast.simulator.handlers.registry import answers
from ibfast.simulator.market import wsh
from ibfast.simulator.market.universe import Instrument
from ibfast.simulator.session import SimulatorSession

AHEAD = timedelta(days=182)


@answers(WshMetaDataRequest)
def wsh_meta_data(session: SimulatorSession, request: WshMetaDataRequest) -> None:
    session.knows_wsh = True
    session.send(WshMetaData(req_id=request.req_id, data_json=wsh.metadata()))


@answers(CancelWshMetaData)
def cancel_wsh_meta_data(session: SimulatorSession, request: CancelWshMetaData) -> None:
    """Answers are complete before a cancel can arrive."""


@answers(WshEventDataRequest)
def wsh_event_data(session: SimulatorSession, request: WshEventDataRequest) -> None:
    """Events of one contract, or of those that a filter names; only once the metadata have been asked for."""
    req_id = request.req_id or 0
    if not session.knows_wsh:
        session.refuse(req_id, 10282, "WSH metadata is not requested.")
        return
    try:
        chosen = _filter(request.filter)
        instruments = _instruments(session, request, chosen)
        first = _day(request.start_date) or session.gateway.market.today()
        last = _day(request.end_date) or first + AHEAD
    except ValueError as error:
        session.refuse(req_id, 10283, f"Failed to request WSH event data.{error}")
        return
    tags = [tag for tag in wsh.EVENT_TYPES if str(chosen.get(tag, "")).lower() == "true"] or list(wsh.EVENT_TYPES)
    limit = request.total_limit or int(chosen.get("limit", wsh.MOST))
    found = wsh.events(instruments, tags, first, last, limit)
    session.send(WshEventData(req_id=req_id, data_json=json.dumps(found)))


@answers(CancelWshEventData)
def cancel_wsh_event_data(session: SimulatorSession, request: CancelWshEventData) -> None:
    """Answers are complete before a cancel can arrive."""


def _filter(text: str | None) -> dict[str, Any]:
    made = json.loads(text) if text else {}
    if not isinstance(made, dict):
        raise ValueError("The filter is not a JSON object")
    return made


def _instruments(session: SimulatorSession, request: WshEventDataRequest, chosen: dict[str, Any]) -> list[Instrument]:
    universe = session.gateway.market.universe
    if request.con_id and chosen:
        raise ValueError("Either a contract or a filter, not both")
    wanted = [request.con_id] if request.con_id else [int(item) for item in chosen.get("watchlist", [])]
    if request.fill_portfolio:
        wanted += [holding.con_id for holding in session.gateway.account.holdings]
    if not wanted:
        return [instrument for instrument in universe.instruments() if instrument.contract["sec_type"] == "STK"]
    found = [universe.by_con_id(con_id) for con_id in wanted]
    return [item for item in found if item is not None and item.contract["sec_type"] == "STK"]


def _day(text: str | None) -> date | None:
    return datetime.strptime(text, "%Y%m%d").date() if text else None
