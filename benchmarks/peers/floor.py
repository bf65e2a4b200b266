"""A bare socket that receives the same bytes and decodes nothing: what the kernel alone costs."""

from __future__ import annotations

import socket

from benchmarks.answers import Answer
from benchmarks.peers.common import REQ_ID, Stopwatch, arguments, take_frame
from ibfast import Contract, wire
from ibfast.schema import StartApiRequest, TickByTickRequest


def client(port: int, version: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.sendall(b"API\0" + wire.frame(b"v157..226"))
        take_frame(sock)
        sock.sendall(wire.frame(wire.encode(StartApiRequest(client_id=1), version)))
        for _ in ("next valid id", "managed accounts"):
            take_frame(sock)
        request = TickByTickRequest(req_id=REQ_ID, contract=Contract.stock("AAPL"), tick_type="Last")
        asked, buffer, received = wire.frame(wire.encode(request, version)), bytearray(262_144), 0
        stopwatch = Stopwatch()
        sock.sendall(asked)
        while size := sock.recv_into(buffer):
            received += size
        stopwatch.report(Answer(), received)


if __name__ == "__main__":
    given = arguments()
    client(given.port, given.version)
