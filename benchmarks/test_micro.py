"""Single pieces under pytest-benchmark: ``pytest benchmarks --benchmark-only``."""

from decimal import Decimal

import pytest

from benchmarks.answers import Answer
from benchmarks.peers import ibfast_peer
from benchmarks.peers.common import REQ_ID
from benchmarks.workload import PROTOBUF, TEXT, Workload
from benchmarks.workloads import STREAMS
from ibfast import wire
from ibfast.schema import (
    ContractData,
    ContractDetails,
    HistoricalTick,
    MarketDepth,
    MarketDepthData,
    OpenOrder,
    OrderState,
    RealTimeBarTick,
    TickByTickData,
    TickGeneric,
    TickOptionComputation,
    TickPrice,
    TickSize,
    TickString,
)
from ibfast.schema.contract import Contract
from ibfast.schema.order import Order

BLOCK = 10_000
VERSIONS = pytest.mark.parametrize("version", [TEXT, PROTOBUF], ids=["text", "protobuf"])
AAPL = Contract(con_id=265598, symbol="AAPL", sec_type="STK", exchange="SMART", currency="USD", local_symbol="AAPL")
COLD = {
    "open order": OpenOrder(
        order_id=1,
        contract=AAPL,
        order=Order(order_id=1, action="BUY", total_quantity=100, order_type="LMT", lmt_price=150.0, tif="DAY"),
        order_state=OrderState(status="Submitted"),
    ),
    "contract data": ContractData(
        req_id=1,
        contract=AAPL,
        contract_details=ContractDetails(market_name="NMS", min_tick="0.01", long_name="APPLE INC", agg_group=1),
    ),
}


HOT = {  # by kind of record; tick by tick Last and BidAsk are workloads
    "tick": [
        TickPrice(req_id=REQ_ID, tick_type=1, price=150.27, size=Decimal(300), attr_mask=1),
        TickSize(req_id=REQ_ID, tick_type=0, size=Decimal(300)),
        TickString(req_id=REQ_ID, tick_type=45, value="1700000000"),
        TickGeneric(req_id=REQ_ID, tick_type=49, value=0.0),
    ],
    "mid_point": [
        TickByTickData(
            req_id=REQ_ID,
            tick_type=4,
            historical_tick_mid_point=HistoricalTick(time=1_700_000_000, price=150.275),
        )
    ],
    "depth": [
        MarketDepth(
            req_id=REQ_ID,
            market_depth_data=MarketDepthData(position=3, operation=1, side=1, price=150.27, size=Decimal(300)),
        )
    ],
    "option": [
        TickOptionComputation(
            req_id=REQ_ID, tick_type=13, tick_attrib=0, implied_vol=0.2714, delta=0.5312, opt_price=4.35,
            pv_dividend=0.24, gamma=0.0312, vega=0.1745, theta=-0.0821, und_price=150.27,
        )
    ],
    "real_time_bar": [
        RealTimeBarTick(
            req_id=REQ_ID, time=1_700_000_000, open=150.2, high=150.4, low=150.1, close=150.3,
            volume=Decimal(1200), wap=Decimal("150.25"), count=17,
        )
    ],
}  # fmt: skip


@VERSIONS
@pytest.mark.parametrize("name", list(STREAMS))
def test_decode_a_block_of_a_workload(benchmark, name, version):
    assert len(benchmark(ibfast_peer.reader(STREAMS[name](version, BLOCK)))) == BLOCK


@VERSIONS
@pytest.mark.parametrize(
    ("kind", "message"),
    [pytest.param(kind, message, id=type(message).__name__) for kind in HOT for message in HOT[kind]],
)
def test_decode_a_block_of_one_hot_message(benchmark, kind, message, version):
    frames = wire.frame(wire.encode(message, version)) * BLOCK
    read = ibfast_peer.reader(Workload(type(message).__name__, version, kind, (frames,), BLOCK, Answer(BLOCK)))
    assert len(benchmark(read)) == BLOCK


@VERSIONS
@pytest.mark.parametrize("name", list(COLD))
def test_decode_a_cold_message(benchmark, name, version):
    payload = wire.encode(COLD[name], version)
    assert type(benchmark(wire.decode, payload, version)) is type(COLD[name])


@VERSIONS
@pytest.mark.parametrize("name", list(COLD))
def test_encode_a_cold_message(benchmark, name, version):
    assert benchmark(wire.encode, COLD[name], version)
