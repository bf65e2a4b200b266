"""Feeds and clients, each in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks import rust
from benchmarks.answers import Answer
from benchmarks.peers.common import REQ_ID
from benchmarks.roster import Peer
from benchmarks.rows import Row
from benchmarks.workload import Workload

CLIENT_TIMEOUT_S = 600
LOST = "read only"  # how the note of a row begins whose peer did not get everything


@contextmanager
def feed(name: str, workload: Workload, *more: object) -> Iterator[int]:
    """A process that sends this workload to whoever asks; the port. It has made its bytes when this returns."""
    command = [sys.executable, "-m", "benchmarks.feed", "--workload", name, "--version", workload.version]
    command += ["--count", workload.count, *more]
    with subprocess.Popen(
        [str(item) for item in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as it:
        try:
            yield int(it.stdout.readline() or 0)
        finally:
            it.kill()


def feed_options(first_req_id: int) -> list[object]:
    """For clients that number their requests like this; those in Rust wait for a feed that has closed to come back."""
    return ["--req-id", first_req_id, *(["--stay"] if first_req_id != REQ_ID else [])]


def run(peer: Peer, workload: Workload, port: int) -> dict[str, Any]:
    """What a client found."""
    program = (
        [rust.PROGRAM] if peer.module == rust.MODULE else [sys.executable, "-m", f"benchmarks.peers.{peer.module}"]
    )
    command = [*program, "--port", port, "--version", workload.version, "--kind", workload.kind]
    command += ["--count", workload.count, "--requests", len(workload.blocks), "--loop", peer.loop, "--how", peer.how]
    return run_program(peer.name, command)


def run_program(name: str, command: list) -> dict[str, Any]:
    """The JSON that a program prints last."""
    done = subprocess.run([str(item) for item in command], capture_output=True, text=True, timeout=CLIENT_TIMEOUT_S)
    if done.returncode:
        raise SystemExit(f"{name} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def rate(peer: Peer, row: Row, workload: Workload, port: int) -> float:
    """Items a second of one run, its answer compared."""
    result = run(peer, workload, port)
    if peer.module == "floor":
        if result["received"] != len(workload.frames):
            raise SystemExit(f"{peer.name}: {result['received']} of {len(workload.frames)} bytes")
    else:
        row.note = _judge(peer, Answer(**result["answer"]), workload)
    row.cpu_ns.append(result["cpu_s"] / workload.count * 1e9)
    row.peak_mib = max(row.peak_mib, result["peak_mib"])
    received = result["answer"]["ticks"] if peer.module == rust.MODULE else workload.count
    return received / result["seconds"]


def _judge(peer: Peer, found: Answer, workload: Workload) -> str:
    """End the run if the answer is wrong, but for what two clients cannot help; a note says so then."""
    if peer.module == "ib_async_peer" and workload.kind == "tick" and found.ticks == workload.count:
        return "answer: the last price only"
    if peer.module == rust.MODULE and 0 < found.ticks < workload.count:
        return f"{LOST} {found.ticks:,}, then stood still or lost the rest"
    check(found, workload.answer, f"{peer.name} at {workload.name}, {workload.wire}")
    return ""


def check(found: Answer, sent: Answer, what: str) -> None:
    if found.exact() != sent.exact():
        raise SystemExit(f"{what}: read (items, cents, shares) {found.exact()}, sent {sent.exact()}; nothing is shown")
