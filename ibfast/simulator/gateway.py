"""What all sessions of one simulated gateway share: market, account, orders, and who is connected."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from ibfast.schema import ExecutionDetails
from ibfast.schema.declare import Message
from ibfast.simulator.account import Account
from ibfast.simulator.enforcer import Enforcer
from ibfast.simulator.market import Clock, Market
from ibfast.simulator.orders import Engine
from ibfast.simulator.script import Script
from ibfast.simulator.universe import Instrument

LOG = logging.getLogger("ibfast.simulator")

if TYPE_CHECKING:
    from ibfast.simulator.session import SimulatorSession

STEP_S = 0.02  # between two looks of the matching engine


class Gateway:
    """The state of a simulator; sessions come and go, orders and positions stay."""

    def __init__(
        self, server_version: int, seed: int, rate: float, clock: Clock, script: Script, enforcer: Enforcer
    ) -> None:
        self.script = script
        self.enforcer = enforcer
        self.server_version = server_version
        self.rate = rate
        self.clock = clock
        self.market = Market(seed, clock)
        self.account = Account(self.mid)
        self.engine = Engine(self.market, self.account, self._deliver)
        self.sessions: set[SimulatorSession] = set()
        self.clients: dict[int, SimulatorSession] = {}
        self._working = asyncio.Event()

    def mid(self, instrument: Instrument) -> float:
        quote = self.market.quote(instrument)
        return (instrument.price(int(quote.bid[0])) + instrument.price(int(quote.ask[0]))) / 2

    def orders_changed(self) -> None:
        """There may be something to match."""
        self._working.set()

    async def match_orders(self) -> None:
        """Step the engine while any order works; never returns."""
        while True:
            await self._working.wait()
            while self.engine.live():
                await asyncio.sleep(STEP_S)
                try:
                    self.engine.step(self.clock())
                except Exception:
                    LOG.exception("an order could not be matched; the next step tries again")
            self._working.clear()

    def _deliver(self, client_id: int, message: Message) -> None:
        session = self.clients.get(client_id)
        if session is not None:
            session.send(message)
        if isinstance(message, ExecutionDetails) and message.contract is not None:
            instrument = self.market.universe.by_con_id(message.contract.con_id or 0)
            for follower in list(self.sessions):
                if instrument is not None and follower.follows_positions:
                    follower.position_changed(instrument)
