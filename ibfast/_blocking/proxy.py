"""What every class of the blocking client is made of: an async object, and the portal to its loop."""

from __future__ import annotations

import threading
import weakref
from collections.abc import AsyncIterable, Awaitable, Callable, Coroutine, Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from ibfast._blocking.portal import Portal
from ibfast.arguments import Everything, checked
from ibfast.orders.trade import TradeEvent
from ibfast.other_names import no_such_member

F = TypeVar("F", bound="type[Facade]")

_FACADES: dict[type, type[Facade]] = {}


def register(async_class: type) -> Callable[[F], F]:
    """The decorated class is the blocking face of ``async_class``."""

    def declare(facade: F) -> F:
        _FACADES[async_class] = facade
        return facade

    return declare


def bare(value: Any) -> Any:
    """What is behind a blocking face, or behind each of several; everything else as it is."""
    if isinstance(value, Facade):
        return value._async
    return type(value)(map(bare, value)) if isinstance(value, list | tuple) else value


class Facade:
    """A blocking face of one async object. What comes out of it has a blocking face too."""

    _faces: ClassVar[weakref.WeakValueDictionary[int, Facade]] = weakref.WeakValueDictionary()  # by id() of the inner
    _facing = threading.RLock()

    def __init_subclass__(cls, **options: Any) -> None:
        """What an argument may be, the async object knows; names of other clients are told here."""
        super().__init_subclass__(**options)
        checked(cls, left_out=Everything())

    def __init__(self, inner: Any, portal: Portal) -> None:
        self._async = inner
        self._portal = portal

    if not TYPE_CHECKING:  # for whom names that are not there stay errors

        def __getattr__(self, name: str) -> Any:
            no_such_member(self, name)

    def __repr__(self) -> str:
        return f"<blocking {self._async!r}>"

    @classmethod
    def _open(cls, connect: Callable[[], Coroutine[Any, Any, Any]]) -> Self:
        portal = Portal()
        try:
            client = portal.run(connect())
            portal.closing = client.close
            return cls(client, portal)
        except BaseException:
            portal.close()
            raise

    def _close(self) -> None:
        """The client's own end takes the loop and its thread with it."""
        self._portal.close()

    def __reduce__(self) -> Any:
        raise RuntimeError(f"{self!r} stays in its process: connect a client of its own in the other one")

    def _run(self, work: Awaitable[Any]) -> Any:
        return self._face(self._portal.run(work))  # type: ignore[arg-type]

    def _call(self, function: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
        return self._face(self._portal.call(function, *arguments, **keywords))

    def _read(self, name: str) -> Any:
        if getattr(self._async, "_is_unopened", False):  # reading may open it, which only the loop can
            return self._call(getattr, self._async, name)
        return self._face(getattr(self._async, name))

    def _iterate(self, source: AsyncIterable[Any]) -> Iterator[Any]:
        for item in self._portal.iterate(source):
            yield self._face(item)

    def _faced(self, callback: Callable[[Any], object]) -> Callable[[Any], object]:
        """The callback, given blocking faces. It does not keep the client: one that is dropped closes."""
        portal_of = weakref.ref(self._portal)

        def call(value: Any) -> None:
            portal = portal_of()
            if portal is not None:
                portal.call_back(callback, Facade._face_of(value, portal))

        return call

    def _face(self, value: Any) -> Any:
        """The blocking face of an async object; everything else as it is."""
        return self if value is self._async else self._face_of(value, self._portal)

    @classmethod
    def _face_of(cls, value: Any, portal: Portal) -> Any:
        if isinstance(value, list):
            return [cls._face_of(item, portal) for item in value]
        if isinstance(value, TradeEvent):
            return value._replace(trade=cls._face_of(value.trade, portal))
        facade = _FACADES.get(type(value))
        if facade is None:
            return value
        portal.check_process()  # before the lock, which another thread of the parent may have held
        with cls._facing:  # two threads that ask at once get the same one
            face = cls._faces.get(id(value))
            if face is None:
                face = cls._faces[id(value)] = facade(value, portal)
        return face
