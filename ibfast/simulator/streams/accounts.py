"""What a client follows of an account: values, portfolio, positions, profit and loss."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal

from ibfast.schema import (
    AccountSummary,
    AccountUpdateMulti,
    AccountUpdateTime,
    AccountValue,
    PnL,
    PnLSingle,
    PortfolioValue,
    PositionMulti,
)
from ibfast.schema.declare import Message
from ibfast.simulator.market.universe import Instrument
from ibfast.simulator.messages import contract_of, held_contract
from ibfast.simulator.orders.account import CURRENCY, Account
from ibfast.simulator.streams.ticks import Subscription

UPDATES_ID = -(2**30) - 1  # account updates have no request id: their place among the streams of a session
LEDGER_PREFIX = "$LEDGER-"
LEDGER_ALONE = ("RealizedPnL", "UnrealizedPnL")  # account updates have them by currency only
SLOW_S = 180  # IB tells values of an account every three minutes, and at once when a position has changed

Picture = Iterable[tuple[Hashable, Message]]


class AccountStream(Subscription):
    """Sends its whole picture first, and then what of it has changed."""

    every_s = 1

    def __init__(self, req_id: int, account: Account, now_s: Callable[[], int]) -> None:
        super().__init__(req_id)
        self.account = account
        self.now_s = now_s
        self._told: dict[Hashable, Message] = {}
        self._told_s = now_s()

    def picture(self) -> Picture:
        """Every message by what it is about."""
        raise NotImplementedError

    def changes(self) -> list[Message]:
        """What has changed since it was last told."""
        self._told_s = self.now_s()
        changed = [(key, message) for key, message in self.picture() if self._told.get(key) != message]
        self._told.update(changed)
        return [message for _, message in changed]

    def notes(self) -> list[Message]:
        return self.changes() if self.now_s() - self._told_s >= self.every_s else []


class AccountUpdates(AccountStream):
    """Values and portfolio, with the time whenever there was something."""

    every_s = SLOW_S

    def __init__(self, account: Account, now_s: Callable[[], int]) -> None:
        super().__init__(UPDATES_ID, account, now_s)

    def picture(self) -> Iterator[tuple[Hashable, Message]]:
        for place, (key, value, currency) in enumerate(rows(self.account)):
            yield place, AccountValue(key=key, value=value, currency=currency, account_name=self.account.name)
        for instrument, _ in self.account.positions():
            yield instrument, portfolio_value(self.account, instrument)

    def changes(self) -> list[Message]:
        changed = super().changes()
        at = f"{datetime.fromtimestamp(self.now_s(), UTC):%H:%M}"
        return [*changed, AccountUpdateTime(time_stamp=at)] if changed else []


class AccountSummaries(AccountStream):
    """Some values of some accounts."""

    every_s = SLOW_S

    def __init__(self, req_id: int, accounts: list[Account], tags: list[str], now_s: Callable[[], int]) -> None:
        super().__init__(req_id, accounts[0], now_s)
        self._accounts = accounts
        self._tags = tags

    def picture(self) -> Iterator[tuple[Hashable, Message]]:
        for account in self._accounts:
            for place, (tag, value, currency) in enumerate(summary(account, self._tags)):
                told = AccountSummary(req_id=self.req_id, account=account.name, tag=tag, value=value, currency=currency)
                yield (account.name, place), told


class AccountUpdatesMulti(AccountStream):
    """Values of one account; its ledger and its worth alone if that is asked for."""

    every_s = SLOW_S

    def __init__(self, req_id: int, account: Account, model_code: str, ledger: bool, now_s: Callable[[], int]) -> None:
        super().__init__(req_id, account, now_s)
        self._model_code = model_code
        self._ledger = ledger

    def picture(self) -> Iterator[tuple[Hashable, Message]]:
        told_rows = ledger_and_worth(self.account) if self._ledger else rows(self.account)
        for place, (key, value, currency) in enumerate(told_rows):
            told = AccountUpdateMulti(
                req_id=self.req_id, account=self.account.name, model_code=self._model_code, key=key, value=value,
                currency=currency,
            )  # fmt: skip
            yield place, told


class PositionsMulti(AccountStream):
    """Positions of one account, as fills change them."""

    def __init__(self, req_id: int, account: Account, model_code: str, now_s: Callable[[], int]) -> None:
        super().__init__(req_id, account, now_s)
        self._model_code = model_code

    def picture(self) -> Iterator[tuple[Hashable, Message]]:
        for instrument, holding in self.account.positions():
            told = PositionMulti(
                req_id=self.req_id, account=self.account.name, contract=held_contract(instrument),
                position=holding.position, avg_cost=holding.average_cost, model_code=self._model_code,
            )  # fmt: skip
            yield instrument, told


class ProfitAndLoss(AccountStream):
    """Of a whole account."""

    def picture(self) -> Iterator[tuple[Hashable, Message]]:
        account = self.account
        told = PnL(
            req_id=self.req_id,
            daily_pnl=account.total(account.earned_today),
            unrealized_pnl=account.total(account.unrealized),
            realized_pnl=account.total(account.realized),
        )
        yield None, told


class ProfitAndLossOfOne(AccountStream):
    """Of one position; zeros while there is none."""

    def __init__(self, req_id: int, account: Account, instrument: Instrument, now_s: Callable[[], int]) -> None:
        super().__init__(req_id, account, now_s)
        self._instrument = instrument

    def picture(self) -> Iterator[tuple[Hashable, Message]]:
        held = self.account.holdings.get(self._instrument)
        if held is None:
            yield None, PnLSingle(req_id=self.req_id, position=Decimal(0), daily_pnl=0.0, value=0.0)
            return
        told = PnLSingle(
            req_id=self.req_id, position=held.position, daily_pnl=self.account.earned_today(self._instrument),
            unrealized_pnl=self.account.unrealized(self._instrument), realized_pnl=held.realized,
            value=self.account.market_value(self._instrument),
        )  # fmt: skip
        yield None, told


def rows(account: Account) -> Iterator[tuple[str, str, str]]:
    """Every value of an account, as account updates have them: key, value, currency.

    AccruedCash comes twice in one currency, of the account and of the ledger, as IB has it.
    """
    for key, (value, currency) in account.values().items():
        if key not in LEDGER_ALONE:
            yield key, value, currency
    for code in (CURRENCY, "BASE"):
        yield from ledger_block(account, code)


def ledger_and_worth(account: Account) -> Iterator[tuple[str, str, str]]:
    value, currency = account.values()["NetLiquidation"]
    yield "NetLiquidation", value, currency
    yield from ledger_rows(account, CURRENCY)


def ledger_block(account: Account, currency: str) -> Iterator[tuple[str, str, str]]:
    """The ledger in one currency, which comes first."""
    yield (LEDGER_PREFIX if account.marks_ledger else "") + "Currency", currency, currency
    yield from ledger_rows(account, currency)


def ledger_rows(account: Account, currency: str) -> Iterator[tuple[str, str, str]]:
    """The ledger in one currency: key, value, currency."""
    prefix = LEDGER_PREFIX if account.marks_ledger else ""
    for key, value in account.ledger().items():
        yield prefix + key, value, currency


def summary(account: Account, tags: list[str]) -> Iterator[tuple[str, str, str]]:
    """The values that the tags of a summary name."""
    for key, (value, currency) in account.values().items():
        if key in tags or "All" in tags:
            yield key, value, currency
    for tag in tags:
        name, _, asked = tag.partition(":")
        if name != "$LEDGER":
            continue
        for code in (CURRENCY, "BASE") if asked == "ALL" else (asked or "BASE",):
            if code in (CURRENCY, "BASE"):
                yield from ledger_block(account, code)


def portfolio_value(account: Account, instrument: Instrument) -> PortfolioValue:
    holding = account.holdings[instrument]
    return PortfolioValue(
        contract=contract_of(instrument), position=holding.position, account_name=account.name,
        market_price=account.mid(instrument), market_value=account.market_value(instrument),
        average_cost=holding.average_cost, unrealized_pnl=account.unrealized(instrument),
        realized_pnl=holding.realized,
    )  # fmt: skip
