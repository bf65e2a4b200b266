"""A session that is lost comes back by itself: what was open is asked for anew, behind a mark of the gap."""

import asyncio
import contextlib

import numpy as np
import pytest
from support.running import simulator

from ibfast import Client, ConnectionLost, Contract, Gap
from ibfast.schema import ErrorMessage
from ibfast.session.health import HealthState

AAPL, MSFT = Contract.stock("AAPL"), Contract.stock("MSFT")
VERSIONS = [157, 176, 203, 226]
SOON_S = 10


@contextlib.asynccontextmanager
async def session(version=226, rate=500.0, **options):
    """A simulator and its client, which does not pause between its tries, nor before it asks for a stream again."""
    options = {"pacing": False} | options
    async with (
        simulator(server_version=version, rate=rate) as sim,
        await Client.connect(sim.host, sim.port, **options) as client,
    ):
        client.pauses = []

        async def sleep(seconds):
            client.pauses.append(seconds)
            await asyncio.sleep(0.001)

        client._connection._sleep = sleep
        yield sim, client


def cut(sim):
    for gateway_side in list(sim.gateway.sessions):
        gateway_side.close()


def say(sim, code, text):
    for gateway_side in sim.gateway.sessions:
        gateway_side.send(ErrorMessage(id=-1, error_code=code, error_msg=text))


async def reaches(health, state):
    while (await health.next(SOON_S)).state is not state:
        pass


async def until(condition):
    async with asyncio.timeout(SOON_S):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.001)


async def until_it_ends(stream):
    async for _ in stream:
        pass


async def until_gap(stream):
    """What comes before the next gap, the gap, and one batch behind it."""
    before = []
    async with asyncio.timeout(SOON_S):
        async for item in stream.with_gaps():
            if isinstance(item, Gap):
                break
            before.append(item)
        return before, item, await stream.next()


@pytest.mark.parametrize("version", VERSIONS)
def test_a_stream_goes_on_behind_a_gap(run, version):
    async def main():
        async with (
            session(version) as (sim, client),
            client.tick_by_tick(AAPL) as ticks,
            client.market_data(MSFT) as l1,
        ):
            await ticks.next(SOON_S)
            await l1.next(SOON_S)
            first_id = ticks.req_id
            cut(sim)
            before, gap, after = await until_gap(ticks)
            assert "closed the connection" in gap.reason
            assert gap.begin_ns <= gap.end_ns
            assert all((rows["seq"] < gap.seq).all() for rows in before)
            assert after["seq"][0] == gap.seq
            assert ticks.req_id > first_id
            assert (await until_gap(l1))[1].reason == gap.reason
            assert ticks.gaps == [gap]

    run(main)


def test_plain_iteration_brings_records_only_and_no_batch_of_both_sides(run):
    async def main():
        async with session() as (sim, client), client.tick_by_tick(AAPL) as ticks:
            await ticks.next(SOON_S)
            cut(sim)
            await until(lambda: ticks.gaps)
            seq, batches = ticks.gaps[0].seq, []
            async with asyncio.timeout(SOON_S):
                async for rows in ticks:
                    batches.append(rows)
                    if rows["seq"][-1] > seq:
                        break
            assert all((rows["seq"] < seq).all() or (rows["seq"] >= seq).all() for rows in batches)
            seen = np.concatenate([rows["seq"] for rows in batches])
            assert (np.diff(seen) == 1).all()

    run(main)


def test_events_have_the_gap_between_them(run):
    async def main():
        async with session() as (sim, client), client.tick_by_tick(AAPL) as ticks:
            kinds = []
            async with asyncio.timeout(SOON_S):
                async for event in ticks.events():
                    kinds.append(type(event).__name__)
                    if len(kinds) == 3:
                        cut(sim)
                    if kinds[-2:] == ["Gap", "Last"]:
                        break
            assert set(kinds) == {"Last", "Gap"}

    run(main)


def test_health_tells_the_story(run):
    async def main():
        async with session() as (sim, client):
            health = client.health()
            cut(sim)
            states = [await health.next(SOON_S)]
            while len(states) < 2 or states[-1].state is not HealthState.READY:
                states.append(await health.next(SOON_S))
            assert [state.state.value for state in states][::3] == ["ready", "ready"]
            assert {state.state.value for state in states[1:-1]} == {"reconnecting"}
            assert states[-2].attempt == 1
            assert "closed the connection" in states[-2].reason
            assert client.is_connected
            await client.close()
            assert [item.state.value async for item in health] == ["closed"]

    run(main)


def test_requests_fail_with_the_connection_and_are_refused_until_it_is_back(run):
    async def main():
        async with session() as (sim, client):
            gate = asyncio.Event()
            client._connection._sleep = lambda seconds: gate.wait()
            health = client.health()
            waiting = asyncio.create_task(client.contract_details(AAPL))
            await asyncio.sleep(0)
            cut(sim)
            with pytest.raises(ConnectionLost, match="closed the connection"):
                await waiting
            with pytest.raises(ConnectionLost, match="is being made anew"):
                await client.current_time()
            with pytest.raises(ConnectionLost, match="is being made anew"):
                await client.order(AAPL).buy(1).market().submit()
            assert not client.is_connected
            gate.set()
            await reaches(health, HealthState.RECONNECTING)
            await reaches(health, HealthState.READY)
            assert (await client.contract_details(AAPL))[0].contract.con_id == 265598

    run(main)


def test_it_tries_until_somebody_listens_again(run):
    async def main():
        async with session() as (sim, client), client.tick_by_tick(AAPL) as ticks:
            await ticks.next(SOON_S)
            await sim.stop()
            await until(lambda: len(client.pauses) >= 12)
            low = [1, 2, 3, 5, 8, 13, 21, 30, 30, 30, 30, 30]
            assert all(want <= pause <= want * 1.2 for want, pause in zip(low, client.pauses, strict=False))
            await sim.start()
            _, _, after = await until_gap(ticks)
            assert len(after)

    run(main)


def test_the_kind_of_market_data_is_set_again(run):
    async def main():
        async with session() as (sim, client), client.market_data(AAPL) as ticks:
            await client.market_data_type(3)
            cut(sim)
            await until_gap(ticks)
            assert [item.market_data_type for item in sim.gateway.sessions] == [3]

    run(main)


def test_closing_while_it_tries_leaves_nothing_behind(run):
    async def main():
        async with session() as (sim, client):
            ticks = client.tick_by_tick(AAPL)
            await ticks.next(SOON_S)
            await sim.stop()
            await until(lambda: len(client.pauses) >= 3)
            await client.close()
            with pytest.raises(ConnectionLost, match=r"close\(\)"):
                await until_it_ends(ticks)

    run(main)


def test_without_reconnecting_a_loss_is_the_end(run):
    async def main():
        async with session(reconnect=False) as (sim, client):
            ticks = client.tick_by_tick(AAPL)
            await ticks.next(SOON_S)
            cut(sim)
            with pytest.raises(ConnectionLost, match="closed the connection"):
                await until_it_ends(ticks)
            assert client.pauses == []

    run(main)


def test_a_stream_that_shall_not_be_resumed_ends(run):
    async def main():
        async with session() as (sim, client):
            ticks = client.tick_by_tick(AAPL)
            ticks.durable = False
            await ticks.next(SOON_S)
            cut(sim)
            with pytest.raises(ConnectionLost):
                await until_it_ends(ticks)

    run(main)


def test_servers_lost_and_found_leave_a_gap_and_no_new_request(run):
    async def main():
        async with session() as (sim, client), client.tick_by_tick(AAPL) as ticks:
            await ticks.next(SOON_S)
            req_id, health = ticks.req_id, client.health()
            say(sim, 1100, "Connectivity between IB and Trader Workstation has been lost.")
            await reaches(health, HealthState.DEGRADED)
            say(sim, 1102, "Connectivity between IB and Trader Workstation has been restored - data maintained.")
            await reaches(health, HealthState.READY)
            _, gap, _ = await until_gap(ticks)
            assert gap.reason.startswith("1100:")
            assert ticks.req_id == req_id

    run(main)


def test_data_lost_is_asked_for_anew(run):
    async def main():
        async with session() as (sim, client), client.tick_by_tick(AAPL) as ticks:
            await ticks.next(SOON_S)
            req_id = ticks.req_id
            say(sim, 1101, "Connectivity restored - data lost.")
            _, gap, after = await until_gap(ticks)
            assert gap.reason.startswith("1101:")
            assert ticks.req_id > req_id
            assert len(after)

    run(main)


def test_a_farm_that_flaps_leaves_a_gap(run):
    async def main():
        async with session() as (sim, client), client.market_data(AAPL) as ticks:
            await ticks.next(SOON_S)
            say(sim, 2103, "Market data farm connection is broken:usfarm")
            say(sim, 2104, "Market data farm connection is OK:usfarm")
            _, gap, _ = await until_gap(ticks)
            assert gap.reason.endswith("usfarm")

    run(main)


def test_a_silent_gateway_is_asked_the_time_and_then_given_up(run):
    async def main():
        async with session(idle_s=0.1) as (sim, client):
            health = client.health()
            await asyncio.sleep(0.35)
            assert client.is_connected  # it answers
            for gateway_side in sim.gateway.sessions:
                gateway_side.received = lambda message: None
            await reaches(health, HealthState.RECONNECTING)
            await reaches(health, HealthState.READY)

    run(main)


# ------------------------------------------------------------------------------------------------------------- orders


async def away(client, sim):
    """Lose the connection; what is set lets it come back."""
    gate = asyncio.Event()
    client._connection._sleep = lambda seconds: gate.wait()
    cut(sim)
    await until(lambda: not client.is_connected)
    return gate


@pytest.mark.parametrize("version", VERSIONS)
def test_an_order_that_fills_while_nobody_is_connected_is_reported_as_replayed(run, version):
    async def main():
        async with session(version) as (sim, client):
            trade = await client.order(AAPL).buy(100).limit(50).submit()
            updates = client.order_updates()
            await until(lambda: trade.status in ("Submitted", "PreSubmitted") and trade.perm_id)
            heard = len(trade.log)
            gate = await away(client, sim)
            (working,) = sim.gateway.engine.live()
            working.order = working.order.replace(lmt_price=10_000.0)  # now it fills
            await until(lambda: not sim.gateway.engine.live())
            gate.set()
            async with asyncio.timeout(SOON_S):
                await trade.filled()
                await until(lambda: trade.is_complete)
            assert trade.filled_quantity == 100
            assert sum(fill.execution.shares for fill in trade.fills) == 100
            assert all(event.replayed for event in trade.log[heard:])
            assert not any(event.replayed for event in trade.log[:heard])
            assert updates.try_next() is not None

    run(main)


def test_an_order_that_rests_goes_on(run):
    async def main():
        async with session() as (sim, client):
            trade = await client.order(AAPL).buy(100).limit(50).submit()
            await until(lambda: trade.status in ("Submitted", "PreSubmitted"))
            gate = await away(client, sim)
            gate.set()
            await until(lambda: client.is_connected and not client._session.trades.replaying)
            assert not trade.is_done
            await client.cancel_order(trade)
            async with asyncio.timeout(SOON_S):
                await trade.done()
            assert trade.status == "Cancelled"
            assert not trade.log[-1].replayed

    run(main)


def test_an_order_lost_on_its_way_is_rejected_and_never_sent_again(run):
    async def main():
        async with session() as (sim, client):
            for gateway_side in sim.gateway.sessions:
                gateway_side.received = lambda message: None
            trade = await client.order(AAPL).buy(100).market().submit()
            gate = await away(client, sim)
            gate.set()
            async with asyncio.timeout(SOON_S):
                await trade.done()
            assert trade.rejection.code == 10147
            assert sim.gateway.account.positions() == [] or not list(sim.gateway.account.positions())

    run(main)


@pytest.mark.parametrize("version", [176, 226])
def test_what_is_kept_up_to_date_begins_anew_behind_a_gap(run, version):
    async def main():
        async with (
            session(version) as (sim, client),
            client.quote(AAPL) as quote,
            client.book(AAPL, rows=3, smart=True) as book,
            client.keep_up_to_date(AAPL, duration="1 D", bar_size="1 hour") as bars,
        ):
            history = await bars.next(SOON_S)
            await until(lambda: quote.bid > 0 and len(book.bids) == 3)
            cut(sim)
            await until(lambda: quote.is_interrupted and book.is_interrupted)
            kept = quote.bid, book.bid
            assert kept == (quote.bid, book.bid)
            await until(lambda: book.resets == 1 and len(book.bids) == 3)
            await until(lambda: quote.bid > 0)
            assert not quote.is_interrupted
            assert book.misplaced == 0
            _, gap, again = await until_gap(bars)
            assert gap.reason
            assert again["time_ns"].tolist()[: len(history)] == history["time_ns"].tolist()

    run(main)
