"""What callgrind watches: the hottest decoders, each at two counts; ``os.getppid()`` marks where a part ends."""

from __future__ import annotations

import os
from decimal import Decimal

from benchmarks.answers import Answer
from benchmarks.peers.common import REQ_ID
from benchmarks.peers.ibfast_peer import reader
from benchmarks.workload import PROTOBUF, TEXT, Workload
from ibfast import wire
from ibfast.schema import (
    HistoricalTickBidAsk,
    HistoricalTickLast,
    MarketDepth,
    MarketDepthData,
    TickAttribBidAsk,
    TickAttribLast,
    TickByTickData,
    TickPrice,
    TickSize,
)

COUNTS = (2_000, 6_000)
NOW = 1_700_000_000
TRADE = HistoricalTickLast(
    time=NOW, price=150.27, size=Decimal(300), exchange="ARCA", special_conditions="", tick_attrib_last=TickAttribLast()
)
QUOTE = HistoricalTickBidAsk(
    time=NOW, price_bid=150.27, price_ask=150.28, size_bid=Decimal(300), size_ask=Decimal(200),
    tick_attrib_bid_ask=TickAttribBidAsk(),
)  # fmt: skip
CHANGE = MarketDepthData(position=3, operation=1, side=1, price=150.27, size=Decimal(300))
HOTTEST = {
    "tick price": ("tick", TickPrice(req_id=REQ_ID, tick_type=1, price=150.27, size=Decimal(300), attr_mask=1)),
    "tick size": ("tick", TickSize(req_id=REQ_ID, tick_type=0, size=Decimal(300))),
    "tick by tick Last": ("last", TickByTickData(req_id=REQ_ID, tick_type=1, historical_tick_last=TRADE)),
    "tick by tick BidAsk": ("bid_ask", TickByTickData(req_id=REQ_ID, tick_type=3, historical_tick_bid_ask=QUOTE)),
    "depth": ("depth", MarketDepth(req_id=REQ_ID, market_depth_data=CHANGE)),
}


def parts() -> list[tuple[str, str, int]]:
    """Message, wire and count of each part, in the order in which they run."""
    return [(name, wire, count) for name in HOTTEST for wire in ("text", "protobuf") for count in COUNTS]


def main() -> None:
    for kind, message in HOTTEST.values():
        for version in (TEXT, PROTOBUF):
            frame = wire.frame(wire.encode(message, version))
            for count in COUNTS:
                read = reader(Workload("", version, kind, (frame * count,), count, Answer(count)))
                read()  # what is done once is done
                os.getppid()
                found = read()
                os.getppid()
                assert len(found) == count, (kind, version, len(found))


if __name__ == "__main__":
    main()
