"""The hot decoders and the plans read the same bytes the same way, good ones and spoiled ones."""

import math
from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.feeding import FIRST_REQ_ID, Reader, req_id_of
from support.rewriting import rewritten

from ibfast import wire
from ibfast.errors import DecodeError
from ibfast.records import CONDITIONS, EXCHANGES
from ibfast.schema import (
    HistoricalData,
    HistoricalDataBar,
    HistoricalTick,
    HistoricalTickBidAsk,
    HistoricalTickLast,
    HistoricalTicks,
    HistoricalTicksBidAsk,
    HistoricalTicksLast,
    MarketDepth,
    MarketDepthData,
    MarketDepthL2,
    RealTimeBarTick,
    TickAttribBidAsk,
    TickAttribLast,
    TickByTickData,
    TickGeneric,
    TickOptionComputation,
    TickPrice,
    TickSize,
    TickString,
)
from ibfast.times import parse_time

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


def computed(*not_computed):
    return st.one_of(PRICES, st.sampled_from([*not_computed, None]))


VOLATILITY, OPTION_PRICE, GREEK = computed(-0.5, -1.0), computed(-1.0), computed(-2.0, -1.0)
DEPTH_FIELDS = {
    "position": st.integers(0, 20), "operation": st.integers(0, 255), "side": st.integers(0, 1), "price": PRICES,
    "size": SIZES,
}  # fmt: skip
OHLC = dict.fromkeys(("open", "high", "low", "close"), PRICES) | {"volume": SIZES, "wap": SIZES}
DAYS = st.dates(date(1970, 1, 1), date(2261, 12, 31)).map("{:%Y%m%d}".format)
DATES = st.one_of(DAYS, st.integers(10**9, 9 * 10**9).map(str))
COUNTS = st.integers(0, 2**31 - 2)

ONE_ROW = st.one_of(
    st.builds(MarketDepth, req_id=st.just(req_id_of("depth")),
              market_depth_data=st.builds(MarketDepthData, **DEPTH_FIELDS)),
    st.builds(MarketDepthL2, req_id=st.just(req_id_of("depth")),
              market_depth_data=st.builds(MarketDepthData, market_maker=NAMES, is_smart_depth=FLAGS, **DEPTH_FIELDS)),
    st.builds(RealTimeBarTick, req_id=st.just(req_id_of("real_time_bar")), time=TIMES, count=COUNTS, **OHLC),
    st.builds(TickOptionComputation, req_id=st.just(req_id_of("option")), tick_type=st.integers(0, 111),
              tick_attrib=st.integers(0, 1), implied_vol=VOLATILITY, delta=GREEK, opt_price=OPTION_PRICE,
              pv_dividend=OPTION_PRICE, gamma=GREEK, vega=GREEK, theta=GREEK, und_price=OPTION_PRICE),
)  # fmt: skip

MARKS = st.builds(TickAttribLast, past_limit=FLAGS, unreported=FLAGS)
QUOTE_MARKS = st.builds(TickAttribBidAsk, bid_past_low=FLAGS, ask_past_high=FLAGS)
BAR_ITEMS = st.builds(HistoricalDataBar, date=DATES, bar_count=COUNTS, **OHLC)
MID_ITEMS = st.builds(HistoricalTick, time=TIMES, price=PRICES, size=SIZES)
QUOTE_ITEMS = st.builds(HistoricalTickBidAsk, time=TIMES, tick_attrib_bid_ask=QUOTE_MARKS, price_bid=PRICES,
                        price_ask=PRICES, size_bid=SIZES, size_ask=SIZES)  # fmt: skip
TRADE_ITEMS = st.builds(HistoricalTickLast, time=TIMES, tick_attrib_last=MARKS, price=PRICES, size=SIZES,
                        exchange=NAMES, special_conditions=NAMES)  # fmt: skip
MANY_ROWS = st.one_of(
    st.builds(HistoricalData, req_id=st.just(req_id_of("bar")), start_date_str=st.just("from"),
              end_date_str=st.just("to"), historical_data_bars=st.lists(BAR_ITEMS, max_size=5)),
    st.builds(HistoricalTicks, req_id=st.just(req_id_of("past_mid_point")), is_done=FLAGS,
              historical_ticks=st.lists(MID_ITEMS, max_size=5)),
    st.builds(HistoricalTicksBidAsk, req_id=st.just(req_id_of("past_bid_ask")), is_done=FLAGS,
              historical_ticks_bid_ask=st.lists(QUOTE_ITEMS, max_size=5)),
    st.builds(HistoricalTicksLast, req_id=st.just(req_id_of("past_last")), is_done=FLAGS,
              historical_ticks_last=st.lists(TRADE_ITEMS, max_size=5)),
)  # fmt: skip
ITEMS = {
    HistoricalData: "historical_data_bars", HistoricalTicks: "historical_ticks",
    HistoricalTicksBidAsk: "historical_ticks_bid_ask", HistoricalTicksLast: "historical_ticks_last",
}  # fmt: skip

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
    if name in ("exchange", "special_conditions", "market_maker"):
        (value,) = (CONDITIONS if name == "special_conditions" else EXCHANGES).decode([value])
    return value


def bits(flags, *names):
    return sum(1 << place for place, name in enumerate(names) if flags is not None and getattr(flags, name))


def row_of(message):
    """The record that a message stands for, from the plan's reading of it."""
    if isinstance(message, TickByTickData):
        return row_by_tick(message)
    if isinstance(message, MarketDepth | MarketDepthL2):
        return depth_row(message.market_depth_data), None
    if isinstance(message, RealTimeBarTick | TickOptionComputation):
        names = [name for name in type(message).__fields__ if name != "req_id"]
        whole = ("time", "count", "tick_type", "tick_attrib")
        return {n: getattr(message, n) or 0 if n in whole else number(getattr(message, n)) for n in names}, None
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


def depth_row(data):
    return {
        "position": data.position or 0, "operation": data.operation or 0, "side": data.side or 0,
        "price": number(data.price), "size": number(data.size), "market_maker": data.market_maker or "",
        "is_smart_depth": int(bool(data.is_smart_depth)),
    }  # fmt: skip


def past_row(item):
    """The record that one item of an answer stands for."""
    if isinstance(item, HistoricalDataBar):
        row = {name: number(getattr(item, name)) for name in OHLC}
        return row | {"time_ns": int(parse_time(item.date).timestamp()) * 10**9, "bar_count": item.bar_count or 0}
    if isinstance(item, HistoricalTick):
        return {"time": item.time or 0, "price": number(item.price), "size": number(item.size)}
    wrapped = TickByTickData(historical_tick_last=item, historical_tick_bid_ask=item)
    wrapped.tick_type = 3 if isinstance(item, HistoricalTickBidAsk) else 1
    row, _ = row_by_tick(wrapped)
    return {name: value for name, value in row.items() if name != "tick_type"}


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
@settings(max_examples=150)
@given(message=st.one_of(HOT, ONE_ROW))
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
        if name != "value" or not text or row[name] == row[name]:
            assert same(cell(row, name), value), (name, row, plain)
    if rows.kind == "tick":
        assert rows.texts(row.reshape(1)) == [text]


def of_many(message, version, *, subscribed):
    return through(wire.encode(message, version), version, subscribed=subscribed)


@pytest.mark.parametrize("version", VERSIONS)
@settings(max_examples=100)
@given(message=MANY_ROWS)
def test_items_become_rows_and_the_message_comes_without_them(version, message):
    name = ITEMS[type(message)]
    (plain,), nothing = of_many(message, version, subscribed=False)
    (rest,), found = of_many(message, version, subscribed=True)
    assert nothing == []
    assert rest == plain.replace(**{name: []})
    rows = found[0][1] if found else []
    assert len(rows) == len(getattr(plain, name))
    for row, item in zip(rows, getattr(plain, name), strict=True):
        for column, value in past_row(item).items():
            assert same(cell(row, column), value), (column, row, item)


@pytest.mark.parametrize("version", VERSIONS)
@settings(max_examples=100)
@given(message=MANY_ROWS, data=st.data())
def test_a_spoiled_answer_leaves_no_rows_unless_the_plan_can_read_it(version, message, data):
    payload = bytearray(wire.encode(message, version))
    body = 4 if version > 200 else payload.index(0) + 1
    at = data.draw(st.integers(body, len(payload) - 1))
    payload[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
    if len(payload) <= body:
        return
    (plain,), _ = through(bytes(payload), version, subscribed=False)
    (heard,), rows = through(bytes(payload), version, subscribed=True)
    if isinstance(plain, DecodeError):
        assert (str(heard), rows) == (str(plain), [])
    elif rows:
        name = ITEMS[type(plain)]
        assert len(rows[0][1]) == len(getattr(plain, name))
        assert heard == plain.replace(**{name: []})


def test_an_unusual_date_leaves_the_whole_answer_to_the_plan():
    bars = [HistoricalDataBar(date=date, open=1.0) for date in ("20240318", "20240318 09:30:00 US/Eastern")]
    message = HistoricalData(req_id=req_id_of("bar"), historical_data_bars=bars)
    for version in (176, 226):
        (heard,), rows = of_many(message, version, subscribed=True)
        assert [bar.date for bar in heard.historical_data_bars] == [bar.date for bar in bars]
        assert rows == []


def test_option_computations_go_beside_the_ticks_of_their_option():
    reader = Reader(226, subscribed=False)
    reader.protocol.attach(FIRST_REQ_ID, reader.rows["tick"], reader.rows["option"])
    for message in (TickPrice(tick_type=1, price=2.5), TickOptionComputation(tick_type=13, delta=0.5)):
        reader.feed(wire.frame(wire.encode(message.replace(req_id=FIRST_REQ_ID), 226)))
    assert reader.rows["tick"].take()["price"].tolist() == [2.5]
    assert reader.rows["option"].take()["delta"].tolist() == [0.5]
    assert reader.woken == ["tick", "option"]


def same_outcome(payload, version=226):
    """What the hot decoders and the plan make of these bytes; both must be the same, to the last column."""
    (plain,), _ = through(payload, version, subscribed=False)
    heard, found = through(payload, version, subscribed=True)
    if isinstance(plain, DecodeError):
        assert ([str(item) for item in heard], found) == ([str(plain)], [])
        return
    items = getattr(plain, ITEMS.get(type(plain), ""), [plain])
    if not found:
        assert heard == [plain]
        return
    assert heard == ([plain.replace(**{ITEMS[type(plain)]: []})] if type(plain) in ITEMS else [])
    ((_, rows, _),) = found
    assert len(rows) == len(items)
    for row, item in zip(rows, items, strict=True):
        expected = past_row(item) if type(plain) in ITEMS else row_of(item)[0]
        for name, value in expected.items():
            assert name == "value" or same(cell(row, name), value), (name, row, item)


@pytest.mark.parametrize(
    ("kind", "number"), [("bid_ask", 4), ("bid_ask", 3), ("mid_point", 4), ("mid_point", 5), ("depth", 2)]
)
def test_a_nested_message_given_twice_is_judged_as_a_whole(kind, number):
    """Of two, the hot decoders once read the last and never saw that the first was unreadable."""
    message = {
        "bid_ask": TickByTickData(tick_type=3, historical_tick_bid_ask=HistoricalTickBidAsk(time=1, price_ask=2.0)),
        "mid_point": TickByTickData(tick_type=4, historical_tick_mid_point=HistoricalTick(time=1, price=2.0)),
        "depth": MarketDepth(market_depth_data=MarketDepthData(position=1, operation=0, side=0, price=2.0)),
    }[kind].replace(req_id=req_id_of(kind))
    payload = wire.encode(message, 226)
    same_outcome(payload)
    unreadable = bytes([number << 3 | 2, 1, 0xFF])
    same_outcome(payload[:4] + unreadable + payload[4:])
    same_outcome(payload + unreadable)


@settings(max_examples=1_500)
@given(message=st.one_of(HOT, ONE_ROW, MANY_ROWS), data=st.data())
def test_hot_and_plan_agree_whatever_the_order_and_the_spelling_of_fields(message, data):
    payload = wire.encode(message, 226)
    same_outcome(payload[:4] + rewritten(payload[4:], data.draw))


@settings(max_examples=500)
@given(message=st.one_of(HOT, ONE_ROW, MANY_ROWS), data=st.data())
def test_a_message_ends_where_its_frame_ends_whatever_follows(message, data):
    payload = wire.encode(message, 226)
    if data.draw(st.booleans()):
        payload = payload[:4] + rewritten(payload[4:], data.draw)
    cut = data.draw(st.integers(4, len(payload)))
    same_outcome(payload[:cut])
    alone, followed = Reader(226), Reader(226)
    alone.feed(wire.frame(payload[:cut]))
    followed.feed(wire.frame(payload[:cut]) + wire.frame(b"") + payload[cut:])
    first, rows, _ = alone.outcome()
    heard, more, _ = followed.outcome()
    assert (heard[: len(first)], more) == (first, rows)


@pytest.mark.parametrize("version", VERSIONS)
@settings(max_examples=300)
@given(message=st.one_of(HOT, ONE_ROW), data=st.data())
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
        if name not in (
            "value",
            "attr_mask",
            "time",
            "tick_type",
            "is_smart_depth",
            "position",
            "tick_attrib",
            "count",
        ):
            assert same(cell(row, name), value), (name, row, plain[0])


@pytest.mark.parametrize("spelling", ["0.E3106", "-0e999", "0E-999999999", "1e-500", "5E-324", "1e308", "00.50", "1."])
@pytest.mark.parametrize("version", VERSIONS)
def test_hot_and_plan_agree_on_sizes_far_from_one(version, spelling):
    """An exponent may be anything where the number is zero, or nearer to it than a double can be."""
    message = TickSize(req_id=FIRST_REQ_ID, tick_type=8, size=1234567)
    payload = wire.encode(message, version)
    payload = payload.replace(b"\x071234567", bytes([len(spelling)]) + spelling.encode())  # protobuf
    payload = payload.replace(b"1234567", spelling.encode())
    (plain,), _ = through(payload, version, subscribed=False)
    heard, ((_, (row,), _),) = through(payload, version, subscribed=True)
    assert heard == []
    assert row["size"] == float(plain.size) == float(spelling)
