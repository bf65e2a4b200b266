"""The hot decoders and the plans read the same bytes the same way, good ones and spoiled ones."""

import math

import pytest
from feeding import FIRST_REQ_ID, Reader, req_id_of
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ibfast import wire
from ibfast.errors import DecodeError
from ibfast.records import CONDITIONS, EXCHANGES
from ibfast.schema import (
    HistoricalTick,
    HistoricalTickBidAsk,
    HistoricalTickLast,
    TickAttribBidAsk,
    TickAttribLast,
    TickByTickData,
    TickGeneric,
    TickPrice,
    TickSize,
    TickString,
)

VERSIONS = [157, 176, 200, 201, 205, 206, 208, 226]
TIMES = st.integers(0, 2**40)
PRICES = st.one_of(
    st.none(), st.floats(allow_nan=False, allow_infinity=False, width=64), st.just(1.7976931348623157e308)
)
SIZES = st.one_of(
    st.none(), st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=0, max_value=10**12)
)
NAMES = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=8)
FLAGS = st.booleans()


def tick(cls, **fields):
    return st.builds(cls, req_id=st.just(req_id_of("tick")), tick_type=st.integers(0, 111), **fields)


def by_tick(kind, tick_types, **fields):
    return st.builds(TickByTickData, req_id=st.just(req_id_of(kind)), tick_type=st.sampled_from(tick_types), **fields)


HOT = st.one_of(
    tick(TickPrice, price=PRICES, size=SIZES, attr_mask=st.integers(0, 7)),
    tick(TickSize, size=SIZES),
    tick(TickGeneric, value=PRICES),
    tick(TickString, value=st.one_of(NAMES, st.integers().map(str), st.just("701.2;1;1348075471534;67854;701.4;true"))),
    by_tick("last", (1, 2), historical_tick_last=st.builds(
        HistoricalTickLast, time=TIMES, price=PRICES, size=SIZES, exchange=NAMES, special_conditions=NAMES,
        tick_attrib_last=st.builds(TickAttribLast, past_limit=FLAGS, unreported=FLAGS))),
    by_tick("bid_ask", (3,), historical_tick_bid_ask=st.builds(
        HistoricalTickBidAsk, time=TIMES, price_bid=PRICES, price_ask=PRICES, size_bid=SIZES, size_ask=SIZES,
        tick_attrib_bid_ask=st.builds(TickAttribBidAsk, bid_past_low=FLAGS, ask_past_high=FLAGS))),
    by_tick("mid_point", (4,), historical_tick_mid_point=st.builds(HistoricalTick, time=TIMES, price=PRICES)),
)  # fmt: skip


def number(value):
    return math.nan if value is None else float(value)


def same(a, b):
    return a == b or (a != a and b != b)


def cell(row, name):
    """One value of a record, codes as the text they stand for."""
    value = row[name].item()
    if name in ("exchange", "special_conditions"):
        (value,) = (EXCHANGES if name == "exchange" else CONDITIONS).decode([value])
    return value


def bits(flags, *names):
    return sum(1 << place for place, name in enumerate(names) if flags is not None and getattr(flags, name))


def row_of(message):
    """The record that a message stands for, from the plan's reading of it."""
    if isinstance(message, TickByTickData):
        return row_by_tick(message)
    text = getattr(message, "value", None) if isinstance(message, TickString) else None
    value = text if isinstance(message, TickString) else getattr(message, "value", None)
    return {
        "price": number(getattr(message, "price", None)),
        "size": number(getattr(message, "size", None)),
        "value": as_number(value) if text is not None else number(value),
        "tick_type": message.tick_type or 0,
        "attr_mask": getattr(message, "attr_mask", None) or 0,
    }, text or None


def row_by_tick(message):
    last, both = message.historical_tick_last, message.historical_tick_bid_ask
    if message.tick_type in (1, 2):
        return {
            "time": last.time or 0, "price": number(last.price), "size": number(last.size),
            "exchange": last.exchange or "", "special_conditions": last.special_conditions or "",
            "attr_mask": bits(last.tick_attrib_last, "past_limit", "unreported"), "tick_type": message.tick_type,
        }, None  # fmt: skip
    if message.tick_type == 3:
        return {
            "time": both.time or 0, "bid_price": number(both.price_bid), "ask_price": number(both.price_ask),
            "bid_size": number(both.size_bid), "ask_size": number(both.size_ask),
            "attr_mask": bits(both.tick_attrib_bid_ask, "bid_past_low", "ask_past_high"),
        }, None  # fmt: skip
    mid = message.historical_tick_mid_point
    return {"time": mid.time or 0, "mid_point": number(mid.price)}, None


def as_number(text):
    """String ticks are read as a number only where that is exact at once."""
    try:
        value = float(text)
    except ValueError:
        return math.nan
    return value


def through(payload, version, *, subscribed):
    reader = Reader(version, subscribed=subscribed).feed(wire.frame(payload))
    rows = [
        (kind, rows, reader.rows[kind]) for kind, rows in ((k, r.take()) for k, r in reader.rows.items()) if len(rows)
    ]
    return reader.listener.heard, rows


@pytest.mark.parametrize("version", VERSIONS)
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(message=HOT)
@example(message=TickPrice(req_id=FIRST_REQ_ID, tick_type=8, price=-1.0, size=-1553556175, attr_mask=0))
@example(message=TickGeneric(req_id=FIRST_REQ_ID, tick_type=24, value=0.2757165688996371))
@example(message=TickGeneric(req_id=FIRST_REQ_ID, tick_type=24, value=5e-324))
def test_hot_and_plan_agree_on_good_bytes(version, message):
    payload = wire.encode(message, version)
    (plain,), nothing = through(payload, version, subscribed=False)
    heard, ((_, (row,), rows),) = through(payload, version, subscribed=True)
    assert heard == []
    assert nothing == []
    expected, text = row_of(plain)
    for name, value in expected.items():
        if name != "value" or row["text"] == 0 or row[name] == row[name]:
            assert same(cell(row, name), value), (name, row, plain)
    if rows.kind == "tick":
        assert rows.texts(row.reshape(1)) == [text]


@pytest.mark.parametrize("version", VERSIONS)
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(message=HOT, data=st.data())
def test_hot_and_plan_agree_on_spoiled_bytes(version, message, data):
    payload = bytearray(wire.encode(message, version))
    body = 4 if version > 200 else payload.index(0) + 1
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(body, len(payload) - 1))
        change = data.draw(st.sampled_from(["flip", "cut", "insert"]))
        if change == "flip":
            payload[at] = data.draw(st.integers(0, 255))
        elif change == "insert":
            payload[at:at] = data.draw(st.binary(min_size=1, max_size=3))
        elif len(payload) > body + 1:
            del payload[at:]
        if len(payload) <= body:
            break
    plain, _ = through(bytes(payload), version, subscribed=False)
    heard, rows = through(bytes(payload), version, subscribed=True)
    if not rows:
        assert [str(item) for item in heard] == [str(item) for item in plain]
        return
    assert heard == []
    assert not isinstance(plain[0], DecodeError), f"the hot decoder took what the plan refuses: {plain[0]}"
    expected, _ = row_of(plain[0])
    row = rows[0][1][0]
    for name, value in expected.items():
        if name not in ("value", "attr_mask", "time", "tick_type"):
            assert same(cell(row, name), value), (name, row, plain[0])
