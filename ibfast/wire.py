"""One message to bytes and back, for anyone: tests, captures, the simulator, the client's requests.

A payload is a message id and a body, without the length that goes before it on the socket (`frame` adds that).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ibfast import schema as _schema  # noqa: F401  (fills the registries)
from ibfast._codec import Plan, RowEncoder
from ibfast.errors import DecodeError, VersionError
from ibfast.schema.compile import plan_of
from ibfast.schema.declare import FORMS, INCOMING, OUTGOING, Direction, Form, Message
from ibfast.schema.versions import FIRST_VERSION, LAST_PROTOBUF_FREE_VERSION, LAST_VERSION, PROTOBUF_OFFSET, In

__all__ = [
    "decode",
    "encode",
    "encode_rows",
    "form_of",
    "frame",
    "message_id",
    "number_in",
    "plan_for",
    "plans",
]


def encode(message: Message, server_version: int) -> bytes:
    """The payload of ``message`` as this server version has it: text or protobuf, whichever that version uses.

    Raises:
        VersionError: a request, or a field of a request that is set, needs a newer server.
        ValueError: a field holds what its type or the wire cannot carry, or the version is not spoken.
        TypeError: the class is a part of messages, not a message.
    """
    return plan_for(message, server_version).encode(message)


def decode(payload: bytes, server_version: int, *, direction: Direction = "incoming") -> Message:
    """The message in ``payload``; from server 201 on either form of it is read.

    Raises:
        DecodeError: the id is unknown, or the body does not read as declared.
    """
    msg_id, protobuf, start = message_id(payload, server_version)
    plan = plans(direction, server_version)(msg_id, protobuf)
    if plan is None:
        raise DecodeError(direction, "msg_id", 0, f"unknown message id {msg_id}", payload)
    return plan.decode(payload, start)  # type: ignore[no-any-return]


def encode_rows(kind: str, rows: NDArray[np.void], req_id: int, server_version: int) -> bytes:
    """Frames of a whole array of tick records, as the gateway of this version sends them.

    ``kind`` is a key of `ibfast.records.DTYPES`. Fast enough to feed a benchmark; string ticks travel as messages.

    Raises:
        ValueError: the array has another dtype, or holds a string tick.
    """
    return _feed(server_version).frames(kind, rows, req_id)


@cache
def _feed(server_version: int) -> RowEncoder:
    forms = [INCOMING[id] for id in (In.TICK_PRICE, In.TICK_SIZE, In.TICK_GENERIC, In.TICK_BY_TICK)]
    heads = [plan_of(form, server_version, form.is_protobuf(server_version)).message_id for form in forms]
    return RowEncoder(heads, forms[0].is_protobuf(server_version), forms[-1].is_protobuf(server_version))


def frame(payload: bytes) -> bytes:
    """The payload behind its length, as it goes over the socket."""
    return len(payload).to_bytes(4, "big") + payload


def plan_for(message: Message, server_version: int) -> Plan:
    """The plan that writes ``message`` for this server version.

    Raises:
        VersionError: the request needs a newer (or, withdrawn, an older) server.
    """
    plan = _only_plan(type(message), server_version)
    if plan is not None:
        return plan
    form = form_of(message)
    _check_version(server_version)
    if form.direction == "outgoing":
        _refuse_what_is_too_new(form, message, server_version)
    return plan_of(form, server_version, form.is_protobuf(server_version))


@cache
def _only_plan(cls: type[Message], server_version: int) -> Plan | None:
    """The plan of a class that goes out in one way only, whatever it holds; None where the message must be seen."""
    forms = FORMS.get(cls, [])
    if len(forms) != 1 or forms[0].needs or not max(FIRST_VERSION, forms[0].since) <= server_version <= LAST_VERSION:
        return None
    return plan_of(forms[0], server_version, forms[0].is_protobuf(server_version))


def plans(direction: Direction, server_version: int) -> Callable[[int, bool], Plan | None]:
    """The reader's side: the plan for a message id and wire at this server version, None for ids nobody knows."""
    _check_version(server_version)
    table = INCOMING if direction == "incoming" else OUTGOING

    def plan(msg_id: int, protobuf: bool) -> Plan | None:
        form = table.get(msg_id)
        if form is None or not (form.protobuf if protobuf else form.layout):
            return None
        return plan_of(form, server_version, protobuf)

    return plan


def message_id(payload: bytes, server_version: int) -> tuple[int, bool, int]:
    """(message id, is the body protobuf, where the body begins)."""
    if server_version <= LAST_PROTOBUF_FREE_VERSION:
        head, nul, _ = payload.partition(b"\0")
        if not nul or not head.isdigit():
            raise DecodeError("payload", "msg_id", 0, "does not begin with a message id", payload)
        return int(head), False, len(head) + 1
    if len(payload) < 4:
        raise DecodeError("payload", "msg_id", 0, "too short for a message id", payload)
    number = int.from_bytes(payload[:4], "big")
    if number > PROTOBUF_OFFSET:
        return number - PROTOBUF_OFFSET, True, 4
    return number, False, 4


def number_in(payload: bytes, server_version: int, name: str) -> int | None:
    """A number that an unreadable incoming message begins with, if that is what its field ``name`` is."""
    try:
        msg_id, protobuf, start = message_id(payload, server_version)
    except DecodeError:
        return None
    form = INCOMING.get(msg_id)
    if form is None or name not in form.cls.__fields__:
        return None
    if protobuf:  # it is field 1 and comes first: key 8, then a varint
        value = 0
        if payload[start : start + 1] != b"\x08":
            return None
        for place, byte in enumerate(payload[start + 1 : start + 11]):
            value |= (byte & 127) << 7 * place
            if byte < 128:
                return value
        return None
    fields = payload[start:].split(b"\0")
    layout = form.layout
    has_version = layout is not None and layout.version and server_version < layout.version_before
    text = fields[1] if has_version and len(fields) > 1 else fields[0]
    return int(text) if re.fullmatch(rb"-?\d{1,10}", text) else None


def form_of(message: Message) -> Form:
    """Which of the forms of its class this message goes out as."""
    forms = FORMS.get(type(message))
    if forms is None:
        raise TypeError(f"{type(message).__name__} is a part of messages, not a message of its own")
    for form in forms:
        if form.only and _holds(form.only, message):
            return form
    return next(form for form in forms if not form.only)


def _holds(condition: str, message: Message) -> bool:
    path, values = condition.split(" in ")
    return _value_at(message, path) in values.split("|")


def _value_at(message: Message, path: str) -> object:
    value: object = message
    for name in path.split("."):
        value = getattr(value, name) if value is not None else None
    return value


def _check_version(server_version: int) -> None:
    if not FIRST_VERSION <= server_version <= LAST_VERSION:
        raise ValueError(f"server_version {server_version}: ibfast speaks {FIRST_VERSION} to {LAST_VERSION}")


def _refuse_what_is_too_new(form: Form, message: Message, server_version: int) -> None:
    if server_version < form.since:
        raise VersionError(form.cls.__name__, form.since, server_version)
    for need in form.needs:
        if not need.since <= server_version < need.before and _value_at(message, need.path) == need.equals:
            too_new = server_version >= need.before
            needed = need.before if too_new else need.since
            raise VersionError(f"{form.cls.__name__}.{need.path} {need.equals!r}", needed, server_version, too_new)
