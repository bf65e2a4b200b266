"""Write the tables of docs/errors.md from `ibfast.error_codes`, row by row. ``--check`` only compares."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from ibfast.error_codes import TABLE, Row

TARGET = Path(__file__).parents[1] / "docs" / "errors.md"
BEGIN, END = "<!-- codes -->", "<!-- /codes -->"


def main() -> int:
    before, _, rest = TARGET.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    text = before + BEGIN + "\n" + "\n".join(document()) + "\n" + END + after
    if "--check" in sys.argv:
        if TARGET.read_text() != text:
            print("docs/errors.md is stale: run make generate")
            return 1
        return 0
    TARGET.write_text(text)
    return 0


def document() -> Iterator[str]:
    yield "| code | of | if the text contains | verdict | kind | meaning | do | source |"
    yield "|---|---|---|---|---|---|---|---|"
    for row in TABLE:
        yield "| " + " | ".join(cells(row)) + " |"


def cells(row: Row) -> Iterator[str]:
    yield str(row.code)
    yield ", ".join(request.value for request in row.requests or ())
    yield f"`{row.text}`".replace("|", "\\|") if row.text else ""
    yield row.verdict.value
    yield row.kind.value
    yield row.meaning
    yield row.advice
    yield row.source


if __name__ == "__main__":
    sys.exit(main())
