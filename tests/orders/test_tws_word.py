"""What TWS, or a person in it, makes of an order is the order, and no change of ours undoes it."""

import asyncio
import random
from decimal import Decimal

import pytest
from support.adverse import AAPL, BOTH_WIRES, MSFT, SOON_S, session, table, until
from support.trading import books, listen, resting

from ibfast.schema import (
    OpenOrder,
    PlaceOrderRequest,
)
from ibfast.simulator.faults import Late, Reject, Repeat

BY_HAND = {
    "price": {"lmt_price": 49.5},
    "quantity": {"total_quantity": Decimal(60)},
    "time in force": {"tif": "GTC"},
    "a date": {"tif": "GTD", "good_till_date": "20260827-20:00:00"},
    "hours": {"outside_rth": True},
    "size shown": {"display_size": 10},
    "a group": {"oca_group": "by hand", "oca_type": 1},
    "another type": {"order_type": "STP LMT", "aux_price": 900.0, "lmt_price": 901.0},
    "a trailing stop": {"order_type": "TRAIL", "aux_price": 3.0, "trail_stop_price": 990.0, "lmt_price": 0.0},
    "reference": {"order_ref": "by hand"},
}


@BOTH_WIRES
@pytest.mark.parametrize("fields", table(BY_HAND))
def test_a_change_made_in_tws_is_the_orders_and_no_change_of_ours_undoes_it(run, fields, version):
    async def main():
        async with session(version) as (sim, client):
            trade = await resting(client)
            sim.change_manually(trade.perm_id, **fields)
            await until(lambda: all((getattr(trade.order, name) or None) == (value or None)
                                    for name, value in fields.items()))  # fmt: skip
            before, sent = trade.order, listen(sim)
            await client.modify_order(trade, not_held=True)
            await until(lambda: sent)
            assert {name: getattr(sent[0], name) or None for name in fields} == {
                name: value or None for name, value in fields.items()
            }
            assert trade.order.differences(before) == ["not_held"]
            await until(lambda: books(sim, trade).order.not_held)
            assert {name: getattr(books(sim, trade).order, name) or None for name in fields} == {
                name: value or None for name, value in fields.items()
            }

    run(main)


@BOTH_WIRES
def test_what_was_changed_and_put_back_in_tws_is_followed_both_times(run, version):
    async def main():
        async with session(version) as (sim, client):
            trade = await resting(client, outside_rth=True, order_ref="mine")
            for value in (None, True, False):
                sim.change_manually(trade.perm_id, outside_rth=value, lmt_price=49.0 + bool(value))
                await until(lambda value=value: trade.order.lmt_price == 49.0 + bool(value))
                assert bool(trade.order.outside_rth) == bool(value)
            assert trade.order.order_ref == "mine"

    run(main)


@BOTH_WIRES
def test_one_change_changes_one_thing(run, version):
    """What TWS fills in of its own (a trailing stop price of a limit order, "None" for types) is not sent back."""

    async def main():
        async with session(version) as (sim, client):
            trade = await resting(client)
            as_sent, sent = trade.order, listen(sim)
            await client.modify_order(trade, tif="GTC")
            await until(lambda: sent)
            assert set(trade.order.differences(as_sent)) <= {"tif"}
            assert not sent[0].trail_stop_price
            assert sent[0].adjusted_order_type in (None, "")
            assert (sent[0].lmt_price, sent[0].total_quantity, sent[0].tif) == (50.0, 100, "GTC")

    run(main)


@BOTH_WIRES
def test_a_group_that_shrinks_an_order_shrinks_ours(run, version):
    """OCA type 2: what one fills, the others lose."""

    async def main():
        async with session(version) as (_, client):
            rests = await resting(client, quantity=2000, oca_group="either", oca_type=2)
            sizes = []
            rests.on(lambda event: sizes.append((rests.order.total_quantity, rests.remaining)))
            fills = client.order(MSFT).buy(2000).market().set(oca_group="either", oca_type=2)
            await (await fills.submit()).filled(SOON_S)
            await rests.done(SOON_S)
            assert any(0 < size < 2000 and remaining == size for size, remaining in sizes)
            assert rests.status == "Cancelled"

    run(main)


@BOTH_WIRES
def test_an_order_shrunk_by_its_group_is_changed_at_its_new_size(run, version):
    async def main():
        async with session(version) as (sim, client):
            trade = await resting(client, oca_group="either", oca_type=2)
            sim.change_manually(trade.perm_id, total_quantity=Decimal(30))
            await until(lambda: trade.order.total_quantity == 30)
            assert trade.remaining == 30
            await client.modify_order(trade, lmt_price=49.0)
            await until(lambda: books(sim, trade).order.lmt_price == 49.0)
            assert books(sim, trade).order.total_quantity == 30

    run(main)


REFUSALS = {
    "still being processed": (2102, "Unable to modify this order as it is still being processed."),
    "filled": (104, "Cannot modify a filled order."),
    "does not match": (105, "Order being modified does not match original order."),
    "price off the grid": (110, "The price does not conform to the minimum price variation for this contract."),
    "no such parent": (135, "Can't find order with id =9"),
    "rejected": (201, "Order rejected - reason:No."),
    "time in force": (462, "Order modify failed. Cannot change to the new Time in Force.GTD"),
    "group": (10326, "OCA group revision is not allowed."),
    "kind of group": (10327, "OCA type revision is not allowed."),
    "algo": (440, "Order modify failed. Algorithm cannot be modified."),
}


@BOTH_WIRES
@pytest.mark.parametrize("refusal", table(REFUSALS))
def test_after_a_refused_change_the_order_is_what_tws_works_on(run, refusal, version):
    async def main():
        async with session(version) as (sim, client):
            trade = await resting(client)
            sim.inject(Reject(*refusal, at_message=PlaceOrderRequest))
            await client.modify_order(trade, lmt_price=51.0, tif="GTC")
            assert (trade.order.lmt_price, trade.order.tif) == (51.0, "GTC")  # on its way
            await until(lambda: trade.rejection is not None)
            assert trade.rejection.code == refusal[0]
            assert trade.order.lmt_price == 50.0
            assert trade.order.tif in (None, "", "DAY")
            assert (trade.status, trade.is_done) == ("Submitted", False)
            await client.modify_order(trade, lmt_price=49.0)
            await until(lambda: books(sim, trade).order.lmt_price == 49.0)
            assert trade.rejection is None

    run(main)


@BOTH_WIRES
def test_a_report_from_before_a_change_does_not_undo_it(run, version):
    async def main():
        async with session(version) as (sim, client):
            trade = await resting(client)
            sim.inject(Late(0.2, at_message=PlaceOrderRequest))
            await client.modify_order(trade, lmt_price=51.0)
            sim.change_manually(trade.perm_id, total_quantity=Decimal(80))  # a report that still has the old price
            await until(lambda: trade.order.total_quantity == 80)
            assert trade.order.lmt_price == 51.0
            await until(lambda: books(sim, trade).order.lmt_price == 51.0)
            await until(lambda: trade.order.total_quantity == 100)  # what was sent had the old quantity: so it is
            assert trade.order.lmt_price == 51.0

    run(main)


@BOTH_WIRES
def test_a_stop_whose_parent_has_ended_is_changed_without_it(run, version):
    """IB's 135: a parent that has ended cannot be found."""

    async def main():
        async with session(version) as (sim, client):
            entry, target, stop = await (
                client.order(AAPL).buy(10).bracket(take_profit=100_000, stop_loss=1, entry=1_000).submit()
            )
            async with asyncio.timeout(SOON_S):
                await entry.filled()
            await until(lambda: not stop.is_done and stop.acknowledged)
            await client.modify_order(stop, aux_price=2.0)
            await client.modify_order(target, lmt_price=90_000.0)
            await until(lambda: books(sim, stop).order.aux_price == 2.0)
            await until(lambda: books(sim, target).order.lmt_price == 90_000.0)
            assert stop.rejection is target.rejection is None
            await client.modify_order(stop, aux_price=3.0, parent_id=entry.order_id)  # who asks for it gets the error
            await until(lambda: stop.rejection is not None)
            assert stop.rejection.code == 135
            assert stop.order.aux_price == 2.0

    run(main)


@BOTH_WIRES
def test_the_stop_of_a_parent_that_works_is_changed_as_its_child(run, version):
    async def main():
        async with session(version) as (sim, client):
            entry, _, stop = await (
                client.order(AAPL).buy(100).bracket(take_profit=100_000, stop_loss=1, entry=50).submit()
            )
            await until(lambda: entry.status == "Submitted" and stop.acknowledged)
            sent = listen(sim)
            await client.modify_order(stop, aux_price=2.0)
            await until(lambda: books(sim, stop).order.aux_price == 2.0)
            assert sent[0].parent_id == entry.order_id

    run(main)


@pytest.mark.parametrize("version", [176, 203, 213, 226])
def test_fields_that_tws_reports_never_make_a_change_fail(run, version):
    """Seen at 203: routeMarketableToBbo 0 in a report, a field that a request to that server cannot carry."""

    async def main():
        async with session(version) as (sim, client):
            trade = await resting(client)
            reported = {
                "route_marketable_to_bbo": 0,
                "seek_price_improvement": 0,
                "post_only": False,
                "hedge_max_size": 0,
            }
            message = OpenOrder(
                order_id=900, contract=trade.contract, order_state=trade.order_state,
                order=trade.reported_order.replace(order_id=900, perm_id=900, client_id=1, **reported),
            )  # fmt: skip
            client._session.received(message)  # as TWS reports an order of an earlier session
            old = client._session.trades[900]
            if version < 226:
                with pytest.raises(ValueError, match="route_marketable_to_bbo"):
                    await client.modify_order(old, route_marketable_to_bbo=1)
            sent = listen(sim)
            await client.modify_order(old, lmt_price=49.0)
            await client.place_order(old.contract, old.order)
            await until(lambda: len(sent) == 2)
            assert (await client.what_if_order(old.contract, old.order)).commission is not None
            assert {order.lmt_price for order in sent} == {49.0}

    run(main)


FOLLOWED = ("lmt_price", "total_quantity", "outside_rth", "not_held", "order_ref", "tif", "oca_group")


def any_change(chance):
    return chance.choice([
        {"lmt_price": round(chance.uniform(40, 60), 2)}, {"total_quantity": Decimal(chance.randint(50, 150))},
        {"outside_rth": chance.random() < 0.5}, {"not_held": chance.random() < 0.5},
    ])  # fmt: skip


@BOTH_WIRES
@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_changed_by_whom_the_order_ends_as_tws_has_it(run, seed, version):
    """Changes by hand and by us, taken, refused by the gateway's rules or by chance, each report said twice."""
    chance = random.Random(seed)

    async def main():
        async with session(version, sim={"faults": [Repeat(at_message=OpenOrder, times=None)]}) as (sim, client):
            trade = await resting(client)
            for _ in range(60):
                change, way = any_change(chance), chance.random()
                if way < 0.3:
                    sim.change_manually(trade.perm_id, **change)
                    continue
                if way < 0.45:
                    sim.inject(Reject(at_message=PlaceOrderRequest))
                refused = {"lmt_price": 1.00555} if way > 0.9 else {"tif": "GTC"} if way > 0.8 else {}
                await client.modify_order(trade, **change | refused)
                if chance.random() < 0.3:
                    await client.current_time()
            await until(lambda: trade._changes.are_settled)
            await client.current_time()
            working = books(sim, trade).order
            for name in FOLLOWED:
                assert (getattr(trade.order, name) or None) == (getattr(working, name) or None), name

    run(main)
