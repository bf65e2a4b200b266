"""The vocabulary of a declaration.

A message is a class. Its annotations say what a field holds, ``field(3)`` its protobuf number, ``TEXT`` the order of
its fields on the text wire, the decorator its id::

    @incoming(In.ERR_MSG, protobuf=V.PROTOBUF_PLACE_ORDER)
    class ErrorMessage(Message):
        id: Int = field(1)
        error_time: Long = field(2)
        error_code: Int = field(3)
        error_msg: Str = field(4)
        advanced_order_reject_json: Str = field(5)
        TEXT = layout(
            "id", "error_code", at("error_msg", wire="esc"),
            at("advanced_order_reject_json", wire="esc", since=V.ADVANCED_ORDER_REJECT),
            at("error_time", since=V.ERROR_TIME),
            version=2, version_before=V.ERROR_TIME,
        )

Dots in a name lead into nested messages (``"contract.con_id"``); inside ``repeat`` names are relative to the item.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import (
    Annotated,
    Any,
    ClassVar,
    Literal,
    TypeAlias,
    TypeVar,
    Union,
    dataclass_transform,
    get_args,
    get_origin,
)

from ibfast import _codec
from ibfast._codec import Field, Kind
from ibfast.schema.versions import LAST_VERSION, In, Out

Int: TypeAlias = Annotated[int | None, Kind.INT]
Long: TypeAlias = Annotated[int | None, Kind.LONG]
Float: TypeAlias = Annotated[float | None, Kind.FLOAT]
Dec: TypeAlias = Annotated[Decimal | None, Kind.DECIMAL]
Str: TypeAlias = Annotated[str | None, Kind.STRING]
Bool: TypeAlias = Annotated[bool | None, Kind.BOOL]
Tags: TypeAlias = dict[str, str]

Unset: TypeAlias = Literal["zero", "empty", "max", "-1", "-2", "negative"]
Wire: TypeAlias = Literal["", "esc", "word", "a|o", "plain", "pairs", "counted"]
Direction: TypeAlias = Literal["incoming", "outgoing"]

ALWAYS = LAST_VERSION + 1
"""The ``before`` of a field that no version has dropped."""


# ------------------------------------------------------------------------------------------ fields of a class


@dataclass(frozen=True, slots=True)
class FieldSpec:
    number: int
    since: int
    unset: Unset
    default: Any
    shown: bool
    reported: bool
    explicit: bool
    zero_unset: bool


def field(
    number: int = 0, /, *, since: int = 0, unset: Unset = "zero", default: Any = None, shown: bool = False,
    reported: bool = False, explicit: bool = False, zero_unset: bool = False,
) -> Any:  # fmt: skip
    """Declare one field of a message class.

    Args:
        number: Its protobuf number, 0 for a field of the text wire only.
        since: The first server version that takes the field in a request.
        unset: How "not set" is written as text: the type's zero, an empty text or the type's largest number.
        default: What a request carries when its caller leaves the field out. Zeros stand here too: protobuf tells a
            zero from nothing, and gateways are known to take what the official client sends.
        shown: The default stands in the field of a message that is made with keywords, for the user to see.
        reported: Only TWS gives it a value; a request carries the default or nothing, whatever the field holds.
        explicit: Requests say False and empty text too. Of other flags and texts they carry only what is true or
            not empty, as the official client does: to a reader of requests an absent flag is False.
        zero_unset: 0 is no value: a request leaves it out.
    """
    return FieldSpec(number, since, unset, default, shown, reported, explicit, zero_unset)


_SCALARS = {int: Kind.LONG, float: Kind.FLOAT, str: Kind.STRING, bool: Kind.BOOL, Decimal: Kind.DECIMAL}


def _kind_of(annotation: Any) -> tuple[Kind, bool, type | None]:
    """(kind, repeated, message class) of an annotation."""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return args[1], False, None
    if origin is dict:
        return Kind.TAGS, False, None
    if origin is list:
        kind, _, cls = _kind_of(args[0])
        return kind, True, cls
    if origin in (Union, types.UnionType):
        return _kind_of(next(arg for arg in args if arg is not types.NoneType))
    if annotation in _SCALARS:
        return _SCALARS[annotation], False, None
    if isinstance(annotation, type) and issubclass(annotation, _codec.Message):
        return Kind.MESSAGE, False, annotation
    raise TypeError(f"a message field cannot hold {annotation!r}")


@dataclass_transform(kw_only_default=True, eq_default=True)
class Declaration(type):
    """Turns the annotated class body into fields that the codec reads and writes.

    ``class Name(Message, explicit=True)`` makes each of its fields ``explicit``.
    """

    def __new__(
        mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], explicit: bool = False
    ) -> Declaration:
        specs = {key: value for key, value in namespace.items() if isinstance(value, FieldSpec)}
        namespace = {key: value for key, value in namespace.items() if key not in specs}
        namespace.setdefault("__slots__", ())
        cls: Any = super().__new__(mcs, name, bases, namespace)
        fields: dict[str, Field] = {}
        for index, (key, spec) in enumerate(specs.items()):
            kind, repeated, message = _kind_of(cls.__annotations__[key])
            fields[key] = Field(
                key, index, spec.number, kind, repeated=repeated, type=message,
                since=spec.since, unset=spec.unset, default=spec.default, reported=spec.reported,
                explicit=explicit or spec.explicit, zero_unset=spec.zero_unset,
            )  # fmt: skip
            setattr(cls, key, fields[key])
        cls.__fields__ = fields
        cls.__names__ = tuple(fields)
        cls.__blank__ = [None] * len(fields)
        cls.__fresh__ = [spec.default if spec.shown else None for spec in specs.values()]
        return cls  # type: ignore[no-any-return]


class Message(_codec.Message, metaclass=Declaration):
    """Base of every declared message; see `ibfast._codec.Message` for what they can do."""

    __fields__: ClassVar[dict[str, Field]]
    TEXT: ClassVar[Layout | None] = None


def fields(cls: type[Message]) -> tuple[Field, ...]:
    """The fields of a message class, in declaration order."""
    return tuple(cls.__fields__.values())


# ------------------------------------------------------------------------------------ the order of a text message


@dataclass(frozen=True, slots=True)
class At:
    """One field of the text wire. ``wire`` and ``unset`` override what the declared field says."""

    path: str
    wire: Wire
    unset: Unset | None
    since: int
    before: int


@dataclass(frozen=True, slots=True)
class Const:
    """A field that is always written as ``text`` and that readers pass over."""

    name: str
    text: str
    since: int
    before: int


@dataclass(frozen=True, slots=True)
class Mask:
    """One integer whose bits, lowest first, are the named flags of the nested message at ``path``."""

    path: str
    flags: tuple[str, ...]
    since: int = 0
    before: int = ALWAYS


@dataclass(frozen=True, slots=True)
class When:
    """Fields that are there while the server version and, if there is one, the condition allow."""

    condition: str
    entries: tuple[Entry, ...]
    since: int
    before: int


@dataclass(frozen=True, slots=True)
class Repeat:
    """A count, then that many items: messages by their fields, or single values when there are no entries.

    ``extend`` fills further fields of items that an earlier ``repeat`` of the same list has made.
    """

    path: str
    entries: tuple[Entry, ...]
    since: int
    before: int
    extend: bool


@dataclass(frozen=True, slots=True)
class Maybe:
    """A 1 or 0, then after a 1 the fields of the nested message at ``path``."""

    path: str
    entries: tuple[Entry, ...]
    since: int
    before: int


Entry: TypeAlias = str | At | Const | Mask | When | Repeat | Maybe


@dataclass(frozen=True, slots=True)
class Layout:
    """The fields of a text message in wire order, after the version field if the message has one."""

    entries: tuple[Entry, ...]
    version: int
    version_before: int


def layout(*entries: Entry, version: int = 0, version_before: int = ALWAYS) -> Layout:
    """The text form of a message; ``version`` is written first while the server is older than ``version_before``."""
    return Layout(entries, version, version_before)


def at(path: str, *, wire: Wire = "", unset: Unset | None = None, since: int = 0, before: int = ALWAYS) -> At:
    """A field of the text wire that needs more than its name.

    ``wire``: "esc" for ASCII with ``\\uXXXX``, "word" for true/false, "a|o" for a boolean spelled and/or, "plain" for
    a number without a trailing ``.0``, "pairs" and "counted" for the two other spellings of tags. ``unset`` "-1" and
    "-2" are the numbers that mean "not computed", on both wires; with "negative" every negative number does.
    """
    return At(path, wire, unset, since, before)


def const(name: str, text: str = "", *, since: int = 0, before: int = ALWAYS) -> Const:
    """A field that carries nothing any more: always written as ``text``, passed over when read."""
    return Const(name, text, since, before)


def mask(path: str, *flags: str) -> Mask:
    """One integer whose bits, lowest first, are these flags of the nested message at ``path``."""
    return Mask(path, flags)


def when(condition: str, *entries: Entry, since: int = 0, before: int = ALWAYS) -> When:
    """Fields that are there if a field read before them says so.

    ``"name"`` holds when it is neither empty nor zero, ``"name in A|B"`` when its text is one of these,
    ``"name > 0"`` when it is set and positive.
    """
    return When(condition, entries, since, before)


def between(*entries: Entry, since: int = 0, before: int = ALWAYS) -> When:
    """Fields of these server versions only."""
    return When("", entries, since, before)


def repeat(path: str, *entries: Entry, since: int = 0, before: int = ALWAYS, extend: bool = False) -> Repeat:
    """A count field, then the fields of each item; without entries, one field an item."""
    return Repeat(path, entries, since, before, extend)


def maybe(path: str, *entries: Entry, since: int = 0, before: int = ALWAYS) -> Maybe:
    """A 1 or 0 field, then after a 1 the fields of the nested message."""
    return Maybe(path, entries, since, before)


# ------------------------------------------------------------------------------------------------ the registries


@dataclass(frozen=True, slots=True)
class Need:
    """A request with this value at ``path`` is refused below version ``since`` and from version ``before`` on."""

    path: str
    equals: Any
    since: int = 0
    before: int = ALWAYS


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """One message id: its class and what the wire does with it, version by version.

    ``protobuf`` is the first server version that sends it as protobuf, 0 if none does; ``layout`` is None for a
    message without a text form; ``only`` is the condition under which the class goes out with this id.
    """

    direction: Direction
    id: In | Out
    cls: type[Message]
    layout: Layout | None
    protobuf: int
    since: int
    retired: bool
    only: str
    needs: tuple[Need, ...]

    def is_protobuf(self, server_version: int) -> bool:
        """Whether this version sends the message as protobuf."""
        return bool(self.protobuf) and server_version >= self.protobuf


INCOMING: dict[int, Form] = {}
OUTGOING: dict[int, Form] = {}
FORMS: dict[type[Message], list[Form]] = {}
"""The forms of each class that is a message of its own; all but one class have one."""


M = TypeVar("M", bound=type[Message])


def _register(
    direction: Direction, id: In | Out, protobuf: int, since: int, retired: bool, only: str,
    needs: tuple[Need, ...], text: str,
) -> Callable[[M], M]:  # fmt: skip
    def declare(cls: M) -> M:
        form = Form(direction, id, cls, getattr(cls, text), protobuf, since, retired, only, needs)
        table = INCOMING if direction == "incoming" else OUTGOING
        if id in table:
            raise ValueError(f"{id!r} is declared twice, by {table[id].cls.__name__} and {cls.__name__}")
        table[id] = form
        FORMS.setdefault(cls, []).insert(0, form)
        return cls

    return declare


def incoming(
    id: In, *, protobuf: int = 0, since: int = 0, retired: bool = False, only: str = "", text: str = "TEXT"
) -> Callable[[M], M]:
    """The class is what the gateway sends under this id.

    ``protobuf`` is the first server version that sends it as protobuf, ``since`` the first that sends it at all,
    ``retired`` marks what the newest gateways no longer know. A class with two ids goes out with the one whose
    condition ``only`` holds; ``text`` names the class attribute with the layout of this id.
    """
    return _register("incoming", id, protobuf, since, retired, only, (), text)


def outgoing(
    id: Out, *, protobuf: int = 0, since: int = 0, retired: bool = False, needs: tuple[Need, ...] = ()
) -> Callable[[M], M]:
    """The class is a request with this id; see `incoming`. ``needs`` are values that older servers do not take."""
    return _register("outgoing", id, protobuf, since, retired, "", needs, "TEXT")
