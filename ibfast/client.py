"""The client: a session, and every request there is; what it does not do itself, connection and conversation do."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime
from functools import partial
from os import PathLike
from types import TracebackType
from typing import Self

from ibfast.arguments import CONNECTING, checks_arguments
from ibfast.error_codes import OrderEffect, order_effect
from ibfast.errors import DecodeError, IbfastError, RequestError
from ibfast.limits import DEFAULT_LINES
from ibfast.listeners import notify, notify_all
from ibfast.orders.acknowledgement import ACKNOWLEDGE_TIMEOUT_S
from ibfast.orders.journal import gateway_name, open_journal
from ibfast.orders.trade import Trade
from ibfast.orders.trade_registry import TRADES_KEPT
from ibfast.requests.accounts import AccountRequests
from ibfast.requests.advisors import AdvisorRequests
from ibfast.requests.calculations import CalculationRequests
from ibfast.requests.chains import ChainRequests
from ibfast.requests.configuration import ConfigurationRequests
from ibfast.requests.display_groups import DisplayGroupRequests
from ibfast.requests.history import HistoryRequests
from ibfast.requests.market_data import MarketDataRequests
from ibfast.requests.news import NewsRequests
from ibfast.requests.order_lists import OrderListRequests
from ibfast.requests.orders import OrderRequests
from ibfast.requests.reconciliation import look_up, reconcile
from ibfast.requests.scanner import ScannerRequests
from ibfast.requests.spreads import SpreadRequests
from ibfast.requests.wsh import WshRequests
from ibfast.schema import ErrorMessage
from ibfast.schema.versions import FIRST_VERSION, LAST_VERSION
from ibfast.session.connection import IDLE_S, Connection
from ibfast.session.expected_answers import ANSWER_LIMIT_BYTES
from ibfast.session.health import Health
from ibfast.session.pacing import Pacing, PacingGauges
from ibfast.session.session import Session
from ibfast.stats import Delays
from ibfast.streams.base import Broadcast, MessageStream
from ibfast.times import parse_time

NOTICES_KEPT = 10_000
ERRORS_KEPT = 10_000

TRADES = logging.getLogger("ibfast.trade")


class Client(
    ChainRequests,
    SpreadRequests,
    MarketDataRequests,
    HistoryRequests,
    CalculationRequests,
    OrderRequests,
    OrderListRequests,
    AccountRequests,
    AdvisorRequests,
    ConfigurationRequests,
    DisplayGroupRequests,
    NewsRequests,
    ScannerRequests,
    WshRequests,
):
    """A session with TWS or IB Gateway; `connect` makes one.

    Requests wait for their answer at most the request timeout. Any number of tasks may use one client at once.
    """

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._notices: Broadcast[ErrorMessage | DecodeError] = Broadcast(NOTICES_KEPT, keep_early=True)
        self._errors: Broadcast[IbfastError] = Broadcast(ERRORS_KEPT)
        self._health: Broadcast[Health] = Broadcast()
        connection.on_notice = self._notices.put
        connection.on_failure = self._failed
        connection.on_health = self._health.put
        connection.on_reconnected = lambda: reconcile(self, self._session.trades)
        self._session.trades.on_doubt = self._look_up
        connection.on_lost = self._end_streams

    @classmethod
    @partial(checks_arguments, ranges=CONNECTING)
    async def connect(
        cls,
        host: str = "127.0.0.1",
        port: int = 4002,
        client_id: int = 1,
        *,
        timeout_s: float = 10.0,
        request_timeout_s: float = 60.0,
        versions: tuple[int, int] = (FIRST_VERSION, LAST_VERSION),
        lines: int = DEFAULT_LINES,
        pacing: bool = True,
        reconnect: bool = True,
        durable: bool = True,
        queue_while_down: bool = False,
        read_only: bool = False,
        journal: str | PathLike[str] | None = None,
        idle_s: float = IDLE_S,
        acknowledge_timeout_s: float | None = ACKNOWLEDGE_TIMEOUT_S,
        trades_kept: int | None = TRADES_KEPT,
        busy_poll: bool = False,
        answer_limit_bytes: int = ANSWER_LIMIT_BYTES,
    ) -> Self:
        """Connect and shake hands.

        ``timeout_s`` limits the connect and the handshake each, ``versions`` the server versions on offer:
        ``(157, 200)`` makes any gateway speak text. TWS listens on 7496 (live) and 7497 (paper), IB Gateway on 4001
        and 4002. ``lines`` is the number of market data lines of the login, from which IB's limits follow; ibfast waits
        rather than break them, unless ``pacing`` is off. A session that is lost later is made anew, for ever, unless
        ``reconnect`` is off; its streams are asked for anew, unless ``durable`` is off for all or for one of them.
        Requests made meanwhile are refused; with ``queue_while_down`` they wait, orders too, but nothing is ever sent
        twice. With ``read_only`` no order is placed, changed or cancelled: `ReadOnly` is raised instead.
        A ``journal`` is a file that has each order before it is sent: a client that begins with it, under the same id,
        knows in `trades` what was not done, and what became of that, as replayed events. A gateway that says nothing
        for ``idle_s`` seconds is asked the time, and given up after as long again. An order that TWS says nothing of
        for ``acknowledge_timeout_s`` makes an event, and who waits for it gets `RequestTimeout`; None waits for ever.
        Of the orders that are done `trades` keeps the newest ``trades_kept``, or all with None. With ``busy_poll`` the
        event loop never sleeps while there is a session, so that what comes in need not wake it: for those who give it
        a core, which it uses up. The loop of a blocking client is a thread, which then vies with yours for the
        interpreter: your own code runs slower.
        ``answer_limit_bytes`` is how much of one answer is taken, as it comes on the wire, and how much may wait for
        the reader of a subscription of messages: `AnswerTooLarge`, `StreamOverflow`.

        Raises:
            ConnectionFailed: nobody listens, or the gateway refused; ``code`` 326 is a client id in use.
            ValueError: an argument cannot be; the message names it.
            OSError: the journal cannot be read or written. JournalInUse: another client keeps it.
        """
        book = await open_journal(journal, client_id, gateway_name(host, port)) if journal is not None else None
        connection: Connection | None = None
        try:
            pace = Pacing(lines, on=pacing)
            session = Session(
                client_id, versions=versions, pacing=pace, read_only=read_only, journal=book,
                answer_limit_bytes=answer_limit_bytes,
            )  # fmt: skip
            connection = Connection(
                session, request_timeout_s=request_timeout_s, reconnect=reconnect, durable=durable,
                queue_while_down=queue_while_down, idle_s=idle_s, acknowledge_timeout_s=acknowledge_timeout_s,
                busy_poll=busy_poll,
            )  # fmt: skip
            client = cls(connection)
            session.trades.keep(trades_kept)
            if book is not None:
                session.trades.begin_replay()
            await connection.open(host, port, timeout_s)
            if book is not None:
                await reconcile(client, session.trades)
        except BaseException:  # cancelled, too: nothing is left that would keep the client id
            if connection is not None:
                await asyncio.shield(asyncio.ensure_future(connection.close()))
            if book is not None:
                book.close()
            raise
        return client

    async def close(self) -> None:
        """End the session. Returns when the socket is closed, from then on the client id can be used again."""
        await self._connection.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def connection_time(self) -> datetime:
        """When the gateway accepted the session, by its clock; in UTC when it names a zone that nobody knows.

        Raises:
            DecodeError: what it said in its hello is no time.
        """
        text = self._session.connection_time
        try:
            return parse_time(text)
        except ValueError:
            raise DecodeError("hello", "connection_time", 0, "not a time of the TWS API", text.encode()) from None

    def health(self) -> MessageStream[Health]:
        """How the session does, now and whenever that changes: ready, degraded, reconnecting, closed, and why."""
        stream = self._health.listen()
        stream.put(self._connection.health_monitor.current)
        return stream

    @property
    def is_connected(self) -> bool:
        """Whether requests can be sent."""
        return self._connection.can_send

    @property
    def pacing(self) -> PacingGauges:
        """How the session stands against IB's limits: what waits, how long it will, what is open."""
        return self._session.pacing.gauges(self._session.clock())

    @property
    def stats(self) -> dict[str, int]:
        """Counts over all the sockets there were: what came in and went out, was of no use, was lost, had to wait."""
        counts, stats, session = self._connection.counts, self._connection.stats, self._session
        return {
            "bytes_received": counts.bytes_received,
            "messages_received": counts.messages_received,
            "records_received": counts.records_received,
            "records_dropped": stats.dropped,
            "messages_sent": session.outbox.messages,
            "malformed": session.malformed,
            "unknown": session.unknown,
            "unclaimed": session.unmatched,
            "extra_fields": counts.extra_fields,
            "reconnects": stats.reconnects,
            "gaps": stats.gaps,
            "pacing_waits": session.pacing.counters.waits,
            "pacing_breaches": session.pacing.counters.breaches,
        }

    @property
    def messages_by_id(self) -> dict[int, int]:
        """Messages received over all the sockets there were, by IB's message id (`ibfast.schema.versions.In`)."""
        return dict(self._connection.counts.messages_by_id)

    @property
    def delivery(self) -> Delays:
        """How long records of streams waited, from the socket to their reader: the oldest of each batch."""
        return self._connection.stats.delivery

    def notices(self) -> MessageStream[ErrorMessage | DecodeError]:
        """What TWS says that no request waits for: connectivity, farms, warnings; and messages nobody could read.

        The first listener also gets what came before it, the greetings of the farms among it. A listener that sleeps
        keeps the newest 10,000.
        """
        return self._notices.listen()

    def _look_up(self, trade: Trade, error: RequestError) -> bool:
        """Ask TWS what became of an order that it does not know."""
        if not self.is_connected:
            return False
        self._connection.run(look_up(self, self._session.trades, trade, error))
        return True

    def errors(self) -> MessageStream[IbfastError]:
        """Every refusal and failure of the session from now on, whoever else gets it, until the client is closed.

        `RequestError` for refused requests and orders and for streams that TWS ended (``request`` and ``contract`` say
        what it was about), `RequestTimeout`, `PacingError`, `StreamOverflow`, `ConnectionLost`, `DecodeError`. Mistakes
        that are found before a byte is sent are not among them. A slow reader keeps the newest 10,000.
        """
        return self._errors.listen()

    def _failed(self, error: IbfastError) -> None:
        is_heard = self._errors.has_listeners or self._order_updates.has_listeners
        self._errors.put(error)
        if is_heard or not isinstance(error, RequestError) or error.req_id not in self._session.trades:
            return
        rejects = order_effect(error.code, error.message) in (OrderEffect.REFUSED, OrderEffect.CHANGE_REFUSED)
        if rejects and not self._session.trades[error.req_id].is_followed:
            TRADES.warning("order %d, which nobody follows: %s", error.req_id, error)

    def _end_streams(self, error: IbfastError) -> None:
        self._notices.fail(error)
        self._errors.fail(None)
        self._health.fail(None)
        self._order_updates.fail(error)
        self._watch.close()
        notify_all((trade.connection_lost for trade in self._session.trades), error)
        if self._session.journal is not None:
            notify(self._session.journal.close)  # a full disk keeps nobody from the end
