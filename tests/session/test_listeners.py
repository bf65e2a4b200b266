"""No exception starves another listener, ends reconnecting, or leaves a session open that nobody has."""

import asyncio
import logging

import pytest
from support.running import simulator
from support.session_support import AAPL, SOON_S, cut, until

from ibfast import Client, ConnectionFailed, TradeEventKind
from ibfast.listeners import notify, notify_all
from ibfast.orders.journal import Journal
from ibfast.session.health import HealthState

BOTH_WIRES = pytest.mark.parametrize("version", [200, 226])

QUEUEING = {"queue_while_down": True, "pacing": False}


def fail(*arguments):
    raise OSError(28, "No space left on device")


# --------------------------------------------------------------------------------------------- calling listeners


@pytest.mark.parametrize("error", [ValueError("mine"), OSError(28, "full"), asyncio.CancelledError()])
def test_each_listener_is_called_whatever_another_raises(error, caplog):
    def raises(value):
        raise error

    heard = []
    notify_all([heard.append, raises, heard.append], 7)
    assert heard == [7, 7]
    assert "a listener failed" in caplog.text
    assert not notify(raises, 7)


@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt])
def test_a_listener_that_ends_the_program_does_so_after_all_were_called(kind):
    def ends(value):
        raise kind

    heard = []
    with pytest.raises(kind):
        notify_all([ends, heard.append], 7)
    assert heard == [7]


@BOTH_WIRES
def test_a_listener_that_fails_keeps_no_fill_from_the_others(new_loop, version, caplog):
    async def main():
        async with simulator(server_version=version) as sim, await Client.connect(sim.host, sim.port) as client:
            client._session.trades.listeners.insert(0, fail)
            updates, called, told = client.order_updates(), [], []
            client.order_updates().on(fail)
            client.notices().on(fail)
            client.health().on(fail)
            client.order_updates().on(told.append)
            trade = await client.order(AAPL).buy(10).market().submit()
            trade.on(fail)
            trade.on(called.append)
            await trade.filled()
            await until(lambda: any(event.kind is TradeEventKind.FILL for event in told))
            heard = []
            while (event := updates.try_next()) is not None:
                heard.append(event)
            assert any(event.kind is TradeEventKind.FILL for event in heard)
            assert any(event.kind is TradeEventKind.FILL for event in called)
            assert client.is_connected

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(main())
    assert "No space left on device" in caplog.text


# --------------------------------------------------------------------------------------- the task that reconnects


class OutOfNowhere(Exception):
    """Nothing that anybody foresaw."""


@BOTH_WIRES
@pytest.mark.parametrize("step", ["connecting", "a stream", "all streams", "the first step"])
def test_reconnecting_survives_every_exception_and_says_so(new_loop, version, step, caplog):
    async def main():
        async with (
            simulator(server_version=version) as sim,
            await Client.connect(
                sim.host, sim.port, queue_while_down=True, pacing=False, request_timeout_s=SOON_S
            ) as client,
            client.tick_by_tick(AAPL) as ticks,
            client.tick_by_tick(AAPL) as broken,
        ):
            connection, failures = client._connection, []
            connection._sleep = lambda pause_s: asyncio.sleep(0.001)
            await ticks.next(SOON_S)

            def once(function):
                def wrapped(*arguments, **keywords):
                    if not failures:
                        failures.append(step)
                        raise OutOfNowhere(step)
                    return function(*arguments, **keywords)

                return wrapped

            if step == "connecting":
                connection._connect_again = once(connection._connect_again)
            elif step == "a stream":
                broken.resume = once(broken.resume)
            elif step == "all streams":
                connection._resume = once(connection._resume)
            else:
                connection._established = once(connection._established)
            health, gaps = client.health(), len(ticks.gaps)
            cut(sim)
            await until(lambda: not client.is_connected)
            assert await client.current_time()  # waits until there is a session again
            await until(lambda: len(ticks.gaps) > gaps)
            assert failures == [step]
            assert client.is_connected
            assert (await ticks.next(SOON_S)).size
            assert broken.is_closed is (step == "a stream")
            states = [await health.next(SOON_S)]
            while (item := health.try_next()) is not None:
                states.append(item)
            assert states[-1].state is HealthState.READY
            told = any("OutOfNowhere" in state.reason for state in states)
            assert told is (step != "a stream")  # that one says it itself
            assert "OutOfNowhere" in caplog.text

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(main())


# ------------------------------------------------------------------------------------ a connect that comes to nothing


async def connect_again(sim, **options):
    async with asyncio.timeout(SOON_S), await Client.connect(sim.host, sim.port, **options) as client:
        assert await client.current_time()


@BOTH_WIRES
@pytest.mark.parametrize("ending", ["cancelled", "failed"])
def test_a_connect_that_fails_after_the_handshake_leaves_nothing(run, version, ending, tmp_path, monkeypatch):
    """The next connect under the same client id is not refused with 326, and the journal is closed."""
    reached = asyncio.Event()

    async def reconcile(client, trades):
        reached.set()
        if ending == "failed":
            raise OutOfNowhere("after the handshake")
        await asyncio.Event().wait()

    async def main():
        async with simulator(server_version=version) as sim:
            journals, close = [], Journal.close
            with monkeypatch.context() as patch:
                patch.setattr("ibfast.client.reconcile", reconcile)
                patch.setattr(Journal, "close", lambda journal: (journals.append(journal), close(journal)))
                task = asyncio.create_task(Client.connect(sim.host, sim.port, journal=tmp_path / "orders"))
                await reached.wait()
                if ending == "cancelled":
                    task.cancel()
                with pytest.raises(asyncio.CancelledError if ending == "cancelled" else OutOfNowhere):
                    await task
            assert journals
            await connect_again(sim, journal=tmp_path / "orders")

    run(main)


def test_a_connect_that_reaches_nobody_closes_its_journal(run, tmp_path):
    async def main():
        async with simulator() as sim:
            port = sim.port
        with pytest.raises(ConnectionFailed):
            await Client.connect("127.0.0.1", port, journal=tmp_path / "orders")

    run(main)  # a file that is left open warns, and warnings are errors


# ----------------------------------------------------------------------------------------------------- what is logged


def test_a_lost_connection_is_one_warning_and_close_is_none(run, caplog):
    async def main():
        async with simulator() as sim:
            client = await Client.connect(sim.host, sim.port)
            client._connection._sleep = lambda pause_s: asyncio.sleep(0.001)
            cut(sim)
            await until(lambda: client.stats["reconnects"])
            await client.close()

    with caplog.at_level(logging.WARNING, "ibfast"):
        run(main)
    warned = [record.getMessage() for record in caplog.records if record.name == "ibfast.connection"]
    assert len(warned) == 1
    assert warned[0].startswith("client 1 is reconnecting: the gateway closed the connection")


def test_close_alone_logs_nothing(run, caplog):
    async def main():
        async with simulator() as sim, await Client.connect(sim.host, sim.port) as client:
            client.order_updates().on(print)
            await client.current_time()

    with caplog.at_level(logging.WARNING, "ibfast"):
        run(main)
    assert caplog.records == []
