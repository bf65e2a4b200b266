"""What requests are sent through: a conversation, its socket, and waiting with a limit."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

from ibfast._codec import Protocol, Rows
from ibfast.conversation import Answer, Conversation
from ibfast.errors import DecodeError, IbfastError, RequestTimeout
from ibfast.link import Link
from ibfast.schema import OpenOrder, PlaceOrderRequest
from ibfast.schema.declare import Message
from ibfast.streams import LiveStream


class Connection:
    """Sends for a conversation and waits for its answers, on the running event loop."""

    def __init__(self, talk: Conversation, *, request_timeout_s: float) -> None:
        self.talk = talk
        self.request_timeout_s = request_timeout_s
        self.on_lost: Callable[[IbfastError], object] = lambda error: None
        self.link = Link(talk, self._lost)
        self._loop = asyncio.get_running_loop()
        self._pump: asyncio.Handle | None = None  # looks after what waits for its turn
        talk.on_wait = self._pump_soon

    @property
    def protocol(self) -> Protocol:
        """Where the bytes of the gateway come in."""
        return self.link.protocol

    async def open(self, host: str, port: int, timeout_s: float) -> None:
        """Connect and shake hands; see `ibfast.link.Link.open`."""
        await self.link.open(host, port, timeout_s)

    async def close(self) -> None:
        """Send what waits, close the socket and wait until it is closed; from any state, any number of times."""
        await self.link.close()

    def _pump_soon(self) -> None:
        if self._pump is not None:
            self._pump.cancel()
        self._pump = self._loop.call_soon(self._release)

    def _release(self) -> None:
        """Send what has waited for its turn, and come again when there may be more."""
        self._pump = None
        if self.link.ended is not None:
            return
        wait_ns = self.talk.release()
        self.link.flush()
        if wait_ns is not None:
            self._pump = self._loop.call_later(wait_ns / 1e9, self._release)

    def _lost(self, error: IbfastError) -> None:
        if self._pump is not None:
            self._pump.cancel()
        self.talk.lost(error)
        self.on_lost(error)

    # ---------------------------------------------------------------------------------------------- sending

    def send(self, message: Message) -> None:
        """Send a message in this loop turn, together with all others of it.

        Raises:
            ConnectionLost: there is no connection any more.
            VersionError, ValueError: as `ibfast.wire.encode`.
        """
        self.check()
        self.talk.send(message)
        self.link.flush_soon()

    def check(self) -> None:
        """Raise ConnectionLost if the connection has ended."""
        self.link.check()

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
        """
        self.check()
        future = self._loop.create_future()
        answer = Answer(_settle(future), end=end, enough=enough)
        req_id = self.talk.ask(request, answer)
        if rows is not None:
            self.protocol.attach(req_id, rows)
        self.link.flush_soon()
        try:
            return await self._wait(future, type(request).__name__, answer if self.talk.pacing.holds(req_id) else None)
        except (asyncio.CancelledError, RequestTimeout):
            has_left = self.talk.forget(req_id)
            if (
                has_left and cancel is not None and self.link.ended is None and future.cancelled()
            ):  # else it was answered just now
                with contextlib.suppress(ValueError):  # servers before 215 do not know every cancel
                    self.send(cancel(req_id=req_id))
            raise
        finally:
            self.protocol.detach(req_id)

    async def ask_shared(self, request: Message, answer_type: type[Message]) -> Any:
        """Ask for something without a request id; callers who ask at the same time share the answer."""
        return (await self._share(request, answer_type)).parts[0]

    async def ask_shared_list(
        self, request: Message, *, parts: tuple[type[Message], ...], end: type[Message]
    ) -> list[Any]:
        """Ask for something without a request id whose answer is messages of these types, up to an ``end``.

        Callers who ask the same at the same time share the answer; another request with the same end waits its turn.
        """
        return (await self._share(request, end, parts)).parts

    async def _share(self, request: Message, end: type[Message], parts: tuple[type[Message], ...] = ()) -> Answer:
        self.check()
        future = self._loop.create_future()
        receiver = Answer(_settle(future), end=end if parts else None)
        self.talk.share(request, end, receiver, parts)
        self.link.flush_soon()
        try:
            return await self._wait(future, type(request).__name__)
        finally:
            self.talk.withdraw(end, receiver)

    async def ask_about_order(self, request: PlaceOrderRequest, enough: Callable[[OpenOrder], bool]) -> OpenOrder:
        """Send an order that is not to be placed; the first answer that says ``enough`` of it.

        Raises:
            RequestError: TWS refused. RequestTimeout: no answer in ``request_timeout_s``. ConnectionLost.
        """
        self.check()
        future = self._loop.create_future()
        order_id = self.talk.ask_about_order(request, Answer(_settle(future), enough=enough))
        self.link.flush_soon()
        try:
            answer = await self._wait(future, type(request).__name__)
        finally:
            self.talk.forget(order_id)
        return answer.parts[-1]  # type: ignore[no-any-return]

    async def _wait(self, future: asyncio.Future[Answer], name: str, held: Answer | None = None) -> Answer:
        """The limit counts from when the request leaves, if pacing has ``held`` it back."""
        try:
            async with asyncio.timeout(None if held else self.request_timeout_s) as limit:
                if held:
                    held.on_left = lambda: limit.reschedule(self._loop.time() + self.request_timeout_s)
                return await future
        except TimeoutError:
            raise RequestTimeout(f"{name}: no answer within {self.request_timeout_s:g} s") from None

    def open_rows(self, request: Message, stream: LiveStream[Any]) -> int:
        """Subscribe: hot messages go into the stream's records, all others to the stream; the request id."""
        self.check()
        req_id = self.talk.ask(request, stream)
        self.protocol.attach(req_id, stream.rows, stream.second_rows)
        self.link.flush_soon()
        return req_id

    def close_rows(self, req_id: int, cancel: Message | None) -> None:
        """Unsubscribe, and say so to TWS if there is somebody to say it to."""
        self.protocol.detach(req_id)
        has_left = self.talk.forget(req_id)
        if has_left and cancel is not None and self.link.ended is None:
            self.send(cancel)

    def unreadable(self, error: DecodeError) -> None:
        """A message about a subscription whose values make no sense: everybody can see it."""
        self.talk.malformed += 1
        self.talk.on_notice(error)


def _settle(future: asyncio.Future[Answer]) -> Callable[[Answer], None]:
    def settle(answer: Answer) -> None:
        if future.done():
            return
        if answer.error is not None:
            future.set_exception(answer.error)
        else:
            future.set_result(answer)

    return settle
