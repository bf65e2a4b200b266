"""The journal's file: what went on the wire, typed; a full disk, two processes, old and newer lines, its size."""

import asyncio
import contextlib
import errno
import json
import logging
import multiprocessing
import os
import stat
import threading
from decimal import Decimal

import numpy as np
import pytest
from support.adverse import AAPL, BOTH_WIRES, MSFT, SOON_S, until
from support.running import simulator

from ibfast import Action, Client, ConnectionFailed, JournalInUse, Order, OrderCondition, OrderType, wire
from ibfast.orders.journal import Journal, gateway_name, open_journal
from ibfast.orders.journal_file import JournalFile
from ibfast.orders.trade import Trade
from ibfast.orders.trade_registry import TradeRegistry
from ibfast.schema import AttachedOrders, ExerciseOptionsRequest, PlaceOrderRequest

HEAD = b'{"journal":"ibfast","version":1}\n'


@pytest.fixture
def path(tmp_path):
    return tmp_path / "orders.jsonl"


def entries(path):
    return [json.loads(line) for line in path.read_text().splitlines()[1:]]


def restored(path, client_id=1, gateway=""):
    """The orders that a process which starts again knows."""
    with contextlib.closing(Journal(path, client_id, gateway)) as journal:
        trades = TradeRegistry(client_id)
        journal.restore(trades)
        return {trade.order_id: trade for trade in trades}


def placed(order_id, **fields):
    order = Order(**{"action": "BUY", "total_quantity": Decimal(1), "order_type": "LMT", "lmt_price": 50.0} | fields)
    return PlaceOrderRequest(order_id=order_id, contract=AAPL, order=order)


# ------------------------------------------------------------------------------------------------ what went on the wire

VALUES = {
    "numpy false": ("transmit", np.bool_(False), False),
    "numpy true": ("hidden", np.bool_(True), True),
    "numpy integer": ("display_size", np.int64(5), 5),
    "small numpy integer": ("display_size", np.int16(5), 5),
    "numpy float": ("lmt_price", np.float64(50.25), 50.25),
    "decimal as a price": ("lmt_price", Decimal("50.1"), 50.1),
    "integer as a price": ("lmt_price", 50, 50.0),
    "float quantity": ("total_quantity", 0.1, Decimal("0.1")),
    "numpy quantity": ("total_quantity", np.float64(0.1), Decimal("0.1")),
    "integer quantity": ("total_quantity", 3, Decimal(3)),
    "exact quantity": ("total_quantity", Decimal("0.7143"), Decimal("0.7143")),
    "enum": ("action", Action.SELL, "SELL"),
    "enum of types": ("order_type", OrderType.LIMIT, "LMT"),
    "integer as a truth": ("outside_rth", 1, True),
}


@BOTH_WIRES
@pytest.mark.parametrize("name", VALUES)
def test_a_value_comes_back_as_it_went_on_the_wire(path, name, version):
    field, value, sent = VALUES[name]
    with contextlib.closing(Journal(path, 1)) as journal:
        message = placed(7, **{field: value})
        journal.log_intent(message, version)
    on_the_wire = wire.decode(wire.encode(message, version), version, direction="outgoing")
    back = restored(path)[7].order
    assert getattr(back, field) == getattr(on_the_wire.order, field) == sent
    assert type(getattr(back, field)) is type(sent)


@BOTH_WIRES
def test_every_part_of_an_order_comes_back(path, version):
    conditions = [
        OrderCondition(type=1, con_id=265598, exchange="SMART", is_more=np.bool_(True), price=np.float64(150.0)),
        OrderCondition(type=3, is_more=False, time="20261231 10:00:00 UTC", is_conjunction_connection=True),
    ]
    message = placed(7, conditions=conditions, algo_strategy="Adaptive", algo_params={"adaptivePriority": "Normal"})
    message = message.replace(attached_orders=AttachedOrders(sl_order_id=8, sl_order_type="PRESET"))
    if version < 218:
        message = message.replace(attached_orders=None)
    with contextlib.closing(Journal(path, 1)) as journal:
        journal.log_intent(message, version)
    trade = restored(path)[7]
    price, time = trade.order.conditions
    assert (price.type, price.con_id, price.exchange, price.is_more, price.price) == (1, 265598, "SMART", True, 150.0)
    assert (time.type, time.is_more, time.is_conjunction_connection) == (3, False, True)
    assert trade.order.algo_params == {"adaptivePriority": "Normal"}
    assert trade.order.transmit is True
    assert wire.encode(placed(7).replace(order=trade.order), version)
    if version >= 218:
        assert trade.attached.sl_order_id == 8
        with contextlib.closing(Journal(path, 1)) as journal:
            assert journal.last_order_id == 8


@BOTH_WIRES
def test_an_order_of_numpy_values_is_changed_by_the_next_process(run, path, version):
    async def main():
        async with simulator(server_version=version) as sim:
            async with await Client.connect(sim.host, sim.port, journal=path, pacing=False) as client:
                order = Order(
                    action="BUY", total_quantity=10, order_type="LMT", lmt_price=np.float64(50.0),
                    display_size=np.int64(5), outside_rth=np.bool_(True), tif="DAY",
                )  # fmt: skip
                trade = await client.place_order(AAPL, order)
                await until(lambda: trade.status == "Submitted")
            async with await Client.connect(sim.host, sim.port, journal=path, pacing=False) as client:
                (trade,) = client.trades
                await client.modify_order(trade, lmt_price=np.float64(49.0))
                await until(lambda: sim.gateway.engine.live()[0].order.lmt_price == 49.0)
                assert sim.gateway.engine.live()[0].order.display_size == 5

    run(main)


def test_an_exercise_is_known_to_the_next_process(path):
    with contextlib.closing(Journal(path, 1)) as journal:
        request = ExerciseOptionsRequest(
            order_id=9, contract=AAPL, exercise_action=1, exercise_quantity=2, account="DU1", override=False
        )
        journal.log_intent(request)
    trade = restored(path)[9]
    assert (trade.order.total_quantity, trade.order.account) == (2, "DU1")


# --------------------------------------------------------------------------------------------------------- a full disk


class FullDisk:
    """Writes of this process fail, after so many bytes."""

    def __init__(self, monkeypatch, room=0):
        self._patch = monkeypatch
        self._write, self.room = os.write, room
        monkeypatch.setattr(os, "write", self)

    def __call__(self, descriptor, data):
        if not self.room:
            raise OSError(errno.ENOSPC, "No space left on device")
        part = bytes(data)[: self.room]
        self.room -= len(part)
        return self._write(descriptor, part)

    def free(self):
        self._patch.undo()


@BOTH_WIRES
@pytest.mark.parametrize("room", [0, 40])
def test_a_full_disk_keeps_an_order_and_its_line_from_leaving(run, path, monkeypatch, room, version):
    async def main():
        async with simulator(server_version=version) as sim:
            async with await Client.connect(sim.host, sim.port, journal=path, pacing=False) as client:
                resting = await client.order(AAPL).buy(1).limit(50).submit()
                await until(lambda: resting.status == "Submitted")
                before, sent = path.read_bytes(), client.stats["messages_sent"]
                disk = FullDisk(monkeypatch, room)
                with pytest.raises(OSError, match="No space left on device; the order was not sent") as raised:
                    await client.order(MSFT).buy(1).market().submit()
                assert raised.value.filename == str(path)
                assert (path.read_bytes(), client.stats["messages_sent"]) == (before, sent)
                await client.cancel_order(resting)  # which must work whatever the disk does
                await resting.done()
                assert path.read_bytes() == before
                disk.free()
                again = await client.order(AAPL).buy(2).limit(50).submit()
                await until(lambda: again.status == "Submitted")
                assert len(sim.gateway.engine.orders) == 2
            told = [(entry.get("intent") or entry["heard"], entry["order_id"]) for entry in entries(path)]
            first, later = resting.order_id, again.order_id
            assert ("done", first) in told
            assert [item for item in told if item[0] == "place"] == [("place", first), ("place", later)]
            assert list(restored(path)) == [later]

    run(main)


def test_what_could_not_be_synced_is_taken_back(path, monkeypatch):
    with contextlib.closing(Journal(path, 1)) as journal:
        before = path.read_bytes()

        def full(descriptor):
            raise OSError(errno.EIO, "Input/output error")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="Input/output"):
            journal.log_intent(placed(7))
        monkeypatch.undo()
        assert path.read_bytes() == before
        journal.log_intent(placed(8))
    assert list(restored(path)) == [8]


def test_a_disk_that_is_full_at_connect_is_said_there(path, monkeypatch):
    FullDisk(monkeypatch)
    with pytest.raises(OSError, match="No space"):
        Journal(path, 1)
    monkeypatch.undo()
    Journal(path, 1).close()


# --------------------------------------------------------------------------------------------- lines of another shape

OLD = [
    '{"time":"2026-08-26T15:00:00+00:00","client_id":1,"intent":"place","order_id":0,"contract":{"symbol":"AAPL",'
    '"sec_type":"STK"},"order":{"action":"BUY","total_quantity":"1","lmt_price":"1.5","transmit":"False",'
    '"display_size":"5","order_type":"LMT"}}'.replace("order_id\":0", f"order_id\":{order_id}")
    for order_id in (1, 2, 3)
]  # fmt: skip
HEARD = '{"time":"2026-08-26T15:00:00+00:00","client_id":1,"heard":"done","order_id":%d,"status":"%s"}'


def test_a_file_without_a_head_is_read_and_goes_on_with_one(path):
    path.write_text("\n".join([*OLD, HEARD % (1, "Filled"), HEARD % (2, "Inactive")]) + "\n")
    trades = restored(path, gateway="localhost:4002")
    assert sorted(trades) == [2, 3]  # Inactive is no end
    order = trades[3].order
    assert (order.transmit, order.display_size, order.lmt_price) == (False, 5, 1.5)
    with contextlib.closing(Journal(path, 1, "localhost:4002")) as journal:
        journal.log_intent(placed(4))
    assert path.read_bytes().count(HEAD) == 1
    assert sorted(restored(path, gateway="localhost:4002")) == [2, 3, 4]


PLACE = '{"time":"","client_id":1,"intent":"place","order_id":9,"contract":{},"order":'
STRANGE = {
    "no order": '{"time":"","client_id":1,"intent":"place","order_id":9}',
    "no id": '{"time":"","client_id":1,"intent":"place","contract":{},"order":{}}',
    "an unknown field": PLACE + '{"colour":"red"}}',
    "a price of letters": PLACE + '{"lmt_price":"x"}}',
    "an order that is a list": PLACE + "[1]}",
    "neither intent nor heard": '{"time":"","client_id":1,"order_id":9}',
    "an unknown intent": '{"time":"","client_id":1,"intent":"dance","order_id":9}',
    "a list": "[1, 2]",
    "a number": "7",
    "no JSON": "order 9: buy",
    "bytes": "\x00\x01",
    "cut off": '{"time":"","client_id":1,"intent":"place","order_id":9,"contract":{"symbol":"AA',
}


@pytest.mark.parametrize("name", STRANGE)
def test_a_line_of_another_shape_is_skipped_with_its_number(path, caplog, name):
    with contextlib.closing(Journal(path, 1)) as journal:
        journal.log_intent(placed(7))
    with path.open("a") as file:
        file.write(STRANGE[name] + "\n")
    with contextlib.closing(Journal(path, 1)) as journal:
        journal.log_intent(placed(8))
    caplog.clear()
    assert sorted(restored(path)) == [7, 8]
    assert caplog.records[0].getMessage().startswith(f"{path}, line 3: ")
    assert caplog.records[0].levelno == logging.WARNING


def test_a_change_that_cannot_be_read_leaves_the_order_before_it(path):
    with contextlib.closing(Journal(path, 1)) as journal:
        journal.log_intent(placed(7))
    with path.open("a") as file:
        file.write('{"time":"","client_id":1,"intent":"place","order_id":7,"contract":{},"order":{"lmt_price":"x"}}\n')
    assert restored(path)[7].order.lmt_price == 50.0


def test_lines_of_a_later_version_are_skipped_and_kept(path, caplog):
    later = '{"journal":"ibfast","version":9}\n{"order":[7],"of":1}\n'
    path.write_text(later)
    with contextlib.closing(Journal(path, 1)) as journal:
        journal.log_intent(placed(8))
    assert f"{path}, line 1: begins lines of version 9" in caplog.text
    assert path.read_text().startswith(later + HEAD.decode())
    assert list(restored(path)) == [8]


# ---------------------------------------------------------------------------------------- several who have one journal


def _holds(path, ready, end):
    with contextlib.closing(Journal(path, 1, "localhost:4002")):
        ready.set()
        end.wait(SOON_S)


def test_a_second_process_is_refused_until_the_first_ends(path):
    context = multiprocessing.get_context("spawn")
    ready, end = context.Event(), context.Event()
    process = context.Process(target=_holds, args=(path, ready, end))
    process.start()
    try:
        assert ready.wait(SOON_S)
        with pytest.raises(JournalInUse, match=rf"{path.name}: client 1 .*localhost:4002.* process {process.pid}"):
            Journal(path, 1, "localhost:4002")
        for client_id, gateway in ((2, "localhost:4002"), (1, "localhost:4001")):
            Journal(path, client_id, gateway).close()
    finally:
        end.set()
        process.join()
    Journal(path, 1, "localhost:4002").close()
    assert [item.name for item in path.parent.iterdir()] == [path.name]


def test_a_process_that_was_killed_holds_nothing(path):
    context = multiprocessing.get_context("spawn")
    ready, end = context.Event(), context.Event()
    process = context.Process(target=_holds, args=(path, ready, end))
    process.start()
    assert ready.wait(SOON_S)
    process.kill()
    process.join()
    Journal(path, 1, "localhost:4002").close()


def test_two_clients_of_one_process_do_not_share_a_client_id(run, path):
    async def main():
        async with simulator() as sim, await Client.connect(sim.host, sim.port, journal=path):
            with pytest.raises(JournalInUse, match=f"process {os.getpid()}"):
                await Client.connect(sim.host, sim.port, journal=path)
            async with await Client.connect(sim.host, sim.port, 2, journal=path):
                pass

    run(main)


def test_a_connect_that_fails_leaves_the_journal_to_others(run, path):
    async def main():
        with pytest.raises(ConnectionFailed):
            await Client.connect("127.0.0.1", 1, journal=path)
        with pytest.raises(ValueError, match="versions"):
            await Client.connect("127.0.0.1", 1, journal=path, versions=(1, 2))
        Journal(path, 1, "localhost:1").close()

    run(main)


def test_gateways_and_client_ids_are_kept_apart(path, caplog):
    for client_id, gateway, order_id in ((1, "a:1", 5), (1, "b:1", 6), (2, "a:1", 7)):
        with contextlib.closing(Journal(path, client_id, gateway)) as journal:
            journal.log_intent(placed(order_id))
    assert list(restored(path, 1, "a:1")) == [5]
    assert list(restored(path, 2, "a:1")) == [7]
    caplog.clear()
    assert list(restored(path, 1, "b:1")) == [6]
    assert "1 orders of client 1 at the gateway a:1 are not done" in caplog.text


def test_one_gateway_has_one_name():
    assert gateway_name("127.0.0.1", 4002) == gateway_name("LOCALHOST", 4002) == gateway_name("::1", 4002)
    assert gateway_name("10.0.0.1", 4002) != gateway_name("10.0.0.1", 4001)


def test_two_who_append_at_once_do_not_mix_their_lines(path):
    def append(client_id):
        with contextlib.closing(Journal(path, client_id)) as journal:
            for order_id in range(1, 51):
                journal.log_intent(placed(order_id))

    threads = [threading.Thread(target=append, args=(client_id,)) for client_id in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(entries(path)) == 100
    assert len(restored(path, 1)) == len(restored(path, 2)) == 50


def test_nobody_else_can_read_it(path):
    path.write_bytes(b"")
    path.chmod(0o644)
    with contextlib.closing(Journal(path, 1)):
        modes = {stat.S_IMODE(item.stat().st_mode) for item in path.parent.iterdir()}
    assert modes == {0o600}


# ----------------------------------------------------------------------------------------------------------------- size


def test_what_is_done_goes_when_a_large_journal_is_opened(path, monkeypatch):
    with contextlib.closing(Journal(path, 2)) as journal:
        journal.log_intent(placed(3))
    with contextlib.closing(Journal(path, 1)) as journal:
        trades = TradeRegistry(1)
        journal.restore(trades)
        for order_id in range(1, 41):
            journal.log_intent(placed(order_id))
            trade = trades.add(Trade(AAPL, placed(order_id).order, order_id, 1, perm_id=order_id + 100))
            if order_id != 20:
                trade.status = "Filled"
            trade._tell("status", None)
        journal.log_intent(placed(20, lmt_price=51.0))
    large = path.stat().st_size
    monkeypatch.setattr("ibfast.orders.journal.COMPACTED_FROM", 1000)
    trades = restored(path)
    assert list(trades) == [20]
    assert (trades[20].perm_id, trades[20].order.lmt_price) == (120, 51.0)
    assert path.stat().st_size < large / 8
    assert path.read_bytes().startswith(HEAD)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with contextlib.closing(Journal(path, 1)) as journal:
        assert journal.last_order_id == 40
    assert list(restored(path)) == [20]
    assert list(restored(path, 2)) == [3]


def test_who_has_it_open_goes_on_in_the_file_that_was_compacted(path):
    with contextlib.closing(Journal(path, 1)) as journal:
        other = JournalFile(path)
        with other.alone():
            other.replace([])
        other.close()
        journal.log_intent(placed(7))
    assert list(restored(path)) == [7]


def test_a_journal_is_read_beside_the_event_loop(run, path, monkeypatch):
    async def main():
        turns, reading = [], threading.Event()
        load = Journal._load

        def slow(self):
            reading.wait(SOON_S)
            load(self)

        monkeypatch.setattr(Journal, "_load", slow)
        opening = asyncio.create_task(open_journal(path, 1, ""))
        for turn in range(100):
            await asyncio.sleep(0)
            turns.append(turn)
        assert not opening.done()
        reading.set()
        (await opening).close()

    run(main)


def test_a_connect_that_is_cancelled_as_it_reads_the_journal_lets_it_go(run, path, monkeypatch):
    async def main():
        reading = threading.Event()
        load = Journal._load
        monkeypatch.setattr(Journal, "_load", lambda self: (reading.wait(SOON_S), load(self)))
        opening = asyncio.create_task(open_journal(path, 1, ""))
        await asyncio.sleep(0)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        reading.set()
        monkeypatch.undo()

        def try_acquire():
            with contextlib.suppress(JournalInUse):
                Journal(path, 1).close()
                return True

        await until(try_acquire)

    run(main)
