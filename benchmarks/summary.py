"""The README's tables: a line for each workload, a column for each kind of peer; then what compares no rates."""

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
    rates = [row for row in rows if row.unit == "/s" and row.section != "decode"]
    others = [row for row in rows if row.unit != "/s" and row.target is not None and row.ratios]
    return "\n".join([*_rates(rates), "", *_others(others)])


def _rates(rows: list[Row]) -> list[str]:
    lines = [
        "How many times as fast as …, with least and most of the rounds; in **bold** what is below its target:",
        "",
    ]
    lines += ["| | wire | ibfast | " + " | ".join(AGAINST) + " |", "|---|---|---:|" + "---:|" * len(AGAINST)]
    workloads: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        workloads.setdefault((row.section, row.workload, row.wire), []).append(row)
    for (section, name, wire), found in workloads.items():
        cells = [_against(found, peers) for peers in AGAINST.values()]
        if any(cells):
            own = f"{figure(found[0])} ({spread(found[0])})"
            lines.append(f"| {section}: {name} | {wire} | {own} | " + " | ".join(cells) + " |")
    return lines


def _against(rows: list[Row], peers: tuple[str, ...]) -> str:
    """The ratio to the first of these peers that took part and has one."""
    row = next((row for peer in peers for row in rows if row.peer == peer and row.ratios), None)
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
