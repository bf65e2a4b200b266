"""Whole clients, each in a process of its own, reading from a feed in another."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from statistics import median

from benchmarks import processes, rust
from benchmarks.roster import CLIENTS, OBJECTS, Peer, present
from benchmarks.rows import Row, Scale, Target
from benchmarks.workload import Workload
from benchmarks.workloads import HISTORIES, LISTS, STREAMS, WORKLOADS

STREAM, PAST, COLD, OBJECT = (
    "streams, in batches",
    "past data",
    "cold messages",
    "streams, one object or callback a tick",
)
OBJECT_ROWS = [peer.name for peer in OBJECTS]

Tell = Callable[[str], None]


def streams(scale: Scale, rounds: int, tell: Tell) -> list[Row]:
    """Live data: batches against everyone, and the same against objects."""
    batches, objects = [], []
    for place, name in enumerate(STREAMS):
        for version in scale.versions(place):
            peers = [*_peers(CLIENTS, version, scale), *present(OBJECTS, version)]
            found = _section(STREAM, name, version, scale.stream, peers, rounds, tell)
            batches += [row for row in found if row.peer not in OBJECT_ROWS]
            objects += _to_objects(found)
    return batches + objects


def past(scale: Scale, rounds: int, tell: Tell) -> list[Row]:
    """Bars and ticks of the past, requests included."""
    return _answers(PAST, HISTORIES, scale.past, scale, rounds, tell)


def cold(scale: Scale, rounds: int, tell: Tell) -> list[Row]:
    """Lists of orders, contracts and executions, and the life of one order: messages that no hot decoder reads."""
    flow = {"order_flow": WORKLOADS["order_flow"]}
    return [
        *_answers(COLD, LISTS, scale.listed, scale, rounds, tell),
        *_answers(
            COLD, flow, scale.listed // 10, scale, rounds, tell
        ),  # ib_async: a fill costs more, the more were before
    ]


def _answers(section: str, names: dict, count: int, scale: Scale, rounds: int, tell: Tell) -> list[Row]:
    found = []
    for place, name in enumerate(names):
        for version in scale.versions(place):
            peers = [replace(peer, share=1) for peer in _peers(CLIENTS, version, scale)]
            if section == COLD:
                peers = [peer for peer in peers if peer.module != rust.MODULE]
            else:
                peers = [peer for peer in peers if not peer.is_extra or (peer.module == rust.MODULE and not peer.how)]
            found += _section(section, name, version, count, peers, rounds, tell)
    return found


def _peers(peers: tuple[Peer, ...], version: int, scale: Scale) -> list[Peer]:
    return [peer for peer in present(peers, version) if not (scale.is_quick and peer.is_extra)]


def _section(
    section: str, name: str, version: int, count: int, peers: list[Peer], rounds: int, tell: Tell
) -> list[Row]:
    make = WORKLOADS[name]
    by_name = {peer.name: peer for peer in peers}
    sent: dict[tuple[int, int], Workload] = {}
    for share, req_id in {(peer.share, peer.first_req_id) for peer in peers}:
        sent[share, req_id] = make(version, count // share, req_id)
    of = {peer.name: sent[peer.share, peer.first_req_id] for peer in peers}
    rows = [Row(section, of[name].name, of[name].wire, name, of[name].count) for name in by_name]
    with ExitStack() as feeds:
        ports = {
            key: feeds.enter_context(processes.feed(name, workload, *processes.feed_options(key[1])))
            for key, workload in sent.items()
        }
        for number in range(rounds):
            rates = {}
            for row in random.sample(rows, len(rows)):
                tell(f"{section}: {row.workload}, {row.wire}, round {number + 1} of {rounds}, {row.peer}")
                peer = by_name[row.peer]
                rates[row.peer] = processes.rate(peer, row, of[row.peer], ports[peer.share, peer.first_req_id])
            for row in rows:
                row.figures.append(rates[row.peer])
                if row is not rows[0]:
                    row.ratios.append(rates[rows[0].peer] / rates[row.peer])
    for row in rows[1:]:
        row.target = _target(row)
        if row.note.startswith(processes.LOST):
            row.ratios = []  # the rate of a part says nothing of the whole
    return rows


def _target(row: Row) -> Target | None:
    """How many times faster than this peer ibfast is meant to be."""
    if row.section == COLD:
        if row.workload.startswith("order flow"):
            return None
        limits = {"official": 12, "ib_async, uvloop": 25, "ib_async, asyncio": 25}
    elif row.section == PAST:
        is_bars = row.workload.startswith("bars")
        limits = {"official": 80 if is_bars else 50, "ib_async, uvloop": 40, "ib_async, asyncio": 40,
                  "bare socket, decodes nothing": 0.2}  # fmt: skip
    else:
        limits = {
            "official": 250 if row.wire == "text" else 300, "ib_async, uvloop": 90, "ib_async, asyncio": 90,
            "bare socket, decodes nothing": 0.2, "Rust ibapi 2.9, async": 5, "Rust ibapi 2.9, blocking": 5,
            "Rust ibapi 5.5, async": 5,
        }  # fmt: skip
    return Target(limits[row.peer]) if row.peer in limits else None


def _to_objects(found: list[Row]) -> list[Row]:
    """The same runs, as ratios to the better of an object and a callback a tick; both are shown."""
    ours = sorted((row for row in found if row.peer in OBJECT_ROWS), key=lambda row: median(row.figures), reverse=True)
    if not ours:
        return []
    limits = {"official": 80, "ib_async, uvloop": 30, "ib_async, asyncio": 30,
              "Rust ibapi 2.9, async": 1, "Rust ibapi 2.9, blocking": 1, "Rust ibapi 5.5, async": 1}  # fmt: skip
    rows = [_to(ours[0], row, None) for row in ours]
    rows[0].ratios = []
    return rows + [_to(ours[0], row, Target(limits[row.peer])) for row in found if row.peer in limits and row.ratios]


def _to(first: Row, row: Row, target: Target | None) -> Row:
    ratios = [its / other for its, other in zip(first.figures, row.figures, strict=True)]
    return replace(row, section=OBJECT, ratios=ratios, target=target)
