"""Messages made of the universe's facts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from ibfast._codec import Kind
from ibfast.schema import Contract, ContractData, ContractDetails, IneligibilityReason
from ibfast.schema.declare import Message
from ibfast.simulator.market.universe import Instrument, Query

M = TypeVar("M", bound=Message)


def message_of(cls: type[M], facts: dict[str, Any]) -> M:
    """A message of plain values; decimals stand as text in the facts."""
    fields = cls.__fields__
    return cls(
        **{
            name: Decimal(value) if fields[name].kind == Kind.DECIMAL and isinstance(value, str) else value
            for name, value in facts.items()
        }
    )


def contract_of(instrument: Instrument, asked: Query | None = None) -> Contract:
    """The full contract; on the exchange that was asked for, if one was."""
    contract = message_of(Contract, instrument.contract)
    exchange = asked.exchange if asked is not None else None
    return contract.replace(exchange=exchange) if exchange else contract


def held_contract(instrument: Instrument) -> Contract:
    """The contract of a position: on the exchange that lists a stock, on none otherwise, as recorded."""
    contract = contract_of(instrument)
    return contract.replace(exchange=contract.primary_exch or None, primary_exch=None)


def contract_data(instrument: Instrument, asked: Query, req_id: int, today: date) -> ContractData:
    """One answer to a request for contract details."""
    hours = instrument.hours
    facts = {**instrument.details}
    reasons = [IneligibilityReason(**reason) for reason in facts.pop("ineligibility_reason_list", [])]
    details = message_of(ContractDetails, facts).replace(
        time_zone_id=hours.time_zone_id,
        trading_hours=hours.text(today),
        liquid_hours=hours.text(today, liquid=True),
        ineligibility_reason_list=reasons,
    )
    contract = contract_of(instrument, asked)
    expiry = contract.last_trade_date_or_contract_month
    if instrument.last_trade_time:
        full = f"{expiry} {instrument.last_trade_time} {hours.time_zone_id}"
        contract = contract.replace(last_trade_date_or_contract_month=full, last_trade_date=expiry)
    return ContractData(req_id=req_id, contract=contract, contract_details=details)
