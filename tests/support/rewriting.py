"""The same protobuf fields as other writers might put them: shuffled, doubled, dropped, spelled longer, or lying."""

from hypothesis import strategies as st

VARINT, FIXED64, BYTES, GROUP, GROUP_END, FIXED32 = range(6)
UNKNOWN = [
    (15, VARINT, 7),
    (16, VARINT, 2**64 - 1),
    (2047, FIXED64, b"unknown."),
    (14, FIXED32, b"four"),
    (13, BYTES, b"text"),
    (12, GROUP, b"\x08\x01\x64"),
]


def rewritten(body, draw, depth=0):
    """The fields of a message, changed in one or two ways; a nested message may be changed instead."""
    fields = split(body)
    if fields is None:
        return body
    for _ in range(draw(st.integers(0, 2))):
        fields = draw(st.sampled_from([shuffled, doubled, dropped, strange, nested, spoiled]))(fields, draw, depth)
    return b"".join(written(*field, draw) for field in fields)


def shuffled(fields, draw, depth):
    return draw(st.permutations(fields))


def doubled(fields, draw, depth):
    return fields + draw(st.lists(st.sampled_from(fields), max_size=2)) if fields else fields


def dropped(fields, draw, depth):
    return [field for field in fields if draw(st.integers(0, 3))]


def strange(fields, draw, depth):
    at = draw(st.integers(0, len(fields)))
    return [*fields[:at], draw(st.sampled_from(UNKNOWN)), *fields[at:]]


def spoiled(fields, draw, depth):
    """One field with another value, or of another wire type."""
    if not fields:
        return fields
    at = draw(st.integers(0, len(fields) - 1))
    number, wire_type, value = fields[at]
    other = {
        VARINT: st.integers(0, 2**31 - 2),
        FIXED64: st.binary(min_size=8, max_size=8),
        BYTES: st.one_of(st.binary(max_size=3), st.text("0123456789.-eN", max_size=20).map(str.encode)),
    }
    if draw(st.integers(0, 3)) == 0:
        wire_type = draw(st.sampled_from(sorted(other)))
    elif wire_type not in other or (wire_type == BYTES and split(value) is not None and len(value) > 8):
        return fields
    return [*fields[:at], (number, wire_type, draw(other[wire_type])), *fields[at + 1 :]]


def nested(fields, draw, depth):
    return [
        (number, wire_type, rewritten(value, draw, depth + 1) if wire_type == BYTES and depth < 3 else value)
        for number, wire_type, value in fields
    ]


def split(body):
    """(number, wire type, value) of each field, or None when these bytes are no message."""
    fields, at = [], 0
    while at < len(body):
        key, at = varint(body, at)
        if key is None or key >> 3 == 0:
            return None
        value, at = value_at(body, at, key & 7)
        if value is None:
            return None
        fields.append((key >> 3, key & 7, value))
    return fields


def value_at(body, at, wire_type):
    """The value that begins there and where it ends; None for a value that is cut off, or of a type not read here."""
    if wire_type == VARINT:
        return varint(body, at)
    size = {FIXED64: 8, FIXED32: 4}.get(wire_type)
    if wire_type == BYTES:
        size, at = varint(body, at)
    if size is None or at + size > len(body):
        return None, at
    return body[at : at + size], at + size


def varint(body, at):
    value = 0
    for place in range(at, min(at + 10, len(body))):
        value |= (body[place] & 0x7F) << 7 * (place - at)
        if body[place] < 0x80:
            return value, place + 1
    return None, at


def written(number, wire_type, value, draw):
    key = spelled(number << 3 | wire_type, draw)
    if wire_type == VARINT:
        return key + spelled(value, draw)
    return key + (spelled(len(value), draw) if wire_type == BYTES else b"") + value


def spelled(value, draw):
    """A varint, now and then longer than it need be, or too long."""
    groups = [value >> shift & 0x7F for shift in range(0, max(value.bit_length(), 1), 7)]
    if draw(st.integers(0, 9)) == 0:
        groups += [0] * draw(st.integers(1, 11))
    return bytes(group | 0x80 for group in groups[:-1]) + bytes(groups[-1:])
