"""What a whole client reports when the last tick is in."""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time

from benchmarks.answers import Answer


class Stopwatch:
    """Wall clock and processor time from the request to the last tick."""

    def __init__(self) -> None:
        self.wall = time.perf_counter()
        self.cpu = time.process_time()

    def report(self, answer: Answer) -> None:
        wall, cpu = time.perf_counter() - self.wall, time.process_time() - self.cpu
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)
        print(json.dumps({"seconds": wall, "cpu_s": cpu, "peak_mib": peak, "answer": answer.as_dict()}), flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--version", type=int, required=True)
    parser.add_argument("--how", default="")
    return parser.parse_args()
