"""Live data: L1, snapshots, tick by tick."""

from ibfast.schema import (
    CancelMarketData,
    CancelTickByTick,
    MarketDataRequest,
    MarketDataTypeRequest,
    TickByTickRequest,
    TickSnapshotEnd,
)
from ibfast.simulator.answers import answers
from ibfast.simulator.refusals import invalid
from ibfast.simulator.session import SimulatorSession
from ibfast.simulator.streams import TICK_BY_TICK, L1Stream, tick_by_tick


@answers(MarketDataTypeRequest)
def market_data_type(session: SimulatorSession, request: MarketDataTypeRequest) -> None:
    """The simulated account has live data for everything, so a client that accepts delayed data gets live data too."""
    session.market_data_type = 1


@answers(MarketDataRequest)
def market_data(session: SimulatorSession, request: MarketDataRequest) -> None:
    req_id = request.req_id or 0
    if not _is_free(session, req_id):
        return
    instrument = session.find_one(req_id, request.contract)
    if instrument is None:
        return
    stream = L1Stream(req_id, instrument, session.gateway.market)
    for message in stream.opening(session.market_data_type):
        session.send(message)
    if request.snapshot or request.regulatory_snapshot:
        session.send(TickSnapshotEnd(req_id=req_id))
    else:
        session.pump.add(stream)


@answers(CancelMarketData)
def cancel_market_data(session: SimulatorSession, request: CancelMarketData) -> None:
    _cancel(session, request.req_id or 0)


@answers(TickByTickRequest)
def tick_by_tick_data(session: SimulatorSession, request: TickByTickRequest) -> None:
    req_id = request.req_id or 0
    if request.tick_type not in TICK_BY_TICK:
        session.refuse(req_id, *invalid("Please enter a valid tick-by-tick type"))
        return
    if not _is_free(session, req_id):
        return
    instrument = session.find_one(req_id, request.contract)
    if instrument is None:
        return
    if not instrument.model.two_sided and request.tick_type in ("BidAsk", "MidPoint"):
        text = f"No market data permissions for {instrument.contract['exchange']} {instrument.contract['sec_type']}"
        session.refuse(req_id, 10189, f"Failed to request tick-by-tick data.{text}")
        return
    session.pump.add(tick_by_tick(request.tick_type, req_id, instrument, session.gateway.market))


@answers(CancelTickByTick)
def cancel_tick_by_tick(session: SimulatorSession, request: CancelTickByTick) -> None:
    _cancel(session, request.req_id or 0)


def _is_free(session: SimulatorSession, req_id: int) -> bool:
    if req_id in session.pump.streams:
        session.refuse(req_id, 322, f"Error processing request.-'sim' : cause - Duplicate ticker id {req_id}")
        return False
    return True


def _cancel(session: SimulatorSession, req_id: int) -> None:
    if not session.pump.remove(req_id):
        session.refuse(req_id, 300, f"Can't find EId with tickerId:{req_id}")
