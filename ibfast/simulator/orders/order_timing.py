"""When an order begins, when it ends, and which auction it is for."""

from __future__ import annotations

from datetime import datetime

from ibfast.simulator.market.bars import BadTimeError, parse_time
from ibfast.simulator.market.trading_hours import Session
from ibfast.simulator.orders.matching import is_for_auction
from ibfast.simulator.orders.working_order import ON_OPEN, WorkingOrder

SECOND = 1_000_000_000
WEEK_S = 8 * 86400
MINUTE_S = 60


def set_times(working: WorkingOrder, now_s: int, *, keeps_hours: bool) -> None:
    """Work out from an order's words when it begins, ends, or meets its auction.

    ``keeps_hours``: outside of its hours it waits for them; otherwise the simulator trades around the clock.
    """
    order = working.order
    working.begins_ns = _time(order.good_after_time or order.active_start_time)
    working.auction_ns = _auction(working, now_s) * SECOND if is_for_auction(working) else 0
    if keeps_hours and not working.auction_ns:
        session = next_session(working, now_s, liquid=not order.outside_rth)
        if session.start > now_s:
            working.begins_ns = max(working.begins_ns, session.start * SECOND)
    working.ends_ns = _end(working, now_s) * SECOND


def next_session(working: WorkingOrder, now_s: int, *, liquid: bool) -> Session:
    """The session that runs, or the next one."""
    hours = working.instrument.hours
    return hours.between(now_s, now_s + WEEK_S, liquid)[0]


def time_refusal(text: str | None, what: str) -> tuple[int, str] | None:
    """Why a time cannot be read, None if it can or there is none."""
    try:
        _time(text)
    except BadTimeError:
        return 321, f"Error validating request.-'sim' : cause - Invalid {what}"
    return None


def _time(text: str | None) -> int:
    return parse_time(text) * SECOND if text else 0


def _end(working: WorkingOrder, now_s: int) -> int:
    """Seconds since 1970; 0 for an order that nothing ends."""
    order = working.order
    if order.tif == "GTD":
        return _time(order.good_till_date) // SECOND
    if order.tif == "Minutes":
        return now_s + (order.duration or 1) * MINUTE_S
    if order.tif == "GTC":
        return 0
    begins_s = max(now_s, working.begins_ns // SECOND, working.auction_ns // SECOND)
    session = working.instrument.hours.between(begins_s, begins_s + WEEK_S)[0]
    return session.end


def _auction(working: WorkingOrder, now_s: int) -> int:
    """When the next auction of the order's kind is."""
    opens = working.order.tif in ON_OPEN
    sessions = working.instrument.hours.between(now_s, now_s + WEEK_S, liquid=True)
    return next(at for at in (session.start if opens else session.end for session in sessions) if at > now_s)


def held_until(working: WorkingOrder, now_s: int) -> str:
    """The warning that an order has to wait for its exchange, empty if it has not."""
    begins_s = working.begins_ns // SECOND
    if begins_s <= now_s or working.order.good_after_time or working.order.active_start_time:
        return ""
    hours, contract = working.instrument.hours, working.contract
    at = datetime.fromtimestamp(begins_s, hours.zone)
    return (
        f"Order Message:\n{working.order.action} {working.quantity} {contract.local_symbol} {contract.trading_class}\n"
        f"Warning: Your order will not be placed at the exchange until {at:%Y-%m-%d %H:%M:%S} {hours.time_zone_id}"
    )
