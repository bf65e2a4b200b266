"""Event loops to run tests on, a simulator with a known clock, and who listens for logged errors."""

import asyncio
import logging
import time
from datetime import UTC, datetime

from ibfast.simulator import Simulator

try:
    import uvloop
except ImportError:
    uvloop = None


WAIT_S = 20  # no test waits longer for anything


TURNS = 1000  # of the loop, for what was told to end


WEDNESDAY_NS = int(datetime(2026, 8, 26, 15, 0, 7, tzinfo=UTC).timestamp()) * 1_000_000_000


LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop and uvloop.new_event_loop}


def simulator(**options):
    """A simulator on 26 August 2026, a trading day, from 11:00:07 in New York on; 500 ticks a second."""
    began = time.monotonic_ns()
    return Simulator(**{"clock": lambda: WEDNESDAY_NS + time.monotonic_ns() - began, "rate": 500.0} | options)


async def _bounded(main):
    async with asyncio.timeout(WAIT_S):
        result = await main()
    for _ in range(TURNS):
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        if not rest:
            return result
        await asyncio.sleep(0)
    raise AssertionError(f"still running: {rest}")


class Complaints(logging.Handler):
    """What ibfast and the event loop log as errors: a test that goes on in spite of one has not passed."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.heard = []

    def emit(self, record):
        self.heard.append(self.format(record))

    def __enter__(self):
        for name in ("ibfast", "asyncio"):
            logging.getLogger(name).addHandler(self)

    def __exit__(self, *error):
        for name in ("ibfast", "asyncio"):
            logging.getLogger(name).removeHandler(self)
