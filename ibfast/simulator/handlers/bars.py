"""Bars of five seconds, live."""

from ibfast.schema import CancelRealTimeBars, RealTimeBarsRequest
from ibfast.simulator.handlers.registry import answers
from ibfast.simulator.handlers.subscriptions import cancel, is_free, lacks, no_rights
from ibfast.simulator.refusals import invalid
from ibfast.simulator.session import SimulatorSession
from ibfast.simulator.streams.live_bars import RealTimeBars

SHOWN = ("TRADES", "MIDPOINT", "BID", "ASK")


@answers(RealTimeBarsRequest)
def real_time_bars(session: SimulatorSession, request: RealTimeBarsRequest) -> None:
    """From the next full five seconds on; the bar size that is asked for means nothing, as with TWS."""
    req_id, shown = request.req_id or 0, request.what_to_show or ""
    if shown not in SHOWN:
        session.refuse(req_id, *invalid(f"Please enter a valid what-to-show: {shown}"))
        return
    if not is_free(session, req_id):
        return
    instrument = session.find_one(req_id, request.contract)
    if instrument is None:
        return
    if not instrument.live or lacks(instrument, shown):
        session.refuse(req_id, 420, f"Invalid Real-time Query:{no_rights(instrument)}")
        return
    session.pump.add(RealTimeBars(req_id, instrument, session.gateway.market, shown, bool(request.use_rth)))


@answers(CancelRealTimeBars)
def cancel_real_time_bars(session: SimulatorSession, request: CancelRealTimeBars) -> None:
    cancel(session, request.req_id or 0, RealTimeBars)
