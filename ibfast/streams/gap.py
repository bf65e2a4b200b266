"""Where something may be missing from a stream."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import TypeVar

from ibfast.streams.base import Stream

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch in which a stream may have lost records, and why; times are nanoseconds since 1970.

    ``seq`` is the sequence number of the first record after it. No batch has records of both sides.
    """

    begin_ns: int
    end_ns: int
    reason: str
    seq: int


class GapStream(Stream[T]):
    """A stream that says where something may be missing, because the connection was lost.

    ``gaps`` has each such stretch; `with_gaps` brings them in their place.
    """

    gaps: list[Gap]

    def _begin_gaps(self) -> None:
        self.gaps = []
        self._gaps_ahead: deque[Gap] = deque()  # those that the reader has not come to

    def try_next(self) -> T | None:
        """The next item if one waits, else None; never blocks."""
        while isinstance(item := self._try_item(), Gap):
            pass
        return item

    def _try_item(self) -> T | Gap | None:
        """What comes next, an item or a gap, or None."""
        raise NotImplementedError

    async def _next_item(self) -> T | Gap | None:
        """What comes next; None at the end of the stream.

        Raises:
            IbfastError: what ended the stream.
        """
        while (item := self._try_item()) is None:
            if self._ended:
                if self._error is not None:
                    raise self._error
                return None
            await self._waiter.wait()
        return item

    async def with_gaps(self) -> AsyncIterator[T | Gap]:
        """What comes, and each `Gap` in its place; its ``seq`` counts what came before it."""
        while (item := await self._next_item()) is not None:
            yield item

    def _add_gap(self, begin_ns: int, reason: str) -> None:
        gap = Gap(begin_ns, time.time_ns(), reason, self._count())
        self.gaps.append(gap)
        if self._gaps_ahead and self._gaps_ahead[-1].seq == gap.seq:  # nothing came in between: one longer gap
            gap = replace(gap, begin_ns=self._gaps_ahead.pop().begin_ns)
        self._gaps_ahead.append(gap)
        self._waiter.ring()
