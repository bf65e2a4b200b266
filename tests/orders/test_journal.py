"""Orders on disk before they are sent: a process that starts again knows them, whatever ended the one before."""

import asyncio
import contextlib
import json
import os
from decimal import Decimal

import pytest
from support.adverse import AAPL, BOTH_WIRES, MSFT, SOON_S, until
from support.running import simulator

from ibfast import Client, IbfastError, Order, OrderCondition, VersionError
from ibfast.orders.journal import Journal, message_of
from ibfast.schema import OpenOrder, OrderStatus, PlaceOrderRequest, SoftDollarTier
from ibfast.simulator.faults import Drop, Lose


@pytest.fixture
def path(tmp_path):
    return tmp_path / "orders.jsonl"


def lines(path):
    """The entries behind the head."""
    head, *entries = [json.loads(line) for line in path.read_text().splitlines()]
    assert head == {"journal": "ibfast", "version": 1}
    return entries


@contextlib.asynccontextmanager
async def process(sim, path, **options):
    """A client with a journal that ends the way a process does that is killed: nothing more is sent or written."""
    client = await Client.connect(sim.host, sim.port, journal=path, reconnect=False, pacing=False, **options)
    try:
        yield client
    finally:
        client._connection.transport.drop(IbfastError("killed"))
        await client.close()


def test_one_line_for_each_intent_and_what_became_of_it(run, path):
    async def main():
        async with simulator() as sim, process(sim, path) as client:
            trade = await client.order(AAPL).buy(1).limit(50).submit()
            await until(lambda: trade.perm_id)
            await client.modify_order(trade, lmt_price=51.0)
            await client.cancel_order(trade)
            await trade.done()
            await client.cancel_all_orders()
            await client.what_if_order(AAPL, trade.order)
            told = [line.get("intent") or line["heard"] for line in lines(path)]
            assert told == ["place", "perm_id", "place", "cancel", "done", "cancel_all"]
            assert lines(path)[0]["order"]["order_ref"] == trade.order.order_ref
            assert lines(path)[0]["order"]["order_ref"].startswith("ibfast-")
            assert lines(path)[4]["status"] == "Cancelled"

    run(main)


def test_the_disk_has_it_before_the_socket(run, path, monkeypatch):
    async def main():
        async with simulator() as sim, process(sim, path) as client:
            at_sync = []
            sync = os.fsync

            def seen(number):
                sync(number)
                at_sync.append((len(lines(path)), client.stats["messages_sent"]))

            monkeypatch.setattr(os, "fsync", seen)
            sent = client.stats["messages_sent"]
            await client.order(AAPL).buy(1).limit(50).submit()
            assert at_sync == [(1, sent)]

    run(main)


def test_an_order_that_cannot_be_written_down_is_not_sent(run, path, monkeypatch):
    async def main():
        async with simulator() as sim, process(sim, path) as client:

            def full(number):
                raise OSError(28, "No space left on device")

            monkeypatch.setattr(os, "fsync", full)
            with pytest.raises(OSError, match="No space"):
                await client.order(AAPL).buy(1).market().submit()
            monkeypatch.undo()
            await client.current_time()
            assert sim.gateway.engine.orders == {}
            assert client.trades == []

    run(main)


def test_an_order_that_can_never_be_sent_is_not_written_down(run, path):
    async def main():
        async with simulator(server_version=157) as sim, process(sim, path) as client:
            with pytest.raises(VersionError):
                await client.order(AAPL).buy(1).market().set(post_to_ats=1).submit()
            assert lines(path) == []

    run(main)


ENDS = {
    "before it was heard": ([Drop(at_message=PlaceOrderRequest)], False),
    "as it was heard": ([Drop(at_message=PlaceOrderRequest, before=False)], True),
    "without a word": ([Lose(at_message=OpenOrder, times=None), Lose(at_message=OrderStatus, times=None)], True),
}


@BOTH_WIRES
@pytest.mark.parametrize("name", ENDS)
def test_a_process_that_died_as_it_ordered_finds_out(run, name, path, version):
    faults, taken = ENDS[name]

    async def main():
        async with simulator(server_version=version) as sim:
            async with process(sim, path) as client:
                for fault in faults:
                    sim.inject(fault)
                ref = (await client.order(AAPL).buy(10).market().submit()).order.order_ref
                await until(lambda: not client.is_connected or sim.gateway.engine.orders)
            if taken:
                await until(lambda: not sim.gateway.engine.live())
            sim._script.armed.clear()
            async with process(sim, path) as client:
                (trade,) = client.trades
                assert trade.order.order_ref == ref
                async with asyncio.timeout(SOON_S):
                    await trade.done()
                if taken:
                    await until(lambda: trade.is_complete)
                    assert (trade.status, trade.filled_quantity) == ("Filled", 10)
                    assert trade.perm_id
                else:
                    assert trade.rejection.code == 10147
                assert all(event.replayed for event in trade.log)
                later = await client.order(MSFT).buy(1).limit(50).submit()
                assert later.order_id > trade.order_id
                await until(lambda: later.perm_id)
            assert len(sim.gateway.engine.orders) == 1 + taken

    run(main)


@BOTH_WIRES
def test_what_rests_goes_on_what_is_done_does_not_come_back(run, path, version):
    async def main():
        async with simulator(server_version=version) as sim:
            async with process(sim, path) as client:
                done = await client.order(AAPL).buy(1).market().submit()
                resting = await client.order(AAPL).buy(1).limit(50).submit()
                gone = await client.order(AAPL).buy(2).limit(50).submit()
                await done.filled()
                await until(lambda: resting.status == gone.status == "Submitted")
            sim.gateway.engine.cancel(1, gone.order_id)
            async with process(sim, path) as client:
                await until(lambda: len(client.trades) >= 2)
                found = {trade.order_id: trade for trade in client.trades}
                assert found[resting.order_id].perm_id == resting.perm_id
                assert found[resting.order_id].status == "Submitted"
                assert found[gone.order_id].status == "Cancelled"
                await client.cancel_order(found[resting.order_id])
                async with asyncio.timeout(SOON_S):
                    await found[resting.order_id].done()
            async with process(sim, path) as client:
                assert [trade for trade in client.trades if not trade.is_done] == []

    run(main)


def test_a_line_that_a_crash_cut_off_spoils_nothing(run, path):
    async def main():
        async with simulator() as sim:
            async with process(sim, path) as client:
                trade = await client.order(AAPL).buy(1).limit(50).submit()
                await until(lambda: trade.status == "Submitted")
            with path.open("ab") as file:
                file.write(b'{"time": "2026-08-26T15:00:00", "client_id": 1, "inte')
            async with process(sim, path) as client:
                assert [item.order_id for item in client.trades] == [trade.order_id]
                await client.cancel_order(client.trades[0])
                await client.trades[0].done()
        entries = []
        for line in path.read_text().splitlines():
            with contextlib.suppress(ValueError):
                entries.append(json.loads(line))
        assert [entry.get("intent") or entry["heard"] for entry in entries[1:]] == [
            "place",
            "perm_id",
            "cancel",
            "done",
        ]

    run(main)


def test_orders_of_another_client_in_the_same_file_are_left_alone(path):
    for client_id in (1, 2):
        book = Journal(path, client_id)
        order = Order(action="BUY", total_quantity=client_id, order_type="MKT")
        book.log_intent(PlaceOrderRequest(order_id=5 + client_id, contract=AAPL, order=order))
        book.close()
        book.close()
    for client_id, last in ((1, 6), (2, 7), (3, 0)):
        book = Journal(path, client_id)
        assert book.last_order_id == last
        book.close()


def test_every_part_of_an_order_comes_back_from_json():
    condition = OrderCondition(type=1, con_id=265598, is_more=True, price=150.0)
    order = Order(
        action="SELL", total_quantity=Decimal("0.7143"), lmt_price=1.5, algo_params={"maxPctVol": "0.1"},
        conditions=[condition], soft_dollar_tier=SoftDollarTier(name="a", value="b"), transmit=False,
    )  # fmt: skip
    assert message_of(Order, json.loads(json.dumps(order.to_dict(), default=str))) == order
