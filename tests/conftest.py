"""Event loops to run tests on, a simulator with a known clock, and a look round for what a test left behind."""

import asyncio
import logging
import threading
import time
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, settings
from reporting import pytest_report_to_serializable  # noqa: F401, a hook

from ibfast.simulator import Simulator

try:
    import uvloop
except ImportError:
    uvloop = None

# How long an example takes, or how many are drawn in vain, depends on the machine; neither says anything about ibfast.
settings.register_profile("ibfast", deadline=None, suppress_health_check=list(HealthCheck))
settings.load_profile("ibfast")

WAIT_S = 20  # no test waits longer for anything
TURNS = 1000  # of the loop, for what was told to end
WEDNESDAY_NS = int(datetime(2026, 8, 26, 15, 0, 7, tzinfo=UTC).timestamp()) * 1_000_000_000
LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop and uvloop.new_event_loop}


def pytest_terminal_summary(terminalreporter):
    """What tests have counted, in whichever process they ran."""
    for report in terminalreporter.getreports("passed"):
        for name, counted in report.user_properties:
            terminalreporter.write_line(f"{name}: {counted}")


def simulator(**options):
    """A simulator on 26 August 2026, a trading day, from 11:00:07 in New York on; 500 ticks a second."""
    began = time.monotonic_ns()
    return Simulator(**{"clock": lambda: WEDNESDAY_NS + time.monotonic_ns() - began, "rate": 500.0} | options)


@pytest.fixture(
    params=["asyncio", pytest.param("uvloop", marks=pytest.mark.skipif(uvloop is None, reason="no uvloop here"))]
)
def new_loop(request):
    """What makes the event loop; a test that asks for it runs on each kind."""
    return LOOPS[request.param]


@pytest.fixture
def run(new_loop):
    """Run ``main()`` and see that no task, no thread and no logged error is left of it."""

    def run_to_its_end(main):
        complaints, threads = Complaints(), set(threading.enumerate())
        with complaints, asyncio.Runner(loop_factory=new_loop) as runner:
            result = runner.run(_bounded(main))
        for thread in set(threading.enumerate()) - threads:
            thread.join(1)
        assert set(threading.enumerate()) <= threads
        assert complaints.heard == []
        return result

    return run_to_its_end


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
