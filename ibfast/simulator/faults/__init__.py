"""What can go wrong with a gateway, on a script.

::

    faults = [Split(3), Drop(after_rows=500), Stall(2.0, at_s=10), Notice(1101, at_s=20)]
    async with Simulator(faults=faults) as simulator:
        simulator.inject(Reset())

====================  ============================================================================================
events                happen to a session, between two messages or at an exact byte
`Drop`                the connection ends; also in the middle of a message
`Reset`               the connection is reset (RST)
`Refuse`              a new connection is reset at once
`Stall`               nothing is sent for a time, or ever again; half open if nothing is heard either
`Split`, `Glue`       writes are cut into pieces, or gathered
`Notice`              an error message: 1100, 1101, 1102, 1300, farms, 317, 10182, 10225, any other
`Storm`               very many error messages
`Say`                 a message that nobody asked for
`Garbage`             bytes that are no message, lengths that are no length
`ClientIdInUse`       326, and the connection ends
`NoQuotes`            bid and ask of -1, as of a market that is closed or halted
`Restart`             the nightly restart: every session dropped, the port closed, later open again
====================  ============================================================================================

====================  ============================================================================================
edits                 are done to single messages
`Lose`                a message is never sent; a request is never heard
`Repeat`              a message is sent twice, or more often
`Reject`              a request is answered by an error, and not acted on
`Late`                a message is sent later, what follows it first; a request is heard later: positions that come
                      late after a reconnect are ``Late(at_message=PositionsRequest, session=2)``
`Spoil`               a message arrives with a field that cannot be read
`AnswerVersion`       the handshake is answered with another server version
====================  ============================================================================================

Every condition given must hold (see `Fault`). All times are seconds of the simulator's clock.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from ibfast import wire
from ibfast.error_codes import Signal, Verdict, find
from ibfast.request_kinds import kind_of
from ibfast.schema import ErrorMessage, HistoricalDataRequest, StartApiRequest
from ibfast.schema.declare import Message
from ibfast.simulator.faults.corruption import with_raw_field
from ibfast.simulator.faults.error_texts import BOOK_RESET, LOST, OF, TEXTS
from ibfast.simulator.streams.ticks import Suspension

if TYPE_CHECKING:
    from ibfast.simulator.faults.schedule import FaultSchedule
    from ibfast.simulator.faults.transport import FaultyTransport

FOREVER = math.inf


@dataclass(frozen=True, kw_only=True)
class Fault:
    """When, to whom and how often. With no condition at all: at once, as soon as there is a session.

    ``after_rows``, ``after_messages`` and ``after_bytes`` are what one session has been sent, rows being messages
    of market data, and messages all that follow the handshake's answer; for a fault that was injected they count
    from there. ``at_message`` is a class of what is sent, or of requests; the fault comes before it, or after it if
    not ``before``: a request then has been acted on, its answer is still to be sent. ``at_s`` is when the fault may
    happen at the earliest, ``until_s`` until when, since the simulator's start or the injection.

    ``session`` is the n-th connection there was, from 1; ``client_id`` only sessions of that client. ``times`` is
    how often it happens, over all sessions; None is no limit. What comes at a time, or by hand, comes to every
    session at once, and counts as one; where there is none it waits for the first.
    """

    after_rows: int | None = None
    after_messages: int | None = None
    after_bytes: int | None = None
    at_message: type[Message] | None = None
    before: bool = True
    at_s: float = 0.0
    until_s: float = FOREVER
    session: int | None = None
    client_id: int | None = None
    times: int | None = 1

    @property
    def is_counted(self) -> bool:
        """Whether it waits for what a session does."""
        counts = (self.after_rows, self.after_messages, self.after_bytes, self.at_message)
        return any(count is not None for count in counts)

    def fits(self, line: FaultyTransport) -> bool:
        """Whether this is the place for it."""
        return True


class Event(Fault):
    """Happens to a session."""

    at_once: ClassVar[bool] = True
    """Whether sessions that are there already can have it, by hand or at a time."""
    needs_session: ClassVar[bool] = True

    def strike(self, line: FaultyTransport) -> None:
        raise NotImplementedError

    def strike_all(self, script: FaultSchedule, lines: list[FaultyTransport]) -> None:
        for line in lines:
            self.strike(line)


class Edit(Fault):
    """Done to a message on its way out, or to a request on its way in."""

    def changed(self, line: FaultyTransport, frame: bytes) -> bytes:
        """What is sent in place of ``frame``."""
        return frame

    def hears(self, line: FaultyTransport, request: Message) -> bool:
        """Whether the gateway hears the request now."""
        return True


# ------------------------------------------------------------------------------------------------ the connection


@dataclass(frozen=True)
class Drop(Event):
    """The connection ends. ``after_bytes`` is exact, the handshake included.

    With ``into``, so many bytes of the next message, or of the one of ``at_message``, still arrive.
    """

    into: int = 0

    def fits(self, line: FaultyTransport) -> bool:
        return not self.into or bool(line.frame)

    def strike(self, line: FaultyTransport) -> None:
        line.put(line.frame[: self.into])
        line.hang_up()


@dataclass(frozen=True)
class Reset(Event):
    """The connection is reset; what is still under way may be lost."""

    def strike(self, line: FaultyTransport) -> None:
        line.reset()


@dataclass(frozen=True)
class Refuse(Event):
    """A new connection is reset at once: the first ``times``, or all until ``until_s``.

    The port stays open; to close it use `Restart`, or `Simulator.go_down`.
    """

    at_once = False

    def strike(self, line: FaultyTransport) -> None:
        line.reset()


@dataclass(frozen=True)
class Stall(Event):
    """The connection stays open and silent, then sends what it held. For ever, the rest is lost.

    ``hears=False`` is a half-open connection: nothing is read either.
    """

    seconds: float = FOREVER
    hears: bool = True

    def strike(self, line: FaultyTransport) -> None:
        line.stall(self.seconds, self.hears)


@dataclass(frozen=True)
class Split(Event):
    """From here on everything is written in pieces of ``size`` bytes, one each turn of the event loop."""

    size: int = 1
    times: int | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if self.size < 1:
            raise ValueError(f"size: {self.size} bytes are no piece")

    def strike(self, line: FaultyTransport) -> None:
        line.split(self.size)


@dataclass(frozen=True)
class Glue(Event):
    """From here on writes wait until ``size`` bytes are together, or the first has waited ``seconds``."""

    size: int = 65536
    seconds: float = 0.05
    times: int | None = field(default=None, kw_only=True)

    def strike(self, line: FaultyTransport) -> None:
        line.glue(self.size, self.seconds)


@dataclass(frozen=True)
class ClientIdInUse(Event):
    """326 and hung up on, as if this client id were taken."""

    at_message: type[Message] | None = field(default=StartApiRequest, kw_only=True)

    def strike(self, line: FaultyTransport) -> None:
        line.session.turn_away()


@dataclass(frozen=True)
class Restart(Event):
    """Every session is dropped and the port closed, for ``down_s``; orders, positions and the market go on."""

    down_s: float = 0.0
    needs_session = False

    def strike(self, line: FaultyTransport) -> None:
        line.script.restart(self.down_s)

    def strike_all(self, script: FaultSchedule, lines: list[FaultyTransport]) -> None:
        script.restart(self.down_s)


@dataclass(frozen=True)
class NoQuotes(Event):
    """There is nobody to trade with, for ``seconds``: live L1 data have a bid and an ask of -1, or ``price``, and stop.

    Their ``size`` is 0 or -1, real gateways do either. ``halted`` is why: 1 a general halt, 2 a volatility halt.
    """

    seconds: float = FOREVER
    price: float = -1.0
    size: int = 0
    halted: int = 0

    def strike(self, line: FaultyTransport) -> None:
        line.suspend_quotes(Suspension(self.price, self.size, self.halted), self.seconds)


# ---------------------------------------------------------------------------------------------- what is said


@dataclass(frozen=True)
class Notice(Event):
    """An error message; the text is IB's own if there is one.

    1100 silences the streams of market data, 1102 lets them go on, 1101 ends them; bars that are kept up to date end
    with 1100. 1300 ends the connection. 165, 316, 317, 492, 2188, 10167, 10182 and 10225 come once for each open
    request of their kind, or with ``at_message`` for the request whose answer that is; 316, 10182 and 10225 end it.
    ``of`` does so for any other code. `Storm` is for many.
    """

    code: int = LOST
    text: str | None = None
    req_id: int = -1
    of: type[Message] | None = None

    def fits(self, line: FaultyTransport) -> bool:
        return line.session.client_id is not None

    def strike(self, line: FaultyTransport) -> None:
        if self.code == BOOK_RESET and self.req_id == -1:
            line.session.reset_depth()  # the notice, then the book anew
            return
        for req_id in self._requests(line):
            line.say(self.message(line, req_id))
            if req_id != -1 and self._ends_subscriptions:
                line.forget(req_id)
        self._connectivity(line)

    @property
    def _ends_subscriptions(self) -> bool:
        """Whether a subscription is over with it: one to history is that of bars kept up to date."""
        of = self.of or OF.get(self.code)
        if of is None:
            return find(self.code).verdict is Verdict.RETRY
        request = HistoricalDataRequest(keep_up_to_date=True) if of is HistoricalDataRequest else of()
        return find(self.code, kind_of(request)).verdict is Verdict.RETRY

    def _requests(self, line: FaultyTransport) -> list[int]:
        """The ids of the requests it comes for, -1 for none."""
        kind = self.of or OF.get(self.code)
        if kind is None or self.req_id != -1:
            return [self.req_id]
        answered = line.answered()
        return [answered] if answered is not None else line.asked(kind)

    def message(self, line: FaultyTransport, req_id: int) -> ErrorMessage:
        text = TEXTS.get(self.code, f"error {self.code}") if self.text is None else self.text
        at = line.script.clock() // 1_000_000
        return ErrorMessage(id=req_id, error_time=at, error_code=self.code, error_msg=text)

    def _connectivity(self, line: FaultyTransport) -> None:
        signal = find(self.code).signal
        if signal is Signal.SERVERS_LOST:
            line.silence(True)
            for req_id in line.asked(HistoricalDataRequest):  # kept up to date by servers that are gone
                line.forget(req_id)
        elif signal in (Signal.DATA_LOST, Signal.SERVERS_BACK):
            line.silence(False)
        if signal is Signal.DATA_LOST:
            line.forget_all()
        if signal is Signal.PORT_CHANGED:
            line.hang_up()


@dataclass(frozen=True)
class Storm(Event):
    """``count`` times the same error message, as fast as the client reads."""

    count: int = 1_000_000
    code: int = 2104
    text: str | None = None
    req_id: int = -1

    def fits(self, line: FaultyTransport) -> bool:
        return line.session.client_id is not None

    def strike(self, line: FaultyTransport) -> None:
        line.storm(line.framed(Notice(self.code, self.text).message(line, self.req_id)), self.count)


@dataclass(frozen=True)
class Say(Event):
    """A message out of the blue; ``after_messages=0`` is before the client has said START_API."""

    message: Message

    def fits(self, line: FaultyTransport) -> bool:
        return line.messages >= 0

    def strike(self, line: FaultyTransport) -> None:
        line.say(self.message)


@dataclass(frozen=True)
class Garbage(Event):
    """A frame that is no message: ``payload``, or ``size`` bytes of seeded noise.

    ``length`` is what its prefix claims instead of the truth; negative ones and those over 32 bits wrap.
    ``bare`` leaves the prefix out.
    """

    payload: bytes | None = None
    size: int = 64
    length: int | None = None
    bare: bool = False

    def strike(self, line: FaultyTransport) -> None:
        payload = line.script.random.randbytes(self.size) if self.payload is None else self.payload
        length = len(payload) if self.length is None else self.length
        line.put(payload if self.bare else (length & 0xFFFFFFFF).to_bytes(4, "big") + payload)


# -------------------------------------------------------------------------------------------- single messages


@dataclass(frozen=True)
class Lose(Edit):
    """The message is never sent, or the request never heard."""

    def changed(self, line: FaultyTransport, frame: bytes) -> bytes:
        return b""

    def hears(self, line: FaultyTransport, request: Message) -> bool:
        return False


@dataclass(frozen=True)
class Reject(Edit):
    """The request is answered by this error, under its own id, and not acted on: 2102, 104, 201, 10147, any other."""

    code: int = 201
    text: str = "Order rejected - reason:"

    def hears(self, line: FaultyTransport, request: Message) -> bool:
        names = (name for name in ("order_id", "req_id") if name in type(request).__fields__)
        asked = getattr(request, next(names, ""), None)
        line.session.refuse(-1 if asked is None else asked, self.code, self.text)
        return False


@dataclass(frozen=True)
class Repeat(Edit):
    """The message is sent ``count`` times."""

    count: int = 2

    def changed(self, line: FaultyTransport, frame: bytes) -> bytes:
        return frame * self.count


@dataclass(frozen=True)
class Late(Edit):
    """The message is sent ``seconds`` later, or the request heard so much later."""

    seconds: float = 1.0

    def changed(self, line: FaultyTransport, frame: bytes) -> bytes:
        line.script.timers.after(self.seconds, lambda: line.put(frame))
        return b""

    def hears(self, line: FaultyTransport, request: Message) -> bool:
        line.script.timers.after(self.seconds, lambda: line.hear(request))
        return False


@dataclass(frozen=True)
class Spoil(Edit):
    """The message arrives malformed: ``raw`` in place of ``field``, or its payload as ``edit`` makes it.

    As protobuf a field is written a second time, as bytes: text is then whatever ``raw`` is, a number has the wrong
    type. With neither, the last byte is missing.
    """

    field: str = ""
    raw: bytes = b"--1"
    edit: Callable[[bytes], bytes] | None = None

    def __post_init__(self) -> None:
        known = self.at_message is None or self.field in self.at_message.__fields__
        if self.field and not known:
            raise ValueError(f"field: {getattr(self.at_message, '__name__', '')} has no {self.field!r}")

    def changed(self, line: FaultyTransport, frame: bytes) -> bytes:
        payload = frame[4:]
        if self.edit is not None:
            return wire.frame(self.edit(payload))
        if self.field:
            return wire.frame(with_raw_field(payload, self.field, self.raw, line.version))
        return wire.frame(payload[:-1])


@dataclass(frozen=True)
class AnswerVersion(Edit):
    """The handshake is answered with this server version; ``payload`` replaces the whole answer."""

    version: int = 999
    payload: bytes | None = None
    after_bytes: int | None = field(default=0, kw_only=True)

    def fits(self, line: FaultyTransport) -> bool:
        return line.messages < 0

    def changed(self, line: FaultyTransport, frame: bytes) -> bytes:
        time_of = frame[4:].split(b"\0")[1]
        return wire.frame(self.payload if self.payload is not None else b"%d\0%b\0" % (self.version, time_of))
