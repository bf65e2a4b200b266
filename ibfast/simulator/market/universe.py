"""What the simulated gateway trades, and how a client's contract is matched to it.

Facts stand in ``universe.json`` under the schema's field names. Futures and options are listed relative to today, so
that the contracts people ask for by month never lie in the past.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cached_property, reduce
from importlib.resources import files
from math import gcd
from typing import Any, Protocol
from zlib import crc32

from ibfast.simulator.market.trading_hours import Hours

GENERATED_CON_IDS = 900_000_000  # contracts that are listed relative to today have ids from here on
FRIDAY = 4
SEC_TYPES = ("STK", "OPT", "FUT", "CONTFUT", "CASH", "BOND", "CFD", "FOP", "WAR", "IOPT", "FWD", "BAG", "IND", "BILL",
             "FUND", "FIXED", "SLB", "NEWS", "CMDTY", "BSK", "ICU", "ICS", "CRYPTO", "EVENT")  # fmt: skip
SIGNS = {"BUY": 1, "SELL": -1, "SSHORT": -1}
UNSAMPLED = ("CFD", "NEWS")  # found by contract details alone
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
    combo_legs: Any


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
    issuer_id: str = ""  # of a bond

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
            futures = list(self._futures(today))
            self._listed = [*futures, *self._options(today, futures)]
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
        if query.sec_type == "BAG":
            return self._combinations(query)
        if query.con_id:
            found = self.by_con_id(query.con_id)
            return [found] if found is not None and _trades_on(found, query.exchange) else []
        if query.sec_id_type and query.sec_id:
            identified = (
                instrument for instrument in self.instruments() if _has_id(instrument, query.sec_id, query.sec_id_type)
            )
            return [item for item in identified if not query.exchange or _trades_on(item, query.exchange)]
        if query.issuer_id:  # all bonds of an issuer, as in the samples of the official client: nothing else is said
            return [instrument for instrument in self.instruments() if instrument.issuer_id == query.issuer_id]
        if query.sec_type not in SEC_TYPES:
            raise UnknownSecTypeError(query.sec_type)
        if not query.symbol and not query.local_symbol and not query.trading_class:
            return []
        found_all = [instrument for instrument in self.instruments() if _fits(instrument, query)]
        return found_all[:1] if query.sec_type == "CONTFUT" else found_all

    def _combinations(self, query: Query) -> list[Instrument]:
        """The combination of these legs; none if one of them is not known."""
        legs = []
        for leg in query.combo_legs or []:
            instrument = self.by_con_id(leg.con_id or 0)
            if instrument is None or not leg.ratio or (leg.action or "").upper() not in SIGNS:
                return []
            legs.append(Leg(instrument, leg.ratio * SIGNS[leg.action.upper()]))
        if not legs:
            return []
        made = combination(legs, query)
        return [self._by_con_id.setdefault(made.con_id, made)]

    def matching(self, pattern: str) -> list[Instrument]:
        """Static instruments whose symbol begins with, or whose name holds, the pattern; best first."""
        wanted = pattern.upper()
        named = (
            item for item in self._static if "symbol" in item.contract and item.contract["sec_type"] not in UNSAMPLED
        )
        found = [item for item in named if _resembles(item, wanted)]
        return sorted(found, key=lambda item: (item.contract["symbol"] != wanted, item.contract["symbol"]))

    def _instrument(self, facts: dict[str, Any]) -> Instrument:
        contract = facts["contract"]
        return Instrument(
            contract, facts["details"], self._hours[facts["hours"]], Model(**facts["model"]), con_id=contract["con_id"],
            live=facts.get("live", True), reroute=facts.get("reroute", ""), issuer_id=facts.get("issuer_id", ""),
        )  # fmt: skip

    def _futures(self, today: date) -> Iterator[Instrument]:
        for facts in self._facts["futures"]:
            expiries = (
                third_friday(year, month) for year in range(today.year, today.year + 9) for month in facts["months"]
            )
            live = [expiry for expiry in expiries if expiry > today][: facts["listed"]]
            for expiry in live:
                month = f"{expiry:%Y%m}"
                local = f"{facts['contract']['trading_class']}{'FGHJKMNQUVXZ'[expiry.month - 1]}{expiry.year % 10}"
                yield self._derive(facts, facts["con_ids"].get(month), expiry, local_symbol=local)

    def _options(self, today: date, futures: list[Instrument]) -> Iterator[Instrument]:
        for facts in self._facts["options"]:
            spot = self._spot(facts["model"]["path"], today) * facts["model"]["scale"]
            middle = round(spot / facts["step"])
            first = middle - facts["strikes"] // 2
            strikes = [(first + i) * facts["step"] for i in range(facts["strikes"])]
            for expiry in option_expiries(today, facts["weeklies"], facts["monthlies"]):
                future = _future_of(futures, facts.get("future"), expiry)
                for right in "CP":
                    for strike in strikes:
                        yield self._option(facts, expiry, right, strike, future)

    def _option(
        self, facts: dict[str, Any], expiry: date, right: str, strike: float, future: Instrument | None
    ) -> Instrument:
        symbol = facts["contract"]["symbol"]
        local = f"{symbol:<6}{expiry:%y%m%d}{right}{round(strike * 1000):08d}"
        if future is not None:
            local = f"{symbol}{'FGHJKMNQUVXZ'[expiry.month - 1]}{expiry.year % 10} {right}{strike:g}"
        known = facts["con_ids"].get(f"{expiry:%Y%m%d} {strike:g} {right}")
        base = self._derive(facts, known, expiry, local_symbol=local, strike=strike, right=right)
        terms = OptionTerms(strike, right, facts["volatility"], future.expires_s if future is not None else 0)
        if future is None:
            return replace(base, option=terms)
        under = {"under_con_id": future.con_id, "under_symbol": future.contract["local_symbol"]}
        return replace(base, option=terms, details={**base.details, **under})

    def _derive(self, facts: dict[str, Any], con_id: int | None, expiry: date, **fields: Any) -> Instrument:
        """A listed contract of a family; its id depends on its local symbol only."""
        named = fields["local_symbol"] if facts["contract"]["sec_type"] != "WAR" else f"WAR {fields['local_symbol']}"
        con_id = con_id or generated_con_id(named)
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
            live=facts.get("live", True),
        )


def combination(legs: list[Leg], query: Query) -> Instrument:
    """A combination as a contract of its own; its prices have the finest step of its legs."""
    first = legs[0].instrument
    tick = reduce(_common_step, (leg.instrument.tick for leg in legs))
    con_id = generated_con_id(" ".join(f"{leg.instrument.con_id}*{leg.ratio}" for leg in legs))
    expiries = [leg.instrument.expires_s for leg in legs if leg.instrument.expires_s]
    symbol = query.symbol or first.contract.get("symbol", "")
    exchange = query.exchange or first.contract["exchange"]
    contract = {
        "con_id": con_id, "symbol": symbol, "sec_type": "BAG", "exchange": exchange, "local_symbol": symbol,
        "currency": query.currency or first.contract.get("currency", "USD"), "trading_class": "COMB",
        "combo_legs": query.combo_legs,
    }  # fmt: skip
    details = {
        "min_tick": f"{Decimal(tick.numerator) / Decimal(tick.denominator):f}", "market_name": "COMB",
        "order_types": first.details["order_types"], "valid_exchanges": exchange, "price_magnifier": 1,
        "long_name": first.details.get("long_name", symbol), "market_rule_ids": "", "min_size": "1",
        "size_increment": "1", "suggested_size_increment": "1",
    }  # fmt: skip
    models = [leg.instrument.model for leg in legs]
    model = replace(
        models[0],
        lot=min(item.lot for item in models),
        daily_volume=min(item.daily_volume for item in models),
        two_sided=all(item.two_sided for item in models),
    )
    return Instrument(
        contract, details, first.hours, model, expires_s=min(expiries, default=0), con_id=con_id, legs=tuple(legs),
        live=all(leg.instrument.live for leg in legs),
    )  # fmt: skip


def generated_con_id(name: str) -> int:
    return GENERATED_CON_IDS + crc32(name.encode()) % 1_200_000_000


def _common_step(one: Fraction, other: Fraction) -> Fraction:
    """The largest step that both are multiples of."""
    return Fraction(
        gcd(one.numerator * other.denominator, other.numerator * one.denominator), one.denominator * other.denominator
    )


def _future_of(futures: list[Instrument], symbol: str | None, expiry: date) -> Instrument | None:
    """The future that an option expiring on this day is for."""
    day = f"{expiry:%Y%m%d}"
    own = (future for future in futures if future.contract["symbol"] == symbol)
    return next((item for item in own if item.contract["last_trade_date_or_contract_month"] >= day), None)


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
