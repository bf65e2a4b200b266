"""One run, one table: ibfast and its peers at the same bytes."""

from __future__ import annotations

import argparse

from rich.console import Console

from benchmarks.measure import FULL, QUICK, decode_rows, loopback_rows, missing
from benchmarks.report import Result, machine, show, write

TABLE_WIDTH = 170


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few messages, one round: to see that it works")
    parser.add_argument("--rounds", type=int, help="default: 5; with --quick 1")
    parser.add_argument("--write", action="store_true", help="keep the result and show it in README and docs")
    given = parser.parse_args()
    scale = QUICK if given.quick else FULL
    rounds = scale.rounds if given.rounds is None else given.rounds
    if rounds < 1:
        parser.error("--rounds: at least 1")
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=TABLE_WIDTH)
    for reason in missing():
        console.print(reason)
    found = machine()
    with console.status("…") as status:
        rows = decode_rows(scale, rounds, status.update) + loopback_rows(scale, rounds, status.update)
    result = Result(found, rounds, rows)
    show(result, console)
    if given.write:
        for path in write(result):
            console.print(f"wrote {path}")


if __name__ == "__main__":
    main()
