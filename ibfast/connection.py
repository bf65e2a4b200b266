"""A socket joined to a conversation: connect, send, wait with a limit, close."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import Any

from ibfast import wire
from ibfast._codec import Protocol, Rows
from ibfast.conversation import Answer, Conversation, State
from ibfast.errors import ConnectionFailed, ConnectionLost, DecodeError, IbfastError, RequestTimeout
from ibfast.schema.declare import Message
from ibfast.subscription import Ticks
from ibfast.trade import request_error

KEEPALIVE_IDLE_S = 30


class Connection:
    """Carries one conversation over one socket, on the running event loop."""

    def __init__(self, talk: Conversation, *, request_timeout_s: float) -> None:
        self.talk = talk
        self.request_timeout_s = request_timeout_s
        self.protocol = Protocol(self)
        self.on_lost: Callable[[IbfastError], object] = lambda error: None
        self._loop = asyncio.get_running_loop()
        self._transport: Any = None
        self._ready = self._loop.create_future()
        self._closed = self._loop.create_future()
        self._flushing = False
        self._ended: IbfastError | None = None

    async def open(self, host: str, port: int, timeout_s: float) -> None:
        """Connect and shake hands.

        Raises:
            ConnectionFailed: the socket did not open, or the handshake did not end, within ``timeout_s`` seconds each;
                or the gateway refused (``code`` says why, 326 for a client id in use).
        """
        try:
            async with asyncio.timeout(timeout_s):
                await self._loop.create_connection(lambda: self.protocol, host, port)
        except TimeoutError:
            raise ConnectionFailed(f"{host}:{port} did not accept a connection within {timeout_s:g} s") from None
        except OSError as error:
            raise ConnectionFailed(f"{host}:{port}: {error.strerror or error}") from error
        try:
            async with asyncio.timeout(timeout_s):
                await asyncio.shield(self._ready)
        except TimeoutError:
            step = "say hello" if self.talk.state is State.GREETING else "send order id and accounts"
            await self.close()
            reason, code = self._refusal()
            raise ConnectionFailed(f"{host}:{port} did not {step} within {timeout_s:g} s{reason}", code=code) from None
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Send what waits, close the socket and wait until it is closed; from any state, any number of times."""
        if self._transport is None:
            return
        if self._ended is None:
            self._ended = ConnectionLost("the connection was closed by close()")
            self.flush()
            self.protocol.stop()
            self._transport.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                await asyncio.shield(self._closed)
        self._transport.abort()
        await self._closed

    # ---------------------------------------------------------------------------------------------- sending

    def send(self, message: Message) -> None:
        """Send a message in this loop turn, together with all others of it.

        Raises:
            ConnectionLost: there is no connection any more.
            VersionError, ValueError: as `ibfast.wire.encode`.
        """
        self.check()
        self.talk.send(message)
        self._flush_soon()

    def check(self) -> None:
        """Raise ConnectionLost if the connection has ended."""
        if self._ended is not None:
            raise ConnectionLost(str(self._ended)) from self._ended

    async def ask(
        self,
        request: Message,
        *,
        cancel: type[Message] | None = None,
        end: type[Message] | None = None,
        rows: Rows | None = None,
    ) -> Answer:
        """Send a request with an id and wait for its answer, which a message of type ``end`` closes.

        Items of the answer that are hot go into ``rows``; the messages that brought them come without them.

        When the waiting task is cancelled or the time is up, ``cancel`` is sent, where the server knows it.

        Raises:
            RequestError: TWS refused. RequestTimeout: no answer in ``request_timeout_s``. ConnectionLost.
        """
        self.check()
        future = self._loop.create_future()
        req_id = self.talk.ask(request, Answer(_settle(future), end=end))
        if rows is not None:
            self.protocol.attach(req_id, rows)
        self._flush_soon()
        try:
            return await self._wait(future, type(request).__name__)
        except (asyncio.CancelledError, RequestTimeout):
            self.talk.forget(req_id)
            if cancel is not None and self._ended is None and future.cancelled():  # else it was answered just now
                with contextlib.suppress(ValueError):  # servers before 215 do not know every cancel
                    self.send(cancel(req_id=req_id))
            raise
        finally:
            self.protocol.detach(req_id)

    async def ask_shared(self, request: Message, answer_type: type[Message]) -> Any:
        """Ask for something without a request id; callers who ask at the same time share the answer."""
        self.check()
        future = self._loop.create_future()
        receiver = Answer(_settle(future))
        self.talk.share(request, answer_type, receiver)
        self._flush_soon()
        try:
            return (await self._wait(future, type(request).__name__)).parts[0]
        finally:
            self.talk.withdraw(answer_type, receiver)

    async def _wait(self, future: asyncio.Future[Answer], name: str) -> Answer:
        try:
            async with asyncio.timeout(self.request_timeout_s):
                return await future
        except TimeoutError:
            raise RequestTimeout(f"{name}: no answer within {self.request_timeout_s:g} s") from None

    def open_rows(self, request: Message, stream: Ticks) -> int:
        """Subscribe: hot messages go into the stream's records, all others to the stream; the request id."""
        self.check()
        req_id = self.talk.ask(request, stream)
        self.protocol.attach(req_id, stream.rows)
        self._flush_soon()
        return req_id

    def close_rows(self, req_id: int, cancel: Message | None) -> None:
        """Unsubscribe, and say so to TWS if there is somebody to say it to."""
        self.protocol.detach(req_id)
        self.talk.forget(req_id)
        if cancel is not None and self._ended is None:
            self.send(cancel)

    def flush(self) -> None:
        """Write what waits in the outbox, at once."""
        self._flushing = False
        if len(self.talk.outbox):
            self._transport.write(self.talk.outbox.take())

    def _flush_soon(self) -> None:
        if not self._flushing:
            self._flushing = True
            self._loop.call_soon(self._flush_if_open)

    def _flush_if_open(self) -> None:
        if self._ended is None:
            self.flush()

    # ------------------------------------------------------------------------------- what the protocol tells

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if hasattr(socket, "TCP_KEEPIDLE"):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_IDLE_S)
        self.talk.start()
        self.flush()

    def handshake(self, payload: bytes) -> None:
        try:
            if self.talk.greeted(payload):
                self.protocol.plans = wire.plans("incoming", self.talk.server_version)
                self.protocol.server_version = self.talk.server_version
                self.flush()
        except ConnectionFailed as error:
            self._fail(error)

    def received(self, message: Message) -> None:
        try:
            self.talk.received(message)
        except ConnectionFailed as error:
            self._fail(error)
        if self.talk.state is State.READY and not self._ready.done():
            self._ready.set_result(None)

    def malformed(self, error: DecodeError) -> None:
        self.talk.refused(error)

    def unknown(self, msg_id: int, payload: bytes) -> None:
        self.talk.unknown_message(msg_id, payload)

    def connection_lost(self, error: Exception | None) -> None:
        if self._ended is None:
            self._ended = self._as_loss(error)
        if not self._ready.done():
            self._ready.set_exception(self._ended)
            self._ready.exception()  # whoever waits raises it; when nobody does it is no news
        if not self._closed.done():
            self._closed.set_result(None)
        self.talk.lost(self._ended)
        self.on_lost(self._ended)

    def _as_loss(self, error: Exception | None) -> IbfastError:
        if isinstance(error, IbfastError):
            return error
        reason = f": {error}" if error is not None else ""
        if self.talk.state is not State.READY:
            refusal, code = self._refusal()
            return ConnectionFailed(f"the gateway hung up during the handshake{reason}{refusal}", code=code)
        return ConnectionLost(f"the gateway closed the connection{reason}")

    def _refusal(self) -> tuple[str, int]:
        """What the gateway complained of during the handshake, and the code of that."""
        refusal = self.talk.refusal
        return ("", 0) if refusal is None else (f"; it said {request_error(refusal)}", refusal.error_code or 0)

    def _fail(self, error: ConnectionFailed) -> None:
        """Give up: what went wrong is known before the socket is closed."""
        self._ended = error
        self.protocol.stop()
        self._transport.abort()


def _settle(future: asyncio.Future[Answer]) -> Callable[[Answer], None]:
    def settle(answer: Answer) -> None:
        if future.done():
            return
        if answer.error is not None:
            future.set_exception(answer.error)
        else:
            future.set_result(answer)

    return settle
