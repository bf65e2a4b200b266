"""One contract out of a description: what IB lists for it, told apart and filled in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from ibfast.contracts.trading_hours import exchange_zone
from ibfast.errors import AmbiguousContract, RequestError
from ibfast.schema import ContractData
from ibfast.schema.contract import Contract
from ibfast.schema.contract_validation import RIGHTS
from ibfast.times import parse_time

IDENTITY = (
    "con_id", "symbol", "sec_type", "strike", "multiplier", "exchange", "primary_exch", "currency", "local_symbol",
    "trading_class",
)  # fmt: skip
NOT_FOUND = 200
_DAY = re.compile(r"(\d{8})(.*)", re.ASCII | re.DOTALL)


def the_only(asked: Contract, found: Iterable[ContractData]) -> Contract:
    """The contract that was asked for, filled with what IB says of it.

    Raises:
        AmbiguousContract: several fit. RequestError: none does.
    """
    candidates = distinct(asked, found)
    if not candidates:
        raise RequestError(NOT_FOUND, f"IB lists no contract for {asked!r}", contract=asked)
    if len(candidates) > 1:
        raise AmbiguousContract(asked, candidates)
    return candidates[0]


def distinct(asked: Contract, found: Iterable[ContractData]) -> list[Contract]:
    """The contracts that fit, each once: without an exchange in the question IB lists every exchange of each."""
    by_id: dict[int, Contract] = {}
    for data in found:
        contract = filled(asked, data)
        con_id = contract.con_id or 0
        if con_id not in by_id or contract.exchange == "SMART":
            by_id[con_id] = contract
    return list(by_id.values())


def filled(asked: Contract, found: ContractData) -> Contract:
    """What was asked for, of the same kind, with the fields that name one contract as IB has them."""
    listed = found.contract or Contract()
    facts = {name: value for name in IDENTITY if (value := getattr(listed, name))}
    if listed.right in RIGHTS:
        facts["right"] = RIGHTS[listed.right]
    if day := _DAY.fullmatch(listed.last_trade_date_or_contract_month or ""):
        facts["last_trade_date_or_contract_month"] = day[1]
    if asked.sec_type == "CONTFUT":
        facts["sec_type"] = asked.sec_type
    if asked.exchange:
        facts["exchange"] = asked.exchange
    return asked.replace(**facts)


def last_trade_moment(found: ContractData) -> datetime | None:
    """When a contract is traded for the last time, None if it has no end.

    IB gives the day, for most contracts the minute too; without one it is the end of the day in the exchange's zone.
    """
    contract, details = found.contract or Contract(), found.contract_details
    text = contract.last_trade_date_or_contract_month or contract.last_trade_date or ""
    stated = _DAY.fullmatch(text)
    if stated is None:
        return None
    zone_name = (details and details.time_zone_id) or ""
    zone = exchange_zone(zone_name)
    clock = re.fullmatch(r"[- ]+(\d\d:\d\d(?::\d\d)?)\s*(.*)", stated[2], re.ASCII)
    if clock is None:
        return parse_time(stated[1]).replace(tzinfo=zone) + timedelta(days=1)
    if clock[2] or stated[2].startswith("-"):  # a dash and no zone is UTC
        return parse_time(f"{stated[1]} {clock[1]}").replace(tzinfo=exchange_zone(clock[2]))
    return parse_time(f"{stated[1]} {clock[1]}").replace(tzinfo=zone)
