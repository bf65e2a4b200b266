"""Requests that wait for their answer, and the protocols of whoever gets messages by request id."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from ibfast.errors import IbfastError, RequestError
from ibfast.schema import ErrorMessage
from ibfast.schema.declare import Message


class MessageHandler(Protocol):
    """Who gets the messages of a request id: a `PendingRequest` or a stream."""

    def received(self, message: Message) -> bool:
        """Take a message; True when it was the last."""

    def noticed(self, message: ErrorMessage) -> None:
        """Take a warning or notice that does not end the request."""

    def failed(self, error: IbfastError) -> None:
        """There will be no more messages, and this is why."""


class Resumable(MessageHandler, Protocol):
    """A handler that outlives a lost connection: a subscription."""

    durable: bool

    @property
    def req_id(self) -> int:
        """The id of its request."""

    def interrupted(self, reason: str) -> None:
        """Nothing comes until it is resumed."""

    def resumed(self) -> None:
        """Messages come again, without a new request."""

    def resume(self) -> None:
        """Send the request again."""

    def cancel_request(self) -> None:
        """Cancel a request that is dead at TWS; `resume` makes another."""


Resubscribe = Callable[[Resumable, RequestError], object]
"""Makes a subscription again that TWS has ended, when that makes sense."""


class PendingRequest:
    """Collects the parts of one answer, and resolves once: with all of them, or with an error.

    A message of type ``end`` closes the answer; without one the first part that ``is_final`` does.
    """

    def __init__(
        self,
        resolve: Callable[[PendingRequest], object],
        *,
        end: type[Message] | None = None,
        is_final: Callable[[Any], bool] = lambda part: True,
    ) -> None:
        self.parts: list[Any] = []
        self.bytes = 0  # of its messages, on the wire
        self.end_message: Any = None
        self.error: IbfastError | None = None
        self.notices: list[ErrorMessage] = []
        self.on_sent: Callable[[], object] = lambda: None  # called when the request leaves after a wait for pacing
        self._resolve = resolve
        self._end = end
        self._is_final = is_final

    def received(self, message: Message) -> bool:
        if self._end is not None and isinstance(message, self._end):
            self.end_message = message
        else:
            self.parts.append(message)
            if self._end is not None or not self._is_final(message):
                return False
        self._resolve(self)
        return True

    def noticed(self, message: ErrorMessage) -> None:
        self.notices.append(message)

    def failed(self, error: IbfastError) -> None:
        self.error = error
        self._resolve(self)
