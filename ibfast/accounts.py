"""Figures of accounts, as users meet them."""

from __future__ import annotations

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

TEXTS = frozenset({"AccountCode", "AccountOrGroup", "AccountReady", "AccountType", "Currency"})
"""Tags whose values are no numbers, whatever they look like."""


@dataclass(frozen=True, slots=True)
class AccountFigure:
    """One figure of an account: a `Decimal` where it is a number, else TWS's text; ``currency`` where it is money."""

    account: str
    tag: str
    value: Decimal | str
    currency: str | None = None
    model_code: str | None = None


@dataclass(frozen=True, slots=True)
class AccountSnapshot:
    """What TWS's account window shows of an account; ``time`` is its clock when that was computed, as "15:04"."""

    account: str
    figures: list[AccountFigure]
    portfolio: list[PortfolioValue]
    time: str | None

    def value(self, tag: str, currency: str | None = None) -> Decimal | str:
        """The figure of this tag, in this currency where there are several.

        Raises:
            KeyError: there is none.
        """
        for figure in self.figures:
            if figure.tag == tag and currency in (None, figure.currency):
                return figure.value
        raise KeyError(tag if currency is None else f"{tag} in {currency}")


def figure_of(message: AccountSummary | AccountUpdateMulti | AccountValue) -> AccountFigure:
    """The figure in a message of any of the three kinds."""
    if isinstance(message, AccountSummary):
        account, tag, model = message.account, message.tag, None
    elif isinstance(message, AccountValue):
        account, tag, model = message.account_name, message.key, None
    else:
        account, tag, model = message.account, message.key, message.model_code or None
    return AccountFigure(
        account or "", tag or "", value_of(tag or "", message.value or ""), message.currency or None, model
    )


def value_of(tag: str, text: str) -> Decimal | str:
    """A number as one; what is none stays text."""
    if tag in TEXTS:
        return text
    try:
        value = Decimal(text)
    except InvalidOperation:
        return text
    return value if value.is_finite() else text
