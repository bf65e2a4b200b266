"""The simulator's order ids and owners, as strict as TWS: who may act on an order, and which ids a new one may have."""

import pytest
from support.adverse import AAPL, BOTH_WIRES, session, until

from ibfast import Client, Order
from ibfast.session.ids import Ids


async def resting(client):
    trade = await client.order(AAPL).buy(1).limit(50).submit()
    await until(lambda: trade.status == "Submitted")
    return trade


def numbered(client, order_id):
    """The next order of a client has this id, whatever it knows."""
    client._session.ids = Ids()
    client._session.ids.next_order_id = order_id


@BOTH_WIRES
def test_an_id_that_is_not_above_all_that_were_used_is_a_duplicate(run, version):
    async def main():
        async with session(version) as (_, client):
            numbered(client, 20)
            first = await resting(client)
            await client.cancel_order(first)
            await first.done()
            for order_id in (20, 19, 3):
                numbered(client, order_id)
                trade = await client.order(AAPL).buy(1).limit(50).submit()
                await until(lambda trade=trade: trade.rejection is not None)
                assert (trade.rejection.code, trade.rejection.message) == (103, "Duplicate order id")
                await client.current_time()
            assert client._session.ids.next_order_id == 21  # the client has asked for it
            assert (await resting(client)).order_id == 21

    run(main)


@BOTH_WIRES
def test_an_id_that_was_seen_in_anothers_open_order_is_a_duplicate(run, version):
    async def main():
        async with session(version) as (sim, client), await Client.connect(sim.host, sim.port, 2) as other:
            numbered(other, 40)
            await resting(other)
            assert (await resting(client)).order_id < 40
            await client.all_open_orders()
            numbered(client, 40)
            trade = await client.order(AAPL).buy(1).limit(50).submit()
            await until(lambda: trade.rejection is not None)
            assert trade.rejection.code == 103
            await client.current_time()
            assert (await resting(client)).order_id == 41

    run(main)


@BOTH_WIRES
def test_a_global_cancel_names_the_dead_orders_of_all_clients(run, version):
    async def main():
        async with session(version) as (sim, client), await Client.connect(sim.host, sim.port, 2) as other:
            theirs = await resting(other)
            await other.cancel_order(theirs)
            await theirs.done()
            mine = await resting(client)
            assert mine.order_id == theirs.order_id
            notices = client.notices()
            await client.cancel_all_orders()
            await mine.done()
            await client.current_time()
            told = [notice for notice in iter(notices.try_next, None) if notice.error_code == 161]
            text = "Cancel attempted when order is not in a cancellable state.  Order permId ="
            assert [(item.id, item.error_msg) for item in told] == [(theirs.order_id, f"{text}{theirs.perm_id}")]
            assert [warning.code for warning in mine.warnings if warning.code == 161] == []

    run(main)


def test_what_was_entered_in_tws_has_no_number_until_it_is_bound(run):
    async def main():
        async with session() as (sim, client), await Client.connect(sim.host, sim.port, 0) as zero:
            order = Order(action="BUY", total_quantity=1, order_type="LMT", lmt_price=50.0, tif="DAY")
            sim.place_manually(AAPL, order)
            (seen,) = await client.all_open_orders()
            assert (seen.order_id, seen.client_id, seen.order.order_id or 0) == (0, 0, 0)
            (bound,) = await zero.open_orders()
            assert bound.order_id < 0
            await zero.cancel_order(bound)
            await bound.done()

    run(main)


@pytest.mark.parametrize("order_id", [0, 99])
def test_nobody_cancels_what_is_not_there(run, order_id):
    async def main():
        async with session() as (sim, client):
            notices = client.notices()
            sim.gateway.engine.cancel(1, order_id)
            await client.current_time()
            told = [
                (notice.error_code, notice.error_msg)
                for notice in iter(notices.try_next, None)
                if notice.error_code == 10147
            ]
            assert told == [(10147, f"OrderId {order_id} that needs to be cancelled is not found.")]

    run(main)
