"""Bars that are kept up to date."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ibfast.bars import Bars, without_placeholders
from ibfast.errors import DecodeError
from ibfast.schema import HistoricalData, HistoricalDataBar, HistoricalDataEnd, HistoricalDataUpdate
from ibfast.schema.declare import Message
from ibfast.streams.gap import Gap
from ibfast.streams.ticks import Opener, RecordStream, Subscription


class BarUpdates(Subscription[NDArray[np.void]], RecordStream):
    """Bars that are kept up to date, as batches of records of dtype `ibfast.records.BAR`.

    The first batch is the history up to now. What follows are new states of the newest bar: one with the ``time_ns``
    of the last is that bar as it is now, one with a later time the next bar. After a `Gap` the history comes again.
    """

    def __init__(
        self, opener: Opener, request: Message, cancel: Callable[..., Message], *, end: type[Message], capacity: int
    ) -> None:
        RecordStream.__init__(self, "bar", policy="grow", capacity=capacity)
        self._subscribe(opener, request, cancel)
        self._history: NDArray[np.void] | None = None
        self._end_type = end
        self._has_history = False

    def _try_item(self) -> NDArray[np.void] | Gap | None:
        """A gap first, then the history once it is complete, later the states that wait."""
        self._open()
        if self._gaps_ahead:
            return self._gaps_ahead.popleft()
        if not self._has_history and not self._ended:
            return None
        if self._history is not None:
            history, self._history = self._history, None
            return history
        item = super()._try_item()
        return item if item is None or isinstance(item, Gap) else without_placeholders(item)

    def _forget(self) -> None:
        self._rows.take()  # the history to come has these too
        self._history, self._has_history = None, False

    def received(self, message: Message) -> bool:
        if isinstance(message, HistoricalData):  # without the bars that are records already
            self._add(message.historical_data_bars)
        elif isinstance(message, HistoricalDataUpdate) and message.historical_data_bar is not None:
            self._add([message.historical_data_bar])
        elif not isinstance(message, HistoricalDataEnd):
            return super().received(message)
        if isinstance(message, self._end_type):
            self._history, self._has_history = without_placeholders(self._rows.take()), True
            self._waiter.ring()
        return False

    def _add(self, bars: Sequence[HistoricalDataBar]) -> None:
        try:
            self._rows.put(Bars.from_messages(bars).records)
        except DecodeError as error:
            self._opener.report_decode_error(error)
