"""The fixtures that users get with ibfast, as their tests see them."""

import asyncio
import threading

import pytest

from ibfast import Client, Contract

pytest_plugins = ["pytester"]
AAPL = Contract.stock("AAPL")


def test_an_algo_is_tested_in_two_lines(ib):
    trade = ib.order(AAPL).buy(1).market().submit()
    assert trade.filled().filled_quantity == 1


@pytest.mark.ibfast(server_version=176, rate=1000.0)
def test_options_of_the_simulator_come_from_a_marker(ib):
    assert ib.server_version == 176


def test_an_async_algo_connects_by_itself(ib_simulator):
    async def main():
        async with await Client.connect(ib_simulator.host, ib_simulator.port) as client:
            return await client.managed_accounts()

    assert asyncio.run(main()) == ib_simulator.call(lambda simulator: [simulator.gateway.account.name])


def test_another_project_has_the_fixtures_without_a_word(pytester):
    threads = set(threading.enumerate())
    pytester.makepyfile(
        """
        from ibfast import Contract

        def test_mine(ib):
            assert ib.contract_details(Contract.stock("AAPL"))[0].contract.con_id == 265598
        """
    )
    pytester.runpytest_inprocess("-p", "no:cacheprovider", "--strict-markers").assert_outcomes(passed=1)
    assert set(threading.enumerate()) <= threads
