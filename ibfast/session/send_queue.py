"""What waits for a session that is being made anew (``queue_while_down``). No I/O and no clock: time is an argument.

::

    put ──▶ waits ──take──▶ sent, in the order in which it was asked for
              │
              ├── a change of an order that waits goes into it; one of an order at TWS replaces the one before
              ├── a cancel takes an order that waits away, with its children: nothing of it is ever sent
              └── what has waited longer than a request may is given up, and its trade told
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from ibfast.errors import RequestError, VersionError
from ibfast.orders.trade import Trade
from ibfast.orders.trade_registry import TradeRegistry
from ibfast.schema import CancelOrderRequest, ExerciseOptionsRequest, GlobalCancelRequest, PlaceOrderRequest
from ibfast.schema.declare import Message

LOG = logging.getLogger("ibfast.connection")

NOT_CONNECTED = 504  # IB's code for "Not connected"
OUT_OF_DATE = 503  # IB's code for "The TWS is out of date"
NOT_PROCESSED = 322  # IB's code for "Error processing request"


@dataclass(slots=True)
class Queued:
    """A message that waits; ``is_new`` if it brings an order that TWS has never seen."""

    message: Message
    since_s: float
    is_new: bool

    @property
    def order_id(self) -> int | None:
        """The order it is about, None if it is about none in particular."""
        return getattr(self.message, "order_id", None)

    @property
    def parent_id(self) -> int | None:
        """The order it waits for at TWS."""
        order = self.message.order if isinstance(self.message, PlaceOrderRequest) else None
        return order.parent_id if order is not None else None


class SendQueue:
    """Messages that wait for a session, for ``limit_s`` seconds at most."""

    def __init__(self, trades: TradeRegistry, limit_s: float) -> None:
        self.limit_s = limit_s
        self._trades = trades
        self._waiting: list[Queued] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def holds_order(self, order_id: int) -> bool:
        """Whether an order waits that TWS has never seen."""
        return self._new(order_id) is not None

    def put(self, message: Message, now_s: float) -> None:
        """Let a message wait, or do at once what it comes to while nothing has been sent."""
        if isinstance(message, CancelOrderRequest):
            self._cancel(message, now_s)
        elif isinstance(message, GlobalCancelRequest):
            self._cancel_all(message, now_s)
        elif isinstance(message, PlaceOrderRequest):
            self._place(message, now_s)
        else:
            self._waiting.append(Queued(message, now_s, isinstance(message, ExerciseOptionsRequest)))

    def take(self) -> list[Queued]:
        """All that waits; what cannot be sent after all is given to `put_back` or `refuse`."""
        waiting, self._waiting = self._waiting, []
        return waiting

    def put_back(self, waiting: Iterable[Queued]) -> None:
        """These were not sent: the session was lost again."""
        self._waiting = [*waiting, *self._waiting]

    def renumber(self, next_valid_id: int, new_id: Callable[[], int]) -> None:
        """Give orders that wait new ids if theirs are used up: the gateway takes none below its next valid id (103)."""
        new = [queued for queued in self._waiting if queued.is_new]
        if all((queued.order_id or 0) >= next_valid_id for queued in new):
            return
        ids: dict[int, int] = {}
        for queued in new:
            before = queued.order_id or 0
            ids[before] = new_id()
            trade = self._trades.find(before)
            queued.message = _with_ids(queued.message, ids, new_id)
            if trade is not None:
                self._trades.renumber(trade, ids[before])
                if isinstance(queued.message, PlaceOrderRequest):
                    trade.attached = queued.message.attached_orders
                    trade.rewrite(queued.message.order or trade.order)

    def expires_at(self) -> float | None:
        """When the first of them has waited too long."""
        return min(queued.since_s for queued in self._waiting) + self.limit_s if self._waiting else None

    def expire(self, now_s: float) -> None:
        """Give up what has waited too long, with the children of such orders."""
        late = [queued for queued in self._waiting if queued.since_s + self.limit_s <= now_s]
        error = f"no connection within {self.limit_s:g} s"
        for queued in late:
            if queued in self._waiting:  # else it went with its parent
                self._waiting.remove(queued)
                self._give_up(queued, NOT_CONNECTED, error)

    def refuse(self, queued: Queued, error: Exception) -> None:
        """It cannot be sent to the gateway there is now."""
        self._give_up(queued, OUT_OF_DATE if isinstance(error, VersionError) else NOT_PROCESSED, str(error))

    def clear(self) -> None:
        """There will be no session any more."""
        self._waiting.clear()

    # ------------------------------------------------------------------------------------------------- inside

    def _new(self, order_id: int) -> Queued | None:
        return next((queued for queued in self._waiting if queued.is_new and queued.order_id == order_id), None)

    def _place(self, request: PlaceOrderRequest, now_s: float) -> None:
        waiting = self._new(request.order_id or 0)
        if waiting is not None:
            attached = getattr(waiting.message, "attached_orders", None)
            waiting.message = request.replace(attached_orders=attached)
            return
        trade = self._trades.find(request.order_id)
        if trade is not None:
            self._drop(request.order_id, PlaceOrderRequest)
            trade.withdraw_changes()
        self._waiting.append(Queued(request, now_s, trade is None or _was_never_sent(trade)))

    def _cancel(self, request: CancelOrderRequest, now_s: float) -> None:
        waiting = self._new(request.order_id or 0)
        if waiting is not None:
            self._withdraw(waiting)
            return
        trade = self._trades.find(request.order_id)
        if self._drop(request.order_id, PlaceOrderRequest) and trade is not None:
            trade.withdraw_changes()
        self._drop(request.order_id, CancelOrderRequest)
        self._waiting.append(Queued(request, now_s, is_new=False))

    def _cancel_all(self, request: GlobalCancelRequest, now_s: float) -> None:
        for queued in tuple(self._waiting):
            if queued.is_new and queued in self._waiting:
                self._withdraw(queued)
        for queued in self._waiting:
            if isinstance(queued.message, PlaceOrderRequest) and (trade := self._trades.find(queued.order_id)):
                trade.withdraw_changes()
        obsolete = (PlaceOrderRequest, CancelOrderRequest, GlobalCancelRequest)
        self._waiting = [queued for queued in self._waiting if not isinstance(queued.message, obsolete)]
        self._waiting.append(Queued(request, now_s, is_new=False))

    def _drop(self, order_id: int | None, kind: type[Message]) -> bool:
        """Take away what waits of this kind for an order; whether there was something."""
        kept = [trade for trade in self._waiting if trade.order_id != order_id or not isinstance(trade.message, kind)]
        dropped = len(kept) < len(self._waiting)
        self._waiting = kept
        return dropped

    def _withdraw(self, queued: Queued) -> None:
        """An order that was never sent is cancelled, and its children are with it."""
        self._waiting.remove(queued)
        trade = self._trades.find(queued.order_id)
        if trade is not None:
            trade.on_cancelled_unsent()
        for child in self._children(queued):
            if child in self._waiting:
                self._withdraw(child)

    def _give_up(self, queued: Queued, code: int, reason: str) -> None:
        trade = self._trades.find(queued.order_id) if queued.order_id else None
        if trade is None:
            LOG.warning("%s was queued and is not sent: %s", type(queued.message).__name__, reason)
        elif isinstance(queued.message, CancelOrderRequest):
            trade.on_cancel_unsent(RequestError(code, f"the cancel was not sent: {reason}", trade.order_id))
        elif queued.is_new:
            trade.on_refusal(RequestError(code, f"the order was not sent: {reason}", trade.order_id))
        else:
            trade.withdraw_changes(RequestError(code, f"the change was not sent: {reason}", trade.order_id))
        for child in self._children(queued) if queued.is_new else ():
            if child in self._waiting:
                self._waiting.remove(child)
                self._give_up(child, code, f"its parent was not, {reason}")

    def _children(self, parent: Queued) -> list[Queued]:
        return [queued for queued in self._waiting if queued.is_new and queued.parent_id == parent.order_id]


def _with_ids(message: Message, ids: Mapping[int, int], new_id: Callable[[], int]) -> Message:
    """An order that was never sent, under its new id, with those of its parent and of what TWS attaches to it."""
    order_id = ids[getattr(message, "order_id", 0)]
    if not isinstance(message, PlaceOrderRequest):
        return message.replace(order_id=order_id)
    order, attached = message.order, message.attached_orders
    if order is not None and order.parent_id:
        order = order.replace(parent_id=ids.get(order.parent_id, order.parent_id))
    if attached is not None:
        attached = attached.replace(
            sl_order_id=new_id() if attached.sl_order_id else None,
            pt_order_id=new_id() if attached.pt_order_id else None,
        )
    return message.replace(order_id=order_id, order=order, attached_orders=attached)


def _was_never_sent(trade: Trade) -> bool:
    """Whether an order was given up here before, and is put right now."""
    rejection = trade.rejection
    return not trade.acknowledged and rejection is not None and rejection.code in (NOT_CONNECTED, OUT_OF_DATE)
