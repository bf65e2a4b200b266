"""Financial advisors, families of accounts, soft dollars, the login."""

from __future__ import annotations

from ibfast.schema import (
    FamilyCode,
    FamilyCodes,
    FamilyCodesRequest,
    FAReplace,
    FARequest,
    ReceiveFA,
    ReplaceFAEnd,
    SoftDollarTiers,
    SoftDollarTiersRequest,
    UserInfo,
    UserInfoRequest,
)
from ibfast.schema.order import SoftDollarTier
from ibfast.schema.versions import V
from ibfast.simulator.handlers.registry import answers
from ibfast.simulator.orders.advisor import ALIASES, GROUPS, PROFILES, Advisor, FAError
from ibfast.simulator.refusals import invalid
from ibfast.simulator.session import SimulatorSession

FAMILY = "F1234567A"
TIERS = [SoftDollarTier(name="Research", value="R", display_name="Research"),
         SoftDollarTier(name="Execution", value="E", display_name="Execution")]  # fmt: skip


@answers(FARequest)
def request_fa(session: SimulatorSession, request: FARequest) -> None:
    advisor = _advisor(session, -1, request.fa_data_type or 0)
    if advisor is not None:
        kind = request.fa_data_type or 0
        session.send(ReceiveFA(fa_data_type=kind, xml=advisor.text(kind)))


@answers(FAReplace)
def replace_fa(session: SimulatorSession, request: FAReplace) -> None:
    req_id = request.req_id or 0
    advisor = _advisor(session, req_id, request.fa_data_type or 0)
    if advisor is None:
        return
    try:
        advisor.replace(request.fa_data_type or 0, request.xml or "")
    except FAError as error:
        session.refuse(req_id, *invalid(str(error)))
    else:
        session.send(ReplaceFAEnd(req_id=req_id, text="success"))


def _advisor(session: SimulatorSession, req_id: int, kind: int) -> Advisor | None:
    """The advisor whose configuration a request is for; the client is told if there is no such part of it."""
    advisor = session.gateway.advisor
    old = session.protocol.server_version < V.FA_PROFILE_DESUPPORT
    if advisor is None:
        session.refuse(req_id, *invalid("FA data operations ignored for non FA customers."))
    elif kind not in ((GROUPS, PROFILES, ALIASES) if old else (GROUPS, ALIASES)):
        session.refuse(req_id, *invalid("Invalid FA data type"))
    else:
        return advisor
    return None


@answers(FamilyCodesRequest)
def family_codes(session: SimulatorSession, request: FamilyCodesRequest) -> None:
    """Accounts of an advisor are one family; another account has none."""
    code = FAMILY if session.gateway.advisor is not None else ""
    found = [FamilyCode(account_id=name, family_code=code) for name in session.gateway.accounts]
    session.send(FamilyCodes(family_codes=found))


@answers(SoftDollarTiersRequest)
def soft_dollar_tiers(session: SimulatorSession, request: SoftDollarTiersRequest) -> None:
    tiers = TIERS if session.gateway.advisor is not None else []
    session.send(SoftDollarTiers(req_id=request.req_id, soft_dollar_tiers=tiers))


@answers(UserInfoRequest)
def user_info(session: SimulatorSession, request: UserInfoRequest) -> None:
    """The simulator is nobody's white brand."""
    session.send(UserInfo(req_id=request.req_id, white_branding_id=""))
