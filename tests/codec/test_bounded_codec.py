"""What a gateway can make the codec keep is bounded, and closing a subscription costs the same among many."""

import random
from decimal import Decimal

import numpy as np
import pytest
from support.feeding import FIRST_REQ_ID, Reader, req_id_of

from ibfast import wire
from ibfast._codec import Codes, Rows
from ibfast.records import EXCHANGES
from ibfast.schema import (
    HistoricalTickLast,
    MarketDepthData,
    MarketDepthL2,
    OrderStatus,
    TickByTickData,
    TickPrice,
    TickString,
)

LONGEST = 64  # bytes of a string that is given a code
OTHER = 65_535
WIRES = pytest.mark.parametrize("version", [176, 200, 205, 226])


def frames(version, *messages):
    return b"".join(wire.frame(wire.encode(message, version)) for message in messages)


def last(req_id, exchange="ARCA", conditions="I"):
    tick = HistoricalTickLast(
        time=1_700_000_000, price=1.5, size=Decimal(1), exchange=exchange, special_conditions=conditions
    )
    return TickByTickData(req_id=req_id, tick_type=1, historical_tick_last=tick)


@pytest.mark.parametrize("version", [176, 226])
@pytest.mark.parametrize("seed", range(5))
def test_any_order_of_opening_and_closing_leaves_every_open_stream_its_rows(version, seed):
    draw = random.Random(seed)
    reader = Reader(version, subscribed=False)
    streams = {}
    ids = [draw.randrange(1, 2**31) for _ in range(300)] + list(range(FIRST_REQ_ID, FIRST_REQ_ID + 300))
    for step in range(2_000):
        req_id = draw.choice(ids)
        if req_id in streams:
            reader.protocol.detach(req_id)
            del streams[req_id]
        else:
            streams[req_id] = Rows("last", lambda: None)
            reader.protocol.attach(req_id, streams[req_id])
        if step % 100 == 99:
            reader.feed(frames(version, *(last(item) for item in ids)))
            assert {item for item in ids if item in streams} == {
                item for item, rows in streams.items() if len(rows.take()) == 1
            }
            assert len(reader.listener.heard) == len(ids) - len(streams)  # of closed ones: messages again
            reader.listener.heard.clear()


def test_a_stream_that_is_closed_from_within_a_read_is_still_woken():
    reader = Reader(226, subscribed=False)
    woken = []
    rows = Rows("last", lambda: woken.append(True))
    reader.protocol.attach(7, rows)
    reader.listener.received = lambda message: reader.protocol.detach(7)
    status = OrderStatus(order_id=1, status="Submitted")
    reader.feed(frames(226, last(7), status))
    assert woken == [True]
    assert len(rows.take()) == 1


@pytest.mark.parametrize("version", [176, 226])
def test_a_long_exchange_condition_or_market_maker_is_given_no_code(version):
    reader = Reader(version)
    long, known = "X" * (LONGEST + 1), "Y" * LONGEST
    before = len(EXCHANGES)
    depth = MarketDepthData(position=0, operation=0, side=1, price=1.0, size=Decimal(1), market_maker="Z" * 100_000)
    reader.feed(
        frames(
            version,
            last(req_id_of("last"), known, long),
            last(req_id_of("last"), long * 1000, "I"),
            MarketDepthL2(req_id=req_id_of("depth"), market_depth_data=depth),
        )
    )
    rows = reader.rows["last"].take()
    assert EXCHANGES.decode(rows["exchange"]) == [known, None]
    assert rows["exchange"][1] == rows["special_conditions"][0] == OTHER
    assert reader.rows["depth"].take()["market_maker"][0] == OTHER
    assert len(EXCHANGES) <= before + 1


def test_a_table_of_codes_is_bounded_by_hand_too():
    codes = Codes()
    assert codes.code("X" * LONGEST) == 1
    assert codes.code("X" * (LONGEST + 1)) == OTHER
    assert len(codes) == 2


@pytest.mark.parametrize("version", [176, 226])
def test_texts_are_remembered_while_their_ring_grows_and_when_it_is_full(version):
    reader = Reader(version)
    rows, known = reader.rows["tick"], {}
    for batch in range(60):
        texts = [f"{batch}.{place} " + "x" * (40 * batch) for place in range(20)]
        ticks = [TickString(req_id=req_id_of("tick"), tick_type=48, value=text) for text in texts]
        reader.feed(frames(version, *ticks))
        taken = rows.take()
        assert rows.texts(taken) == texts
        known |= dict(zip(taken["text"].tolist(), texts, strict=True))
        if batch < 50:  # less than a mebibyte so far
            old = np.zeros(len(known), taken.dtype)
            old["text"] = list(known)
            assert rows.texts(old) == list(known.values())
    assert rows.texts(old)[0] is None


def test_a_block_that_grew_in_a_burst_is_given_back():
    reader = Reader(226)
    rows = reader.rows["last"]
    burst = frames(226, *[last(req_id_of("last"))] * 100_000)
    reader.feed(burst)
    assert len(rows.take()) == 100_000
    grown = rows.room
    for _ in range(64 * 20):
        reader.feed(frames(226, last(req_id_of("last"))))
        assert len(rows.take()) == 1
    assert grown >= 100_000
    assert rows.room == 64
    reader.feed(burst)
    assert np.array_equal(rows.take()["seq"], np.arange(100_000) + 100_000 + 64 * 20)


@WIRES
def test_extra_fields_are_those_behind_the_last_one_known(version):
    reader = Reader(version)
    ordinary = [
        TickString(req_id=req_id_of("tick"), tick_type=45, value="1700000000"),
        TickString(req_id=req_id_of("tick"), tick_type=48, value=""),
        TickPrice(req_id=req_id_of("tick"), tick_type=1, price=1.5, size=Decimal(1), attr_mask=0),
        last(req_id_of("last")),
        TickString(req_id=5, tick_type=45, value="nobody's"),
        OrderStatus(order_id=1, status="Submitted", filled=Decimal(0), remaining=Decimal(1)),
    ]
    reader.feed(frames(version, *ordinary))
    assert reader.protocol.extra_fields == 0
    spoiled = [wire.encode(item, version) for item in ordinary]
    text = [payload for payload in spoiled if not wire.message_id(payload, version)[1]]
    reader.feed(b"".join(wire.frame(payload + b"one\0two\0") for payload in text))
    assert reader.protocol.extra_fields == 2 * len(text)
