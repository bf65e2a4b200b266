"""No Python object is made per hot tick."""

import sys
from decimal import Decimal

import pytest
from feeding import Reader, req_id_of

from ibfast import wire
from ibfast.schema import (
    HistoricalTickBidAsk,
    HistoricalTickLast,
    TickByTickData,
    TickGeneric,
    TickPrice,
    TickSize,
    TickString,
)

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
