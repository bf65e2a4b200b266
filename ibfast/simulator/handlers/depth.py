"""Order books, and the exchanges behind them."""

from ibfast.schema import (
    CancelMarketDepth,
    DepthMarketDataDescription,
    MarketDepthExchanges,
    MarketDepthExchangesRequest,
    MarketDepthRequest,
    RerouteMarketDepthRequest,
    SmartComponent,
    SmartComponents,
    SmartComponentsRequest,
)
from ibfast.simulator.handlers.registry import answers
from ibfast.simulator.handlers.subscriptions import is_free
from ibfast.simulator.market.universe import Instrument
from ibfast.simulator.refusals import invalid
from ibfast.simulator.session import SimulatorSession
from ibfast.simulator.streams.depth import DepthStream, makers_of
from ibfast.simulator.streams.ticks import BBO_EXCHANGES

SHALLOW = ("IND", "BOND", "FUND", "NEWS", "BAG", "WAR")
UNSUPPORTED = (10092, "Deep market data is not supported for this combination of security type/exchange")
LETTERS = (
    ("AMEX", "A"), ("BEX", "B"), ("NYSENAT", "C"), ("FINRA", "D"), ("MIAX", "E"), ("ISE", "I"), ("EDGEA", "J"),
    ("DRCTEDGE", "K"), ("NYSE", "N"), ("ARCA", "P"), ("NASDAQ", "T"), ("CHX", "M"), ("IEX", "V"), ("CBOE", "W"),
    ("PHLX", "X"), ("BATS", "Z"), ("BYX", "Y"), ("MEMX", "U"), ("LTSE", "L"), ("PEARL", "H"),
)  # fmt: skip


@answers(MarketDepthRequest)
def market_depth(session: SimulatorSession, request: MarketDepthRequest) -> None:
    """The whole book, then its changes."""
    req_id, smart = request.req_id or 0, bool(request.is_smart_depth)
    if (request.num_rows or 0) <= 0:
        session.refuse(req_id, *invalid("Please enter a valid number of rows"))
        return
    if not is_free(session, req_id):
        return
    instrument = session.find_one(req_id, request.contract)
    if instrument is None:
        return
    if instrument.reroute:
        con_id, exchange = instrument.reroute.split()
        session.send(RerouteMarketDepthRequest(req_id=req_id, con_id=int(con_id), exchange=exchange))
        return
    exchange = (request.contract and request.contract.exchange) or instrument.contract["exchange"]
    if _is_shallow(instrument, exchange, smart):
        session.refuse(req_id, *UNSUPPORTED)
        return
    makers = makers_of(instrument, exchange, smart)
    stream = DepthStream(req_id, instrument, session.gateway.market, request.num_rows or 0, makers, smart)
    for message in stream.opening():
        session.send(message)
    session.pump.add(stream)


@answers(CancelMarketDepth)
def cancel_market_depth(session: SimulatorSession, request: CancelMarketDepth) -> None:
    req_id = request.req_id or 0
    stream = session.pump.streams.get(req_id)
    if isinstance(stream, DepthStream) and stream.smart == bool(request.is_smart_depth):
        session.pump.remove(req_id)
    else:
        session.refuse(req_id, 310, f"Can't find the subscribed market depth with tickerId:{req_id}")


@answers(MarketDepthExchangesRequest)
def market_depth_exchanges(session: SimulatorSession, request: MarketDepthExchangesRequest) -> None:
    """Every exchange with a book; smart depth adds up those of one group."""
    seen: dict[tuple[str, str], DepthMarketDataDescription] = {}
    for instrument in session.gateway.market.universe.instruments():
        sec_type = instrument.contract["sec_type"]
        if sec_type in SHALLOW or instrument.reroute:
            continue
        for exchange in instrument.details["valid_exchanges"].split(","):
            named = exchange == "SMART" or sec_type in ("STK", "OPT")
            group = instrument.details.get("agg_group") if exchange == "SMART" else None
            seen[exchange, sec_type] = DepthMarketDataDescription(
                exchange=exchange, sec_type=sec_type, listing_exch="",
                service_data_type="Deep2" if named else "Deep", agg_group=group,
            )  # fmt: skip
    told = [seen[key] for key in sorted(seen)]
    session.send(MarketDepthExchanges(depth_market_data_descriptions=told))


@answers(SmartComponentsRequest)
def smart_components(session: SimulatorSession, request: SmartComponentsRequest) -> None:
    """The letters of an exchange map; a map that no contract has is refused."""
    if request.bbo_exchange not in BBO_EXCHANGES.values():
        session.refuse(request.req_id or 0, *invalid(f"Invalid BBO exchange {request.bbo_exchange}"))
        return
    rows = [
        SmartComponent(bit_number=bit, exchange=exchange, exchange_letter=letter)
        for bit, (exchange, letter) in enumerate(LETTERS)
    ]
    session.send(SmartComponents(req_id=request.req_id, smart_components=rows))


def _is_shallow(instrument: Instrument, exchange: str, smart: bool) -> bool:
    whole_market = exchange == "SMART" and not smart  # SMART itself has no book, only the sum of the others'
    return instrument.contract["sec_type"] in SHALLOW or whole_market or not instrument.live
