"""Interleaved rounds: every peer once, in an order drawn anew each round, so that the machine's noise is shared."""

from __future__ import annotations

import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from benchmarks.answers import Answer
from benchmarks.workloads import PROTOBUF, TEXT, WORKLOADS, Workload, last

CLIENT_TIMEOUT_S = 600


@dataclass(frozen=True)
class Scale:
    """How much is measured."""

    rounds: int
    decode: int  # messages
    least_s: float  # that a decoder is timed, over and over the same bytes
    loopback: int  # ticks; slow clients get a share


FULL = Scale(rounds=5, decode=50_000, least_s=0.2, loopback=1_000_000)
QUICK = Scale(rounds=1, decode=2_000, least_s=0.02, loopback=100_000)


@dataclass(frozen=True)
class Peer:
    """A line of every table it takes part in; the first of those that are installed is what ratios are taken to."""

    name: str
    module: str  # in benchmarks.peers
    needs: tuple[str, ...] = ()  # modules that may not be there
    wires: tuple[int, ...] = (TEXT, PROTOBUF)
    share: int = 1  # gets the ticks divided by this: slow clients would take all day
    loop: str = ""
    how: str = ""


DECODERS = (
    Peer("ibfast", "ibfast_peer"),
    Peer("official", "official", needs=("ibapi",)),
    Peer("ib_async", "ib_async_peer", needs=("ib_async",), wires=(TEXT,)),
)
CLIENTS = (
    Peer("ibfast, uvloop", "ibfast_peer", needs=("uvloop",), loop="uvloop"),
    Peer("ibfast, asyncio", "ibfast_peer", loop="asyncio"),
    Peer("ibfast, one object a tick, uvloop", "ibfast_peer", needs=("uvloop",), loop="uvloop", how="events"),
    Peer("bare socket, decodes nothing", "floor"),
    Peer("official", "official", needs=("ibapi",), share=10),
    Peer("official, short burst", "official", needs=("ibapi",), share=100),  # docs/performance.md says why
    Peer("ib_async, uvloop", "ib_async_peer", needs=("ib_async", "uvloop"), wires=(TEXT,), share=10, loop="uvloop"),
    Peer("ib_async, asyncio", "ib_async_peer", needs=("ib_async",), wires=(TEXT,), share=10, loop="asyncio"),
)


@dataclass
class Row:
    """One line of the table: a peer at a workload."""

    section: str
    workload: str
    wire: str
    peer: str
    count: int
    rates: list[float] = field(default_factory=list)  # messages a second, by round
    ratios: list[float] = field(default_factory=list)  # ibfast's rate over this one's, by round
    cpu_ns: list[float] = field(default_factory=list)  # processor time a message, whole clients only
    peak_mib: float = 0.0

    @property
    def rate(self) -> float:
        return statistics.median(self.rates)

    @property
    def ratio(self) -> float:
        return statistics.median(self.ratios) if self.ratios else 1.0


def absent(peer: Peer) -> list[str]:
    return [module for module in peer.needs if find_spec(module) is None]


def missing() -> list[str]:
    """Why some peers are not in the table."""
    reasons = {f"left out: {peer.name} ({', '.join(gone)} is not installed)": None
               for peer in DECODERS + CLIENTS if (gone := absent(peer))}  # fmt: skip
    return list(reasons)


def present(peers: tuple[Peer, ...], version: int) -> list[Peer]:
    return [peer for peer in peers if version in peer.wires and not absent(peer)]


# ------------------------------------------------------------------------------------------- decode, no socket


def decode_rows(scale: Scale, rounds: int, tell: Callable[[str], None]) -> list[Row]:
    """Bytes in memory to ticks, for each workload on both wires; answers are compared before any clock runs."""
    rows = []
    for make in WORKLOADS.values():
        for version in (TEXT, PROTOBUF):
            workload = make(version, scale.decode)
            tell(f"decode: {workload.name}, {workload.wire}")
            rows += _decode_section(workload, rounds, scale.least_s)
    return rows


def _decode_section(workload: Workload, rounds: int, least_s: float) -> list[Row]:
    timed = {}
    for peer in present(DECODERS, workload.version):
        answer, timed[peer.name] = import_module(f"benchmarks.peers.{peer.module}").decode(workload)
        _check(answer(), workload.answer, f"{peer.name} at {workload.name}, {workload.wire}")
    rows = [Row("decode", workload.name, workload.wire, name, workload.count) for name in timed]
    for _ in range(rounds):
        rates = {row.peer: _decode_rate(timed[row.peer], row, least_s) for row in random.sample(rows, len(rows))}
        _note(rows, rates)
    return rows


def _decode_rate(read: Callable[[], int], row: Row, least_s: float) -> float:
    """Messages a second of processor time, over as many passes as it takes for the clock to matter little.

    Decoding never waits, so on a machine with nothing else to do this is the time on the wall; on others the wall
    shows what the others do.
    """
    counted, passes, began = 0, 0, time.process_time()
    while (seconds := time.process_time() - began) < least_s:
        counted += read()
        passes += 1
    if counted != passes * row.count:
        raise SystemExit(f"{row.peer} at {row.workload}: {counted} of {passes * row.count} messages while timed")
    return counted / seconds


# ------------------------------------------------------------------------------------------------- loopback


def loopback_rows(scale: Scale, rounds: int, tell: Callable[[str], None]) -> list[Row]:
    """Whole clients, each in a process of its own, reading tick by tick Last from a feed in another."""
    rows = []
    for version in (TEXT, PROTOBUF):
        rows += _loopback_section(version, scale.loopback, rounds, tell)
    return rows


def _loopback_section(version: int, count: int, rounds: int, tell: Callable[[str], None]) -> list[Row]:
    peers = {peer.name: peer for peer in present(CLIENTS, version)}
    workloads = {share: last(version, count // share) for share in {peer.share for peer in peers.values()}}
    sent = {name: workloads[peer.share] for name, peer in peers.items()}
    rows = [Row("loopback", each.name, each.wire, name, each.count) for name, each in sent.items()]
    with ExitStack() as feeds:
        ports = {share: feeds.enter_context(_feed(each)) for share, each in workloads.items()}
        for number in range(rounds):
            rates = {}
            for row in random.sample(rows, len(rows)):
                tell(f"loopback: {row.wire}, round {number + 1} of {rounds}, {row.peer}")
                peer = peers[row.peer]
                rates[row.peer] = _client_rate(peer, row, sent[row.peer], ports[peer.share])
            _note(rows, rates)
    return rows


@contextmanager
def _feed(workload: Workload) -> Iterator[int]:
    """A process that sends these ticks to whoever asks; the port. It has made its bytes when this returns."""
    command = [sys.executable, "-m", "benchmarks.feed", "--version", str(workload.version)]
    command += ["--count", str(workload.count)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as feed:
        try:
            yield int(feed.stdout.readline() or 0)
        finally:
            feed.kill()


def _client_rate(peer: Peer, row: Row, workload: Workload, port: int) -> float:
    command = [sys.executable, "-m", f"benchmarks.peers.{peer.module}", "--port", str(port)]
    command += ["--version", str(workload.version), "--count", str(workload.count)]
    command += ["--loop", peer.loop, "--how", peer.how]
    done = subprocess.run(command, capture_output=True, text=True, timeout=CLIENT_TIMEOUT_S)
    if done.returncode:
        raise SystemExit(f"{peer.name} failed:\n{done.stderr[-2000:]}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    if peer.module == "floor":
        if result["received"] != len(workload.frames):
            raise SystemExit(f"{peer.name}: {result['received']} of {len(workload.frames)} bytes")
    else:
        _check(Answer(**result["answer"]), workload.answer, f"{peer.name} on loopback, {workload.wire}")
    row.cpu_ns.append(result["cpu_s"] / workload.count * 1e9)
    row.peak_mib = max(row.peak_mib, result["peak_mib"])
    return workload.count / result["seconds"]


# ---------------------------------------------------------------------------------------------------- both


def _check(found: Answer, sent: Answer, what: str) -> None:
    if found.exact() != sent.exact():
        raise SystemExit(f"{what}: read (ticks, cents, shares) {found.exact()}, sent {sent.exact()}; nothing is shown")


def _note(rows: list[Row], rates: dict[str, float]) -> None:
    """One round: rates, and within it the ratios of the first row, ibfast's, to the others."""
    for row in rows:
        row.rates.append(rates[row.peer])
        if row is not rows[0]:
            row.ratios.append(rates[rows[0].peer] / rates[row.peer])
