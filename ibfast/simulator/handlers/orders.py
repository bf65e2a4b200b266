"""Orders, executions, and lists of both."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from ibfast.schema import (
    AllOpenOrdersRequest,
    AutoOpenOrdersRequest,
    CancelOrderRequest,
    CompletedOrdersEnd,
    CompletedOrdersRequest,
    Contract,
    Execution,
    ExecutionDetailsEnd,
    ExecutionFilter,
    ExecutionRequest,
    ExerciseOptionsRequest,
    GlobalCancelRequest,
    OpenOrdersEnd,
    OpenOrdersRequest,
    Order,
    PlaceOrderRequest,
)
from ibfast.schema.versions import V
from ibfast.simulator.handlers.registry import answers
from ibfast.simulator.market.bars import BadTimeError, parse_time
from ibfast.simulator.orders.blotter import Fill
from ibfast.simulator.orders.exercise import Exercise
from ibfast.simulator.orders.working_order import WorkingOrder, completed_order
from ibfast.simulator.refusals import invalid
from ibfast.simulator.session import SimulatorSession

READ_ONLY = "The API interface is currently in Read-Only mode."
SIDES = {"BOT": "BUY", "SLD": "SELL"}


@answers(PlaceOrderRequest)
def place_order(session: SimulatorSession, request: PlaceOrderRequest) -> None:
    if session.gateway.configuration.read_only:
        session.refuse(request.order_id or 0, *invalid(READ_ONLY))
        return
    contract, order = request.contract or Contract(), request.order or Order()
    if not order.tif and session.protocol.server_version < V.PROTOBUF_PLACE_ORDER:
        order = order.replace(tif="DAY")  # as clients of the text wire have always had it; on protobuf it is refused
    engine = session.gateway.engine
    engine.place(session.client_id or 0, request.order_id or 0, contract, order, request.attached_orders)
    session.gateway.orders_changed()


@answers(ExerciseOptionsRequest)
def exercise_options(session: SimulatorSession, request: ExerciseOptionsRequest) -> None:
    asked = Exercise(
        request.contract or Contract(), request.exercise_action or 0, request.exercise_quantity or 0,
        request.account or "", bool(request.override),
    )  # fmt: skip
    session.gateway.engine.exercise(session.client_id or 0, request.order_id or 0, asked)
    session.gateway.orders_changed()


@answers(CancelOrderRequest)
def cancel_order(session: SimulatorSession, request: CancelOrderRequest) -> None:
    session.gateway.engine.cancel(session.client_id or 0, request.order_id or 0)


@answers(GlobalCancelRequest)
def global_cancel(session: SimulatorSession, request: GlobalCancelRequest) -> None:
    session.gateway.engine.cancel_all(session.client_id or 0)


@answers(OpenOrdersRequest)
def open_orders(session: SimulatorSession, request: OpenOrdersRequest) -> None:
    """Client 0 gets those that were entered in TWS too, and they are its own from then on."""
    if session.client_id == 0:
        session.gateway.engine.bind()
    _list(session, session.gateway.engine.listed(session.client_id))


@answers(AllOpenOrdersRequest)
def all_open_orders(session: SimulatorSession, request: AllOpenOrdersRequest) -> None:
    _list(session, session.gateway.engine.listed())


@answers(AutoOpenOrdersRequest)
def auto_open_orders(session: SimulatorSession, request: AutoOpenOrdersRequest) -> None:
    if session.client_id != 0:
        session.refuse(-1, *invalid("Only the default client (i.e 0) can auto bind orders"))
        return
    session.gateway.engine.binds_manual = bool(request.auto_bind)
    if request.auto_bind:
        session.gateway.engine.bind()


@answers(CompletedOrdersRequest)
def completed_orders(session: SimulatorSession, request: CompletedOrdersRequest) -> None:
    for working in session.gateway.engine.completed:
        if working.order_id > 0 or not request.api_only:
            session.send(completed_order(working))
    session.send(CompletedOrdersEnd())


@answers(ExecutionRequest)
def executions(session: SimulatorSession, request: ExecutionRequest) -> None:
    """All executions, then all commissions, then the end, as gateways group them."""
    wanted = request.execution_filter or ExecutionFilter()
    try:
        since = parse_time(wanted.time) if wanted.time else 0
    except BadTimeError:
        session.refuse(request.req_id or -1, *invalid("Invalid execution filter time"))
        return
    today = session.gateway.market.today()
    if wanted.last_n_days:
        since = max(since, parse_time(f"{today - timedelta(days=wanted.last_n_days - 1):%Y%m%d}-00:00:00"))
    every = session.gateway.engine.executions
    found = [item for item in every if _passes(item, wanted) and _time_of(item.execution) >= since]
    for fill in found:
        session.send(fill.details(request.req_id or 0))
    for fill in found:
        session.send(fill.report)
    session.send(ExecutionDetailsEnd(req_id=request.req_id))


def _list(session: SimulatorSession, orders: Iterable[WorkingOrder]) -> None:
    for working in orders:
        session.send(working.open_order())
        session.send(working.order_status())
    session.send(OpenOrdersEnd())


def _passes(fill: Fill, wanted: ExecutionFilter) -> bool:
    execution, contract = fill.execution, fill.contract
    side = SIDES[execution.side or ""]
    return (
        (not wanted.client_id or wanted.client_id == execution.client_id)
        and (not wanted.acct_code or wanted.acct_code == execution.acct_number)
        and (not wanted.symbol or wanted.symbol == contract.symbol)
        and (not wanted.sec_type or wanted.sec_type == contract.sec_type)
        and (not wanted.exchange or wanted.exchange in (execution.exchange, contract.exchange))
        and (not wanted.side or wanted.side.upper() in (side, execution.side))
        and (not wanted.specific_dates or int((execution.time or "")[:8]) in wanted.specific_dates)
    )


def _time_of(execution: Execution) -> int:
    return parse_time(execution.time or "")
