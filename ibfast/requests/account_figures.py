"""Figures of accounts, as users meet them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from ibfast.schema import AccountSummary, AccountUpdateMulti, AccountValue, PortfolioValue


class AccountTag(StrEnum):
    """What an account summary can be asked for."""

    ACCOUNT_TYPE = "AccountType"
    NET_LIQUIDATION = "NetLiquidation"
    TOTAL_CASH_VALUE = "TotalCashValue"
    SETTLED_CASH = "SettledCash"
    ACCRUED_CASH = "AccruedCash"
    BUYING_POWER = "BuyingPower"
    EQUITY_WITH_LOAN_VALUE = "EquityWithLoanValue"
    PREVIOUS_DAY_EQUITY_WITH_LOAN_VALUE = "PreviousDayEquityWithLoanValue"
    GROSS_POSITION_VALUE = "GrossPositionValue"
    REQ_T_EQUITY = "ReqTEquity"
    REQ_T_MARGIN = "ReqTMargin"
    SMA = "SMA"
    INIT_MARGIN_REQ = "InitMarginReq"
    MAINT_MARGIN_REQ = "MaintMarginReq"
    AVAILABLE_FUNDS = "AvailableFunds"
    EXCESS_LIQUIDITY = "ExcessLiquidity"
    CUSHION = "Cushion"
    FULL_INIT_MARGIN_REQ = "FullInitMarginReq"
    FULL_MAINT_MARGIN_REQ = "FullMaintMarginReq"
    FULL_AVAILABLE_FUNDS = "FullAvailableFunds"
    FULL_EXCESS_LIQUIDITY = "FullExcessLiquidity"
    LOOK_AHEAD_NEXT_CHANGE = "LookAheadNextChange"
    LOOK_AHEAD_INIT_MARGIN_REQ = "LookAheadInitMarginReq"
    LOOK_AHEAD_MAINT_MARGIN_REQ = "LookAheadMaintMarginReq"
    LOOK_AHEAD_AVAILABLE_FUNDS = "LookAheadAvailableFunds"
    LOOK_AHEAD_EXCESS_LIQUIDITY = "LookAheadExcessLiquidity"
    HIGHEST_SEVERITY = "HighestSeverity"
    DAY_TRADES_REMAINING = "DayTradesRemaining"
    LEVERAGE = "Leverage"


LEDGER = "$LEDGER"
"""A tag for cash by currency: alone in the base currency, ``$LEDGER:EUR`` in one, ``$LEDGER:ALL`` in all."""

UNSET = "1.7976931348623157E308"
"""The largest double: no number has been computed."""

LEDGER_PREFIX = "$LEDGER-"
"""TWS from 10.47 on puts this before the tags of the ledger, the cash by currency, if a setting of it is on."""

LEDGER_TAGS = frozenset({
    "AccruedCash", "CashBalance", "CorporateBondValue", "Cryptocurrency", "ExchangeRate", "FundValue",
    "FutureOptionValue", "FuturesPNL", "FxCashBalance", "IssuerOptionValue", "MoneyMarketFundValue", "MutualFundValue",
    "NetDividend", "NetLiquidationByCurrency", "OptionMarketValue", "RealizedPnL", "StockMarketValue", "TBillValue",
    "TBondValue", "TotalCashBalance", "UnrealizedPnL", "WarrantValue",
})  # fmt: skip
"""Tags of the ledger. Without the prefix some come twice in one currency: of the whole account, then of the ledger."""

TEXTS = frozenset({"AccountCode", "AccountOrGroup", "AccountReady", "AccountType", "Currency"})
"""Tags whose values are no numbers, whatever they look like."""


@dataclass(frozen=True, slots=True)
class AccountFigure:
    """One figure of an account: a `Decimal` where it is a number, else TWS's text; ``currency`` where it is money.

    ``is_ledger`` says that TWS marked it as one of the ledger, the cash by currency: its prefix ``$LEDGER-`` is not
    part of ``tag``. Without that setting of TWS it is False, and ``AccruedCash`` comes twice: of the account, then of
    its ledger.
    """

    account: str
    tag: str
    value: Decimal | str
    currency: str | None = None
    model_code: str | None = None
    is_ledger: bool = False


@dataclass(frozen=True, slots=True)
class AccountSnapshot:
    """What TWS's account window shows of an account; ``time`` is its clock when that was computed, as "15:04"."""

    account: str
    figures: list[AccountFigure]
    portfolio: list[PortfolioValue]
    time: str | None

    def value(self, tag: str, currency: str | None = None) -> Decimal | str:
        """The figure of this tag, in this currency where there are several: of the account, or else of its ledger.

        Raises:
            KeyError: there is none.
        """
        return find_figure(self.figures, tag, currency).value


def find_figure(figures: Iterable[AccountFigure], tag: str, currency: str | None) -> AccountFigure:
    """The first figure of this tag, in this currency if one is named; one of the ledger only if there is no other.

    Raises:
        KeyError: there is none.
    """
    found = [item for item in figures if item.tag == tag and currency in (None, item.currency)]
    if not found:
        raise KeyError(tag if currency is None else f"{tag} in {currency}")
    return next((figure for figure in found if not figure.is_ledger), found[0])


def figure_key(figure: AccountFigure) -> Hashable:
    """What a figure is of; those of the ledger may have the key of another if TWS does not mark them."""
    return figure.account, figure.model_code, figure.tag, figure.currency, figure.is_ledger


def may_repeat(figure: AccountFigure) -> bool:
    """Whether it may come twice in one answer: of the account, and of a ledger that is not marked."""
    return figure.tag in LEDGER_TAGS and not figure.is_ledger


def figure_of(message: AccountSummary | AccountUpdateMulti | AccountValue) -> AccountFigure:
    """The figure in a message of any of the three kinds."""
    if isinstance(message, AccountSummary):
        account, tag, model = message.account, message.tag, None
    elif isinstance(message, AccountValue):
        account, tag, model = message.account_name, message.key, None
    else:
        account, tag, model = message.account, message.key, message.model_code or None
    name = (tag or "").removeprefix(LEDGER_PREFIX)
    value = value_of(name, message.value or "")
    return AccountFigure(account or "", name, value, message.currency or None, model, is_ledger=name != (tag or ""))


def value_of(tag: str, text: str) -> Decimal | str:
    """A number as one; what is none stays text, TWS's spelling of "no number" too."""
    if tag in TEXTS or text == UNSET:
        return text
    try:
        value = Decimal(text)
    except InvalidOperation:
        return text
    return value if value.is_finite() else text
