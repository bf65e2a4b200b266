"""Orders and the account of the simulator, over a socket on text, mixed and protobuf versions."""

import pytest
from support.calling import VERSIONS, Caller, converse, kinds, place, until

from ibfast.schema import (
    AccountDataEnd,
    AccountDataRequest,
    AccountSummaryEnd,
    AccountSummaryRequest,
    AccountUpdateMultiEnd,
    AccountUpdatesMultiRequest,
    AllOpenOrdersRequest,
    AutoOpenOrdersRequest,
    CancelOrderRequest,
    CommissionAndFeesReport,
    CompletedOrder,
    CompletedOrdersEnd,
    CompletedOrdersRequest,
    ErrorMessage,
    ExecutionDetails,
    ExecutionDetailsEnd,
    ExecutionFilter,
    ExecutionRequest,
    OpenOrder,
    OpenOrdersEnd,
    OpenOrdersRequest,
    OrderStatus,
    Position,
    PositionEnd,
    PositionsRequest,
)

# -------------------------------------------------------------------------------------------------- orders


@pytest.mark.parametrize("version", VERSIONS)
def test_a_market_order_fills(version):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        told = await caller.ask(place(1), CommissionAndFeesReport)
        assert kinds(told) == [
            "OpenOrder", "OrderStatus", "ExecutionDetails", "OpenOrder", "OrderStatus", "OpenOrder", "OrderStatus",
            "CommissionAndFeesReport",
        ]  # fmt: skip
        assert [item.status for item in told if isinstance(item, OrderStatus)] == ["PreSubmitted", "Filled", "Filled"]
        opened = [item for item in told if isinstance(item, OpenOrder)]
        assert [item.order_state.status for item in opened] == ["PreSubmitted", "Filled", "Filled"]
        assert (opened[0].order.total_quantity, opened[0].contract.con_id) == (100, 265598)
        execution = told[2].execution
        assert (told[2].req_id, execution.side, execution.shares, execution.order_id) == (-1, "BOT", 100, 1)
        assert told[-1].exec_id == execution.exec_id

        request = ExecutionRequest(req_id=3, execution_filter=ExecutionFilter(side="BUY", symbol="AAPL"))
        *found, end = await caller.ask(request, ExecutionDetailsEnd)
        assert kinds(found) == ["ExecutionDetails", "CommissionAndFeesReport"]
        assert (found[0].req_id, end.req_id) == (3, 3)
        for wanted in ({"side": "SELL"}, {"symbol": "MSFT"}, {"time": "20270101-00:00:00"}, {"client_id": 5}):
            request = ExecutionRequest(req_id=4, execution_filter=ExecutionFilter(**wanted))
            assert kinds(await caller.ask(request, ExecutionDetailsEnd)) == ["ExecutionDetailsEnd"]
        position, _ = await caller.ask(PositionsRequest(), PositionEnd)
        assert (position.contract.con_id, position.position) == (265598, 100)
        *completed, _ = await caller.ask(CompletedOrdersRequest(api_only=True), CompletedOrdersEnd)
        assert kinds(completed) == ["CompletedOrder"]
        assert isinstance(completed[0], CompletedOrder)
        assert completed[0].order_state.completed_status == "Filled Size: 100"

    converse(conversation, server_version=version)


@pytest.mark.parametrize("version", VERSIONS)
def test_orders_rest_change_and_are_cancelled(version):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        caller.send(place(1, "LMT", lmt_price=1.0))
        await caller.until(lambda item: isinstance(item, OrderStatus) and item.status == "Submitted")
        await caller.until(OrderStatus)
        changed = await caller.ask(place(1, "LMT", lmt_price=2.0), OrderStatus)
        assert changed[0].order.lmt_price == 2.0
        opened = await caller.ask(OpenOrdersRequest(), OpenOrdersEnd)
        assert kinds(opened) == ["OpenOrder", "OrderStatus", "OpenOrdersEnd"]
        status, error = await caller.ask(CancelOrderRequest(order_id=1), ErrorMessage)
        assert (status.status, status.filled, status.remaining) == ("Cancelled", 0, 100)
        assert (error.id, error.error_code, error.error_msg) == (1, 202, "Order Canceled - reason:")
        assert (await caller.error(CancelOrderRequest(order_id=1)))[0] == 10148
        assert (await caller.error(place(1, "LMT", lmt_price=2.0)))[0] == 103
        assert (await caller.error(place(2, "w")))[0] == 321

    converse(conversation, server_version=version)


def test_orders_outlive_their_connection_and_come_first_at_the_next():
    async def conversation(sim):
        caller = await Caller.log_in(sim, client_id=3)
        await caller.ask(place(8, "LMT", lmt_price=1.0), OrderStatus)
        await caller.close()
        await until(lambda: 3 not in sim.gateway.clients)
        again = await Caller.log_in(sim, client_id=3)
        order_first = ["OpenOrder", "OrderStatus", "OpenOrdersEnd", "ManagedAccounts", "NextValidId"]
        assert kinds(again.greeting)[:5] == order_first
        assert again.greeting[4].order_id == 9

    converse(conversation)


def test_clients_see_each_others_orders_but_cannot_touch_them():
    async def conversation(sim):
        first, second = await Caller.log_in(sim, client_id=1), await Caller.log_in(sim, client_id=2)
        await first.ask(place(1, "LMT", lmt_price=1.0), OrderStatus)
        assert kinds(await second.ask(OpenOrdersRequest(), OpenOrdersEnd)) == ["OpenOrdersEnd"]
        every = await second.ask(AllOpenOrdersRequest(), OpenOrdersEnd)
        assert (every[0].order_id, every[0].order.client_id) == (1, 1)
        assert (await second.error(CancelOrderRequest(order_id=1)))[0] == 10147
        assert (await second.error(AutoOpenOrdersRequest(auto_bind=True)))[0] == 321

    converse(conversation)


def test_positions_follow_fills_once_asked_for():
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        assert kinds(await caller.ask(PositionsRequest(), PositionEnd)) == ["PositionEnd"]
        told = await caller.ask(place(1), Position)
        assert isinstance(told[-2], ExecutionDetails)
        assert told[-1].position == 100

    converse(conversation)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_account(version):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        updates = await caller.ask(AccountDataRequest(subscribe=True, acct_code="DU1234567"), AccountDataEnd)
        rows = [update for update in updates if type(update).__name__ == "AccountValue"]
        assert [row.value for row in rows if (row.key, row.currency) == ("NetLiquidation", "USD")] == ["1000000.00"]
        assert (
            len([row for row in rows if (row.key, row.currency) == ("AccruedCash", "USD")]) == 2
        )  # of it and its ledger
        assert kinds(updates)[-2:] == ["AccountUpdateTime", "AccountDataEnd"]
        request = AccountUpdatesMultiRequest(req_id=1, account="DU1234567", model_code="", ledger_and_nlv=False)
        assert len(await caller.ask(request, AccountUpdateMultiEnd)) == len(rows) + 1
        request = AccountSummaryRequest(req_id=2, group="All", tags="NetLiquidation,BuyingPower")
        summary = await caller.ask(request, AccountSummaryEnd)
        assert [figure.tag for figure in summary[:-1]] == ["BuyingPower", "NetLiquidation"]

    converse(conversation, server_version=version)
