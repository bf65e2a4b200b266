"""From declarations to plans: what the codec needs to write and read one form at one server version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, NamedTuple

from ibfast._codec import Condition, Field, Kind, Op, Plan, ProtobufPlan, TextPlan
from ibfast.schema.declare import ALWAYS, At, Const, Entry, Form, Mask, Maybe, Message, Repeat, When
from ibfast.schema.versions import LAST_PROTOBUF_FREE_VERSION, PROTOBUF_OFFSET

Fields = dict[str, Field]
Path = tuple[str, ...]


class Step(NamedTuple):
    """One instruction of a text plan; ``_codec/plans/text.pyx`` says what each ``op`` does with the rest.

    ``register`` holds the message that the step is about, ``slot`` its field, ``target`` the register a nested message
    or list item goes to, ``end`` the first step behind a block. A request writes a field that ``omits`` as if it were
    unset when it is empty or 0.
    """

    op: int
    name: str
    kind: int = 0
    register: int = 0
    slot: int = 0
    target: int = 0
    end: int = 0
    unset: str = "zero"
    wire: str = ""
    extra: Any = None
    omits: bool = False


class Gate(NamedTuple):
    """A field that this server version cannot carry: its slots from the root of the message down, and its ``since``."""

    slots: tuple[int, ...]
    name: str
    since: int


@cache
def plan_of(form: Form, server_version: int, protobuf: bool) -> Plan:
    """The plan of one form at one server version, on the protobuf or on the text wire."""
    outgoing = form.direction == "outgoing"
    if protobuf:
        gates = _gates(_since_of_fields(form.cls, ()), server_version) if outgoing else ()
        return ProtobufPlan(
            form.cls, message_id(form.id + PROTOBUF_OFFSET, server_version), outgoing, gates, server_version
        )
    if form.layout is None:
        raise ValueError(f"{form.cls.__name__} has no text form")
    compiler = _Compiler(server_version)
    if form.layout.version and server_version < form.layout.version_before:
        compiler.steps.append(Step(Op.CONST, "version", extra=b"%d\0" % form.layout.version))
    compiler.block(form.layout.entries, _Scope(form.cls))
    gates = ()
    if outgoing:
        later = [*_since_of_layout(form), *_since_of_fields(form.cls, ())]
        gates = _gates(later, server_version)
    head = message_id(form.id, server_version)
    return TextPlan(form.cls, head, outgoing, compiler.steps, compiler.registers, gates, server_version)


def message_id(number: int, server_version: int) -> bytes:
    """A message id as this server version spells it: text up to 200, four bytes from 201 on."""
    if server_version <= LAST_PROTOBUF_FREE_VERSION:
        return b"%d\0" % number
    return number.to_bytes(4, "big")


class _Scope:
    """The message that names are relative to, and which registers already hold its nested messages."""

    def __init__(self, cls: type[Message], register: int = 0) -> None:
        self.cls = cls
        self.entered: dict[Path, int] = {(): register}

    def inner(self) -> _Scope:
        """The same names inside a conditional block; what is entered there is not known after it."""
        scope = _Scope(self.cls)
        scope.entered = dict(self.entered)
        return scope


class _Compiler:
    def __init__(self, server_version: int) -> None:
        self.server_version = server_version
        self.steps: list[Step] = []
        self.registers = 1

    def block(self, entries: Iterable[Entry], scope: _Scope) -> None:
        for entry in entries:
            self.entry(At(entry, "", None, 0, ALWAYS) if isinstance(entry, str) else entry, scope)

    def entry(self, entry: At | Const | Mask | When | Repeat | Maybe, scope: _Scope) -> None:
        if not entry.since <= self.server_version < entry.before:
            return
        match entry:
            case At():
                self.field(entry, scope)
            case Const():
                self.steps.append(Step(Op.CONST, entry.name, extra=entry.text.encode() + b"\0"))
            case Mask():
                register, field = self.find(entry.path, scope)
                slots = tuple(field.type.__fields__[flag].index for flag in entry.flags)
                self.steps.append(Step(Op.MASK, entry.path, 0, register, field.index, extra=(field.type, slots)))
            case When(condition=""):
                self.block(entry.entries, scope)
            case When():
                self.nested(self.condition(entry.condition, scope), entry.entries, scope.inner())
            case Repeat():
                self.repeat(entry, scope)
            case Maybe():
                register, field = self.find(entry.path, scope)
                target = self.new_register()
                step = Step(Op.MAYBE, entry.path, 0, register, field.index, target, extra=field.type)
                self.nested(step, entry.entries, _Scope(field.type, target))

    def field(self, entry: At, scope: _Scope) -> None:
        register, field = self.find(entry.path, scope)
        op = Op.LIST if field.repeated else Op.FIELD
        unset = entry.unset or field.unset
        has_word = field.zero_unset or field.default is not None
        self.steps.append(
            Step(
                op, entry.path, field.kind, register, field.index, 0, 0, unset, entry.wire, field.default,
                omits=has_word and field.omits and field.kind != Kind.BOOL,
            )
        )  # fmt: skip

    def repeat(self, entry: Repeat, scope: _Scope) -> None:
        register, field = self.find(entry.path, scope)
        if not entry.entries:
            self.field(At(entry.path, "", None, 0, ALWAYS), scope)
            return
        target = self.new_register()
        op = Op.EXTEND if entry.extend else Op.REPEAT
        step = Step(op, entry.path, 0, register, field.index, target, extra=field.type)
        self.nested(step, entry.entries, _Scope(field.type, target))

    def nested(self, head: Step, entries: Iterable[Entry], scope: _Scope) -> None:
        """A head, its block, and in the head where the block ends."""
        at = len(self.steps)
        self.steps.append(head)
        self.block(entries, scope)
        self.steps[at] = head._replace(end=len(self.steps))

    def condition(self, text: str, scope: _Scope) -> Step:
        name, _, rest = text.partition(" ")
        register, field = self.find(name, scope)
        if rest.startswith("in "):
            test: Any = (Condition.AMONG, frozenset(rest[3:].split("|")))
        elif rest == "> 0":
            test = (Condition.POSITIVE, None)
        elif not rest:
            test = (Condition.PRESENT, None)
        else:
            raise ValueError(f"not a condition: {text!r}")
        return Step(Op.WHEN, name, field.kind, register, field.index, extra=test)

    def find(self, path: str, scope: _Scope) -> tuple[int, Field]:
        """The register of the message that holds the field, entered now if it was not before, and the field."""
        *parents, last = path.split(".")
        cls = scope.cls
        known: Path = ()
        for parent in parents:
            field: Field = cls.__fields__[parent]
            step: Path = (*known, parent)
            if step not in scope.entered:
                target = self.new_register()
                self.steps.append(
                    Step(Op.ENTER, ".".join(step), 0, scope.entered[known], field.index, target, extra=field.type)
                )
                scope.entered[step] = target
            cls, known = field.type, step
        return scope.entered[known], cls.__fields__[last]

    def new_register(self) -> int:
        self.registers += 1
        return self.registers - 1


# ------------------------------------------------------------------------------------------------------- gates


def _gates(later: Iterable[tuple[Path, type[Message], int]], server_version: int) -> tuple[Gate, ...]:
    """Of the fields that came with some version, those this version cannot carry."""
    gates = {}
    for path, cls, since in later:
        if since > server_version:
            gates[path] = Gate(_slots(cls, path), ".".join(path), since)
    return tuple(gates.values())


def _slots(cls: type[Message], path: Path) -> tuple[int, ...]:
    slots = []
    for name in path:
        field = cls.__fields__[name]
        slots.append(field.index)
        if field.type is not None:
            cls = field.type
    return tuple(slots)


def _since_of_fields(cls: type[Message], above: Path) -> Iterator[tuple[Path, type[Message], int]]:
    """Every field below ``cls`` that declares the version it came with, items of lists left out."""
    for path, since in _dated(cls, above):
        yield path, cls, since


@cache
def _dated(cls: type[Message], above: Path) -> tuple[tuple[Path, int], ...]:
    found: list[tuple[Path, int]] = []
    for field in cls.__fields__.values():
        if field.since:
            found.append(((*above, field.name), field.since))
        elif field.type is not None and not field.repeated:
            found.extend(_dated(field.type, (*above, field.name)))
    return tuple(found)


def _since_of_layout(form: Form) -> Iterator[tuple[Path, type[Message], int]]:
    """Every field of the text layout that came with some version."""
    always: set[str] = set()
    dated: dict[str, int] = {}

    def visit(entries: Iterable[Entry], since: int) -> None:
        for entry in entries:
            if isinstance(entry, str):
                entry = At(entry, "", None, 0, ALWAYS)
            version = max(since, entry.since)
            match entry:
                case When():
                    visit(entry.entries, version)
                case At() | Repeat() | Maybe() | Mask() if version:
                    dated[entry.path] = min(version, dated.get(entry.path, version))
                case At() | Repeat() | Maybe() | Mask():
                    always.add(entry.path)

    assert form.layout is not None
    visit(form.layout.entries, 0)
    for name, since in dated.items():
        if name not in always:
            yield tuple(name.split(".")), form.cls, since
