"""What a gateway refuses of an order, with IB's codes and words."""

from __future__ import annotations

from fractions import Fraction

from ibfast.schema import Order
from ibfast.simulator.universe import Instrument
from ibfast.simulator.working import LIMITS, TRAILING

SUPPORTED = ("MKT", "LMT", "STP", "STP LMT", "TRAIL", "TRAIL LIMIT")
KNOWN = (
    "MIT", "LIT", "MOC", "LOC", "MTL", "MKT PRT", "STP PRT", "REL", "PEG MKT", "PEG MID", "PEG STK", "PEG PRIM",
    "PEG BENCH", "PEG BEST", "MIDPRICE", "VOL", "BOX TOP", "SNAP MID", "SNAP MKT", "SNAP PRIM", "PASSV REL",
    "REL + LMT", "REL + MKT", "LMT + MKT", "AUC", "QUOTE",
)  # fmt: skip
TIFS = ("DAY", "GTC", "IOC", "GTD", "OPG", "FOK", "DTC", "GTX", "Minutes")

Refusal = tuple[int, str]

NO_CONTRACT: Refusal = (200, "No security definition has been found for the request")


def ambiguous(symbol: str | None) -> Refusal:
    return 200, f"The contract description specified for {symbol} is ambiguous."


def invalid(cause: str) -> Refusal:
    return 321, f"Error validating request.-'sim' : cause - {cause}"


def refuse(order: Order, instrument: Instrument) -> Refusal | None:
    """Why this order cannot be accepted, None if it can."""
    if (order.action or "").upper() not in ("BUY", "SELL"):
        return invalid("Please enter a valid action")
    if order.order_type not in SUPPORTED:
        if order.order_type in KNOWN:
            return 387, "Unsupported order type for this exchange and security type."
        return invalid("Invalid order type was entered")
    if order.tif and order.tif not in TIFS:
        return invalid("Invalid time in force was entered")
    if not order.total_quantity or order.total_quantity <= 0:
        return 434, "The order size cannot be zero."
    if instrument.contract["sec_type"] == "IND":
        return 201, "Order rejected - reason:The contract is not available for trading."
    if order.conditions:
        return 201, "Order rejected - reason:Conditions are not supported by the simulator."
    return _refuse_prices(order, instrument)


def _refuse_prices(order: Order, instrument: Instrument) -> Refusal | None:
    if order.order_type in LIMITS and order.lmt_price is None and order.order_type != "TRAIL LIMIT":
        return invalid("Please enter a limit price")
    if order.order_type in ("STP", "STP LMT") and not order.aux_price:
        return invalid("Please enter a stop price")
    if order.order_type in TRAILING and not order.aux_price and not order.trailing_percent:
        return invalid("Please enter a trailing amount")
    prices = [order.lmt_price] if order.order_type in LIMITS else []
    prices += [order.aux_price] if order.order_type in ("STP", "STP LMT") else []
    if not all(_on_grid(price, instrument.tick) for price in prices if price is not None):
        return 110, "The price does not conform to the minimum price variation for this contract."
    return None


def _on_grid(price: float, tick: Fraction) -> bool:
    ticks = price / float(tick)
    return abs(ticks - round(ticks)) < 1e-6 * max(1.0, abs(ticks))
