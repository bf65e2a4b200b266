"""Orders from the client to the gateway and back, of the async and the blocking client alike."""

import asyncio
from decimal import Decimal

import pytest
from support.attributes import ATTRIBUTES
from support.client import AAPL, MSFT, far_below, limit_order, until
from support.gateway import Gateway
from support.running import simulator

from ibfast import Client, Contract, Order, RequestError, TradeEventKind, VersionError
from ibfast.schema import (
    AttachedOrders,
    AutoOpenOrdersRequest,
    CancelOrderRequest,
    ExerciseOptionsRequest,
    GlobalCancelRequest,
    OpenOrder,
    OrderState,
    OrderStatus,
    PlaceOrderRequest,
)

CALL = Contract.call("AAPL", expiry="20260918", strike=200)
NEWEST = pytest.mark.parametrize("version", [226])
BOTH_WIRES = pytest.mark.parametrize("version", [176, 226])


@BOTH_WIRES
def test_what_an_order_would_do_is_told_in_numbers_and_not_done(play):
    async def case(client):
        preview = await client.order(AAPL).buy(100).limit(150).what_if()
        assert preview.init_margin_after == pytest.approx(preview.init_margin_before + preview.init_margin_change)
        assert preview.init_margin_change > 0
        assert preview.commission > 0
        assert preview.commission_currency == "USD"
        assert await client.what_if_order(AAPL, limit_order(150)) == preview
        assert client.trades == []
        assert await client.open_orders() == []
        with pytest.raises(RequestError, match="200"):
            await client.order(Contract.stock("NOSUCH")).buy(1).market().what_if()
        with pytest.raises(ValueError, match="lmt_price"):
            await client.what_if_order(AAPL, limit_order(None))

    play(case)


@BOTH_WIRES
def test_open_orders_are_the_trades_of_this_client(play):
    async def case(client, sim):
        price = far_below(sim)
        trades = [await client.order(AAPL).buy(1).limit(price).submit() for _ in range(3)]
        await asyncio.gather(*(until(trade, lambda trade=trade: trade.status == "Submitted") for trade in trades))
        await client.cancel_order(trades[0])
        await trades[0].done()
        async with await Client.connect(sim.host, sim.port, client_id=77) as other:
            theirs = await other.order(AAPL).buy(1).limit(price).submit()
            await until(theirs, lambda: theirs.status == "Submitted")
            own, again, every = await asyncio.gather(
                client.open_orders(), client.open_orders(), client.all_open_orders()
            )
            ids = [trade.order_id for trade in trades[1:]]
            assert [item.order_id for item in own] == [item.order_id for item in again] == ids
            assert [(item.client_id, item.order_id) for item in every] == [
                *((client.client_id, order_id) for order_id in ids),
                (77, theirs.order_id),
            ]
            assert await other.open_orders() == [theirs]

    play(case)


@BOTH_WIRES
def test_all_orders_are_cancelled_and_found_among_the_completed(play):
    async def case(client, sim):
        trades = [await client.order(AAPL).buy(1).limit(far_below(sim)).submit() for _ in range(2)]
        await asyncio.gather(*(until(trade, lambda trade=trade: trade.status == "Submitted") for trade in trades))
        await client.cancel_all_orders()
        await asyncio.gather(*(trade.done() for trade in trades))
        assert [trade.status for trade in trades] == ["Cancelled", "Cancelled"]
        done = await client.completed_orders()
        assert {item.order.perm_id for item in done} == {trade.perm_id for trade in trades}
        assert {item.order_state.status for item in done} == {"Cancelled"}
        assert await client.open_orders() == []

    play(case)


@BOTH_WIRES
def test_executions_come_with_their_commissions_also_in_another_session(play):
    async def case(client, sim):
        bought = await client.order(AAPL).buy(300).market().submit()
        sold = await client.order(MSFT).sell(10).market().submit()
        await asyncio.gather(bought.filled(), sold.filled())
        async with await Client.connect(sim.host, sim.port, client_id=77) as other:
            fills = await other.executions(symbol="AAPL")
            assert sum(fill.execution.shares for fill in fills) == 300
            assert all(fill.commission.commission_and_fees > 0 for fill in fills)
            assert {fill.contract.symbol for fill in fills} == {"AAPL"}
            assert [fill.execution.side for fill in await other.executions(side="SELL")] == ["SLD"] * len(sold.fills)
            assert await other.executions(symbol="TSLA") == []
            assert other.trades == []
        mine = await client.executions()
        assert {fill.execution.exec_id for fill in mine} == {
            fill.execution.exec_id for trade in (bought, sold) for fill in trade.fills
        }

    play(case)


@NEWEST
def test_a_filter_that_the_gateway_refuses(play):
    async def case(client):
        with pytest.raises(RequestError, match="321"):
            await client.executions(since="some day")

    play(case)


@NEWEST
def test_only_client_0_is_bound_to_orders_of_tws(play):
    async def case(client):
        with pytest.raises(ValueError, match="only client 0"):
            await client.auto_open_orders()

    play(case)


@BOTH_WIRES
def test_an_order_that_was_read_back_is_placed_again(run, connect, version):
    async def main():
        async with simulator(server_version=version) as sim:
            async with await connect(sim) as client:
                trade = await client.order(AAPL).buy(5).limit(far_below(sim)).good_till_cancel().submit()
                await until(trade, lambda: trade.status == "Submitted")
            async with await connect(sim) as client:
                (old,) = client.trades
                assert old.order.perm_id == trade.perm_id
                await client.modify_order(old, total_quantity=Decimal(7))
                await until(old, lambda: old.remaining == 7)
                twin = await client.place_order(old.contract, old.order)
                await until(twin, lambda: twin.status == "Submitted")
                assert twin.order_id != old.order_id
                assert twin.perm_id != old.perm_id

    run(main)


@BOTH_WIRES
def test_a_refused_change_leaves_the_fields_that_were_accepted(play):
    async def case(client, sim):
        price = far_below(sim)
        trade = await client.place_order(AAPL, limit_order(price))
        await until(trade, lambda: trade.status == "Submitted")
        await client.modify_order(trade, lmt_price=price - 1)
        await client.current_time()
        await client.modify_order(trade, lmt_price=1.005)
        await until(trade, lambda: trade.rejection is not None)
        assert (trade.rejection.code, trade.order.lmt_price) == (110, price - 1)

    play(case)


@BOTH_WIRES
def test_one_cancels_all(play):
    async def case(client, sim):
        price = far_below(sim)
        waits = client.order(AAPL).buy(1).limit(price)
        trade, other = await client.oca("either", waits, client.order(MSFT).buy(1).market())
        await asyncio.gather(trade.done(), other.done())
        assert (trade.status, other.status) == ("Cancelled", "Filled")
        with pytest.raises(ValueError, match="order_type"):
            await client.oca("either", client.order(AAPL).buy(1).limit(price), client.order(AAPL).buy(1))
        assert len(client.trades) == 2

    play(case)


@BOTH_WIRES
def test_callbacks_hear_what_iterating_tells(play):
    async def case(client, sim):
        heard = []
        trade = await client.order(AAPL).buy(1).limit(far_below(sim)).submit()
        trade.on(lambda event: heard.append((event.kind, event.status, type(event.trade).__module__)))
        await until(trade, lambda: trade.status == "Submitted")
        await client.cancel_order(trade)
        await trade.done()
        await client.current_time()
        told = [(event.kind, event.status) for event in trade.log]
        assert [item[:2] for item in heard] == told[-len(heard) :]
        assert "Cancelled" in {item[1] for item in heard}
        face = (
            "ibfast.blocking"
            if "blocking" in type(trade).__module__ or hasattr(trade, "face")
            else "ibfast.orders.trade"
        )
        assert {item[2] for item in heard} == {face}

    play(case)


@NEWEST
def test_a_bracket_with_several_targets(play):
    async def case(client, sim):
        low = far_below(sim)
        builder = client.order(AAPL).buy(10).market()
        bracket = builder.bracket(take_profit=[(6, low), (4, low * 3)], stop_loss=round(low / 2, 2))
        parent, *exits = await bracket.submit()
        assert [exit.order.total_quantity for exit in exits] == [6, 6, 4, 4]
        await asyncio.gather(parent.filled(), exits[0].filled(), exits[1].done())
        assert exits[1].status == "Cancelled"
        assert not exits[2].is_done
        assert not exits[3].is_done

    play(case)


@pytest.mark.parametrize("version", [176, 225])
def test_orders_that_belong_together_are_all_sent_or_none(play):
    async def case(client):
        before = client.stats["messages_sent"]
        too_new = {"conditions_include_overnight": True}
        bracket = client.order(AAPL).buy(1).bracket(entry=150, take_profit=160, stop_loss=140).exits(**too_new)
        pair = client.order(AAPL).buy(1).limit(150), client.order(MSFT).buy(1).limit(400).set(**too_new)
        for submit in (bracket.submit, lambda: client.oca("either", *pair)):
            with pytest.raises(VersionError, match="conditions_include_overnight"):
                await submit()
        assert client.stats["messages_sent"] == before
        assert client.trades == []

    play(case)


@NEWEST
def test_misuse_is_found_before_a_byte_is_sent(play):
    async def case(client, sim):
        trade = await client.place_order(AAPL, limit_order(far_below(sim)))
        await until(trade, lambda: trade.status == "Submitted")
        before = client.stats["messages_sent"]
        with pytest.raises(ValueError, match="lmt_price"):
            await client.modify_order(trade, order_type="MKT")
        with pytest.raises(ValueError, match="aux_price"):
            await client.place_order(AAPL, Order(action="BUY", order_type="STP", total_quantity=Decimal(1)))
        with pytest.raises(ValueError, match="quantity"):
            await client.exercise_options(AAPL, 0, account="DU1")
        assert client.stats["messages_sent"] == before

    play(case)


# -------------------------------------------------------- what the gateway hears, whatever it thinks of it


def test_what_tws_has_presets_for_gets_order_ids_of_ours(run, connect):
    async def main():
        async with Gateway() as gateway, await connect(gateway) as client:
            trade = await client.order(AAPL).buy(1).limit(9).attach_preset(stop_loss=True, take_profit=True).submit()
            request = await gateway.hear(PlaceOrderRequest)
            assert request.attached_orders == AttachedOrders(
                sl_order_id=2, sl_order_type="PRESET", pt_order_id=3, pt_order_type="PRESET"
            )
            assert (trade.order_id, trade.attached) == (1, request.attached_orders)
            assert (await client.order(AAPL).buy(1).limit(9).submit()).order_id == 4

    run(main)


@pytest.mark.parametrize("version", [217])
def test_older_servers_have_no_presets(play):
    async def case(client):
        with pytest.raises(VersionError, match="needs server version 218"):
            await client.order(AAPL).buy(1).limit(9).attach_preset(stop_loss=True).submit()
        assert client.trades == []

    play(case)


@pytest.mark.parametrize(("word", "action"), [("exercise_options", 1), ("lapse_options", 2)])
def test_an_exercised_option_is_followed_like_an_order(run, connect, word, action):
    async def main():
        async with Gateway() as gateway, await connect(gateway) as client:
            trade = await getattr(client, word)(CALL, 2, account="DU1", override=True)
            request = await gateway.hear(ExerciseOptionsRequest)
            heard = CALL.replace(con_id=0, include_expired=False)
            assert (request.exercise_action, request.exercise_quantity, request.contract) == (action, 2, heard)
            assert (request.account, request.override, request.order_id) == ("DU1", True, trade.order_id)
            gateway.say(OrderStatus(order_id=trade.order_id, client_id=1, status="Filled", filled=Decimal(2)))
            await trade.filled()

    run(main)


def test_cancels_say_what_regulators_ask_for(run, connect):
    async def main():
        async with Gateway() as gateway, await connect(gateway) as client:
            trade = await client.place_order(AAPL, limit_order(1))
            await client.cancel_order(trade, ext_operator="me", manual_order_indicator=1)
            cancel = (await gateway.hear(CancelOrderRequest)).order_cancel
            assert (cancel.ext_operator, cancel.manual_order_indicator) == ("me", 1)
            await client.cancel_all_orders(ext_operator="me")
            assert (await gateway.hear(GlobalCancelRequest)).order_cancel.ext_operator == "me"

    run(main)


def test_a_preview_waits_for_the_numbers(run, connect):
    """Gateways may first send an answer without any."""

    async def main():
        async with Gateway() as gateway, await connect(gateway) as client:
            asking = asyncio.ensure_future(client.what_if_order(AAPL, limit_order(1)))
            request = await gateway.hear(PlaceOrderRequest)
            assert (request.order.what_if, request.order.transmit) == (True, True)
            for state in (OrderState(status="PreSubmitted"), OrderState(init_margin_after=5.0, margin_currency="EUR")):
                order = request.order.replace(client_id=1)
                gateway.say(OpenOrder(order_id=request.order_id, contract=AAPL, order=order, order_state=state))
            preview = await asking
            assert (preview.init_margin_after, preview.margin_currency, preview.commission) == (5.0, "EUR", None)
            assert client.trades == []

    run(main)


def test_client_0_is_bound_to_the_orders_of_tws(run, connect):
    async def main():
        async with Gateway() as gateway, await connect(gateway, client_id=0) as client:
            await client.auto_open_orders()
            assert (await gateway.hear(AutoOpenOrdersRequest)).auto_bind is True

    run(main)


REPORTED = [
    name
    for name in ATTRIBUTES
    if name not in ("hold", "child_of", "fx_hedge", "cash_quantity", "override", "any other", "account", "allocate")
]
"""Words for orders that the simulator takes by themselves, and whose fields gateways report.

Accounts and their groups it has of its own.
"""


@BOTH_WIRES
def test_the_gateway_reports_what_was_said(run, connect, version):
    async def main():
        async with simulator(server_version=version) as sim, await connect(sim) as client:
            for name in REPORTED:
                build, fields = ATTRIBUTES[name]
                try:
                    trade = await build(client.order(AAPL).buy(1).limit(far_below(sim))).submit()
                except VersionError:
                    assert version == 176
                    continue
                await until(trade, lambda trade=trade: trade.order_state is not None)
                reports = [event.detail for event in trade.log if event.kind is TradeEventKind.ORDER]
                assert {field: getattr(reports[0].order, field) for field in fields} == fields

    run(main)
