"""What is ordered, on disk before it is sent, so that a process that starts again knows its orders.

A head, then one JSON object a line, appended::

    {"journal": "ibfast", "version": 1}
    {"time": …, "client_id": 1, "gateway": "localhost:4002", "intent": "place", "order_id": 7, "contract": {…}, …}
    {"time": …, "client_id": 1, "gateway": "localhost:4002", "intent": "cancel", "order_id": 7}
    {"time": …, "client_id": 1, "gateway": "localhost:4002", "heard": "perm_id", "order_id": 7, "perm_id": 1000000001}
    {"time": …, "client_id": 1, "gateway": "localhost:4002", "heard": "done", "order_id": 7, "status": "Filled"}

Values are those that went on the wire; decimals are texts. Intents are on the disk before the socket has them. What is
heard makes the search shorter, and may be lost in a crash. A change is the same order id once more. A file without a
head is of the time before there were versions, its orders are of whatever gateway asks first.

When a journal is opened, one that is larger than `COMPACTED_FROM` is rewritten without what is done, if that is most of
it; the lines of other client ids and gateways stay.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ibfast import wire
from ibfast._codec import Kind
from ibfast.orders.journal_file import HEAD_START, VERSION, Claim, JournalFile
from ibfast.orders.order_status import INACTIVE, UNKNOWN
from ibfast.orders.trade import Trade, TradeEvent
from ibfast.schema import CancelOrderRequest, ExerciseOptionsRequest, GlobalCancelRequest, PlaceOrderRequest
from ibfast.schema.contract import Contract
from ibfast.schema.declare import Message
from ibfast.schema.order import AttachedOrders, Order
from ibfast.schema.versions import LAST_VERSION

if TYPE_CHECKING:
    from ibfast.orders.trade_registry import TradeRegistry

LOG = logging.getLogger("ibfast.journal")

M = TypeVar("M", bound=Message)

INTENTS: dict[type[Message], str] = {
    PlaceOrderRequest: "place",
    CancelOrderRequest: "cancel",
    GlobalCancelRequest: "cancel_all",
    ExerciseOptionsRequest: "exercise",
}
ORDERS = ("place", "exercise")
CANCELS = (CancelOrderRequest, GlobalCancelRequest)
HEARD = ("perm_id", "done", "last_order_id")

COMPACTED_FROM = 4 << 20
"""Bytes from which on a journal is rewritten when it is opened, if less than half of its lines still matter."""

WARNINGS_SHOWN = 10

LINE = re.compile(
    rb'\{"time":"[^"]*","client_id":(?P<client_id>-?\d+),(?:"gateway":"(?P<gateway>[^"\\]*)",)?'
    rb'"(?:intent|heard)":"(?P<what>\w+)"(?:,"order_id":(?P<order_id>-?\d+))?'
    rb'(?:,"perm_id":(?P<perm_id>\d+))?(?:,"status":"(?P<status>\w*)")?'
)
"""How a line begins: enough to know whose it is and whether it still matters. The rest is read only if it does."""

LOCAL = ("localhost", "127.0.0.1", "::1")


def gateway_name(host: str, port: int) -> str:
    """What a journal calls a gateway; this machine has one name."""
    return f"{'localhost' if host.lower() in LOCAL else host.lower()}:{port}"


async def open_journal(path: str | os.PathLike[str], client_id: int, gateway: str) -> Journal:
    """Read a journal without holding up the event loop.

    Raises:
        OSError: the file cannot be read or written. JournalInUse: another client keeps this journal.
    """
    pool = ThreadPoolExecutor(1, "ibfast-journal")
    try:
        opening = pool.submit(Journal, path, client_id, gateway)
        try:
            return await asyncio.wrap_future(opening)
        except asyncio.CancelledError:
            opening.add_done_callback(
                lambda done: None if done.cancelled() or done.exception() else done.result().close()
            )
            raise
    finally:
        pool.shutdown(wait=False)


class Journal:
    """The orders of one client id at one gateway in a file, which may have those of others too.

    Without a ``gateway`` those of all gateways are read.

    Raises:
        OSError: the file cannot be read or written. JournalInUse: another client keeps this journal.
    """

    def __init__(self, path: str | os.PathLike[str], client_id: int, gateway: str = "") -> None:
        self.path = Path(path)
        self.client_id = client_id
        self.gateway = gateway
        self.last_order_id = 0
        self._trades: list[Trade] = []
        self._perm_ids: dict[int, int] = {}
        self._done: set[int] = set()
        self._unwritten: list[bytes] = []  # what was heard while the disk was full
        self._claim = Claim(self.path, client_id, gateway)
        try:
            self._file = JournalFile(self.path)
            try:
                self._load()
            except BaseException:
                self._file.close()
                raise
        except BaseException:
            self._claim.release()
            raise

    def restore(self, trades: TradeRegistry) -> None:
        """Follow the orders that were not done when the last process ended."""
        for trade in self._trades:
            trades.add(trade)
        self._trades = []
        trades.listeners.append(self.heard)

    def named(self, order: Order) -> Order:
        """The order, with a reference that no other has, unless it has one."""
        return order if order.order_ref else order.replace(order_ref=f"ibfast-{uuid.uuid4().hex[:16]}")

    def log_intent(self, message: Message, server_version: int = LAST_VERSION) -> None:
        """A message is about to leave; when this returns the disk has it.

        What cancels is sent even if the disk is full: it makes nothing worse, and restoring does not need it.

        Raises:
            VersionError, ValueError: as `ibfast.wire.encode`. OSError: it cannot be written, and must not be sent.
        """
        payload = wire.encode(message, server_version)
        sent = as_sent(message, wire.decode(payload, server_version, direction="outgoing"))
        sent.pop("order_cancel", None)
        line = self._line({"intent": INTENTS[type(message)]} | sent)
        try:
            self._write(line, sync=True)
        except OSError as error:
            if not isinstance(message, CANCELS):
                text = f"{error.strerror or error}; the order was not sent, because the journal cannot have it"
                raise OSError(error.errno, text, str(self.path)) from error
            LOG.warning("%s: a cancel is sent but could not be written down: %s", self.path, error)
        self._done.discard(sent.get("order_id", 0))

    def heard(self, event: TradeEvent) -> None:
        """TWS has spoken of an order: its permanent id and its end are worth a line each."""
        trade = event.trade
        if trade.client_id != self.client_id or not trade.order_id or self._file.is_closed:
            return
        if trade.order_id in self._done:
            return
        lines = []
        if trade.perm_id and self._perm_ids.get(trade.order_id) != trade.perm_id:
            self._perm_ids[trade.order_id] = trade.perm_id
            lines.append({"heard": "perm_id", "order_id": trade.order_id, "perm_id": trade.perm_id})
        if trade.is_done and trade.status not in (INACTIVE, UNKNOWN):  # after which an order may go on (seen)
            self._done.add(trade.order_id)
            self._perm_ids.pop(trade.order_id, None)
            lines.append({"heard": "done", "order_id": trade.order_id, "status": trade.status})
        if not lines:
            return
        written = b"".join(map(self._line, lines))
        try:
            self._write(written, sync=False)
        except OSError as error:
            if not self._unwritten:
                LOG.warning("%s: cannot be written, what TWS says waits until it can: %s", self.path, error)
            self._unwritten.append(written)

    def close(self) -> None:
        """Close the file; may be called twice."""
        self._file.close()
        self._claim.release()

    # ------------------------------------------------------------------------------------------------- writing

    def _line(self, entry: dict[str, Any]) -> bytes:
        whose: dict[str, Any] = {"time": datetime.now(UTC).isoformat(), "client_id": self.client_id}
        if self.gateway:
            whose["gateway"] = self.gateway
        return json.dumps(whose | entry, default=str, separators=(",", ":")).encode() + b"\n"

    def _write(self, lines: bytes, *, sync: bool) -> None:
        self._file.append(b"".join(self._unwritten) + lines, sync=sync)
        self._unwritten.clear()

    # ------------------------------------------------------------------------------------------------- reading

    def _load(self) -> None:
        with self._file.alone():
            reading = Reading(self.path, self.client_id, self.gateway)
            for number, line in self._file.lines():
                reading.read(number, line)
            self._file.needs_head = reading.version != VERSION
            self.last_order_id = reading.last_order_id
            self._perm_ids = reading.perm_ids
            self._trades = [trade for trade in map(reading.trade, sorted(reading.open)) if trade is not None]
            reading.finish()
            if self._file.size > COMPACTED_FROM and 2 * reading.matter < reading.count:
                self._compact(reading)

    def _compact(self, reading: Reading) -> None:
        last = self._line({"heard": "last_order_id", "order_id": self.last_order_id}).rstrip()
        try:
            self._file.replace([*reading.kept(), last])
        except OSError as error:
            LOG.warning("%s: could not be compacted: %s", self.path, error)


class Reading:
    """A journal as it is being read: for one client id the lines of orders that are not done, of others all."""

    def __init__(self, path: Path, client_id: int, gateway: str) -> None:
        self.path = path
        self.version = 0
        self.count = 0  # lines
        self.last_order_id = 0
        self.open: dict[int, list[tuple[int, bytes]]] = {}  # by order id, its lines with their numbers
        self.perm_ids: dict[int, int] = {}
        self._client_id = client_id
        self._gateway = gateway
        self._others: list[tuple[int, bytes]] = []
        self._elsewhere: dict[str, set[int]] = {}  # by gateway, orders of this client id that are not done
        self._perm_lines: dict[int, tuple[int, bytes]] = {}
        self._warnings = 0

    @property
    def matter(self) -> int:
        """How many lines matter still."""
        return len(self._others) + sum(map(len, self.open.values())) + len(self._perm_lines)

    def read(self, number: int, line: bytes) -> None:
        """The next line of the file."""
        if not line:
            return
        self.count += 1
        if line.startswith(HEAD_START):
            self._read_head(number, line)
        elif self.version > VERSION:
            self._others.append((number, line))
        elif (match := LINE.match(line)) is not None and line.endswith(b"}"):
            self._sort(number, line, match.groupdict())
        else:
            self._read_freely(number, line)

    def trade(self, order_id: int) -> Trade | None:
        """The order of an id as it was sent last."""
        for number, line in reversed(self.open[order_id]):
            try:
                trade = _trade_of(json.loads(line), self._client_id)
            except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError) as error:
                self._warn(number, f"is no order: {error!r}")
                continue
            trade.perm_id = self.perm_ids.get(order_id, 0)
            trade.acknowledged = bool(trade.perm_id)  # it had reached TWS
            return trade
        return None

    def finish(self) -> None:
        """Say what the warnings did not, and what is not looked after here."""
        if self._warnings > WARNINGS_SHOWN:
            LOG.warning("%s: %d more lines were skipped", self.path, self._warnings - WARNINGS_SHOWN)
        for gateway, orders in self._elsewhere.items():
            if orders:
                text = "%s: %d orders of client %d at the gateway %s are not done, and not followed here"
                LOG.warning(text, self.path, len(orders), self._client_id, gateway)

    def kept(self) -> list[bytes]:
        """The lines that matter, in their order."""
        kept = [*self._others, *self._perm_lines.values(), *(line for lines in self.open.values() for line in lines)]
        return [line for _, line in sorted(kept)]

    def _read_head(self, number: int, line: bytes) -> None:
        try:
            self.version = int(json.loads(line)["version"])
        except (ValueError, LookupError, TypeError):
            self._warn(number, "is no head of a journal")
            return
        if self.version > VERSION:
            text = f"begins lines of version {self.version}, which a later ibfast has written; this one skips them"
            self._warn(number, text)
            self._others.append((number, line))

    def _read_freely(self, number: int, line: bytes) -> None:
        """A line that is spelled in another way, or cut off by a crash: that one was never sent."""
        try:
            entry = json.loads(line)
            what = entry.get("intent") or entry["heard"]
            numbers = {name: int(entry[name]) for name in ("client_id", "order_id", "perm_id") if name in entry}
            gateway = entry.get("gateway")
            parts = {"what": str(what).encode(), "gateway": None if gateway is None else str(gateway).encode()}
            parts |= {name: str(value).encode() for name, value in numbers.items()}
            self._sort(number, line, parts | {"status": str(entry.get("status", "")).encode()})
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            self._warn(number, f"cannot be read: {error!r}")

    def _sort(self, number: int, line: bytes, parts: dict[str, Any]) -> None:
        what, order_id = parts["what"].decode(), int(parts.get("order_id") or 0)
        gateway = parts.get("gateway")
        if int(parts["client_id"]) != self._client_id:
            self._others.append((number, line))
        elif gateway is not None and self._gateway and gateway.decode() != self._gateway:
            self._others.append((number, line))
            orders = self._elsewhere.setdefault(gateway.decode(), set())
            (orders.add if what in ORDERS else orders.discard if what == "done" else int)(order_id)
        elif what in ORDERS:
            self.open.setdefault(order_id, []).append((number, line))
            self._saw(order_id)
            if b'"attached_orders"' in line:
                self._saw_attached(line)
        elif what == "perm_id" and order_id in self.open:
            self.perm_ids[order_id] = int(parts.get("perm_id") or 0)
            self._perm_lines[order_id] = number, line
        elif what == "done" and (parts.get("status") or b"").decode() != INACTIVE:  # files without a head had that
            self.open.pop(order_id, None)
            self.perm_ids.pop(order_id, None)
            self._perm_lines.pop(order_id, None)
        elif what == "last_order_id":
            self._saw(order_id)
        elif what not in INTENTS.values() and what not in HEARD:
            self._warn(number, f"has an unknown entry {what!r}")

    def _saw(self, order_id: int) -> None:
        self.last_order_id = max(self.last_order_id, order_id)

    def _saw_attached(self, line: bytes) -> None:
        """What TWS attaches to an order has ids too."""
        for digits in re.findall(rb'"(?:sl|pt)_order_id":(\d+)', line):
            self._saw(int(digits))

    def _warn(self, number: int, what: str) -> None:
        self._warnings += 1
        if self._warnings <= WARNINGS_SHOWN:
            LOG.warning("%s, line %d: %s", self.path, number, what)


def _trade_of(entry: dict[str, Any], client_id: int) -> Trade:
    contract = message_of(Contract, entry["contract"])
    if entry["intent"] == "exercise":
        order = Order(total_quantity=Decimal(entry["exercise_quantity"]), account=entry.get("account"))
        return Trade(contract, order, entry["order_id"], client_id)
    attached = entry.get("attached_orders")
    return Trade(
        contract, message_of(Order, entry["order"]), entry["order_id"], client_id,
        attached=message_of(AttachedOrders, attached) if attached else None,
    )  # fmt: skip


def as_sent(message: Message, decoded: Message) -> dict[str, Any]:
    """The fields of a message with the values that its bytes have: what a reader at the other end would get."""
    fields: dict[str, Any] = {}
    for name, field in type(message).__fields__.items():
        value, seen = getattr(message, name), getattr(decoded, name)
        if seen is None or (value is None and field.default is None):
            continue
        if field.kind == Kind.MESSAGE and field.repeated:
            parts = [as_sent(*pair) for pair in zip(value, seen, strict=True)]
            seen = [part for part in parts if part]
        elif field.kind == Kind.MESSAGE:
            seen = as_sent(value, seen) if value is not None else seen.to_dict()
        if seen or not isinstance(seen, dict | list):
            fields[name] = seen
    return fields


def message_of(cls: type[M], fields: dict[str, Any]) -> M:
    """What `as_sent` or `Message.to_dict` was made of, after its way through JSON.

    Raises:
        ValueError, TypeError, ArithmeticError, KeyError: it was made of something else.
    """
    return cls(**{name: _value(cls.__fields__[name], value) for name, value in fields.items()})


def _value(field: Any, value: Any) -> Any:
    if field.kind == Kind.MESSAGE:
        return [message_of(field.type, part) for part in value] if field.repeated else message_of(field.type, value)
    return [_typed(field.kind, part) for part in value] if field.repeated else _typed(field.kind, value)


def _typed(kind: int, value: Any) -> Any:
    """A value of a field's type; files without a head have numbers and truths as texts, too."""
    if kind == Kind.DECIMAL:
        return Decimal(str(value))
    if kind == Kind.FLOAT:
        return float(value)
    if kind in (Kind.INT, Kind.LONG):
        return int(value)
    if kind == Kind.BOOL:
        return value not in (False, 0, "False", "false", "0")
    return value
