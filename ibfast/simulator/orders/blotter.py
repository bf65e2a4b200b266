"""The trades of all orders: booked to their accounts, leg by leg, with what they cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal

from ibfast.schema import CommissionAndFeesReport, Contract, Execution, ExecutionDetails
from ibfast.simulator.market.market import Market
from ibfast.simulator.market.universe import Instrument
from ibfast.simulator.messages import contract_of
from ibfast.simulator.orders.account import Account, commission
from ibfast.simulator.orders.advisor import Advisor, Group
from ibfast.simulator.orders.matching import Match
from ibfast.simulator.orders.working_order import WorkingOrder

BOOKED = {"BUY": "BOT", "SELL": "SLD"}
EVEN_METHODS = ("Equal", "PctChange")


@dataclass(slots=True)
class Fill:
    """One execution as it was told."""

    working: WorkingOrder
    instrument: Instrument
    contract: Contract
    execution: Execution
    report: CommissionAndFeesReport

    def details(self, req_id: int = -1) -> ExecutionDetails:
        return ExecutionDetails(req_id=req_id, contract=self.contract, execution=self.execution)


class Blotter:
    """Every fill, oldest first; a combination has one of its own beside those of its legs, which are what is held."""

    def __init__(self, market: Market, accounts: Mapping[str, Account], advisor: Advisor | None = None) -> None:
        self.fills: list[Fill] = []
        self._market = market
        self._accounts = accounts
        self._advisor = advisor
        self._trades = 0

    def book(self, working: WorkingOrder, deal: Match, shares: Decimal, now_ns: int) -> list[Fill]:
        """What a deal of an order comes to; the order counts it already."""
        price = working.instrument.price(deal.ticks)
        made: list[Fill] = []
        for account, part in self._parts(working, shares):
            if not working.instrument.legs:
                made.append(self._trade(working, account, working.instrument, part, price, deal, now_ns))
                continue
            made.append(self._trade(working, account, working.instrument, part, price, deal, now_ns, whole=True))
            for instrument, side, ratio, leg_price in self._legs(working, price):
                made.append(
                    self._trade(
                        working, account, instrument, part * ratio, leg_price, deal, now_ns, side=side, ratio=ratio
                    )
                )
        self.fills += made
        return made

    def settle(
        self, working: WorkingOrder, instrument: Instrument, side: str, shares: Decimal, price: float, now_ns: int
    ) -> Fill:
        """A trade without a market: the exercise of an option, and what is delivered for it."""
        account = self._accounts[working.order.account or ""]
        deal = Match(0, shares, makes=False)
        made = self._trade(working, account, instrument, shares, price, deal, now_ns, side=side, free=True)
        self.fills.append(made)
        return made

    def correct(self, exec_id: str, price: float) -> Fill | None:
        """Change the price of a fill, as exchanges do; None if there is no such fill."""
        fill = next((item for item in self.fills if item.execution.exec_id == exec_id), None)
        if fill is None:
            return None
        execution = fill.execution
        account = self._accounts[execution.acct_number or ""]
        stem, _, number = exec_id.rpartition(".")
        account.correct(
            fill.instrument, execution.side == "BOT", execution.shares or Decimal(0), price - (execution.price or 0.0)
        )
        again = f"{stem}.{int(number) + 1:02d}"
        fill.execution = execution.replace(exec_id=again, price=price)
        fill.report = fill.report.replace(exec_id=again)
        return fill

    def _trade(
        self, working: WorkingOrder, account: Account, instrument: Instrument, shares: Decimal, price: float,
        deal: Match, now_ns: int, *, side: str = "", ratio: int = 1, whole: bool = False, free: bool = False,
    ) -> Fill:  # fmt: skip
        self._trades += 1
        side = side or ("BUY" if working.is_buy else "SELL")
        contract = working.contract if instrument is working.instrument else contract_of(instrument)
        execution = Execution(
            order_id=working.reported_order_id, exec_id=f"0000e0d5.{now_ns // 1_000_000_000:08x}.{self._trades:02x}.01",
            time=time_text(instrument, now_ns), acct_number=account.name, exchange=venue(contract), side=BOOKED[side],
            shares=shares, price=price, perm_id=working.perm_id, client_id=working.client_id, is_liquidation=False,
            cum_qty=working.filled * ratio,
            avg_price=working.average_price if instrument is working.instrument else price,
            order_ref=working.order.order_ref, last_liquidity=1 if deal.makes else 2,
            model_code=working.order.model_code, submitter=working.order.submitter,
        )  # fmt: skip
        cost = 0.0 if whole or free else commission(instrument, shares, price)
        realized = None if whole else account.fill(instrument, side, shares, price, cost)
        report = CommissionAndFeesReport(
            exec_id=execution.exec_id, commission_and_fees=cost, currency=instrument.contract.get("currency", "USD"),
            realized_pnl=realized,
        )  # fmt: skip
        working.executions.append(execution)
        return Fill(working, instrument, contract, execution, report)

    def _legs(self, working: WorkingOrder, price: float) -> Iterator[tuple[Instrument, str, int, float]]:
        """Instrument, side, ratio and price of each leg; the first makes up what the combination was better for."""
        sign = working.sign
        parts = []
        for leg in working.instrument.legs:
            quote = self._market.quote(leg.instrument)
            bought = leg.ratio * sign > 0
            parts.append((leg, leg.instrument.price(int((quote.ask if bought else quote.bid)[0]))))
        missing = price - sum(leg.ratio * each for leg, each in parts)
        for number, (leg, each) in enumerate(parts):
            own = each + missing / leg.ratio if number == 0 else each
            side = "BUY" if leg.ratio * sign > 0 else "SELL"
            yield leg.instrument, side, abs(leg.ratio), round(own, 10)

    def _parts(self, working: WorkingOrder, shares: Decimal) -> list[tuple[Account, Decimal]]:
        """Which account gets how much of these shares, the last that the order counts."""
        group = self._advisor.groups.get(working.order.fa_group or "") if self._advisor is not None else None
        if group is None:
            return [(self._accounts[working.order.account or ""], shares)]
        weights = self._weights(group, working.order.fa_method or group.method)
        before = _allotted(working.filled - shares, weights)
        after = _allotted(working.filled, weights)
        parts = [(self._accounts[name], after[name] - before[name]) for name in weights]
        return [(account, part) for account, part in parts if part]

    def _weights(self, group: Group, method: str) -> dict[str, Decimal]:
        if method in ("NetLiq", "AvailableEquity"):
            return {name: Decimal(round(self._accounts[name].net(), 2)) for name in group.shares}
        if method in EVEN_METHODS or not any(group.shares.values()):
            return dict.fromkeys(group.shares, Decimal(1))
        return group.shares


def _allotted(shares: Decimal, weights: dict[str, Decimal]) -> dict[str, Decimal]:
    """Whole shares by weight; what is left over goes to the first."""
    total = sum(weights.values())
    parts = {name: (shares * weight / total).to_integral_value(ROUND_FLOOR) for name, weight in weights.items()}
    parts[next(iter(parts))] += shares - sum(parts.values())
    return parts


def venue(contract: Contract) -> str:
    """Where a trade was made; SMART finds the primary exchange."""
    exchange = str(contract.exchange)
    return str(contract.primary_exch or "IBKRATS") if exchange == "SMART" else exchange


def time_text(instrument: Instrument, now_ns: int) -> str:
    hours = instrument.hours
    return f"{datetime.fromtimestamp(now_ns // 1_000_000_000, hours.zone):%Y%m%d %H:%M:%S} {hours.time_zone_id}"
