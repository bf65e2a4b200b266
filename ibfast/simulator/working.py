"""One order as the gateway holds it, and the messages that tell about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from ibfast.schema import Contract, Execution, ExecutionDetails, OpenOrder, Order, OrderState, OrderStatus
from ibfast.simulator.universe import Instrument

ALIVE = ("PreSubmitted", "Submitted")
TRAILING = ("TRAIL", "TRAIL LIMIT")
STOPS = ("STP", "STP LMT", "TRAIL", "TRAIL LIMIT")
LIMITS = ("LMT", "STP LMT", "TRAIL LIMIT")


@dataclass(slots=True)
class WorkingOrder:
    client_id: int
    order_id: int
    instrument: Instrument
    contract: Contract
    order: Order
    perm_id: int = 0
    status: str = "PreSubmitted"
    filled: Decimal = Decimal(0)
    filled_value: float = 0.0
    last_price: float = 0.0
    waits_for_parent: bool = False
    triggered: bool = False
    stop_ticks: int = 0  # where a stop stands now; it moves for trailing ones
    matched_to_ns: int = 0
    commission: float = 0.0
    completed_time: str = ""
    completed_status: str = ""
    executions: list[Execution] = field(default_factory=list)

    @property
    def alive(self) -> bool:
        return self.status in ALIVE

    @property
    def quantity(self) -> Decimal:
        return self.order.total_quantity or Decimal(0)

    @property
    def remaining(self) -> Decimal:
        return self.quantity - self.filled

    @property
    def is_buy(self) -> bool:
        return self.order.action == "BUY"

    @property
    def waits_for_stop(self) -> bool:
        return self.order.order_type in STOPS and not self.triggered

    @property
    def average_price(self) -> float:
        return self.filled_value / float(self.filled) if self.filled else 0.0

    @property
    def why_held(self) -> str:
        if self.waits_for_parent:
            return "child,trigger" if self.waits_for_stop else "child"
        return "trigger" if self.waits_for_stop else ""

    def open_order(self) -> OpenOrder:
        return OpenOrder(order_id=self.order_id, contract=self.contract, order=self.order, order_state=self.state())

    def state(self) -> OrderState:
        state = OrderState(status=self.status)
        if self.commission:
            state = state.replace(commission_and_fees=self.commission, commission_and_fees_currency="USD")
        if self.completed_status:
            state = state.replace(completed_time=self.completed_time, completed_status=self.completed_status)
        return state

    def order_status(self) -> OrderStatus:
        return OrderStatus(
            order_id=self.order_id,
            status=self.status,
            filled=self.filled,
            remaining=self.remaining if self.status != "Cancelled" or not self.filled else Decimal(0),
            avg_fill_price=self.average_price,
            perm_id=self.perm_id,
            parent_id=self.order.parent_id or 0,
            last_fill_price=self.last_price,
            client_id=self.client_id,
            why_held=self.why_held if self.alive else "",
            mkt_cap_price=0.0,
        )

    def details(self, execution: Execution, req_id: int = -1) -> ExecutionDetails:
        return ExecutionDetails(req_id=req_id, contract=self.contract, execution=execution)


def echo(order: Order, client_id: int, order_id: int, account: str) -> Order:
    """An order as a gateway repeats it: what the client left out is filled in."""
    action = (order.action or "").upper()
    limit = order.lmt_price
    trail = order.trail_stop_price
    if trail is None and limit is not None and order.order_type == "LMT":
        trail = limit + 1 if action == "BUY" else limit - 1
    return order.replace(
        client_id=client_id,
        order_id=order_id,
        account=order.account or account,
        action=action,
        lmt_price=limit or 0.0,
        aux_price=order.aux_price or 0.0,
        tif=order.tif or "DAY",
        oca_type=order.oca_type or 3,
        trail_stop_price=trail,
        clearing_intent=order.clearing_intent or "IB",
        delta_neutral_order_type=order.delta_neutral_order_type or "None",
        adjusted_order_type=order.adjusted_order_type or "None",
        dont_use_auto_price_for_hedge=True,
        exempt_code=-1 if order.exempt_code is None else order.exempt_code,
        filled_quantity=Decimal(0),
    )
