"""Market scanners."""

from __future__ import annotations

from ibfast import schema
from ibfast.error_codes import RequestKind, Signal, find
from ibfast.requests.base import Requests
from ibfast.scanner import ScannerParameters
from ibfast.schema import (
    CancelScannerSubscription,
    ErrorMessage,
    ScannerData,
    ScannerDataElement,
    ScannerParametersRequest,
    ScannerSubscription,
    ScannerSubscriptionRequest,
)
from ibfast.streams.updates import RequestSource, Updates

ScannerRows = list[ScannerDataElement]


class ScannerRequests(Requests):
    """Looking for contracts."""

    async def scanner_parameters(self) -> ScannerParameters:
        """What scanners can look for: instruments, locations, scan codes, filters. About two megabytes come."""
        answer = await self._connection.ask_shared(ScannerParametersRequest(), schema.ScannerParameters)
        return self._connection.read(lambda item: ScannerParameters.from_xml(item.xml or ""), answer)

    async def scan(self, subscription: ScannerSubscription) -> ScannerRows:
        """What a scanner finds now, best rank first: at most 50 contracts.

        ::

            await client.scan(
                ScannerSubscription(instrument="STK", location_code="STK.US.MAJOR", scan_code="TOP_PERC_GAIN")
            )

        Raises:
            RequestError: ``code`` 162, the scan failed; 165, it found nothing; 321, a code that TWS does not know.
        """
        request = ScannerSubscriptionRequest(scanner_subscription=subscription)
        answer = await self._connection.ask(request, cancel=CancelScannerSubscription)
        self._connection.send(CancelScannerSubscription(req_id=request.req_id))  # else it goes on
        return _ranked(answer.parts[0])

    def scanner_updates(self, subscription: ScannerSubscription) -> Updates[ScannerRows]:
        """As `scan`, and the whole list again about every 30 seconds; it is empty while nothing is found.

        TWS allows ten of these at a time.
        """
        request = ScannerSubscriptionRequest(scanner_subscription=subscription)
        return Updates(
            RequestSource(self._connection, request, CancelScannerSubscription), _ranked, of_notice=_nothing_found
        )


def _ranked(message: ScannerData) -> ScannerRows:
    return sorted(message.scanner_data_element, key=lambda item: item.rank or 0)


def _nothing_found(notice: ErrorMessage) -> ScannerRows | None:
    """An empty list, if TWS says that a scanner finds nothing at present."""
    row = find(notice.error_code or 0, RequestKind.SCANNER, notice.error_msg or "")
    return [] if row.signal is Signal.NOTHING_FOUND else None
