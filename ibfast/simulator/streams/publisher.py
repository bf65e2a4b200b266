"""Keeps the streams of one session flowing: at a rate each, or as fast as the socket takes them."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable

from ibfast.schema.declare import Message
from ibfast.simulator.market.market import Clock
from ibfast.simulator.streams.ticks import Subscription

CHUNK = 4096  # rows encoded at once when there is no rate
SHORTEST_WAIT_S = 0.005
SECOND = 1_000_000_000


class Pump:
    """Streams by request id. ``write`` takes frames, ``send`` messages; the transport pauses and resumes it."""

    def __init__(
        self, rate: float, server_version: int, clock: Clock,
        write: Callable[[bytes], None], send: Callable[[Message], None],
    ) -> None:  # fmt: skip
        self.streams: dict[int, Subscription] = {}
        self.silent = False
        self._rate = math.inf if rate <= 0 else rate
        self._version = server_version
        self._clock = clock
        self._write = write
        self._send = send
        self._started: dict[int, int] = {}
        self._noted: dict[int, int] = {}
        self._flows = asyncio.Event()
        self._flows.set()
        self._busy = asyncio.Event()
        self._task = asyncio.get_running_loop().create_task(self._run())

    def add(self, stream: Subscription) -> None:
        now_ns = self._clock()
        self.streams[stream.req_id] = stream
        self._started[stream.req_id] = now_ns - int(stream.sent / self._rate * SECOND)
        self._noted[stream.req_id] = now_ns // SECOND
        self._busy.set()

    def remove(self, req_id: int) -> bool:
        """Whether there was such a stream."""
        self._started.pop(req_id, None)
        self._noted.pop(req_id, None)
        return self.streams.pop(req_id, None) is not None

    @property
    def flows(self) -> bool:
        """Whether the transport takes more."""
        return self._flows.is_set()

    def pause(self) -> None:
        self._flows.clear()

    def resume(self) -> None:
        self._flows.set()

    def close(self) -> None:
        self._task.cancel()

    async def _run(self) -> None:
        last_ns = self._clock()
        while True:
            await self._flows.wait()
            if not self.streams:
                self._busy.clear()
                await self._busy.wait()
                last_ns = self._clock()
            now_ns = self._clock()
            for stream in list(self.streams.values()):
                if self.silent or not self._flows.is_set():
                    break
                if self._noted[stream.req_id] != now_ns // SECOND:
                    self._noted[stream.req_id] = now_ns // SECOND
                    for note in stream.notes():
                        self._send(note)
                if not stream.flows:
                    continue
                count = CHUNK if self._rate == math.inf else self._due(stream, now_ns)
                if count > 0 and now_ns > last_ns:
                    self._write(stream.frames(count, last_ns, now_ns, self._version))
            last_ns = now_ns
            await asyncio.sleep(self._pause_s())

    def _pause_s(self) -> float:
        if self._rate == math.inf:
            return 0 if not self.silent and any(stream.flows for stream in self.streams.values()) else SHORTEST_WAIT_S
        return max(1 / self._rate, SHORTEST_WAIT_S)

    def _due(self, stream: Subscription, now_ns: int) -> int:
        """How many ticks are due; what a slow reader missed for over a second is skipped, as live data is."""
        due = int((now_ns - self._started[stream.req_id]) * self._rate / SECOND) - stream.sent
        most = max(1, int(self._rate))
        if due > most:
            self._started[stream.req_id] += int((due - most) / self._rate * SECOND)
            return most
        return due
