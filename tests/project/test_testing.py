"""The fixtures that users get with ibfast, as their tests see them."""

import asyncio
import subprocess
import sys
import threading
import tomllib
from pathlib import Path

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


ROOT = Path(__file__).parents[1].parent


def test_pytest_imports_ibfast_only_for_a_fixture():
    entry_points = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["pytest11"]
    (plugin,) = entry_points.values()
    code = f"import sys, {plugin}; print(*(name for name in ('ibfast', 'numpy') if name in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.split() == []


def test_the_fixtures_have_their_public_name():
    import ibfast.testing
    import ibfast_pytest

    assert ibfast.testing.ib is ibfast_pytest.ib
    assert ibfast.testing.ib_simulator is ibfast_pytest.ib_simulator
