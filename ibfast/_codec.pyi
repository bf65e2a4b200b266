"""The compiled half of ibfast: messages, plans, rows and the protocol that joins them."""

from asyncio import BaseTransport, BufferedProtocol
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from enum import IntFlag
from typing import Any, Never, Self, TypeVar
from typing import Protocol as _Interface

import numpy as np
from numpy.typing import ArrayLike, NDArray
from typing_extensions import disjoint_base

TICK: np.dtype[np.void]
LAST: np.dtype[np.void]
BID_ASK: np.dtype[np.void]
MID_POINT: np.dtype[np.void]
DEPTH: np.dtype[np.void]
OPTION: np.dtype[np.void]
REAL_TIME_BAR: np.dtype[np.void]
BAR: np.dtype[np.void]
PAST_MID_POINT: np.dtype[np.void]
PAST_BID_ASK: np.dtype[np.void]
PAST_LAST: np.dtype[np.void]
LEVEL: np.dtype[np.void]
BOOK_LEVELS: int
DELAYED_TICK_TYPES: dict[int, int]
DTYPES: dict[str, np.dtype[np.void]]
EXCHANGES: Codes
CONDITIONS: Codes

class Kind(IntFlag):
    """What a field holds, on both wires."""

    INT = 1
    LONG = 2
    FLOAT = 3
    DECIMAL = 4
    STRING = 5
    BOOL = 6
    TAGS = 7
    MESSAGE = 8

class Op(IntFlag):
    """What a step of a text plan does; `register`, `slot` and the rest are those of `compile.Step`."""

    FIELD = 1
    LIST = 2
    CONST = 3
    MASK = 4
    ENTER = 5
    WHEN = 6
    REPEAT = 7
    EXTEND = 8
    MAYBE = 9

class Condition(IntFlag):
    """The test of a WHEN step."""

    PRESENT = 1
    AMONG = 2
    POSITIVE = 3

@disjoint_base
class Field:
    """One field of a message class: the descriptor users read and write, and what the codec must know of it.

    ``number`` is the protobuf field number (0: the field exists on the text wire only), ``since`` the first server
    version that takes it, ``unset`` how the text wire spells "not set" ("zero", "empty" or "max"). What a request
    makes of it: ``default`` is sent when the caller says nothing, ``reported`` fields are never sent with a value,
    ``explicit`` ones also when they are False or empty, ``zero_unset`` ones not when they are 0.
    """

    @property
    def name(self) -> str: ...
    @property
    def index(self) -> int: ...
    @property
    def number(self) -> int: ...
    @property
    def kind(self) -> int: ...
    @property
    def repeated(self) -> bool: ...
    @property
    def type(self) -> Any: ...
    @property
    def since(self) -> int: ...
    @property
    def unset(self) -> Any: ...
    @property
    def default(self) -> Any: ...
    @property
    def reported(self) -> bool: ...
    @property
    def explicit(self) -> bool: ...
    @property
    def zero_unset(self) -> bool: ...
    @property
    def omits(self) -> bool:
        """Whether a request leaves the field out when it holds False, an empty text or, ``zero_unset``, 0."""
    def __init__(
        self,
        name: str,
        index: int,
        number: int,
        kind: int,
        *,
        repeated: bool = False,
        type: Any = None,
        since: int = 0,
        unset: str = "zero",
        default: Any = None,
        reported: bool = False,
        explicit: bool = False,
        zero_unset: bool = False,
    ) -> None: ...
    def __get__(self, message: Any, owner: Any = None, /) -> Any: ...
    def __set__(self, message: Any, value: Any, /) -> None: ...
    def __delete__(self, message: Any, /) -> None: ...

@disjoint_base
class Message:
    """Base of all message classes of ``ibfast.schema``; fields are keyword arguments and attributes.

    An unset field reads as ``None``, an unset list or map as an empty one. Messages compare by value. A message that
    is made with keywords begins with the defaults that its class shows (an order's ``tif`` is DAY), one that is read
    from the wire or a copy does not.

    Raises:
        TypeError: a keyword is not a field of the class.
    """

    def __init__(self, *args: Never, **fields: Any) -> None: ...
    def differences(self, other: Self) -> list[str]:
        """Names of the fields in which two messages of a class differ; unset, zero and empty are the same."""
    def replace(self, **fields: Any) -> Self:
        """A copy with these fields changed; nested messages and lists are shared with the original."""
    def to_dict(self) -> dict[str, Any]:
        """The fields that are set, nested messages as dicts."""
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __deepcopy__(self, memo: dict[int, Any]) -> Self: ...
    __hash__: None  # type: ignore[assignment]

@disjoint_base
class FieldSet:
    """Some fields of a message class, to ask whether any of them is set."""

    def __init__(self, cls: type[Message], names: Iterable[str]) -> None: ...
    @property
    def names(self) -> frozenset[str]: ...
    def any_set(self, message: Message) -> bool:
        """Whether any of them holds something, be it zero or empty."""

@disjoint_base
class Plan:
    """How one message is written and read at one server version, on one wire."""

    @property
    def cls(self) -> Any: ...
    @property
    def message_id(self) -> bytes: ...
    @property
    def gates(self) -> tuple[Any, ...]: ...
    @property
    def server_version(self) -> int: ...
    @property
    def extra_fields(self) -> int:
        """Text fields that came after the last one known, in all messages read so far."""
    def encode(self, message: Message) -> bytes:
        """The payload; VersionError or ValueError before anything is sent."""
    def decode(self, payload: bytes, start: int) -> Any:
        """The message whose body begins at ``start``."""

@disjoint_base
class TextPlan(Plan):
    """NUL-ended fields in the order of a layout."""

    def __init__(
        self,
        cls: Any,
        message_id: bytes,
        outgoing: bool,
        steps: Sequence[Any],
        registers: int,
        gates: tuple[Any, ...],
        server_version: int,
    ) -> None: ...

@disjoint_base
class ProtobufPlan(Plan):
    """Fields by number; absent is unset."""

    def __init__(
        self, cls: Any, message_id: bytes, outgoing: bool, gates: tuple[Any, ...], server_version: int
    ) -> None: ...

@disjoint_base
class Codes:
    """Short strings numbered in order of appearance; code 0 is the empty string.

    Codes are the same in every stream of a process. After 65,534 different strings every new one has code 65535, and
    so has every string of more than 64 bytes: the table never takes more than about 20 MB, whatever a gateway sends.
    """

    def __len__(self) -> int: ...
    def code(self, name: str) -> int:
        """The code of a string, to compare a column with; a string never met before is given the next code."""
    def decode(self, codes: ArrayLike) -> list[str | None]:
        """The strings of a column of codes, as a list; None for a code that is not in the table."""

@disjoint_base
class Rows:
    """The growing numpy records of one subscription, filled by the protocol, emptied by its reader.

    ``kind`` is a key of `ibfast.records.DTYPES`. ``wake`` is called once per socket read that brought rows.
    ``policy`` says what happens when nobody takes them: "ring" keeps the newest ``capacity`` rows, "grow" keeps the
    oldest and then refuses, "latest" keeps one row (of each tick type). What is lost is counted in ``dropped``.
    ``waited_ns`` says how long the oldest live row of the last batch had waited for its reader.

    A stream begins with room for 64 rows, which doubles up to ``capacity`` only when its reader is slow, and halves
    again once 64 batches in a row were small. A block that grew may be kept up to three times, to be used again. The
    texts of string ticks take another mebibyte at most.
    """

    @property
    def waited_ns(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def policy(self) -> str: ...
    @property
    def wake(self) -> Callable[[], object]: ...
    @property
    def dtype(self) -> np.dtype[np.void]: ...
    @property
    def waiting(self) -> int:
        """Rows that take() would hand out."""
    @property
    def total(self) -> int:
        """Rows received so far, dropped ones included: the sequence number of the next row."""
    @property
    def dropped(self) -> int:
        """Rows overwritten, refused or replaced before anyone took them."""
    @property
    def overflowed(self) -> bool:
        """Whether a "grow" stream has met its capacity."""
    @property
    def room(self) -> int:
        """Rows that the filling block takes before it must grow."""
    @property
    def capacity(self) -> int:
        """Rows that may wait at most."""
    def __init__(
        self, kind: str, wake: Callable[[], object], *, policy: str = "ring", capacity: int = 262_144
    ) -> None: ...
    def take(self) -> NDArray[np.void]:
        """All rows that wait, oldest first, as a structured array that belongs to the caller."""
    def latest(self) -> np.void | None:
        """A copy of the newest row, taken or not; None before the first."""
    def put(self, records: NDArray[np.void]) -> None:
        """Add records of this dtype as if they had come from TWS; their ``seq`` is counted here."""
    def texts(self, rows: NDArray[np.void]) -> list[str | None]:
        """The text of each L1 row: of string ticks what TWS sent, else None.

        A stream remembers the last mebibyte of tick strings; None also stands for a text older than that.
        """

@disjoint_base
class Book:
    """The two sides of an order book, best level first, and what applies changes to them.

    At most ``rows`` levels of a side are shown. ``misplaced`` counts changes that fit nothing: positions beyond the
    levels there are, unknown sides and operations. ``resets`` counts how often TWS emptied the book.
    """

    @property
    def rows(self) -> int: ...
    @property
    def recv_ns(self) -> int:
        """When the last change came; 0 before the first."""
    @property
    def misplaced(self) -> int:
        """Changes that fitted nothing and were left out."""
    @property
    def resets(self) -> int:
        """How often TWS emptied the book."""
    @property
    def is_crossed(self) -> bool:
        """Whether the best bid is above the best ask."""
    def __init__(self, rows: int = ...) -> None: ...
    def apply(self, records: NDArray[np.void]) -> None:
        """Apply changes: an array of dtype `ibfast.records.DEPTH`, from wherever it comes."""
    def take_from(self, rows: Rows) -> None:
        """Apply all changes that wait in ``rows``, and empty it."""
    def side(self, side: int) -> NDArray[np.void]:
        """A copy of the levels shown of a side: 0 the asks, 1 the bids."""
    def best(self, side: int) -> tuple[float, float]:
        """Price and size of the best level of a side, NaN if there is none."""

@disjoint_base
class QuoteValues:
    """The newest value of each L1 tick type; a delayed one counts as the live one it stands for."""

    @property
    def recv_ns(self) -> int:
        """When the last tick came; 0 before the first."""
    @property
    def updates(self) -> int:
        """Ticks and option computations so far."""
    @property
    def is_delayed(self) -> bool:
        """Whether the newest price came as a delayed one."""
    def take_from(self, rows: Rows) -> None:
        """Take in all L1 ticks or option computations that wait in ``rows``, and empty it."""
    def value(self, tick_type: int) -> float:
        """The newest number of a tick type, NaN if it is unknown."""
    def text(self, tick_type: int) -> str | None:
        """The newest text of a tick type that is no number, None if it is unknown."""
    def computation(self, place: int) -> np.void | None:
        """The newest option computation: 0 of the bid, 1 ask, 2 last, 3 model, 4 custom; None if it is unknown."""
    def clear(self) -> None:
        """Forget everything: nothing of it is known any more."""

@disjoint_base
class EventField:
    """One field of an event class: where a record has it. ``codes`` names what its integers stand for."""

    def __init__(self, name: str, dtype: np.dtype[Any], codes: Codes | None = None) -> None: ...
    @property
    def name(self) -> str: ...
    def __get__(self, event: Event | None, owner: Any = None, /) -> Any: ...
    def __set__(self, event: Event, value: Any, /) -> None: ...
    def __delete__(self, event: Event, /) -> None: ...

@disjoint_base
class Event:
    """One record as an object. Nothing can change it, and events with the same values are equal."""

    def to_dict(self) -> dict[str, Any]:
        """The fields by name."""
    def __getattribute__(self, name: str, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __hash__(self) -> int: ...
    def __eq__(self, other: object, /) -> bool: ...

_E = TypeVar("_E", bound=Event)

def without_gc(cls: type[_E]) -> type[_E]:
    """A class of events whose objects the garbage collector leaves alone; it has none yet, and no member of its own."""

@disjoint_base
class Events:
    """Records as objects of ``cls``, one after the other; ``source`` has the texts of L1 ticks.

    ``cls`` is a class of events or a named tuple.
    """

    def __init__(self, cls: type[Any], batch: NDArray[np.void] | None = None, source: Rows | None = None) -> None: ...
    def load(self, batch: NDArray[np.void], source: Rows | None = None) -> None:
        """Go on with these records."""
    def call(self, callback: Callable[[Any], object]) -> None:
        """Call with one after the other, until there are no more or `halt` is called from within."""
    def halt(self) -> None:
        """Let `call` end; what is left can still be taken."""
    def __bool__(self) -> bool: ...
    def __iter__(self) -> Self: ...
    def __next__(self) -> Any: ...

@disjoint_base
class EventReader:
    """Events one by one for ``async for``: those at hand without a coroutine each, others from ``more()``."""

    def __init__(self, events: Events, more: Callable[[], Awaitable[Any]]) -> None: ...
    def __aiter__(self) -> Self: ...
    def __anext__(self) -> Awaitable[Any]: ...
    async def aclose(self) -> None:
        """Nothing: who comes back later goes on where this one was left."""

@disjoint_base
class Outbox:
    """Frames that wait for the one write of this loop turn."""

    @property
    def messages(self) -> int: ...
    def __len__(self) -> int:
        """Bytes that wait."""
    def put(self, plan: Plan, message: Message) -> None:
        """Frame a message; if it cannot be written nothing of it stays behind.

        Raises:
            VersionError, ValueError: as `ibfast.wire.encode`.
        """
    def put_frame(self, frame: bytes) -> None:
        """A message that was framed before."""
    def put_raw(self, data: bytes) -> None:
        """Bytes that are no message."""
    def take(self) -> bytes:
        """All that waits, as one ``bytes``; the outbox is empty afterwards."""

@disjoint_base
class RowEncoder:
    """Writes rows as the messages they came from, for one server version.

    ``heads`` are the message ids (with their NUL, if they are text) of TICK_PRICE, TICK_SIZE, TICK_GENERIC and
    TICK_BY_TICK; ``protobuf_ticks`` and ``protobuf_tick_by_tick`` say which wire each family uses.
    """

    def __init__(self, heads: Iterable[bytes], protobuf_ticks: bool, protobuf_tick_by_tick: bool) -> None: ...
    def frames(self, kind: str, rows: NDArray[np.void], req_id: int) -> bytes:
        """The frames of a structured array of this kind, in order; its ``recv_ns`` and ``seq`` do not travel.

        An L1 row is a price tick if it has a price, else a size tick if it has a size, else a generic tick; string
        ticks travel as messages of their own.

        Raises:
            ValueError: the array is not of this kind's dtype, or holds a string tick.
        """

class _Owner(_Interface):
    def connection_made(self, transport: Any) -> object: ...
    def handshake(self, payload: bytes) -> object: ...
    def received(self, message: Any) -> object: ...
    def malformed(self, error: Any) -> object: ...
    def unknown(self, msg_id: int, payload: bytes) -> object: ...
    def connection_lost(self, error: Exception | None) -> object: ...

@disjoint_base
class Protocol(BufferedProtocol):
    """The receiving half of a connection: bytes in, rows and messages out, in wire order.

    ``owner`` has ``connection_made(transport)``, ``handshake(payload)``, ``received(message)``, ``malformed(error)``,
    ``unknown(msg_id, payload)``, ``connection_lost(error)``, and optionally ``pause_writing()`` and
    ``resume_writing()``. While ``server_version`` is 0 every payload goes to ``handshake`` as it is; whoever sets it,
    also from within that call, sets ``plans`` first: the reader's plan for (message id, is protobuf), or None.
    ``preamble`` is what the peer must send before its first frame.
    """

    plans: Callable[[int, bool], Plan | None] | None
    server_version: int
    @property
    def owner(self) -> _Owner: ...
    @property
    def transport(self) -> BaseTransport | None: ...
    @property
    def bytes_received(self) -> int: ...
    @property
    def messages_by_id(self) -> dict[int, int]:
        """Messages received since the handshake, by message id, on both wires together; without ids nobody knows."""
    @property
    def messages_received(self) -> int: ...
    @property
    def rows_received(self) -> int: ...
    @property
    def payload_size(self) -> int:
        """Bytes of the payload whose message the owner is being told."""
    @property
    def extra_fields(self) -> int:
        """Text fields that came after the last one known."""
    def __init__(self, owner: _Owner, *, preamble: bytes = b"") -> None: ...
    def attach(self, req_id: int, rows: Rows, second: Rows | None = None) -> None:
        """From now on hot messages with this req_id go into ``rows``, or ``second``, if they are of its kind."""
    def detach(self, req_id: int) -> None:
        """Later ticks with this req_id become messages again; what waits in its rows stays there."""
    def stop(self) -> None:
        """Hand out nothing more, whatever still arrives."""
