"""How long a tick takes to its handler, a tick to the order it leads to, an order to the gateway and to its status.

One tick or order a millisecond, so that caches are as cold as those of a client that waits.
"""

from __future__ import annotations

import inspect
import json
import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.processes import run_program
from benchmarks.roster import Peer
from benchmarks.rows import Row, Scale, Target
from benchmarks.workload import TEXT
from ibfast import Client

SECTION = "latency (ratio: to the bare socket)"
WARM_UP = 0.1  # of the ticks, not counted


@dataclass(frozen=True)
class Path:
    name: str
    title: str
    target: Target | None
    played: str = ""  # what feed and client do for it, if that is another path's


PATHS = (
    Path("handler", "tick to handler", Target(1.15, at_least=False)),
    Path("tick_to_order", "tick to order", Target(1.3, at_least=False)),
    Path("order_out", "order to gateway", Target(1.5, at_least=False), "order"),
    Path("order", "order to status", None),
)
FLOOR = Peer("bare socket on uvloop", "floor", needs=("uvloop",))
PEERS = (
    FLOOR,
    Peer("ibfast, uvloop", "ibfast", needs=("uvloop",)),
    Peer("ib_async, uvloop", "ib_async", needs=("ib_async", "uvloop"), wires=(TEXT,)),
    Peer("official", "official", needs=("ibapi",)),
)
POLLING = Peer("ibfast, busy polling, uvloop", "ibfast_polling", needs=("uvloop",))
HAS_POLLING = "busy_poll" in inspect.signature(Client.connect).parameters


def missing() -> list[str]:
    """What is not in the table, and why."""
    return [] if HAS_POLLING else [f"left out: {POLLING.name} (Client.connect has no busy_poll)"]


def rows(scale: Scale, rounds: int, tell: Callable[[str], None]) -> list[Row]:
    """Median and 99th percentile of every path, in µs."""
    peers = (*PEERS, POLLING) if HAS_POLLING else PEERS
    found = []
    for place, path in enumerate(PATHS):
        for version in scale.versions(place):
            there = [peer for peer in peers if version in peer.wires and not peer.absence]
            if FLOOR in there:
                found += _section(path, version, scale.paced, there, rounds, tell)
    return found


def _section(
    path: Path, version: int, count: int, peers: list[Peer], rounds: int, tell: Callable[[str], None]
) -> list[Row]:
    wire = "text" if version == TEXT else "protobuf"
    rows = {
        (peer.name, percent): Row(SECTION, f"{path.title}, p{percent}", wire, peer.name, count, "µs")
        for percent in (50, 99)
        for peer in peers
    }
    for number in range(rounds):
        found = {}
        for peer in random.sample(peers, len(peers)):
            tell(f"latency: {path.title}, {wire}, round {number + 1} of {rounds}, {peer.name}")
            found[peer.name] = _latencies_us(peer, path, version, count)
        for (name, percent), row in rows.items():
            row.figures.append(float(np.percentile(found[name], percent)))
            if name != FLOOR.name:
                row.ratios.append(row.figures[-1] / float(np.percentile(found[FLOOR.name], percent)))
                row.target = path.target if name.startswith("ibfast") else None
    return list(rows.values())


def _latencies_us(peer: Peer, path: Path, version: int, count: int) -> np.ndarray:
    common = ["--path", path.played or path.name, "--version", version, "--count", count]
    command = [str(item) for item in (sys.executable, "-m", "benchmarks.paced_feed", *common)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as feed:
        try:
            port = int(feed.stdout.readline() or 0)
            client = [sys.executable, "-m", "benchmarks.peers.paced", "--peer", peer.module, "--port", port, *common]
            notes = run_program(peer.name, client)
            noted = json.loads(feed.stdout.readline())
        finally:
            feed.kill()
    if path.name == "handler":
        found = np.array(notes["handled"]) - _of_same_length(noted["sent"], notes["handled"], peer)
    elif path.name == "tick_to_order":
        found = np.array(noted["ordered"]) - np.array(noted["sent"])
    elif path.name == "order_out":
        found = np.array(noted["ordered"]) - np.array(notes["placed"])
    else:
        found = np.array(notes["order_ns"])
    if len(found) != count:
        raise SystemExit(f"{peer.name}: {len(found)} of {count} latencies on the path {path.title}")
    return found[int(count * WARM_UP) :] / 1e3


def _of_same_length(sent: list[int], handled: list[int], peer: Peer) -> np.ndarray:
    if len(sent) != len(handled):
        raise SystemExit(f"{peer.name}: {len(handled)} handled of {len(sent)} ticks")
    return np.array(sent)
