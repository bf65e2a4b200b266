"""No Python object is made per hot tick, be it a record or merged into a quote or a book."""

import sys
from decimal import Decimal

import pytest
from support.feeding import FIRST_REQ_ID, Reader, req_id_of
from support.opener import Opener

from ibfast import TickType, wire
from ibfast.schema import (
    CancelMarketDepth,
    HistoricalTickBidAsk,
    HistoricalTickLast,
    MarketDataRequest,
    MarketDepthData,
    MarketDepthL2,
    MarketDepthRequest,
    TickByTickData,
    TickGeneric,
    TickOptionComputation,
    TickPrice,
    TickSize,
    TickString,
)
from ibfast.streams.order_book import OrderBook
from ibfast.streams.quote import Quote

TICKS = 100_000


def mixed_ticks(version):
    last = HistoricalTickLast(time=1700000000, price=150.25, size=Decimal(100), exchange="ARCA", special_conditions="I")
    quote = HistoricalTickBidAsk(
        time=1700000000, price_bid=150.25, price_ask=150.26, size_bid=Decimal(1), size_ask=Decimal(2)
    )
    ticks = [
        TickPrice(req_id=req_id_of("tick"), tick_type=1, price=150.25, size=Decimal(300), attr_mask=1),
        TickSize(req_id=req_id_of("tick"), tick_type=0, size=Decimal(300)),
        TickString(req_id=req_id_of("tick"), tick_type=45, value="1700000000"),
        TickGeneric(req_id=req_id_of("tick"), tick_type=49, value=0.0),
        TickByTickData(req_id=req_id_of("last"), tick_type=1, historical_tick_last=last),
        TickByTickData(req_id=req_id_of("bid_ask"), tick_type=3, historical_tick_bid_ask=quote),
    ]
    return b"".join(wire.frame(wire.encode(tick, version)) for tick in ticks)


@pytest.mark.parametrize("version", [176, 226], ids=["text", "protobuf"])
def test_a_hundred_thousand_ticks_allocate_next_to_nothing(version):
    block = mixed_ticks(version)
    reader = Reader(version)
    data = block * (TICKS // 6 + 1)
    for _ in range(2):  # codes, text ring and blocks exist from here on
        reader.feed(data)
        for rows in reader.rows.values():
            rows.take()
    received = reader.protocol.rows_received
    reader.woken.clear()
    before = sys.getallocatedblocks()
    reader.feed(data)
    made = sys.getallocatedblocks() - before
    assert reader.protocol.rows_received - received >= TICKS
    assert reader.listener.heard == []
    assert sum(rows.dropped for rows in reader.rows.values()) == 0
    assert made < 200


def quote_of(opener):
    quote = Quote(opener, MarketDataRequest())
    ticks = [
        TickPrice(tick_type=TickType.BID, price=150.25, size=Decimal(300), attr_mask=1),
        TickSize(tick_type=TickType.VOLUME, size=Decimal(300)),
        TickString(tick_type=TickType.LAST_TIMESTAMP, value="1700000000"),
        TickString(tick_type=TickType.BID_EXCH, value="PQ"),
        TickGeneric(tick_type=TickType.HALTED, value=0.0),
        TickOptionComputation(tick_type=TickType.MODEL_OPTION, tick_attrib=0, implied_vol=0.25, delta=0.5),
    ]
    return quote, ticks


def book_of(opener):
    book = OrderBook(opener, MarketDepthRequest(), CancelMarketDepth, rows=10)
    changes = [(0, 3), (0, 2), (1, 4), (2, 0), (0, 5), (2, 0)]  # insert, update, delete: one more level each time
    data = [
        MarketDepthData(position=0, operation=operation, side=1, price=150.25, size=Decimal(size), market_maker="ARCA")
        for operation, size in changes
    ]
    return book, [MarketDepthL2(market_depth_data=item) for item in data]


@pytest.mark.parametrize("managed", [quote_of, book_of])
@pytest.mark.parametrize("version", [176, 226], ids=["text", "protobuf"])
def test_what_is_kept_up_to_date_allocates_next_to_nothing(version, managed):
    opener = Opener(version)
    kept, ticks = managed(opener)
    kept.open()
    block = b"".join(wire.frame(wire.encode(tick.replace(req_id=FIRST_REQ_ID), version)) for tick in ticks)
    data = block * (TICKS // 6 + 1)
    for _ in range(2):
        opener.reader.feed(data)
        kept.try_next()
    received = kept.updates
    before = sys.getallocatedblocks()
    opener.reader.feed(data)
    made = sys.getallocatedblocks() - before
    assert kept.updates - received >= TICKS
    assert kept.bid == 150.25
    assert opener.reader.listener.heard == []
    assert made < 200
