"""Fixtures for tests of your own algos, against the simulator: a pytest plugin that comes with ibfast.

::

    @pytest.mark.ibfast(seed=7, rate=100.0)         # options of `ibfast.simulator.Simulator`
    def test_my_algo(ib):                           # a blocking client, connected
        trade = ib.order(Contract.stock("AAPL")).buy(1).market().submit()
        assert trade.filled().filled_quantity == 1

    async def test_my_async_algo(ib_simulator):     # with the async test runner that you use
        async with await ibfast.Client.connect(ib_simulator.host, ib_simulator.port) as ib: ...

The simulator runs in a thread of its own, so it answers blocking and async code alike. Each test has a new one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Self, TypeVar

import pytest

if TYPE_CHECKING:
    from ibfast.blocking import Client
    from ibfast.simulator import Simulator

T = TypeVar("T")


class SimulatorThread:
    """A simulator that runs in a thread of its own until it is closed; the arguments are those of `Simulator`."""

    def __init__(self, **options: Any) -> None:
        from ibfast.portal import Portal  # not before a test asks for it: coverage and imports stay as they were
        from ibfast.simulator import Simulator

        self._portal = Portal()
        try:
            self._simulator = self._portal.call(Simulator, **options)
            self._portal.run(self._simulator.start())
        except BaseException:
            self._portal.close()
            raise

    @property
    def host(self) -> str:
        """Where it listens."""
        return self._simulator.host

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._simulator.port

    def call(self, function: Callable[[Simulator], T]) -> T:
        """What ``function(simulator)`` gives, called in the simulator's own thread: the way to its books and faults."""
        return self._portal.call(function, self._simulator)

    def close(self) -> None:
        """Drop every connection and end the thread."""
        self._portal.run(self._simulator.stop())
        self._portal.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "ibfast(**options): options of ibfast.simulator.Simulator for this test")


@pytest.fixture
def ib_simulator(request: pytest.FixtureRequest) -> Iterator[SimulatorThread]:
    """A simulated gateway; ``host`` and ``port`` say where. Options come from ``@pytest.mark.ibfast``."""
    marker = request.node.get_closest_marker("ibfast")
    with SimulatorThread(**(marker.kwargs if marker is not None else {})) as simulator:
        yield simulator


@pytest.fixture
def ib(ib_simulator: SimulatorThread) -> Iterator[Client]:
    """A blocking client of the simulated gateway."""
    from ibfast import blocking

    with blocking.Client.connect(ib_simulator.host, ib_simulator.port) as client:
        yield client
