"""One order as the gateway holds it, and the messages that tell about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from ibfast._codec import Kind
from ibfast.schema import CompletedOrder, Contract, Execution, OpenOrder, Order, OrderState, OrderStatus
from ibfast.simulator.market.quotes import QuoteModel
from ibfast.simulator.market.universe import Instrument

ALIVE = ("PreSubmitted", "Submitted")
TOUCHED = ("MIT", "LIT", "TRAIL MIT", "TRAIL LIT")
"""What triggers on the better side of the market, as stops do on the worse."""
TRAILING = ("TRAIL", "TRAIL LIMIT", "TRAIL MIT", "TRAIL LIT")
STOPS = ("STP", "STP LMT", "STP PRT", *TRAILING, *TOUCHED[:2])
LIMITS = ("LMT", "STP LMT", "TRAIL LIMIT", "LIT", "TRAIL LIT", "LOC", "QUOTE", "REL + LMT", "LMT + MKT")
ON_CLOSE, ON_OPEN = ("MOC", "LOC"), ("OPG", "AUC")  # order types, times in force


class Resting(NamedTuple):
    """What has to be known of an order that rests, to see that nothing happens to it. It holds for this ``order``."""

    order: Order
    model: QuoteModel
    limit: int


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
    limit_at: int | None = None  # a limit that was set once: on arrival, or by the first fill
    reference: float = 0.0  # the price of another contract when the order arrived, for those that follow it
    frozen: bool = False
    released: bool = True  # False: it waits for a time or for its conditions
    begins_ns: int = 0
    ends_ns: int = 0  # 0: never
    auction_ns: int = 0  # 0: it is not for an auction
    matched_to_ns: int = 0
    commission: float = 0.0
    completed_time: str = ""
    completed_status: str = ""
    executions: list[Execution] = field(default_factory=list)  # those of legs too
    seen_fills: int = 0  # how many trades there were when it was placed
    exercise: int = 0  # 1: it exercises options, 2: it lets them lapse
    held: str = ""  # why the gateway holds it inactive, until it is released or sent again
    is_bound: bool = True  # False: it was entered in TWS, and client 0 has not taken it yet
    resting: Resting | None = None  # how it rests, if it does
    transmits: bool = True  # False: it is held until an order of its family goes

    @property
    def alive(self) -> bool:
        return self.status in ALIVE

    @property
    def is_open(self) -> bool:
        """Whether lists of open orders have it: it works, or it is held."""
        return self.alive or bool(self.held)

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
    def sign(self) -> int:
        """1 to buy, -1 to sell: what is worse for the order is more times this."""
        return 1 if self.is_buy else -1

    @property
    def waits_for_stop(self) -> bool:
        return self.order.order_type in STOPS and not self.triggered

    @property
    def average_price(self) -> float:
        return self.filled_value / float(self.filled) if self.filled else 0.0

    @property
    def why_held(self) -> str:
        if self.held:
            return self.held
        if self.waits_for_parent:
            return "child,trigger" if self.waits_for_stop else "child"
        return "trigger" if self.waits_for_stop else ""

    @property
    def reported_order_id(self) -> int:
        return self.order_id if self.is_bound else 0

    def open_order(self) -> OpenOrder:
        order = self.order if self.is_bound else self.order.replace(order_id=0)
        return OpenOrder(order_id=self.reported_order_id, contract=self.contract, order=order, order_state=self.state())

    def state(self) -> OrderState:
        state = OrderState(status=self.status)
        if self.commission:
            state = state.replace(
                commission_and_fees=self.commission, commission_and_fees_currency=str(self.contract.currency or "USD")
            )
        if self.completed_status:
            state = state.replace(completed_time=self.completed_time, completed_status=self.completed_status)
        return state

    def order_status(self) -> OrderStatus:
        return OrderStatus(
            order_id=self.reported_order_id,
            status=self.status,
            filled=self.filled,
            remaining=self.remaining if self.status != "Cancelled" or not self.filled else Decimal(0),
            avg_fill_price=self.average_price,
            perm_id=self.perm_id,
            parent_id=self.order.parent_id or 0,
            last_fill_price=self.last_price,
            client_id=self.client_id,
            why_held=self.why_held if self.is_open else "",
            mkt_cap_price=0.0,
        )

    def arrive(self) -> None:
        """Match from here on only, and begin with the quote of that moment."""
        self.matched_to_ns = 0
        self.frozen = False
        self.resting = None


ZEROS = (
    "parent_id", "trigger_method", "volatility_type", "reference_price_type", "delta_neutral_short_sale_slot", "origin",
    "short_sale_slot", "adjustable_trailing_unit", "route_marketable_to_bbo", "use_price_mgmt_algo",
    "seek_price_improvement",
)  # fmt: skip
"""What an order without them is reported with (seen at 203 and 225)."""

NOT_REPORTED = (
    "display_size", "delta_neutral_con_id", "discretionary_amt", "reference_contract_id", "pegged_change_amount",
    "reference_change_amount",
)  # fmt: skip
"""Numbers that requests carry as 0, and reports only with another value."""

FLAGS = tuple(name for name, declared in Order.__fields__.items() if declared.kind == Kind.BOOL)
"""Reports have only those that are set."""

SHAREHOLDER = "Not an insider or substantial shareholder"
SUBMITTER = "simulated-user"


def echo(order: Order, client_id: int, order_id: int, account: str) -> Order:
    """An order as a gateway repeats it: what the client left out is filled in, what says nothing is left out."""
    action = (order.action or "").upper()
    limit = order.lmt_price
    trail = order.trail_stop_price
    if trail is None and limit is not None and order.order_type == "LMT":
        trail = limit + 1 if action == "BUY" else limit - 1
    tier = order.soft_dollar_tier
    return order.replace(**{name: None for name in FLAGS if not getattr(order, name)}).replace(
        client_id=client_id,
        order_id=order_id,
        account=order.account or account,
        action=action,
        lmt_price=limit or 0.0,
        aux_price=order.aux_price or 0.0,
        oca_type=order.oca_type or 3,
        trail_stop_price=trail,
        clearing_intent=order.clearing_intent or "IB",
        delta_neutral_order_type=order.delta_neutral_order_type or "None",
        adjusted_order_type=order.adjusted_order_type or "None",
        dont_use_auto_price_for_hedge=True,
        exempt_code=-1 if order.exempt_code is None else order.exempt_code,
        filled_quantity=Decimal(0),
        shareholder=SHAREHOLDER,
        submitter=SUBMITTER,
        transmit=None,
        soft_dollar_tier=tier if tier is not None and tier.to_dict() else None,
        **{name: getattr(order, name) or 0 for name in ZEROS},
        **{name: getattr(order, name) or None for name in NOT_REPORTED},
    )


def completed_order(working: WorkingOrder) -> CompletedOrder:
    """A dead order as the list of completed orders has it."""
    order = working.order.replace(total_quantity=Decimal(0), parent_id=None)
    return CompletedOrder(contract=working.contract, order=order, order_state=working.state())
