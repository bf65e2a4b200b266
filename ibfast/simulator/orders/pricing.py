"""The limit of an order now, in ticks: stated, pegged to a market, or frozen on arrival."""

from __future__ import annotations

import math
from collections.abc import Callable

from ibfast.simulator.market.black_scholes import greeks, years_left
from ibfast.simulator.market.market import Market
from ibfast.simulator.market.quotes import Range
from ibfast.simulator.orders.working_order import LIMITS, WorkingOrder

PROTECTION = 0.005  # of the price: how far a protected market order may go
TRADING_DAYS = 252
ANNUAL = 2
UP_TO_MIDPOINT = float("inf")


def limit_ticks(working: WorkingOrder, seen: Range, market: Market) -> int | None:
    """Where the order is limited now, None for one that takes the market."""
    order, kind = working.order, working.order.order_type or ""
    if working.limit_at is not None:
        return working.limit_at
    if kind in PEGGED:
        return _capped(working, _whole(working, PEGGED[kind](working, seen, market)))
    if kind in ("TRAIL LIMIT", "TRAIL LIT"):
        return _trailing_limit(working)
    if kind == "QUOTE" and not order.lmt_price:
        return None
    if kind not in LIMITS and not (kind == "MTL" and order.lmt_price):
        return None
    if order.scale_price_increment and order.scale_init_level_size:
        return to_ticks(working, order.lmt_price or 0.0) - working.sign * _level(working) * to_ticks(
            working, order.scale_price_increment
        )
    return to_ticks(working, order.lmt_price or 0.0)


def freeze(working: WorkingOrder, seen: Range, market: Market) -> None:
    """Set what an order takes from the market when it arrives and then keeps."""
    order, kind = working.order, working.order.order_type or ""
    working.limit_at = None
    if kind in ("PEG BENCH", "PEG STK"):
        working.reference = order.stock_ref_price or _followed(working, market)
    elif kind in SNAPPED:
        working.limit_at = _whole(working, SNAPPED[kind](working, seen))
    elif kind == "VOL" and not order.continuous_update:
        working.limit_at = _capped(working, _whole(working, _by_volatility(working, market)))
    elif kind in ("MKT PRT", "STP PRT"):
        working.limit_at = _whole(working, _other(working, seen) * (1 + working.sign * PROTECTION))


def out_of_range(working: WorkingOrder, market: Market) -> bool:
    """Whether the stock has left the range within which the order may work."""
    low, high = working.order.stock_range_lower, working.order.stock_range_upper
    if not low and not high:
        return False
    price = _followed(working, market)
    return bool((low and price < low) or (high and price > high))


def level_left(working: WorkingOrder) -> int | None:
    """What is left of the component that a scale order works, None if it is no scale order."""
    first = working.order.scale_init_level_size
    if not first or not working.order.scale_price_increment:
        return None
    filled = int(working.filled)
    if filled < first:
        return first - filled
    size = working.order.scale_subs_level_size or first
    return size - (filled - first) % size


def to_ticks(working: WorkingOrder, price: float) -> int:
    return round(price / float(working.instrument.tick))


def _level(working: WorkingOrder) -> int:
    first = working.order.scale_init_level_size or 1
    filled = int(working.filled)
    return 0 if filled < first else 1 + (filled - first) // (working.order.scale_subs_level_size or first)


def _trailing_limit(working: WorkingOrder) -> int:
    order = working.order
    if order.lmt_price_offset is None and order.lmt_price and order.trail_stop_price:
        offset = to_ticks(working, order.trail_stop_price) - to_ticks(working, order.lmt_price)
        return working.stop_ticks - offset
    return working.stop_ticks + working.sign * to_ticks(working, order.lmt_price_offset or 0.0)


def _capped(working: WorkingOrder, ticks: int) -> int:
    if not working.order.lmt_price:
        return ticks
    cap = to_ticks(working, working.order.lmt_price)
    return min(ticks, cap) if working.is_buy else max(ticks, cap)


def _whole(working: WorkingOrder, ticks: float) -> int:
    """The tick next to this price on the order's own side."""
    return math.floor(ticks + 1e-9) if working.is_buy else math.ceil(ticks - 1e-9)


def _own(working: WorkingOrder, seen: Range) -> int:
    return seen.last_bid if working.is_buy else seen.last_ask


def _other(working: WorkingOrder, seen: Range) -> int:
    return seen.last_ask if working.is_buy else seen.last_bid


def _mid(seen: Range) -> float:
    return (seen.last_bid + seen.last_ask) / 2


def _offset(working: WorkingOrder, base: float) -> float:
    """The order's offset in ticks: an amount, or a share of the price it is off."""
    if working.order.percent_offset:
        return base * working.order.percent_offset
    return to_ticks(working, working.order.aux_price or 0.0)


def _relative(working: WorkingOrder, seen: Range, market: Market) -> float:
    own = _own(working, seen)
    return own + working.sign * _offset(working, own)


def _passive(working: WorkingOrder, seen: Range, market: Market) -> float:
    own = _own(working, seen)
    return own - working.sign * _offset(working, own)


def _to_market(working: WorkingOrder, seen: Range, market: Market) -> float:
    return _other(working, seen) - working.sign * _offset(working, _other(working, seen))


def _to_midpoint(working: WorkingOrder, seen: Range, market: Market) -> float:
    return _mid(seen) - working.sign * (_mid_offset(working, seen) or _offset(working, _mid(seen)))


def _midprice(working: WorkingOrder, seen: Range, market: Market) -> float:
    return _mid(seen)


def _to_best(working: WorkingOrder, seen: Range, market: Market) -> float:
    offset = working.order.compete_against_best_offset or 0.0
    if offset == UP_TO_MIDPOINT:
        return _mid(seen) - working.sign * _mid_offset(working, seen)
    return _own(working, seen) + working.sign * to_ticks(working, offset)


def _mid_offset(working: WorkingOrder, seen: Range) -> float:
    order = working.order
    whole = (seen.last_bid + seen.last_ask) % 2 == 0
    return to_ticks(working, (order.mid_offset_at_whole if whole else order.mid_offset_at_half) or 0.0)


def _to_benchmark(working: WorkingOrder, seen: Range, market: Market) -> float:
    order = working.order
    steps = int((_followed(working, market) - working.reference) / (order.reference_change_amount or 1.0))
    change = steps * (order.pegged_change_amount or 0.0) * (-1 if order.is_pegged_change_amount_decrease else 1)
    return ((order.starting_price or 0.0) + change) / float(working.instrument.tick)


def _to_stock(working: WorkingOrder, seen: Range, market: Market) -> float:
    order = working.order
    option = working.instrument.option
    turn = -1 if option is not None and option.right == "P" else 1
    moved = (_followed(working, market) - working.reference) * abs(order.delta or 0.0) * turn
    return ((order.starting_price or 0.0) + moved) / float(working.instrument.tick)


def _volatility(working: WorkingOrder, seen: Range, market: Market) -> float:
    return _by_volatility(working, market)


def _by_volatility(working: WorkingOrder, market: Market) -> float:
    """What the option costs at the order's volatility, in ticks."""
    option, order = working.instrument.option, working.order
    assert option is not None
    yearly = (order.volatility or 0.0) / 100 * (1.0 if order.volatility_type == ANNUAL else math.sqrt(TRADING_DAYS))
    years = years_left(working.instrument, market.now_s())
    made = greeks(option.strike, option.right, years, _followed(working, market), max(yearly, 1e-4))
    return made.price / float(working.instrument.tick)


def _followed(working: WorkingOrder, market: Market) -> float:
    """The price of what the order follows: its benchmark, or the stock under its option."""
    if working.order.reference_contract_id:
        other = market.universe.by_con_id(working.order.reference_contract_id)
        if other is not None:
            return market.mid(other)
    return market.model(working.instrument).underlying(market.now_s())


PEGGED: dict[str, Callable[[WorkingOrder, Range, Market], float]] = {
    "REL": _relative, "PEG PRIM": _relative, "PASSV REL": _passive, "PEG MKT": _to_market, "PEG MID": _to_midpoint,
    "MIDPRICE": _midprice, "PEG BEST": _to_best, "PEG BENCH": _to_benchmark, "PEG STK": _to_stock, "VOL": _volatility,
}  # fmt: skip

SNAPPED: dict[str, Callable[[WorkingOrder, Range], float]] = {
    "SNAP MKT": lambda item, seen: _other(item, seen) - item.sign * _offset(item, _other(item, seen)),
    "SNAP MID": lambda item, seen: _mid(seen) - item.sign * _offset(item, _mid(seen)),
    "SNAP PRIM": lambda item, seen: _own(item, seen) - item.sign * _offset(item, _own(item, seen)),
}
