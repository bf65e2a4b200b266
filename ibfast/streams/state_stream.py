"""Live data that is merged, as it arrives, into how things are now: what a quote and an order book share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self, TypeVar
from weakref import WeakMethod

from ibfast.errors import IbfastError
from ibfast.streams.gap import Gap
from ibfast.streams.snapshot import Freshness
from ibfast.streams.ticks import Subscription

T = TypeVar("T")


class StateStream(Subscription[T]):
    """A subscription that is current without being read, and whose items are itself, each time it has changed.

    Reading a property opens it. After a lost connection it keeps what it had, and ``is_current`` is False, until the
    first records of the new subscription come; then only they count.
    """

    def __init__(self) -> None:
        super().__init__()
        self._begin_gaps()
        self._is_new = False
        self._is_replaced = False  # whether the next records begin from nothing
        self._freshness = Freshness()

    @property
    def is_current(self) -> bool:
        """Whether it is what TWS says now: False before the first records, without a connection, and after the end."""
        self._ensure_open()
        return self._freshness.is_current

    @property
    def stale_since_ns(self) -> int:
        """Since when it is not, in nanoseconds since 1970; 0 while it is, and before anything came."""
        return self._freshness.stale_since_ns

    @property
    def latest(self) -> Self | None:
        """The stream itself; None before the first records. Reading it opens the stream."""
        self._ensure_open()
        return self if self._count() else None

    def _try_item(self) -> T | Gap | None:
        self._open()
        if self._gaps_ahead:
            return self._gaps_ahead.popleft()
        is_new, self._is_new = self._is_new, False
        return self if is_new else None  # type: ignore[return-value]  # T is the class itself

    def _count(self) -> int:
        return self._rows.total

    def _take(self) -> None:
        """Merge the records that wait."""
        raise NotImplementedError

    def _clear(self) -> None:
        """Nothing is known any more."""
        raise NotImplementedError

    def _updater(self) -> Callable[[], None]:
        """`_update` for the records to call, which do not keep the stream alive by it."""
        reference = WeakMethod(self._update)

        def update() -> None:
            if (method := reference()) is not None:
                method()

        return update

    def _update(self) -> None:
        """Records have come."""
        if self._is_replaced:
            self._is_replaced = False
            self._clear()
        self._take()
        if not self._freshness.is_current and self._interruption is None:
            self._freshness.confirm()
        self._is_new = True
        self._waiter.ring()

    def _forget(self) -> None:
        self._is_replaced = True

    def resume(self) -> None:
        self._freshness.renew()
        super().resume()

    def interrupted(self, reason: str) -> None:
        super().interrupted(reason)
        self._freshness.lose()

    def resumed(self) -> None:
        super().resumed()
        self._freshness.recover()

    def _end(self, error: IbfastError | None) -> None:
        self._freshness.lose()
        super()._end(error)
