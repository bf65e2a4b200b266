"""Write docs/messages.md from the schema: every message, its ids, versions and fields. ``--check`` only compares."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import ibfast.wire  # noqa: F401  (fills the registries)
from ibfast import schema
from ibfast._codec import Field, Kind
from ibfast.schema.declare import ALWAYS, FORMS, INCOMING, OUTGOING, At, Const, Form, Mask, Maybe, Message, Repeat, When
from ibfast.schema.versions import FIRST_VERSION, V

TARGET = Path(__file__).parents[1] / "docs" / "messages.md"
KINDS = {
    Kind.INT: "int", Kind.LONG: "long", Kind.FLOAT: "float", Kind.DECIMAL: "decimal", Kind.STRING: "text",
    Kind.BOOL: "bool", Kind.TAGS: "tags",
}  # fmt: skip
INTRODUCTION = """# Every message of the TWS API

Made from `ibfast/schema/` by `make generate`; do not edit. All names can be imported from `ibfast.schema`.

A message is written as text or as protobuf, whichever the server version uses. *Protobuf from* is the first server
version that sends it as protobuf; before that it is text, if it has a text form. The number beside a field is its
protobuf field number, – if only the text wire has it. *Text order* is the order of the fields on the text wire: `[n]`
counts the items of a list, `name?` is a 1 or 0 before an optional part, `{condition}` and `{v170+}` say when a field is
there, `·` stands for a field that carries nothing any more. A message-version field, where there is one, comes first.
Unset is `None` on both wires.

| type | in Python | as text | as protobuf |
|---|---|---|---|
| int, long | `int` | decimal | varint, 32 and 64 bit |
| float | `float` | decimal or exponent | double |
| decimal | `Decimal` | decimal, exact | string |
| text | `str` | UTF-8 (requests: printable ASCII) | string |
| bool | `bool` | 1 or 0 | varint |
| tags | `dict[str, str]` | `tag=value;tag=value;` | map |
"""


def main() -> int:
    text = "\n".join(document())
    if "--check" in sys.argv:
        if not TARGET.exists() or TARGET.read_text() != text:
            print("docs/messages.md is stale: run make generate")
            return 1
        return 0
    TARGET.write_text(text)
    return 0


def document() -> Iterator[str]:
    yield INTRODUCTION
    for title, table in (("From the gateway", INCOMING), ("To the gateway", OUTGOING)):
        yield from index(title, table.values())
    for title, table in (("From the gateway", INCOMING), ("To the gateway", OUTGOING)):
        yield f"## {title}\n"
        for number in sorted(table):
            yield from message(table[number])
    yield "## Parts of messages\n"
    for name in schema.__all__:
        cls = getattr(schema, name)
        if cls not in FORMS:
            yield f"### {name}\n"
            yield f"{cls.__doc__}\n"
            yield from fields(cls)


def index(title: str, forms: Iterable[Form]) -> Iterator[str]:
    yield f"## {title}: the ids\n"
    yield "| id | IB's name | message | text | protobuf from | since |"
    yield "|---|---|---|---|---|---|"
    for form in sorted(forms, key=lambda form: form.id):
        text = "yes" if form.layout is not None else "no"
        since = str(int(form.since)) if form.since > FIRST_VERSION else ""
        note = " (retired)" if form.retired else ""
        protobuf = form.protobuf or "–"
        yield f"| {int(form.id)} | {form.id.name}{note} | {link(form.cls)} | {text} | {protobuf} | {since} |"
    yield ""


def message(form: Form) -> Iterator[str]:
    yield f"### {form.cls.__name__}: {form.id.name}, {int(form.id)}\n"
    yield f"{form.cls.__doc__}\n"
    yield from fields(form.cls)
    for need in form.needs:
        limits = [f"from {version(need.since)}"] if need.since else []
        limits += [f"below {version(need.before)}"] if need.before != ALWAYS else []
        yield f"`{need.path}` = `{need.equals}` only {', '.join(limits)}.\n"
    if form.layout is not None and form.layout.entries:
        yield f"Text order: {', '.join(order(form.layout.entries))}\n"


def fields(cls: type[Message]) -> Iterator[str]:
    if not cls.__fields__:
        yield "No fields.\n"
        return
    yield "| field | type | number | remarks |"
    yield "|---|---|---|---|"
    for field in cls.__fields__.values():
        yield f"| `{field.name}` | {type_of(field)} | {field.number or '–'} | {remarks(field)} |"
    yield ""


def type_of(field: Field) -> str:
    single = link(field.type) if field.type is not None else KINDS[Kind(field.kind)]
    return f"list of {single}" if field.repeated else single


def remarks(field: Field) -> str:
    notes = [f"from {version(field.since)}"] if field.since else []
    default = field.default if field.type is None else "an empty one"
    notes += [f"a request that leaves it out carries {default}"] if field.default is not None else []
    notes += ["only TWS gives it a value, a request never does"] if field.reported else []
    notes += ["0 is no value: a request leaves it out"] if field.zero_unset else []
    if field.explicit and field.kind in (Kind.BOOL, Kind.STRING) and not field.repeated:
        notes += [f"a request says {'False' if field.kind == Kind.BOOL else 'an empty text'} too"]
    return "; ".join(notes)


def order(entries: Iterable[object]) -> Iterator[str]:
    for entry in entries:
        match entry:
            case str():
                yield f"`{entry}`"
            case At():
                yield f"`{entry.path}`{when(entry)}"
            case Const():
                yield f"·{when(entry)}"
            case Mask():
                yield f"`{entry.path}` (bits: {', '.join(entry.flags)})"
            case When():
                condition = f" {{{entry.condition}}}" if entry.condition else ""
                yield f"({', '.join(order(entry.entries))}){condition}{when(entry)}"
            case Repeat():
                inside = f" ({', '.join(order(entry.entries))})" if entry.entries else ""
                yield f"`{entry.path}`[n]{inside}{when(entry)}"
            case Maybe():
                yield f"`{entry.path}`? ({', '.join(order(entry.entries))}){when(entry)}"


def when(entry: At | Const | When | Repeat | Maybe) -> str:
    since = f"v{int(entry.since)}+" if entry.since else ""
    before = f"below v{int(entry.before)}" if entry.before != ALWAYS else ""
    return f" {{{' '.join(filter(None, (since, before)))}}}" if since or before else ""


def version(number: int) -> str:
    return f"server {int(number)} ({V(number).name})"


def link(cls: type[Message]) -> str:
    forms = FORMS.get(cls)
    anchor = f"{cls.__name__}: {forms[0].id.name}, {int(forms[0].id)}" if forms else cls.__name__
    slug = "".join(c for c in anchor.lower() if c.isalnum() or c in " _-").replace(" ", "-")
    return f"[{cls.__name__}](#{slug})"


if __name__ == "__main__":
    sys.exit(main())
