"""The plot that README and docs show: how many times faster than whom, against what was meant."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from benchmarks.rows import Row
from benchmarks.summary import AGAINST, comparisons

PICTURE = Path(__file__).parents[1] / "docs" / "performance.svg"


def missing() -> list[str]:
    """Why there is no plot."""
    return [] if find_spec("matplotlib") else ["no plot (matplotlib is not installed; it is in the group bench)"]


def draw(rows: list[Row]) -> list[Path]:
    """A line for each workload, on it a mark for each kind of peer and a stroke at its target; the file written."""
    workloads = comparisons(rows)
    if missing() or not workloads:
        return []
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "ibfast"  # the same figures make the same file
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(10, 0.24 * len(workloads) + 1.5), layout="constrained")
    for name, colour in zip(AGAINST, ("tab:blue", "tab:green", "tab:orange", "tab:grey"), strict=True):
        found = [(place, against[name]) for place, against in enumerate(workloads.values()) if against[name]]
        ratios, places = [row.ratio for _, row in found], [place for place, _ in found]
        inside = [colour if row.is_met is not False else "white" for _, row in found]
        axes.scatter(ratios, places, s=36, color=inside, edgecolors=colour, label=name, zorder=2)
        meant = [(row.target.limit, place) for place, row in found if row.target]
        axes.scatter(*zip(*meant, strict=True), marker="|", s=90, color=colour) if meant else None
    axes.set_yticks(
        range(len(workloads)), [f"{section}: {name}, {wire}" for section, name, wire in workloads], fontsize=7
    )
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.axvline(1, color="black", linewidth=0.8)
    axes.grid(axis="y", linewidth=0.3)
    axes.set_xlabel("rate of ibfast ÷ rate of the other; a stroke is the target, a hollow mark misses it")
    figure.legend(loc="outside upper center", ncols=len(AGAINST))
    figure.savefig(PICTURE, metadata={"Date": None})
    pyplot.close(figure)
    return [PICTURE]
