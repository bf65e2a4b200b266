"""One order from submit to done: status, fills joined with their commissions, warnings apart from the rejection.

Messages go in, events come out to whoever listens; only who waits for a trade needs an event loop.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from ibfast.contract import Contract
from ibfast.errors import ErrorKind, IbfastError, RequestError, classify
from ibfast.fills import Fill, add_fill, key_of
from ibfast.order import AttachedOrders, Order
from ibfast.schema import (
    CommissionAndFeesReport,
    CompletedOrder,
    ErrorMessage,
    ExecutionDetails,
    OpenOrder,
    OrderState,
    OrderStatus,
)
from ibfast.subscription import MessageStream

LOG = logging.getLogger("ibfast.trade")

DONE = frozenset({"Filled", "Cancelled", "ApiCancelled", "Inactive"})
"""The statuses after which nothing more happens to an order."""

CANCEL_REFUSALS = frozenset({161, 10147, 10148})
"""Errors about an attempt to cancel; they say nothing about the order itself."""


COMMISSION_WAIT_S = 2.0
"""How long iterating over a trade goes on after it is done, for commissions that have not come yet."""


class TradeEventKind(StrEnum):
    """What a `TradeEvent` is about."""

    ORDER = "order"  # TWS reports the order's fields, or its margins and costs
    STATUS = "status"
    FILL = "fill"
    COMMISSION = "commission"  # of a fill that was reported before
    WARNING = "warning"
    REJECTION = "rejection"


class TradeEvent(NamedTuple):
    """Something happened to a trade: the message or error behind it, and what the trade said right after it.

    ``replayed`` events happened while the connection was lost, and were learned of afterwards.
    """

    trade: Trade
    kind: TradeEventKind
    detail: Any
    status: str
    filled: Decimal
    remaining: Decimal
    replayed: bool = False


Listener = Callable[[TradeEvent], object]


class Book(Protocol):
    """The orders of a session, which hear of every event of theirs."""

    replaying: bool

    def tell(self, event: TradeEvent) -> None:
        """Something happened to one of them."""


@dataclass(eq=False, slots=True, weakref_slot=True)
class Trade:
    """One order from submit to done.

    ``status`` is TWS's own word; "PendingSubmit" until TWS has said something. Duplicates, which TWS sends as a matter
    of course, make no event. ``log`` holds every event in order. ``order`` is what was sent last; where TWS refuses
    a change it is again what TWS last accepted.
    """

    contract: Contract
    order: Order
    order_id: int
    client_id: int = 0
    perm_id: int = 0
    status: str = "PendingSubmit"
    filled_quantity: Decimal = Decimal(0)
    remaining: Decimal = Decimal(0)
    avg_fill_price: float = 0.0
    why_held: str | None = None
    order_state: OrderState | None = None
    fills: list[Fill] = field(default_factory=list)
    warnings: list[RequestError] = field(default_factory=list)
    rejection: RequestError | None = None
    attached: AttachedOrders | None = None
    log: list[TradeEvent] = field(default_factory=list, repr=False)
    acknowledged: bool = field(default=False, repr=False)
    _book: Book | None = field(default=None, repr=False)
    # Orders come in thousands: what few of them need is made when one does.
    _places: dict[str, int] | None = field(default=None, repr=False)  # of fills, by their key
    _unanswered: tuple[Order, ...] = field(default=(), repr=False)  # sent changes TWS has not spoken to yet
    _accepted: Order = field(init=False, repr=False)
    _callbacks: tuple[Listener, ...] = field(default=(), repr=False)
    _followers: tuple[MessageStream[TradeEvent], ...] = field(default=(), repr=False)
    _last_status: OrderStatus | None = field(default=None, repr=False)
    _last_open: OpenOrder | None = field(default=None, repr=False)
    _lost: IbfastError | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self._accepted = self.order
        quantity = self.order.total_quantity
        if self.remaining == 0 and quantity is not None:
            self.remaining = quantity if isinstance(quantity, Decimal) else Decimal(str(quantity))

    @property
    def is_done(self) -> bool:
        """Whether nothing more will happen to the order: it has ended, or TWS refused it before it ever worked."""
        return self.status in DONE or (self.rejection is not None and not self.acknowledged)

    @property
    def is_complete(self) -> bool:
        """Whether the order is done and every fill is known with its commission."""
        if not self.is_done:
            return False
        known = sum((fill.execution.shares or Decimal(0) for fill in self.fills), Decimal(0))
        return known >= self.filled_quantity and all(fill.commission for fill in self.fills)

    @property
    def commission(self) -> float:
        """What all fills cost so far, in the currency of their reports."""
        return sum(fill.commission.commission_and_fees or 0.0 for fill in self.fills if fill.commission is not None)

    # ------------------------------------------------------------------------------------------- following it

    async def done(self) -> Trade:
        """Wait until nothing more will happen to the order; `status` and `rejection` say how it ended.

        Raises:
            ConnectionLost: the connection ended before that.
        """
        with self._follow() as events:
            while not self.is_done:
                await events.next()
        return self

    async def filled(self) -> Trade:
        """Wait until the order is filled.

        Raises:
            RequestError: TWS refused it, or it ended in another way: ``message`` has the status.
            ConnectionLost: the connection ended before that.
        """
        await self.done()
        if self.status in ("Cancelled", "ApiCancelled"):
            raise RequestError(202, f"the order ended as {self.status}", self.order_id)
        if self.status != "Filled":
            raise self.rejection or RequestError(201, f"the order ended as {self.status}", self.order_id)
        return self

    def __aiter__(self) -> AsyncIterator[TradeEvent]:
        return self._events()

    async def _events(self) -> AsyncIterator[TradeEvent]:
        """Every event from the first on, until the order is done and its commissions are known (or overdue)."""
        with self._follow() as events:
            while True:
                event = events.try_next()
                if event is None:
                    if self.is_complete:
                        return
                    try:
                        event = await events.next(COMMISSION_WAIT_S if self.is_done else None)
                    except (TimeoutError, IbfastError):
                        if self.is_done:
                            return
                        raise
                yield event

    @contextmanager
    def _follow(self) -> Iterator[MessageStream[TradeEvent]]:
        stream: MessageStream[TradeEvent] = MessageStream()
        for event in self.log:
            stream.put(event)
        if self._lost is not None:
            stream.fail(self._lost)
        self._followers += (stream,)
        try:
            yield stream
        finally:
            self._followers = tuple(it for it in self._followers if it is not stream)

    def on(self, callback: Callable[[TradeEvent], object]) -> None:
        """Call ``callback`` with every event from now on, beside all others who follow the order.

        It runs in the event loop and must not block. What it raises is logged, and changes nothing.
        """
        self._callbacks += (callback,)

    def connection_lost(self, error: IbfastError) -> None:
        """Whoever waits for the order learns that nothing more can be heard of it."""
        self._lost = error
        for stream in self._followers:
            stream.fail(error)

    # ------------------------------------------------------------------------------------- what TWS says

    def on_open_order(self, message: OpenOrder) -> None:
        """TWS's picture of the order: where it stands, and the permanent id it has been given."""
        if message == self._last_open:
            return
        self._last_open = message
        self.order_state = message.order_state
        reported = (message.order_state.status if message.order_state is not None else None) or self.status
        self._acknowledge(reported)
        if reported == "Inactive" and self._last_status is None:  # a refused order may get no status of its own
            self.status = reported
        if message.order is not None:
            self.perm_id = message.order.perm_id or self.perm_id
            self._confirm(message.order)
        self._tell(TradeEventKind.ORDER, message)

    def on_status(self, message: OrderStatus) -> None:
        """How far the order is; a repetition of the last one changes nothing."""
        if message == self._last_status:
            return
        self._last_status = message
        self.status = message.status or self.status
        self._acknowledge(self.status)
        self.perm_id = message.perm_id or self.perm_id
        self.filled_quantity = message.filled if message.filled is not None else self.filled_quantity
        self.remaining = message.remaining if message.remaining is not None else self.remaining
        self.avg_fill_price = message.avg_fill_price or 0.0
        self.why_held = message.why_held
        self._tell(TradeEventKind.STATUS, message)

    def on_completed(self, message: CompletedOrder) -> None:
        """How the order ended, from the list of those that have."""
        status = message.order_state.status if message.order_state is not None else None
        if self.status in DONE or status not in DONE:
            return
        self.status = status
        self.order_state = message.order_state
        self._acknowledge(status)
        filled = message.order.filled_quantity if message.order is not None else None
        if filled is not None:
            self.filled_quantity, self.remaining = (
                filled,
                max(self.remaining + self.filled_quantity - filled, Decimal(0)),
            )
        self._tell(TradeEventKind.STATUS, message)

    def on_execution(self, message: ExecutionDetails, commission: CommissionAndFeesReport | None) -> None:
        """A fill, or the correction of one: the same id up to its last number, which is higher."""
        if message.execution is None:
            return
        fill = Fill(message.execution, commission, message.contract)
        if self._places is None:
            self._places = {}
        if not add_fill(self.fills, self._places, fill):
            return
        self._acknowledge(self.status)
        self._tell(TradeEventKind.FILL, fill)

    def on_commission(self, message: CommissionAndFeesReport) -> None:
        """What a fill cost."""
        place = self._places.get(key_of(message.exec_id)) if self._places is not None else None
        if place is not None:
            fill = self.fills[place]
            if fill.execution.exec_id == message.exec_id and fill.commission != message:
                self.fills[place] = fill._replace(commission=message)
                self._tell(TradeEventKind.COMMISSION, self.fills[place])

    def on_error(self, message: ErrorMessage) -> None:
        """An error with this order's id: a warning, or the reason why TWS refuses something. Never a status."""
        error = request_error(message)
        if classify(error.code) in (ErrorKind.WARNING, ErrorKind.NOTICE) or error.code in CANCEL_REFUSALS:
            if not any(known.args == error.args for known in self.warnings):
                self.warnings.append(error)
                self._tell(TradeEventKind.WARNING, error)
            return
        self.on_refusal(error)

    def on_refusal(self, error: RequestError) -> None:
        """TWS refuses the order, or the last change of it."""
        self.rejection = error
        if self._unanswered:  # TWS answers in turn
            self._unanswered = self._unanswered[1:]
            self.order = self._unanswered[-1] if self._unanswered else self._accepted
        self._tell(TradeEventKind.REJECTION, error)

    def sent_again(self, order: Order) -> None:
        """The order went out once more, changed: what TWS said against its last version is settled."""
        self.order = order
        self._unanswered += (order,)
        self.rejection = None

    def _confirm(self, reported: Order) -> None:
        """What TWS reports shows which of the changes it has accepted."""
        for place in reversed(range(len(self._unanswered))):
            sent = self._unanswered[place]
            if says_the_same(sent, reported, self._accepted):
                self._accepted = sent
                self._unanswered = self._unanswered[place + 1 :]
                return

    def _acknowledge(self, status: str) -> None:
        """TWS has the order. If it works on it, what looked like a refusal of the order was a warning."""
        if not self.acknowledged and self.rejection is not None and status not in DONE:
            self.warnings.append(self.rejection)
            self.rejection = None
        self.acknowledged = True

    def _tell(self, kind: TradeEventKind, detail: Any) -> None:
        replayed = self._book is not None and self._book.replaying
        event = TradeEvent(self, kind, detail, self.status, self.filled_quantity, self.remaining, replayed)
        self.log.append(event)
        for stream in self._followers:
            stream.put(event)
        if self._book is not None:
            self._book.tell(event)
        for callback in self._callbacks:
            try:
                callback(event)
            except Exception:
                LOG.exception("the callback of a trade failed; the trade goes on")


RESPELLED = frozenset({
    "good_till_date", "good_after_time", "conditions", "algo_params", "active_start_time", "active_stop_time",
})  # fmt: skip
"""Fields that TWS reports in a spelling of its own."""

UNREPORTED = frozenset({"transmit", "override_percentage_constraints", "advanced_error_override", "manual_order_time"})
"""Fields that TWS does not report."""


def says_the_same(sent: Order, reported: Order, before: Order) -> bool:
    """Whether a report shows what ``sent`` changed in ``before``; zero and empty are unset."""
    names = [name for name in Order.__fields__ if getattr(sent, name) != getattr(before, name)]
    return all(
        (getattr(sent, name) or None) == (getattr(reported, name) or None)
        for name in names
        if name not in RESPELLED and name not in UNREPORTED
    )


def request_error(message: ErrorMessage) -> RequestError:
    """The exception that an error message stands for."""
    req_id = message.id if message.id is not None else -1
    return RequestError(message.error_code or 0, message.error_msg or "", req_id, message.advanced_order_reject_json)
