"""Event loops to run tests on, a simulator with a known clock, and a look round for what a test left behind."""

import asyncio
import inspect
import threading

import pytest
from hypothesis import HealthCheck, settings
from support.client import VERSIONS
from support.gateway import Gateway
from support.running import LOOPS, Complaints, _bounded, simulator, uvloop
from support.twins import in_thread

import ibfast.blocking
from ibfast import (
    Client,
)

# How long an example takes, or how many are drawn in vain, depends on the machine; neither says anything about ibfast.
settings.register_profile("ibfast", deadline=None, suppress_health_check=list(HealthCheck))
settings.load_profile("ibfast")


def pytest_terminal_summary(terminalreporter):
    """What tests have counted, in whichever process they ran."""
    for report in terminalreporter.getreports("passed"):
        for name, counted in report.user_properties:
            terminalreporter.write_line(f"{name}: {counted}")


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


@pytest.fixture(params=["async", "blocking"])
def connect(request, new_loop, monkeypatch):
    """Connect to a gateway that the test runs on its own loop."""
    monkeypatch.setattr("ibfast._blocking.portal.loop_factory", lambda: new_loop)

    async def connect_async(gateway, **options):
        return await Client.connect(gateway.host, gateway.port, **options)

    async def connect_blocking(gateway, **options):
        return await in_thread(ibfast.blocking.Client.connect, gateway.host, gateway.port, **options)

    return connect_async if request.param == "async" else connect_blocking


@pytest.fixture(params=VERSIONS)
def version(request):
    return request.param


@pytest.fixture
def play(run, connect, version):
    """Run ``case(client)``, or ``case(client, sim)``, against a simulator of this version."""

    def run_case(case, **options):
        async def main():
            async with simulator(server_version=version, **options) as sim, await connect(sim) as client:
                await (case(client, sim) if len(inspect.signature(case).parameters) == 2 else case(client))

        run(main)

    return run_case


@pytest.fixture
def converse(run, connect, version):
    """Run ``case(client, gateway)`` with a gateway that only shakes hands."""

    def run_case(case):
        async def main():
            async with Gateway(version) as gateway, await connect(gateway) as client:
                await case(client, gateway)

        run(main)

    return run_case
