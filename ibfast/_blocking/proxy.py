"""What every class of the blocking client is made of: an async object, and the portal to its loop."""

from __future__ import annotations

import contextlib
import threading
import weakref
from collections.abc import AsyncIterable, Awaitable, Callable, Coroutine, Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from ibfast._blocking.portal import Portal
from ibfast.arguments import Everything, checked
from ibfast.errors import ConnectionLost
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
            return cls(portal.run(connect()), portal)
        except BaseException:
            portal.close()
            raise

    def _close(self, closing: Coroutine[Any, Any, None]) -> None:
        """The client's own end takes the loop and its thread with it."""
        with contextlib.suppress(ConnectionLost):  # closed before
            self._portal.run(closing)
        self._portal.close()

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
        return lambda value: callback(self._face(value))

    def _face(self, value: Any) -> Any:
        """The blocking face of an async object; everything else as it is."""
        if isinstance(value, list):
            return [self._face(item) for item in value]
        if isinstance(value, TradeEvent):
            return value._replace(trade=self._face(value.trade))
        facade = _FACADES.get(type(value))
        if facade is None:
            return value
        if value is self._async:
            return self
        with self._facing:  # two threads that ask at once get the same one
            face = self._faces.get(id(value))
            if face is None:
                face = self._faces[id(value)] = facade(value, self._portal)
        return face
