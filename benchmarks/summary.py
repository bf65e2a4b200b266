"""The short tables: a line for each workload, a column for each kind of peer; then what compares no rates."""

from __future__ import annotations

from benchmarks.cells import figure, ratio, spread
from benchmarks.rows import Row

AGAINST = {
    "official client": ("official",),
    "ib_async": ("ib_async, uvloop", "ib_async, asyncio"),
    "Rust ibapi": ("Rust ibapi 5.5, async", "Rust ibapi 2.9, blocking", "Rust ibapi 2.9, async"),
    "bare socket": ("bare socket, decodes nothing",),
}


def summary(rows: list[Row]) -> str:
    """Every figure that has a target."""
    others = [row for row in rows if row.unit != "/s" and row.target is not None and row.ratios]
    return "\n".join([*_rates(rows), "", *_others(others)])


def comparisons(rows: list[Row]) -> dict[tuple[str, str, str], dict[str, Row | None]]:
    """Whole clients by section, workload and wire: of each kind the first peer that took part and has a ratio."""
    workloads: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        if row.unit == "/s" and row.section != "decode":
            workloads.setdefault((row.section, row.workload, row.wire), []).append(row)
    found = {key: {name: first(there, peers) for name, peers in AGAINST.items()} for key, there in workloads.items()}
    return {key: against for key, against in found.items() if any(against.values())}


def first(rows: list[Row], peers: tuple[str, ...]) -> Row | None:
    """The first of these peers that took part and has a ratio."""
    return next((row for peer in peers for row in rows if row.peer == peer and row.ratios), None)


def _rates(rows: list[Row]) -> list[str]:
    lines = [
        "How many times as fast as …, with least and most of the rounds; in **bold** what is below its target:",
        "",
    ]
    lines += ["| | wire | ibfast | " + " | ".join(AGAINST) + " |", "|---|---|---:|" + "---:|" * len(AGAINST)]
    for (section, name, wire), against in comparisons(rows).items():
        own = next(row for row in rows if (row.section, row.workload, row.wire) == (section, name, wire))
        cells = [f"{section}: {name}", wire, f"{figure(own)} ({spread(own)})", *map(_told, against.values())]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def _told(row: Row | None) -> str:
    if row is None:
        return ""
    told = f"{ratio(row)}, {row.target}" if row.target else ratio(row)
    return f"**{told}**" if row.is_met is False else told


def _others(rows: list[Row]) -> list[str]:
    lines = ["| | wire | who | figure | least to most | ratio | target | |", "|---|---|---|---:|---:|---:|---:|---|"]
    for row in rows:
        cells = (
            f"{row.section.partition(' (')[0]}: {row.workload}", row.wire, row.peer, figure(row), spread(row),
            ratio(row), str(row.target), "met" if row.is_met else "**missed**",
        )  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |")
    return lines
