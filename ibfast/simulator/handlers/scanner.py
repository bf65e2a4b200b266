"""Market scanners."""

from ibfast.schema import (
    CancelScannerSubscription,
    ScannerParameters,
    ScannerParametersRequest,
    ScannerSubscription,
    ScannerSubscriptionRequest,
)
from ibfast.simulator.handlers.history import no_data
from ibfast.simulator.handlers.registry import answers
from ibfast.simulator.handlers.subscriptions import is_free
from ibfast.simulator.session import SimulatorSession
from ibfast.simulator.streams.scanner import ScannerStream, UnknownScanError, parameters

QUERY_SAYS = "Historical Market Data Service query message:"


@answers(ScannerParametersRequest)
def scanner_parameters(session: SimulatorSession, request: ScannerParametersRequest) -> None:
    session.send(ScannerParameters(xml=parameters()))


@answers(ScannerSubscriptionRequest)
def scanner_subscription(session: SimulatorSession, request: ScannerSubscriptionRequest) -> None:
    """What is found now, and again every half minute."""
    req_id = request.req_id or 0
    if not is_free(session, req_id):
        return
    try:
        stream = ScannerStream(req_id, session.gateway.market, request.scanner_subscription or ScannerSubscription())
    except UnknownScanError as error:
        session.refuse(req_id, *no_data("Scanner subscription failed: ", error))
        return
    found = stream.look()
    rows = len(found.scanner_data_element)
    if rows < stream.found:
        session.refuse(req_id, 165, f"{QUERY_SAYS}{rows} out of {stream.found} items retrieved")
    if rows:
        session.send(found)
    else:
        session.refuse(req_id, 165, f"{QUERY_SAYS}no items retrieved")
    session.pump.add(stream)


@answers(CancelScannerSubscription)
def cancel_scanner_subscription(session: SimulatorSession, request: CancelScannerSubscription) -> None:
    req_id = request.req_id or 0
    if isinstance(session.pump.streams.get(req_id), ScannerStream):
        session.pump.remove(req_id)
        session.refuse(req_id, *no_data("API scanner subscription cancelled: ", req_id))
    else:
        session.refuse(req_id, 300, f"Can't find EId with tickerId:{req_id}")
