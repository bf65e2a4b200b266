"""A bare socket that receives the same bytes and decodes nothing: what the kernel alone costs."""

from __future__ import annotations

import argparse
import socket

from benchmarks.answers import Answer
from benchmarks.orders import AAPL, CLIENT_ID
from benchmarks.peers.common import FIRST_ORDER_ID, REQ_ID, Stopwatch, arguments, take_frame
from ibfast import wire
from ibfast.schema import (
    ContractDataRequest,
    ExecutionFilter,
    ExecutionRequest,
    HistoricalDataRequest,
    HistoricalTicksRequest,
    MarketDataRequest,
    MarketDepthRequest,
    OpenOrdersRequest,
    PlaceOrderRequest,
    StartApiRequest,
    TickByTickRequest,
)
from ibfast.schema.declare import Message
from ibfast.schema.order import Order


def request(kind: str, req_id: int) -> Message:
    """What asks for a workload of this kind."""
    known = {"req_id": req_id, "contract": AAPL}
    return {
        "last": lambda: TickByTickRequest(**known, tick_type="Last"),
        "bid_ask": lambda: TickByTickRequest(**known, tick_type="BidAsk"),
        "mid_point": lambda: TickByTickRequest(**known, tick_type="MidPoint"),
        "tick": lambda: MarketDataRequest(**known),
        "depth": lambda: MarketDepthRequest(**known, num_rows=10, is_smart_depth=False),
        "bar": lambda: HistoricalDataRequest(
            **known, bar_size_setting="1 min", duration="1 D", use_rth=True, what_to_show="TRADES", format_date=2,
            keep_up_to_date=False,
        ),
        "past_last": lambda: HistoricalTicksRequest(
            **known, start_date_time="20260105-15:00:00", number_of_ticks=1000, what_to_show="TRADES", use_rth=True,
            ignore_size=False,
        ),
        "open_orders": OpenOrdersRequest,
        "contracts": lambda: ContractDataRequest(**known),
        "executions": lambda: ExecutionRequest(req_id=req_id, execution_filter=ExecutionFilter()),
        "statuses": place_order,
        "order_flow": place_order,
    }[kind]()  # fmt: skip


def place_order() -> Message:
    return PlaceOrderRequest(order_id=FIRST_ORDER_ID, contract=AAPL, order=limit_order())


def limit_order() -> Order:
    return Order(action="BUY", order_type="LMT", total_quantity=100, lmt_price=150.0, tif="DAY", transmit=True)


def connect(port: int, version: int) -> socket.socket:
    """A socket after the handshake."""
    sock = socket.create_connection(("127.0.0.1", port))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.sendall(b"API\0" + wire.frame(b"v157..226"))
    take_frame(sock)
    sock.sendall(wire.frame(wire.encode(StartApiRequest(client_id=CLIENT_ID), version)))
    for _ in ("next valid id", "managed accounts"):
        take_frame(sock)
    return sock


def client(given: argparse.Namespace) -> None:
    asked = b"".join(
        wire.frame(wire.encode(request(given.kind, REQ_ID + place), given.version)) for place in range(given.requests)
    )
    with connect(given.port, given.version) as sock:
        buffer, received = bytearray(262_144), 0
        stopwatch = Stopwatch()
        sock.sendall(asked)
        while size := sock.recv_into(buffer):
            received += size
        stopwatch.report(Answer(), received)


if __name__ == "__main__":
    client(arguments())
