"""Clock, ids, accounts' names, log level, verification."""

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
    VerifyAndAuthMessageRequest,
    VerifyAndAuthRequest,
    VerifyMessageRequest,
    VerifyRequest,
)
from ibfast.schema.declare import Message
from ibfast.simulator.handlers.registry import answers
from ibfast.simulator.refusals import invalid
from ibfast.simulator.session import SimulatorSession

LOG_LEVELS = range(1, 6)


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
    session.send(ManagedAccounts(accounts_list=session.gateway.accounts_list))


@answers(SetServerLogLevelRequest)
def set_server_log_level(session: SimulatorSession, request: SetServerLogLevelRequest) -> None:
    """A gateway says nothing to a level it knows."""
    if request.log_level not in LOG_LEVELS:
        session.refuse(-1, 319, "Invalid log level")


def verify(session: SimulatorSession, request: Message) -> None:
    """Which is for IB's own programs."""
    session.refuse(-1, *invalid("Intent to authenticate needs to be expressed during initial connect request."))


for _cls in (VerifyRequest, VerifyMessageRequest, VerifyAndAuthRequest, VerifyAndAuthMessageRequest):
    answers(_cls)(verify)
