"""The README's part: six rows that stand for the rest, losing ones among them, and a small chart."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from benchmarks.cells import figure, ratio
from benchmarks.rows import Row
from benchmarks.summary import AGAINST, first

CHART = Path(__file__).parents[1] / "docs" / "speed.svg"
SHOWN = ("official client", "ib_async")  # beside ibfast in the chart


class Headline(NamedTuple):
    """One row: what a reader calls it, and where it stands in the full table."""

    label: str
    section: str
    workload: str
    wire: str


RATES = (
    Headline("ticks, in batches", "streams, in batches", "tick by tick Last", "text"),
    Headline("ticks, one callback each", "streams, one object or callback a tick", "tick by tick Last", "text"),
    Headline("historical bars, 60 an answer", "past data", "bars, answers of 60", "text"),
    Headline("executions, listed", "cold messages", "executions", "text"),
)
LATENCIES = (
    Headline("tick to handler, median", "latency (ratio: to the bare socket)", "tick to handler, p50", "text"),
    Headline("order to gateway, median", "latency (ratio: to the bare socket)", "order to gateway, p50", "text"),
)


def table(rows: list[Row]) -> str:
    """The six rows; rates as "how many times as fast", latencies as "how many times as long"."""
    lines = ["| | ibfast | " + " | ".join(AGAINST) + " |", "|---|---:|" + "---:|" * len(AGAINST)]
    for headline in RATES:
        there = _rows_of(headline, rows)
        if there:
            peers = [first(there, names) for names in AGAINST.values()]
            cells = [f"{ratio(peer)}" if peer else "" for peer in peers]
            lines.append(f"| {headline.label} | {figure(there[0])} | " + " | ".join(cells) + " |")
    for headline in LATENCIES:
        there = [row for row in _rows_of(headline, rows) if row.ratios]
        if there:
            blank = " |" * (len(AGAINST) - 1)
            lines.append(f"| {headline.label} | {figure(there[0])} |{blank} {ratio(there[0])} as long |")
    return "\n".join(lines)


def _rows_of(headline: Headline, rows: list[Row]) -> list[Row]:
    place = (headline.section, headline.workload, headline.wire)
    return [row for row in rows if (row.section, row.workload, row.wire) == place]


def draw(rows: list[Row]) -> list[Path]:
    """Messages a second of ibfast and the two Python clients, on a logarithmic scale; the file written."""
    shown = [(headline, there) for headline in RATES if (there := _rows_of(headline, rows))]
    if not shown:
        return []
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "ibfast"  # the same figures make the same file
    matplotlib.rcParams["svg.fonttype"] = "none"  # text stays text: small, and readable by machines
    from matplotlib import pyplot

    figure_, axes = pyplot.subplots(figsize=(7.2, 3.0), layout="constrained")
    height = 0.26
    for place, (name, colour) in enumerate(zip(("ibfast", *SHOWN), ("#0b6e4f", "#c8553d", "#8d99ae"), strict=True)):
        heights, rates = [], []
        for line, (_, there) in enumerate(shown):
            row = there[0] if name == "ibfast" else first(there, AGAINST[name])
            if row is not None:
                heights.append(line + (place - 1) * height)
                rates.append(row.figure)
        bars = axes.barh(heights, rates, height=height * 0.92, color=colour, label=name)
        axes.bar_label(bars, [_short(rate) for rate in rates], padding=3, fontsize=8)
    axes.set_yticks(range(len(shown)), [headline.label for headline, _ in shown])
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.margins(x=0.12)
    axes.set_xlabel("messages a second (logarithmic)")
    axes.spines[["top", "right"]].set_visible(False)
    figure_.legend(loc="outside upper center", ncols=1 + len(SHOWN), frameon=False)
    figure_.savefig(CHART, metadata={"Date": None})
    pyplot.close(figure_)
    return [CHART]


def _short(rate: float) -> str:
    return f"{rate / 1e6:.1f} M" if rate >= 1e6 else f"{rate / 1e3:,.0f} k"
