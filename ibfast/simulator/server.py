"""The simulator as a server: listens, hands each connection a session, closes cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterable
from functools import partial
from types import TracebackType
from typing import Any, Self

from ibfast.arguments import LISTENING, checks_arguments
from ibfast.limits import DEFAULT_LINES
from ibfast.schema.contract import Contract
from ibfast.schema.order import Order
from ibfast.schema.versions import FIRST_VERSION, LAST_VERSION
from ibfast.simulator import handlers  # noqa: F401  (registers every handler)
from ibfast.simulator.faults import Fault
from ibfast.simulator.faults.schedule import FaultSchedule
from ibfast.simulator.gateway import Gateway
from ibfast.simulator.market.market import Clock
from ibfast.simulator.rate_limiter import RateLimiter
from ibfast.simulator.session import SimulatorSession


class Simulator:
    """A gateway to connect to, for as long as the ``async with`` block lasts.

    Live data and orders work around the clock, so that a demo runs on a Sunday; history has sessions and weekends.

    ``port`` 0 takes a free one. ``rate`` is ticks a second of each stream; 0 or infinity sends as fast as the client
    reads. The same seed and clock give the same market; ``clock`` is nanoseconds since 1970.

    ``faults`` are what goes wrong, see `ibfast.simulator.faults`. ``enforce_limits`` makes it as strict as IB with
    clients that ask too much, given so many market data ``lines``; ``breaches`` counts how often each limit was.
    ``fa`` makes the login that of a financial advisor, with several accounts.
    ``trading_hours`` holds orders, with a warning, while their exchange is closed; live data then say that there is no
    bid and no ask. ``marks_ledger`` puts ``$LEDGER-`` before the tags of the ledger, as a setting of TWS does.

    Raises:
        ValueError: the server version is not one of 157 to 226, or ``lines`` is no number of lines.
    """

    @partial(checks_arguments, ranges=LISTENING)
    def __init__(
        self, host: str = "127.0.0.1", port: int = 0, *, server_version: int = LAST_VERSION, seed: int = 0,
        rate: float = 50.0, clock: Clock = time.time_ns, faults: Iterable[Fault] = (), enforce_limits: bool = False,
        lines: int = DEFAULT_LINES, fa: bool = False, trading_hours: bool = False, marks_ledger: bool = False,
    ) -> None:  # fmt: skip
        if not FIRST_VERSION <= server_version <= LAST_VERSION:
            raise ValueError(f"server_version {server_version}: the simulator speaks {FIRST_VERSION} to {LAST_VERSION}")
        self.host = host
        self.port = port
        self._script = FaultSchedule(faults, seed, clock, self._restart_now)
        enforcer = RateLimiter(clock, lines, on=enforce_limits)
        self.breaches = enforcer.breaches
        self.gateway = Gateway(
            server_version, seed, rate, clock, self._script, enforcer, fa, trading_hours, marks_ledger
        )
        self._server: asyncio.Server | None = None
        self._matching: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen; from here on ``port`` is the port."""
        self._script.start()
        await self.come_up()
        self._matching = asyncio.get_running_loop().create_task(self.gateway.match_orders())

    async def stop(self) -> None:
        """Drop every connection and stop listening; may be called twice."""
        await self._script.stop()
        await self.go_down()
        if self._matching is not None:
            self._matching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._matching
            self._matching = None

    @checks_arguments
    def inject(self, fault: Fault) -> None:
        """Let a fault happen: now, if it names no condition. From the simulator's own event loop only."""
        self._script.inject(fault)

    def happened(self, fault: Fault) -> int:
        """How often a fault, one of ``faults`` or an injected one, has happened so far."""
        return self._script.happened(fault)

    @checks_arguments
    def correct_execution(self, exec_id: str, price: float) -> None:
        """Let the exchange change the price of a trade: it is told anew, and the account follows.

        From the simulator's own event loop only.

        Raises:
            KeyError: there is no such execution.
        """
        if not self.gateway.engine.correct(exec_id, price):
            raise KeyError(exec_id)

    @checks_arguments
    def place_manually(self, contract: Contract, order: Order) -> int:
        """Enter an order as a person does in TWS; its permanent id. From the simulator's own event loop only.

        Client 0 is told of it once it asks for open orders or binds them. See `Client.auto_open_orders`.

        Raises:
            ValueError: IB would refuse it; the text has IB's code and words.
        """
        working = self.gateway.engine.place_manually(contract, order)
        self.gateway.orders_changed()
        return working.perm_id

    def change_manually(self, perm_id: int, **fields: Any) -> None:
        """Change fields of an open order as a person does in TWS: price, quantity, tif, any other.

        Its client is told by openOrder. From the simulator's own event loop only.

        Raises:
            KeyError: there is no open order with this permanent id.
        """
        self.gateway.engine.change_manually(perm_id, **fields)
        self.gateway.orders_changed()

    def hold_order(self, perm_id: int, why: str = "locate") -> None:
        """Let the gateway hold an order: it is inactive, with 404 while shares are located, until it is released.

        From the simulator's own event loop only.

        Raises:
            KeyError: there is no open order with this permanent id.
        """
        self.gateway.engine.hold(perm_id, why)

    def release_order(self, perm_id: int) -> None:
        """Let an order work that the gateway holds. From the simulator's own event loop only.

        Raises:
            KeyError: there is no open order with this permanent id.
        """
        self.gateway.engine.release(perm_id)
        self.gateway.orders_changed()

    def lose_order(self, perm_id: int) -> None:
        """Let the gateway forget an order: it is in no list, and a cancel finds none (10147). Nothing is said.

        From the simulator's own event loop only.

        Raises:
            KeyError: there is no open order with this permanent id.
        """
        self.gateway.engine.lose(perm_id)

    async def go_down(self) -> None:
        """Drop every connection and close the port; orders, positions and the market go on."""
        server = self._close()
        if server is not None:
            await server.wait_closed()

    async def come_up(self) -> None:
        """Listen again, on the same port."""
        if self._server is None:
            create = asyncio.get_running_loop().create_server
            self._server = await create(lambda: SimulatorSession(self.gateway).protocol, self.host, self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    @checks_arguments
    async def restart(self, down_s: float = 0.0) -> None:
        """Go down, come up after so many seconds of the simulator's clock."""
        await self._reconnect(self._close(), down_s)

    def _restart_now(self, down_s: float) -> None:
        self._script.spawn(self._reconnect(self._close(), down_s))

    def _close(self) -> asyncio.Server | None:
        """Drop every connection and stop listening, here and now; what used to listen."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
            for session in list(self.gateway.sessions):
                session.close()
        return server

    async def _reconnect(self, server: asyncio.Server | None, down_s: float) -> None:
        if server is not None:
            await server.wait_closed()
        up = asyncio.Event()
        self._script.timers.after(down_s, up.set)
        await up.wait()
        await self.come_up()

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
