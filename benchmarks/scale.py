"""Whether the cost of a tick, and memory, stay what they are when there is more of everything."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from benchmarks import many, processes
from benchmarks.live import last
from benchmarks.roster import Peer
from benchmarks.rows import Row, Scale, Target
from benchmarks.workload import PROTOBUF, TEXT
from benchmarks.workloads import WORKLOADS
from ibfast.records import DTYPES

SECTION = "scale (ratio: to the first row of its kind)"
FLAT = Target(1.2, at_least=False)
BLOCK = 100_000  # ticks that are sent over and over
PEER = "ibfast, uvloop"
LIMIT_BYTES = 64  # of a tick-by-tick record

Tell = Callable[[str], None]


def rows(scale: Scale, rounds: int, tell: Tell) -> list[Row]:
    """Subscriptions, length, a slow reader, memory of a record, the length of an order's history, two cores."""
    found = _records() + many.rows(SECTION, scale, rounds, tell)
    if find_spec("uvloop") is not None:
        found += _subscriptions(scale, rounds, tell)
        found += _soak(scale, tell)
        found += _slow_reader(scale, rounds, tell)
        found += _statuses(scale, rounds, tell)
    return found + _two_cores(scale, rounds, tell)


def _records() -> list[Row]:
    found = []
    for kind in ("last", "bid_ask", "mid_point"):
        size = DTYPES[kind].itemsize
        row = Row(SECTION, f"a record of kind {kind}", "both", "ibfast", 1, "bytes", [size], [size / LIMIT_BYTES])
        row.target = Target(1, at_least=False)
        found.append(row)
    return found


def _run(what: str, port: int, count: int, *more: object) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.peers.scale_ibfast", "--what", what, "--port", port]
    return processes.run_program(f"ibfast, {what}", [*command, "--count", count, *more])


def _subscriptions(scale: Scale, rounds: int, tell: Tell) -> list[Row]:
    count, many = (20_000, (1, 100)) if scale.is_quick else (1_000_000, (1, 10, 100, 1_000))
    found = [Row(SECTION, f"{streams:,} subscriptions, a tick", "protobuf", PEER, count, "ns") for streams in many]
    for _ in range(rounds):
        for streams, row in zip(many, found, strict=True):
            tell(f"scale: {row.workload}")
            options = ("--streams", streams, "--requests", streams)
            with processes.feed("last", last(PROTOBUF, count), *options) as port:
                result = _run("subscriptions", port, count, "--streams", streams)
            row.figures.append(result["cpu_ns"])
            row.note = f"{result['lost']:,.0f} dropped" if result["lost"] else ""
            if row is not found[0]:
                row.ratios.append(row.figures[-1] / found[0].figures[-1])
                row.target = FLAT
    return found


def _soak(scale: Scale, tell: Tell) -> list[Row]:
    lengths = [length for length in (100_000, 1_000_000, 10_000_000, 100_000_000) if length <= scale.soak]
    costs, memory = [], []
    for length in lengths:
        tell(f"scale: a stream of {length:,} ticks")
        with processes.feed("last", last(PROTOBUF, BLOCK), "--repeats", length // BLOCK) as port:
            result = _run("soak", port, length)
        note = f"{result['lost']:,.0f} dropped" if result["lost"] else ""
        costs.append(Row(SECTION, f"a stream of {length:,} ticks, a tick", "protobuf", PEER, length, "ns",
                         [result["cpu_ns"]], note=note))  # fmt: skip
        growth = result["late_mib"] / result["early_mib"] if result["early_mib"] else 1.0
        memory.append(Row(SECTION, f"memory after {length:,} ticks, to that after a tenth", "protobuf", PEER, length,
                          "MiB", [result["late_mib"]], [growth], target=FLAT))  # fmt: skip
    for row in costs[1:]:
        row.ratios, row.target = [row.figure / costs[0].figure], FLAT
    return costs + memory


def _slow_reader(scale: Scale, rounds: int, tell: Tell) -> list[Row]:
    count = 40_000 if scale.is_quick else 1_000_000
    found = [Row(SECTION, f"a stream beside one whose reader {how}", "protobuf", PEER, count // 2, "ms")
             for how in ("reads", "sleeps")]  # fmt: skip
    for _ in range(rounds):
        for how, row in zip(("reads", "sleeps"), found, strict=True):
            tell(f"scale: {row.workload}")
            with processes.feed("last", last(PROTOBUF, count), "--streams", 2, "--requests", 2) as port:
                row.figures.append(_run("slow_reader", port, count, "--how", how)["seconds"] * 1e3)
        found[1].ratios.append(found[1].figures[-1] / found[0].figures[-1])
        found[1].target = FLAT
    return found


def _statuses(scale: Scale, rounds: int, tell: Tell) -> list[Row]:
    """What the status of an order costs when it has had few before, and many."""
    lengths = (200, 1_000) if scale.is_quick else (1_000, 10_000)
    workloads = [WORKLOADS["statuses"](PROTOBUF, length) for length in lengths]
    found = [Row(SECTION, f"{item.name}, a status", item.wire, PEER, item.count, "ns") for item in workloads]
    peer = Peer(PEER, "ibfast_peer", loop="uvloop")
    for _ in range(rounds):
        for workload, row in zip(workloads, found, strict=True):
            tell(f"scale: {row.workload}")
            with processes.feed("statuses", workload) as port:
                row.figures.append(1e9 / processes.rate(peer, row, workload, port))
        found[1].ratios.append(found[1].figures[-1] / found[0].figures[-1])
        found[1].target = FLAT
    return found


def _two_cores(scale: Scale, rounds: int, tell: Tell) -> list[Row]:
    """How many cores the blocking client and its user keep busy together; more than one is both at once."""
    count = 50_000 if scale.is_quick else 1_000_000
    row = Row(SECTION, "cores that the blocking client and a reader at work use", "text", "ibfast.blocking", count,
              "cores", target=Target(1.2))  # fmt: skip
    for _ in range(rounds):
        tell(f"scale: {row.workload}")
        with processes.feed("last", WORKLOADS["last"](TEXT, count)) as port:
            result = _run("two_cores", port, count, "--how", "works")
        row.figures.append(result["cpu_s"] / result["seconds"])
        row.ratios.append(row.figures[-1])
    return [row]
