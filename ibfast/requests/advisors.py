"""For financial advisors: groups and aliases, families of accounts, soft dollars."""

from __future__ import annotations

from enum import IntEnum

from ibfast.requests.base import Requests
from ibfast.schema import (
    FamilyCode,
    FamilyCodes,
    FamilyCodesRequest,
    FAReplace,
    FARequest,
    ReceiveFA,
    SoftDollarTier,
    SoftDollarTiersRequest,
)


class FADataType(IntEnum):
    """The parts of an advisor's configuration; servers from 177 on have no profiles."""

    GROUPS = 1
    PROFILES = 2
    ALIASES = 3


class AdvisorRequests(Requests):
    """What an advisor configures."""

    async def family_codes(self) -> list[FamilyCode]:
        """The family of each account."""
        return list((await self._connection.ask_shared(FamilyCodesRequest(), FamilyCodes)).family_codes)

    async def soft_dollar_tiers(self) -> list[SoftDollarTier]:
        """The soft dollar tiers of the login; none for most."""
        answer = await self._connection.ask(SoftDollarTiersRequest())
        return list(answer.parts[0].soft_dollar_tiers)

    async def request_fa(self, fa_data_type: int) -> str:
        """A part of the advisor's configuration, as XML; see `ibfast.FADataType`.

        A login that is no advisor's gets no answer.

        Raises:
            RequestTimeout: TWS refused, which it does without an id, or did not answer.
        """
        request = FARequest(fa_data_type=FADataType(fa_data_type).value)
        return (await self._connection.ask_shared(request, ReceiveFA, key="fa_data_type")).xml or ""

    async def replace_fa(self, fa_data_type: int, xml: str) -> str:
        """Replace a part of the advisor's configuration; what TWS says to that.

        Raises:
            RequestError: TWS refused.
        """
        request = FAReplace(fa_data_type=FADataType(fa_data_type).value, xml=xml)
        answer = await self._connection.ask(request)
        return answer.parts[0].text or ""
