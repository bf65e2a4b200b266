"""Single pieces under pytest-benchmark: ``pytest benchmarks --benchmark-only``."""

import pytest

from benchmarks.peers import ibfast_peer
from benchmarks.workloads import PROTOBUF, TEXT, WORKLOADS
from ibfast import wire
from ibfast.contract import Contract
from ibfast.order import Order
from ibfast.schema import ContractData, ContractDetails, OpenOrder, OrderState

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


@VERSIONS
@pytest.mark.parametrize("name", list(WORKLOADS))
def test_decode_ten_thousand_ticks(benchmark, name, version):
    workload = WORKLOADS[name](version, 10_000)
    rows, protocol = ibfast_peer.decode(workload)
    assert len(benchmark(ibfast_peer.read, workload, rows, protocol)) == 10_000


@VERSIONS
@pytest.mark.parametrize("name", list(COLD))
def test_decode_a_cold_message(benchmark, name, version):
    payload = wire.encode(COLD[name], version)
    assert type(benchmark(wire.decode, payload, version)) is type(COLD[name])


@VERSIONS
@pytest.mark.parametrize("name", list(COLD))
def test_encode_a_cold_message(benchmark, name, version):
    assert benchmark(wire.encode, COLD[name], version)
