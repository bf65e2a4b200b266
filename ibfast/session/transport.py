"""One socket under a conversation: dial, shake hands, write once a loop turn, close."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import socket
import sys
from collections.abc import Callable
from typing import Any

from ibfast import wire
from ibfast._codec import Protocol
from ibfast.errors import ConnectionFailed, ConnectionLost, DecodeError, FramingError, IbfastError, RequestError
from ibfast.schema.declare import Message
from ibfast.session.dialing import connect_to_any
from ibfast.session.event_loop import BusyPoller
from ibfast.session.session import MESSAGES, Session, State

NOBODY_LISTENS = "nobody listens; is TWS or IB Gateway running, is its API switched on, is this its port?"
KEEPALIVE_IDLE_S = 30

SO_BUSY_POLL = 46
BUSY_POLL_US = 50
"""On Linux the kernel looks at the network card for so long, instead of waiting for it; needs CAP_NET_ADMIN."""


class Transport:
    """Carries a conversation over one socket, on the running event loop. A conversation may have several in a row."""

    def __init__(self, session: Session, on_lost: Callable[[IbfastError], object], *, busy_poll: bool = False) -> None:
        self.session = session
        self.protocol = Protocol(self)
        self._on_lost = on_lost
        self._loop = asyncio.get_running_loop()
        self._spin = BusyPoller(self._loop) if busy_poll else None
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
        await self.dial(host, port, timeout_s)
        await self.shake_hands(f"{host}:{port}", timeout_s)

    async def dial(self, host: str, port: int, timeout_s: float) -> None:
        """Open the socket and say hello."""
        try:
            async with asyncio.timeout(timeout_s):
                sock = await connect_to_any(host, port)
                if sock is not None:
                    await self._loop.create_connection(lambda: self.protocol, sock=sock)
                else:
                    await self._loop.create_connection(lambda: self.protocol, host, port)
        except TimeoutError:
            raise ConnectionFailed(f"{host}:{port} did not accept a connection within {timeout_s:g} s") from None
        except asyncio.CancelledError:
            self._hang_up_unheard()
            raise
        except OSError as error:
            reason = NOBODY_LISTENS if _is_refusal(error) else error.strerror or error
            raise ConnectionFailed(f"{host}:{port}: {reason}") from error

    def _hang_up_unheard(self) -> None:
        """End a socket whose opening was cancelled: uvloop closes it without a word to its protocol."""
        if self._transport is not None and not self._closed.done():
            self.drop(ConnectionLost("connecting was cancelled", by_user=True))
            self._closed.set_result(None)

    async def shake_hands(self, peer: str, timeout_s: float) -> None:
        """Wait until order id and accounts have come; the socket is closed if they do not."""
        try:
            async with asyncio.timeout(timeout_s):
                await asyncio.shield(self._ready)
        except TimeoutError:
            step = "say hello" if self.session.state is State.GREETING else "send order id and accounts"
            await self.close()
            reason, code = self._refusal()
            raise ConnectionFailed(f"{peer} did not {step} within {timeout_s:g} s{reason}", code=code) from None
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Send what waits, close the socket and wait until it is closed; from any state, any number of times."""
        if self._transport is None:
            return
        self.begin_closing()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                await asyncio.shield(self._closed)
        self._transport.abort()
        await self._closed

    def begin_closing(self) -> None:
        """Send what waits and begin to close the socket, without waiting."""
        if self._transport is not None and self._ended is None:
            self._ended = ConnectionLost("the connection was closed by close()", by_user=True)
            self.flush()
            self.protocol.stop()
            self._transport.close()

    def drop(self, error: IbfastError) -> None:
        """Hang up at once: what went wrong is known before the socket is closed."""
        if self._ended is None:
            self._ended = error
            self.protocol.stop()
            if self._transport is not None:
                self._transport.abort()

    @property
    def ended(self) -> IbfastError | None:
        """Why nothing can be sent any more; None while it can."""
        return self._ended

    def check(self) -> None:
        """Raise ConnectionLost if the socket has ended."""
        if self._ended is not None:
            raise ConnectionLost(str(self._ended), by_user=getattr(self._ended, "by_user", False)) from self._ended

    # ---------------------------------------------------------------------------------------------- sending

    def flush(self) -> None:
        """Write what waits in the outbox, at once."""
        self._flushing = False
        if len(self.session.outbox):
            self._transport.write(self.session.outbox.take())

    def flush_soon(self) -> None:
        """Write at the end of this loop turn, together with all that is sent in it."""
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
        with contextlib.suppress(OSError):  # it has been reset already: the loop says so next
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            if hasattr(socket, "TCP_KEEPIDLE"):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_IDLE_S)
        if self._spin is not None:
            if sys.platform == "linux":
                with contextlib.suppress(OSError):  # not allowed: spinning alone does most of it
                    sock.setsockopt(socket.SOL_SOCKET, SO_BUSY_POLL, BUSY_POLL_US)
            self._spin.start()
        self.session.start()
        self.flush()

    def handshake(self, payload: bytes) -> None:
        try:
            if self.session.on_server_hello(payload):
                self.protocol.plans = wire.plans("incoming", self.session.server_version)
                self.protocol.server_version = self.session.server_version
                self.flush()
        except ConnectionFailed as error:
            self.drop(error)

    def received(self, message: Message) -> None:
        if MESSAGES.isEnabledFor(logging.DEBUG):
            MESSAGES.debug("client %d received %r", self.session.client_id, message)
        try:
            self.session.message_bytes = self.protocol.payload_size
            self.session.received(message)
        except ConnectionFailed as error:
            self.drop(error)
        if self.session.state is State.READY and not self._ready.done():
            self._ready.set_result(None)

    def malformed(self, error: DecodeError) -> None:
        self.session.refused(error)

    def unknown(self, msg_id: int, payload: bytes) -> None:
        self.session.unknown_message(msg_id, payload)

    def connection_lost(self, error: Exception | None) -> None:
        if self._spin is not None:
            self._spin.stop()
        if self._ended is None:
            self._ended = self._as_loss(error)
        if not self._ready.done():
            self._ready.set_exception(self._ended)
            self._ready.exception()  # whoever waits raises it; when nobody does it is no news
        if not self._closed.done():
            self._closed.set_result(None)
        self._on_lost(self._ended)

    def _as_loss(self, error: Exception | None) -> IbfastError:
        if isinstance(error, ConnectionFailed) or (
            isinstance(error, IbfastError) and self.session.state is State.READY
        ):
            return error
        reason = f": {error}" if error is not None else ""
        if self.session.state is not State.READY:
            refusal, code = self._refusal()
            if isinstance(error, FramingError):
                return ConnectionFailed(f"what answers is no gateway: {error}{refusal}", code=code)
            return ConnectionFailed(f"the gateway hung up during the handshake{reason}{refusal}", code=code)
        return ConnectionLost(f"the gateway closed the connection{reason}")

    def _refusal(self) -> tuple[str, int]:
        """What the gateway complained of during the handshake, and the code of that."""
        refusal = self.session.refusal
        return ("", 0) if refusal is None else (f"; it said {RequestError.of(refusal)}", refusal.error_code or 0)


def _is_refusal(error: OSError) -> bool:
    """Whether nobody listens; of a name with several addresses only the text says so."""
    return isinstance(error, ConnectionRefusedError) or f"[Errno {errno.ECONNREFUSED}]" in str(error)
