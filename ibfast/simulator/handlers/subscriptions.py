"""What every kind of subscription shares: ids that are in use, rights, cancels."""

from __future__ import annotations

from ibfast.simulator.market.universe import Instrument
from ibfast.simulator.session import SimulatorSession
from ibfast.simulator.streams.ticks import Subscription


def is_free(session: SimulatorSession, req_id: int) -> bool:
    """Whether no subscription has this id; the client is told if one has."""
    if req_id in session.pump.streams or req_id in session.tasks:
        session.refuse(req_id, 322, f"Error processing request.-'sim' : cause - Duplicate ticker id {req_id}")
        return False
    return True


def cancel(session: SimulatorSession, req_id: int, *kinds: type[Subscription]) -> bool:
    """End a subscription of one of these kinds; whether there was one, which the client is told if not."""
    if isinstance(session.pump.streams.get(req_id), kinds):
        return session.pump.remove(req_id)
    session.refuse(req_id, 300, f"Can't find EId with tickerId:{req_id}")
    return False


def no_rights(instrument: Instrument) -> str:
    """Why there are no data, as several refusals end."""
    return f"No market data permissions for {instrument.contract['exchange']} {instrument.contract['sec_type']}"


def lacks(instrument: Instrument, shown: str) -> bool:
    """Whether there is no such data of this instrument: quotes of an index, trades of a currency."""
    if shown in ("TRADES", "Last", "AllLast"):
        return instrument.contract["sec_type"] in ("CASH", "CMDTY")
    return not instrument.model.two_sided
