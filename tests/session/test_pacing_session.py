"""Pacing as a user meets it: requests wait for their turn, visibly; what may not be is refused."""

import asyncio

import pytest
from support.running import simulator

from ibfast import Client, Contract, PacingError


def test_the_limit_of_a_request_begins_when_it_leaves(run):
    """Of sixty requests at twenty a second the last ones wait for longer than they may take."""

    async def main():
        async with (
            simulator() as sim,
            await Client.connect(sim.host, sim.port, lines=40, request_timeout_s=1.9) as client,
        ):
            asked = [asyncio.create_task(client.contract_details(Contract.stock("AAPL"))) for _ in range(60)]
            await asyncio.sleep(0)
            assert client.pacing.lanes["request"].waiting > 0
            assert client.pacing.lanes["request"].expected_wait_s > 1.9
            answers = await asyncio.gather(*asked)
            assert [answer[0].contract.symbol for answer in answers] == ["AAPL"] * 60
            assert client.pacing.longest_wait_s > 1.9

    run(main)


def test_what_is_cancelled_before_it_left_is_not_sent_at_all(run):
    async def main():
        async with simulator() as sim, await Client.connect(sim.host, sim.port, lines=40) as client:
            asked = [asyncio.create_task(client.contract_details(Contract.stock("AAPL"))) for _ in range(30)]
            await asyncio.sleep(0)
            for task in asked[-12:]:
                task.cancel()
            outcomes = await asyncio.gather(*asked, return_exceptions=True)
            assert [isinstance(outcome, list) for outcome in outcomes] == [True] * 18 + [False] * 12
            assert client.stats["messages_sent"] == 1 + 18
            assert client.pacing.lanes["request"].waiting == 0

    run(main)


def test_a_subscription_above_the_quota_is_refused_and_room_comes_with_a_cancel(run):
    async def main():
        async with simulator() as sim, await Client.connect(sim.host, sim.port) as client:
            streams = [
                client.tick_by_tick(Contract.stock(item)) for item in ("AAPL", "MSFT", "TSLA", "SPY", "IBM", "NVDA")
            ]
            for stream in streams[:5]:
                stream.open()
            with pytest.raises(PacingError, match="tick-by-tick: 5 of 5"):
                streams[5].open()
            streams[0].close()
            streams[5].open()
            assert client.pacing.open["tick-by-tick"] == (5, 5)

    run(main)
