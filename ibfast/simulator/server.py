"""The simulator as a server: listens, hands each connection a session, closes cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import time
from types import TracebackType
from typing import Self

from ibfast.schema.versions import FIRST_VERSION, LAST_VERSION
from ibfast.simulator import (  # noqa: F401  (each adds its answers)
    answers_account,
    answers_bars,
    answers_contracts,
    answers_depth,
    answers_history,
    answers_market_data,
    answers_options,
    answers_orders,
    answers_past_ticks,
    answers_system,
)
from ibfast.simulator.gateway import Gateway
from ibfast.simulator.market import Clock
from ibfast.simulator.session import SimulatorSession


class Simulator:
    """A gateway to connect to, for as long as the ``async with`` block lasts.

    Live data and orders work around the clock, so that a demo runs on a Sunday; history has sessions and weekends.

    ``port`` 0 takes a free one. ``rate`` is ticks a second of each stream; 0 or infinity sends as fast as the client
    reads. The same seed and clock give the same market; ``clock`` is nanoseconds since 1970.

    Raises:
        ValueError: the server version is not one of 157 to 226.
    """

    def __init__(
        self, host: str = "127.0.0.1", port: int = 0, *, server_version: int = LAST_VERSION, seed: int = 0,
        rate: float = 50.0, clock: Clock = time.time_ns,
    ) -> None:  # fmt: skip
        if not FIRST_VERSION <= server_version <= LAST_VERSION:
            raise ValueError(f"server_version {server_version}: the simulator speaks {FIRST_VERSION} to {LAST_VERSION}")
        self.host = host
        self.port = port
        self.gateway = Gateway(server_version, seed, rate, clock)
        self._server: asyncio.Server | None = None
        self._matching: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen; from here on ``port`` is the port."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: SimulatorSession(self.gateway).protocol, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        self._matching = loop.create_task(self.gateway.match_orders())

    async def stop(self) -> None:
        """Drop every connection and stop listening; may be called twice."""
        if self._server is None or self._matching is None:
            return
        self._server.close()
        for session in list(self.gateway.sessions):
            session.close()
        self._matching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._matching
        await self._server.wait_closed()
        self._server = self._matching = None

    def reset_depth(self) -> None:
        """Every order book loses its thread: clients are told by a 317 to begin anew, and get the whole book."""
        for session in self.gateway.sessions:
            session.reset_depth()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
