"""A bare socket that receives the same bytes and decodes nothing: what the kernel alone costs."""

from __future__ import annotations

import socket

from benchmarks.answers import Answer
from benchmarks.peers.common import Stopwatch, arguments
from benchmarks.workloads import REQ_ID
from ibfast import Contract, wire
from ibfast.schema import StartApiRequest, TickByTickRequest

if __name__ == "__main__":
    given = arguments()
    with socket.create_connection(("127.0.0.1", given.port)) as sock:
        sock.sendall(b"API\0" + wire.frame(b"v157..226"))
        sock.recv(1000)
        sock.sendall(wire.frame(wire.encode(StartApiRequest(client_id=1), given.version)))
        sock.recv(1000)
        request = TickByTickRequest(req_id=REQ_ID, contract=Contract.stock("AAPL"), tick_type="Last")
        stopwatch, buffer = Stopwatch(), bytearray(262_144)
        sock.sendall(wire.frame(wire.encode(request, given.version)))
        received = 0
        while (size := sock.recv_into(buffer)) and (received := received + size):
            pass
        stopwatch.report(Answer())
