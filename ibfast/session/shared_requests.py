"""Requests that have no id: one of a kind is out at a time, so that every answer is the right one's. No I/O.

::

    ask ──▶ (alike with one that has not begun: shares it) ──▶ queue of its kind ──▶ out ──last message──▶ settled
                                                                                  │
                                           nobody waits any more, or a part was unreadable: stray until its
                                           last message has come or `expire`; only then is the next one sent

Requests are of one kind if the same message ends their answers and, with a key, the same value of it is in them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable
from typing import Any, NamedTuple

from ibfast import wire
from ibfast.errors import AnswerTooLarge, DecodeError, IbfastError
from ibfast.listeners import notify_all
from ibfast.schema.declare import Message
from ibfast.session.expected_answers import ANSWER_LIMIT_BYTES

Slot = tuple[type[Message], Hashable]
"""A message type and the value of its key, None where it has none."""


class Shape(NamedTuple):
    """What an answer looks like: parts that ``end`` closes, or one part alone.

    ``key`` is a field of request and answer that says which belong together.
    """

    parts: tuple[type[Message], ...]
    end: type[Message] | None = None
    key: str | None = None

    @property
    def last(self) -> type[Message]:
        """The message that closes the answer."""
        return self.end or self.parts[0]

    def expected(self, request: Message) -> list[Slot]:
        """What the answer to this request is made of, the last message first."""
        value = getattr(request, self.key) if self.key else None
        return [(part, value) for part in dict.fromkeys((self.last, *self.parts))]


class SharedRequest:
    """One request, the answer as far as it has come, and who waits for it: each is called once it is settled."""

    def __init__(self, request: Message, shape: Shape) -> None:
        self.request = request
        self.expected = shape.expected(request)
        self.end = shape.end
        self.parts: list[Any] = []
        self.bytes = 0  # of the parts, on the wire
        self.error: IbfastError | None = None
        self.waiters: list[Callable[[SharedRequest], object]] = []

    @property
    def is_stray(self) -> bool:
        """Whether nobody waits for it."""
        return not self.waiters

    @property
    def can_be_shared(self) -> bool:
        """Whether it is as good for who asks now: somebody waits for it and it has not begun."""
        return not self.is_stray and not self.parts

    def settle(self, error: IbfastError | None = None) -> None:
        """Tell all who wait; from now on nobody does."""
        self.error = error
        waiters, self.waiters = self.waiters, []
        notify_all(waiters, self)


class SharedRequests:
    """All requests of a session that have no id.

    ``send`` puts a request into the outbox; ``on_stray`` hears of requests that are out for nobody, so that somebody
    with a clock can give them up.
    """

    def __init__(self, send: Callable[[Message], object], limit_bytes: int = ANSWER_LIMIT_BYTES) -> None:
        self.on_orphaned: Callable[[SharedRequest], object] = lambda answer: None
        self._send = send
        self._limit_bytes = limit_bytes
        self._kinds: dict[Slot, deque[SharedRequest]] = {}  # by the last message; the first of each is out
        self._out: dict[Slot, SharedRequest] = {}  # by every message that it waits for
        self._keys: dict[type[Message], str | None] = {}

    def ask(
        self, request: Message, shape: Shape, waiter: Callable[[SharedRequest], object], server_version: int
    ) -> SharedRequest:
        """Send the request, or queue it, or share one that is alike; ``waiter`` is called with the settled answer.

        Raises:
            VersionError, ValueError: as `ibfast.wire.encode`; nothing is sent then or later.
        """
        kind = shape.expected(request)[0]
        answers = self._kinds.get(kind, deque())
        answer = next((item for item in answers if item.can_be_shared and item.request == request), None)
        if answer is None:
            answer = SharedRequest(request, shape)
            self._keys |= dict.fromkeys((shape.last, *shape.parts), shape.key)
            if answers:
                wire.encode(request, server_version)  # for the error, now rather than when its turn comes
            else:
                self._send(request)
                self._out |= dict.fromkeys(answer.expected, answer)
            answers.append(answer)
            self._kinds[kind] = answers
        answer.waiters.append(waiter)
        return answer

    def remove_waiter(self, answer: SharedRequest, waiter: Callable[[SharedRequest], object]) -> None:
        """Somebody no longer waits; a request that nobody else waits for is not sent, or a stray if it was."""
        if waiter not in answer.waiters:
            return
        answer.waiters.remove(waiter)
        if answer.is_stray:
            self._strayed(answer)

    def received(self, message: Message, size: int = 0) -> bool:
        """Take a message, of so many bytes, if it is part of an answer that is out."""
        if type(message) not in self._keys:
            return False
        key = self._keys[type(message)]
        slot: Slot = (type(message), getattr(message, key) if key else None)
        answer = self._out.get(slot)
        if answer is None:
            return False
        if type(message) is not answer.end and not answer.is_stray:
            answer.parts.append(message)
            answer.bytes += size
        if slot == answer.expected[0]:
            self._finish(answer)
            answer.settle()
        elif answer.bytes > self._limit_bytes and not answer.is_stray:
            answer.settle(AnswerTooLarge(type(answer.request).__name__, self._limit_bytes))
            self._strayed(answer)
        return True

    def refused(self, error: DecodeError, server_version: int) -> None:
        """A message could not be read: whoever it was for learns why, all whose it may be if that is not known."""
        hit = [slot for slot in self._out if slot[0].__name__ == error.message]
        if hit and (key := self._keys[hit[0][0]]) is not None:
            value = wire.number_in(error.payload, server_version, key)
            hit = [slot for slot in hit if value is None or slot[1] == value]
        for slot in hit:
            answer = self._out[slot]
            if slot == answer.expected[0]:
                self._finish(answer)
                answer.settle(error)
            elif not answer.is_stray:
                answer.settle(error)
                self._strayed(answer)

    def expire(self, answer: SharedRequest) -> None:
        """No longer wait for the last message of a stray: the next of its kind is sent."""
        if answer.is_stray and self._out.get(answer.expected[0]) is answer:
            self._finish(answer)

    def lost(self, error: IbfastError) -> None:
        """There will be no more answers, and this is why."""
        answers = [answer for answers in self._kinds.values() for answer in answers]
        self._kinds.clear()
        self._out.clear()
        for answer in answers:
            answer.settle(error)

    def _strayed(self, answer: SharedRequest) -> None:
        if self._out.get(answer.expected[0]) is answer:
            answer.parts.clear()
            self.on_orphaned(answer)
        else:
            self._kinds[answer.expected[0]].remove(answer)

    def _finish(self, answer: SharedRequest) -> None:
        """The answer is over: send the next of its kind."""
        kind = answer.expected[0]
        for slot in answer.expected:
            del self._out[slot]
        answers = self._kinds[kind]
        answers.popleft()
        if not answers:
            del self._kinds[kind]
            return
        self._out |= dict.fromkeys(answers[0].expected, answers[0])
        self._send(answers[0].request)
