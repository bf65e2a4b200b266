"""Instructions a message takes, counted by callgrind: the same on a busy machine as on a quiet one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.instructions_run import COUNTS, parts
from benchmarks.rows import Row, Scale

SECTION = "instructions a message, socket buffer to record"
TIMEOUT_S = 900


def missing() -> list[str]:
    """Why there is no such table."""
    return [] if shutil.which("valgrind") else ["left out: instructions (valgrind is not installed)"]


def rows(scale: Scale, rounds: int, tell: Callable[[str], None]) -> list[Row]:
    """The difference between many messages and few, so that what is done once a read does not count.

    Not with --quick: callgrind takes half a minute.
    """
    if missing() or scale.is_quick:
        return []
    tell("instructions: callgrind")
    counted = dict(zip(parts(), _counts(), strict=True))
    few, many = COUNTS
    found = []
    for name, wire in dict.fromkeys(part[:2] for part in parts()):
        each = (counted[name, wire, many] - counted[name, wire, few]) / (many - few)
        found.append(Row(SECTION, name, wire, "ibfast", many - few, "instructions", [each]))
    return found


def _counts() -> list[int]:
    """Instructions of each part. Callgrind writes a file at every mark; every second one is of what is measured."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out", "--dump-before=getppid"]
        command += [sys.executable, "-m", "benchmarks.instructions_run"]
        environment = os.environ | {"PYTHONHASHSEED": "0", "PYTHONMALLOC": "malloc"}
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, env=environment)
        if done.returncode:
            raise SystemExit(f"callgrind failed:\n{done.stderr[-2000:]}")
        dumps = sorted(Path(folder).glob("out.*"), key=lambda file: int(file.suffix[1:]))
        totals = [int(re.search(r"^(?:totals|summary): (\d+)", file.read_text(), re.M)[1]) for file in dumps]
    return totals[1::2][: len(parts())]


if __name__ == "__main__":
    print(_counts())
