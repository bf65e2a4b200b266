"""What tests of the client share: contracts, waits, small helpers."""

from decimal import Decimal

from ibfast import (
    Contract,
    Order,
)
from ibfast.records import concatenate

VERSIONS = [157, 176, 200, 203, 213, 226]


AAPL = Contract.stock("AAPL")


MSFT = Contract.stock("MSFT")


SOON_S = 5  # a wait that is not meant to end this way


async def collect(ticks, count):
    """At least so many records."""
    batches = [await ticks.next(SOON_S)]
    while sum(map(len, batches)) < count:
        batches.append(await ticks.next(SOON_S))
    return concatenate(batches)


def errors(notices):
    return [notice.error_code for notice in notices]


def far_below(sim):
    """A price at which nobody sells."""
    return round(sim.gateway.market.mid(sim.gateway.market.universe.by_con_id(265598)) / 2, 2)


def limit_order(price, quantity=100):
    return Order(action="BUY", order_type="LMT", total_quantity=Decimal(quantity), lmt_price=price)


async def until(trade, condition):
    """Follow a trade until it says so."""
    if condition():
        return
    async for _ in trade:
        if condition():
            return
    raise AssertionError("the trade ended")
