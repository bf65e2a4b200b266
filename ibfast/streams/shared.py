"""A subscription that several readers share, because TWS gives it no request id."""

from __future__ import annotations

from typing import Any

from ibfast.errors import AnswerTooLarge, ConnectionLost, DecodeError, IbfastError
from ibfast.listeners import notify_all
from ibfast.schema import ErrorMessage
from ibfast.schema.declare import Message
from ibfast.streams.snapshot import Snapshot
from ibfast.streams.updates import SubscriptionClient, Updates


class SharedSubscription:
    """A subscription without a request id, shared by any number of subscribers.

    The first subscriber sends the request, the last to leave sends the cancel. A later one gets the ``snapshot`` so
    far, if one is kept. If the last leaves before the answer is complete, the cancel waits until it is, so that the end
    of this answer is not taken for the end of another.
    """

    durable = True

    def __init__(
        self,
        connection: SubscriptionClient,
        request: Message,
        cancel: Message,
        parts: tuple[type[Message], ...],
        *,
        end: type[Message] | None = None,
        snapshot: Snapshot[Any] | None = None,
    ) -> None:
        self.connection = connection
        self.subscribers: list[Updates[Any]] = []
        self.req_id = 0  # no message carries it: it only keeps it among the open subscriptions
        self._interruption = ""
        self.request = request
        self._cancel = cancel
        self._end = end
        self._ending: Message | None = None
        self._snapshot = snapshot
        connection.deliver_to(self, (*parts, *((end,) if end is not None else ())))

    def retarget(self, request: Message, cancel: Message) -> None:
        """Subscribe to something else from now on.

        Raises:
            ValueError: there are subscribers of the old request.
        """
        if self.subscribers and request != self.request:
            raise ValueError(f"TWS follows one account at a time, and {self.request} is followed already")
        if request != self.request and self.req_id:
            self._stop()
        self.request, self._cancel = request, cancel

    def accepts(self, message: Message) -> bool:
        """Whether a message belongs to what is subscribed."""
        return bool(self.req_id)

    def join(self, stream: Updates[Any]) -> int:
        self.connection.check_caller()
        if not self.req_id:
            self._start()
        elif not self.connection.can_send:  # what is known may be old by now: the answer of the next session comes
            self.connection.check_unless_queueing()
            self.subscribers.append(stream)
            return 0
        elif not self.subscribers:  # those before did not wait for the end, which may never come
            self.connection.send(self.request)
        self._send_so_far(stream)
        self.subscribers.append(stream)
        return 0

    def _send_so_far(self, stream: Updates[Any]) -> None:
        for message in self._snapshot.so_far.values() if self._snapshot is not None else ():
            stream.received(message)
        if self._ending is not None:
            stream.received(self._ending)
        if self._interruption:
            stream.interrupted(self._interruption)

    def leave(self, stream: Updates[Any]) -> None:
        if stream in self.subscribers:
            self.connection.check_caller()
            self.subscribers.remove(stream)
            self._stop_if_done()

    def _start(self) -> None:
        if self._snapshot is not None:
            self._snapshot.begin()
        self._ending = None
        self._interruption = ""
        self.req_id = self.connection.open_shared(self.request, self)

    def _stop_if_done(self) -> None:
        if not self.subscribers and (self._end is None or self._ending is not None):
            self._stop()

    def _stop(self) -> None:
        self.connection.close_rows(self.req_id, self._cancel)
        self.req_id = 0

    # -- what the session tells it

    def received(self, message: Message) -> bool:
        """Take a message, if it belongs to what is subscribed."""
        if not self.accepts(message):
            return False
        if self._end is not None and isinstance(message, self._end):
            self._ending = message
            if self._snapshot is not None:
                self._snapshot.complete()
        elif self._snapshot is not None and not self._put(self._snapshot, message):
            return True
        notify_all((stream.received for stream in self.subscribers), message)
        self._stop_if_done()
        return True

    def _put(self, snapshot: Snapshot[Any], message: Message) -> bool:
        """Keep a message; False if that is too much, and the subscription has ended."""
        session = self.connection.session
        snapshot.put(message, session.message_bytes)
        if snapshot.bytes <= session.answer_limit_bytes:
            return True
        snapshot.begin()
        error = AnswerTooLarge(type(self.request).__name__, session.answer_limit_bytes)
        self._stop()
        self.failed(error)
        return False

    def refused(self, error: DecodeError) -> None:
        """A message could not be read: subscribers that wait for the answer fail, because it cannot be complete."""
        for stream in [subscriber for subscriber in self.subscribers if not subscriber.is_complete]:
            self.subscribers.remove(stream)
            stream.failed(error)

    def interrupted(self, reason: str) -> None:
        """Nothing comes until it is resumed."""
        self._interruption = reason
        notify_all((stream.interrupted for stream in self.subscribers), reason)

    def resumed(self) -> None:
        """Messages come again, without a new request."""
        self._interruption = ""
        notify_all(stream.resumed for stream in self.subscribers)

    def resume(self) -> None:
        """Send the request again, for the subscribers that are durable."""
        self.req_id = 0
        for stream in [
            subscriber for subscriber in self.subscribers if subscriber.is_interrupted and not subscriber.durable
        ]:
            self.subscribers.remove(stream)
            stream.failed(ConnectionLost(self._interruption))
        for stream in self.subscribers:
            stream._begin_again()
        if self.subscribers:
            self._start()

    def cancel_request(self) -> None:
        """Nothing ends a request without an id, either."""

    def noticed(self, message: ErrorMessage) -> None:
        """Nothing is said of an id that TWS does not know."""

    def failed(self, error: IbfastError) -> None:
        self.req_id = 0
        subscribers, self.subscribers = self.subscribers, []
        notify_all((stream.failed for stream in subscribers), error)
