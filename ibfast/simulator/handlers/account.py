"""The account: values, summary, positions, portfolio, profit and loss."""

from __future__ import annotations

from ibfast.schema import (
    AccountDataEnd,
    AccountDataRequest,
    AccountSummaryEnd,
    AccountSummaryRequest,
    AccountUpdateMultiEnd,
    AccountUpdatesMultiRequest,
    CancelAccountSummary,
    CancelAccountUpdatesMulti,
    CancelPnL,
    CancelPnLSingle,
    CancelPositions,
    CancelPositionsMulti,
    PnLRequest,
    PnLSingleRequest,
    PositionEnd,
    PositionMultiEnd,
    PositionsMultiRequest,
    PositionsRequest,
)
from ibfast.simulator.handlers.registry import answers
from ibfast.simulator.handlers.subscriptions import cancel, is_free
from ibfast.simulator.orders.account import Account
from ibfast.simulator.refusals import NO_CONTRACT, invalid
from ibfast.simulator.session import SimulatorSession
from ibfast.simulator.streams.accounts import (
    UPDATES_ID,
    AccountStream,
    AccountSummaries,
    AccountUpdates,
    AccountUpdatesMulti,
    PositionsMulti,
    ProfitAndLoss,
    ProfitAndLossOfOne,
)

SWITCHED = "New account data requested from TWS.  API client has been unsubscribed from account data."


@answers(AccountDataRequest)
def account_updates(session: SimulatorSession, request: AccountDataRequest) -> None:
    """One account at a time: another one takes the place of the first."""
    before = session.pump.streams.get(UPDATES_ID)
    if not request.subscribe:
        session.pump.remove(UPDATES_ID)
        return
    account = account_of(session, -1, request.acct_code or "")
    if account is None:
        return
    if isinstance(before, AccountUpdates) and before.account is not account:
        session.refuse(-1, 2100, SWITCHED)
    follow(session, AccountUpdates(account, session.gateway.market.now_s))
    session.send(AccountDataEnd(account_name=account.name))


@answers(AccountUpdatesMultiRequest)
def account_updates_multi(session: SimulatorSession, request: AccountUpdatesMultiRequest) -> None:
    req_id = request.req_id or 0
    account = account_of(session, req_id, request.account or "")
    if account is None or not is_free(session, req_id):
        return
    ledger = bool(request.ledger_and_nlv)
    now_s = session.gateway.market.now_s
    follow(session, AccountUpdatesMulti(req_id, account, request.model_code or "", ledger, now_s))
    session.send(AccountUpdateMultiEnd(req_id=req_id))


@answers(CancelAccountUpdatesMulti)
def cancel_account_updates_multi(session: SimulatorSession, request: CancelAccountUpdatesMulti) -> None:
    cancel(session, request.req_id or 0, AccountUpdatesMulti)


@answers(AccountSummaryRequest)
def account_summary(session: SimulatorSession, request: AccountSummaryRequest) -> None:
    req_id = request.req_id or 0
    group = request.group or "All"
    accounts = session.gateway.members(group)
    if not accounts:
        session.refuse(req_id, *invalid(f"Invalid account group {group}"))
    elif is_free(session, req_id):
        tags = [tag.strip() for tag in (request.tags or "").split(",")]
        follow(session, AccountSummaries(req_id, accounts, tags, session.gateway.market.now_s))
        session.send(AccountSummaryEnd(req_id=req_id))


@answers(CancelAccountSummary)
def cancel_account_summary(session: SimulatorSession, request: CancelAccountSummary) -> None:
    cancel(session, request.req_id or 0, AccountSummaries)


@answers(PositionsRequest)
def positions(session: SimulatorSession, request: PositionsRequest) -> None:
    for account in session.gateway.accounts.values():
        for instrument, _ in account.positions():
            session.position_changed(account, instrument)
    session.send(PositionEnd())
    session.follows_positions = True


@answers(CancelPositions)
def cancel_positions(session: SimulatorSession, request: CancelPositions) -> None:
    session.follows_positions = False


@answers(PositionsMultiRequest)
def positions_multi(session: SimulatorSession, request: PositionsMultiRequest) -> None:
    req_id = request.req_id or 0
    account = account_of(session, req_id, request.account or "")
    if account is not None and is_free(session, req_id):
        now_s = session.gateway.market.now_s
        follow(session, PositionsMulti(req_id, account, request.model_code or "", now_s))
        session.send(PositionMultiEnd(req_id=req_id))


@answers(CancelPositionsMulti)
def cancel_positions_multi(session: SimulatorSession, request: CancelPositionsMulti) -> None:
    cancel(session, request.req_id or 0, PositionsMulti)


@answers(PnLRequest)
def pnl(session: SimulatorSession, request: PnLRequest) -> None:
    req_id = request.req_id or 0
    account = account_of(session, req_id, request.account or "")
    if account is not None and is_free(session, req_id):
        follow(session, ProfitAndLoss(req_id, account, session.gateway.market.now_s))


@answers(CancelPnL)
def cancel_pnl(session: SimulatorSession, request: CancelPnL) -> None:
    cancel(session, request.req_id or 0, ProfitAndLoss)


@answers(PnLSingleRequest)
def pnl_single(session: SimulatorSession, request: PnLSingleRequest) -> None:
    req_id = request.req_id or 0
    account = account_of(session, req_id, request.account or "")
    if account is None or not is_free(session, req_id):
        return
    instrument = session.gateway.market.universe.by_con_id(request.con_id or 0)
    if instrument is None:
        session.refuse(req_id, *NO_CONTRACT)
    else:
        follow(session, ProfitAndLossOfOne(req_id, account, instrument, session.gateway.market.now_s))


@answers(CancelPnLSingle)
def cancel_pnl_single(session: SimulatorSession, request: CancelPnLSingle) -> None:
    cancel(session, request.req_id or 0, ProfitAndLossOfOne)


def account_of(session: SimulatorSession, req_id: int, name: str) -> Account | None:
    """The account of this name, the first if it is empty; the client is told if there is none."""
    account = session.gateway.accounts.get(name) if name else session.gateway.account
    if account is None:
        session.refuse(req_id, *invalid(f"Invalid account code '{name}'."))
    return account


def follow(session: SimulatorSession, stream: AccountStream) -> None:
    """Tell what there is, and from here on what changes."""
    for message in stream.changes():
        session.send(message)
    session.pump.add(stream)
