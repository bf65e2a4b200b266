"""Past data."""

from __future__ import annotations

from datetime import datetime

from ibfast.bars import Bars
from ibfast.contract import Contract
from ibfast.enums import BarSize, WhatToShow
from ibfast.records import Rows
from ibfast.requests.base import Requests
from ibfast.schema import CancelHistoricalData, HistoricalDataEnd, HistoricalDataRequest
from ibfast.schema.versions import V
from ibfast.times import format_time

MOST_BARS = 10_000_000  # more than a frame can hold


class HistoryRequests(Requests):
    """Bars of the past."""

    async def historical_data(
        self,
        contract: Contract,
        *,
        duration: str,
        bar_size: str = BarSize.MIN_1,
        what_to_show: str = WhatToShow.TRADES,
        use_rth: bool = True,
        end: datetime | None = None,
    ) -> Bars:
        """Bars up to ``end`` (now, if it is not given), oldest first.

        ``duration`` is a number and S, D, W, M or Y; ``bar_size`` one of IB's, from "1 secs" to "1 month".
        TWS allows 60 of these in ten minutes and no repeat within 15 seconds.

        Raises:
            RequestError: TWS refused; ``code`` 200 is an unknown contract, 162 a failed query.
        """
        request = HistoricalDataRequest(
            contract=contract,
            end_date_time=format_time(end) if end is not None else None,
            bar_size_setting=str(bar_size),
            duration=duration,
            use_rth=use_rth,
            what_to_show=str(what_to_show),
            format_date=2,
            keep_up_to_date=False,
        )
        alone = self.server_version < V.HISTORICAL_DATA_END  # one message is the whole answer
        end_type = None if alone else HistoricalDataEnd
        rows = Rows("bar", lambda: None, policy="grow", capacity=MOST_BARS)
        answer = await self._connection.ask(request, cancel=CancelHistoricalData, end=end_type, rows=rows)
        span = answer.ending or answer.parts[-1]
        unusual = [bar for part in answer.parts for bar in part.historical_data_bars]
        return Bars.from_answer(rows, unusual, span.start_date_str or "", span.end_date_str or "")
