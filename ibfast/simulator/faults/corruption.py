"""Payloads with one field that cannot be read."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ibfast import wire
from ibfast.schema.declare import Message

BYTES = 2  # protobuf's wire type
OTHER: dict[type, tuple[Any, Any]] = {
    str: ("a", "b"), bool: (True, False), int: (1, 0), float: (1.5, 2.5), Decimal: (Decimal(1), Decimal(2)),
}  # fmt: skip


def with_raw_field(payload: bytes, name: str, raw: bytes, server_version: int) -> bytes:
    """``payload``, an incoming message, with ``raw`` where the field ``name`` stands.

    Raises:
        ValueError: the message has no such field, or does not send it at this version.
    """
    message = wire.decode(payload, server_version)
    if name not in type(message).__fields__:
        raise ValueError(f"{type(message).__name__} has no field {name!r}")
    _, is_protobuf, _ = wire.message_id(payload, server_version)
    if is_protobuf:
        number = type(message).__fields__[name].number
        return payload + _varint(number << 3 | BYTES) + _varint(len(raw)) + raw
    parts = payload.split(b"\0")
    parts[_place(message, name, server_version)] = raw
    return b"\0".join(parts)


def _place(message: Message, name: str, server_version: int) -> int:
    """Which part of the text is the field: the one that changes with it."""
    for values in OTHER.values():
        try:
            left, right = (
                wire.encode(message.replace(**{name: value}), server_version).split(b"\0") for value in values
            )
        except (AttributeError, TypeError, ValueError):  # the field is of another type, a message of its own perhaps
            continue
        places = [place for place, (one, other) in enumerate(zip(left, right, strict=False)) if one != other]
        if places:
            return places[0]
    raise ValueError(f"{type(message).__name__}.{name} does not travel as one text at server version {server_version}")


def _varint(number: int) -> bytes:
    data = bytearray()
    while number > 0x7F:
        data.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*data, number])
