"""The plot that README and docs show: how many times faster than whom, against what was meant."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from benchmarks.rows import Row

PICTURE = Path(__file__).parents[1] / "docs" / "performance.svg"


def missing() -> list[str]:
    """Why there is no plot."""
    return [] if find_spec("matplotlib") else ["no plot (matplotlib is not installed; it is in the group bench)"]


def draw(rows: list[Row]) -> list[Path]:
    """A bar for each comparison with another client, a tick where its target is; the file written."""
    shown = [row for row in rows if row.target is not None and row.target.at_least and row.ratios and row.unit == "/s"]
    if missing() or not shown:
        return []
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "ibfast"  # the same figures make the same file
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(10, 0.22 * len(shown) + 1.5), layout="constrained")
    places = range(len(shown))
    colours = ["tab:green" if row.is_met else "tab:orange" for row in shown]
    axes.barh(places, [row.ratio for row in shown], color=colours)
    axes.scatter([row.target.limit for row in shown], places, marker="|", s=80, color="black", label="target")
    axes.set_yticks(places, [f"{row.workload} ({row.section}), {row.wire}, {row.peer}" for row in shown], fontsize=7)
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.axvline(1, color="grey", linewidth=0.8)
    axes.set_xlabel("rate of ibfast ÷ rate of the other, log scale")
    axes.legend()
    figure.savefig(PICTURE, metadata={"Date": None})
    pyplot.close(figure)
    return [PICTURE]
