"""What is ordered, on disk before it is sent, so that a process that starts again knows its orders.

One JSON object a line, appended::

    {"time": …, "client_id": 1, "intent": "place", "order_id": 7, "contract": {…}, "order": {"order_ref": …}}
    {"time": …, "client_id": 1, "intent": "cancel", "order_id": 7}
    {"time": …, "client_id": 1, "heard": "perm_id", "order_id": 7, "perm_id": 1000000001}
    {"time": …, "client_id": 1, "heard": "done", "order_id": 7, "status": "Filled"}

Intents are on the disk before the socket has them. What is heard makes the search shorter, and may be lost in a crash.
"""

from __future__ import annotations

import json
import logging
import os
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ibfast._codec import Kind
from ibfast.contract import Contract
from ibfast.order import Order
from ibfast.schema import CancelOrderRequest, ExerciseOptionsRequest, GlobalCancelRequest, PlaceOrderRequest
from ibfast.schema.declare import Message
from ibfast.trade import Trade, TradeEvent

if TYPE_CHECKING:
    from ibfast.trades import Trades

LOG = logging.getLogger("ibfast.journal")

M = TypeVar("M", bound=Message)

INTENTS: dict[type[Message], str] = {
    PlaceOrderRequest: "place",  # a change is the same order id once more
    CancelOrderRequest: "cancel",
    GlobalCancelRequest: "cancel_all",
    ExerciseOptionsRequest: "exercise",
}


class Journal:
    """The orders of one client id in a file, which may have those of others too.

    Raises:
        OSError: the file cannot be written.
    """

    def __init__(self, path: str | os.PathLike[str], client_id: int) -> None:
        self.path = Path(path)
        self.client_id = client_id
        self.last_order_id = 0
        self._trades: dict[int, Trade] = {}  # by order id, those that are not done
        self._perm_ids: dict[int, int] = {}
        self._done: set[int] = set()
        for entry in _entries(self.path):
            if entry.get("client_id") == client_id:
                self._read(entry)
        self._file = self.path.open("ab")
        if self._file.tell() and not _ends_its_line(self.path):  # the last process died as it wrote
            self._file.write(b"\n")

    def restore(self, trades: Trades) -> None:
        """Follow the orders that were not done when the last process ended."""
        for trade in self._trades.values():
            trades.add(trade)
        trades.listeners.append(self.heard)

    def named(self, order: Order) -> Order:
        """The order, with a reference that no other has, unless it has one."""
        return order if order.order_ref else order.replace(order_ref=f"ibfast-{uuid.uuid4().hex[:16]}")

    def intend(self, message: Message) -> None:
        """A message is about to leave; when this returns the disk has it."""
        line: dict[str, Any] = {"intent": INTENTS[type(message)]}
        line |= {name: value for name, value in message.to_dict().items() if name != "order_cancel"}
        self._write(line)
        self._file.flush()
        os.fsync(self._file.fileno())

    def heard(self, event: TradeEvent) -> None:
        """TWS has spoken of an order: its permanent id and its end are worth a line each."""
        trade = event.trade
        if trade.client_id != self.client_id or not trade.order_id or self._file.closed:
            return
        if trade.order_id in self._done:
            return
        if trade.perm_id and self._perm_ids.get(trade.order_id) != trade.perm_id:
            self._perm_ids[trade.order_id] = trade.perm_id
            self._write({"heard": "perm_id", "order_id": trade.order_id, "perm_id": trade.perm_id})
        if trade.is_done:
            self._done.add(trade.order_id)
            self._write({"heard": "done", "order_id": trade.order_id, "status": trade.status})
        self._file.flush()

    def close(self) -> None:
        """Close the file; may be called twice."""
        self._file.close()

    def _write(self, line: dict[str, Any]) -> None:
        line = {"time": datetime.now(UTC).isoformat(), "client_id": self.client_id} | line
        self._file.write(json.dumps(line, default=str, separators=(",", ":")).encode() + b"\n")

    def _read(self, entry: dict[str, Any]) -> None:
        order_id = entry.get("order_id", 0)
        self.last_order_id = max(self.last_order_id, order_id)
        trade = self._trades.get(order_id)
        if entry.get("intent") == "place":
            order = message_of(Order, entry["order"])
            if trade is not None:
                trade.sent_again(order)
            else:
                self._trades[order_id] = Trade(message_of(Contract, entry["contract"]), order, order_id, self.client_id)
        elif entry.get("heard") == "perm_id" and trade is not None:
            trade.perm_id = self._perm_ids[order_id] = entry["perm_id"]
        elif entry.get("heard") == "done":
            self._trades.pop(order_id, None)


def _entries(path: Path) -> Iterator[dict[str, Any]]:
    """The lines that can be read; one that a crash cut off cannot, and was never sent."""
    if not path.exists():
        return
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                yield json.loads(line)
            except ValueError:
                if line.strip():
                    LOG.warning("%s, line %d: cannot be read", path, number)


def _ends_its_line(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read() == b"\n"


def message_of(cls: type[M], fields: dict[str, Any]) -> M:
    """What `Message.to_dict` was made of, after its way through JSON."""
    return cls(**{name: _value(cls.__fields__[name], value) for name, value in fields.items()})


def _value(field: Any, value: Any) -> Any:
    if field.kind == Kind.MESSAGE:
        return [message_of(field.type, it) for it in value] if field.repeated else message_of(field.type, value)
    return Decimal(value) if field.kind == Kind.DECIMAL else value
