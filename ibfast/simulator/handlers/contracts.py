"""Contract details, symbols, market rules, option chains."""

from ibfast.schema import (
    CancelContractData,
    Contract,
    ContractDataEnd,
    ContractDataRequest,
    ContractDescription,
    MarketRule,
    MarketRuleRequest,
    MatchingSymbolsRequest,
    PriceIncrement,
    SecDefOptParameter,
    SecDefOptParameterEnd,
    SecDefOptParamsRequest,
    SymbolSamples,
)
from ibfast.schema.versions import V
from ibfast.simulator.handlers.registry import answers
from ibfast.simulator.market.universe import Instrument
from ibfast.simulator.messages import contract_data
from ibfast.simulator.refusals import invalid
from ibfast.simulator.session import SimulatorSession


@answers(ContractDataRequest)
def contract_details(session: SimulatorSession, request: ContractDataRequest) -> None:
    req_id, contract = request.req_id or 0, request.contract or Contract()
    if contract.strike == 0.0 and session.protocol.server_version >= V.PROTOBUF_CONTRACT_DATA:
        return  # gateways leave such a request without an answer
    found = session.find(contract)
    if isinstance(found, tuple):
        session.refuse(req_id, *found)
        return
    for instrument in found:
        today = instrument.hours.local_date(session.gateway.market.now_s())
        session.send(contract_data(instrument, contract, req_id, today))
    session.send(ContractDataEnd(req_id=req_id))


@answers(CancelContractData)
def cancel_contract_details(session: SimulatorSession, request: CancelContractData) -> None:
    """Answers are complete before a cancel can arrive."""


@answers(MatchingSymbolsRequest)
def matching_symbols(session: SimulatorSession, request: MatchingSymbolsRequest) -> None:
    found = session.gateway.market.universe.matching(request.pattern or "")
    samples = [_description(session, instrument) for instrument in found]
    session.send(SymbolSamples(req_id=request.req_id, contract_descriptions=samples))


def _description(session: SimulatorSession, instrument: Instrument) -> ContractDescription:
    own, universe = instrument.contract, session.gateway.market.universe
    derivatives = (item for item in universe.instruments() if item.details.get("under_con_id") == own["con_id"])
    contract = Contract(
        con_id=own["con_id"], symbol=own["symbol"], sec_type=own["sec_type"],
        primary_exch=own.get("primary_exch", own["exchange"]), currency=own.get("currency"),
        description=instrument.details.get("long_name"),
    )  # fmt: skip
    return ContractDescription(
        contract=contract, derivative_sec_types=sorted({derivative.contract["sec_type"] for derivative in derivatives})
    )


@answers(MarketRuleRequest)
def market_rule(session: SimulatorSession, request: MarketRuleRequest) -> None:
    steps = session.gateway.market.universe.market_rules.get(str(request.market_rule_id))
    if steps is None:
        session.refuse(-1, *invalid("Invalid market rule id"))
        return
    increments = [PriceIncrement(low_edge=float(edge), increment=step) for edge, step in steps]
    session.send(MarketRule(market_rule_id=request.market_rule_id, price_increments=increments))


@answers(SecDefOptParamsRequest)
def option_chain(session: SimulatorSession, request: SecDefOptParamsRequest) -> None:
    universe = session.gateway.market.universe
    if universe.by_con_id(request.underlying_con_id or 0) is None:
        session.refuse(request.req_id or 0, *invalid("Invalid contract id"))
        return
    options = [
        instrument
        for instrument in universe.instruments()
        if instrument.contract["sec_type"] in ("OPT", "FOP")
        and instrument.details["under_con_id"] == request.underlying_con_id
    ]
    if options:
        first = options[0]
        expirations = sorted({option.contract["last_trade_date_or_contract_month"] for option in options})
        strikes = sorted({option.contract["strike"] for option in options})
        exchanges = first.details["valid_exchanges"].split(",")
        for exchange in [item for item in exchanges if request.fut_fop_exchange in (None, "", item)]:
            session.send(
                SecDefOptParameter(
                    req_id=request.req_id, exchange=exchange, underlying_con_id=request.underlying_con_id,
                    trading_class=first.contract["trading_class"], multiplier=f"{first.multiplier:g}",
                    expirations=expirations, strikes=strikes,
                )
            )  # fmt: skip
    session.send(SecDefOptParameterEnd(req_id=request.req_id))
