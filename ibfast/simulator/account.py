"""The paper account: positions, cash, commissions, profit and loss."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from ibfast.simulator.universe import Instrument

ACCOUNT = "DU1234567"
STARTING_CASH = 1_000_000.0
CURRENCY = "USD"
MARGIN = {"FUT": 0.06, "OPT": 1.0, "CASH": 0.03, "STK": 0.25}


@dataclass(slots=True)
class Holding:
    """One position; ``average_cost`` is per unit of position, multiplier and commissions included, as IB has it."""

    position: Decimal = Decimal(0)
    average_cost: float = 0.0
    realized: float = 0.0


@dataclass(slots=True)
class Account:
    """Everything the fills of this session did; ``mid`` is the price of an instrument now."""

    mid: Callable[[Instrument], float]
    name: str = ACCOUNT
    cash: float = STARTING_CASH
    holdings: dict[Instrument, Holding] = field(default_factory=dict)

    def fill(self, instrument: Instrument, side: str, shares: Decimal, price: float, commission: float) -> float | None:
        """Book a fill; the profit it realized, None if it opened or added to a position."""
        holding = self.holdings.setdefault(instrument, Holding())
        change = shares if side == "BUY" else -shares
        value = float(change) * price * instrument.multiplier
        self.cash -= value + commission
        before, after = holding.position, holding.position + change
        holding.position = after
        if before * change >= 0:
            cost = float(abs(before)) * holding.average_cost + abs(value) + (commission if change > 0 else -commission)
            holding.average_cost = cost / float(abs(after))
            return None
        closed = min(abs(before), abs(change))
        unit = price * instrument.multiplier
        gain = unit - holding.average_cost if before > 0 else holding.average_cost - unit
        realized = float(closed) * gain - commission
        holding.realized += realized
        if before * after < 0:
            holding.average_cost = unit
        return realized

    def positions(self) -> Iterator[tuple[Instrument, Holding]]:
        """What is held or was held in this session."""
        yield from self.holdings.items()

    def market_value(self, instrument: Instrument) -> float:
        return float(self.holdings[instrument].position) * self.mid(instrument) * instrument.multiplier

    def unrealized(self, instrument: Instrument) -> float:
        holding = self.holdings[instrument]
        return self.market_value(instrument) - float(holding.position) * holding.average_cost

    def values(self) -> dict[str, tuple[str, str]]:
        """Account values by IB's names: (value, currency), in IB's order."""
        gross = sum(abs(self.market_value(it)) for it in self.holdings)
        net = self.cash + sum(self.market_value(it) for it in self.holdings)
        margin = sum(abs(self.market_value(it)) * MARGIN.get(it.contract["sec_type"], 0.5) for it in self.holdings)
        free = net - margin
        money = {
            "AccruedCash": 0.0, "AvailableFunds": free, "BuyingPower": free * 4, "EquityWithLoanValue": net,
            "ExcessLiquidity": free, "FullAvailableFunds": free, "FullExcessLiquidity": free,
            "FullInitMarginReq": margin, "FullMaintMarginReq": margin, "GrossPositionValue": gross,
            "InitMarginReq": margin, "LookAheadAvailableFunds": free, "LookAheadExcessLiquidity": free,
            "LookAheadInitMarginReq": margin, "LookAheadMaintMarginReq": margin, "MaintMarginReq": margin,
            "NetLiquidation": net, "PreviousDayEquityWithLoanValue": STARTING_CASH,
            "RealizedPnL": sum(holding.realized for holding in self.holdings.values()), "RegTEquity": net,
            "RegTMargin": margin, "SMA": free, "SettledCash": self.cash, "TotalCashValue": self.cash,
            "UnrealizedPnL": sum(self.unrealized(it) for it in self.holdings),
        }  # fmt: skip
        texts = {
            "AccountCode": self.name, "AccountReady": "true", "AccountType": "INDIVIDUAL",
            "Cushion": f"{free / net if net else 0:.6f}", "DayTradesRemaining": "-1", "LookAheadNextChange": "0",
        }  # fmt: skip
        return {name: (text, "") for name, text in texts.items()} | {
            name: (f"{amount:.2f}", CURRENCY) for name, amount in money.items()
        }


def commission(instrument: Instrument, shares: Decimal, price: float) -> float:
    """What a fill costs at IB's fixed rates, roughly."""
    count, value = float(shares), float(shares) * price * instrument.multiplier
    match instrument.contract["sec_type"]:
        case "STK":
            return round(min(max(1.0, 0.005 * count), max(0.01 * value, 0.01)), 6)
        case "FUT":
            return round(count * (2.25 if instrument.multiplier >= 50 else 0.62), 6)
        case "OPT":
            return round(max(1.0, 0.65 * count), 6)
        case "CASH":
            return round(max(2.0, 0.00002 * value), 6)
        case "CRYPTO":
            return round(max(min(1.75, 0.01 * value), 0.0018 * value), 6)
        case "FUND":
            return 14.95
        case _:
            return round(max(1.0, 0.001 * value), 6)
