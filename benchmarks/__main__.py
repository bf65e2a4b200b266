"""One run, one table: ibfast and its peers at the same bytes."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console

from benchmarks import decode, instructions, latency, loopback, plot, rust
from benchmarks import scale as at_scale
from benchmarks.report import Result, load, machine, render, show, write
from benchmarks.roster import missing
from benchmarks.rows import FULL, QUICK

TABLE_WIDTH = 230
SUBJECTS = {
    "decode": decode.rows,
    "streams": loopback.streams,
    "past": loopback.past,
    "cold": loopback.cold,
    "latency": latency.rows,
    "scale": at_scale.rows,
    "instructions": instructions.rows,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few messages, one round: to see that it works")
    parser.add_argument("--rounds", type=int, help="default: 5; with --quick 1")
    parser.add_argument("--only", metavar="NAME,...", help=f"of {', '.join(SUBJECTS)}")
    parser.add_argument("--write", action="store_true", help="keep the result and show it in README and docs")
    parser.add_argument("--kept", metavar="FILE", type=Path, help="measure nothing, show a kept result")
    given = parser.parse_args()
    if given.kept:
        show_kept(given.kept, write_too=given.write)
        return
    scale = QUICK if given.quick else FULL
    rounds = scale.rounds if given.rounds is None else given.rounds
    if rounds < 1:
        parser.error("--rounds: at least 1")
    if given.only and given.write:
        parser.error("--write: what is shown is one run of everything, so not with --only")
    names = given.only.split(",") if given.only else list(SUBJECTS)
    if unknown := set(names) - set(SUBJECTS):
        parser.error(f"--only: {', '.join(sorted(unknown))} is none of {', '.join(SUBJECTS)}")
    console = console_of_tables()
    rows = []
    with console.status("…") as status:
        status.update("building the Rust peer")
        rust.prepare(wanted=not scale.is_quick and bool({"streams", "past"} & set(names)))
        for reason in [
            *missing(),
            *latency.missing(),
            *instructions.missing(),
            *(plot.missing() if given.write else []),
        ]:
            console.print(reason)
        found = machine()
        for name in names:
            rows += SUBJECTS[name](scale, rounds, status.update)
    result = Result(found, rounds, rows)
    show(result, console)
    if given.write:
        for path in write(result):
            console.print(f"wrote {path}")


def console_of_tables() -> Console:
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=TABLE_WIDTH)


def show_kept(path: Path, *, write_too: bool) -> None:
    result, console = load(path), console_of_tables()
    show(result, console)
    if write_too:
        for written in render(result):
            console.print(f"wrote {written}")


if __name__ == "__main__":
    main()
