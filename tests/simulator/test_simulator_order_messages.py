"""Orders of every kind over a socket, on text, mixed and protobuf versions: what a client is told of them."""

from decimal import Decimal

import pytest
from support.calling import AAPL, Caller, kinds, place
from support.simulated import on_a_clock
from support.simulated_accounts import GROUPS
from support.simulated_contracts import CALL, PAIR

from ibfast.schema import (
    AllOpenOrdersRequest,
    AutoOpenOrdersRequest,
    CancelOrderRequest,
    CommissionAndFeesReport,
    CompletedOrdersEnd,
    CompletedOrdersRequest,
    CurrentTime,
    CurrentTimeRequest,
    ErrorMessage,
    ExecutionDetails,
    ExecutionDetailsEnd,
    ExecutionFilter,
    ExecutionRequest,
    ExerciseOptionsRequest,
    FAReplace,
    GlobalCancelRequest,
    OpenOrder,
    OpenOrdersEnd,
    Order,
    OrderBound,
    OrderStatus,
    PlaceOrderRequest,
    PositionEnd,
    PositionsRequest,
    ReplaceFAEnd,
)
from ibfast.schema.order import AttachedOrders, OrderCondition

VERSIONS = [157, 176, 200, 203, 226]
LIMIT = Order(action="BUY", order_type="LMT", total_quantity=Decimal(1), lmt_price=1.0)


def status(order_id, wanted):
    return lambda trade: isinstance(trade, OrderStatus) and (trade.order_id, trade.status) == (order_id, wanted)


async def fill(caller, clock, request):
    """Everything up to the second report that the order is filled, and what it cost."""
    caller.send(request)
    clock.pass_seconds(1)
    told = await caller.until(status(request.order_id, "Filled"))
    return told + await caller.until(CommissionAndFeesReport)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_combination_and_its_legs(version):
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        order = Order(action="BUY", order_type="MKT", total_quantity=Decimal(1))
        told = await fill(caller, clock, PlaceOrderRequest(order_id=1, contract=PAIR, order=order))
        opened = next(item for item in told if isinstance(item, OpenOrder))
        assert [(leg.con_id, leg.ratio, leg.action) for leg in opened.contract.combo_legs] == [
            (265598, 2, "BUY"),
            (272093, 1, "SELL"),
        ]
        fills = [item for item in told if isinstance(item, ExecutionDetails)]
        assert [(item.contract.sec_type, item.execution.side, item.execution.shares) for item in fills] == [
            ("BAG", "BOT", 1), ("STK", "BOT", 2), ("STK", "SLD", 1),
        ]  # fmt: skip
        *held, _ = await caller.ask(PositionsRequest(), PositionEnd)
        told = {item.contract.symbol: item.position for item in held if not isinstance(item, CommissionAndFeesReport)}
        assert told == {"AAPL": 2, "MSFT": -1}

    on_a_clock(conversation, server_version=version)


@pytest.mark.parametrize("version", VERSIONS)
def test_an_order_is_held_by_its_conditions_which_are_echoed(version):
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        conditions = [
            OrderCondition(
                type=1, is_conjunction_connection=True, is_more=True, con_id=265598, exchange="SMART", price=1.0,
                trigger_method=0,
            ),
            OrderCondition(type=3, is_conjunction_connection=True, is_more=True, time="20260826-15:01:00"),
        ]  # fmt: skip
        told = await caller.ask(place(1, conditions=conditions), OrderStatus)
        assert [condition.type for condition in told[0].order.conditions] == [1, 3]
        assert told[0].order.conditions[0].price == 1.0
        clock.pass_seconds(10)
        assert kinds(await caller.ask(CurrentTimeRequest(), CurrentTime)) == ["CurrentTime"]
        clock.pass_seconds(60)
        await caller.until(status(1, "Filled"))

    on_a_clock(conversation, server_version=version)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_preview_and_nothing_else(version):
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        (answer,) = await caller.ask(place(1, what_if=True), OpenOrder)
        state = answer.order_state
        assert state.init_margin_after == pytest.approx(state.init_margin_before + state.init_margin_change)
        assert (state.commission_and_fees, state.commission_and_fees_currency) == (1.0, "USD")
        clock.pass_seconds(5)
        assert kinds(await caller.ask(AllOpenOrdersRequest(), OpenOrdersEnd)) == ["OpenOrdersEnd"]
        assert kinds(await caller.ask(CompletedOrdersRequest(), CompletedOrdersEnd)) == ["CompletedOrdersEnd"]

    on_a_clock(conversation, server_version=version)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_global_cancel_is_heard_by_everyone(version):
    async def conversation(sim, clock):
        first, second = await Caller.log_in(sim, 1), await Caller.log_in(sim, 2)
        for caller in (first, second):
            await caller.ask(place(1, "LMT", lmt_price=1.0), OrderStatus)
        first.send(GlobalCancelRequest())
        for caller in (first, second):
            told = await caller.until(ErrorMessage)
            assert (told[-2].status, told[-1].error_code) == ("Cancelled", 202)
        *completed, _ = await first.ask(CompletedOrdersRequest(api_only=True), CompletedOrdersEnd)
        assert [item.order_state.status for item in completed] == ["Cancelled"] * 2
        first.send(GlobalCancelRequest())
        assert (await first.until(ErrorMessage))[-1].error_code == 161

    on_a_clock(conversation, server_version=version)


@pytest.mark.parametrize("version", VERSIONS)
def test_orders_entered_in_tws_are_bound_to_client_0(version):
    async def conversation(sim, clock):
        zero, other = await Caller.log_in(sim, 0), await Caller.log_in(sim, 1)
        perm_id = sim.place_manually(AAPL, LIMIT)
        seen, *_ = await other.ask(AllOpenOrdersRequest(), OpenOrdersEnd)
        assert ((seen.order_id or 0), seen.order.perm_id) == (0, perm_id)
        (bound,) = await zero.ask(AutoOpenOrdersRequest(auto_bind=True), OrderBound)
        assert (bound.perm_id, bound.client_id or 0, bound.order_id) == (perm_id, 0, -1)
        told = await zero.ask(CancelOrderRequest(order_id=-1), ErrorMessage)
        assert (told[-1].id, told[-1].error_code) == (-1, 202)
        sim.place_manually(AAPL, LIMIT)
        assert (await zero.until(OrderBound))[-1].order_id == -2
        *completed, _ = await other.ask(CompletedOrdersRequest(api_only=True), CompletedOrdersEnd)
        assert completed == []
        *completed, _ = await other.ask(CompletedOrdersRequest(api_only=False), CompletedOrdersEnd)
        assert len(completed) == 1
        with pytest.raises(ValueError, match="434"):
            sim.place_manually(AAPL, LIMIT.replace(total_quantity=Decimal(0)))

    on_a_clock(conversation, server_version=version)


@pytest.mark.parametrize("version", VERSIONS)
def test_options_are_exercised(version):
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        asked = ExerciseOptionsRequest(
            order_id=5, contract=CALL, exercise_action=1, exercise_quantity=1, account="DU1234567", override=True
        )
        code, text = await caller.error(asked, 5)
        assert (code, "No unlapsed position" in text) == (322, True)
        order = Order(action="BUY", order_type="MKT", total_quantity=Decimal(1))
        await fill(caller, clock, PlaceOrderRequest(order_id=6, contract=CALL, order=order))
        caller.send(asked.replace(order_id=7))
        clock.pass_seconds(1)
        told = await caller.until(status(7, "Filled"))
        fills = [item for item in told if isinstance(item, ExecutionDetails)]
        assert [(item.contract.sec_type, item.execution.side, item.execution.shares) for item in fills] == [
            ("OPT", "SLD", 1), ("STK", "BOT", 100),
        ]  # fmt: skip
        assert fills[1].execution.price == 320.0

    on_a_clock(conversation, server_version=version)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_corrected_trade_is_told_anew_and_asked_for_once(version):
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        told = await fill(caller, clock, place(1))
        execution = next(item for item in told if isinstance(item, ExecutionDetails)).execution
        sim.correct_execution(execution.exec_id, execution.price + 1)
        details, report = await caller.until(CommissionAndFeesReport)
        assert details.execution.exec_id[:-2] == execution.exec_id[:-2]
        assert (details.execution.exec_id[-2:], report.exec_id) == ("02", details.execution.exec_id)
        request = ExecutionRequest(req_id=9, execution_filter=ExecutionFilter())
        found = await caller.ask(request, ExecutionDetailsEnd)
        assert [item.execution.price for item in found if isinstance(item, ExecutionDetails)] == [execution.price + 1]
        with pytest.raises(KeyError):
            sim.correct_execution("no such", 1.0)

    on_a_clock(conversation, server_version=version)


def test_executions_of_some_days():
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        await fill(caller, clock, place(1))
        clock.pass_seconds(2 * 24 * 3600)
        await fill(caller, clock, place(2))

        async def orders(**wanted):
            request = ExecutionRequest(req_id=9, execution_filter=ExecutionFilter(**wanted))
            found = await caller.ask(request, ExecutionDetailsEnd)
            return [
                message.execution.order_id
                for message in found
                if isinstance(message, ExecutionDetails) and message.req_id == 9
            ]

        assert await orders() == [1, 2]
        assert await orders(last_n_days=1) == [2]
        assert await orders(last_n_days=3) == [1, 2]
        assert await orders(specific_dates=[20260826]) == [1]

    on_a_clock(conversation, server_version=226)


def test_stop_and_target_are_attached_from_218_on():
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        extra = AttachedOrders(sl_order_id=2, sl_order_type="PRESET", pt_order_id=3, pt_order_type="PRESET")
        caller.send(place(1).replace(attached_orders=extra))
        told = await caller.until(status(3, "PreSubmitted"))
        opened = [item for item in told if isinstance(item, OpenOrder)]
        assert [(trade.order_id, trade.order.order_type, trade.order.parent_id or 0) for trade in opened] == [
            (1, "MKT", 0), (2, "STP", 1), (3, "LMT", 1),
        ]  # fmt: skip
        clock.pass_seconds(1)
        await caller.until(status(1, "Filled"))

    on_a_clock(conversation, server_version=226)


@pytest.mark.parametrize("version", VERSIONS)
def test_an_advisors_order_is_shared_by_a_group(version):
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        assert (await caller.error(place(1), 1))[0] == 435
        assert (await caller.error(place(1, fa_group="Nobody"), 1))[0] == 321
        await caller.ask(FAReplace(req_id=5, fa_data_type=1, xml=GROUPS), ReplaceFAEnd)
        caller.send(place(1, fa_group="Two", total_quantity=Decimal(101)))
        clock.pass_seconds(1)
        told = await caller.until(status(1, "Filled"))
        fills = [item.execution for item in told if isinstance(item, ExecutionDetails)]
        assert sum(item.shares for item in fills) == 101
        await caller.until(CommissionAndFeesReport)
        accounts = sim.gateway.accounts.values()
        held = {account.name: holding.position for account in accounts for holding in account.holdings.values()}
        assert held == {"DU1234567": 51, "DU1234568": 50}
        caller.send(place(2, account="DU1234569"))
        clock.pass_seconds(1)
        await caller.until(status(2, "Filled"))
        assert [item.position for item in sim.gateway.accounts["DU1234569"].holdings.values()] == [100]

    on_a_clock(conversation, server_version=version, fa=True)


def test_the_same_seed_and_clock_tell_the_same():
    def told(seed):
        heard = []

        async def conversation(sim, clock):
            caller = await Caller.log_in(sim)
            heard.extend(await fill(caller, clock, place(1)))
            heard.extend(await fill(caller, clock, PlaceOrderRequest(
                order_id=2, contract=PAIR, order=Order(action="BUY", order_type="MKT", total_quantity=Decimal(1)),
            )))  # fmt: skip

        on_a_clock(conversation, seed=seed)
        return [repr(item) for item in heard]

    assert told(1) == told(1) != told(2)
