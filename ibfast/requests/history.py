"""Past data."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from ibfast.arguments import one_of
from ibfast.bars import Bars
from ibfast.enums import BarSize, WhatToShow
from ibfast.errors import DecodeError
from ibfast.history import Histogram, Pages, PastTicks, Schedule
from ibfast.records import Rows
from ibfast.requests.base import Requests
from ibfast.schema import (
    CancelHeadTimestamp,
    CancelHistogramData,
    CancelHistoricalData,
    CancelHistoricalTicks,
    HeadTimestamp,
    HeadTimestampRequest,
    HistogramDataRequest,
    HistoricalData,
    HistoricalDataEnd,
    HistoricalDataRequest,
    HistoricalTicks,
    HistoricalTicksBidAsk,
    HistoricalTicksLast,
    HistoricalTicksRequest,
)
from ibfast.schema.contract import Contract
from ibfast.schema.declare import Message
from ibfast.schema.versions import V
from ibfast.streams.bar_updates import BarUpdates
from ibfast.times import aware, format_time, parse_time

MOST_BARS = 10_000_000  # more than a frame can hold
TICKS_A_PAGE = 1_000  # IB's limit
_BAR_SIZES = frozenset(map(str, BarSize))
_DURATION = re.compile(r"\d+ [SDWMY]", re.ASCII)
_TICK_KINDS = {
    WhatToShow.TRADES: "past_last",
    WhatToShow.BID_ASK: "past_bid_ask",
    WhatToShow.MIDPOINT: "past_mid_point",
}

_TICK_MESSAGES: dict[str, type[Message]] = {
    "past_last": HistoricalTicksLast,
    "past_bid_ask": HistoricalTicksBidAsk,
    "past_mid_point": HistoricalTicks,
}


class HistoryRequests(Requests):
    """Bars, ticks, schedules and histograms of the past."""

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

        ``duration`` is a number, a blank and S, D, W, M or Y; ``bar_size`` one of IB's, from "1 secs" to "1 month".
        TWS allows 60 of these in ten minutes and no repeat within 15 seconds.

        Raises:
            RequestError: TWS refused; ``code`` 200 is an unknown contract, 162 a failed query.
        """
        request = _bars_request(contract, duration, bar_size, what_to_show, use_rth, end)
        end_type = None if self._bars_come_alone else HistoricalDataEnd
        rows = Rows("bar", lambda: None, policy="grow", capacity=MOST_BARS)
        answer = await self._connection.ask(request, cancel=CancelHistoricalData, end=end_type, rows=rows)
        return self._connection.read(
            lambda last: _bars(rows, answer.parts, last), answer.end_message or answer.parts[-1]
        )

    def keep_up_to_date(
        self,
        contract: Contract,
        *,
        duration: str,
        bar_size: str = BarSize.MIN_1,
        what_to_show: str = WhatToShow.TRADES,
        use_rth: bool = True,
    ) -> BarUpdates:
        """Bars up to now as the first batch, then the newest bar each time it changes.

        As `historical_data`; bars of less than five seconds cannot be kept up to date.
        """
        request = _bars_request(contract, duration, bar_size, what_to_show, use_rth, None)
        request.keep_up_to_date = True
        end_type = HistoricalData if self._bars_come_alone else HistoricalDataEnd
        return BarUpdates(self._connection, request, CancelHistoricalData, end=end_type, capacity=MOST_BARS)

    @property
    def _bars_come_alone(self) -> bool:
        """Whether one message is the whole answer to a request for bars."""
        return self.server_version < V.HISTORICAL_DATA_END

    async def historical_schedule(
        self, contract: Contract, *, duration: str, use_rth: bool = True, end: datetime | None = None
    ) -> Schedule:
        """The trading sessions of so many days, weeks, months or years up to ``end``, or now."""
        request = _bars_request(contract, duration, BarSize.DAY_1, "SCHEDULE", use_rth, end)
        answer = await self._connection.ask(request, cancel=CancelHistoricalData)
        return self._connection.read(Schedule.from_message, answer.parts[-1])

    async def head_timestamp(
        self, contract: Contract, *, what_to_show: str = WhatToShow.TRADES, use_rth: bool = True
    ) -> datetime:
        """When the history of a contract begins."""
        request = HeadTimestampRequest(
            contract=contract, use_rth=use_rth, what_to_show=str(what_to_show), format_date=2
        )
        answer = await self._connection.ask(request, cancel=CancelHeadTimestamp)
        self._connection.send(CancelHeadTimestamp(req_id=request.req_id))  # else it counts as open for TWS
        return self._connection.read(_moment, answer.parts[-1])

    async def histogram(self, contract: Contract, *, period: str, use_rth: bool = True) -> Histogram:
        """How much was traded at which price in the last ``period``: a number and days, weeks or months ("3 days")."""
        request = HistogramDataRequest(contract=contract, use_rth=use_rth, time_period=period)
        answer = await self._connection.ask(request, cancel=CancelHistogramData)
        return self._connection.read(Histogram.from_message, answer.parts[-1])

    async def historical_ticks(
        self,
        contract: Contract,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        number_of_ticks: int = TICKS_A_PAGE,
        what_to_show: str = WhatToShow.TRADES,
        use_rth: bool = True,
        ignore_size: bool = False,
    ) -> PastTicks:
        """So many ticks from ``start`` on, or up to ``end``: TRADES, BID_ASK or MIDPOINT.

        Whole seconds come, so there may be more than ``number_of_ticks``, which is 1000 at most. ``ignore_size``
        leaves out quotes that change a size only.

        Raises:
            RequestError: TWS refused; ``code`` 162 is a failed query.
        """
        if (start is None) == (end is None):
            raise ValueError("start, end: past ticks are from a start on or up to an end; give one of them")
        if what_to_show not in _TICK_KINDS:
            one_of("what_to_show", what_to_show, _TICK_KINDS)
        request = HistoricalTicksRequest(
            contract=contract,
            start_date_time=format_time(start, "start") if start is not None else None,
            end_date_time=format_time(end) if end is not None else None,
            number_of_ticks=number_of_ticks,
            what_to_show=str(what_to_show),
            use_rth=use_rth,
            ignore_size=ignore_size,
        )
        kind = _TICK_KINDS[WhatToShow(what_to_show)]
        rows = Rows(kind, lambda: None, policy="grow", capacity=MOST_BARS)
        answer = await self._connection.ask(
            request, cancel=CancelHistoricalTicks, rows=rows, is_final=lambda part: bool(part.is_done)
        )
        for part in answer.parts:
            self._connection.read(lambda part: _check_kind(part, kind), part)
        return PastTicks(rows.take())

    async def historical_ticks_between(
        self,
        contract: Contract,
        *,
        start: datetime,
        end: datetime,
        what_to_show: str = WhatToShow.TRADES,
        use_rth: bool = True,
        ignore_size: bool = False,
    ) -> AsyncIterator[PastTicks]:
        """All ticks from ``start`` to before ``end``, page after page, each of them once.

        Ten days in a row without a tick end it too. As `historical_ticks`; a page is one request to TWS.

        Raises:
            IbfastError: a page that lies before its start altogether, so that nothing says where to go on.
            RequestError: as `historical_ticks`.
        """
        aware(start, "start"), aware(end, "end")
        pages = Pages(int(start.timestamp()), int(end.timestamp()))
        while not pages.are_done:
            page = await self.historical_ticks(
                contract,
                start=datetime.fromtimestamp(pages.next_s, UTC),
                what_to_show=what_to_show,
                use_rth=use_rth,
                ignore_size=ignore_size,
            )
            new = pages.take(page.records)
            if len(new):
                yield PastTicks(new)


def _bars_request(
    contract: Contract, duration: str, bar_size: str, what_to_show: str, use_rth: bool, end: datetime | None
) -> HistoricalDataRequest:
    if not _DURATION.fullmatch(duration):
        raise ValueError(f"duration: {duration!r} is not a number and one of S, D, W, M, Y, such as '2 D'")
    if bar_size not in _BAR_SIZES:
        one_of("bar_size", bar_size, BarSize)
    return HistoricalDataRequest(
        contract=contract,
        end_date_time=format_time(end) if end is not None else None,
        bar_size_setting=str(bar_size),
        duration=duration,
        use_rth=use_rth,
        what_to_show=str(what_to_show),
        format_date=2,
        keep_up_to_date=False,
    )


def _bars(rows: Rows, parts: list[HistoricalData], last: HistoricalData | HistoricalDataEnd) -> Bars:
    unusual = [bar for part in parts for bar in part.historical_data_bars]
    return Bars.from_answer(rows, unusual, last.start_date_str or "", last.end_date_str or "")


def _check_kind(part: Message, kind: str) -> None:
    """Ticks of another kind than was asked for are in no record."""
    if type(part) is not _TICK_MESSAGES[kind]:
        raise DecodeError(type(part).__name__, "req_id", 0, f"no answer to a request for {kind} records", b"")


def _moment(answer: HeadTimestamp) -> datetime:
    text = answer.head_timestamp or ""
    try:
        return parse_time(text)
    except ValueError:
        reason = "not a time of the TWS API"
        raise DecodeError("HeadTimestamp", "head_timestamp", 0, reason, text.encode()) from None
