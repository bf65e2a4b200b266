"""What is said to a gateway and what its answers mean. No I/O: bytes go into an outbox, messages come in one by one.

::

    NEW ──start()──▶ GREETING ──two text fields──▶ STARTING ──next id and accounts──▶ READY
                        │                             │                                 │
                        └────────────────────────── lost() ─────────────────────────────┴──▶ CLOSED
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from enum import Enum
from time import monotonic_ns
from typing import TYPE_CHECKING, Any

from ibfast import wire
from ibfast._codec import Outbox
from ibfast.contracts.cache import GatewayKind
from ibfast.error_codes import ORDER_CODES, ErrorKind, RequestKind, Verdict, find
from ibfast.errors import (
    AnswerTooLarge,
    ConnectionFailed,
    DecodeError,
    IbfastError,
    PacingError,
    ReadOnly,
    RequestError,
)
from ibfast.listeners import notify_all
from ibfast.orders.trade import Trade
from ibfast.orders.trade_registry import TradeRegistry
from ibfast.request_kinds import contract_of, describe, kind_of
from ibfast.schema import (
    CancelOrderRequest,
    CommissionAndFeesReport,
    ErrorMessage,
    ExecutionDetails,
    ExerciseOptionsRequest,
    GlobalCancelRequest,
    IdsRequest,
    ManagedAccounts,
    MarketDataTypeRequest,
    NextValidId,
    OpenOrder,
    OpenOrdersEnd,
    OrderBound,
    OrderStatus,
    PlaceOrderRequest,
    StartApiRequest,
)
from ibfast.schema.contract import the_contract
from ibfast.schema.contract_validation import DAY_DIGITS, check_contract, with_day_only
from ibfast.schema.declare import Message
from ibfast.schema.versions import FIRST_VERSION, LAST_VERSION
from ibfast.session.expected_answers import ANSWER_LIMIT_BYTES, is_answer_to
from ibfast.session.ids import Ids
from ibfast.session.pacing import Pacing
from ibfast.session.pending import MessageHandler, PendingRequest, Resubscribe, Resumable
from ibfast.session.shared_requests import SharedRequests
from ibfast.streams.base import StreamRef
from ibfast.streams.shared import SharedSubscription

if TYPE_CHECKING:
    from ibfast.orders.journal import Journal

MESSAGES = logging.getLogger("ibfast.messages")
PACING = logging.getLogger("ibfast.pacing")

LONG_WAIT_NS = 1_000_000_000
"""A longer wait for pacing is worth a warning."""

DUPLICATE_ID = 103
PERMANENT_ID = re.compile(r"permId =\s*(\d+)")
"""What an error that is about an order names it by, beside its number (161, seen)."""

ORDER_REQUESTS = (PlaceOrderRequest, CancelOrderRequest, GlobalCancelRequest, ExerciseOptionsRequest)
"""What a read-only session never sends."""

TEXT_KEPT = 4_096
JSON_KEPT = 65_536
"""Characters of the text of an error message, and of the JSON about a rejected order, that are kept."""

SIMULATOR_ZONE = "Zulu"
"""The time zone in the hello of the simulator: UTC, by a name that no real gateway has been seen to use."""

DELAYED = (3, 4)
"""The market data types that bring delayed data where no others are subscribed to."""

FAILURES = (ErrorKind.REJECTION, ErrorKind.PACING, ErrorKind.ENTITLEMENT, ErrorKind.FATAL)
"""Messages of these kinds are failures, whether or not they end a request."""

HELLO_DIGITS = 9
"""No server version is longer; a longer number is no hello."""


class State(Enum):
    """Where a conversation is; see the picture above."""

    NEW = "new"
    GREETING = "greeting"
    STARTING = "starting"
    READY = "ready"
    CLOSED = "closed"


class Session:
    """One session with a gateway.

    ``versions`` is the range of server versions to offer; a ``read_only`` session sends no orders, a ``journal`` has
    all that are sent. ``on_state`` hears of every change of `State`, ``on_notice`` of every `ErrorMessage` or
    `DecodeError` that no request or order claims, and of warnings too; ``on_failure`` of every refusal and failure,
    whoever else does. ``on_ended`` is given the streams that TWS has ended and that can be requested again. ``on_wait``
    is called when a message has to wait
    for its turn, or one that waits may go earlier: `release` lets them go. ``clock`` counts nanoseconds.
    """

    def __init__(
        self,
        client_id: int,
        *,
        versions: tuple[int, int] = (FIRST_VERSION, LAST_VERSION),
        optional_capabilities: str = "",
        pacing: Pacing | None = None,
        read_only: bool = False,
        journal: Journal | None = None,
        answer_limit_bytes: int = ANSWER_LIMIT_BYTES,
        clock: Callable[[], int] = monotonic_ns,
        on_state: Callable[[State], object] = lambda state: None,
        on_notice: Callable[[ErrorMessage | DecodeError], object] = lambda notice: None,
        on_failure: Callable[[IbfastError], object] = lambda error: None,
    ) -> None:
        low, high = versions
        if not FIRST_VERSION <= low <= high <= LAST_VERSION:
            raise ValueError(f"versions: {low}..{high} is not within {FIRST_VERSION}..{LAST_VERSION}")
        self.client_id = client_id
        self.versions = versions
        self.optional_capabilities = optional_capabilities
        self.read_only = read_only
        self.journal = journal
        self.on_state = on_state
        self.on_notice = on_notice
        self.on_failure = on_failure
        self.on_ended: Resubscribe = lambda stream, error: stream.failed(error)
        self.on_wait: Callable[[], object] = lambda: None
        self.clock = clock
        self.pacing = pacing if pacing is not None else Pacing()
        self.state = State.NEW
        self.outbox = Outbox()
        self.server_version = 0
        self.connection_time = ""
        self.accounts: list[str] = []
        self.error: IbfastError | None = None
        self.refusal: ErrorMessage | None = None  # the last error before READY: why a gateway hangs up, if it says
        self.ids = Ids()
        self.trades = TradeRegistry(client_id)
        if journal is not None:
            journal.restore(self.trades)
            self.ids.raise_to(journal.last_order_id + 1)
        self.unmatched = 0  # messages that nobody waits for any more
        self.malformed = 0
        self.unknown = 0
        self.skipped_greetings = 0
        self._missing: set[type[Message]] = {NextValidId, ManagedAccounts}  # before READY
        self._waiting: dict[int, MessageHandler | StreamRef] = {}
        self._requests: dict[int, Message] = {}  # what each of them asked for
        self._warned_of_waits = False  # since messages last began to queue
        self._takes_delayed = False  # whether the session has asked for delayed market data
        self.answer_limit_bytes = answer_limit_bytes
        self.message_bytes = 0  # of the message that is being received
        self.shared = SharedRequests(self._send_soon, answer_limit_bytes)
        self.feeds: dict[type[Message], SharedSubscription] = {}

    # ------------------------------------------------------------------------------------------ the handshake

    def start(self) -> None:
        """Say hello: the API mark, and the server versions on offer."""
        low, high = self.versions
        self.outbox.put_raw(b"API\0" + wire.frame(f"v{low}..{high}".encode()))
        self._enter(State.GREETING)

    def on_server_hello(self, payload: bytes) -> bool:
        """A frame during the handshake; True when it was the server's hello. Frames of another shape are skipped.

        Raises:
            ConnectionFailed: the server chose a version that was not on offer.
        """
        fields = payload.split(b"\0")
        if len(fields) != 3 or fields[2] or not fields[0].isdigit() or len(fields[0]) > HELLO_DIGITS:
            self.skipped_greetings += 1
            return False
        version = int(fields[0])
        low, high = self.versions
        if not low <= version <= high:
            raise ConnectionFailed(f"the server speaks version {version}; ibfast offered {low} to {high}")
        self.server_version = version
        self.connection_time = fields[1].decode(errors="backslashreplace")
        self.send(StartApiRequest(client_id=self.client_id, optional_capabilities=self.optional_capabilities or None))
        self._enter(State.STARTING)
        return True

    @property
    def gateway_kind(self) -> GatewayKind:
        """Whether the gateway is the simulator, by its hello."""
        is_simulated = self.connection_time.endswith(" " + SIMULATOR_ZONE)
        return GatewayKind.SIMULATOR if is_simulated else GatewayKind.REAL

    def _has_come(self, part: type[Message]) -> None:
        self._missing.discard(part)
        if self.state is State.STARTING and not self._missing:
            self._enter(State.READY)

    def _enter(self, state: State) -> None:
        self.state = state
        self.on_state(state)

    # ------------------------------------------------------------------------------------------ what we ask

    def send(self, message: Message) -> None:
        """Put a message into the outbox, now if its pace allows it, else as soon as that does.

        Raises:
            VersionError, ValueError: as `ibfast.wire.encode`, or its contract can never be; nothing was put.
            PacingError: as many of its kind are open as may be. ReadOnly: it is an order, and none may leave.
        """
        if self.read_only:
            self.check_write(message)
        contract = getattr(message, "contract", None)
        if contract is not None:
            check_contract(the_contract(contract))
            if len(contract.last_trade_date_or_contract_month or "") > DAY_DIGITS:
                message = with_day_only(message)
        if isinstance(message, MarketDataTypeRequest):
            self._takes_delayed = message.market_data_type in DELAYED
        plan, now_ns = wire.plan_for(message, self.server_version), self.clock()
        if self.journal is not None and _is_order_request(message):
            self.journal.log_intent(message, self.server_version)
        if MESSAGES.isEnabledFor(logging.DEBUG):
            MESSAGES.debug("client %d sent %r", self.client_id, message)
        if not self.pacing.on:
            self.outbox.put(plan, message)
        elif self._may_leave(message, now_ns):
            self.outbox.put(plan, message)
            self.pacing.record_sent(message, now_ns)
        else:
            self.pacing.wait(message, wire.frame(wire.encode(message, self.server_version)), now_ns)
            self.on_wait()

    def _may_leave(self, message: Message, now_ns: int) -> bool:
        try:
            return self.pacing.try_acquire(message, now_ns)
        except PacingError as error:
            self.on_failure(error)
            raise

    def check_write(self, message: Message) -> None:
        """Raise ReadOnly for what orders, changes or cancels, if this session may not."""
        if _is_order_request(message):
            self.check_writable(type(message).__name__)

    def check_writable(self, what: str) -> None:
        """Raise ReadOnly if this session may not order, change or cancel."""
        if self.read_only:
            raise ReadOnly(f"{what}: this client is read-only")

    def release(self) -> int | None:
        """Put what has waited long enough into the outbox; nanoseconds until there may be more, or None."""
        now_ns = self.clock()
        leaving, soonest_ns = self.pacing.release(now_ns)
        for waiting in leaving:
            self.outbox.put_frame(waiting.frame)
            self._tell_wait(now_ns - waiting.since_ns, waiting.message)
            receiver = self._waiting.get(waiting.req_id) if waiting.req_id is not None else None
            if isinstance(receiver, PendingRequest):
                receiver.on_sent()
        if soonest_ns is None:
            self._warned_of_waits = False
            return None
        if soonest_ns - now_ns > LONG_WAIT_NS:
            self._tell_wait(soonest_ns - now_ns)
        return soonest_ns - now_ns

    def _tell_wait(self, wait_ns: int, message: Message | None = None) -> None:
        """Log a wait for pacing: a long one is a warning, unless that was said since messages began to queue."""
        is_warning = wait_ns > LONG_WAIT_NS and not self._warned_of_waits
        self._warned_of_waits |= is_warning
        level = logging.WARNING if is_warning else logging.INFO
        if PACING.isEnabledFor(level):
            if message is not None:
                PACING.log(level, "%s has waited %.1f s for pacing", describe(message), wait_ns / 1e9)
            else:
                waiting = {name: lane.waiting for name, lane in self.pacing.gauges(self.clock()).lanes.items()}
                PACING.log(level, "messages wait for pacing, the next at least %.1f s: %s", wait_ns / 1e9, waiting)

    def ask(self, request: Message, receiver: MessageHandler) -> int:
        """Send a request under a new id, whose answers go to ``receiver``; the id."""
        req_id = self.ids.request()
        request.req_id = req_id  # type: ignore[attr-defined]
        self.send(request)
        self._wait_for(req_id, request, receiver)
        return req_id

    def ask_about_order(self, request: PlaceOrderRequest, receiver: MessageHandler) -> int:
        """Send an order that is not to be placed, under a new order id; what TWS says of it goes to ``receiver``."""
        request.order_id = self.ids.order()
        self.send(request)
        self._wait_for(request.order_id, request, receiver)
        return request.order_id

    def _wait_for(self, req_id: int, request: Message, receiver: MessageHandler) -> None:
        self._waiting[req_id] = receiver
        self._requests[req_id] = request

    def hold_weakly(self, req_id: int, waiter: object, on_dropped: Callable[[], object]) -> None:
        """Do not keep the stream of this id alive; ``on_dropped`` is called, in any thread, when nothing else does."""
        ref = StreamRef(self._waiting[req_id], lambda ref: on_dropped())
        ref.waiter = waiter
        self._waiting[req_id] = ref

    def _handler(self, req_id: int | None) -> MessageHandler | None:
        """Who gets the messages of a request id."""
        entry = self._waiting.get(req_id) if req_id is not None else None
        return entry() if isinstance(entry, StreamRef) else entry

    def _handlers(self) -> list[MessageHandler]:
        """All of them, in the order of their requests."""
        return [handler for req_id in self._waiting if (handler := self._handler(req_id)) is not None]

    def is_open(self, req_id: int) -> bool:
        """Whether somebody waits for messages under this id."""
        return req_id in self._waiting

    def forget(self, req_id: int) -> bool:
        """Nobody waits for this id any more; what still comes is counted and dropped. False if it is not at TWS."""
        is_open = req_id in self._waiting
        self._finish(req_id)
        return not self.pacing.withdraw(req_id) and is_open

    def _finish(self, req_id: int) -> None:
        self._waiting.pop(req_id, None)
        self._requests.pop(req_id, None)
        if self.pacing.finished(req_id):
            self.on_wait()

    def follow(self, request: Message, feed: SharedSubscription) -> int:
        """Send a request without an id whose messages go to a feed; the id that stands for it here."""
        self.send(request)
        req_id = self.ids.request()
        self._wait_for(req_id, request, feed)
        return req_id

    def _send_soon(self, message: Message) -> None:
        """Send from within what we hear, where nobody empties the outbox afterwards."""
        self.send(message)
        self.on_wait()

    # ------------------------------------------------------------------------------------------ what we hear

    def received(self, message: Message) -> None:
        """A message from the gateway, in wire order; ``message_bytes`` says how many bytes it had."""
        handler = _HANDLERS.get(type(message))
        if handler is not None:
            handler(self, message)
        feed = self.feeds.get(type(message))
        is_shared = self.shared.received(message, self.message_bytes) | (feed is not None and feed.received(message))
        req_id: int | None = message.req_id if "req_id" in type(message).__fields__ else None  # type: ignore[attr-defined]
        if req_id is not None:
            self._deliver(req_id, message)
        elif handler is None and not is_shared:
            self.unmatched += 1

    def refused(self, error: DecodeError) -> None:
        """A message that could not be read: whoever waits for it learns why, everybody can see it."""
        name = "id" if error.message == ErrorMessage.__name__ else "req_id"
        self._fail_unreadable(wire.number_in(error.payload, self.server_version, name), error)
        self.shared.refused(error, self.server_version)
        for part, feed in self.feeds.items():
            if part.__name__ == error.message:
                feed.refused(error)

    def report_decode_error(self, error: DecodeError) -> None:
        """A message, or values in one, that make no sense: everybody can see it."""
        self.malformed += 1
        self.on_notice(error)
        self.on_failure(error)

    def unknown_message(self, msg_id: int, payload: bytes) -> None:
        """A message id that this version of the protocol does not have."""
        self.unknown += 1
        self.on_notice(DecodeError("payload", "msg_id", 0, f"unknown message id {msg_id}", payload))

    def streams(self, *, durable: bool = True) -> list[Resumable]:
        """The live streams that outlive a session, in the order they were opened; or those that do not."""
        return [handler for handler in self._handlers() if getattr(handler, "durable", None) is durable]  # type: ignore[misc]

    def interrupted(self, error: IbfastError) -> list[Resumable]:
        """The connection is gone and there will be another: who waits learns it, streams are given back."""
        streams = self.streams()
        for stream in streams:
            del self._waiting[stream.req_id]
            self._requests.pop(stream.req_id, None)
        self.lost(error)
        self.trades.begin_replay()
        self.outbox.take()
        self.refusal = None
        self._missing = {NextValidId, ManagedAccounts}
        self._enter(State.NEW)
        return streams

    def lost(self, error: IbfastError) -> None:
        """The connection is gone; everybody who waits learns it."""
        if self.state is State.CLOSED:
            return
        self.error = error
        waiting = self._handlers()
        self._waiting.clear()
        self._requests.clear()
        self.pacing.clear()
        self._enter(State.CLOSED)
        notify_all((receiver.failed for receiver in waiting), error)
        self.shared.lost(error)

    def _deliver(self, req_id: int, message: Message) -> None:
        receiver = self._handler(req_id)
        if self.pacing.is_wary:
            self.pacing.answered(req_id, self.clock())
        if receiver is None:
            self.unmatched += not isinstance(message, ExecutionDetails)  # counted where no trade knows it either
        elif not is_answer_to(request := self._requests[req_id], message):
            reason = f"it is no answer to {type(request).__name__}"
            self._fail_unreadable(req_id, DecodeError(type(message).__name__, "req_id", 0, reason, b""))
        elif isinstance(receiver, PendingRequest) and self._is_too_large(receiver):
            self._finish(req_id)
            receiver.failed(AnswerTooLarge(type(request).__name__, self.answer_limit_bytes))
        elif receiver.received(message):
            self._finish(req_id)

    def _is_too_large(self, answer: PendingRequest) -> bool:
        answer.bytes += self.message_bytes
        return answer.bytes > self.answer_limit_bytes

    def _fail_unreadable(self, req_id: int | None, error: DecodeError) -> None:
        """What makes no sense: everybody can see it, and whoever waits for an answer under this id learns why."""
        self.report_decode_error(error)
        receiver = self._handler(req_id)
        if receiver is not None and isinstance(receiver, PendingRequest):
            self._finish(req_id)  # type: ignore[arg-type]
            receiver.failed(error)

    # -- messages that are not an answer to one request

    def _on_next_valid_id(self, message: NextValidId) -> None:
        self.ids.next_valid_id = message.order_id or 0
        self.ids.raise_to(self.ids.next_valid_id)
        self._has_come(NextValidId)

    def _on_managed_accounts(self, message: ManagedAccounts) -> None:
        self.accounts = [account for account in (message.accounts_list or "").split(",") if account]
        self._has_come(ManagedAccounts)

    def _on_open_order(self, message: OpenOrder) -> None:
        if message.order is not None and message.order.what_if:
            self._deliver(message.order_id or 0, message)
        else:
            self.ids.saw(message.order_id or 0)
            self.trades.on_open_order(message)

    def _on_status(self, message: OrderStatus) -> None:
        self.ids.saw(message.order_id or 0)
        self.unmatched += not self.trades.on_status(message)

    def _on_execution(self, message: ExecutionDetails) -> None:
        if message.execution is not None and message.execution.client_id == self.client_id:
            self.ids.saw(message.execution.order_id or 0)
        claimed = self.trades.on_execution(message) or message.req_id in self._waiting
        self.unmatched += not claimed

    def _on_error(self, message: ErrorMessage) -> None:
        """An error message goes to the request or order it is about; the table of codes says what it does to that."""
        message = _shortened(message)
        code, text = message.error_code or 0, message.error_msg or ""
        req_id = -1 if message.id is None else message.id
        receiver = self._who_waits(message)
        trade = self._trade_about(message) if receiver is None else None
        kind = self.kind_of(req_id) if receiver is not None else RequestKind.ORDER if trade is not None else None
        row = find(code, kind, text)
        self.pacing.on_pacing_violation(code, text, self.clock())
        if self.state is State.STARTING and (row.verdict is not Verdict.NOTE or row.kind is ErrorKind.FATAL):
            self.refusal = message
            if row.kind is ErrorKind.FATAL:
                raise ConnectionFailed(f"{code}: {text}", code=code)
        goes_on = row.verdict is Verdict.NOTE or (receiver is None and trade is None)
        is_failure = row.kind in FAILURES or not (goes_on or row.kind is ErrorKind.NOTICE)
        if is_failure or not goes_on:
            contract = trade.contract if trade is not None else contract_of(self._requests.get(req_id))
            error = RequestError.of(message, contract=contract, request=kind)
        if is_failure:
            self.on_failure(error)
        if trade is not None:
            trade.on_error(message)
        elif receiver is None:
            self.on_notice(message)
        elif goes_on:
            receiver.noticed(message)
            self.on_notice(message)
        elif row.verdict is Verdict.RETRY and getattr(receiver, "durable", False):
            receiver.noticed(message)
            self.on_notice(message)
            self.on_ended(receiver, error)  # type: ignore[arg-type]
        else:
            self._finish(req_id)
            receiver.failed(error)

    def kind_of(self, req_id: int) -> RequestKind | None:
        """What kind of request an id is of; None if it is of none that is open."""
        request = self._requests.get(req_id)
        if request is None:
            return RequestKind.ORDER if req_id in self.trades else None
        return kind_of(request, once=isinstance(self._waiting[req_id], PendingRequest), delayed=self._takes_delayed)

    def _who_waits(self, message: ErrorMessage) -> MessageHandler | None:
        """Whose request an error is about; orders, those of other clients too, may have the numbers of requests."""
        req_id = -1 if message.id is None else message.id
        is_about_order = message.error_code in ORDER_CODES or PERMANENT_ID.search(message.error_msg or "")
        if is_about_order and not isinstance(self._requests.get(req_id), PlaceOrderRequest):
            return None  # an order that is only asked about has a number of orders
        return self._handler(req_id)

    def _trade_about(self, message: ErrorMessage) -> Trade | None:
        """The order an error is about, if it is one of those followed here."""
        order_id = -1 if message.id is None else message.id
        named = PERMANENT_ID.search(message.error_msg or "")
        if message.error_code == DUPLICATE_ID and self.state is State.READY and order_id in self.trades:
            self._send_soon(IdsRequest())  # so that the next order is above what TWS knows and we do not
        return self.trades.about(order_id, int(named[1]) if named else None)


def _shortened(message: ErrorMessage) -> ErrorMessage:
    """The message with the first 4,096 characters of its text: thousands of them are kept, and one may have 16 MB."""
    if len(message.error_msg or "") <= TEXT_KEPT and len(message.advanced_order_reject_json or "") <= JSON_KEPT:
        return message
    reject_json = message.advanced_order_reject_json
    return message.replace(
        error_msg=(message.error_msg or "")[:TEXT_KEPT],
        advanced_order_reject_json=reject_json[:JSON_KEPT] if reject_json else None,
    )


def _is_order_request(message: Message) -> bool:
    """Whether a message orders, changes or cancels something; a what-if order does not."""
    asks_only = isinstance(message, PlaceOrderRequest) and message.order is not None and message.order.what_if
    return isinstance(message, ORDER_REQUESTS) and not asks_only


_HANDLERS: dict[type[Message], Callable[[Session, Any], None]] = {
    NextValidId: Session._on_next_valid_id,
    ManagedAccounts: Session._on_managed_accounts,
    ErrorMessage: Session._on_error,
    OpenOrder: Session._on_open_order,
    OpenOrdersEnd: lambda session, message: session.trades.on_open_orders_end(),
    OrderBound: lambda session, message: session.trades.on_bound(message),
    OrderStatus: Session._on_status,
    ExecutionDetails: Session._on_execution,
    CommissionAndFeesReport: lambda session, message: session.trades.on_commission(message),
}
