"""What can go wrong, and what IB's error codes mean.

::

    IbfastError
    ├── AmbiguousContract    several contracts fit a description that was to name one
    ├── ConnectionFailed     connecting or the handshake did not succeed
    ├── ConnectionLost       the connection ended while something waited on it
    ├── FramingError         the byte stream is no longer a stream of messages; the connection ends
    ├── DecodeError          one message could not be read; nothing else is lost
    ├── PacingError          so many cannot be open at once; nothing was sent
    ├── ReadOnly             the client was made read-only; nothing was sent
    ├── RequestError         TWS refused a request
    ├── RequestTimeout       TWS did not answer in time (a TimeoutError too)
    ├── StreamOverflow       a "grow" stream met its cap
    └── VersionError         the server is too old for a request or a field (a ValueError too); nothing was sent

Misuse is a plain ``ValueError`` or ``TypeError`` that names the argument, raised before a byte is sent.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ibfast.contract import Contract

CANDIDATES_SHOWN = 10


class IbfastError(Exception):
    """Base of every error that ibfast raises on its own account."""


class AmbiguousContract(IbfastError):
    """Several contracts fit: ``candidates`` has them all, filled in, ``contract`` is what was asked for."""

    def __init__(self, contract: Contract, candidates: list[Contract]) -> None:
        super().__init__(contract, candidates)
        self.contract = contract
        self.candidates = candidates

    def __str__(self) -> str:
        shown = [f"  {candidate!r}" for candidate in self.candidates[:CANDIDATES_SHOWN]]
        more = [f"  and {len(self.candidates) - len(shown)} more"] if len(shown) < len(self.candidates) else []
        head = f"{len(self.candidates)} contracts fit {self.contract!r}:"
        return "\n".join([head, *shown, *more])


class ConnectionFailed(IbfastError):
    """Connecting or the handshake did not succeed; ``code`` is IB's error code where it gave one."""

    def __init__(self, reason: str, *, code: int = 0) -> None:
        super().__init__(reason)
        self.code = code


class ConnectionLost(IbfastError):
    """The connection ended, by the peer, by an error or by ``close()``, while something waited on it."""


class FramingError(IbfastError):
    """The length of a frame is impossible, so where the next message begins is unknown."""


class DecodeError(IbfastError):
    """One message does not read as declared.

    ``message`` and ``field`` are names of the schema, ``offset`` counts bytes from the start of ``payload``.
    """

    def __init__(self, message: str, field: str, offset: int, reason: str, payload: bytes) -> None:
        super().__init__(message, field, offset, reason, payload)
        self.message = message
        self.field = field
        self.offset = offset
        self.reason = reason
        self.payload = payload

    def __str__(self) -> str:
        near = self.payload[max(0, self.offset - 12) : self.offset + 12]
        return f"{self.message}.{self.field} at byte {self.offset}: {self.reason}, near {near!r}"


class RequestError(IbfastError):
    """TWS refused a request: its ``code`` and ``message``, and the ``req_id`` (or order id) they came for."""

    def __init__(
        self, code: int, message: str, req_id: int = -1, advanced_order_reject_json: str | None = None
    ) -> None:
        super().__init__(code, message, req_id)
        self.code = code
        self.message = message
        self.req_id = req_id
        self.advanced_order_reject_json = advanced_order_reject_json

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class RequestTimeout(IbfastError, TimeoutError):
    """TWS did not answer in time; whatever still comes is dropped and counted."""


class PacingError(IbfastError):
    """As many subscriptions of a kind are open as IB allows; nothing was sent."""


class ReadOnly(IbfastError):
    """The client was connected with ``read_only=True``: it places, changes and cancels nothing."""


class StreamOverflow(IbfastError):
    """A stream opened with the policy "grow" met its cap; the records up to there were delivered."""


class VersionError(IbfastError, ValueError):
    """The server is too old for ``name``, a request or one of its fields; nothing was sent."""

    def __init__(self, name: str, needs: int, has: int, before: bool = False) -> None:
        super().__init__(name, needs, has, before)
        self.name = name
        self.needs = needs
        self.has = has
        self.before = before

    def __str__(self) -> str:
        wants = "a server version below" if self.before else "server version"
        return f"{self.name} needs {wants} {self.needs}; this server has {self.has}"


class ErrorKind(Enum):
    """What an error code asks of its reader."""

    NOTICE = "notice"  # how things are; nobody waits for it
    WARNING = "warning"  # the request goes on
    REJECTION = "rejection"  # the request or order is refused
    PACING = "pacing"  # asked too often
    ENTITLEMENT = "entitlement"  # no permission or subscription for the data
    CONNECTIVITY = "connectivity"  # TWS and IB's servers lost or found each other
    FATAL = "fatal"  # the session cannot go on


_KINDS: dict[ErrorKind, tuple[int, ...]] = {
    ErrorKind.NOTICE: (202, 2100, 2104, 2106, 2107, 2108, 2119, 2158, 2176),
    ErrorKind.WARNING: (
        317, 399, 404, 2101, 2102, 2109, 2111, 2137, 2161, 2168, 2169, 2170, 2174, 2185, 2188, 10002, 10090, 10091,
        10167, 10197, 10349,
    ),
    ErrorKind.PACING: (100, 101, 309, 322, 420, 10190, 10222),
    ErrorKind.ENTITLEMENT: (354, 430, 10089, 10092, 10168, 10186, 10187, 10189, 10276),
    ErrorKind.CONNECTIVITY: (1100, 1101, 1102, 2103, 2105, 2110, 2157, 10225),
    ErrorKind.FATAL: (326, 501, 502, 503, 504, 505, 506, 507, 1300),
}  # fmt: skip

KINDS: dict[int, ErrorKind] = {code: kind for kind, codes in _KINDS.items() for code in codes}
"""IB's error codes by kind; a code that is not here is a rejection of whatever it came for."""


def classify(code: int) -> ErrorKind:
    """The kind of an error code; codes that nobody listed are rejections, 2100 to 2199 warnings."""
    if 2100 <= code < 2200:
        return KINDS.get(code, ErrorKind.WARNING)
    return KINDS.get(code, ErrorKind.REJECTION)
