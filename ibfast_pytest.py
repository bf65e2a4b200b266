"""Fixtures for tests of your own algos, against the simulator: a pytest plugin that comes with ibfast.

::

    @pytest.mark.ibfast(seed=7, rate=100.0)         # options of `ibfast.simulator.Simulator`
    def test_my_algo(ib):                           # a blocking client, connected
        trade = ib.order(Contract.stock("AAPL")).buy(1).market().submit()
        assert trade.filled().filled_quantity == 1

    async def test_my_async_algo(ib_simulator):     # with the async test runner that you use
        async with await ibfast.Client.connect(ib_simulator.host, ib_simulator.port) as ib: ...

The simulator runs in a thread of its own, so it answers blocking and async code alike. Each test has a new one.

It stands beside the package, because pytest imports it in every run: ibfast, and numpy with it, are not imported before
a test asks for a fixture.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ibfast.blocking import Client
    from ibfast.simulator import SimulatorThread


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "ibfast(**options): options of ibfast.simulator.Simulator for this test")


@pytest.fixture
def ib_simulator(request: pytest.FixtureRequest) -> Iterator[SimulatorThread]:
    """A simulated gateway; ``host`` and ``port`` say where. Options come from ``@pytest.mark.ibfast``."""
    from ibfast.simulator import SimulatorThread  # not before a test asks for it

    marker = request.node.get_closest_marker("ibfast")
    with SimulatorThread(**(marker.kwargs if marker is not None else {})) as simulator:
        yield simulator


@pytest.fixture
def ib(ib_simulator: SimulatorThread) -> Iterator[Client]:
    """A blocking client of the simulated gateway."""
    from ibfast import blocking

    with blocking.Client.connect(ib_simulator.host, ib_simulator.port) as client:
        yield client
