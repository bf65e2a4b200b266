"""What can go wrong, and what IB's error codes mean.

::

    IbfastError
    ├── AmbiguousContract    several contracts fit a description that was to name one
    ├── AnswerTooLarge       an answer met the limit on bytes; it was thrown away and the request cancelled
    ├── ConnectionFailed     connecting or the handshake did not succeed
    ├── ConnectionLost       the connection ended while something waited on it
    ├── FramingError         the byte stream is no longer a stream of messages; the connection ends
    ├── DecodeError          one message could not be read; nothing else is lost
    ├── JournalInUse         another client keeps this journal (an OSError too)
    ├── OrderDone            an order that has ended cannot be changed (a ValueError too); nothing was sent
    ├── OrderNotOwned        the order is not this client's to act on (a ValueError too); nothing was sent
    ├── PacingError          so many cannot be open at once; nothing was sent
    ├── ReadOnly             the client was made read-only; nothing was sent
    ├── RequestError         TWS refused a request
    ├── RequestTimeout       TWS did not answer in time (a TimeoutError too)
    ├── StreamOverflow       a "grow" stream met its cap
    └── VersionError         the server is too old for a request or a field (a ValueError too); nothing was sent

Misuse is a plain ``ValueError`` or ``TypeError`` that names the argument, raised before a byte is sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibfast.error_codes import KINDS, ErrorKind, RequestKind, classify, find

if TYPE_CHECKING:
    from ibfast.schema import ErrorMessage
    from ibfast.schema.contract import Contract

CANDIDATES_SHOWN = 10

PAYLOAD_KEPT = 4_096
"""Bytes of an unreadable message that its error keeps; a message may have 16 MB."""
NEAR = 12


def name_of(contract: Contract) -> str:
    """A contract in a few words, as errors and logs name it: "AAPL STK SMART", "AAPL OPT 20261218 200 C SMART"."""
    name = contract.local_symbol or contract.symbol or (f"con id {contract.con_id}" if contract.con_id else "")
    option = [f"{contract.strike:g}" if contract.strike else "", contract.right or ""]
    expiry = contract.last_trade_date_or_contract_month or ""
    more = [] if contract.local_symbol else [expiry, *option]
    return " ".join(filter(None, [name, contract.sec_type or "", *more, contract.exchange or ""]))


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


class AnswerTooLarge(IbfastError):
    """The answer to ``request``, its name, met the limit of ``limit_bytes``: what had come of it is thrown away.

    The request was cancelled, where TWS knows a cancel for it. ``Client.connect(answer_limit_bytes=)`` is the limit.
    """

    def __init__(self, request: str, limit_bytes: int) -> None:
        super().__init__(request, limit_bytes)
        self.request = request
        self.limit_bytes = limit_bytes

    def __str__(self) -> str:
        return (
            f"{self.request}: the answer has more than {self.limit_bytes:,} bytes, so it was given up; "
            f"connect with answer_limit_bytes= if so much is meant to come"
        )


class ConnectionFailed(IbfastError):
    """Connecting or the handshake did not succeed; ``code`` is IB's error code where it gave one."""

    def __init__(self, reason: str, *, code: int = 0) -> None:
        super().__init__(reason)
        self.code = code


class ConnectionLost(IbfastError):
    """The connection ended while something waited on it: by the peer, by an error or, ``by_user``, by ``close()``."""

    def __init__(self, reason: str, *, by_user: bool = False) -> None:
        super().__init__(reason)
        self.by_user = by_user


class FramingError(IbfastError):
    """The length of a frame is impossible, so where the next message begins is unknown."""


class DecodeError(IbfastError):
    """One message does not read as declared.

    ``message`` and ``field`` are names of the schema, ``offset`` counts bytes from the start of the message, which has
    ``size``. ``payload`` is the message, of a long one its first 4,096 bytes; ``near`` is what stands at the offset.
    """

    def __init__(self, message: str, field: str, offset: int, reason: str, payload: bytes) -> None:
        self.size = len(payload)
        self.near = payload[max(0, offset - NEAR) : offset + NEAR]
        payload = payload[:PAYLOAD_KEPT]
        super().__init__(message, field, offset, reason, payload)
        self.message = message
        self.field = field
        self.offset = offset
        self.reason = reason
        self.payload = payload

    def __str__(self) -> str:
        return f"{self.message}.{self.field} at byte {self.offset}: {self.reason}, near {self.near!r}"


class RequestError(IbfastError):
    """TWS refused a request: its ``code`` and ``message``, and the ``req_id`` (or order id) they came for.

    ``request`` is the kind of the request and ``contract`` what it was about; None where that is not known.
    """

    contract: Contract | None
    request: RequestKind | None

    def __init__(
        self,
        code: int,
        message: str,
        req_id: int = -1,
        advanced_order_reject_json: str | None = None,
        *,
        contract: Contract | None = None,
        request: RequestKind | None = None,
    ) -> None:
        super().__init__(code, message, req_id)
        self.code = code
        self.message = message
        self.req_id = req_id
        self.advanced_order_reject_json = advanced_order_reject_json
        self.contract = contract
        self.request = request

    @classmethod
    def of(
        cls, message: ErrorMessage, *, contract: Contract | None = None, request: RequestKind | None = None
    ) -> RequestError:
        """The exception that an error message of TWS stands for."""
        return cls(
            message.error_code or 0, message.error_msg or "", -1 if message.id is None else message.id,
            message.advanced_order_reject_json, contract=contract, request=request,
        )  # fmt: skip

    @property
    def kind(self) -> ErrorKind:
        """What the code asks of its reader; see `ibfast.error_codes`."""
        return find(self.code, self.request, self.message).kind

    @property
    def advice(self) -> str:
        """What to do about it, where `ibfast.error_codes` knows something."""
        return find(self.code, self.request, self.message).advice

    def __str__(self) -> str:
        about = name_of(self.contract) if self.contract is not None else ""
        return f"{self.code}: {self.message}" + (f" ({about})" if about else "")


class RequestTimeout(IbfastError, TimeoutError):
    """TWS did not answer in time; whatever still comes is dropped and counted."""


class JournalInUse(IbfastError, OSError):
    """Another client, perhaps of another process, keeps the journal of this client id at this gateway."""


class OrderDone(IbfastError, ValueError):
    """An order that has ended cannot be changed: place a new one. Nothing was sent."""


class OrderNotOwned(IbfastError, ValueError):
    """The order belongs to another client, another gateway or to TWS itself; nothing was sent.

    TWS knows orders by client id and number: the number of another client's order names another order here, or none.
    """


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


__all__ = [
    "KINDS",
    "AmbiguousContract",
    "ConnectionFailed",
    "ConnectionLost",
    "DecodeError",
    "ErrorKind",
    "FramingError",
    "IbfastError",
    "PacingError",
    "ReadOnly",
    "RequestError",
    "RequestTimeout",
    "StreamOverflow",
    "VersionError",
    "classify",
    "name_of",
]
