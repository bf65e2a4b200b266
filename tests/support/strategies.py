"""Hypothesis strategies made from the schema: a message has them the moment it is declared."""

from functools import cache

from hypothesis import strategies as st

from ibfast._codec import Kind
from ibfast.schema import NextValidId
from ibfast.schema.declare import ALWAYS, INCOMING, OUTGOING, Form
from ibfast.schema.declare import FORMS as FORMS_BY_CLASS
from ibfast.schema.versions import FIRST_VERSION, LAST_PROTOBUF_FREE_VERSION, LAST_VERSION, V

FORMS = [*INCOMING.values(), *OUTGOING.values()]

PRINTABLE = st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="\\;=")
ANYTHING = st.characters(exclude_characters="\0\\;=", exclude_categories=["Cs"])
NUMBERS = st.floats(allow_nan=False, allow_infinity=False, max_value=1e300, min_value=-1e300)

NOT_COMPUTED = {"-1": (-1.0).__eq__, "-2": (-2.0).__eq__, "negative": (0.0).__gt__}

# 2147483647 and its like mean "unset" and are left out.
INTEGERS = {Kind.INT: st.integers(-(2**31), 2**31 - 2), Kind.LONG: st.integers(-(2**63) + 1, 2**63 - 2)}
NARROW = [(NextValidId, "order_id")]  # declared long so that 2147483647 is a number there
DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15).filter(
    lambda number: number != 2147483647
)


def label(form: Form) -> str:
    return f"{form.direction}-{form.id.name}"


def edges(form: Form) -> list[int]:
    """The server versions at which this form is written differently from the version before."""
    versions = {FIRST_VERSION, V.PROTOBUF, LAST_VERSION, form.protobuf, form.since}
    if form.layout is not None:
        versions |= _edges_of(form.layout.entries) | {form.layout.version_before}
    first = max(FIRST_VERSION, form.since)
    return sorted(version for version in versions if first <= version <= LAST_VERSION)


def _edges_of(entries) -> set[int]:
    found = set()
    for entry in entries:
        if not isinstance(entry, str):
            found |= {entry.since, entry.before} - {0, ALWAYS}
            found |= _edges_of(getattr(entry, "entries", ()))
    return found


def messages(form: Form, *, full: bool = False) -> st.SearchStrategy:
    """Messages of this form whose every field any version of either wire can carry; ``full`` ones have all fields."""
    text = PRINTABLE if form.direction == "outgoing" else ANYTHING
    return _instances(form.cls, text, full).map(lambda message: _as_form(message, form))


def _as_form(message, form: Form):
    """A class with two ids goes out with the one its condition picks, so the picked value must be there."""
    for other in FORMS_BY_CLASS[form.cls]:
        if other.only:
            path, values = other.only.split(" in ")
            _, holder, field = _reach(path, message, message)
            setattr(holder, field.name, values.split("|")[0] if form.only else "STK")
    return message


@cache
def _instances(cls, text, full=False) -> st.SearchStrategy:
    fields = {name: _values(field, text, full) for name, field in cls.__fields__.items()}
    fields |= {name: INTEGERS[Kind.INT] for of, name in NARROW if of is cls}
    given = st.fixed_dictionaries(fields) if full else st.fixed_dictionaries({}, optional=fields)
    return given.map(lambda values: cls(**values))


def _values(field, text, full) -> st.SearchStrategy:
    single = _single(field, text, full)
    return st.lists(single, min_size=int(full), max_size=3) if field.repeated else single


def _single(field, text, full) -> st.SearchStrategy:
    kind = field.kind
    if kind in INTEGERS:
        return INTEGERS[kind]
    if kind == Kind.FLOAT:
        return st.one_of(NUMBERS, st.sampled_from([-1.0, -2.0])) if field.unset in NOT_COMPUTED else NUMBERS
    if kind == Kind.DECIMAL:
        return DECIMALS
    if kind == Kind.STRING:
        return st.text(text, min_size=1, max_size=12)
    if kind == Kind.BOOL:
        return st.booleans()
    if kind == Kind.TAGS:
        tag = st.text(PRINTABLE, min_size=1, max_size=6)
        return st.dictionaries(tag, tag, max_size=3)
    return _instances(field.type, text, full)


# ------------------------------------------------------------------------------------------ what a wire carries


def as_seen_at(message, form: Form, version: int, protobuf: bool):
    """What a reader makes of the message: fields that this version does not carry are unset, zeros where text has no
    word for unset, defaults where a request leaves a field out."""
    outgoing = form.direction == "outgoing"
    if protobuf:
        return _over_protobuf(message, outgoing)
    seen = form.cls()
    _over_text(form.layout.entries, message, seen, version, outgoing)
    return seen


def _over_protobuf(message, outgoing: bool):
    seen = type(message)()
    for name, field in type(message).__fields__.items():
        value = as_sent(getattr(message, name), field) if outgoing else getattr(message, name)
        if field.number == 0:
            continue
        if field.kind == Kind.MESSAGE and value is not None:
            value = [_over_protobuf(v, outgoing) for v in value] if field.repeated else _over_protobuf(value, outgoing)
        if field.unset in NOT_COMPUTED and value is not None and NOT_COMPUTED[field.unset](value):
            value = None
        setattr(seen, name, value)
    return seen


def as_sent(value, field):
    """What a request says of a field that holds this."""
    if field.reported:
        value = None
    if value is None or (field.omits and not value):
        absent = False if field.kind == Kind.BOOL and field.omits else None
        value = absent if value is False or field.default is None else field.default
    return value


def _over_text(entries, source, seen, version: int, outgoing: bool) -> None:
    """Walk the layout beside the message; a second opinion on what `ibfast.schema.compile` makes of it."""
    for entry in entries:
        if not isinstance(entry, str) and not entry.since <= version < entry.before:
            continue
        what = "At" if isinstance(entry, str) else type(entry).__name__
        if what == "Const":
            continue
        if what == "When":
            if not entry.condition or _holds(entry.condition, source):
                _over_text(entry.entries, source, seen, version, outgoing)
            continue
        path = entry if isinstance(entry, str) else entry.path
        parent, target, field = _reach(path, source, seen)
        value = None if parent is None else getattr(parent, field.name)
        if what == "Maybe" and value is not None:
            inner = field.type()
            _over_text(entry.entries, value, inner, version, outgoing)
            setattr(target, field.name, inner)
        elif what == "Mask":
            flags = {flag: bool(value is not None and getattr(value, flag)) for flag in entry.flags}
            setattr(target, field.name, field.type(**flags))
        elif what == "Repeat" and entry.entries:
            _items_over_text(entry, value or [], target, field, version, outgoing)
        elif what in ("At", "Repeat"):
            unset = (getattr(entry, "unset", None) or field.unset) if what == "At" else field.unset
            wire = getattr(entry, "wire", "")
            setattr(target, field.name, _value_over_text(value, field, unset, wire, outgoing))


def _items_over_text(entry, items, target, field, version, outgoing) -> None:
    if entry.extend:
        names = [e if isinstance(e, str) else e.path for e in entry.entries]
        if not any(getattr(item, name) is not None for item in items for name in names):
            return
        made = getattr(target, field.name)
    else:
        made = [field.type() for _ in items]
        setattr(target, field.name, made)
    for item, seen in zip(items, made, strict=True):
        _over_text(entry.entries, item, seen, version, outgoing)


def _reach(path: str, source, seen):
    """The message that holds the last name of the path, on both sides; the reader's side is made on the way."""
    *parents, last = path.split(".")
    for parent in parents:
        cls = type(seen).__fields__[parent].type
        if getattr(seen, parent) is None:
            setattr(seen, parent, cls())
        seen = getattr(seen, parent)
        source = None if source is None else getattr(source, parent)
    return source, seen, type(seen).__fields__[last]


def _value_over_text(value, field, unset: str, wire: str, outgoing: bool):
    if field.repeated:
        return list(value or [])
    if outgoing and (value is None or (field.zero_unset and not value)):
        value = field.default
    if value is not None and value != "":
        return None if unset in NOT_COMPUTED and NOT_COMPUTED[unset](value) else value
    if field.kind in (Kind.STRING, Kind.DECIMAL, Kind.TAGS) or unset != "zero":
        return None
    return {Kind.FLOAT: 0.0, Kind.BOOL: False}.get(field.kind, 0)


def _holds(condition: str, source) -> bool:
    path, _, test = condition.partition(" ")
    value = source
    for name in path.split("."):
        value = None if value is None else getattr(value, name)
    if test.startswith("in "):
        text = "Infinity" if value == float("inf") else str(value or 0)
        return text in test[3:].split("|")
    return bool(value) if not test else value is not None and value > 0


def text_versions(form: Form) -> list[int]:
    """Versions at which the text form may be met: from 201 on either form is, until protobuf has taken over."""
    return [version for version in edges(form) if form.layout is not None]


def protobuf_versions(form: Form) -> list[int]:
    return [version for version in edges(form) if form.protobuf and version > LAST_PROTOBUF_FREE_VERSION]
