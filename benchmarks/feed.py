"""A gateway, one client after another, that sends bytes made beforehand, as fast as the socket takes them.

In a process of its own, so that it shares nothing with the client but the machine.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
import threading
from dataclasses import replace

from benchmarks.peers.common import FIRST_ORDER_ID, REQ_ID, take_frame
from benchmarks.workload import Workload, frames_of
from benchmarks.workloads import WORKLOADS
from ibfast import wire
from ibfast.schema import ManagedAccounts, NextValidId


def greet(sock: socket.socket, version: int) -> None:
    """The handshake, up to the client being ready."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.recv(4, socket.MSG_WAITALL)
    take_frame(sock)
    sock.sendall(wire.frame(b"%d\x0020260101 00:00:00 UTC\0" % version))
    take_frame(sock)
    for message in (NextValidId(order_id=FIRST_ORDER_ID), ManagedAccounts(accounts_list="DU1")):
        sock.sendall(wire.frame(wire.encode(message, version)))


def take_request(sock: socket.socket, version: int, asked_by: int) -> bytes:
    """The next request with this message id; whatever else is asked first has no answer."""
    while True:
        payload = take_frame(sock)
        if wire.message_id(payload, version)[0] == asked_by:
            return payload


def serve(sock: socket.socket, workload: Workload, requests: int, repeats: int, stay: bool) -> None:
    """A block for each request, or the only block when the last of many requests is in; then the end."""
    greet(sock, workload.version)
    for block in workload.blocks:
        for _ in range(requests):
            take_request(sock, workload.version, workload.asked_by)
        for _ in range(repeats):
            sock.sendall(block)
    if not stay:
        sock.shutdown(socket.SHUT_WR)
    while sock.recv(65_536):
        pass


def dealt(workload: Workload, given: argparse.Namespace) -> Workload:
    """The same ticks, one for each of so many requests in turn."""
    made = WORKLOADS[given.workload]
    hands = [frames_of(made(given.version, given.count // given.streams, given.req_id + place).frames)
             for place in range(given.streams)]  # fmt: skip
    return replace(workload, blocks=(b"".join(frame for deal in zip(*hands, strict=True) for frame in deal),))


def end_with_parent() -> None:
    sys.stdin.read()
    os._exit(0)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--workload", required=True)
    parser.add_argument("--version", type=int, required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--req-id", type=int, default=REQ_ID, help="of the client's first request")
    parser.add_argument("--requests", type=int, default=1, help="that must come before anything is sent")
    parser.add_argument("--streams", type=int, default=1, help="deal the ticks to so many requests in turn")
    parser.add_argument("--repeats", type=int, default=1, help="send it so often")
    parser.add_argument("--stay", action="store_true", help="wait for the client to close")
    given = parser.parse_args()
    workload = WORKLOADS[given.workload](given.version, given.count, given.req_id)
    if given.streams > 1:
        workload = dealt(workload, given)
    threading.Thread(target=end_with_parent, daemon=True).start()
    with socket.create_server(("127.0.0.1", 0)) as server:
        print(server.getsockname()[1], flush=True)
        while True:
            sock, _ = server.accept()
            with sock:
                try:
                    serve(sock, workload, given.requests, given.repeats, given.stay)
                except OSError as error:  # the client went; whoever started it sees why
                    print(f"feed: {error}", file=sys.stderr)


if __name__ == "__main__":
    main()
