"""Whose order is it: TWS goes by client id and number alone, so what is not this client's is refused before a byte."""

import pytest
from support.adverse import AAPL, BOTH_WIRES, MSFT, away, session, until
from support.running import simulator

from ibfast import Client, IbfastError, Order, OrderDone, OrderNotOwned, Trade
from ibfast.blocking import Client as BlockingClient
from ibfast.schema import (
    CompletedOrder,
    ErrorMessage,
    Execution,
    ExecutionDetails,
    ManagedAccounts,
    MarketDataRequest,
    NextValidId,
    OpenOrder,
    OrderBound,
    OrderState,
    OrderStatus,
    PlaceOrderRequest,
)
from ibfast.session.ids import LAST_ORDER_ID
from ibfast.session.pending import PendingRequest
from ibfast.session.session import Session, State
from ibfast.simulator import SimulatorThread

ACTS = {
    "cancel": lambda client, trade: client.cancel_order(trade),
    "modify": lambda client, trade: client.modify_order(trade, lmt_price=51.0),
    "oca": lambda client, trade: client.oca("group", client.order(AAPL).buy(1).limit(50), trade),
    "child": lambda client, trade: client.order(AAPL).sell(1).limit(90).child_of(trade).submit(),
    "child bracket": lambda client, trade: (
        client.order(AAPL).buy(1).bracket(entry=50, take_profit=60).child_of(trade).submit()
    ),
    "the order again": lambda client, trade: client.place_order(AAPL, trade.order.replace(parent_id=trade.order_id)),
    "a preview of it": lambda client, trade: client.what_if_order(AAPL, trade.order.replace(parent_id=trade.order_id)),
}
acts = pytest.mark.parametrize("act", [pytest.param(act, id=name.replace(" ", "-")) for name, act in ACTS.items()])


def book(sim):
    """Every order the gateway has: client id, number, quantity, price, status."""
    return [(*key, item.quantity, item.order.lmt_price, item.status) for key, item in sim.gateway.engine.orders.items()]


async def resting(client, quantity=1):
    trade = await client.order(AAPL).buy(quantity).limit(50).submit()
    await until(lambda: trade.status == "Submitted")
    return trade


async def refused(client, sim, act, trade, match):
    """The act is refused, nothing is sent, and all orders are as they were."""
    before, sent, known = book(sim), client.stats["messages_sent"], client.trades
    with pytest.raises(OrderNotOwned, match=match):
        await act(client, trade)
    assert client.stats["messages_sent"] == sent
    assert (book(sim), client.trades) == (before, known)


@BOTH_WIRES
@acts
def test_an_order_of_another_client_is_refused_by_name(run, act, version):
    async def main():
        async with session(version) as (sim, client), await Client.connect(sim.host, sim.port, 2) as other:
            await resting(client, 7)
            theirs = await resting(other, 9)
            seen = next(order for order in await client.all_open_orders() if order.client_id == 2)
            assert seen.order_id == theirs.order_id == client.trades[0].order_id
            await refused(client, sim, act, seen, "client 2.*client 1|client 1.*client 2")

    run(main)


@BOTH_WIRES
@pytest.mark.parametrize("act", [ACTS[name] for name in ("cancel", "modify", "oca", "child")])
def test_a_trade_of_another_client_object_is_refused(run, act, version):
    async def main():
        async with session(version) as (sim, client), simulator(server_version=version) as second:
            await resting(client, 7)
            async with await Client.connect(second.host, second.port, 1) as elsewhere:
                theirs = await resting(elsewhere, 9)
                await refused(client, sim, act, theirs, f"{second.port}.*{sim.port}")
            async with await Client.connect(sim.host, sim.port, 2) as other:
                await refused(client, sim, act, await resting(other), "client 2")

    run(main)


@pytest.mark.parametrize("act", [ACTS[name] for name in ("cancel", "modify", "oca", "child")])
def test_a_trade_of_the_client_before_is_refused_and_found_in_trades(run, act):
    async def main():
        async with session() as (sim, client):
            old = await resting(client)
            await client.close()
            async with await Client.connect(sim.host, sim.port, 1) as again:
                await refused(again, sim, act, old, "another Client object.*trades")
                (mine,) = again.trades
                assert (mine.order_id, mine.perm_id) == (old.order_id, old.perm_id)
                await again.modify_order(mine, lmt_price=49.0)
                await again.cancel_order(mine)
                await mine.done()
                assert mine.status == "Cancelled"

    run(main)


@BOTH_WIRES
@pytest.mark.parametrize("act", [ACTS[name] for name in ("cancel", "modify", "oca", "child")])
def test_an_order_that_was_entered_in_tws_is_refused(run, act, version):
    async def main():
        async with session(version) as (sim, client):
            await resting(client)
            perm_id = sim.place_manually(AAPL, Order(action="BUY", total_quantity=3, order_type="LMT", lmt_price=40.0))
            seen = next(order for order in await client.all_open_orders() if order.perm_id == perm_id)
            assert (seen.order_id, seen.client_id) == (0, 0)
            await refused(client, sim, act, seen, "TWS, where it was entered")

    run(main)


def test_a_trade_made_by_hand_is_refused(run):
    async def main():
        async with session() as (sim, client):
            trade = await resting(client)
            await refused(client, sim, ACTS["cancel"], Trade(AAPL, trade.order, trade.order_id, 1), "made by hand")

    run(main)


@BOTH_WIRES
def test_client_0_acts_on_what_is_bound_to_it(run, version):
    async def main():
        async with session(version, client_id=0) as (sim, client):
            order = Order(action="BUY", total_quantity=3, order_type="LMT", lmt_price=40.0, tif="DAY")
            perm_id = sim.place_manually(AAPL, order)
            (seen,) = await client.all_open_orders()
            await refused(client, sim, ACTS["cancel"], seen, r"where it was entered.*auto_open_orders\(\)")
            await client.auto_open_orders()
            await until(lambda: seen.order_id < 0)
            assert (seen.perm_id, seen.client_id) == (perm_id, 0)
            assert client.trades == [seen]
            await client.modify_order(seen, lmt_price=41.0)
            await until(lambda: sim.gateway.engine.live()[0].order.lmt_price == 41.0)
            await client.cancel_order(seen)
            await seen.done()
            assert seen.status == "Cancelled"

    run(main)


@BOTH_WIRES
def test_an_order_stays_ours_over_a_lost_connection(run, version):
    async def main():
        async with session(version) as (sim, client):
            trade = await resting(client)
            async with away(client, sim):
                pass
            await client.modify_order(trade, lmt_price=49.0)
            child = await client.order(AAPL).sell(1).limit(900).child_of(trade).submit()
            await client.cancel_order(trade)
            await trade.done()
            await child.done()

    run(main)


def test_a_blocking_client_refuses_the_trades_of_another():
    with (
        SimulatorThread() as sim,
        BlockingClient.connect(sim.host, sim.port, 1) as one,
        BlockingClient.connect(sim.host, sim.port, 2) as two,
    ):
        trade = one.order(AAPL).buy(1).limit(50).submit()
        for act in (two.cancel_order, two.order(AAPL).sell(1).limit(90).child_of):
            with pytest.raises(OrderNotOwned, match="client 1"):
                act(trade)
        one.cancel_order(trade)
        assert trade.done().status == "Cancelled"


# ------------------------------------------------------------------------------------------------- what is done


@BOTH_WIRES
def test_what_is_done_is_not_changed(run, version):
    async def main():
        async with session(version) as (sim, client):
            filled = await client.order(AAPL).buy(1).market().submit()
            await filled.filled()
            cancelled = await resting(client)
            await client.cancel_order(cancelled)
            await cancelled.done()
            before, sent, known = book(sim), client.stats["messages_sent"], client.trades
            for trade in (filled, cancelled):
                with pytest.raises(OrderDone, match=f"order {trade.order_id} .*{trade.status}"):
                    await client.modify_order(trade, total_quantity=2)
                with pytest.raises(OrderDone, match=trade.status):
                    await client.oca("group", client.order(MSFT).buy(1).market(), trade)
            assert (book(sim), client.trades, client.stats["messages_sent"]) == (before, known, sent)

    run(main)


def test_the_errors_are_of_ibfast_and_of_the_user():
    for error in (OrderNotOwned, OrderDone):
        assert issubclass(error, IbfastError)
        assert issubclass(error, ValueError)


# ----------------------------------------------------------------------------- errors by owner, ids by IB's rules


@pytest.fixture
def core():
    """A session of client 1 that is ready; its next order id is 5."""
    core = Session(client_id=1)
    core.start()
    core.on_server_hello(b"226\00020260826 15:00:00 UTC\0")
    core.received(ManagedAccounts(accounts_list="DU1"))
    core.received(NextValidId(order_id=5))
    core.outbox.take()
    assert core.state is State.READY
    return core


def error(order_id, code, text=""):
    return ErrorMessage(id=order_id, error_code=code, error_msg=text)


def opened(order_id, client_id, perm_id, **fields):
    order = Order(client_id=client_id, perm_id=perm_id, action="BUY", total_quantity=1, order_type="LMT", **fields)
    return OpenOrder(order_id=order_id, contract=AAPL, order=order, order_state=OrderState(status="Submitted"))


NO_CANCEL = "Cancel attempted when order is not in a cancellable state.  Order permId =312255409"  # seen


def test_an_error_that_names_a_permanent_id_goes_to_that_order(core):
    core.received(opened(3, 1, 111))
    core.received(opened(3, 2, 312255409))
    mine, theirs = core.trades
    core.received(error(3, 161, NO_CANCEL))
    assert (mine.warnings, [warning.code for warning in theirs.warnings]) == ([], [161])


def test_an_error_about_an_order_nobody_knows_is_a_notice(core):
    notices = []
    core.on_notice = notices.append
    core.received(opened(3, 1, 111))
    core.received(error(3, 161, NO_CANCEL))
    core.received(error(-1, 161, "Cancel attempted when order is not in a cancellable state.  Order permId =9"))
    assert core.trades[3].warnings == []
    assert [notice.error_code for notice in notices] == [161, 161]


@pytest.mark.parametrize("code", [103, 104, 135, 161, 201, 202, 10147, 10148])
def test_an_error_about_an_order_does_not_end_a_request_with_its_number(core, code):
    core.received(NextValidId(order_id=1_500_000_000))  # from here on requests have low numbers
    settled = []
    req_id = core.ask(MarketDataRequest(contract=AAPL), PendingRequest(settled.append))
    assert req_id < 1_000
    core.received(error(req_id, code, f"OrderId {req_id} that needs to be cancelled is not found."))
    assert settled == []
    core.received(error(req_id, 200))
    assert settled[0].error.code == 200


def test_a_preview_hears_its_refusal(core):
    settled = []
    order = Order(action="BUY", total_quantity=1, order_type="MKT", what_if=True)
    core.ask_about_order(PlaceOrderRequest(contract=AAPL, order=order), PendingRequest(settled.append))
    core.received(error(5, 201, "Order rejected"))
    assert settled[0].error.code == 201


def test_reports_of_another_client_with_the_same_number_are_not_ours(core):
    mine = core.trades.add(Trade(AAPL, Order(action="BUY", total_quantity=1, order_ref="algo"), 7, 1))
    core.received(OrderStatus(order_id=7, client_id=2, perm_id=9, status="Filled", filled=1))
    execution = Execution(order_id=7, client_id=2, perm_id=9, exec_id="a.01", shares=1)
    core.received(ExecutionDetails(req_id=-1, contract=AAPL, execution=execution))
    core.received(opened(7, 2, 9, order_ref="algo"))
    ended = Order(perm_id=9, action="SELL", order_ref="algo", filled_quantity=1)
    core.trades.on_completed(
        CompletedOrder(contract=MSFT, order=ended.replace(perm_id=10), order_state=OrderState(status="Filled"))
    )
    assert (mine.status, mine.fills, mine.perm_id, mine.log) == ("PendingSubmit", [], 0, [])


def test_after_a_duplicate_id_what_comes_under_it_is_of_the_other_order(core):
    mine = core.trades.add(Trade(AAPL, Order(action="BUY", total_quantity=1), core.ids.order(), 1))
    sent = core.outbox.messages
    core.received(error(5, 103, "Duplicate order id"))
    assert core.outbox.messages == sent + 1  # which number is next?
    core.received(NextValidId(order_id=70))
    execution = Execution(order_id=5, client_id=1, perm_id=9, exec_id="a.01", shares=1)
    core.received(ExecutionDetails(req_id=-1, contract=AAPL, execution=execution))
    assert (mine.rejection.code, mine.fills) == (103, [])
    assert core.ids.order() == 70


SEEN = {
    "an open order of ours": opened(40, 1, 9),
    "an open order of another client": opened(40, 2, 9),
    "a status of another client": OrderStatus(order_id=40, client_id=2, perm_id=9, status="Submitted"),
    "an execution of ours": ExecutionDetails(
        req_id=-1, contract=AAPL, execution=Execution(order_id=40, client_id=1, perm_id=9, exec_id="a.01", shares=1)
    ),
}


@pytest.mark.parametrize("name", SEEN)
def test_a_new_id_is_above_all_that_were_seen(core, name):
    core.received(SEEN[name])
    assert core.ids.order() == 41


def test_a_bound_order_has_its_number_from_then_on(core):
    core = Session(client_id=0)
    core.received(opened(0, 0, 9))
    (trade,) = core.trades
    core.received(OrderBound(perm_id=9, client_id=0, order_id=-4))
    assert trade.order_id == -4
    core.trades.check_owner(trade)
    core.received(error(-4, 201, "no"))
    assert trade.rejection.code == 201
    core.received(opened(-2, 0, 9))  # in the next session it has another
    assert (trade.order_id, list(core.trades)) == (-2, [trade])
    core.trades.check_owner(trade)


def test_an_error_about_nothing_is_not_of_the_order_numbered_minus_one():
    core = Session(client_id=0)
    core.received(opened(-1, 0, 9))
    core.received(error(-1, 2104, "Market data farm connection is OK:usfarm"))
    assert core.trades[-1].warnings == []


@BOTH_WIRES
def test_the_largest_number_is_a_number_and_leaves_none_for_an_order(run, version):
    async def main():
        async with session(version) as (sim, client):
            client._session.received(NextValidId(order_id=LAST_ORDER_ID))
            sim.gateway.engine.next_order_id = lambda client_id: LAST_ORDER_ID + 1
            async with away(client, sim):
                pass
            assert client._session.ids.next_order_id == 2**31 - 1
            sent = client.stats["messages_sent"]
            with pytest.raises(IbfastError, match="no order id is left: the next valid id is 2147483647"):
                await client.order(AAPL).buy(1).market().submit()
            assert client.stats["messages_sent"] == sent
            assert client.trades == []
            await client.contract_details(AAPL)

    run(main)


def test_a_foreign_number_never_leaves_us_without_one(core):
    core.received(opened(LAST_ORDER_ID, 2, 9))
    assert core.ids.order() == 5
    core.received(opened(LAST_ORDER_ID - 1, 2, 10))
    assert core.ids.order() == LAST_ORDER_ID
