"""When and at what price an order trades against the quotes of its instrument."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from ibfast.simulator.market.market import Market
from ibfast.simulator.market.quotes import Range
from ibfast.simulator.orders.pricing import freeze, level_left, limit_ticks, to_ticks
from ibfast.simulator.orders.working_order import ON_CLOSE, ON_OPEN, TOUCHED, TRAILING, Resting, WorkingOrder

PIECES = 4  # a large order fills in about this many
PERCENT = 100  # the unit of a trailing amount that a stop is adjusted to


@dataclass(frozen=True, slots=True)
class Match:
    """What an order gets: a price in ticks and what is there at that price."""

    ticks: int
    shares: Decimal
    makes: bool  # it rested and was taken, rather than taking


def match(working: WorkingOrder, market: Market, now_ns: int) -> Match | None:
    """What ``working`` can trade for, looking at every quote since it was last looked at; moves and triggers stops."""
    arrives = working.matched_to_ns == 0
    model = market.model(working.instrument)
    seen = model.stretch(now_ns - 1 if arrives else working.matched_to_ns, now_ns)
    working.matched_to_ns = now_ns
    _adjust(working, seen)
    if working.waits_for_stop and not _triggers(working, seen):
        return None
    if not working.frozen:
        freeze(working, seen, market)
        working.frozen = True
    limit = limit_ticks(working, seen, market)
    now = seen.last_ask if working.is_buy else seen.last_bid
    best = seen.low_ask if working.is_buy else seen.high_bid
    sign = working.sign
    if limit is None or now * sign <= (limit * sign + _discretion(working)):
        return _deal(working, now, seen, makes=False)
    if not arrives and best * sign <= limit * sign:
        return _deal(working, limit, seen, makes=True)
    return None


def resting(working: WorkingOrder, market: Market) -> Resting | None:
    """How a plain limit order rests once it has been matched in vain; None for what depends on more than the quotes."""
    order = working.order
    depends_on_more = (
        working.auction_ns or working.exercise or working.limit_at is not None or order.conditions
        or order.discretionary_amt or order.stock_range_lower or order.stock_range_upper or order.scale_init_level_size
    )  # fmt: skip
    if order.order_type != "LMT" or working.status != "Submitted" or depends_on_more:
        return None
    return Resting(order, market.model(working.instrument), to_ticks(working, order.lmt_price or 0.0))


def rests_on(working: WorkingOrder, now_ns: int) -> bool:
    """Whether no quote since the order was last looked at has come to its limit. All that rest share one walk."""
    resting = working.resting
    if resting is None or resting.order is not working.order or 0 < working.ends_ns <= now_ns:
        return False
    seen = resting.model.stretch(working.matched_to_ns, now_ns)
    if seen.low_ask <= resting.limit if working.is_buy else seen.high_bid >= resting.limit:
        return False
    working.matched_to_ns = now_ns
    return True


def auction(working: WorkingOrder, market: Market, now_ns: int) -> Match | None:
    """What an order for an auction gets: everything at its price, or nothing."""
    seen = market.model(working.instrument).stretch(now_ns - 1, now_ns)
    limit = limit_ticks(working, seen, market)
    price = seen.last_ask if working.is_buy else seen.last_bid
    if limit is not None and price * working.sign > limit * working.sign:
        return None
    return Match(price, working.remaining, makes=False)


def is_for_auction(working: WorkingOrder) -> bool:
    return working.order.order_type in ON_CLOSE or working.order.tif in ON_OPEN


def start_stop(working: WorkingOrder, market: Market, now_ns: int) -> None:
    """Set a stop where it begins; a trailing one a distance from the market, unless its order says where."""
    order = working.order
    if order.order_type in ("STP", "STP LMT", "STP PRT", "MIT", "LIT"):
        working.stop_ticks = to_ticks(working, order.aux_price or 0.0)
    elif order.order_type in TRAILING:
        if order.trail_stop_price:
            working.stop_ticks = to_ticks(working, order.trail_stop_price)
            return
        seen = market.model(working.instrument).stretch(now_ns - 1, now_ns)
        at = seen.last_ask if working.is_buy else seen.last_bid
        away = -working.sign if order.order_type in TOUCHED else working.sign
        working.stop_ticks = at + away * _distance(working, at)


def _triggers(working: WorkingOrder, seen: Range) -> bool:
    """A stop is met by trades, which happen at the bid and at the ask."""
    touched = working.order.order_type in TOUCHED
    if working.is_buy:
        working.triggered = seen.low_ask <= working.stop_ticks if touched else seen.high_ask >= working.stop_ticks
    else:
        working.triggered = seen.high_bid >= working.stop_ticks if touched else seen.low_bid <= working.stop_ticks
    if not working.triggered and working.order.order_type in TRAILING:
        _trail(working, seen, touched)
    return working.triggered


def _trail(working: WorkingOrder, seen: Range, touched: bool) -> None:
    """Follow the market; never back."""
    if working.is_buy and touched:
        working.stop_ticks = max(working.stop_ticks, seen.high_ask - _distance(working, seen.high_ask))
    elif working.is_buy:
        working.stop_ticks = min(working.stop_ticks, seen.low_ask + _distance(working, seen.low_ask))
    elif touched:
        working.stop_ticks = min(working.stop_ticks, seen.low_bid + _distance(working, seen.low_bid))
    else:
        working.stop_ticks = max(working.stop_ticks, seen.high_bid - _distance(working, seen.high_bid))


def _adjust(working: WorkingOrder, seen: Range) -> None:
    """Make a stop another one once the market has reached the price for that."""
    order = working.order
    kind = order.adjusted_order_type
    if kind in (None, "", "None") or not working.waits_for_stop or not order.trigger_price:
        return
    trigger = to_ticks(working, order.trigger_price)
    if seen.low_ask > trigger if working.is_buy else seen.high_bid < trigger:
        return
    percent = order.adjustable_trailing_unit == PERCENT
    amount = order.adjusted_trailing_amount
    trails = kind in TRAILING
    working.order = order.replace(
        order_type=kind, adjusted_order_type="None",
        aux_price=(None if percent else amount) if trails else order.adjusted_stop_price,
        trailing_percent=amount if trails and percent else None,
        trail_stop_price=order.adjusted_stop_price if trails else order.trail_stop_price,
        lmt_price=order.adjusted_stop_limit_price if order.adjusted_stop_limit_price is not None else order.lmt_price,
    )  # fmt: skip
    working.stop_ticks = to_ticks(working, order.adjusted_stop_price or 0.0)


def _distance(working: WorkingOrder, at: int) -> int:
    percent = working.order.trailing_percent
    return round(at * percent / 100) if percent else to_ticks(working, working.order.aux_price or 0.0)


def _discretion(working: WorkingOrder) -> int:
    """How many ticks the order goes beyond its limit to take what is there."""
    return to_ticks(working, working.order.discretionary_amt or 0.0)


def _deal(working: WorkingOrder, ticks: int, seen: Range, *, makes: bool) -> Match | None:
    shares = _available(working, seen)
    least = Decimal(working.order.min_qty or 0) if not working.filled else Decimal(0)
    if working.order.all_or_none:
        shares = working.remaining
    return Match(ticks, max(shares, min(least, working.remaining)), makes)


def _available(working: WorkingOrder, seen: Range) -> Decimal:
    """What is there: at least a quarter of the order, at most what it shows or works at a time."""
    there = Decimal(repr(seen.ask_size if working.is_buy else seen.bid_size))
    step = Decimal(working.instrument.details.get("size_increment", "1"))
    piece = (working.quantity / PIECES / step).to_integral_value(ROUND_CEILING) * step
    most = [working.remaining, max(there, piece)]
    most += [Decimal(size) for size in (working.order.display_size, level_left(working)) if size]
    return min(most)
