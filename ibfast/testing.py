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

from ibfast_pytest import ib, ib_simulator, pytest_configure

__all__ = ["ib", "ib_simulator", "pytest_configure"]
