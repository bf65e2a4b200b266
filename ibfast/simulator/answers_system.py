"""Clock, ids, accounts' names, settings."""

from ibfast.schema import (
    CurrentTime,
    CurrentTimeInMillis,
    CurrentTimeInMillisRequest,
    CurrentTimeRequest,
    IdsRequest,
    ManagedAccounts,
    ManagedAccountsRequest,
    NextValidId,
    SetServerLogLevelRequest,
)
from ibfast.simulator.answers import answers
from ibfast.simulator.session import SimulatorSession


@answers(CurrentTimeRequest)
def current_time(session: SimulatorSession, request: CurrentTimeRequest) -> None:
    session.send(CurrentTime(current_time=session.gateway.market.now_s()))


@answers(CurrentTimeInMillisRequest)
def current_time_in_millis(session: SimulatorSession, request: CurrentTimeInMillisRequest) -> None:
    session.send(CurrentTimeInMillis(current_time_in_millis=session.gateway.clock() // 1_000_000))


@answers(IdsRequest)
def ids(session: SimulatorSession, request: IdsRequest) -> None:
    session.send(NextValidId(order_id=session.gateway.engine.next_order_id(session.client_id or 0)))


@answers(ManagedAccountsRequest)
def managed_accounts(session: SimulatorSession, request: ManagedAccountsRequest) -> None:
    session.send(ManagedAccounts(accounts_list=session.gateway.account.name))


@answers(SetServerLogLevelRequest)
def set_server_log_level(session: SimulatorSession, request: SetServerLogLevelRequest) -> None:
    """A gateway says nothing to this."""
