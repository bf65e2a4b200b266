"""The table, in the terminal, as Markdown and as JSON."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
from dataclasses import asdict, dataclass
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from benchmarks import headline, plot
from benchmarks.cells import figure, number, ratio, spread
from benchmarks.rows import Row, Target
from benchmarks.summary import summary

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
README, PAGE = ROOT / "README.md", ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- benchmark -->", "<!-- /benchmark -->"
LEFT = (0, 1, 2, 8, 11)  # columns
HEAD = ("", "wire", "peer", "items", "figure", "least to most", "ratio", "target", "", "CPU an item", "peak", "note")


@dataclass
class Result:
    """One run: what is shown is what is kept."""

    machine: dict[str, str]
    rounds: int
    rows: list[Row]


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
        "load": _load(),
        "import of ibfast after numpy": f"{_import_ms():.0f} ms",
    } | packages


def _import_ms(runs: int = 5) -> float:
    """What ``import ibfast`` adds to ``import numpy``: the least of some fresh interpreters, bytecode kept as usual."""
    code = "import numpy, time; t = time.perf_counter(); import ibfast; print((time.perf_counter() - t) * 1e3)"
    command = [sys.executable, "-c", code]
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    return min(float(subprocess.run(command, capture_output=True, check=True, env=env).stdout) for _ in range(runs))


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _load() -> str:
    """How busy the machine is, this run included: other work shows as spread."""
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


def _cells(row: Row) -> tuple[str, ...]:
    cpu = f"{number(statistics.median(row.cpu_ns))} ns" if row.cpu_ns else ""
    peak = f"{row.peak_mib:,.0f} MiB" if row.peak_mib else ""
    met = {None: "", True: "met", False: "missed"}[row.is_met]
    return (
        row.workload, row.wire, row.peer, f"{row.count:,}", figure(row), spread(row), ratio(row),
        str(row.target or ""), met, cpu, peak, row.note,
    )  # fmt: skip


def _sections(result: Result) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in result.rows:
        found.setdefault(row.section, []).append(row)
    return found


def show(result: Result, console: Console) -> None:
    for section, rows in _sections(result).items():
        table = Table(title=section, box=SIMPLE, title_justify="left")
        for place, name in enumerate(HEAD):
            table.add_column(name, justify="left" if place in LEFT else "right", no_wrap=True)
        for row in rows:
            table.add_row(*_cells(row))
        console.print(table)
    console.print(_facts(result))


def markdown(result: Result) -> str:
    lines = []
    for section, rows in _sections(result).items():
        lines += [f"### {section[0].upper()}{section[1:]}", ""]
        lines += ["| " + " | ".join(HEAD) + " |"]
        lines += ["|" + "|".join("---" if place in LEFT else "---:" for place in range(len(HEAD))) + "|"]
        lines += ["| " + " | ".join(_cells(row)) + " |" for row in rows] + [""]
    return "\n".join([*lines, _facts(result)])


def _facts(result: Result) -> str:
    facts = ", ".join(f"{name} {what}" for name, what in result.machine.items())
    return f"Medians of {result.rounds} interleaved rounds, ratios within each round. {facts}."


def write(result: Result) -> list[Path]:
    """Keep the result, and show it where there is a place for it; the files written."""
    RESULTS.mkdir(exist_ok=True)
    kept = RESULTS / f"{result.machine['date']}.json"
    kept.write_text(json.dumps(asdict(result), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return [kept, *render(result)]


def load(path: Path) -> Result:
    """A result that was kept."""
    kept = json.loads(path.read_text(encoding="utf-8"))
    rows = [Row(**row | {"target": Target(**row["target"]) if row["target"] else None}) for row in kept["rows"]]
    return Result(kept["machine"], kept["rounds"], rows)


def render(result: Result) -> list[Path]:
    """Show a result in README and docs, and draw its pictures; the files written."""
    drawn = [] if plot.missing() else [*headline.draw(result.rows), *plot.draw(result.rows)]
    tables = {
        README: f"{headline.table(result.rows)}\n\n{_facts(result)}",
        PAGE: f"![](performance.svg)\n\n{summary(result.rows)}\n\n{markdown(result)}",
    }
    return [*drawn, *(path for path, table in tables.items() if _show_in(path, table))]


def _show_in(path: Path, table: str) -> bool:
    """Put the table between the marks, if the file has both; whether it has."""
    text = path.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        return False
    path.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", encoding="utf-8")
    return True
