"""What requests are sent through: a conversation, its socket, and waiting with a limit."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
import time
import warnings
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any, TypeVar

from ibfast import wire
from ibfast._codec import Protocol, Rows
from ibfast.error_codes import ENDED_BY_A_LOSS, Signal, find
from ibfast.errors import (
    AnswerTooLarge,
    ConnectionLost,
    DecodeError,
    IbfastError,
    RequestError,
    RequestTimeout,
    VersionError,
)
from ibfast.listeners import notify, notify_all
from ibfast.request_kinds import describe
from ibfast.schema import CurrentTime, CurrentTimeRequest, ErrorMessage, OpenOrder, PlaceOrderRequest
from ibfast.schema.declare import Message
from ibfast.session.health import Effect, Health, HealthMonitor, HealthState, pauses
from ibfast.session.pending import PendingRequest, Resumable
from ibfast.session.resubscriptions import Resubscriptions
from ibfast.session.send_queue import SendQueue
from ibfast.session.session import Session
from ibfast.session.shared_requests import Shape, SharedRequest
from ibfast.session.transport import Transport
from ibfast.stats import Counts, Stats
from ibfast.streams.shared import SharedSubscription
from ibfast.streams.ticks import Subscription
from ibfast.streams.updates import Updates

M = TypeVar("M", bound=Message)
T = TypeVar("T")
A = TypeVar("A", PendingRequest, SharedRequest)

LOG = logging.getLogger("ibfast.connection")

NONSENSE = (ValueError, ArithmeticError, AttributeError, LookupError, TypeError, OSError, RecursionError)
"""What Python raises when it is asked to make a date, a number or a structure of something that is none."""
REASON_CHARACTERS = 200

IDLE_S = 30.0
"""After so long without a byte from the gateway it is asked the time; after as long again the socket is dead."""

RELEASE_AGAIN_NS = 1_000_000_000
"""After a failure nobody expected, what waits for its turn is looked at again this much later."""


class Connection:
    """Sends for a conversation and waits for its answers, on the running event loop.

    When an established session is lost it is made anew, for ever, unless ``reconnect`` is off: requests that wait fail,
    requests made meanwhile are refused, or wait if ``queue_while_down``, streams go on behind a `ibfast.Gap`, unless
    they are not ``durable``. ``sleep`` waits between the tries.
    """

    def __init__(
        self,
        session: Session,
        *,
        request_timeout_s: float,
        reconnect: bool = True,
        durable: bool = True,
        queue_while_down: bool = False,
        idle_s: float = IDLE_S,
        acknowledge_timeout_s: float | None = None,
        busy_poll: bool = False,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self.session = session
        self.request_timeout_s = request_timeout_s
        self.acknowledge_timeout_s = acknowledge_timeout_s
        self.on_lost: Callable[[IbfastError], object] = lambda error: None
        self.on_reconnected: Callable[[], Coroutine[Any, Any, None]] | None = None
        self.on_notice: Callable[[ErrorMessage | DecodeError], object] = lambda notice: None
        self.on_failure: Callable[[IbfastError], object] = lambda error: None
        self.on_health: Callable[[Health], object] = lambda health: None
        self.health_monitor = HealthMonitor(time.time_ns, self._changed)
        self._busy_poll = busy_poll
        self.transport = Transport(session, self._lost, busy_poll=busy_poll)
        self._settings: dict[type[Message], Message] = {}
        self._loop = asyncio.get_running_loop()
        self._pid = os.getpid()
        self.durable = durable
        self.stats = Stats()
        self._reconnects = reconnect
        self._queue_while_down = queue_while_down
        self._send_queue = SendQueue(session.trades, request_timeout_s)  # what was asked while there was no session
        self._queue_timer: asyncio.TimerHandle | None = None
        self._back = asyncio.Event()
        self._idle_s = idle_s
        self._sleep = sleep
        self._address = ("", 0, 0.0)
        self._closing = False
        self._is_established = False  # as far as was logged
        self._interrupted: list[Resumable] = []
        self._silent_since_ns = 0
        self._ended_by_tws = Resubscriptions(self._loop, self._resume_these, lambda: self.health_monitor.servers_lost)
        self._tasks: set[asyncio.Task[None]] = set()
        self._release_handle: asyncio.Handle | None = None  # looks after what waits for its turn
        session.on_wait = self._schedule_release
        session.on_notice = self._noticed
        session.on_failure = self.report
        session.on_ended = self._ended_by_tws.add
        session.shared.on_orphaned = self._orphaned

    @property
    def protocol(self) -> Protocol:
        """Where the bytes of the gateway come in."""
        return self.transport.protocol

    @property
    def counts(self) -> Counts:
        """What came in so far, over all sockets."""
        return self.stats.before + self.protocol

    async def open(self, host: str, port: int, timeout_s: float) -> None:
        """Connect and shake hands; see `ibfast.transport.Transport.open`."""
        self._address = (host, port, timeout_s)
        self.session.trades.gateway = f"{host}:{port}"
        await self.transport.dial(host, port, timeout_s)
        self.health_monitor.enter(HealthState.HANDSHAKING)
        await self.transport.shake_hands(f"{host}:{port}", timeout_s)
        self._established()

    async def close(self) -> None:
        """Send what waits, close the socket and wait until it is closed; from any state, any number of times.

        Whoever is cancelled while it waits has begun the closing, which then ends by itself.

        Raises:
            RuntimeError: called from another event loop, thread or process than its own.
        """
        self.check_caller()
        self._closing = True
        for task in self._tasks:
            task.cancel()
        self.transport.begin_closing()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.transport.close()
        if self.health_monitor.current.state is not HealthState.CLOSED:
            self._end(ConnectionLost("the connection was closed by close()", by_user=True))

    # ------------------------------------------------------------------------------------------- who may call

    def check_caller(self) -> None:
        """Refuse who calls from another event loop, thread or process: nothing that is sent there would be answered.

        Raises:
            RuntimeError: the message names both.
        """
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            loop = None
        if loop is not self._loop or os.getpid() != self._pid:
            raise RuntimeError(self._why_not(loop))

    def _why_not(self, loop: asyncio.AbstractEventLoop | None) -> str:
        if os.getpid() != self._pid:
            return (
                f"this client belongs to process {self._pid}, and this is process {os.getpid()}, forked from it: "
                "connect a client of its own here, under another client id"
            )
        caller = "outside every event loop" if loop is None else f"from {_named(loop)}"
        return (
            f"this client belongs to {_named(self._loop)} and was called {caller}: "
            "connect a client in the event loop that uses it"
        )

    @property
    def is_usable(self) -> bool:
        """Whether its event loop is open and its process this one."""
        return not self._loop.is_closed() and os.getpid() == self._pid

    # --------------------------------------------------------------------------------------- lost and found again

    def _changed(self, health: Health) -> None:
        client_id = self.session.client_id
        state = f"{health.state.value}: {health.reason}" if health.reason else health.state.value
        LOG.log(
            self._level_of(health),
            "client %d is %s",
            client_id,
            state,
            extra={"health": health, "client_id": client_id},
        )
        notify(self.on_health, health)

    def _level_of(self, health: Health) -> int:
        """A session that is lost is worth a warning, once; what the user did, or is raised to the user, is not."""
        was_established, self._is_established = self._is_established, health.state in (
            HealthState.READY, HealthState.DEGRADED,
        )  # fmt: skip
        return logging.WARNING if was_established and not (self._is_established or self._closing) else logging.INFO

    def _established(self) -> None:
        self.health_monitor.enter(HealthState.READY)
        self._run(self._monitor_idle())

    def _lost(self, error: IbfastError) -> None:
        """The socket has ended: for good, or until there is another."""
        if self._release_handle is not None:
            self._release_handle.cancel()
        state = self.health_monitor.current.state
        if not self._closing and state in (HealthState.READY, HealthState.DEGRADED):
            self.report(error)
        if self._closing or not self._reconnects or state in (HealthState.CONNECTING, HealthState.HANDSHAKING):
            self._end(error)
            return
        for stream in self.session.interrupted(error) + self._ended_by_tws.take():
            notify(stream.interrupted, str(error))
            self._interrupted.append(stream)
        if state is not HealthState.RECONNECTING:
            for task in self._tasks:
                task.cancel()
            self.health_monitor.enter(HealthState.RECONNECTING, str(error))
            self._back.clear()
            self._run(self._reconnect(error))

    def _end(self, error: IbfastError) -> None:
        streams, self._interrupted = self._interrupted + self._ended_by_tws.take(), []
        self._send_queue.clear()
        self._stop_queue_timer()
        self._back.set()
        self.session.lost(error)
        for stream in streams:
            notify(stream.failed, error)
        for task in self._tasks:
            task.cancel()
        self.health_monitor.enter(HealthState.CLOSED, str(error))
        notify(self.on_lost, error)

    async def _reconnect(self, error: IbfastError) -> None:
        """Try until there is a session again. Whatever goes wrong is told, and tried once more."""
        for attempt, pause_s in enumerate(pauses(), 1):
            self.health_monitor.enter(HealthState.RECONNECTING, str(error), attempt=attempt, pause_s=pause_s)
            await self._sleep(pause_s)
            try:
                await self._connect_again()
                self._restore()
                return
            except IbfastError as failure:
                error = failure
            except Exception as failure:
                LOG.exception("client %d: reconnecting failed; it is tried again", self.session.client_id)
                error = ConnectionLost(f"reconnecting failed: {type(failure).__name__}: {failure}")
            self.transport.drop(error)
            await self.transport.close()  # what `_lost` does then may begin anew with all this, and end this task

    async def _connect_again(self) -> None:
        self.stats.ended(self.protocol)
        self.transport = Transport(self.session, self._lost, busy_poll=self._busy_poll)
        await self.transport.open(*self._address)
        self.transport.check()

    def _restore(self) -> None:
        """There is a session again: send its settings, what was queued, and ask for the streams."""
        self.stats.reconnects += 1
        self._established()
        for setting in self._settings.values():
            with contextlib.suppress(VersionError):  # the gateway may be another one now
                self.send(setting)
        self._send_queued()
        self._resume()
        self._back.set()
        if self.on_reconnected is not None:
            self._run(self.on_reconnected())

    # ---------------------------------------------------------------------------------------------- what waits

    def holds_order(self, order_id: int) -> bool:
        """Whether an order waits for a connection and was never sent."""
        return self._send_queue.holds_order(order_id)

    def _enqueue(self, message: Message) -> None:
        self.session.check_write(message)
        wire.encode(message, self.session.server_version)
        self._send_queue.limit_s = self.request_timeout_s
        self._send_queue.put(message, self._loop.time())
        self._set_queue_timer()

    def _send_queued(self) -> None:
        """Send what waited, in its order; what was not sent when the connection is lost again waits on."""
        self._stop_queue_timer()
        self._send_queue.expire(self._loop.time())
        self._send_queue.renumber(self.session.ids.next_valid_id, self.session.ids.order)
        waiting = self._send_queue.take()
        for place, queued in enumerate(waiting):
            if self._is_queueing or self.transport.ended is not None:
                self._send_queue.put_back(waiting[place:])
                self._set_queue_timer()
                return
            try:
                self.send(queued.message)
            except ConnectionLost:
                self._send_queue.put_back(waiting[place:])
                self._set_queue_timer()
                return
            except (IbfastError, ValueError, OSError) as error:  # it was right for the gateway before
                self._send_queue.refuse(queued, error)

    def _set_queue_timer(self) -> None:
        """Look again when the first of what waits has waited too long."""
        self._stop_queue_timer()
        at = self._send_queue.expires_at()
        if at is not None:
            self._queue_timer = self._loop.call_at(at, self._expire_queued)

    def _stop_queue_timer(self) -> None:
        if self._queue_timer is not None:
            self._queue_timer.cancel()
            self._queue_timer = None

    def _expire_queued(self) -> None:
        self._send_queue.expire(self._loop.time())
        self._set_queue_timer()

    def _resume(self) -> None:
        """Ask anew for everything that was open."""
        streams, self._interrupted = self._interrupted, []
        self._resume_these(streams)

    def _resume_these(self, streams: list[Resumable]) -> None:
        for stream in streams:
            try:
                stream.resume()
            except Exception as error:
                if not isinstance(error, IbfastError | ValueError):
                    LOG.exception("a stream could not be resumed: %r", stream)
                notify(stream.failed, error if isinstance(error, IbfastError) else IbfastError(str(error)))

    async def _monitor_idle(self) -> None:
        """Ask the time of a gateway that has said nothing for a while; without an answer the socket is dead."""
        while True:
            heard = self.protocol.bytes_received
            await asyncio.sleep(self._idle_s)
            if self.protocol.bytes_received != heard:
                continue
            with contextlib.suppress(TimeoutError, RequestError, DecodeError):
                async with asyncio.timeout(self._idle_s):
                    await self.ask_shared(CurrentTimeRequest(), CurrentTime)
            if self.protocol.bytes_received == heard:
                self.transport.drop(ConnectionLost(f"the gateway has said nothing for {2 * self._idle_s:g} s"))
                return

    def _noticed(self, notice: ErrorMessage | DecodeError) -> None:
        """What the gateway says of its own connections goes to the streams too."""
        if isinstance(notice, ErrorMessage):
            code, text = notice.error_code or 0, notice.error_msg or ""
            effect = self.health_monitor.heard(code, text)
            if effect is not None:
                self._act(effect, f"{code}: {text}", servers_back=find(code).signal is Signal.SERVERS_BACK)
        notify(self.on_notice, notice)

    def _act(self, effect: Effect, reason: str, *, servers_back: bool) -> None:
        if effect is Effect.MOVED:
            self.transport.drop(ConnectionLost(reason))
        elif not self.can_send:
            return  # said during a handshake: after it everything is asked for anew in any case
        elif effect is Effect.INTERRUPTED:
            notify_all((stream.interrupted for stream in self.session.streams()), reason)
        elif effect is Effect.RESUMED:
            ended = self._end_dead_streams(reason) if servers_back else []
            notify_all(stream.resumed for stream in self.session.streams())
            self._resume_these(ended)
        else:
            for stream in self.session.streams():
                notify(stream.interrupted, reason)
                self.close_rows(stream.req_id, None)
                self._interrupted.append(stream)
            self._interrupted += self._ended_by_tws.take()
            self._resume()
            for stream in self.session.streams(durable=False):
                self.close_rows(stream.req_id, None)
                notify(stream.failed, ConnectionLost(reason))

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Run beside everything else, until it ends or the connection does."""
        self._run(work)

    def _end_dead_streams(self, reason: str) -> list[Resumable]:
        """What IB's servers no longer send, though TWS says that all subscriptions go on: to be requested again."""
        ended = self._ended_by_tws.take()
        for durable in (True, False):
            for stream in self.session.streams(durable=durable):
                if self.session.kind_of(stream.req_id) in ENDED_BY_A_LOSS:
                    notify(stream.interrupted, reason)
                    notify(stream.cancel_request)
                    if durable:
                        ended.append(stream)
                    else:
                        notify(stream.failed, ConnectionLost(reason))
        return ended

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            LOG.error("client %d: a task of the session failed", self.session.client_id, exc_info=error)

    # ------------------------------------------------------------------------------------------------- the pace

    def _schedule_release(self) -> None:
        if self._release_handle is not None:
            self._release_handle.cancel()
        self._release_handle = self._loop.call_soon(self._send_released)

    def _send_released(self) -> None:
        """Send what has waited for its turn, and come again when there may be more."""
        self._release_handle = None
        if self.transport.ended is not None:
            return
        wait_ns: int | None = RELEASE_AGAIN_NS
        try:
            wait_ns = self.session.release()
        except Exception:
            LOG.exception("what waits for its turn could not be sent; it is tried again")
        self.transport.flush()
        if wait_ns is not None:
            self._release_handle = self._loop.call_later(wait_ns / 1e9, self._send_released)

    # ---------------------------------------------------------------------------------------------- sending

    def send(self, message: Message, *, urgent: bool = False) -> None:
        """Send a message in this loop turn, together with all others of it, or, if it is ``urgent``, at once.

        Raises:
            ConnectionLost: there is no connection any more.
            VersionError, ValueError: as `ibfast.wire.encode`.
            RuntimeError: called from another event loop, thread or process than its own.
        """
        self.check_caller()
        if self._queue_while_down and self._is_queueing:
            self._enqueue(message)
            return
        if self.health_monitor.current.state is not HealthState.READY or self.transport.ended is not None:
            self.check()
        self.session.send(message)
        if urgent:
            self.transport.flush()
        else:
            self.transport.flush_soon()

    def set(self, setting: Message) -> None:
        """Send a setting of the session, now and whenever the session is made anew."""
        self.check_caller()
        if not self._is_queueing:
            self.send(setting)
        self._settings[type(setting)] = setting

    def check(self) -> None:
        """Raise ConnectionLost if nothing can be sent: the connection has ended, or is being made anew."""
        health = self.health_monitor.current
        if health.state is HealthState.RECONNECTING:
            raise ConnectionLost(f"the connection is being made anew: {health.reason}")
        if health.state is HealthState.CLOSED:
            raise ConnectionLost(health.reason)
        self.transport.check()

    @property
    def _is_queueing(self) -> bool:
        return self._queue_while_down and self.health_monitor.current.state is HealthState.RECONNECTING

    async def _wait_until_connected(self, request: Message) -> None:
        """Wait for the session that is being made anew, if that is wanted; then there must be one."""
        self.check_caller()
        if self._is_queueing:
            try:
                async with asyncio.timeout(self.request_timeout_s):
                    await self._back.wait()
            except TimeoutError:
                reason = f"{describe(request)}: no connection within {self.request_timeout_s:g} s"
                raise self.timed_out(reason) from None
        self.check()

    def check_unless_queueing(self) -> None:
        """As `check`, unless what is asked for while there is no session waits for the next one."""
        if not self._is_queueing:
            self.check()

    def _queue(self, stream: Resumable) -> int:
        """A stream that is opened while there is no session is asked for as if it had been open; an id until then."""
        self._interrupted.append(stream)
        return self.session.ids.request()

    @property
    def can_send(self) -> bool:
        """Whether there is a session to send to."""
        is_up = self.transport.ended is None and self.health_monitor.current.state in (
            HealthState.READY,
            HealthState.DEGRADED,
        )
        return is_up and self.is_usable

    async def ask(
        self,
        request: Message,
        *,
        cancel: type[Message] | None = None,
        end: type[Message] | None = None,
        rows: Rows | None = None,
        is_final: Callable[[Any], bool] = lambda part: True,
    ) -> PendingRequest:
        """Send a request with an id and wait for its answer, which a message of type ``end`` closes.

        Without an ``end`` the first part that is ``enough`` does.
        Items of the answer that are hot go into ``rows``; the messages that brought them come without them.

        When the waiting task is cancelled or the time is up, ``cancel`` is sent, where the server knows it.

        Raises:
            RequestError: TWS refused. RequestTimeout: no answer in ``request_timeout_s``. ConnectionLost.
            AnswerTooLarge: it met the limit; the request was cancelled. DecodeError: a part of it cannot be read.
        """
        await self._wait_until_connected(request)
        future = self._loop.create_future()
        answer = PendingRequest(_settle(future), end=end, is_final=is_final)
        req_id = self.session.ask(request, answer)
        if rows is not None:
            self.protocol.attach(req_id, rows)
        self.transport.flush_soon()
        try:
            return await self._wait(future, request, answer if self.session.pacing.is_queued(req_id) else None)
        except (asyncio.CancelledError, RequestTimeout):
            is_open = self.session.forget(req_id) and future.cancelled()  # else it never left, or was answered just now
            if is_open and cancel is not None and self.can_send:
                self._cancel(cancel(req_id=req_id))
            raise
        except AnswerTooLarge:
            if cancel is not None and self.can_send:
                self._cancel(cancel(req_id=req_id))
            raise
        finally:
            self.protocol.detach(req_id)

    def _cancel(self, cancel: Message) -> None:
        with contextlib.suppress(ValueError):  # servers before 215 do not know every cancel
            self.send(cancel)

    def read(self, reader: Callable[[M], T], part: M) -> T:
        """What a part of an answer says. If it makes no sense that is a DecodeError, counted and told.

        Raises:
            DecodeError: the reader cannot make anything of it.
        """
        try:
            return reader(part)
        except DecodeError as error:
            self.report_decode_error(error)
            raise
        except NONSENSE as error:
            reason = f"{error}" or type(error).__name__
            report_decode_error = DecodeError(type(part).__name__, "value", 0, reason[:REASON_CHARACTERS], b"")
            self.report_decode_error(report_decode_error)
            raise report_decode_error from error

    async def ask_shared(self, request: Message, part: type[M], *, key: str | None = None) -> M:
        """Ask for something without a request id; callers who ask the same at the same time share the answer.

        Request and answer belong together by ``key``, the name of a field in both, where they have one. What TWS has
        against such a request cannot be told from its other complaints.

        Raises:
            RequestTimeout: no answer in ``request_timeout_s``. DecodeError: it cannot be read. ConnectionLost.
        """
        return (await self._share(request, Shape((part,), None, key)))[0]  # type: ignore[no-any-return]

    async def ask_shared_list(
        self, request: Message, *, parts: tuple[type[Message], ...], end: type[Message], key: str | None = None
    ) -> list[Any]:
        """Ask for something without a request id whose answer is messages of these types, up to an ``end``.

        Callers who ask the same at the same time share the answer; another request with the same end waits its turn.
        """
        return list(await self._share(request, Shape(parts, end, key)))

    async def _share(self, request: Message, shape: Shape) -> list[Any]:
        await self._wait_until_connected(request)
        future = self._loop.create_future()
        settle = _settle(future)
        answer = self.session.shared.ask(request, shape, settle, self.session.server_version)
        self.transport.flush_soon()
        try:
            await self._wait(future, request)
        finally:
            self.session.shared.remove_waiter(answer, settle)
        return answer.parts

    def _orphaned(self, answer: SharedRequest) -> None:
        """Whoever queues behind a stray has half of the time left when it is given up."""
        self._loop.call_later(self.request_timeout_s / 2, self.session.shared.expire, answer)

    async def ask_about_order(self, request: PlaceOrderRequest, is_final: Callable[[OpenOrder], bool]) -> OpenOrder:
        """Send an order that is not to be placed; the first answer that says ``enough`` of it.

        Raises:
            RequestError: TWS refused. RequestTimeout: no answer in ``request_timeout_s``. ConnectionLost.
        """
        await self._wait_until_connected(request)
        future = self._loop.create_future()
        order_id = self.session.ask_about_order(request, PendingRequest(_settle(future), is_final=is_final))
        self.transport.flush_soon()
        try:
            answer = await self._wait(future, request)
        finally:
            self.session.forget(order_id)
        return answer.parts[-1]  # type: ignore[no-any-return]

    async def _wait(self, future: asyncio.Future[A], request: Message, held: PendingRequest | None = None) -> A:
        """The limit counts from when the request leaves, if pacing has ``held`` it back."""
        try:
            async with asyncio.timeout(None if held else self.request_timeout_s) as limit:
                if held:
                    held.on_sent = lambda: limit.reschedule(self._loop.time() + self.request_timeout_s)
                return await future
        except TimeoutError:
            raise self.timed_out(f"{describe(request)}: no answer within {self.request_timeout_s:g} s") from None

    def open_rows(self, request: Message, stream: Subscription[Any]) -> int:
        """Subscribe: hot messages go into the stream's records, all others to the stream; the request id."""
        self.check_caller()
        if self._is_queueing:
            return self._queue(stream)
        self.check()
        req_id = self.session.ask(request, stream)
        self._watch_for_drop(req_id, request, stream, stream._cancel)
        self.protocol.attach(req_id, stream.rows, stream.option_rows)
        self.stats.opened(req_id, *(rows for rows in (stream.rows, stream.option_rows) if rows is not None))
        self.transport.flush_soon()
        return req_id

    def open_messages(self, request: Message, stream: Updates[Any], cancel: type[Message]) -> int:
        """Subscribe: messages go to the stream; the request id."""
        self.check_caller()
        if self._is_queueing:
            return self._queue(stream)
        self.check()
        req_id = self.session.ask(request, stream)
        self._watch_for_drop(req_id, request, stream, cancel)
        self.transport.flush_soon()
        return req_id

    def _watch_for_drop(
        self, req_id: int, request: Message, stream: Subscription[Any] | Updates[Any], cancel: Callable[..., Message]
    ) -> None:
        """Cancel the request of a stream that nobody can read any more, so that it gives its market data line back."""
        name = describe(request)

        def on_dropped() -> None:
            if os.getpid() != self._pid or sys.is_finalizing():
                return
            with contextlib.suppress(RuntimeError):  # the loop is closed, and with it the socket
                self._loop.call_soon_threadsafe(self._close_dropped, req_id, cancel)
            text = f"the stream of {name} was dropped without close(); its request is cancelled"
            warnings.warn(text, ResourceWarning, stacklevel=2)

        self.session.hold_weakly(req_id, stream._waiter, on_dropped)

    def _close_dropped(self, req_id: int, cancel: Callable[..., Message]) -> None:
        if self.session.is_open(req_id):
            self.close_rows(req_id, cancel(req_id=req_id))

    def deliver_to(self, subscription: SharedSubscription, parts: Iterable[type[Message]]) -> None:
        """From now on messages of these types go to a subscription without a request id."""
        self.session.feeds.update(dict.fromkeys(parts, subscription))

    def open_shared(self, request: Message, subscription: SharedSubscription) -> int:
        """Subscribe without a request id: its messages go to the subscription; the id that stands for it here."""
        self.check_caller()
        if self._is_queueing:
            return self._queue(subscription)
        self.check()
        req_id = self.session.follow(request, subscription)
        self.transport.flush_soon()
        return req_id

    def close_rows(self, req_id: int, cancel: Message | None) -> None:
        """Unsubscribe, and say so to TWS if there is somebody to say it to."""
        self.check_caller()
        self.protocol.detach(req_id)
        self.stats.closed(req_id)
        has_left = self.session.forget(req_id)
        if has_left and cancel is not None and self.can_send:
            self.send(cancel)

    def timed_out(self, reason: str) -> RequestTimeout:
        """The error of a wait that has taken too long."""
        error = RequestTimeout(reason)
        self.report(error)
        return error

    def report(self, error: IbfastError) -> None:
        """Something was refused or has failed: whoever follows all errors of the session hears of it."""
        self.on_failure(error)

    def report_decode_error(self, error: DecodeError) -> None:
        """A message about a subscription whose values make no sense: everybody can see it."""
        self.session.report_decode_error(error)


def _named(loop: asyncio.AbstractEventLoop) -> str:
    return f"{loop!r} ({id(loop):#x})"


def _settle(future: asyncio.Future[A]) -> Callable[[A], None]:
    def settle(answer: A) -> None:
        if future.done():
            return
        if answer.error is not None:
            future.set_exception(answer.error)
        else:
            future.set_result(answer)

    return settle
