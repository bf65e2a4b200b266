"""What L1 ticks add up to; through the async and the blocking client."""

import asyncio
import math
from decimal import Decimal

import numpy as np
import pytest
from support.client import AAPL, MSFT, SOON_S
from support.depth import CALL, WIRES
from support.feeding import FIRST_REQ_ID, Reader
from support.gateway import Gateway

from ibfast import Client, OptionComputation, RequestError, TickType, wire, zipped
from ibfast._codec import DELAYED_TICK_TYPES, QuoteValues
from ibfast.records import Rows
from ibfast.schema import (
    CancelMarketData,
    ErrorMessage,
    MarketDataRequest,
    TickGeneric,
    TickOptionComputation,
    TickPrice,
    TickSize,
    TickSnapshotEnd,
    TickString,
)


@pytest.fixture(params=WIRES)
def version(request):
    return request.param


TEXT_RING = 1_048_576


def price(req_id, tick_type, value, size=0):
    return TickPrice(req_id=req_id, tick_type=tick_type, price=value, size=Decimal(size), attr_mask=0)


def size(req_id, tick_type, value):
    return TickSize(req_id=req_id, tick_type=tick_type, size=Decimal(value))


async def told(quote, updates):
    while quote.updates < updates:
        await quote.next(SOON_S)


def test_a_quote_is_what_its_ticks_add_up_to(converse):
    async def case(client, gateway):
        async with client.quote(AAPL, generic_ticks="MARK_PRICE") as quote:
            request = await gateway.hear(MarketDataRequest)
            assert (request.generic_tick_list, request.snapshot or False) == ("221", False)
            req_id = request.req_id
            assert quote.try_next() is None
            assert math.isnan(quote.bid)
            assert (quote.bid_exch, quote.model_greeks, quote.recv_ns) == (None, None, 0)
            ticks = [
                price(req_id, TickType.BID, 150.0, 300), price(req_id, TickType.ASK, 150.5, 200),
                price(req_id, TickType.LAST, 150.25, 100), size(req_id, TickType.BID_SIZE, 400),
                size(req_id, TickType.VOLUME, 123456), price(req_id, TickType.OPEN, 149.0),
                price(req_id, TickType.HIGH, 151.0), price(req_id, TickType.LOW, 148.0),
                price(req_id, TickType.CLOSE, 147.5), price(req_id, TickType.MARK_PRICE, 150.2),
                TickGeneric(req_id=req_id, tick_type=TickType.HALTED, value=0.0),
                TickString(req_id=req_id, tick_type=TickType.LAST_TIMESTAMP, value="1787760007"),
                TickString(req_id=req_id, tick_type=TickType.BID_EXCH, value="PQ"),
                TickString(req_id=req_id, tick_type=TickType.RT_VOLUME, value="150.25;1;1787760007123;99;150.1;true"),
                TickGeneric(req_id=req_id, tick_type=TickType.SHORTABLE, value=3.0),
            ]  # fmt: skip
            gateway.say(*ticks)
            await told(quote, len(ticks))
            assert (quote.bid, quote.bid_size, quote.ask, quote.ask_size) == (150.0, 400.0, 150.5, 200.0)
            assert (quote.last, quote.last_size, quote.volume) == (150.25, 100.0, 123456.0)
            assert (quote.open_price, quote.high, quote.low, quote.close_price) == (149.0, 151.0, 148.0, 147.5)
            assert (quote.mark_price, quote.halted, quote.last_timestamp) == (150.2, 0.0, 1787760007.0)
            assert (quote.bid_exch, quote.ask_exch) == ("PQ", None)
            assert quote.value(TickType.SHORTABLE) == 3.0
            assert quote.text(TickType.RT_VOLUME) == "150.25;1;1787760007123;99;150.1;true"
            assert quote.recv_ns > 0
            assert not quote.is_delayed
        assert (await gateway.hear(CancelMarketData)).req_id == req_id

    converse(case)


def test_delayed_ticks_count_as_what_they_stand_for(converse):
    async def case(client, gateway):
        async with client.quote(AAPL) as quote:
            req_id = (await gateway.hear(MarketDataRequest)).req_id
            gateway.say(
                price(req_id, TickType.DELAYED_BID, 150.0, 300), size(req_id, TickType.DELAYED_ASK_SIZE, 7),
                price(req_id, TickType.DELAYED_CLOSE, 147.5), size(req_id, TickType.DELAYED_VOLUME, 5),
                TickString(req_id=req_id, tick_type=TickType.DELAYED_LAST_TIMESTAMP, value="1787760007"),
            )  # fmt: skip
            await told(quote, 5)
            assert (quote.bid, quote.bid_size, quote.ask_size, quote.volume) == (150.0, 300.0, 7.0, 5.0)
            assert (quote.close_price, quote.last_timestamp, quote.is_delayed) == (147.5, 1787760007.0, True)
            assert quote.value(TickType.DELAYED_BID) == 150.0
            gateway.say(price(req_id, TickType.BID, 150.5, 100))
            await told(quote, 6)
            assert (quote.bid, quote.is_delayed) == (150.5, False)

    converse(case)


def test_greeks_by_what_they_are_computed_from(converse):
    async def case(client, gateway):
        async with client.quote(CALL) as quote:
            req_id = (await gateway.hear(MarketDataRequest)).req_id
            kinds = {
                TickType.BID_OPTION_COMPUTATION: 0.1, TickType.ASK_OPTION_COMPUTATION: 0.2,
                TickType.DELAYED_LAST_OPTION: 0.3, TickType.MODEL_OPTION: 0.4,
            }  # fmt: skip
            gateway.say(
                *(
                    TickOptionComputation(req_id=req_id, tick_type=kind, tick_attrib=0, delta=kinds[kind])
                    for kind in kinds
                ),
                price(req_id, TickType.BID, 2.5, 10),
            )
            await told(quote, 5)
            found = [quote.bid_greeks, quote.ask_greeks, quote.last_greeks, quote.model_greeks]
            assert [type(item) for item in found] == [OptionComputation] * 4
            assert [item.delta for item in found] == [0.1, 0.2, 0.3, 0.4]
            assert math.isnan(quote.model_greeks.theta)
            assert quote.bid == 2.5

    converse(case)


NO_PRICE = [(-1.0, 0), (-1.0, -1), (0.0, 0), (0.0, -1)]
"""Price and size, as TWS has them where there is nothing to be had."""
SIDES = {
    TickType.BID: "bid", TickType.ASK: "ask", TickType.LAST: "last",
    TickType.DELAYED_BID: "bid", TickType.DELAYED_ASK: "ask", TickType.DELAYED_LAST: "last",
}  # fmt: skip


@pytest.mark.parametrize(("no_price", "no_size"), NO_PRICE)
def test_a_price_without_a_size_is_none(converse, no_price, no_size):
    async def case(client, gateway):
        async with client.quote(AAPL) as quote:
            req_id = (await gateway.hear(MarketDataRequest)).req_id
            for updates, (tick_type, name) in enumerate(SIDES.items()):
                gateway.say(price(req_id, tick_type, 150.0, 300), price(req_id, tick_type, no_price, no_size))
                await told(quote, 2 * updates + 2)
                assert math.isnan(getattr(quote, name))
                found = getattr(quote, f"{name}_size")
                assert found == 0 if no_size == 0 else math.isnan(found)
            assert math.isnan(quote.midpoint)
            assert math.isnan(quote.spread)

    converse(case)


@pytest.mark.parametrize("real", [-1.0, 0.0, -2.5])
def test_spreads_have_prices_below_zero_where_they_have_a_size(converse, real):
    async def case(client, gateway):
        async with client.quote(AAPL) as quote:
            req_id = (await gateway.hear(MarketDataRequest)).req_id
            gateway.say(*(price(req_id, tick_type, real, 5) for tick_type in (1, 2, 4)))
            gateway.say(price(req_id, TickType.CLOSE, -3.5), price(req_id, TickType.LOW, -2.25))
            await told(quote, 5)
            assert (quote.bid, quote.ask, quote.last, quote.bid_size) == (real, real, real, 5)
            assert (quote.midpoint, quote.spread) == (real, 0)
            assert (quote.close_price, quote.low, quote.change) == (-3.5, -2.25, real + 3.5)

    converse(case)


def test_minus_one_is_no_data_in_prices_that_come_without_a_size(converse):
    kinds = [
        TickType.HIGH, TickType.LOW, TickType.CLOSE, TickType.OPEN, TickType.MARK_PRICE, TickType.LOW_52_WEEK,
        TickType.DELAYED_HIGH, TickType.DELAYED_CLOSE, TickType.DELAYED_OPEN,
    ]  # fmt: skip

    async def case(client, gateway):
        async with client.quote(AAPL) as quote:
            req_id = (await gateway.hear(MarketDataRequest)).req_id
            for updates, kind in enumerate(kinds):
                gateway.say(price(req_id, kind, 150.0), price(req_id, kind, -1.0))
                await told(quote, 2 * updates + 2)
                assert math.isnan(quote.value(kind)), kind
            assert math.isnan(quote.change)
            gateway.say(
                TickGeneric(req_id=req_id, tick_type=TickType.HALTED, value=-1.0),  # frozen data do not say
                price(req_id, TickType.BID_YIELD, -1.0),  # a yield may be
                TickGeneric(req_id=req_id, tick_type=TickType.INDEX_FUTURE_PREMIUM, value=-1.0),  # and this, too
                size(req_id, TickType.AUCTION_IMBALANCE, -1),
            )
            await told(quote, 2 * len(kinds) + 4)
            assert math.isnan(quote.halted)
            signed = (TickType.BID_YIELD, TickType.INDEX_FUTURE_PREMIUM, TickType.AUCTION_IMBALANCE)
            assert [quote.value(item) for item in signed] == [-1.0] * 3

    converse(case)


def test_a_size_below_zero_is_none(converse):
    """A volume of -1553556175 was recorded: 32 bits have overflowed at IB."""

    async def case(client, gateway):
        async with client.quote(AAPL) as quote, client.market_data(AAPL) as ticks:
            first = await gateway.hear(MarketDataRequest)
            gateway.heard.remove(first)
            second = await gateway.hear(MarketDataRequest)
            for req_id in (first.req_id, second.req_id):
                volumes = (5, -1553556175)
                gateway.say(*(size(req_id, TickType.DELAYED_VOLUME, volume) for volume in volumes))
                gateway.say(size(req_id, TickType.BID_SIZE, -1))
            await told(quote, 3)
            assert math.isnan(quote.volume)
            assert math.isnan(quote.bid_size)
            sizes = []
            while len(sizes) < 3:
                sizes += (await ticks.next(SOON_S))["size"].tolist()
            assert sizes == [5, -1553556175, -1]  # records are what TWS sent

    converse(case)


def test_a_snapshot_ends_by_itself(converse):
    async def case(client, gateway):
        async with client.quote(AAPL, snapshot=True) as quote:
            request = await gateway.hear(MarketDataRequest)
            assert request.snapshot
            gateway.say(price(request.req_id, TickType.BID, 150.0, 300), TickSnapshotEnd(req_id=request.req_id))
            assert [found.bid async for found in quote] == [150.0]
            assert quote.is_closed

    converse(case)


def test_unknown_tick_types_cost_nothing():
    values, rows = QuoteValues(), Rows("tick", lambda: None)
    ticks = np.zeros(3, rows.dtype)
    ticks["tick_type"] = [-5, 128, 2**31 - 1]
    rows.put(ticks)
    values.take_from(rows)
    assert (values.updates, rows.waiting) == (3, 0)
    assert all(math.isnan(values.value(tick_type)) for tick_type in (-1, 127, 128, 10**6))
    assert (values.text(-1), values.text(500), values.computation(5), values.computation(-1)) == (None,) * 4
    with pytest.raises(ValueError, match="depth records"):
        values.take_from(Rows("depth", lambda: None))


def test_every_delayed_tick_type_is_known():
    for delayed, live in DELAYED_TICK_TYPES.items():
        assert TickType(delayed).name.startswith("DELAYED_")
        assert not TickType(live).name.startswith("DELAYED_")
    named = {item for item in TickType if item.name.startswith("DELAYED_")}
    assert named == set(DELAYED_TICK_TYPES)


def test_forgetting_makes_all_of_it_unknown():
    values, rows = QuoteValues(), Rows("tick", lambda: None)
    tick = np.zeros(1, rows.dtype)
    tick["tick_type"], tick["price"] = TickType.BID, 150.0
    rows.put(tick)
    values.take_from(rows)
    assert values.value(TickType.BID) == 150.0
    values.clear()
    assert math.isnan(values.value(TickType.BID))
    assert values.updates == 0


@pytest.mark.parametrize("version", [176, 226])
def test_texts_outlive_what_a_stream_remembers_of_them(version):
    reader, values = Reader(version, subscribed=False), QuoteValues()
    rows = Rows("tick", lambda: values.take_from(rows), policy="grow")
    reader.protocol.attach(FIRST_REQ_ID, rows)

    def say(tick_type, text):
        message = TickString(req_id=FIRST_REQ_ID, tick_type=tick_type, value=text)
        reader.feed(wire.frame(wire.encode(message, version)))

    say(TickType.IB_DIVIDENDS, "0.83,0.92,20130219,0.23")
    say(TickType.LAST_EXCH, "Größe")
    for number in range(TEXT_RING // 50_000 + 2):
        say(TickType.RT_VOLUME, f"{number};" + "x" * 50_000)
    assert values.text(TickType.IB_DIVIDENDS) == "0.83,0.92,20130219,0.23"
    assert values.text(TickType.LAST_EXCH) == "Größe"


def test_quotes_of_several_contracts_in_step(converse):
    async def case(client, gateway):
        async with client.quote(AAPL) as aapl, client.quote(MSFT) as msft:
            first = await gateway.hear(MarketDataRequest)
            gateway.heard.remove(first)
            second = await gateway.hear(MarketDataRequest)
            first, second = first.req_id, second.req_id
            gateway.say(price(first, TickType.BID, 150.0), price(second, TickType.BID, 300.0))
            async for one, other in zipped(aiter(aapl), aiter(msft)):
                assert (one.bid, other.bid) == (150.0, 300.0)
                aapl.close()

    converse(case)


# ---------------------------------------------------------------------------------------- without being opened


READS = {
    "bid": lambda quote: quote.bid,
    "value": lambda quote: quote.value(TickType.BID),
    "text": lambda quote: quote.text(TickType.RT_VOLUME),
    "greeks": lambda quote: quote.model_greeks,
    "midpoint": lambda quote: quote.midpoint,
    "updates": lambda quote: quote.updates,
    "latest": lambda quote: quote.latest,
    "is_current": lambda quote: quote.is_current,
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_reading_a_quote_opens_it(converse, read):
    async def case(client, gateway):
        quote = client.quote(AAPL)
        read(quote)
        read(quote)
        req_id = (await gateway.hear(MarketDataRequest)).req_id
        gateway.say(price(req_id, TickType.BID, 150.0, 300))
        await told(quote, 1)
        assert quote.bid == 150.0
        assert sum(isinstance(item, MarketDataRequest) for item in gateway.heard) == 1
        quote.close()
        await gateway.hear(CancelMarketData)
        assert quote.bid == 150.0

    converse(case)


def test_a_refused_quote_raises_its_error_on_reading(converse):
    async def case(client, gateway):
        quote = client.quote(AAPL)
        assert math.isnan(quote.bid)
        req_id = (await gateway.hear(MarketDataRequest)).req_id
        gateway.say(ErrorMessage(id=req_id, error_code=354, error_msg="not subscribed"))
        with pytest.raises(RequestError):
            await quote.next(SOON_S)
        for read in READS.values():
            with pytest.raises(RequestError, match="not subscribed") as caught:
                read(quote)
            assert caught.value.code == 354

    converse(case)


def test_a_quote_cannot_be_opened_where_no_loop_runs(run):
    async def main():
        async with Gateway(226) as gateway, await Client.connect(gateway.host, gateway.port) as client:
            quote = client.quote(AAPL)
            for name in ("bid", "updates", "latest"):
                with pytest.raises(RuntimeError, match="not open yet"):
                    await asyncio.to_thread(getattr, quote, name)
            await asyncio.to_thread(repr, quote)
            assert not any(isinstance(item, MarketDataRequest) for item in gateway.heard)

    run(main)
