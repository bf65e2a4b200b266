"""What happens rarely in a session and must not go wrong: each case here did once."""

import asyncio
from decimal import Decimal

import pytest
from support.client import AAPL
from support.core import HELLO, Waiter, error, greeted, ready
from support.desk import Desk
from support.feeding import FIRST_REQ_ID
from support.gateway import Gateway
from support.opener import Opener, Stream

from ibfast import Client, ConnectionFailed, Order, RequestError
from ibfast.errors import ConnectionLost
from ibfast.orders.trade_registry import COMMISSIONS_KEPT
from ibfast.schema import (
    CancelMarketData,
    CommissionAndFeesReport,
    ContractDataEnd,
    ContractDataRequest,
    ErrorMessage,
    Execution,
    ExecutionDetails,
    ExecutionDetailsEnd,
    ExecutionRequest,
    HeadTimestampRequest,
    ManagedAccounts,
    MarketDataRequest,
    NextValidId,
    OrderStatus,
    PlaceOrderRequest,
)
from ibfast.session.session import Session, State
from ibfast.streams.ticks import Ticks

SOON_S = 5

# ------------------------------------------------------------------------------------------------- the handshake


def test_a_number_too_long_for_a_version_is_no_hello():
    core = Session(1)
    core.start()
    assert not core.on_server_hello(b"9" * 5000 + b"\0now\0")
    assert core.on_server_hello(HELLO % 226)


@pytest.mark.parametrize(("accounts", "next_id"), [("", 1), (None, 1), ("DU1", 0), ("DU1", None), ("DU1", -5)])
def test_a_login_without_accounts_or_orders_is_ready_too(accounts, next_id):
    core, _ = greeted()
    core.received(ManagedAccounts(accounts_list=accounts))
    core.received(NextValidId(order_id=next_id))
    assert core.state is State.READY
    assert core.ids.order() == 1


def refusing(hangs_up):
    """A gateway that names its reason, and then hangs up or falls silent."""

    class Refusing(Gateway):
        def say(self, *messages):
            text = "Paper trading disclaimer must first be accepted"
            super().say(ErrorMessage(id=-1, error_code=10141, error_msg=text))
            if hangs_up:
                self.transport.close()

    return Refusing()


@pytest.mark.parametrize("hangs_up", [True, False])
def test_the_reason_of_a_refused_handshake_is_in_the_error(run, hangs_up):
    async def main():
        async with refusing(hangs_up) as gateway:
            with pytest.raises(ConnectionFailed, match="disclaimer") as caught:
                await Client.connect(gateway.host, gateway.port, timeout_s=10 if hangs_up else 0.1)
            assert caught.value.code == 10141

    run(main)


# ------------------------------------------------------------------------------------------------- ids and answers


@pytest.mark.parametrize("jump", [500_000_000, 1_000_000_000, 1_000_000_002, 2_000_000_000])
def test_ids_stay_apart_when_another_session_raises_the_order_ids(jump):
    core, _ = ready(next_valid_id=999)
    orders, requests = set(), set()
    for step in range(3):
        orders |= {core.ids.order() for _ in range(50)}
        requests |= {core.ask(HeadTimestampRequest(), Waiter()) for _ in range(50)}
        core.received(NextValidId(order_id=jump + step))
    assert len(orders) == len(requests) == 150
    assert not orders & requests
    assert sorted(orders) == list(dict.fromkeys(sorted(orders)))
    assert max(orders | requests) < 2**31


def test_an_error_that_ends_sessions_ends_the_request_it_names():
    core, _ = ready()
    waiter = Waiter()
    core.received(error(core.ask(HeadTimestampRequest(), waiter), 503))
    assert waiter.error.code == 503
    assert core.state is State.READY


def test_orders_nobody_follows_are_counted():
    core, _ = ready()
    core.received(OrderStatus(order_id=77, status="Filled", client_id=1))
    execution = Execution(exec_id="a.1.01", order_id=77, client_id=1)
    core.received(ExecutionDetails(req_id=-1, execution=execution))
    assert core.unmatched == 2
    waiter = Waiter(end=ExecutionDetailsEnd)
    core.received(ExecutionDetails(req_id=core.ask(ExecutionRequest(), waiter), execution=execution))
    assert (core.unmatched, len(waiter.parts)) == (2, 1)


def test_what_was_answered_in_the_same_moment_is_not_cancelled(run):
    async def main():
        async with Gateway() as gateway, await Client.connect(gateway.host, gateway.port) as client:
            core = client._connection.session
            received = core.received

            def cancel_right_after(message):
                received(message)
                if isinstance(message, ContractDataEnd):
                    asking.cancel()

            core.received = cancel_right_after
            asking = asyncio.create_task(client.contract_details(AAPL))
            request = await gateway.hear(ContractDataRequest)
            sent = client.stats["messages_sent"]
            gateway.say(ContractDataEnd(req_id=request.req_id))
            with pytest.raises(asyncio.CancelledError):
                await asking
            assert client.stats["messages_sent"] == sent

    run(main)


# ---------------------------------------------------------------------------------------------------------- orders


@pytest.fixture
def desk():
    return Desk()


def test_what_seemed_a_refusal_of_a_working_order_was_a_warning(desk):
    desk.error(10311, "This order will be directly routed to NYSE.")
    desk.working()
    assert desk.trade.rejection is None
    assert [warning.code for warning in desk.trade.warnings] == [10311]
    assert not desk.trade.is_done


def test_a_fill_proves_that_an_order_was_not_refused(desk):
    desk.error(10311)
    desk.execution(shares=1)
    assert (desk.trade.rejection, desk.trade.is_done) == (None, False)


def test_a_refused_order_may_be_inactive_without_a_status_of_its_own(desk):
    desk.error(201, "Order rejected - reason:")
    desk.open_order("Inactive")
    assert desk.trade.is_done
    assert (desk.trade.status, desk.trade.rejection.code) == ("Inactive", 201)


def test_an_order_whose_fills_are_still_to_come_is_not_complete(desk, run):
    async def main():
        desk.status("Filled", filled=100)
        following = asyncio.create_task(anext(aiter(desk.trade)))
        assert (await following).status == "Filled"
        assert desk.trade.is_done
        assert not desk.trade.is_complete
        desk.execution(shares=60)
        desk.commission()
        assert not desk.trade.is_complete
        desk.execution("0000e0d5.2.01", shares=40)
        desk.commission("0000e0d5.2.01")
        assert desk.trade.is_complete

    run(main)


def test_an_order_entered_elsewhere_with_our_id_and_no_client_is_not_ours(desk):
    desk.working()
    desk.status("Cancelled", client_id=None, perm_id=99)
    assert desk.trade.status == "Submitted"
    desk.status("Filled", client_id=None, perm_id=70, filled=100)
    assert desk.trade.status == "Filled"


def test_commissions_that_nobody_claims_are_bounded(desk):
    for number in range(COMMISSIONS_KEPT + 100):
        desk.trades.on_commission(CommissionAndFeesReport(exec_id=f"b.{number}.01"))
    desk.commission("a.1.01")
    assert len(desk.trades._commissions) == COMMISSIONS_KEPT
    desk.execution("a.1.01")
    assert desk.trade.commission == 1.0


def test_a_refused_order_that_is_put_right_goes_on(run):
    async def main():
        async with Gateway() as gateway, await Client.connect(gateway.host, gateway.port) as client:
            trade = await client.place_order(AAPL, Order(action="BUY", order_type="w", total_quantity=Decimal(1)))
            await gateway.hear(PlaceOrderRequest)
            gateway.say(ErrorMessage(id=trade.order_id, error_code=321, error_msg="Invalid order type was entered"))
            with pytest.raises(RequestError, match="321"):
                await trade.filled()
            await client.modify_order(trade, order_type="MKT")
            assert (trade.is_done, trade.rejection) == (False, None)
            filled = OrderStatus(order_id=trade.order_id, status="Filled", client_id=1, filled=Decimal(1))
            gateway.say(filled)
            assert await trade.filled() is trade

    run(main)


# --------------------------------------------------------------------------------------------------------- streams


def test_events_go_on_where_they_were_left(run):
    async def main():
        stream, seqs = Stream("last"), []
        stream.feed(10)
        for _ in range(10):
            async for event in stream.ticks.events():
                seqs.append(event.seq)
                break
        assert seqs == list(range(10))
        stream.feed(2)
        stream.ticks.close()
        assert [event.seq async for event in stream.ticks.events()] == [10, 11]

    run(main)


def test_events_end_with_the_error_of_their_stream(run):
    async def main():
        stream = Stream("last")
        stream.feed(1)
        stream.ticks.failed(ConnectionLost("gone"))
        events = stream.ticks.events()
        assert (await anext(events)).seq == 0
        with pytest.raises(ConnectionLost, match="gone"):
            await anext(events)

    run(main)


def test_a_stream_that_is_only_looked_at_opens_too(run):
    async def main():
        opener, request = Opener(), MarketDataRequest()
        ticks = Ticks(opener, request, CancelMarketData, "tick", policy="ring", capacity=10)
        assert [ticks.try_next() for _ in range(3)] == [None] * 3
        assert opener.sent == [request]
        ticks.close()
        assert ticks.try_next() is None
        assert opener.sent == [request, CancelMarketData(req_id=FIRST_REQ_ID)]

    run(main)
