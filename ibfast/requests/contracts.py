"""Requests about contracts."""

from __future__ import annotations

from ibfast.contract import Contract
from ibfast.requests.base import Requests
from ibfast.schema import CancelContractData, ContractData, ContractDataEnd, ContractDataRequest


class ContractRequests(Requests):
    """What IB knows of a contract."""

    async def contract_details(self, contract: Contract) -> list[ContractData]:
        """Every contract that fits the description, with what IB knows of each.

        Raises:
            RequestError: ``code`` 200, no contract fits.
        """
        request = ContractDataRequest(contract=contract)
        answer = await self._connection.ask(request, cancel=CancelContractData, end=ContractDataEnd)
        return answer.parts
