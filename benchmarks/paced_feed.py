"""A gateway that sends a tick every millisecond and answers every order with a status; it notes when.

Serves one client and prints, as JSON, when each tick left and when the order that answers it was there, in ns of the
clock that all processes of a machine share.
"""

from __future__ import annotations

import argparse
import json
import socket
import time

from benchmarks.feed import greet, take_request
from benchmarks.live import TICK_BY_TICK, last
from benchmarks.orders import PLACE_ORDER
from benchmarks.peers.common import FIRST_ORDER_ID
from benchmarks.workload import frames_of
from ibfast import wire
from ibfast.schema import OrderStatus

PACE_S = 0.001


def ticks(sock: socket.socket, version: int, count: int, with_orders: bool) -> dict[str, list[int]]:
    """Send ticks; with orders, each tick waits for the order that the one before it led to."""
    frames = frames_of(last(version, count).frames)
    take_request(sock, version, TICK_BY_TICK)
    sent, ordered = [], []
    begin = time.perf_counter_ns()
    for place, frame in enumerate(frames):
        due = begin + place * PACE_S * 1e9
        while (left := due - time.perf_counter_ns()) > 0:
            time.sleep(left / 1e9)
        sent.append(time.perf_counter_ns())
        sock.sendall(frame)
        if with_orders:
            take_request(sock, version, PLACE_ORDER)
            ordered.append(time.perf_counter_ns())
    return {"sent": sent, "ordered": ordered}


def orders(sock: socket.socket, version: int, count: int) -> dict[str, list[int]]:
    """Answer each order with its status, made beforehand."""
    answers = [
        wire.frame(wire.encode(_submitted(order_id), version))
        for order_id in range(FIRST_ORDER_ID, FIRST_ORDER_ID + count)
    ]
    ordered = []
    for answer in answers:
        take_request(sock, version, PLACE_ORDER)
        ordered.append(time.perf_counter_ns())
        sock.sendall(answer)
    return {"ordered": ordered}


def _submitted(order_id: int) -> OrderStatus:
    return OrderStatus(
        order_id=order_id, status="Submitted", filled=0, remaining=100, avg_fill_price=0.0, perm_id=order_id,
        parent_id=0, last_fill_price=0.0, client_id=1, why_held="", mkt_cap_price=0.0,
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--path", choices=("handler", "tick_to_order", "order"), required=True)
    parser.add_argument("--version", type=int, required=True)
    parser.add_argument("--count", type=int, required=True)
    given = parser.parse_args()
    with socket.create_server(("127.0.0.1", 0)) as server:
        print(server.getsockname()[1], flush=True)
        sock, _ = server.accept()
        with sock:
            greet(sock, given.version)
            if given.path == "order":
                noted = orders(sock, given.version, given.count)
            else:
                noted = ticks(sock, given.version, given.count, given.path == "tick_to_order")
            print(json.dumps(noted), flush=True)
            while sock.recv(65_536):
                pass


if __name__ == "__main__":
    main()
