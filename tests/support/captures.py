"""Recorded messages: those in the repository, and those beside it."""

import json
import os
from pathlib import Path

GOLDEN = Path(__file__).parents[1] / "golden"


CAPTURES = Path(os.environ.get("IBFAST_CAPTURES", Path(__file__).parents[3] / "shared" / "captures"))


def records(path):
    with path.open() as lines:
        return [json.loads(line) for line in lines]
