"""Subscriptions that TWS has ended and that are requested again: when, and how often."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from itertools import chain, islice
from weakref import WeakKeyDictionary

from ibfast.errors import RequestError
from ibfast.session.health import pauses
from ibfast.session.pending import Resumable

LOG = logging.getLogger("ibfast.connection")

TRIES_AT_MOST = 20
"""So often in a row a subscription is requested again; then it ends with TWS's error."""

LASTING_S = 60.0
"""A subscription that was not ended for so long works; the next time tries are counted from the beginning."""


class Resubscriptions:
    """Streams that TWS has ended, until each is requested again: at once the first time, then after growing pauses.

    While TWS has no connection to IB's servers (``servers_lost``) they wait for that: `take` has all that wait.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        resume: Callable[[list[Resumable]], object],
        servers_lost: Callable[[], bool],
    ) -> None:
        self._loop = loop
        self._resume = resume
        self._servers_lost = servers_lost
        self._waiting: dict[Resumable, asyncio.TimerHandle | None] = {}
        self._tries: WeakKeyDictionary[Resumable, tuple[int, float]] = (
            WeakKeyDictionary()
        )  # how many, when the last was

    def add(self, stream: Resumable, error: RequestError) -> None:
        """TWS has ended a stream: cancel what is left of its request, and make another in a while."""
        stream.interrupted(str(error))
        stream.cancel_request()
        tries, last_s = self._tries.get(stream, (0, 0.0))
        tries = tries + 1 if self._loop.time() - last_s < LASTING_S else 1
        if tries > TRIES_AT_MOST:
            stream.failed(error)
            return
        if self._servers_lost():
            self._waiting[stream] = None
            LOG.info("%s: TWS has ended it (%s); requested again once IB's servers are back", stream, error)
            return
        pause_s = next(islice(chain((0.0,), pauses()), tries - 1, None))
        self._tries[stream] = tries, self._loop.time() + pause_s
        self._waiting[stream] = self._loop.call_later(pause_s, self._is_due, stream)
        LOG.info("%s: TWS has ended it (%s); requested again in %.0f s", stream, error, pause_s)

    def take(self) -> list[Resumable]:
        """All that wait; from now on they are the caller's."""
        streams = list(self._waiting)
        for timer in self._waiting.values():
            if timer is not None:
                timer.cancel()
        self._waiting.clear()
        return streams

    def _is_due(self, stream: Resumable) -> None:
        if self._servers_lost():
            self._waiting[stream] = None
        else:
            del self._waiting[stream]
            self._resume([stream])
