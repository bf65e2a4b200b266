"""What the simulated gateway trades, and how a client's contract is matched to it.

Facts stand in ``universe.json`` under the schema's field names. Futures and options are listed relative to today, so
that the contracts people ask for by month never lie in the past.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from functools import cached_property
from importlib.resources import files
from typing import Any, Protocol
from zlib import crc32

from ibfast.simulator.sessions import Hours

GENERATED_CON_IDS = 900_000_000  # contracts that are listed relative to today have ids from here on
FRIDAY = 4
SEC_TYPES = ("STK", "OPT", "FUT", "CONTFUT", "CASH", "BOND", "CFD", "FOP", "WAR", "IOPT", "FWD", "BAG", "IND", "BILL",
             "FUND", "FIXED", "SLB", "NEWS", "CMDTY", "BSK", "ICU", "ICS", "CRYPTO", "EVENT")  # fmt: skip
RIGHTS = {"C": "C", "CALL": "C", "P": "P", "PUT": "P"}


class Query(Protocol):
    """What is looked at of the contract in a request."""

    con_id: Any
    symbol: Any
    sec_type: Any
    last_trade_date_or_contract_month: Any
    strike: Any
    right: Any
    multiplier: Any
    exchange: Any
    primary_exch: Any
    currency: Any
    local_symbol: Any
    trading_class: Any
    sec_id_type: Any
    sec_id: Any
    issuer_id: Any


@dataclass(frozen=True, slots=True)
class Model:
    """How the price of an instrument follows a path."""

    path: str
    scale: float  # price per unit of the path
    spread: int  # ticks, the usual one
    lot: float  # a usual size
    daily_volume: float
    two_sided: bool = True  # False: an index, which has no quotes


@dataclass(frozen=True, slots=True)
class OptionTerms:
    strike: float
    right: str
    volatility: float
    future_expires_s: int = 0  # of the future that an option on futures is for


@dataclass(frozen=True, slots=True)
class Leg:
    """What one unit of a combination holds of an instrument: ``ratio`` is negative where the leg is sold."""

    instrument: Instrument
    ratio: int


@dataclass(frozen=True)
class Instrument:
    """One contract; ``contract`` and ``details`` are fields of ``Contract`` and ``ContractDetails``."""

    contract: dict[str, Any]
    details: dict[str, Any]
    hours: Hours
    model: Model
    expires_s: int = 0  # last trading moment, 0 if it has none
    last_trade_time: str = ""
    option: OptionTerms | None = None
    con_id: int = 0
    legs: tuple[Leg, ...] = ()
    live: bool = True  # False: this login has delayed data only
    reroute: str = ""  # "con_id exchange" under which its market data must be asked for

    @cached_property
    def tick(self) -> Fraction:
        return Fraction(self.details["min_tick"])

    @cached_property
    def size_unit(self) -> float:
        """The smallest size that is quoted."""
        return 1.0 if self.model.lot >= 1 else self.model.lot / 100

    @property
    def multiplier(self) -> float:
        return float(self.contract.get("multiplier") or 1.0)

    def price(self, ticks: int) -> float:
        """The float nearest to a number of ticks."""
        return ticks * self.tick.numerator / self.tick.denominator

    def __hash__(self) -> int:
        return self.con_id

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Instrument) and other.con_id == self.con_id


class UnknownSecTypeError(ValueError):
    """A request names a security type that IB does not have."""


class Universe:
    """All contracts; ``spot`` tells the price of a path at the start of a day, for the strikes listed that day."""

    def __init__(self, today: Callable[[], date], spot: Callable[[str, date], float]) -> None:
        self._facts: dict[str, Any] = json.loads(files(__package__).joinpath("universe.json").read_text("ascii"))
        self._today = today
        self._spot = spot
        self._hours = {name: Hours(**facts) for name, facts in self._facts["hours"].items()}
        self._static = [self._instrument(facts) for facts in self._facts["instruments"]]
        self._listed: list[Instrument] = []
        self._listed_on: date | None = None
        self._by_con_id = {instrument.con_id: instrument for instrument in self._static}

    @property
    def anchor(self) -> date:
        """The day at which the paths pass through their stated prices."""
        return date.fromisoformat(self._facts["anchor"])

    @property
    def paths(self) -> dict[str, dict[str, float]]:
        return self._facts["paths"]  # type: ignore[no-any-return]

    @property
    def market_rules(self) -> dict[str, list[list[float]]]:
        return self._facts["market_rules"]  # type: ignore[no-any-return]

    def instruments(self) -> list[Instrument]:
        """Everything that is listed today."""
        today = self._today()
        if today != self._listed_on:
            self._listed = [*self._futures(today), *self._options(today)]
            self._listed_on = today
            self._by_con_id.update((instrument.con_id, instrument) for instrument in self._listed)
        return self._static + self._listed

    def by_con_id(self, con_id: int) -> Instrument | None:
        self.instruments()
        return self._by_con_id.get(con_id)

    def find(self, query: Query) -> list[Instrument]:
        """Every instrument that fits, as TWS matches: what the query leaves out fits anything.

        Raises:
            UnknownSecTypeError: the security type is missing or not one of IB's.
        """
        if query.con_id:
            found = self.by_con_id(query.con_id)
            return [found] if found is not None and _trades_on(found, query.exchange) else []
        if query.sec_id_type and query.sec_id:
            identified = (it for it in self.instruments() if _has_id(it, query.sec_id, query.sec_id_type))
            return [it for it in identified if not query.exchange or _trades_on(it, query.exchange)]
        if query.sec_type not in SEC_TYPES:
            raise UnknownSecTypeError(query.sec_type)
        if not query.symbol and not query.local_symbol and not query.trading_class:
            return []
        found_all = [it for it in self.instruments() if _fits(it, query)]
        return found_all[:1] if query.sec_type == "CONTFUT" else found_all

    def matching(self, pattern: str) -> list[Instrument]:
        """Static instruments whose symbol begins with, or whose name holds, the pattern; best first."""
        wanted = pattern.upper()
        found = [it for it in self._static if "symbol" in it.contract and _resembles(it, wanted)]
        return sorted(found, key=lambda it: (it.contract["symbol"] != wanted, it.contract["symbol"]))

    def _instrument(self, facts: dict[str, Any]) -> Instrument:
        contract = facts["contract"]
        return Instrument(
            contract, facts["details"], self._hours[facts["hours"]], Model(**facts["model"]), con_id=contract["con_id"]
        )

    def _futures(self, today: date) -> Iterator[Instrument]:
        for facts in self._facts["futures"]:
            expiries = (
                third_friday(year, month) for year in range(today.year, today.year + 9) for month in facts["months"]
            )
            live = [expiry for expiry in expiries if expiry > today][: facts["listed"]]
            for expiry in live:
                month = f"{expiry:%Y%m}"
                symbol = facts["contract"]["symbol"]
                local = f"{symbol}{'FGHJKMNQUVXZ'[expiry.month - 1]}{expiry.year % 10}"
                yield self._derive(facts, facts["con_ids"].get(month), expiry, local_symbol=local)

    def _options(self, today: date) -> Iterator[Instrument]:
        for facts in self._facts["options"]:
            spot = self._spot(facts["model"]["path"], today)
            middle = round(spot / facts["step"])
            first = middle - facts["strikes"] // 2
            strikes = [(first + i) * facts["step"] for i in range(facts["strikes"])]
            for expiry in option_expiries(today, facts["weeklies"], facts["monthlies"]):
                for right in "CP":
                    for strike in strikes:
                        yield self._option(facts, expiry, right, strike)

    def _option(self, facts: dict[str, Any], expiry: date, right: str, strike: float) -> Instrument:
        local = f"{facts['contract']['symbol']:<6}{expiry:%y%m%d}{right}{round(strike * 1000):08d}"
        known = facts["con_ids"].get(f"{expiry:%Y%m%d} {strike:g} {right}")
        base = self._derive(facts, known, expiry, local_symbol=local, strike=strike, right=right)
        return replace(base, option=OptionTerms(strike, right, facts["volatility"]))

    def _derive(self, facts: dict[str, Any], con_id: int | None, expiry: date, **fields: Any) -> Instrument:
        """A listed contract of a family; its id depends on its local symbol only."""
        con_id = con_id or GENERATED_CON_IDS + crc32(fields["local_symbol"].encode()) % 1_200_000_000
        hours = self._hours[facts["hours"]]
        at = time.fromisoformat(facts["last_trade_time"])
        day = f"{expiry:%Y%m%d}"
        return Instrument(
            contract={**facts["contract"], "con_id": con_id, "last_trade_date_or_contract_month": day, **fields},
            details={**facts["details"], "contract_month": day[:6], "real_expiration_date": day},
            hours=hours,
            model=Model(**facts["model"]),
            expires_s=int(datetime.combine(expiry, at, hours.zone).timestamp()),
            last_trade_time=facts["last_trade_time"],
            con_id=con_id,
        )


def third_friday(year: int, month: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(FRIDAY - first.weekday()) % 7 + 14)


def option_expiries(today: date, weeklies: int, monthlies: int) -> list[date]:
    """The next Fridays and the next third Fridays, none of them today or before."""
    friday = today + timedelta(days=(FRIDAY - today.weekday() - 1) % 7 + 1)
    weekly = [friday + timedelta(weeks=i) for i in range(weeklies)]
    months = ((today.year + m // 12, m % 12 + 1) for m in range(today.month - 1, today.month + monthlies))
    monthly = [day for day in (third_friday(*month) for month in months) if day > today][:monthlies]
    return sorted({*weekly, *monthly})


def _fits(instrument: Instrument, query: Query) -> bool:
    own = instrument.contract
    sec_type = "FUT" if query.sec_type == "CONTFUT" else query.sec_type
    right = RIGHTS.get((query.right or "").upper(), "")
    return (
        own["sec_type"] == sec_type
        and (not query.symbol or query.symbol == own.get("symbol") or _has_id(instrument, query.symbol))
        and (own.get("last_trade_date_or_contract_month", "").startswith(query.last_trade_date_or_contract_month or ""))
        and (not query.strike or query.strike == own.get("strike"))
        and (not right or right == own.get("right"))
        and (not query.multiplier or float(query.multiplier) == instrument.multiplier)
        and (_trades_on(instrument, query.exchange))
        and (not query.primary_exch or query.primary_exch in (own.get("primary_exch", ""), own["exchange"]))
        and (not query.currency or query.currency == own.get("currency", "USD"))
        and (not query.local_symbol or query.local_symbol.split() == own.get("local_symbol", "").split())
        and (not query.trading_class or query.trading_class == own.get("trading_class"))
    )


def _trades_on(instrument: Instrument, exchange: str | None) -> bool:
    own = (instrument.contract["exchange"], *instrument.details["valid_exchanges"].split(","))
    return not exchange or exchange in own


def _has_id(instrument: Instrument, sec_id: str, sec_id_type: str = "") -> bool:
    own = instrument.details.get("sec_id_list", {})
    return (
        own.get(sec_id_type) == sec_id
        if sec_id_type
        else instrument.contract["sec_type"] == "BOND" and sec_id in own.values()
    )


def _resembles(instrument: Instrument, wanted: str) -> bool:
    name = instrument.details.get("long_name", "").upper()
    return instrument.contract["symbol"].startswith(wanted) or (len(wanted) > 2 and wanted in name)
