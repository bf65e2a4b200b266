"""A client answers in the event loop and the process it was connected in, and refuses every other caller."""

import asyncio
import gc
import threading

import pytest
from support.session_support import AAPL

from ibfast import Client
from ibfast.simulator.thread import SimulatorThread

BELONGS = r"this client belongs to .*[lL]oop.* and was called from .*[lL]oop"
BOTH_WIRES = pytest.mark.parametrize("version", [200, 226])


async def attempt(act):
    result = act()
    return await result if asyncio.iscoroutine(result) else result


def ways_out(client, trade, ticks, updates):
    """Everything that sends, by name."""
    return {
        "a request": lambda: client.contract_details(AAPL),
        "a shared request": client.current_time,
        "an order": lambda: client.order(AAPL).buy(1).limit(1).submit(),
        "a what-if order": lambda: client.order(AAPL).buy(1).limit(1).what_if(),
        "a change": lambda: client.modify_order(trade, lmt_price=2.0),
        "a cancel": lambda: client.cancel_order(trade),
        "a cancel of all": client.cancel_all_orders,
        "ticks": client.tick_by_tick(AAPL).open,
        "a quote": client.quote(AAPL).open,
        "a feed": client.position_updates().open,
        "messages": lambda: anext(client.pnl("DU1234567")),
        "the end of ticks": ticks.close,
        "the end of updates": updates.close,
        "close": client.close,
    }


async def session(sim):
    client = await Client.connect(sim.host, sim.port)
    trade = await client.order(AAPL).buy(1).limit(1).submit()
    ticks, updates = client.tick_by_tick(AAPL), client.position_updates()
    ticks.open()
    updates.open()
    await client.current_time()
    return client, trade, ticks, updates


@BOTH_WIRES
def test_another_event_loop_is_refused_before_a_byte_is_sent(new_loop, version):
    with SimulatorThread(server_version=version) as sim, asyncio.Runner(loop_factory=new_loop) as home:
        client, *opened = home.run(session(sim))
        sent = client.stats["messages_sent"]
        for name, act in ways_out(client, *opened).items():
            with asyncio.Runner(loop_factory=new_loop) as other:
                with pytest.raises(RuntimeError, match=BELONGS) as told:
                    other.run(attempt(act))
                for loop in (home.get_loop(), other.get_loop()):
                    assert f"{id(loop):#x}" in str(told.value), name
            assert client.stats["messages_sent"] == sent, name
        assert client.is_connected
        home.run(client.current_time())
        home.run(client.close())


@BOTH_WIRES
def test_a_thread_without_an_event_loop_is_refused(new_loop, version):
    refused = []

    def try_it(client):
        try:
            client.tick_by_tick(AAPL).open()
        except RuntimeError as error:
            refused.append(str(error))

    with SimulatorThread(server_version=version) as sim, asyncio.Runner(loop_factory=new_loop) as home:
        client, *_ = home.run(session(sim))
        thread = threading.Thread(target=try_it, args=(client,))
        thread.start()
        thread.join()
        assert "outside every event loop" in refused[0]
        home.run(client.close())


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@BOTH_WIRES
def test_a_client_whose_loop_has_ended_is_not_connected_and_refuses(new_loop, version):
    use_after_the_loop(new_loop, version)
    gc.collect()  # what it left open warns here, where warnings are ignored, and not in a later test


def use_after_the_loop(new_loop, version):
    with SimulatorThread(server_version=version) as sim:
        with asyncio.Runner(loop_factory=new_loop) as home:
            client, *opened = home.run(session(sim))
            assert client.is_connected
        assert not client.is_connected
        sent = client.stats["messages_sent"]
        for name, act in ways_out(client, *opened).items():
            with asyncio.Runner(loop_factory=new_loop) as other, pytest.raises(RuntimeError, match="closed=True"):
                other.run(attempt(act))
            assert client.stats["messages_sent"] == sent, name
