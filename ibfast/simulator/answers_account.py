"""The account: values, summary, positions, portfolio."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from ibfast.schema import (
    AccountDataEnd,
    AccountDataRequest,
    AccountSummary,
    AccountSummaryEnd,
    AccountSummaryRequest,
    AccountUpdateMulti,
    AccountUpdateMultiEnd,
    AccountUpdatesMultiRequest,
    AccountUpdateTime,
    AccountValue,
    CancelAccountSummary,
    CancelAccountUpdatesMulti,
    CancelPositions,
    CancelPositionsMulti,
    PortfolioValue,
    PositionEnd,
    PositionMulti,
    PositionMultiEnd,
    PositionsMultiRequest,
    PositionsRequest,
)
from ibfast.simulator.answers import answers
from ibfast.simulator.messages import contract_of
from ibfast.simulator.session import SimulatorSession


@answers(AccountDataRequest)
def account_updates(session: SimulatorSession, request: AccountDataRequest) -> None:
    if not request.subscribe:
        return
    account = session.gateway.account
    for key, (value, currency) in account.values().items():
        session.send(AccountValue(key=key, value=value, currency=currency, account_name=account.name))
    for instrument, holding in account.positions():
        session.send(
            PortfolioValue(
                contract=contract_of(instrument), position=holding.position, account_name=account.name,
                market_price=account.mid(instrument), market_value=account.market_value(instrument),
                average_cost=holding.average_cost, unrealized_pnl=account.unrealized(instrument),
                realized_pnl=holding.realized,
            )
        )  # fmt: skip
    now = datetime.fromtimestamp(session.gateway.market.now_s(), UTC)
    session.send(AccountUpdateTime(time_stamp=f"{now:%H:%M}"))
    session.send(AccountDataEnd(account_name=account.name))


@answers(AccountUpdatesMultiRequest)
def account_updates_multi(session: SimulatorSession, request: AccountUpdatesMultiRequest) -> None:
    account = session.gateway.account
    for key, (value, currency) in account.values().items():
        session.send(
            AccountUpdateMulti(
                req_id=request.req_id, account=account.name, model_code=request.model_code, key=key, value=value,
                currency=currency,
            )
        )  # fmt: skip
    session.send(AccountUpdateMultiEnd(req_id=request.req_id))


@answers(CancelAccountUpdatesMulti)
def cancel_account_updates_multi(session: SimulatorSession, request: CancelAccountUpdatesMulti) -> None:
    """Nothing follows the first answer yet."""


@answers(AccountSummaryRequest)
def account_summary(session: SimulatorSession, request: AccountSummaryRequest) -> None:
    account = session.gateway.account
    values = account.values()
    for tag in _summary_tags(request.tags or "", values):
        value, currency = values[tag]
        session.send(
            AccountSummary(req_id=request.req_id, account=account.name, tag=tag, value=value, currency=currency)
        )
    session.send(AccountSummaryEnd(req_id=request.req_id))


def _summary_tags(tags: str, known: Iterable[str]) -> list[str]:
    wanted = [tag.strip() for tag in tags.split(",")]
    if "All" in wanted or any(tag.startswith("$LEDGER") for tag in wanted):
        return list(known)
    return [tag for tag in known if tag in wanted]


@answers(CancelAccountSummary)
def cancel_account_summary(session: SimulatorSession, request: CancelAccountSummary) -> None:
    """Nothing follows the first answer yet."""


@answers(PositionsRequest)
def positions(session: SimulatorSession, request: PositionsRequest) -> None:
    for instrument, _ in session.gateway.account.positions():
        session.position_changed(instrument)
    session.send(PositionEnd())
    session.follows_positions = True


@answers(CancelPositions)
def cancel_positions(session: SimulatorSession, request: CancelPositions) -> None:
    session.follows_positions = False


@answers(PositionsMultiRequest)
def positions_multi(session: SimulatorSession, request: PositionsMultiRequest) -> None:
    account = session.gateway.account
    for instrument, holding in account.positions():
        session.send(
            PositionMulti(
                req_id=request.req_id, account=account.name, contract=contract_of(instrument),
                position=holding.position, avg_cost=holding.average_cost, model_code=request.model_code,
            )
        )  # fmt: skip
    session.send(PositionMultiEnd(req_id=request.req_id))


@answers(CancelPositionsMulti)
def cancel_positions_multi(session: SimulatorSession, request: CancelPositionsMulti) -> None:
    """Nothing follows the first answer yet."""
