"""What a client counts and logs, over all the sockets it has had."""

import logging

import pytest
from support.adverse import AAPL, SOON_S, cut, session, until, works

from ibfast import Client
from ibfast.schema.versions import In
from ibfast.stats import Delays


def test_counts_go_on_over_a_new_socket(run):
    async def main():
        async with session() as (sim, client), client.tick_by_tick(AAPL) as ticks:
            await ticks.next(SOON_S)
            before = client.stats
            cut(sim)
            await until(lambda: ticks.gaps and client.is_connected)
            await works(client)
            after = client.stats
            assert all(after[name] >= count for name, count in before.items())
            assert (after["reconnects"], after["gaps"]) == (1, 1)
            assert after["bytes_received"] > before["bytes_received"]
            assert after["records_received"] == ticks.total

    run(main)


@pytest.mark.parametrize("version", [176, 226])
def test_messages_are_counted_by_their_id(run, version):
    async def main():
        async with session(version) as (sim, client), client.tick_by_tick(AAPL) as ticks:
            await ticks.next(SOON_S)
            await client.current_time()
            cut(sim)
            await until(lambda: ticks.gaps and client.is_connected)
            await ticks.next(SOON_S)
            met = client.messages_by_id
            assert met[In.TICK_BY_TICK] == ticks.total
            assert (met[In.CURRENT_TIME], met[In.NEXT_VALID_ID]) == (1, 2)
            assert sum(met.values()) + 2 == client.stats["messages_received"]  # two greetings have no id

    run(main)


@pytest.mark.parametrize("version", [176, 200, 205, 226])
def test_an_ordinary_session_counts_nothing_out_of_the_ordinary(run, version):
    """Orders that rest at connect are reported before anybody asks; text string ticks have no field too many."""

    async def main():
        async with session(version) as (sim, client):
            for price in (50, 51):
                trade = await client.order(AAPL).buy(1).limit(price).submit()
                await until(lambda trade=trade: trade.status == "Submitted")
            for client_id in (0, 2):
                async with await Client.connect(sim.host, sim.port, client_id, pacing=False) as other:
                    await _ordinary(other)
            await _ordinary(client)

    run(main)


USELESS = ("malformed", "unknown", "unclaimed", "extra_fields", "records_dropped", "reconnects", "gaps")


async def _ordinary(client):
    assert len(await client.all_open_orders()) == 2
    await client.positions()
    await client.account_values()
    await client.executions()
    await client.historical_data(AAPL, duration="1 D", bar_size="1 hour")
    await client.contract_details(AAPL)
    async with client.market_data(AAPL, generic_ticks="233") as ticks:
        await until(lambda: any(text is not None for text in ticks.rows.texts(ticks.rows.take())))
        assert {name: client.stats[name] for name in USELESS} == dict.fromkeys(USELESS, 0)


def test_how_long_records_waited_is_known(run):
    async def main():
        async with session() as (_, client), client.tick_by_tick(AAPL) as ticks:
            for _ in range(5):
                await ticks.next(SOON_S)
            assert client.delivery.total == 5
            assert 0 < client.delivery.quantile_ns(0.5) <= client.delivery.quantile_ns(1.0)

    run(main)


def test_quantiles_are_the_power_of_two_above():
    delays = Delays()
    assert delays.quantile_ns(0.5) == 0
    for took_ns in (-5, 0, 1, 1000, 1_000_000):
        delays.add(took_ns)
    assert (delays.total, delays.sum_ns) == (5, 1_001_001)
    assert delays.quantile_ns(0.5) == 2
    assert delays.quantile_ns(0.8) == 1024
    assert delays.quantile_ns(1.0) == 1 << 20


def test_the_story_of_a_session_is_logged(run, caplog):
    async def main():
        async with session() as (sim, client):
            cut(sim)
            await until(lambda: client.pauses and client.is_connected)

    with caplog.at_level(logging.INFO, "ibfast.connection"):
        run(main)
    told = [record.health.state.value for record in caplog.records if hasattr(record, "health")]
    assert told[:1] == ["handshaking"]
    assert told[-1] == "closed"
    assert "reconnecting" in told
    assert {record.client_id for record in caplog.records if hasattr(record, "health")} == {1}


@pytest.mark.parametrize("level", [logging.DEBUG, logging.INFO])
def test_messages_are_logged_if_somebody_wants_them(run, caplog, level):
    async def main():
        async with session() as (_, client):
            await client.current_time()

    with caplog.at_level(level, "ibfast.messages"):
        run(main)
    told = " ".join(record.getMessage() for record in caplog.records if record.name == "ibfast.messages")
    assert ("sent CurrentTimeRequest()" in told) == (level == logging.DEBUG)
    assert ("received CurrentTime(" in told) == (level == logging.DEBUG)


def test_prometheus_can_ask(run):
    prometheus_client = pytest.importorskip("prometheus_client", reason="an extra: pip install ibfast[prometheus]")
    from ibfast.prometheus import ClientCollector

    async def main():
        async with session() as (_, client), client.tick_by_tick(AAPL) as ticks:
            await ticks.next(SOON_S)
            registry = prometheus_client.CollectorRegistry()
            registry.register(ClientCollector(client))
            label = {"client_id": "1"}
            assert registry.get_sample_value("ibfast_records_received_total", label) == ticks.total
            assert registry.get_sample_value("ibfast_connected", label) == 1
            assert registry.get_sample_value("ibfast_pacing_waiting", label | {"lane": "order"}) == 0
            assert registry.get_sample_value("ibfast_delivery_seconds_count", label) == 1
            assert registry.get_sample_value("ibfast_delivery_seconds_bucket", label | {"le": "+Inf"}) == 1
            assert b"ibfast_messages_received_total" in prometheus_client.generate_latest(registry)

    run(main)
