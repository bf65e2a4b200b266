"""What all peers need. It imports neither numpy nor ibfast: the memory of the other clients is theirs alone."""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import socket
import sys
import time
from collections.abc import Coroutine
from dataclasses import asdict
from pathlib import Path

from benchmarks.answers import Answer

REQ_ID = 1_000_000_000  # the first that ibfast uses; the other peers are told to use it too
FIRST_ORDER_ID = 1
PATIENCE_S = 300.0
OPEN_AT_ONCE = 50
LAST_PRICE = 999.99  # of the last message of a stream, so that who loses messages still knows the end


class Stopwatch:
    """Wall clock and processor time from the request to the last tick."""

    def __init__(self) -> None:
        self.wall = time.perf_counter()
        self.cpu = time.process_time()

    def report(self, answer: Answer, received: int = 0) -> None:
        """Stop, and print what was found; ``received`` is for who counts bytes only."""
        wall, cpu = time.perf_counter() - self.wall, time.process_time() - self.cpu
        figures = {"seconds": wall, "cpu_s": cpu, "peak_mib": peak_mib(), "received": received}
        print(json.dumps(figures | {"answer": asdict(answer)}), flush=True)


def peak_mib() -> float:
    """The largest memory of this process.

    On Linux not getrusage's: that starts at the peak of the process that started this one, and only ever rises.
    """
    if sys.platform == "linux":
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)


def take_frame(sock: socket.socket) -> bytes:
    size = int.from_bytes(sock.recv(4, socket.MSG_WAITALL), "big")
    if not size:
        raise ConnectionError("the other side has closed")
    return sock.recv(size, socket.MSG_WAITALL)


def run(main: Coroutine[None, None, None], loop: str) -> None:
    """Run on the loop that the row names."""
    if loop == "asyncio":
        asyncio.run(main)
        return
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main)


def arguments() -> argparse.Namespace:
    """What a client is told; ``kind`` is that of its workload."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--kind", required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--requests", type=int, default=1)
    parser.add_argument("--version", type=int, required=True)
    parser.add_argument("--loop", default="")
    parser.add_argument("--how", default="")
    return parser.parse_args()


def turns(requests: int) -> list[range]:
    """Requests in groups of as many as TWS lets be open at once."""
    return [range(first, min(first + OPEN_AT_ONCE, requests)) for first in range(0, requests, OPEN_AT_ONCE)]
