"""Live data: L1, snapshots, tick by tick."""

from ibfast.schema import (
    CancelMarketData,
    CancelTickByTick,
    DeltaNeutralValidation,
    MarketDataRequest,
    MarketDataTypeRequest,
    RerouteMarketDataRequest,
    TickByTickRequest,
    TickSnapshotEnd,
)
from ibfast.schema.declare import Message
from ibfast.simulator.handlers.history import start_task
from ibfast.simulator.handlers.registry import answers
from ibfast.simulator.handlers.subscriptions import cancel, is_free, lacks, no_rights
from ibfast.simulator.market.generic_ticks import GenericTicks, IncorrectGenericTicksError
from ibfast.simulator.market.universe import Instrument
from ibfast.simulator.refusals import invalid
from ibfast.simulator.session import SimulatorSession
from ibfast.simulator.streams.historical_ticks import MOST_TICKS, before
from ibfast.simulator.streams.ticks import (
    DELAYED,
    DELAYED_FROZEN,
    FROZEN,
    REAL_TIME,
    TICK_BY_TICK,
    L1Stream,
    MidPointStream,
    QuoteStream,
    Suspension,
    TradeStream,
    tick_by_tick,
)


@answers(MarketDataTypeRequest)
def market_data_type(session: SimulatorSession, request: MarketDataTypeRequest) -> None:
    """For the subscriptions to come."""
    if request.market_data_type not in (REAL_TIME, FROZEN, DELAYED, DELAYED_FROZEN):
        session.refuse(-1, *invalid("Please enter a valid market data type"))
        return
    session.market_data_type = request.market_data_type


@answers(MarketDataRequest)
def market_data(session: SimulatorSession, request: MarketDataRequest) -> None:
    req_id, once = request.req_id or 0, bool(request.snapshot or request.regulatory_snapshot)
    if not is_free(session, req_id):
        return
    instrument = session.find_one(req_id, request.contract)
    if instrument is None:
        return
    if instrument.reroute:
        con_id, exchange = instrument.reroute.split()
        session.send(RerouteMarketDataRequest(req_id=req_id, con_id=int(con_id), exchange=exchange))
        return
    stream = _stream(session, request, instrument, once)
    if stream is None or not _is_entitled(session, stream):
        return
    hedge = request.contract.delta_neutral_contract if request.contract else None
    if hedge is not None:
        session.send(DeltaNeutralValidation(req_id=req_id, delta_neutral_contract=hedge))
    for message in [*stream.opening(), *_closed(session, stream)]:
        session.send(message)
    if once:
        session.send(TickSnapshotEnd(req_id=req_id))
        return
    session.pump.add(stream)
    if stream.generic is not None and stream.generic.is_slow:
        start_task(session, request, _send_slow(session, stream.generic))


def _stream(
    session: SimulatorSession, request: MarketDataRequest, instrument: Instrument, once: bool
) -> L1Stream | None:
    """What is asked for; the client is told if its generic ticks are not to be had."""
    req_id, market, listed = request.req_id or 0, session.gateway.market, request.generic_tick_list or ""
    if once and listed:
        session.refuse(req_id, *invalid("Snapshot market data subscription is not applicable to generic ticks"))
        return None
    try:
        generic = GenericTicks(req_id, instrument, market, listed)
    except IncorrectGenericTicksError as error:
        session.refuse(req_id, *invalid(str(error)))
        return None
    return L1Stream(req_id, instrument, market, session.market_data_type, generic)


async def _send_slow(session: SimulatorSession, generic: GenericTicks) -> None:
    for message in await generic.slow():
        session.send(message)


def _closed(session: SimulatorSession, stream: L1Stream) -> list[Message]:
    """What is said of bid and ask of a closed exchange, where the simulator keeps its hours."""
    market = session.gateway.market
    now_s = market.now_s()
    is_open = stream.instrument.hours.latest(now_s + 1).end > now_s
    if not session.gateway.keeps_hours or is_open or stream.market_data_type != REAL_TIME:
        return []
    return stream.suspend_quotes(Suspension())


def _is_entitled(session: SimulatorSession, stream: L1Stream) -> bool:
    """Whether the login may have these data; the client is told if not, and if they come late because of that."""
    own = stream.instrument
    if own.live:
        return True
    if stream.market_data_type in (DELAYED, DELAYED_FROZEN):
        session.refuse(stream.req_id, 10167, "Requested market data is not subscribed. Displaying delayed market data.")
        return True
    what = f"Delayed market data is available.{own.contract['local_symbol']} {own.contract['exchange']}/TOP/ALL"
    if own.contract["sec_type"] == "FUT":
        session.refuse(stream.req_id, 354, f"Requested market data is not subscribed.{what}")
        return False
    session.send(stream.params())
    text = (
        "Requested market data requires additional subscription for API. See link in 'Market Data Connections' dialog "
        f"for more details.{what}"
    )
    session.refuse(stream.req_id, 10089, text)
    return False


@answers(CancelMarketData)
def cancel_market_data(session: SimulatorSession, request: CancelMarketData) -> None:
    req_id = request.req_id or 0
    if cancel(session, req_id, L1Stream) and req_id in session.tasks:
        session.tasks.pop(req_id).cancel()


@answers(TickByTickRequest)
def tick_by_tick_data(session: SimulatorSession, request: TickByTickRequest) -> None:
    req_id = request.req_id or 0
    if request.tick_type not in TICK_BY_TICK:
        session.refuse(req_id, *invalid("Please enter a valid tick-by-tick type"))
        return
    if not is_free(session, req_id):
        return
    instrument = session.find_one(req_id, request.contract)
    if instrument is None:
        return
    if not instrument.live or lacks(instrument, request.tick_type):
        session.refuse(req_id, 10189, f"Failed to request tick-by-tick data.{no_rights(instrument)}")
        return
    if (request.number_of_ticks or 0) > MOST_TICKS:
        session.refuse(req_id, *invalid(f"Number of ticks must be at most {MOST_TICKS}"))
        return
    stream = tick_by_tick(request.tick_type, req_id, instrument, session.gateway.market)
    if request.number_of_ticks:
        session.send(before(stream, request.tick_type, request.number_of_ticks, bool(request.ignore_size)))
    session.pump.add(stream)


@answers(CancelTickByTick)
def cancel_tick_by_tick(session: SimulatorSession, request: CancelTickByTick) -> None:
    cancel(session, request.req_id or 0, TradeStream, QuoteStream, MidPointStream)
