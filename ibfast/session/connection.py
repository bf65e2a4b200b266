"""What requests are sent through: a conversation, its socket, and waiting with a limit."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Awaitable, Callable, Coroutine
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
from ibfast.session.health import Effect, Health, HealthState, Watch, pauses
from ibfast.session.resubscriptions import Resubscriptions
from ibfast.session.send_queue import SendQueue
from ibfast.session.session import Answer, Conversation, Durable
from ibfast.session.shared_requests import Shape, SharedAnswer
from ibfast.session.transport import Link
from ibfast.stats import Counts, Stats
from ibfast.streams.ticks import LiveStream
from ibfast.streams.updates import Feed, Updates

M = TypeVar("M", bound=Message)
T = TypeVar("T")
A = TypeVar("A", Answer, SharedAnswer)

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
        talk: Conversation,
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
        self.talk = talk
        self.request_timeout_s = request_timeout_s
        self.acknowledge_timeout_s = acknowledge_timeout_s
        self.on_lost: Callable[[IbfastError], object] = lambda error: None
        self.on_back: Callable[[], Coroutine[Any, Any, None]] | None = None
        self.on_notice: Callable[[ErrorMessage | DecodeError], object] = lambda notice: None
        self.on_failure: Callable[[IbfastError], object] = lambda error: None
        self.on_health: Callable[[Health], object] = lambda health: None
        self.watch = Watch(time.time_ns, self._changed)
        self._busy_poll = busy_poll
        self.link = Link(talk, self._lost, busy_poll=busy_poll)
        self._settings: dict[type[Message], Message] = {}
        self._loop = asyncio.get_running_loop()
        self._pid = os.getpid()
        self.durable = durable
        self.stats = Stats()
        self._reconnect = reconnect
        self._queue_while_down = queue_while_down
        self._send_queue = SendQueue(talk.trades, request_timeout_s)  # what was asked while there was no session
        self._queue_timer: asyncio.TimerHandle | None = None
        self._back = asyncio.Event()
        self._idle_s = idle_s
        self._sleep = sleep
        self._address = ("", 0, 0.0)
        self._closing = False
        self._is_established = False  # as far as was logged
        self._interrupted: list[Durable] = []
        self._silent_since_ns = 0
        self._ended_by_tws = Resubscriptions(self._loop, self._resume_these, lambda: self.watch.servers_lost)
        self._tasks: set[asyncio.Task[None]] = set()
        self._pump: asyncio.Handle | None = None  # looks after what waits for its turn
        talk.on_wait = self._pump_soon
        talk.on_notice = self._noticed
        talk.on_failure = self.report
        talk.on_ended = self._ended_by_tws.add
        talk.shared.on_stray = self._stray

    @property
    def protocol(self) -> Protocol:
        """Where the bytes of the gateway come in."""
        return self.link.protocol

    @property
    def counts(self) -> Counts:
        """What came in so far, over all sockets."""
        return self.stats.before + self.protocol

    async def open(self, host: str, port: int, timeout_s: float) -> None:
        """Connect and shake hands; see `ibfast.link.Link.open`."""
        self._address = (host, port, timeout_s)
        self.talk.trades.gateway = f"{host}:{port}"
        await self.link.dial(host, port, timeout_s)
        self.watch.enter(HealthState.HANDSHAKING)
        await self.link.shake_hands(f"{host}:{port}", timeout_s)
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
        self.link.begin_closing()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.link.close()
        if self.watch.current.state is not HealthState.CLOSED:
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
        client_id = self.talk.client_id
        told = {"health": health, "client_id": client_id}
        LOG.log(self._level_of(health), "client %d is %s %s", client_id, health.state.value, health.reason, extra=told)
        notify(self.on_health, health)

    def _level_of(self, health: Health) -> int:
        """A session that is lost is worth a warning, once; what the user did, or is raised to the user, is not."""
        was_established, self._is_established = self._is_established, health.state in (
            HealthState.READY, HealthState.DEGRADED,
        )  # fmt: skip
        return logging.WARNING if was_established and not (self._is_established or self._closing) else logging.INFO

    def _established(self) -> None:
        self.watch.enter(HealthState.READY)
        self._run(self._watch_silence())

    def _lost(self, error: IbfastError) -> None:
        """The socket has ended: for good, or until there is another."""
        if self._pump is not None:
            self._pump.cancel()
        state = self.watch.current.state
        if not self._closing and state in (HealthState.READY, HealthState.DEGRADED):
            self.report(error)
        if self._closing or not self._reconnect or state in (HealthState.CONNECTING, HealthState.HANDSHAKING):
            self._end(error)
            return
        for stream in self.talk.interrupted(error) + self._ended_by_tws.take():
            notify(stream.interrupted, str(error))
            self._interrupted.append(stream)
        if state is not HealthState.RECONNECTING:
            for task in self._tasks:
                task.cancel()
            self.watch.enter(HealthState.RECONNECTING, str(error))
            self._back.clear()
            self._run(self._come_back(error))

    def _end(self, error: IbfastError) -> None:
        streams, self._interrupted = self._interrupted + self._ended_by_tws.take(), []
        self._send_queue.clear()
        self._stop_queue_timer()
        self._back.set()
        self.talk.lost(error)
        for stream in streams:
            notify(stream.failed, error)
        for task in self._tasks:
            task.cancel()
        self.watch.enter(HealthState.CLOSED, str(error))
        notify(self.on_lost, error)

    async def _come_back(self, error: IbfastError) -> None:
        """Try until there is a session again. Whatever goes wrong is told, and tried once more."""
        for attempt, pause_s in enumerate(pauses(), 1):
            self.watch.enter(HealthState.RECONNECTING, str(error), attempt=attempt, pause_s=pause_s)
            await self._sleep(pause_s)
            try:
                await self._connect_again()
                self._restore()
                return
            except IbfastError as failure:
                error = failure
            except Exception as failure:
                LOG.exception("client %d: reconnecting failed; it is tried again", self.talk.client_id)
                error = ConnectionLost(f"reconnecting failed: {type(failure).__name__}: {failure}")
            self.link.drop(error)
            await self.link.close()  # what `_lost` does then may begin anew with all this, and end this task

    async def _connect_again(self) -> None:
        self.stats.ended(self.protocol)
        self.link = Link(self.talk, self._lost, busy_poll=self._busy_poll)
        await self.link.open(*self._address)
        self.link.check()

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
        if self.on_back is not None:
            self._run(self.on_back())

    # ---------------------------------------------------------------------------------------------- what waits

    def holds_order(self, order_id: int) -> bool:
        """Whether an order waits for a connection and was never sent."""
        return self._send_queue.holds_order(order_id)

    def _enqueue(self, message: Message) -> None:
        self.talk.check_write(message)
        wire.encode(message, self.talk.server_version)
        self._send_queue.limit_s = self.request_timeout_s
        self._send_queue.put(message, self._loop.time())
        self._set_queue_timer()

    def _send_queued(self) -> None:
        """Send what waited, in its order; what was not sent when the connection is lost again waits on."""
        self._stop_queue_timer()
        self._send_queue.expire(self._loop.time())
        waiting = self._send_queue.take()
        for place, queued in enumerate(waiting):
            if self._is_queueing or self.link.ended is not None:
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

    def _resume_these(self, streams: list[Durable]) -> None:
        for stream in streams:
            try:
                stream.resume()
            except Exception as error:
                if not isinstance(error, IbfastError | ValueError):
                    LOG.exception("a stream could not be resumed: %r", stream)
                notify(stream.failed, error if isinstance(error, IbfastError) else IbfastError(str(error)))

    async def _watch_silence(self) -> None:
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
                self.link.drop(ConnectionLost(f"the gateway has said nothing for {2 * self._idle_s:g} s"))
                return

    def _noticed(self, notice: ErrorMessage | DecodeError) -> None:
        """What the gateway says of its own connections goes to the streams too."""
        if isinstance(notice, ErrorMessage):
            code, text = notice.error_code or 0, notice.error_msg or ""
            effect = self.watch.heard(code, text)
            if effect is not None:
                self._act(effect, f"{code}: {text}", servers_back=find(code).signal is Signal.SERVERS_BACK)
        notify(self.on_notice, notice)

    def _act(self, effect: Effect, reason: str, *, servers_back: bool) -> None:
        if effect is Effect.MOVED:
            self.link.drop(ConnectionLost(reason))
        elif not self.can_send:
            return  # said during a handshake: after it everything is asked for anew in any case
        elif effect is Effect.INTERRUPTED:
            notify_all((stream.interrupted for stream in self.talk.streams()), reason)
        elif effect is Effect.RESUMED:
            ended = self._end_dead_streams(reason) if servers_back else []
            notify_all(stream.resumed for stream in self.talk.streams())
            self._resume_these(ended)
        else:
            for stream in self.talk.streams():
                notify(stream.interrupted, reason)
                self.close_rows(stream.req_id, None)
                self._interrupted.append(stream)
            self._interrupted += self._ended_by_tws.take()
            self._resume()
            for stream in self.talk.streams(durable=False):
                self.close_rows(stream.req_id, None)
                notify(stream.failed, ConnectionLost(reason))

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Run beside everything else, until it ends or the connection does."""
        self._run(work)

    def _end_dead_streams(self, reason: str) -> list[Durable]:
        """What IB's servers no longer send, though TWS says that all subscriptions go on: to be requested again."""
        ended = self._ended_by_tws.take()
        for durable in (True, False):
            for stream in self.talk.streams(durable=durable):
                if self.talk.kind_of(stream.req_id) in ENDED_BY_A_LOSS:
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
            LOG.error("client %d: a task of the session failed", self.talk.client_id, exc_info=error)

    # ------------------------------------------------------------------------------------------------- the pace

    def _pump_soon(self) -> None:
        if self._pump is not None:
            self._pump.cancel()
        self._pump = self._loop.call_soon(self._release)

    def _release(self) -> None:
        """Send what has waited for its turn, and come again when there may be more."""
        self._pump = None
        if self.link.ended is not None:
            return
        wait_ns: int | None = RELEASE_AGAIN_NS
        try:
            wait_ns = self.talk.release()
        except Exception:
            LOG.exception("what waits for its turn could not be sent; it is tried again")
        self.link.flush()
        if wait_ns is not None:
            self._pump = self._loop.call_later(wait_ns / 1e9, self._release)

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
        if self.watch.current.state is not HealthState.READY or self.link.ended is not None:
            self.check()
        self.talk.send(message)
        if urgent:
            self.link.flush()
        else:
            self.link.flush_soon()

    def set(self, setting: Message) -> None:
        """Send a setting of the session, now and whenever the session is made anew."""
        self.check_caller()
        if not self._is_queueing:
            self.send(setting)
        self._settings[type(setting)] = setting

    def check(self) -> None:
        """Raise ConnectionLost if nothing can be sent: the connection has ended, or is being made anew."""
        health = self.watch.current
        if health.state is HealthState.RECONNECTING:
            raise ConnectionLost(f"the connection is being made anew: {health.reason}")
        if health.state is HealthState.CLOSED:
            raise ConnectionLost(health.reason)
        self.link.check()

    @property
    def _is_queueing(self) -> bool:
        return self._queue_while_down and self.watch.current.state is HealthState.RECONNECTING

    async def _turn(self, request: Message) -> None:
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

    def _queue(self, stream: Durable) -> int:
        """A stream that is opened while there is no session is asked for as if it had been open; an id until then."""
        self._interrupted.append(stream)
        return self.talk.ids.request()

    @property
    def can_send(self) -> bool:
        """Whether there is a session to send to."""
        is_up = self.link.ended is None and self.watch.current.state in (HealthState.READY, HealthState.DEGRADED)
        return is_up and self.is_usable

    async def ask(
        self,
        request: Message,
        *,
        cancel: type[Message] | None = None,
        end: type[Message] | None = None,
        rows: Rows | None = None,
        enough: Callable[[Any], bool] = lambda part: True,
    ) -> Answer:
        """Send a request with an id and wait for its answer, which a message of type ``end`` closes.

        Without an ``end`` the first part that is ``enough`` does.
        Items of the answer that are hot go into ``rows``; the messages that brought them come without them.

        When the waiting task is cancelled or the time is up, ``cancel`` is sent, where the server knows it.

        Raises:
            RequestError: TWS refused. RequestTimeout: no answer in ``request_timeout_s``. ConnectionLost.
            AnswerTooLarge: it met the limit; the request was cancelled. DecodeError: a part of it cannot be read.
        """
        await self._turn(request)
        future = self._loop.create_future()
        answer = Answer(_settle(future), end=end, enough=enough)
        req_id = self.talk.ask(request, answer)
        if rows is not None:
            self.protocol.attach(req_id, rows)
        self.link.flush_soon()
        try:
            return await self._wait(future, request, answer if self.talk.pacing.holds(req_id) else None)
        except (asyncio.CancelledError, RequestTimeout):
            is_open = self.talk.forget(req_id) and future.cancelled()  # else it never left, or was answered just now
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
            self.unreadable(error)
            raise
        except NONSENSE as error:
            reason = f"{error}" or type(error).__name__
            unreadable = DecodeError(type(part).__name__, "value", 0, reason[:REASON_CHARACTERS], b"")
            self.unreadable(unreadable)
            raise unreadable from error

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
        await self._turn(request)
        future = self._loop.create_future()
        settle = _settle(future)
        answer = self.talk.shared.ask(request, shape, settle, self.talk.server_version)
        self.link.flush_soon()
        try:
            await self._wait(future, request)
        finally:
            self.talk.shared.withdraw(answer, settle)
        return answer.parts

    def _stray(self, answer: SharedAnswer) -> None:
        """Whoever queues behind a stray has half of the time left when it is given up."""
        self._loop.call_later(self.request_timeout_s / 2, self.talk.shared.give_up, answer)

    async def ask_about_order(self, request: PlaceOrderRequest, enough: Callable[[OpenOrder], bool]) -> OpenOrder:
        """Send an order that is not to be placed; the first answer that says ``enough`` of it.

        Raises:
            RequestError: TWS refused. RequestTimeout: no answer in ``request_timeout_s``. ConnectionLost.
        """
        await self._turn(request)
        future = self._loop.create_future()
        order_id = self.talk.ask_about_order(request, Answer(_settle(future), enough=enough))
        self.link.flush_soon()
        try:
            answer = await self._wait(future, request)
        finally:
            self.talk.forget(order_id)
        return answer.parts[-1]  # type: ignore[no-any-return]

    async def _wait(self, future: asyncio.Future[A], request: Message, held: Answer | None = None) -> A:
        """The limit counts from when the request leaves, if pacing has ``held`` it back."""
        try:
            async with asyncio.timeout(None if held else self.request_timeout_s) as limit:
                if held:
                    held.on_left = lambda: limit.reschedule(self._loop.time() + self.request_timeout_s)
                return await future
        except TimeoutError:
            raise self.timed_out(f"{describe(request)}: no answer within {self.request_timeout_s:g} s") from None

    def open_rows(self, request: Message, stream: LiveStream[Any]) -> int:
        """Subscribe: hot messages go into the stream's records, all others to the stream; the request id."""
        self.check_caller()
        if self._is_queueing:
            return self._queue(stream)
        self.check()
        req_id = self.talk.ask(request, stream)
        self.protocol.attach(req_id, stream.rows, stream.second_rows)
        self.stats.opened(req_id, *(rows for rows in (stream.rows, stream.second_rows) if rows is not None))
        self.link.flush_soon()
        return req_id

    def open_messages(self, request: Message, stream: Updates[Any]) -> int:
        """Subscribe: messages go to the stream; the request id."""
        self.check_caller()
        if self._is_queueing:
            return self._queue(stream)
        self.check()
        req_id = self.talk.ask(request, stream)
        self.link.flush_soon()
        return req_id

    def open_feed(self, request: Message, feed: Feed) -> int:
        """Subscribe without a request id: messages go to the feed; the id that stands for it here."""
        self.check_caller()
        if self._is_queueing:
            return self._queue(feed)
        self.check()
        req_id = self.talk.follow(request, feed)
        self.link.flush_soon()
        return req_id

    def close_rows(self, req_id: int, cancel: Message | None) -> None:
        """Unsubscribe, and say so to TWS if there is somebody to say it to."""
        self.check_caller()
        self.protocol.detach(req_id)
        self.stats.closed(req_id)
        has_left = self.talk.forget(req_id)
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

    def unreadable(self, error: DecodeError) -> None:
        """A message about a subscription whose values make no sense: everybody can see it."""
        self.talk.unreadable(error)


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
