"""The declarations make sense among themselves: names, numbers, versions, conditions. No bytes here."""

import importlib
import inspect
import pkgutil

import pytest

from ibfast import schema
from ibfast._codec import Kind
from ibfast.schema.declare import (
    ALWAYS,
    FORMS,
    INCOMING,
    OUTGOING,
    At,
    Const,
    Layout,
    Mask,
    Maybe,
    Message,
    Repeat,
    When,
)
from ibfast.schema.versions import FIRST_VERSION, LAST_VERSION, In, Out

CLASSES = [getattr(schema, name) for name in schema.__all__]
ALL_FORMS = [*INCOMING.values(), *OUTGOING.values()]

NUMBERS = {Kind.INT, Kind.LONG, Kind.FLOAT, Kind.DECIMAL}
WIRES = {
    "esc": {Kind.STRING}, "word": {Kind.BOOL}, "a|o": {Kind.BOOL}, "plain": {Kind.FLOAT},
    "pairs": {Kind.TAGS}, "counted": {Kind.TAGS},
}  # fmt: skip
FLOATS = {Kind.FLOAT}
UNSETS = {
    "zero": set(Kind), "empty": {*NUMBERS, Kind.BOOL}, "max": NUMBERS, "-1": FLOATS, "-2": FLOATS, "negative": FLOATS,
}  # fmt: skip


def label(form):
    return f"{form.direction}-{form.id.name}"


def find(cls, path):
    """The field at the end of a dotted path; every name before the last leads into one nested message."""
    *parents, last = path.split(".")
    for name in parents:
        field = cls.__fields__[name]
        assert field.kind == Kind.MESSAGE, f"{path}: {name} has no fields"
        assert not field.repeated, f"{path}: {name} is a list"
        cls = field.type
    return cls.__fields__[last]


def check_entries(cls, entries, read):
    """Go through a layout as a reader does; ``read`` are the names it has read so far."""
    for entry in entries:
        entry = At(entry, "", None, 0, ALWAYS) if isinstance(entry, str) else entry
        assert 0 <= entry.since < entry.before <= ALWAYS
        match entry:
            case At():
                field = find(cls, entry.path)
                assert field.kind != Kind.MESSAGE, entry.path
                assert not field.repeated, entry.path
                assert field.kind in UNSETS[entry.unset or field.unset], entry.path
                assert not entry.wire or field.kind in WIRES[entry.wire], entry.path
            case Mask():
                flags = find(cls, entry.path).type.__fields__
                assert all(flags[name].kind == Kind.BOOL for name in entry.flags), entry.path
            case When():
                check_condition(cls, entry.condition, read)
                check_entries(cls, entry.entries, read)
            case Repeat():
                field = find(cls, entry.path)
                assert field.repeated, entry.path
                assert bool(entry.entries) == (field.kind == Kind.MESSAGE), entry.path
                assert entry.extend == (entry.path in read), entry.path
                check_entries(field.type, entry.entries, set())
            case Maybe():
                check_entries(find(cls, entry.path).type, entry.entries, set())
        if not isinstance(entry, Const | When):
            read.add(entry.path)


def check_condition(cls, condition, read):
    if condition:
        name, _, test = condition.partition(" ")
        assert find(cls, name)
        assert name in read, f"{condition!r} looks at a field that comes later"
        assert test in ("", "> 0") or test.startswith("in "), condition


def layouts(cls):
    return {name: value for name, value in vars(cls).items() if isinstance(value, Layout)}


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_fields(cls):
    numbers = [field.number for field in cls.__fields__.values()]
    protobuf = [number for number in numbers if number]
    assert numbers == [*sorted(set(protobuf)), *[0] * (len(numbers) - len(protobuf))], "by number, text-only ones last"
    assert set(cls.__fields__) == set(cls.__annotations__), "an annotation without field(), or the reverse"
    for field in cls.__fields__.values():
        assert field.kind in UNSETS[field.unset], field
        assert field.since == 0 or FIRST_VERSION <= field.since <= LAST_VERSION, field
        assert field.kind != Kind.MESSAGE or getattr(schema, field.type.__name__) is field.type, field
    assert cls.__doc__


@pytest.mark.parametrize("form", ALL_FORMS, ids=label)
def test_form(form):
    assert getattr(schema, form.cls.__name__) is form.cls
    assert form in FORMS[form.cls]
    assert all(since == 0 or FIRST_VERSION <= since <= LAST_VERSION for since in (form.since, form.protobuf))
    assert not (form.retired and form.protobuf)
    for need in form.needs:
        assert find(form.cls, need.path)
    if form.only:
        check_condition(form.cls, form.only, {form.only.split(" ")[0]})
    if form.layout is not None:
        check_entries(form.cls, form.layout.entries, set())


@pytest.mark.parametrize("form", ALL_FORMS, ids=label)
def test_only_what_was_protobuf_from_its_first_version_has_no_text(form):
    always_protobuf = bool(form.protobuf) and max(form.since, FIRST_VERSION) >= form.protobuf
    assert (form.layout is None) == always_protobuf
    assert form.layout is not None or not layouts(form.cls)


def test_every_layout_belongs_to_a_form():
    used = {id(form.layout) for form in ALL_FORMS}
    assert [cls for cls in CLASSES for value in layouts(cls).values() if id(value) not in used] == []


@pytest.mark.parametrize(("table", "ids"), [(INCOMING, In), (OUTGOING, Out)], ids=["incoming", "outgoing"])
def test_ids(table, ids):
    assert len(ids.__members__) == len(ids), "two names for one id"
    assert set(table) == set(ids)
    assert all(form.id == number for number, form in table.items())


def test_of_several_forms_all_but_one_say_when():
    assert all(sum(not form.only for form in forms) == 1 for forms in FORMS.values())


def test_all_is_sorted_and_complete():
    names = [module.name for module in pkgutil.iter_modules(schema.__path__, "ibfast.schema.")]
    found = {
        name
        for module in map(importlib.import_module, names)
        for name, value in inspect.getmembers(module, inspect.isclass)
        if issubclass(value, Message) and value is not Message
    }
    assert list(schema.__all__) == sorted(found)
