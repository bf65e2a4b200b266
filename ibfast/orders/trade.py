"""One order from submit to done: status, fills joined with their commissions, warnings apart from the rejection.

Messages go in, events come out to whoever listens; only who waits for a trade needs an event loop.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

from ibfast.arguments import checks_arguments
from ibfast.error_codes import ErrorKind, OrderEffect, RequestKind, order_effect
from ibfast.errors import IbfastError, RequestError, RequestTimeout
from ibfast.listeners import notify_all
from ibfast.orders.changes import OrderChanges
from ibfast.orders.fills import Fill, FillLedger
from ibfast.orders.order_status import DONE, ENDED, INACTIVE, UNKNOWN, WORKING, TradeEventKind
from ibfast.schema import (
    CommissionAndFeesReport,
    CompletedOrder,
    ErrorMessage,
    ExecutionDetails,
    OpenOrder,
    OrderState,
    OrderStatus,
)
from ibfast.schema.contract import Contract
from ibfast.schema.order import AttachedOrders, Order
from ibfast.streams.base import MessageStream

LOG = logging.getLogger("ibfast.trade")

CANCELLED = 202
ORDER_REJECTED = 201
LOCATING = 404
UNKNOWN_ORDER = 10147
DONE_ALREADY = 10148

COMMISSION_WAIT_S = 2.0
"""How long iterating over a trade goes on after it is done, for commissions that have not come yet."""

INACTIVE_WAIT_S = 2.0
"""How long an order that TWS calls inactive may stay so, without a reason to hold it, before it counts as ended."""

_STATE = re.compile(r"state: ?(\w+)")


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

    session: int
    """How often the connection has been lost so far."""

    def is_replaying(self, trade: Trade) -> bool:
        """Whether what is being said of a trade now was missed while the connection was lost."""

    def in_doubt(self, trade: Trade, error: RequestError) -> bool:
        """Find out what became of an order that TWS does not know; False if there is no way to ask."""

    def tell(self, event: TradeEvent) -> None:
        """Something happened to one of them."""


@dataclass(eq=False, slots=True, weakref_slot=True)
class Trade:
    """One order from submit to done.

    ``status`` is TWS's own word; "PendingSubmit" until TWS has said something, "Unknown" when TWS no longer has the
    order. Duplicates, which TWS sends as a matter of course, make no event. ``log`` holds every event in order.
    ``order`` is what TWS reports that it works on, with the changes that are on their way; where TWS refuses one it is
    again what TWS works on. Quantities and ``avg_fill_price`` are up to date with every fill: the most that statuses
    and executions say.
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
    _changes: OrderChanges = field(init=False, repr=False)
    _ledger: FillLedger | None = field(default=None, repr=False)  # orders come in thousands: made with the first fill
    _session: int = field(default=0, repr=False)  # in which of its sessions the client sent or met it
    _total: Decimal = field(default=Decimal(0), repr=False)  # ordered, as far as TWS has accepted it; 0: TWS finds it
    _said_filled: Decimal = field(default=Decimal(0), repr=False)  # by statuses
    _said_remaining: Decimal = field(default=Decimal(0), repr=False)
    _said_price: float | None = field(default=None, repr=False)
    _was_refused: bool = field(default=False, repr=False)  # the order itself was, before TWS ever had it
    _refuses_order: bool = field(default=False, repr=False)  # `rejection` is of the order, not of a change
    _cancel_reason: str = field(default="", repr=False)
    _status_before: str = field(default="", repr=False)  # it was lost
    _callbacks: tuple[Listener, ...] = field(default=(), repr=False)
    _followers: tuple[MessageStream[TradeEvent], ...] = field(default=(), repr=False)
    _last_status: OrderStatus | None = field(default=None, repr=False)
    _last_open: OpenOrder | None = field(default=None, repr=False)
    _lost: IbfastError | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self._changes = OrderChanges(self.order)
        self._total = _quantity_of(self.order)
        if self.remaining == 0:
            self.remaining = self._said_remaining = self._total

    @classmethod
    def reported(cls, message: OpenOrder) -> Trade:
        """An order that is met in what TWS says, as it is the first time."""
        order = message.order if message.order is not None else Order()
        contract = message.contract if message.contract is not None else Contract()
        trade = cls(contract, order, message.order_id or 0, order.client_id or 0, order.perm_id or 0)
        trade._changes = OrderChanges(order, order)
        trade.order = trade._changes.current
        trade.acknowledged = True
        return trade

    @property
    def is_done(self) -> bool:
        """Whether nothing more will happen to the order: it has ended, is lost, or TWS refused it.

        "Inactive" is an end unless TWS holds the order (`is_held`). A later word of TWS takes each of these back but a
        fill or a cancellation.
        """
        status = self.status
        if status in ENDED or status == UNKNOWN:
            return True
        return not self.is_held if status == INACTIVE else self.rejection is not None and self._is_refused

    @property
    def is_lost(self) -> bool:
        """Whether TWS no longer knows the order, without a word on how it ended; a later word of TWS takes it back."""
        return self.status == UNKNOWN

    @property
    def is_held(self) -> bool:
        """Whether TWS waits with the order: for shares to borrow, a trigger, its parent, or to be activated."""
        if self.rejection is not None and self._refuses_order:
            return False
        return bool(self.why_held or self.order.deactivate) or any(
            warning.code == LOCATING for warning in self.warnings
        )

    @property
    def reported_order(self) -> Order | None:
        """The order as TWS has reported it last, with all that it fills in; None before it has."""
        return self._changes.reported

    @property
    def is_complete(self) -> bool:
        """Whether the order is done and every fill is known with its commission."""
        if not self.is_done:
            return False
        if self._ledger is None:
            return not self.filled_quantity
        return self._ledger.known >= self.filled_quantity and self._ledger.is_costed

    @property
    def commission(self) -> float:
        """What all fills cost so far, in the currency of their reports."""
        return sum(fill.commission.commission_and_fees or 0.0 for fill in self.fills if fill.commission is not None)

    @property
    def reason(self) -> str:
        """What TWS said about why the order ended, or is refused; empty if it said nothing."""
        state = self.order_state
        said = (state.reject_reason or state.completed_status or state.warning_text) if state is not None else None
        if self.rejection is not None and self._refuses_order:
            return self.rejection.message
        return self._cancel_reason or said or ""

    # ------------------------------------------------------------------------------------------- following it

    async def done(self, timeout_s: float | None = None) -> Trade:
        """Wait until nothing more will happen to the order; `status`, `rejection` and `reason` say how it ended.

        Raises:
            RequestTimeout: it is not done after ``timeout_s`` seconds, or TWS has not acknowledged it in time.
            ConnectionLost: the connection ended before that.
        """
        try:
            async with asyncio.timeout(timeout_s):
                with self._follow() as events:
                    await self._until_done(events)
        except RequestTimeout:
            raise
        except TimeoutError:
            raise RequestTimeout(f"order {self.order_id} is not done after {timeout_s:g} s: {self.status}") from None
        return self

    async def filled(self, timeout_s: float | None = None) -> Trade:
        """Wait until the order is filled.

        Raises:
            RequestError: TWS refused it, or it ended in another way: ``message`` has the status and TWS's reason.
            RequestTimeout: it is not done after ``timeout_s`` seconds, or TWS has not acknowledged it in time.
            ConnectionLost: the connection ended before that.
        """
        await self.done(timeout_s)
        if self.status == "Filled":
            return self
        if self.is_lost:
            raise self._error(UNKNOWN_ORDER, f"TWS has order {self.order_id} no longer: {self.reason}")
        ended = f"the order ended as {self.status}" + (f": {self.reason}" if self.reason else "")
        if self.status in ENDED:
            raise self._error(CANCELLED, ended)
        raise self.rejection or self._error(ORDER_REJECTED, ended)

    def __aiter__(self) -> AsyncIterator[TradeEvent]:
        return self._events()

    async def _until_done(self, events: MessageStream[TradeEvent]) -> None:
        while not self.is_done or self._may_go_on:
            try:
                self._check_silence(await events.next(INACTIVE_WAIT_S if self.is_done else None))
            except RequestTimeout:
                raise
            except (TimeoutError, IbfastError):
                if self.is_done:
                    return
                raise

    async def _events(self) -> AsyncIterator[TradeEvent]:
        """Every event from the first on, until the order is done and its commissions are known (or overdue)."""
        with self._follow() as events:
            while True:
                event = events.try_next()
                if event is None:
                    if self.is_complete and not self._may_go_on:
                        return
                    try:
                        event = await events.next(self._patience_s)
                    except (TimeoutError, IbfastError):
                        if self.is_done:
                            return
                        raise
                yield event
                self._check_silence(event)

    @property
    def _may_go_on(self) -> bool:
        """Whether the order is inactive and nothing says that TWS has refused it: it may be held."""
        return self.status == INACTIVE and not (self.rejection is not None and self._refuses_order)

    @property
    def _patience_s(self) -> float | None:
        """How long to wait for another event; None for as long as it takes."""
        if not self.is_done:
            return None
        return INACTIVE_WAIT_S if self._may_go_on else COMMISSION_WAIT_S

    def _check_silence(self, event: TradeEvent) -> None:
        """Whoever waits for an order that TWS has never spoken of need not wait for ever."""
        if event.kind is TradeEventKind.UNACKNOWLEDGED and not self.acknowledged and not self.is_done:
            raise RequestTimeout(f"order {self.order_id}: {event.detail}; it may work all the same")

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
            self._followers = tuple(follower for follower in self._followers if follower is not stream)

    @checks_arguments
    def on(self, callback: Callable[[TradeEvent], object]) -> None:
        """Call ``callback`` with every event from now on, beside all others who follow the order.

        It runs in the event loop and must not block. What it raises is logged, and changes nothing.
        """
        self._callbacks += (callback,)

    @property
    def is_followed(self) -> bool:
        """Whether somebody waits for the order, iterates over its events or has a callback for them."""
        return bool(self._followers or self._callbacks)

    def connection_lost(self, error: IbfastError) -> None:
        """Whoever waits for the order learns that nothing more can be heard of it."""
        self._lost = error
        notify_all((stream.fail for stream in self._followers), error)

    # ------------------------------------------------------------------------------------- what TWS says

    def on_open_order(self, message: OpenOrder) -> None:
        """TWS's picture of the order: its fields, where it stands, and the permanent id it has been given.

        Its state may be the only word on how the order ended.
        """
        if message == self._last_open and self._changes.are_settled and not self.is_lost:
            return
        self._last_open = message
        self.order_state = message.order_state
        state = message.order_state.status if message.order_state is not None else None
        if message.order is not None:
            self.perm_id = message.order.perm_id or self.perm_id
            self._follow_order(message.order)
        if not state and self.is_lost:
            state = self._status_before
        if state and not (self.status in ENDED and state not in ENDED):  # what was repeated late brings nothing back
            self._become(state)
            if state == "Filled":
                self._said_filled = max(self._said_filled, self._filled_by(message))
                self._said_remaining = max(self._total - self._said_filled, Decimal(0))
                self._count()
        if not self.acknowledged:
            self._acknowledge(message)
        self._tell(TradeEventKind.ORDER, message)

    def on_status(self, message: OrderStatus) -> None:
        """How far the order is; a repetition of the last one changes nothing."""
        if message == self._last_status and not self.is_lost:
            return
        self._last_status = message
        self._become(message.status or self.status)
        self.perm_id = message.perm_id or self.perm_id
        self._said_filled = message.filled if message.filled is not None else self._said_filled
        self._said_remaining = message.remaining if message.remaining is not None else self._said_remaining
        self._said_price = message.avg_fill_price or 0.0
        self.why_held = message.why_held
        self._count()
        if not self.acknowledged:
            self._acknowledge(message)
        self._tell(TradeEventKind.STATUS, message)

    def on_completed(self, message: CompletedOrder) -> None:
        """How the order ended, from the list of those that have."""
        status = message.order_state.status if message.order_state is not None else None
        if self.status in ENDED or status not in DONE or status == self.status:
            return
        self.order_state = message.order_state
        self._become(status)
        filled = message.order.filled_quantity if message.order is not None else None
        if filled is not None and filled > self._said_filled:
            self._said_remaining = max(self._said_remaining + self._said_filled - filled, Decimal(0))
            self._said_filled, self._said_price = filled, None
        self._count()
        if not self.acknowledged:
            self._acknowledge(message)
        self._tell(TradeEventKind.STATUS, message)

    def on_execution(self, message: ExecutionDetails, commission: CommissionAndFeesReport | None) -> None:
        """A fill, or the correction of one: the same id up to its last number, which is higher."""
        if message.execution is None:
            return
        if self._ledger is None:
            self._ledger = self._new_ledger()
        ledger, before = self._ledger, self._ledger.executed
        fill = Fill(message.execution, commission, message.contract)
        added = ledger.add(fill)
        if added is None:
            return
        if added[0] is not None:  # corrected or busted: what statuses said before counts what no longer is
            self._said_filled = max(self._said_filled + ledger.executed - before, Decimal(0))
            self._said_remaining = max(self._said_remaining - ledger.executed + before, Decimal(0))
            self._said_price = None
        if self.is_lost:
            self._become(self._status_before)
        self._count()
        if not self.acknowledged:
            self._acknowledge(message)
        self._tell(TradeEventKind.FILL, fill)

    def on_commission(self, message: CommissionAndFeesReport) -> None:
        """What a fill cost."""
        place = self._ledger.find(message.exec_id) if self._ledger is not None else None
        if place is not None and self.fills[place].commission != message:
            self.fills[place] = self.fills[place]._replace(commission=message)
            self._tell(TradeEventKind.COMMISSION, self.fills[place])

    def on_error(self, message: ErrorMessage) -> None:
        """An error with this order's id: a warning, an end, or the reason why TWS refuses something."""
        error = RequestError.of(message, contract=self.contract, request=RequestKind.ORDER)
        effect = order_effect(error.code, error.message)
        nothing_to_refuse = effect is OrderEffect.CHANGE_REFUSED and not self._changes.are_in_flight
        if effect in (OrderEffect.CANCEL_REFUSED, OrderEffect.CANCELLED):
            self._on_cancel_answer(error)
        elif effect is OrderEffect.NOTE or (nothing_to_refuse and error.kind is ErrorKind.WARNING):
            self._warn(error)
        else:
            self.on_refusal(error)

    def on_refusal(self, error: RequestError) -> None:
        """TWS refuses the order, or the last change of it."""
        self.rejection = error
        self._refuses_order = not (self.acknowledged and self._changes.are_in_flight)
        if not self.acknowledged and not self._was_refused:
            self._was_refused = True
        elif self._changes.are_in_flight:  # TWS answers in turn
            self._changes.refused()
            self.order = self._changes.current
        self._tell(TradeEventKind.REJECTION, error)

    def sent_again(self, order: Order) -> None:
        """The order went out once more, changed: what TWS said against its last version is settled."""
        self._changes.sent(order)
        self.order = order
        if self._book is not None:
            self._session = self._book.session
        self.rejection, self._refuses_order = None, False

    def rewrite(self, order: Order) -> None:
        """The order was changed before it was ever sent."""
        self._changes = OrderChanges(order)
        self.order = order
        self._total = _quantity_of(order)
        self.remaining = self._said_remaining = self._total

    def withdraw_changes(self, error: RequestError | None = None) -> None:
        """Changes that waited for a connection are not sent, because of an ``error`` or of a later wish."""
        self._changes.withdraw()
        self.order = self._changes.current
        if error is not None:
            self.rejection, self._refuses_order = error, False
            self._tell(TradeEventKind.REJECTION, error)

    def on_cancelled_unsent(self) -> None:
        """The order was cancelled while it waited for a connection: TWS never sees it."""
        self.status, self._cancel_reason = "ApiCancelled", "it was cancelled before it was sent"
        message = OrderStatus(
            order_id=self.order_id, client_id=self.client_id, status=self.status, filled=Decimal(0),
            remaining=self.remaining,
        )  # fmt: skip
        self._tell(TradeEventKind.STATUS, message)

    def on_cancel_unsent(self, error: RequestError) -> None:
        """A cancel waited too long for a connection; the order works on."""
        self._warn(error, always=True)

    def on_disconnected(self) -> None:
        """The socket has ended: whether TWS took what was on its way, it says once there is another."""
        self._changes.connection_lost()

    def on_unacknowledged(self, text: str) -> None:
        """TWS has said nothing of the order for longer than the user allows."""
        self._tell(TradeEventKind.UNACKNOWLEDGED, text)

    def on_lost(self, error: RequestError) -> None:
        """TWS does not know the order any more, and has not said how it ended."""
        self._status_before, self.status = self.status, UNKNOWN
        self._cancel_reason = error.message
        self._tell(TradeEventKind.LOST, error)

    # ------------------------------------------------------------------------------------------------- inside

    def _error(self, code: int, reason: str) -> RequestError:
        return RequestError(code, reason, self.order_id, contract=self.contract, request=RequestKind.ORDER)

    def _follow_order(self, order: Order) -> None:
        """The fields that TWS reports are those of the order; what is in flight comes on top."""
        before = self._total
        self._changes.follow(order)
        self.order = self._changes.current
        self._total = _quantity_of(self._changes.accepted)
        if self._total != before and self.status not in ENDED:
            self._said_remaining = max(self._total - self._said_filled, Decimal(0))
            self._count()

    def _on_cancel_answer(self, error: RequestError) -> None:
        """202 may be all that TWS says; a refused cancel says what has become of the order, or that it is gone."""
        was_done, said = self.is_done, _STATE.search(error.message)
        if error.code == CANCELLED:
            self._cancel_reason = error.message
            if self.status not in ENDED:
                self._become("Cancelled")
        elif error.code == DONE_ALREADY and said is not None and said[1] in ENDED and self.status not in ENDED:
            self._become(said[1])
            if said[1] == "Filled":
                self._said_filled, self._said_remaining = max(self._said_filled, self._total), Decimal(0)
                self._count()
        self._warn(error, always=self.is_done != was_done)
        if self.is_done or (self._book is not None and self._book.in_doubt(self, error)):
            return
        if error.code == UNKNOWN_ORDER:
            self.on_lost(error)

    def _warn(self, error: RequestError, *, always: bool = False) -> None:
        if always or not any(known.args == error.args for known in self.warnings):
            self.warnings.append(error)
            self._tell(TradeEventKind.WARNING, error)

    def _become(self, status: str | None) -> None:
        """TWS's word on where the order stands. If it works on it, what looked like an end was a warning."""
        self.status = status or self.status
        if self.status in DONE:
            return
        if self.rejection is not None and self._refuses_order:
            self.warnings.append(self.rejection)
            self.rejection, self._refuses_order = None, False

    @property
    def _is_refused(self) -> bool:
        """Whether TWS refused the order, rather than a change of it, before it worked."""
        if self.rejection is None or not self._refuses_order:
            return False
        if not self.acknowledged:
            return not self._changes.are_in_flight  # an order that was refused can be sent again, corrected
        return self.rejection.code == ORDER_REJECTED and self.status not in WORKING

    def _filled_by(self, message: OpenOrder) -> Decimal:
        """How much an order has traded that is reported as filled."""
        reported = message.order.filled_quantity if message.order is not None else None
        return reported or self._total

    def _count(self) -> None:
        """Quantities and price: the most that statuses and executions say."""
        said, total = self._said_filled, self._total
        self.filled_quantity, self.remaining = said, self._said_remaining
        if self._said_price is not None:
            self.avg_fill_price = self._said_price
        if self._ledger is None:
            return
        executed = self._ledger.executed
        if executed > said:
            left = total - executed if total else self._said_remaining - (executed - said)
            self.filled_quantity, self.remaining = executed, max(left, Decimal(0))
        if executed and (executed > said or self._said_price is None):
            self.avg_fill_price = self._ledger.average_price
        if 0 < total <= executed and self.status not in ENDED:
            self._become("Filled")  # TWS need not say so

    def _new_ledger(self) -> FillLedger:
        contract = self.contract
        if not contract.sec_type and self._last_open is not None and self._last_open.contract is not None:
            contract = self._last_open.contract
        order = self.order
        allocated = bool(order.fa_group or order.fa_method or order.fa_percentage)
        return FillLedger(self.fills, contract, allocated=allocated)

    def _acknowledge(self, message: Any) -> None:
        """TWS has the order."""
        self.acknowledged = True
        self._become(self.status)
        self._tell(TradeEventKind.ACKNOWLEDGED, message)

    def _tell(self, kind: TradeEventKind, detail: Any) -> None:
        replayed = self._book is not None and self._book.is_replaying(self)
        event = TradeEvent(self, kind, detail, self.status, self.filled_quantity, self.remaining, replayed)
        self.log.append(event)
        book = (self._book.tell,) if self._book is not None else ()
        if not self._followers and not self._callbacks:  # most orders of an algo
            notify_all(book, event, log=LOG)
            return
        notify_all((*(stream.put for stream in self._followers), *book, *self._callbacks), event, log=LOG)


def _quantity_of(order: Order) -> Decimal:
    quantity = order.total_quantity
    return quantity if isinstance(quantity, Decimal) else Decimal(str(quantity or 0))
