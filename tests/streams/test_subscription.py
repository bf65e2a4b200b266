"""Streams of records and of events, fed through a protocol without a connection."""

import asyncio
import socket

import numpy as np
import pytest
from support.feeding import FIRST_REQ_ID
from support.opener import ASK, BID, LAST, VERSION, Opener, Stream

from ibfast import wire
from ibfast.errors import ConnectionLost, RequestError, StreamOverflow
from ibfast.events import EVENTS, BidAsk, Last, MidPoint, Tick
from ibfast.records import DTYPES, EXCHANGES, Rows
from ibfast.schema import (
    CancelMarketData,
    ErrorMessage,
    MarketDataRequest,
    MarketDataType,
    TickReqParams,
    TickSnapshotEnd,
    TickString,
)
from ibfast.streams.base import MessageStream
from ibfast.streams.ticks import Ticks

FED = ("tick", "last", "bid_ask", "mid_point")  # kinds that wire.encode_rows writes


# ------------------------------------------------------------------------------------------------------ policies


def test_a_ring_keeps_the_newest_and_says_what_it_lost():
    stream = Stream(capacity=10)
    stream.feed(4)
    assert stream.ticks.try_next()["seq"].tolist() == [0, 1, 2, 3]
    stream.feed(13)
    stream.feed(2)
    assert (stream.ticks.dropped, stream.ticks.total) == (5, 19)
    rows = stream.ticks.try_next()
    assert rows["seq"].tolist() == list(range(9, 19))  # 3 to 9 is a step of six: five are lost
    assert rows["price"].tolist() == [seq + 1 for seq in range(9, 19)]
    stream.feed(1)
    assert stream.ticks.try_next()["seq"].tolist() == [19]
    assert stream.ticks.dropped == 5


def test_a_growing_stream_delivers_what_it_holds_and_then_gives_up(run):
    async def main():
        stream = Stream(policy="grow", capacity=10)
        stream.feed(6)
        assert len(await anext(stream.ticks)) == 6
        stream.feed(13)
        assert stream.ticks.dropped == 3
        assert (await anext(stream.ticks))["seq"].tolist() == list(range(6, 16))
        stream.feed(5)  # after the gap: too late
        for _ in range(2):
            with pytest.raises(StreamOverflow, match="10 records wait and 3 more"):
                await anext(stream.ticks)
        assert stream.opener.sent == [stream.request, CancelMarketData(req_id=FIRST_REQ_ID)]
        assert [type(error) for error in stream.opener.failures] == [StreamOverflow]
        stream.ticks.close()
        assert len(stream.opener.sent) == 2

    run(main)


def test_latest_keeps_one_row_of_each_tick_type():
    stream = Stream("tick", policy="latest")
    for _ in range(3):
        stream.feed(2, BID)
        stream.feed(1, ASK)
    rows = stream.ticks.try_next()
    assert dict(zip(rows["tick_type"].tolist(), rows["price"].tolist(), strict=True)) == {BID: 8.0, ASK: 9.0}
    assert (stream.ticks.dropped, stream.ticks.total) == (7, 9)
    assert stream.ticks.try_next() is None


def test_latest_keeps_the_last_trade_of_all():
    stream = Stream("last", policy="latest")
    stream.feed(5)
    assert stream.ticks.try_next()["price"].tolist() == [5.0]


@pytest.mark.parametrize(("options", "named"), [({"policy": "pile"}, "policy"), ({"capacity": 0}, "capacity")])
def test_misuse_is_named(options, named):
    with pytest.raises(ValueError, match=named):
        Ticks(Opener(), MarketDataRequest(), CancelMarketData, "tick", **{"policy": "ring", "capacity": 1} | options)


# ------------------------------------------------------------------------------------------------------- batches


@pytest.mark.parametrize("version", [157, 200, 226])
@pytest.mark.parametrize("kind", FED)
def test_a_read_is_one_wake_and_one_batch(kind, version):
    woken = []
    rows = Rows(kind, lambda: woken.append(1))
    stream = Stream(kind, version=version)
    stream.opener.reader.protocol.detach(FIRST_REQ_ID)
    stream.opener.reader.protocol.attach(FIRST_REQ_ID, rows)
    stream.feed(300)
    assert woken == [1]
    stream.feed(1)
    assert woken == [1, 1]
    assert rows.take()["seq"].tolist() == list(range(301))


def test_a_reader_gets_every_record_of_a_read_at_once(run):
    async def main():
        stream = Stream()
        waiting = asyncio.create_task(anext(stream.ticks))
        await asyncio.sleep(0)
        stream.feed(300)
        assert len(await waiting) == 300
        assert stream.ticks.try_next() is None

    run(main)


@pytest.mark.parametrize("size", [1, 40, 300])
def test_a_batch_is_never_written_to_again(size):
    stream = Stream(capacity=300)
    kept = []
    for _ in range(20):
        stream.feed(size)
        batch = stream.ticks.try_next()
        kept.append((batch, batch.copy()))
    stream.feed(1000)
    assert [batch.tolist() for batch, _ in kept] == [copy.tolist() for _, copy in kept]
    assert [seq for batch, _ in kept for seq in batch["seq"].tolist()] == list(range(20 * size))


def test_a_batch_may_be_changed_by_whoever_has_it():
    stream = Stream()
    stream.feed(100)
    batch = stream.ticks.try_next()
    batch["price"] *= 2
    stream.feed(100)
    assert stream.ticks.try_next()["price"][0] == 101.0
    assert batch["price"][-1] == 200.0


def test_who_drops_each_batch_has_its_memory_used_again():
    stream = Stream()
    places = set()
    held = None
    for _ in range(50):
        stream.feed(300)
        batch = stream.ticks.try_next()
        places.add(batch.__array_interface__["data"][0])
        assert held is None or held["seq"][-1] + 1 == batch["seq"][0]
        held = batch  # as in "async for": one is still held while the next is taken
    assert len(places) <= 4


def test_a_flood_costs_a_reader_that_keeps_up_no_record(run):
    """Even where the loop reads on and on while the socket has more."""
    stream = Stream(capacity=100_000)
    rows = np.zeros(50_000, DTYPES["last"])
    rows["tick_type"] = 1
    block = wire.encode_rows("last", rows, FIRST_REQ_ID, VERSION)
    flood = block * (12_000_000 // len(block))
    wanted = 50_000 * (len(flood) // len(block))

    async def read(port):
        transport, _ = await asyncio.get_running_loop().create_connection(
            lambda: stream.opener.reader.protocol, "127.0.0.1", port
        )
        count = 0
        async for rows in stream.ticks:
            count += len(rows)
            if count + stream.ticks.dropped >= wanted:
                break
        transport.close()
        return count

    def send(server):
        sock, _ = server.accept()
        with sock:
            sock.settimeout(20)
            sock.sendall(flood)
            sock.recv(1)

    async def main():
        with socket.create_server(("127.0.0.1", 0)) as server:
            sender = asyncio.create_task(asyncio.to_thread(send, server))
            async with asyncio.timeout(20):
                assert await read(server.getsockname()[1]) == wanted
            await sender
        assert stream.ticks.dropped == 0

    run(main)


def test_try_next_never_waits():
    stream = Stream()
    assert stream.ticks.try_next() is None
    stream.feed(2)
    assert len(stream.ticks.try_next()) == 2
    assert stream.ticks.try_next() is None


def test_next_waits_no_longer_than_it_is_told(run):
    async def main():
        stream = Stream()
        with pytest.raises(TimeoutError):
            await stream.ticks.next(0.001)
        stream.feed(2)
        assert len(await stream.ticks.next(0.001)) == 2
        stream.feed(3)
        assert len(await stream.ticks.next()) == 3
        stream.ticks.close()
        with pytest.raises(StopAsyncIteration):
            await stream.ticks.next(1)

    run(main)


def test_a_reader_that_gave_up_loses_nothing(run):
    async def main():
        stream = Stream()
        waiting = asyncio.create_task(anext(stream.ticks))
        await asyncio.sleep(0)
        stream.feed(2)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert len(await anext(stream.ticks)) == 2

    run(main)


# ----------------------------------------------------------------------------------------------- opening, closing


def test_the_request_is_sent_on_entering_and_the_cancel_on_leaving(run):
    async def main():
        opener, request = Opener(), MarketDataRequest()
        ticks = Ticks(opener, request, CancelMarketData, "tick", policy="ring", capacity=10)
        assert opener.sent == []
        async with ticks:
            assert opener.sent == [request]
        assert opener.sent == [request, CancelMarketData(req_id=FIRST_REQ_ID)]
        assert not opener.attached

    run(main)


def test_closing_twice_cancels_once():
    stream = Stream()
    for _ in range(2):
        stream.ticks.close()
    assert stream.opener.sent[1:] == [CancelMarketData(req_id=FIRST_REQ_ID)]
    assert stream.ticks.is_closed


def test_closing_what_was_never_opened_sends_nothing(run):
    async def main():
        opener = Opener()
        ticks = Ticks(opener, MarketDataRequest(), CancelMarketData, "tick", policy="ring", capacity=10)
        ticks.close()
        assert [rows async for rows in ticks] == []
        assert opener.sent == []

    run(main)


def test_what_a_closed_stream_holds_can_still_be_taken(run):
    async def main():
        stream = Stream()
        stream.feed(3)
        stream.ticks.close()
        stream.feed(3)
        assert [len(rows) async for rows in stream.ticks] == [3]

    run(main)


def test_closing_ends_whoever_waits(run):
    async def main():
        stream = Stream()

        async def collect():
            return [len(rows) async for rows in stream.ticks]

        waiting = asyncio.create_task(collect())
        await asyncio.sleep(0)
        stream.feed(3)
        await asyncio.sleep(0)
        stream.ticks.close()
        assert await waiting == [3]

    run(main)


@pytest.mark.parametrize("error", [RequestError(354, "not subscribed", FIRST_REQ_ID), ConnectionLost("gone")])
def test_an_error_comes_after_what_is_held(run, error):
    async def main():
        stream = Stream()
        stream.feed(3)
        stream.ticks.failed(error)
        assert len(await anext(stream.ticks)) == 3
        with pytest.raises(type(error)):
            await anext(stream.ticks)
        stream.ticks.close()
        assert stream.opener.sent == [stream.request]  # nobody is left to cancel with

    run(main)


def test_a_snapshot_ends_by_itself(run):
    async def main():
        stream = Stream("tick")
        stream.feed(3, BID)
        assert stream.ticks.received(TickSnapshotEnd(req_id=FIRST_REQ_ID))
        assert [len(rows) async for rows in stream.ticks] == [3]
        assert stream.opener.sent == [stream.request]
        assert not stream.opener.attached

    run(main)


def test_what_tws_says_about_a_subscription_is_kept():
    ticks = Stream("tick").ticks
    assert (ticks.market_data_type, ticks.tick_req_params) == (None, None)
    params = TickReqParams(req_id=FIRST_REQ_ID, bbo_exchange="9c0001")
    note = ErrorMessage(id=FIRST_REQ_ID, error_code=10167)
    assert not ticks.received(MarketDataType(market_data_type=1))
    ticks.noticed(note)
    ticks.received(params)
    ticks.received(MarketDataType(market_data_type=3))
    assert (ticks.market_data_type, ticks.tick_req_params) == (3, params)
    assert note in ticks.notices
    assert not ticks.is_closed


# ------------------------------------------------------------------------------------------- texts and objects


@pytest.mark.parametrize("version", [157, 226])
def test_texts_belong_to_string_ticks(version):
    stream = Stream("tick", version=version)
    stream.feed(1, BID)
    stream.say(
        TickString(req_id=FIRST_REQ_ID, tick_type=45, value="1787760007"),
        TickString(req_id=FIRST_REQ_ID, tick_type=84, value="Größe"),
    )
    rows = stream.ticks.try_next()
    assert stream.ticks.texts(rows) == [None, "1787760007", "Größe"]
    assert stream.ticks.texts(rows[2:]) == ["Größe"]
    assert rows["value"][1] == 1787760007.0
    assert np.isnan(rows["value"][2])


def test_events_are_objects_one_by_one(run):
    async def first(stream):
        stream.ticks.close()
        return [event async for event in stream.ticks.events()]

    async def main():
        found = {}
        for kind in FED:
            stream = Stream(kind)
            stream.feed(2)
            if kind == "tick":
                stream.say(TickString(req_id=FIRST_REQ_ID, tick_type=84, value="news"))
            found[kind] = await first(stream)
        assert [type(event) for event in found["tick"]] == [Tick] * 3
        assert [(event.tick_type, event.price, event.text) for event in found["tick"][:2]] == [
            (LAST, 1.0, None), (LAST, 2.0, None),
        ]  # fmt: skip
        assert (found["tick"][2].tick_type, found["tick"][2].text) == (84, "news")
        assert [(type(event), event.seq, event.price) for event in found["last"]] == [(Last, 0, 1.0), (Last, 1, 2.0)]
        assert found["last"][0].exchange == ""
        assert [(type(event), event.bid_price, event.ask_size) for event in found["bid_ask"]] == [
            (BidAsk, 1.0, 1.0), (BidAsk, 2.0, 2.0),
        ]  # fmt: skip
        assert [(type(event), event.mid_point) for event in found["mid_point"]] == [(MidPoint, 1.0), (MidPoint, 2.0)]

    run(main)


def test_events_name_exchanges(run):
    async def main():
        stream = Stream("last")
        rows = np.zeros(2, DTYPES["last"])
        rows["tick_type"] = 1
        rows["exchange"] = [EXCHANGES.code("NASDAQ"), EXCHANGES.code("ARCA")]
        stream.opener.reader.feed(wire.encode_rows("last", rows, FIRST_REQ_ID, VERSION))
        stream.ticks.close()
        assert [event.exchange async for event in stream.ticks.events()] == ["NASDAQ", "ARCA"]

    run(main)


def test_the_object_of_a_tick_has_the_columns_of_its_record():
    assert {kind: cls.FIELDS for kind, cls in EVENTS.items()} == {kind: DTYPES[kind].names for kind in EVENTS}


# ---------------------------------------------------------------------------------------------------- messages


def test_a_stream_of_messages_keeps_all_of_them_in_order(run):
    async def main():
        stream = MessageStream()
        for number in range(5):
            stream.put(number)
        assert stream.try_next() == 0
        assert await stream.next() == 1
        stream.close()
        stream.put(99)
        assert [number async for number in stream] == [2, 3, 4]
        assert stream.dropped == 0

    run(main)


def test_a_bounded_stream_of_messages_drops_the_oldest_and_counts(run):
    async def main():
        stream = MessageStream(capacity=3)
        for number in range(5):
            stream.put(number)
        stream.close()
        assert [number async for number in stream] == [2, 3, 4]
        assert stream.dropped == 2

    run(main)


def test_a_listener_leaves_once_however_often_it_closes():
    left = []
    stream = MessageStream(left.append)
    for _ in range(3):
        stream.close()
    assert left == [stream]
    assert stream.is_closed


def test_a_stream_of_messages_ends_with_its_error(run):
    async def main():
        stream = MessageStream()
        stream.put(1)
        stream.fail(ConnectionLost("gone"))
        assert await stream.next() == 1
        with pytest.raises(ConnectionLost, match="gone"):
            await stream.next()

    run(main)


def test_a_stream_of_messages_has_the_shape_of_all_streams(run):
    async def main():
        stream = MessageStream()
        assert stream.latest is None
        for number in range(3):
            stream.put(number)
        assert stream.latest == 2
        assert await anext(stream.events()) == 0
        assert await stream.collect_for(0.001) == [1, 2]
        got = []
        stream.on(got.append)
        stream.put(3)
        stream.put(4)
        await asyncio.sleep(0)
        assert got == [3, 4]
        stream.close()
        assert await MessageStream().collect_for(0.001) == []

    run(main)
