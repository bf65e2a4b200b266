"""One run, one table: ibfast and its peers at the same bytes."""

from __future__ import annotations

import argparse

from rich.console import Console

from benchmarks.measure import decode_rows, loopback_rows, missing
from benchmarks.report import show, write

TABLE_WIDTH = 170


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few messages, two rounds: to see that it works")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", action="store_true", help="keep the result and show it in README and docs")
    given = parser.parse_args()
    rounds = 2 if given.quick else given.rounds
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=TABLE_WIDTH)
    for reason in missing():
        console.print(reason)
    with console.status("…") as status:
        rows = decode_rows(rounds, 2_000 if given.quick else 50_000, status.update)
        rows += loopback_rows(rounds, 20_000 if given.quick else 1_000_000, status.update)
    show(rows, console)
    if given.write:
        for path in write(rows, rounds):
            console.print(f"wrote {path}")


if __name__ == "__main__":
    main()
