"""A gateway, one client after another, that sends bytes made beforehand, as fast as the socket takes them.

In a process of its own, so that it shares nothing with the client but the machine.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
import threading

from benchmarks.peers.common import take_frame
from benchmarks.workloads import last
from ibfast import wire
from ibfast.schema import ManagedAccounts, NextValidId


def serve(sock: socket.socket, version: int, frames: bytes) -> None:
    """Handshake, wait for the tick-by-tick request (whatever else is asked first), send everything, close."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.recv(4, socket.MSG_WAITALL)
    take_frame(sock)
    sock.sendall(wire.frame(b"%d\x0020260101 00:00:00 UTC\0" % version))
    take_frame(sock)
    for message in (NextValidId(order_id=1), ManagedAccounts(accounts_list="DU1")):
        sock.sendall(wire.frame(wire.encode(message, version)))
    while b"Last" not in take_frame(sock):
        pass
    sock.sendall(frames)
    sock.shutdown(socket.SHUT_WR)
    while sock.recv(65_536):
        pass


def end_with_parent() -> None:
    sys.stdin.read()
    os._exit(0)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--version", type=int, required=True)
    parser.add_argument("--count", type=int, required=True)
    given = parser.parse_args()
    frames = last(given.version, given.count).frames
    threading.Thread(target=end_with_parent, daemon=True).start()
    with socket.create_server(("127.0.0.1", 0)) as server:
        print(server.getsockname()[1], flush=True)
        while True:
            sock, _ = server.accept()
            with sock:
                try:
                    serve(sock, given.version, frames)
                except OSError as error:  # the client went; whoever started it sees why
                    print(f"feed: {error}", file=sys.stderr)


if __name__ == "__main__":
    main()
