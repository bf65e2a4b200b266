"""The table, in the terminal, as Markdown and as JSON."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from benchmarks.measure import Row

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
SHOWN_IN = (ROOT / "README.md", ROOT / "docs" / "performance.md")
BEGIN, END = "<!-- benchmark -->", "<!-- /benchmark -->"
HEAD = ("", "wire", "peer", "messages", "messages/s", "least to most", "ibfast is", "CPU a message", "peak")


def machine() -> dict[str, str]:
    """What the figures were measured with."""
    packages = {}
    for name in ("ibfast", "ibapi-latest", "ib_async", "numpy", "uvloop", "protobuf"):
        try:
            packages[name] = version(name)
        except PackageNotFoundError:
            continue
    return {
        "date": date.today().isoformat(),
        "cpu": f"{_cpu()}, {os.cpu_count()} cores",
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "python": platform.python_version(),
    } | packages


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _cells(row: Row) -> tuple[str, ...]:
    ratio = f"{row.ratio:,.2f} ×" if row.ratio < 10 else f"{row.ratio:,.0f} ×"
    cpu = f"{sorted(row.cpu_ns)[len(row.cpu_ns) // 2]:,.0f} ns" if row.cpu_ns else ""
    peak = f"{row.peak_mib:,.0f} MiB" if row.peak_mib else ""
    return (
        f"{row.section}: {row.workload}", row.wire, row.peer, f"{row.count:,}", _rate(row.rate),
        f"{_rate(min(row.rates))} to {_rate(max(row.rates))}", "" if row.peer == "ibfast" else ratio, cpu, peak,
    )  # fmt: skip


def _rate(value: float) -> str:
    return f"{value / 1e6:.2f} M" if value >= 1e6 else f"{value / 1e3:.0f} k"


def show(rows: list[Row], console: Console) -> None:
    table = Table(box=SIMPLE)
    for place, name in enumerate(HEAD):
        table.add_column(name, justify="left" if place < 3 else "right", no_wrap=True)
    for row in rows:
        table.add_row(*_cells(row))
    console.print(table)
    console.print(", ".join(f"{name} {what}" for name, what in machine().items()))


def markdown(rows: list[Row], rounds: int) -> str:
    lines = ["| " + " | ".join(HEAD) + " |", "|" + "---|" * 3 + "---:|" * (len(HEAD) - 3)]
    lines += ["| " + " | ".join(_cells(row)) + " |" for row in rows]
    facts = ", ".join(f"{name} {what}" for name, what in machine().items())
    lines += ["", f"Medians of {rounds} interleaved rounds, ratios within each round. {facts}."]
    return "\n".join(lines)


def write(rows: list[Row], rounds: int) -> list[Path]:
    """Keep the result, and show it where it belongs; the files written."""
    RESULTS.mkdir(exist_ok=True)
    result = RESULTS / f"{date.today().isoformat()}.json"
    result.write_text(json.dumps({"machine": machine(), "rounds": rounds, "rows": list(map(asdict, rows))}, indent=1))
    written = [result]
    for path in SHOWN_IN:
        text = path.read_text()
        before, _, rest = text.partition(BEGIN)
        _, _, after = rest.partition(END)
        path.write_text(f"{before}{BEGIN}\n{markdown(rows, rounds)}\n{END}{after}")
        written.append(path)
    return written
