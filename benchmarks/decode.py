"""Bytes in memory to ticks: no socket, no loop."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from importlib import import_module

from benchmarks.processes import check
from benchmarks.roster import DECODERS, present
from benchmarks.rows import Row, Scale
from benchmarks.workload import PROTOBUF, TEXT, Workload
from benchmarks.workloads import STREAMS


def rows(scale: Scale, rounds: int, tell: Callable[[str], None]) -> list[Row]:
    """Each stream on both wires; answers are compared before any clock runs."""
    found = []
    for make in STREAMS.values():
        for version in (TEXT, PROTOBUF):
            workload = make(version, scale.decode)
            tell(f"decode: {workload.name}, {workload.wire}")
            found += _section(workload, rounds, scale.least_s)
    return found


def _section(workload: Workload, rounds: int, least_s: float) -> list[Row]:
    timed = {}
    for peer in present(DECODERS, workload.version):
        answer, timed[peer.name] = import_module(f"benchmarks.peers.{peer.module}").decode(workload)
        check(answer(), workload.answer, f"{peer.name} at {workload.name}, {workload.wire}")
    found = [Row("decode", workload.name, workload.wire, name, workload.count) for name in timed]
    for _ in range(rounds):
        rates = {row.peer: _rate(timed[row.peer], row, least_s) for row in random.sample(found, len(found))}
        for row in found:
            row.figures.append(rates[row.peer])
            if row is not found[0]:
                row.ratios.append(rates[found[0].peer] / rates[row.peer])
    return found


def _rate(read: Callable[[], int], row: Row, least_s: float) -> float:
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
