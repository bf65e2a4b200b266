"""Requests without an id: one of a kind is on its way at a time, and its answer is for all who asked the same.

A kind is named by the message that ends the answer: requests for one's own and for all open orders are of one kind.
An answer that repeats what was asked, as that for a market rule does, makes a kind of each thing asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ibfast.errors import IbfastError
from ibfast.schema import MarketRule
from ibfast.schema.declare import Message

if TYPE_CHECKING:
    from ibfast.conversation import Receiver

REPEATED: dict[type[Message], str] = {MarketRule: "market_rule_id"}
"""The field by which an answer belongs to its request, for the answers that have one."""


def kind_of(end: type[Message], message: Message) -> tuple[type[Message], object]:
    """What tells one request on its way from another, of the request and of the answer's end alike."""
    return end, getattr(message, REPEATED[end]) if end in REPEATED else None


class Question:
    """A request, and who waits for its answer; once that has begun nobody can join any more."""

    def __init__(self, request: Message, parts: tuple[type[Message], ...]) -> None:
        self.request = request
        self.parts = parts
        self.receivers: list[Receiver] = []
        self.has_begun = False

    def settle(self, message: Message) -> None:
        for receiver in self.receivers:
            receiver.received(message)

    def fail(self, error: IbfastError) -> None:
        """Nobody waits any more; the request stays on its way, so that its end is not taken for the next one's."""
        receivers, self.receivers = self.receivers, []
        for receiver in receivers:
            receiver.failed(error)


class SharedRequests:
    """The questions of each kind, the first of which has been sent."""

    def __init__(self, send: Callable[[Message], None]) -> None:
        self._send = send
        self._kinds: dict[tuple[type[Message], object], list[Question]] = {}

    def ask(
        self, request: Message, end: type[Message], receiver: Receiver, parts: tuple[type[Message], ...] = ()
    ) -> None:
        """Join whoever asks the same, or send the request as soon as no other of its kind is on its way."""
        queue = self._kinds.setdefault(kind_of(end, request), [])
        question = next((it for it in queue if it.request == request and not it.has_begun), None)
        if question is None:
            question = Question(request, parts)
            if not queue:
                self._send(request)
            queue.append(question)
        elif question is queue[0] and not question.receivers:  # whoever asked before has given up
            self._send(request)
        question.receivers.append(receiver)

    def withdraw(self, end: type[Message], receiver: Receiver) -> None:
        """A receiver no longer waits. Who waited in vain for his turn ends a request that has no answer."""
        for queue in [queue for (kind, _), queue in self._kinds.items() if kind is end]:
            for question in queue:
                if receiver in question.receivers:
                    question.receivers.remove(receiver)
            abandoned = not any(question.receivers for question in queue)
            if abandoned and len(queue) > 1:
                queue.clear()

    def received(self, message: Message) -> bool:
        """A part or the end of an answer; False when nobody asked for such a message."""
        queue = self._kinds.get(kind_of(type(message), message))
        if queue:
            queue.pop(0).settle(message)
            self._send_next(queue)
            return True
        asked = [it[0] for it in self._kinds.values() if it and type(message) in it[0].parts]
        for question in asked:
            question.has_begun = True
            question.settle(message)
        return bool(asked)

    def refused(self, error: IbfastError, name: str) -> None:
        """A message of this name could not be read: whoever waits for it learns why."""
        for (end, _), queue in self._kinds.items():
            if queue and end.__name__ == name:
                queue.pop(0).fail(error)
                self._send_next(queue)
            elif queue and any(part.__name__ == name for part in queue[0].parts):
                queue[0].has_begun = True
                queue[0].fail(error)

    def lost(self) -> Iterator[Receiver]:
        """Everybody who waits; nobody does from now on."""
        kinds, self._kinds = self._kinds, {}
        for queue in kinds.values():
            for question in queue:
                yield from question.receivers

    def _send_next(self, queue: list[Question]) -> None:
        while queue:
            if queue[0].receivers:
                try:
                    self._send(queue[0].request)
                    return
                except IbfastError as error:
                    queue[0].fail(error)
            queue.pop(0)
