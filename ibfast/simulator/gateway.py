"""What all sessions of one simulated gateway share: market, account, orders, and who is connected."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from ibfast.schema import ExecutionDetails
from ibfast.schema.declare import Message
from ibfast.simulator.configuration import Configuration
from ibfast.simulator.faults.schedule import FaultSchedule
from ibfast.simulator.market.market import Clock, Market
from ibfast.simulator.market.universe import Instrument
from ibfast.simulator.orders.account import ACCOUNT, CURRENCY, Account
from ibfast.simulator.orders.advisor import Advisor
from ibfast.simulator.orders.matching_engine import Engine
from ibfast.simulator.rate_limiter import RateLimiter

LOG = logging.getLogger("ibfast.simulator")

if TYPE_CHECKING:
    from ibfast.simulator.session import SimulatorSession

DISPLAY_GROUPS = range(1, 8)
STEP_S = 0.02  # between two looks of the matching engine


class Gateway:
    """The state of a simulator; sessions come and go, orders and positions stay."""

    def __init__(
        self, server_version: int, seed: int, rate: float, clock: Clock, script: FaultSchedule, enforcer: RateLimiter,
        fa: bool = False, keeps_hours: bool = False, marks_ledger: bool = False,
    ) -> None:  # fmt: skip
        self.script = script
        self.enforcer = enforcer
        self.server_version = server_version
        self.rate = rate
        self.keeps_hours = keeps_hours
        self.clock = clock
        self.market = Market(seed, clock)
        self.advisor = Advisor() if fa else None
        names = self.advisor.accounts if self.advisor is not None else (ACCOUNT,)
        kind = "INDIVIDUAL" if self.advisor is None else "ADVISOR"
        self.accounts = {name: self._account(name, kind, marks_ledger) for name in names}
        self.account = self.accounts[names[0]]
        self.configuration = Configuration()
        self.display_groups = dict.fromkeys(DISPLAY_GROUPS, "none")
        self.engine = Engine(
            self.market, self.account, self._deliver, accounts=self.accounts, advisor=self.advisor,
            keeps_hours=keeps_hours,
        )  # fmt: skip
        self.sessions: set[SimulatorSession] = set()
        self.clients: dict[int, SimulatorSession] = {}
        self._working = asyncio.Event()

    def _account(self, name: str, kind: str, marks_ledger: bool) -> Account:
        return Account(self.market.mid, name, self._day, self._rate, kind=kind, marks_ledger=marks_ledger)

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

    @property
    def accounts_list(self) -> str:
        """The names of all accounts, as clients are told them."""
        return ",".join(self.accounts)

    def members(self, group: str) -> list[Account]:
        """The accounts of a group; ``All`` is all of them."""
        if group == "All":
            return list(self.accounts.values())
        found = self.advisor.groups.get(group) if self.advisor is not None else None
        return [self.accounts[name] for name in found.shares] if found is not None else []

    def _day(self, instrument: Instrument) -> tuple[int, float]:
        stats = self.market.stats(instrument)
        return stats.start_s, instrument.price(stats.close)

    def _rate(self, instrument: Instrument) -> float:
        currency = instrument.contract.get("currency", CURRENCY)
        return 1.0 if currency == CURRENCY else self.market.rate(currency)

    def _deliver(self, client_id: int, message: Message) -> None:
        session = self.clients.get(client_id)
        if session is not None:
            session.send(message)
        if isinstance(message, ExecutionDetails):
            self._books_changed(message)

    def _books_changed(self, message: ExecutionDetails) -> None:
        """A fill is told to everyone who follows its account."""
        contract, execution = message.contract, message.execution
        assert contract is not None
        assert execution is not None
        instrument = self.market.universe.by_con_id(contract.con_id or 0)
        account = self.accounts[execution.acct_number or ""]
        for session in list(self.sessions):
            if session.follows_positions and instrument in account.holdings:
                session.position_changed(account, instrument)
            for stream in session.account_streams():
                for note in stream.changes():
                    session.send(note)
