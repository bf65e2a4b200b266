"""When and at what price an order trades against the quotes of its instrument."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from ibfast.simulator.quotes import QuoteModel, Range
from ibfast.simulator.working import LIMITS, TRAILING, WorkingOrder

PIECES = 4  # a large order fills in about this many


@dataclass(frozen=True, slots=True)
class Deal:
    """What an order gets: a price in ticks and what is there at that price."""

    ticks: int
    shares: Decimal
    makes: bool  # it rested and was taken, rather than taking


def match(working: WorkingOrder, model: QuoteModel, now_ns: int) -> Deal | None:
    """What ``working`` can trade for, looking at every quote since it was last looked at; moves and triggers stops."""
    arrives = working.matched_to_ns == 0
    seen = model.stretch(now_ns - 1 if arrives else working.matched_to_ns, now_ns)
    working.matched_to_ns = now_ns
    if working.waits_for_stop and not _triggers(working, seen):
        return None
    limit = limit_ticks(working)
    now = seen.last_ask if working.is_buy else seen.last_bid
    best = seen.low_ask if working.is_buy else seen.high_bid
    sign = 1 if working.is_buy else -1
    if limit is None or now * sign <= limit * sign:
        return Deal(now, _available(working, seen), makes=False)
    if not arrives and best * sign <= limit * sign:
        return Deal(limit, _available(working, seen), makes=True)
    return None


def limit_ticks(working: WorkingOrder) -> int | None:
    """The limit price, None for an order without one."""
    if working.order.order_type not in LIMITS:
        return None
    if working.order.order_type == "TRAIL LIMIT":
        offset = to_ticks(working, working.order.lmt_price_offset or 0.0)
        return working.stop_ticks + (offset if working.is_buy else -offset)
    return to_ticks(working, working.order.lmt_price or 0.0)


def to_ticks(working: WorkingOrder, price: float) -> int:
    return round(price / float(working.instrument.tick))


def start_stop(working: WorkingOrder, model: QuoteModel, now_ns: int) -> None:
    """Set a stop where it begins; a trailing one a distance from the market, unless its order says where."""
    order = working.order
    if order.order_type in ("STP", "STP LMT"):
        working.stop_ticks = to_ticks(working, order.aux_price or 0.0)
    elif order.trail_stop_price:
        working.stop_ticks = to_ticks(working, order.trail_stop_price)
    else:
        seen = model.stretch(now_ns - 1, now_ns)
        market = seen.last_ask if working.is_buy else seen.last_bid
        working.stop_ticks = market + _distance(working, market) * (1 if working.is_buy else -1)


def _triggers(working: WorkingOrder, seen: Range) -> bool:
    """A stop is met by trades, which happen at the bid and at the ask."""
    if working.is_buy:
        working.triggered = seen.high_ask >= working.stop_ticks
    else:
        working.triggered = seen.low_bid <= working.stop_ticks
    if not working.triggered and working.order.order_type in TRAILING:
        if working.is_buy:
            working.stop_ticks = min(working.stop_ticks, seen.low_ask + _distance(working, seen.low_ask))
        else:
            working.stop_ticks = max(working.stop_ticks, seen.high_bid - _distance(working, seen.high_bid))
    return working.triggered


def _distance(working: WorkingOrder, market: int) -> int:
    percent = working.order.trailing_percent
    return round(market * percent / 100) if percent else to_ticks(working, working.order.aux_price or 0.0)


def _available(working: WorkingOrder, seen: Range) -> Decimal:
    there = Decimal(repr(seen.ask_size if working.is_buy else seen.bid_size))
    step = Decimal(working.instrument.details.get("size_increment", "1"))
    piece = (working.quantity / PIECES / step).to_integral_value(ROUND_CEILING) * step
    return min(working.remaining, max(there, piece))
