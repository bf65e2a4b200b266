"""Interleaved rounds: every peer once, in an order drawn anew each round, so that the machine's noise is shared."""

from __future__ import annotations

import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from benchmarks.answers import Answer, of_rows
from benchmarks.workloads import PROTOBUF, TEXT, WORKLOADS, Workload


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


def installed(module: str) -> bool:
    return find_spec(module) is not None


def missing() -> list[str]:
    """Why some peers are not in the table."""
    packages = {"ibapi": "the official client (pip install ibapi-latest)", "ib_async": "ib_async"}
    return [f"{what} is not installed: its rows are left out" for name, what in packages.items() if not installed(name)]


# ------------------------------------------------------------------------------------------- decode, no socket


def decode_rows(rounds: int, count: int, tell: Callable[[str], None]) -> list[Row]:
    """Bytes in memory to ticks, for each workload on both wires; answers are compared before any clock runs."""
    rows = []
    for make in WORKLOADS.values():
        for version in (TEXT, PROTOBUF):
            workload = make(version, count)
            tell(f"decode: {workload.name}, {workload.wire}")
            peers = _decoders(workload)
            _compare({name: answer() for name, (answer, _) in peers.items()}, workload.name)
            section = [Row("decode", workload.name, workload.wire, name, workload.count) for name in peers]
            for _ in range(rounds):
                seconds = {}
                for name in random.sample(list(peers), len(peers)):
                    began = time.perf_counter()
                    peers[name][1]()
                    seconds[name] = time.perf_counter() - began
                _note(section, seconds)
            rows += section
    return rows


def _decoders(workload: Workload) -> dict[str, tuple[Callable[[], Answer], Callable[[], Any]]]:
    """By peer: what gives its answer, and what is timed."""
    from benchmarks.peers import ibfast_peer

    rows, protocol = ibfast_peer.decode(workload)
    peers: dict[str, tuple[Callable[[], Answer], Callable[[], Any]]] = {
        "ibfast": (
            lambda: of_rows(ibfast_peer.read(workload, rows, protocol)),
            lambda: ibfast_peer.read(workload, rows, protocol),
        )
    }
    if installed("ibapi"):
        from benchmarks.peers import official

        read = official.decode(workload)
        peers["official"] = (lambda: _without_derived(read(), workload), read)
    if installed("ib_async") and workload.wire == "text":
        from benchmarks.peers import ib_async_peer

        other = ib_async_peer.decode(workload)
        peers["ib_async"] = (other, other)
    return peers


def _without_derived(answer: Answer, workload: Workload) -> Answer:
    """The official client reports the size of a price tick as a tick more; count messages, as the others do."""
    if workload.kind == "tick":
        answer.ticks = workload.count
    return answer


# ------------------------------------------------------------------------------------------------- loopback


def loopback_rows(rounds: int, count: int, tell: Callable[[str], None]) -> list[Row]:
    """Whole clients, each in a process of its own, reading tick by tick Last from a feed in another."""
    rows = []
    for version in (TEXT, PROTOBUF):
        peers = dict(_clients(version, count))
        name_of_wire = "text" if version == TEXT else "protobuf"
        section = [Row("loopback", "tick by tick Last", name_of_wire, name, peers[name][2]) for name in peers]
        for number in range(rounds):
            seconds, answers = {}, {}
            for name in random.sample(list(peers), len(peers)):
                tell(f"loopback: {name_of_wire}, round {number + 1} of {rounds}, {name}")
                module, how, ticks = peers[name]
                result = _run_client(module, how, version, ticks)
                seconds[name] = result["seconds"]
                if module != "floor":
                    answers.setdefault(ticks, {})[name] = Answer(**result["answer"])
                row = next(row for row in section if row.peer == name)
                row.cpu_ns.append(result["cpu_s"] / ticks * 1e9)
                row.peak_mib = max(row.peak_mib, result["peak_mib"])
            for found in answers.values():
                _compare(found, "tick by tick Last")
            _note(section, seconds)
        rows += section
    return rows


def _clients(version: int, count: int) -> list[tuple[str, tuple[str, str, int]]]:
    """(name, (module, how, ticks)); the slow ones read a tenth."""
    few = max(1, count // 10)
    clients = [
        ("ibfast", ("ibfast_peer", "batches", count)),
        ("ibfast, asyncio", ("ibfast_peer", "asyncio", count)),
        ("ibfast, one object a tick", ("ibfast_peer", "events", count)),
        ("bare socket, decodes nothing", ("floor", "", count)),
    ]
    if installed("ibapi"):
        clients.append(("official", ("official", "", few)))
    if installed("ib_async") and version == TEXT:
        clients.append(("ib_async, uvloop", ("ib_async_peer", "uvloop", few)))
        clients.append(("ib_async, asyncio", ("ib_async_peer", "asyncio", few)))
    return clients


def _run_client(module: str, how: str, version: int, count: int) -> dict[str, Any]:
    common = ["--version", str(version), "--count", str(count)]
    feed = subprocess.Popen([sys.executable, "-m", "benchmarks.feed", *common], stdout=subprocess.PIPE, text=True)
    assert feed.stdout is not None
    try:
        port = feed.stdout.readline().strip()
        command = [sys.executable, "-m", f"benchmarks.peers.{module}", "--port", port, "--how", how, *common]
        done = subprocess.run(command, capture_output=True, text=True, timeout=600)
        if done.returncode:
            raise RuntimeError(f"{module} failed:\n{done.stderr[-2000:]}")
        return json.loads(done.stdout.splitlines()[-1])
    finally:
        feed.kill()
        feed.communicate()


# ---------------------------------------------------------------------------------------------------- both


def _compare(answers: dict[str, Answer], what: str) -> None:
    if len({tuple(answer.as_dict().values()) for answer in answers.values()}) > 1:
        raise SystemExit(f"{what}: the peers do not agree, so nothing is timed: {answers}")


def _note(section: list[Row], seconds: dict[str, float]) -> None:
    """One round: rates, and ratios to ibfast within the round."""
    rates = {row.peer: row.count / seconds[row.peer] for row in section}
    for row in section:
        row.rates.append(rates[row.peer])
        row.ratios.append(rates["ibfast"] / rates[row.peer])
