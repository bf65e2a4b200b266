"""The paper account: positions, cash, commissions, profit and loss."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from ibfast.simulator.market.universe import Instrument

ACCOUNT = "DU1234567"
STARTING_CASH = 1_000_000.0
CURRENCY = "USD"
MARGIN = {"FUT": 0.06, "OPT": 1.0, "FOP": 1.0, "CASH": 0.03, "STK": 0.25}


@dataclass(slots=True)
class Holding:
    """One position; ``average_cost`` is per unit of position, multiplier and commissions included, as IB has it."""

    position: Decimal = Decimal(0)
    average_cost: float = 0.0
    realized: float = 0.0
    spent: float = 0.0  # on all fills together, commissions included
    day_s: int = 0  # when the trading day began that the next two are of
    began_with: Decimal = Decimal(0)
    began_spent: float = 0.0


def one_day(instrument: Instrument) -> tuple[int, float]:
    """A day that never ends, and no close before it."""
    return 0, 0.0


def no_exchange(instrument: Instrument) -> float:
    """Everything trades in the account's own currency."""
    return 1.0


@dataclass(slots=True)
class Account:
    """Everything the fills of this session did; what is said of one holding is in the currency it trades in.

    ``mid`` is the price of an instrument now, ``rate`` what a unit of its currency is worth; ``day`` is when its
    trading day began and the close before.
    """

    mid: Callable[[Instrument], float]
    name: str = ACCOUNT
    day: Callable[[Instrument], tuple[int, float]] = one_day
    rate: Callable[[Instrument], float] = no_exchange
    cash: float = STARTING_CASH
    kind: str = "INDIVIDUAL"
    marks_ledger: bool = False  # a setting of TWS: the tags of the ledger begin with $LEDGER-
    holdings: dict[Instrument, Holding] = field(default_factory=dict)

    def fill(self, instrument: Instrument, side: str, shares: Decimal, price: float, commission: float) -> float | None:
        """Book a fill; the profit it realized, None if it opened or added to a position."""
        holding = self.holdings.setdefault(instrument, Holding())
        self._begin_day(instrument, holding)
        change = shares if side == "BUY" else -shares
        value = float(change) * price * instrument.multiplier
        self.cash -= (value + commission) * self.rate(instrument)
        holding.spent += value + commission
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

    def correct(self, instrument: Instrument, bought: bool, shares: Decimal, change: float) -> None:
        """The price of an earlier fill was another one, by this much."""
        holding = self.holdings[instrument]
        value = float(shares) * change * instrument.multiplier * (1 if bought else -1)
        self.cash -= value * self.rate(instrument)
        holding.spent += value
        if holding.position and (holding.position > 0) == bought:
            holding.average_cost += value / float(holding.position)
        else:
            holding.realized -= value

    def positions(self) -> Iterator[tuple[Instrument, Holding]]:
        """What is held or was held in this session."""
        yield from self.holdings.items()

    def market_value(self, instrument: Instrument) -> float:
        return float(self.holdings[instrument].position) * self.mid(instrument) * instrument.multiplier

    def unrealized(self, instrument: Instrument) -> float:
        holding = self.holdings[instrument]
        return self.market_value(instrument) - float(holding.position) * holding.average_cost

    def earned_today(self, instrument: Instrument) -> float:
        """Realized and unrealized profit since the close of the day before."""
        holding = self.holdings[instrument]
        close = self._begin_day(instrument, holding)
        began_at = float(holding.began_with) * close * instrument.multiplier
        return self.market_value(instrument) - began_at - (holding.spent - holding.began_spent)

    def _begin_day(self, instrument: Instrument, holding: Holding) -> float:
        """Note what a new day begins with, which nothing but fills changes; the close before it."""
        day_s, close = self.day(instrument)
        if day_s != holding.day_s:
            holding.day_s, holding.began_with, holding.began_spent = day_s, holding.position, holding.spent
        return close

    def gross(self, *sec_types: str) -> float:
        """The size of all positions, or of those of some kinds."""
        held = (holding for holding in self.holdings if not sec_types or holding.contract["sec_type"] in sec_types)
        return sum(abs(self.market_value(item)) * self.rate(item) for item in held)

    def net(self) -> float:
        """What the account is worth."""
        return self.cash + self.total(self.market_value)

    def margin(self) -> float:
        return self.total(lambda item: margin_of(item, self.market_value(item)))

    def realized(self, instrument: Instrument) -> float:
        return self.holdings[instrument].realized

    def total(self, amount: Callable[[Instrument], float]) -> float:
        """An amount of every holding together, in the account's currency."""
        return sum(amount(holding) * self.rate(holding) for holding in self.holdings)

    def values(self) -> dict[str, tuple[str, str]]:
        """Account values by IB's names: (value, currency), in IB's order."""
        gross, net, margin = self.gross(), self.net(), self.margin()
        free = net - margin
        money = {
            "AccruedCash": 0.0, "AvailableFunds": free, "BuyingPower": free * 4, "EquityWithLoanValue": net,
            "ExcessLiquidity": free, "FullAvailableFunds": free, "FullExcessLiquidity": free,
            "FullInitMarginReq": margin, "FullMaintMarginReq": margin, "GrossPositionValue": gross,
            "InitMarginReq": margin, "LookAheadAvailableFunds": free, "LookAheadExcessLiquidity": free,
            "LookAheadInitMarginReq": margin, "LookAheadMaintMarginReq": margin, "MaintMarginReq": margin,
            "NetLiquidation": net, "PreviousDayEquityWithLoanValue": STARTING_CASH,
            "RealizedPnL": self.total(self.realized), "RegTEquity": net,
            "RegTMargin": margin, "SMA": free, "SettledCash": self.cash, "TotalCashValue": self.cash,
            "UnrealizedPnL": self.total(self.unrealized),
        }  # fmt: skip
        texts = {
            "AccountCode": self.name, "AccountReady": "true", "AccountType": self.kind,
            "Cushion": f"{free / net if net else 0:.6f}", "DayTradesRemaining": "-1", "HighestSeverity": "0",
            "Leverage": f"{gross / net if net else 0:.2f}", "LookAheadNextChange": "0",
        }  # fmt: skip
        return {name: (text, "") for name, text in texts.items()} | {
            name: (f"{amount:.2f}", CURRENCY) for name, amount in money.items()
        }

    def ledger(self) -> dict[str, str]:
        """What is held in the account's one currency, by IB's names, in IB's order."""
        profit = self.total(self.unrealized)
        amounts = {
            "CashBalance": self.cash, "TotalCashBalance": self.cash, "AccruedCash": 0.0,
            "StockMarketValue": self._held("STK"), "OptionMarketValue": self._held("OPT"),
            "FutureOptionValue": self._held("FOP"), "FuturesPNL": self._held("FUT"),
            "NetLiquidationByCurrency": self.net(), "UnrealizedPnL": profit,
            "RealizedPnL": self.total(self.realized), "ExchangeRate": 1.0,
            "FundValue": self._held("FUND"), "NetDividend": 0.0, "MutualFundValue": self._held("FUND"),
            "MoneyMarketFundValue": 0.0, "CorporateBondValue": self._held("BOND"), "TBondValue": 0.0, "TBillValue": 0.0,
            "WarrantValue": self._held("WAR"), "FxCashBalance": 0.0, "IssuerOptionValue": 0.0,
            "Cryptocurrency": self._held("CRYPTO"),
        }  # fmt: skip
        return {name: f"{amount:.2f}" for name, amount in amounts.items()} | {"AccountOrGroup": self.name}

    def _held(self, sec_type: str) -> float:
        return self.total(lambda item: self.market_value(item) if item.contract["sec_type"] == sec_type else 0.0)


def margin_of(instrument: Instrument, value: float) -> float:
    """What has to be set aside for a position of this value."""
    return abs(value) * MARGIN.get(instrument.contract["sec_type"], 0.5)


def commission(instrument: Instrument, shares: Decimal, price: float) -> float:
    """What a fill costs at IB's fixed rates, roughly."""
    count, value = float(shares), float(shares) * price * instrument.multiplier
    match instrument.contract["sec_type"]:
        case "STK":
            return round(min(max(1.0, 0.005 * count), max(0.01 * value, 0.01)), 6)
        case "FUT":
            return round(count * (2.25 if instrument.multiplier >= 50 else 0.62), 6)
        case "OPT" | "FOP":
            return round(max(1.0, 0.65 * count), 6)
        case "CASH":
            return round(max(2.0, 0.00002 * value), 6)
        case "CRYPTO":
            return round(max(min(1.75, 0.01 * value), 0.0018 * value), 6)
        case "FUND":
            return 14.95
        case _:
            return round(max(1.0, 0.001 * value), 6)
