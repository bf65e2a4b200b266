"""Subscriptions of every kind, of the async and the blocking client, from a gateway that says what the test wants."""

import asyncio
import logging
from decimal import Decimal

import numpy as np
import pytest
from support.client import AAPL, SOON_S, collect
from support.depth import ASK, BID, CALL, DELETE, INSERT, UPDATE, WIRES, connected, depth
from support.feeding import FIRST_REQ_ID
from support.gateway import Gateway
from support.opener import Stream

from ibfast import GenericTick, MarketDataType, RequestError, TickByTickType
from ibfast.events import Depth, OptionComputation, RealTimeBar
from ibfast.records import BAR, BOOK_RESET, DEPTH, DTYPES, LAST, OPTION, REAL_TIME_BAR, Rows, concatenate
from ibfast.schema import (
    AccountSummaryRequest,
    CancelMarketData,
    CancelMarketDepth,
    CancelRealTimeBars,
    ErrorMessage,
    HistoricalDataRequest,
    MarketDataRequest,
    MarketDataTypeRequest,
    MarketDepthRequest,
    PnLRequest,
    RealTimeBarsRequest,
    RealTimeBarTick,
    TickOptionComputation,
    TickPrice,
)
from ibfast.simulator.market.generic_ticks import NAMES


@pytest.fixture(params=WIRES)
def version(request):
    return request.param


def five_seconds(req_id, time, close=150.0):
    return RealTimeBarTick(
        req_id=req_id, time=time, open=149.0, high=151.0, low=148.0, close=close, volume=Decimal(1200),
        wap=Decimal("149.5"), count=7,
    )  # fmt: skip


# --------------------------------------------------------------------------------------------------- the requests


def test_every_change_of_a_book(converse):
    async def case(client, gateway):
        async with client.depth(AAPL, rows=5, smart=True) as changes:
            request = await gateway.hear(MarketDepthRequest)
            assert (request.contract.symbol, request.num_rows, request.is_smart_depth) == ("AAPL", 5, True)
            gateway.say(depth(request.req_id, 0, INSERT, BID, 150.0, 300), depth(request.req_id, 0, DELETE, ASK))
            gateway.say(depth(request.req_id, 1, UPDATE, BID, 149.5, 200, maker="ARCA"))
            rows = await collect(changes, 3)
            assert rows["position"].tolist() == [0, 0, 1]
            assert rows["operation"].tolist() == [INSERT, DELETE, UPDATE]
            assert rows["price"].tolist() == [150.0, 0.0, 149.5]
            gateway.say(depth(request.req_id, 0, INSERT, BID, 150.0, 300, maker="NSDQ"))
            event = await anext(aiter(changes.events()))
            assert type(event) is Depth
            assert (event.seq, event.market_maker, event.size, event.is_smart_depth) == (3, "NSDQ", 300.0, 1)
        cancel = await gateway.hear(CancelMarketDepth)
        assert (cancel.req_id, cancel.is_smart_depth) == (request.req_id, True)

    converse(case)


def test_a_reset_of_a_book_stands_among_its_changes(converse):
    async def case(client, gateway):
        async with client.depth(AAPL) as changes:
            req_id = (await gateway.hear(MarketDepthRequest)).req_id
            gateway.say(
                depth(req_id, 0, INSERT, BID, 150.0, 300),
                ErrorMessage(id=req_id, error_code=317, error_msg="Market depth data has been RESET."),
                depth(req_id, 0, INSERT, BID, 151.0, 100),
            )
            rows = await collect(changes, 3)
            assert rows["operation"].tolist() == [INSERT, BOOK_RESET, INSERT]
            assert rows["seq"].tolist() == [0, 1, 2]
            assert [notice.error_code for notice in changes.notices] == [317]
            assert not changes.is_closed

    converse(case)


def test_five_second_bars(converse):
    async def case(client, gateway):
        async with client.real_time_bars(AAPL, what_to_show="MIDPOINT", use_rth=False) as bars:
            request = await gateway.hear(RealTimeBarsRequest)
            assert (request.bar_size, request.what_to_show, request.use_rth) == (5, "MIDPOINT", False)
            gateway.say(five_seconds(request.req_id, 1787760000))
            (row,) = await bars.next(SOON_S)
            assert (row["time"], row["close"], row["volume"], row["count"]) == (1787760000, 150.0, 1200.0, 7)
            gateway.say(five_seconds(request.req_id, 1787760005))
            event = await anext(aiter(bars.events()))
            assert type(event) is RealTimeBar
            assert tuple(event) == (event.recv_ns, 1, 1787760005, 149.0, 151.0, 148.0, 150.0, 1200.0, 149.5, 7)
        assert (await gateway.hear(CancelRealTimeBars)).req_id == request.req_id

    converse(case)


def test_an_option_brings_its_greeks_beside_its_ticks(converse):
    async def case(client, gateway):
        async with client.market_data(CALL) as ticks:
            req_id = (await gateway.hear(MarketDataRequest)).req_id
            gateway.say(
                TickPrice(req_id=req_id, tick_type=1, price=2.5, size=Decimal(10), attr_mask=0),
                TickOptionComputation(req_id=req_id, tick_type=13, tick_attrib=0, implied_vol=0.25, delta=0.5),
            )
            assert (await ticks.next(SOON_S))["price"].tolist() == [2.5]
            (row,) = await ticks.computations.next(SOON_S)
            assert (row["tick_type"], row["implied_vol"], row["delta"]) == (13, 0.25, 0.5)
            assert np.isnan(row["gamma"])
            assert ticks.computations.latest["recv_ns"] == row["recv_ns"]
            gateway.say(TickOptionComputation(req_id=req_id, tick_type=10, tick_attrib=1, implied_vol=0.5))
            event = await anext(aiter(ticks.computations.events()))
            assert type(event) is OptionComputation
            assert (event.seq, event.tick_type, event.implied_vol) == (1, 10, 0.5)
            assert list(ticks.notices) == []
        with pytest.raises(StopAsyncIteration):
            await ticks.computations.next(SOON_S)
        await gateway.hear(CancelMarketData)

    converse(case)


def test_reading_greeks_alone_opens_the_subscription_and_an_error_ends_both(converse):
    async def case(client, gateway):
        ticks = client.market_data(CALL)
        waiting = asyncio.ensure_future(ticks.computations.next(SOON_S))
        req_id = (await gateway.hear(MarketDataRequest)).req_id
        gateway.say(ErrorMessage(id=req_id, error_code=354, error_msg="Not subscribed"))
        with pytest.raises(RequestError, match="354"):
            await waiting
        with pytest.raises(RequestError, match="354"):
            await ticks.next(SOON_S)
        assert ticks.error.code == 354

    converse(case)


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("233,236", "233,236"),
        ([233, GenericTick.SHORTABLE], "233,236"),
        (["RT_VOLUME", "SHORTABLE"], "233,236"),
        ("RT_VOLUME, 258", "233,258"),
        ("mdoff,292:BRFG", "mdoff,292:BRFG"),
        ((), None),
    ],
)
def test_generic_ticks_by_number_and_by_name(run, given, sent):
    async def main():
        async with (
            Gateway() as gateway,
            await connected(gateway) as client,
            client.market_data(AAPL, generic_ticks=given),
        ):
            assert (await gateway.hear(MarketDataRequest)).generic_tick_list == sent

    run(main)


@pytest.mark.parametrize(("given", "sent"), [(3, 3), (MarketDataType.DELAYED, 3), ("DELAYED_FROZEN", 4)])
def test_market_data_types_by_number_and_by_name(run, given, sent):
    async def main():
        async with Gateway() as gateway, await connected(gateway) as client:
            await client.market_data_type(given)
            assert (await gateway.hear(MarketDataTypeRequest)).market_data_type == sent

    run(main)


def test_misuse_is_named_before_anything_is_sent(run):
    async def main():
        async with Gateway() as gateway, await connected(gateway) as client:
            with pytest.raises(ValueError, match="generic_ticks: 'RTVOLUME'"):
                client.market_data(AAPL, generic_ticks="RTVOLUME")
            with pytest.raises(ValueError, match="rows: 0"):
                client.depth(AAPL, rows=0)
            for kind in (0, "LIVE"):
                with pytest.raises(ValueError, match="2 FROZEN"):
                    await client.market_data_type(kind)
            with pytest.raises(AttributeError, match="kind depth"):
                client.depth(AAPL).computations  # noqa: B018

    run(main)


# ------------------------------------------------------------------------------------------ one shape for all of them


def test_collecting_for_a_while_gives_one_array(converse):
    async def case(client, gateway):
        async with client.real_time_bars(AAPL) as bars:
            collecting = asyncio.ensure_future(bars.collect_for(SOON_S))
            req_id = (await gateway.hear(RealTimeBarsRequest)).req_id
            gateway.say(five_seconds(req_id, 0), five_seconds(req_id, 5))
            gateway.say(five_seconds(req_id, 10))
            gateway.say(ErrorMessage(id=req_id, error_code=420, error_msg="Invalid Real-time Query"))
            rows = await collecting  # what was collected comes first, the error after it
            assert rows.dtype == REAL_TIME_BAR
            assert rows["time"].tolist() == [0, 5, 10]
            with pytest.raises(RequestError, match="420"):
                await bars.collect_for(SOON_S)

    converse(case)


def test_collecting_ends_when_the_time_is_up(converse):
    async def case(client, gateway):
        async with client.real_time_bars(AAPL) as bars:
            rows = await bars.collect_for(0.001)
            assert (len(rows), rows.dtype) == (0, REAL_TIME_BAR)
            assert not bars.is_closed

    converse(case)


def test_a_callback_gets_every_batch(converse):
    async def case(client, gateway):
        bars, got, all_there = client.real_time_bars(AAPL), [], asyncio.Event()
        loop = asyncio.get_running_loop()

        def take(rows):
            got.extend(rows["time"].tolist())
            if len(got) == 3:
                loop.call_soon_threadsafe(all_there.set)

        bars.on(take)
        req_id = (await gateway.hear(RealTimeBarsRequest)).req_id
        gateway.say(five_seconds(req_id, 0), five_seconds(req_id, 5))
        gateway.say(five_seconds(req_id, 10))
        await all_there.wait()
        assert got == [0, 5, 10]
        with pytest.raises(RuntimeError, match="reader already"):
            bars.on(take)
        with pytest.raises(RuntimeError, match="reads this stream already"):
            await bars.next(SOON_S)
        bars.close()

    converse(case)


def test_what_a_callback_raises_is_logged_and_counted(caplog):
    async def main():
        stream, got = Stream(), []

        def fail(rows):
            got.append(len(rows))
            raise KeyError("mine")

        stream.feed(2)
        stream.ticks.on(fail)
        await asyncio.sleep(0)
        stream.feed(3)
        await asyncio.sleep(0)
        assert (got, stream.ticks.callback_errors) == ([2, 3], 2)
        stream.ticks.failed(RequestError(354, "not subscribed", FIRST_REQ_ID))
        await asyncio.sleep(0)
        assert stream.ticks.error.code == 354

    with caplog.at_level(logging.WARNING, "ibfast"):
        asyncio.run(main())
    assert [record.levelname for record in caplog.records] == ["ERROR", "ERROR", "WARNING"]
    assert "KeyError: 'mine'" in caplog.text


def test_the_latest_record_is_there_before_and_after_it_is_taken():
    for policy in ("ring", "latest", "grow"):
        stream = Stream("tick", policy=policy)
        assert stream.ticks.latest is None
        stream.feed(3, tick_type=1)
        stream.feed(2, tick_type=2)
        stream.feed(1, tick_type=1)
        assert stream.ticks.latest["price"] == 6.0
        batch = stream.ticks.try_next()
        batch["price"] = 0
        assert stream.ticks.latest["price"] == 6.0
        stream.feed(1)
        assert stream.ticks.latest["price"] == 7.0


def test_the_latest_of_a_ring_that_has_lost_some():
    stream = Stream(capacity=4)
    for count in range(1, 12):
        stream.feed(1)
        assert stream.ticks.latest["price"] == count


def test_batches_are_the_plain_iteration(run):
    async def main():
        stream = Stream()
        stream.feed(2)
        stream.ticks.close()
        assert [len(rows) async for rows in stream.ticks.batches()] == [2]

    run(main)


# ------------------------------------------------------------------------------------------------------- records


@pytest.mark.parametrize("kind", DTYPES)
def test_joined_batches_keep_their_dtype(kind):
    dtype = DTYPES[kind]
    parts = [np.ones(count, dtype) for count in (3, 0, 2)]
    parts[2][dtype.names[-1]] = 7
    joined = concatenate([*parts, parts[2][::-1]])
    assert (joined.dtype, joined.dtype.itemsize, len(joined)) == (dtype, dtype.itemsize, 7)
    assert joined[dtype.names[-1]].tolist() == [1, 1, 1, 7, 7, 7, 7]
    assert concatenate([], dtype).dtype == dtype
    packed = np.concatenate(parts)
    assert concatenate([packed], dtype).dtype == dtype
    assert concatenate([packed], dtype).tolist() == packed.tolist()


@pytest.mark.parametrize("kind", ["last", "depth", "bar"])
def test_records_can_be_put_into_a_stream(kind):
    woken = []
    rows = Rows(kind, lambda: woken.append(1))
    rows.put(np.ones(3, DTYPES[kind]))
    rows.put(np.ones(2, DTYPES[kind])[1])
    assert (len(woken), rows.total) == (2, 4)
    taken = rows.take()
    assert taken[taken.dtype.names[-1]].tolist() == [1, 1, 1, 1]
    if kind != "bar":
        assert taken["seq"].tolist() == [0, 1, 2, 3]
    with pytest.raises(ValueError, match=f"dtype of {kind}"):
        rows.put(np.ones(1, OPTION))


def test_records_put_while_others_come_keep_their_reader_awake():
    stream = Stream("depth")
    stream.say(depth(FIRST_REQ_ID, 0, INSERT, BID, 150.0, 3))
    assert len(stream.ticks.try_next()) == 1
    stream.ticks.noticed(ErrorMessage(id=FIRST_REQ_ID, error_code=317))
    assert stream.ticks.try_next()["operation"].tolist() == [BOOK_RESET]
    stream.say(depth(FIRST_REQ_ID, 0, INSERT, BID, 150.0, 3))
    assert stream.ticks.try_next().dtype == DEPTH


def test_every_generic_tick_of_the_simulator_has_a_name():
    assert set(NAMES) == set(GenericTick)


def test_kinds_of_ticks_are_their_texts():
    assert TickByTickType.BID_ASK == "BidAsk"
    assert (LAST.names[0], BAR.names[0]) == ("recv_ns", "time_ns")


# ------------------------------------------------------------------------------------------- without being opened


UNOPENED = {
    "market data, latest": (lambda client: client.market_data(AAPL), "latest", MarketDataRequest, None),
    "market data, total": (lambda client: client.market_data(AAPL), "total", MarketDataRequest, 0),
    "greeks, latest": (lambda client: client.market_data(CALL).computations, "latest", MarketDataRequest, None),
    "greeks, total": (lambda client: client.market_data(CALL).computations, "total", MarketDataRequest, 0),
    "depth, total": (lambda client: client.depth(AAPL), "total", MarketDepthRequest, 0),
    "book, updates": (lambda client: client.book(AAPL), "updates", MarketDepthRequest, 0),
    "book, resets": (lambda client: client.book(AAPL), "resets", MarketDepthRequest, 0),
    "book, latest": (lambda client: client.book(AAPL), "latest", MarketDepthRequest, None),
    "bars, latest": (lambda client: client.keep_up_to_date(AAPL, duration="1 D", bar_size="1 min"), "latest",
                     HistoricalDataRequest, None),
    "profit and loss, latest": (lambda client: client.pnl("DU1"), "latest", PnLRequest, None),
    "summary, latest": (lambda client: client.account_summary_updates(), "latest", AccountSummaryRequest, None),
}  # fmt: skip


@pytest.mark.parametrize(("opened", "name", "request_type", "nothing"), UNOPENED.values(), ids=UNOPENED)
def test_reading_what_came_opens_a_stream(converse, opened, name, request_type, nothing):
    async def case(client, gateway):
        stream = opened(client)
        assert getattr(stream, name) == nothing
        asked = await gateway.hear(request_type)
        gateway.say(ErrorMessage(id=asked.req_id, error_code=321, error_msg="Error validating request"))
        with pytest.raises(RequestError, match="321"):
            await stream.next(SOON_S)
        with pytest.raises(RequestError, match="321"):
            getattr(stream, name)

    converse(case)


def test_reading_a_book_opens_it(converse):
    async def case(client, gateway):
        book = client.book(AAPL, rows=5)
        assert np.isnan(book.bid)
        assert len(book.asks) == 0
        req_id = (await gateway.hear(MarketDepthRequest)).req_id
        gateway.say(depth(req_id, 0, INSERT, BID, 150.0, 300))
        await book.next(SOON_S)
        assert (book.bid, book.bid_size, book.updates) == (150.0, 300, 1)
        book.close()
        assert (await gateway.hear(CancelMarketDepth)).req_id == req_id
        assert book.bid == 150.0  # it stands still now
        assert not book.is_current

    converse(case)


def test_what_is_not_read_does_not_open_a_stream(converse):
    async def case(client, gateway):
        quote, ticks, pnl = client.quote(AAPL), client.market_data(AAPL), client.pnl("DU1")
        for stream in (quote, ticks, pnl):
            assert (stream.is_closed, stream.error, stream.gaps, stream.req_id) == (False, None, [], 0)
            assert repr(stream)
        assert not [item for item in gateway.heard if isinstance(item, MarketDataRequest | PnLRequest)]

    converse(case)
