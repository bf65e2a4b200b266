"""Historical ticks and histograms."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable

from ibfast.schema import (
    CancelHistogramData,
    CancelHistoricalTicks,
    HistogramData,
    HistogramDataEntry,
    HistogramDataRequest,
    HistoricalTicksRequest,
)
from ibfast.simulator.handlers.history import bad_time, no_data, start_task
from ibfast.simulator.handlers.registry import answers
from ibfast.simulator.handlers.subscriptions import is_free, lacks, no_rights
from ibfast.simulator.market import bars
from ibfast.simulator.market.quotes import QuoteModel, decimal_of
from ibfast.simulator.market.universe import Instrument
from ibfast.simulator.refusals import Refusal, invalid
from ibfast.simulator.session import SimulatorSession
from ibfast.simulator.streams import historical_ticks as past_ticks

SHOWN = ("TRADES", "BID_ASK", "MIDPOINT")
PERIODS = {"second": "S", "minute": "S", "hour": "S", "day": "D", "week": "W", "month": "M", "year": "Y"}
SECONDS = {"second": 1, "minute": 60, "hour": 3600}


@answers(HistoricalTicksRequest)
def historical_ticks(session: SimulatorSession, request: HistoricalTicksRequest) -> None:
    """At least as many ticks as asked for, to the end of a second; fewer only where history ends."""
    req_id = request.req_id or 0
    if not is_free(session, req_id):
        return
    instrument = session.find_one(req_id, request.contract)
    if instrument is None:
        return
    refusal = _refuse(request, instrument)
    if refusal is not None:
        session.refuse(req_id, *refusal)
        return
    start_task(session, request, _ticks(session, request, instrument))


@answers(CancelHistoricalTicks)
def cancel_historical_ticks(session: SimulatorSession, request: CancelHistoricalTicks) -> None:
    _cancel(session, request.req_id or 0, "historical ticks")


@answers(HistogramDataRequest)
def histogram_data(session: SimulatorSession, request: HistogramDataRequest) -> None:
    """The volume of a period by price."""
    req_id = request.req_id or 0
    if not is_free(session, req_id):
        return
    instrument = session.find_one(req_id, request.contract)
    if instrument is None:
        return
    duration = _duration(request.time_period or "")
    if not duration:
        session.refuse(req_id, *invalid(f"Invalid time period: {request.time_period}"))
    elif not instrument.live or lacks(instrument, "TRADES") or not instrument.model.daily_volume:
        session.refuse(req_id, *no_data("HMDS query returned no data: ", no_rights(instrument)))
    else:
        start_task(session, request, _histogram(session, request, instrument, duration))


@answers(CancelHistogramData)
def cancel_histogram_data(session: SimulatorSession, request: CancelHistogramData) -> None:
    _cancel(session, request.req_id or 0, "histogram")


def _refuse(request: HistoricalTicksRequest, instrument: Instrument) -> Refusal | None:
    if request.what_to_show not in SHOWN:
        return invalid(f"Please enter a valid what-to-show: {request.what_to_show}")
    if not 1 <= (request.number_of_ticks or 0) <= past_ticks.MOST_TICKS:
        return invalid(f"Number of ticks must be between 1 and {past_ticks.MOST_TICKS}")
    if bool(request.start_date_time) == bool(request.end_date_time):
        return invalid("Please enter either a start or an end date/time")
    if not instrument.live or lacks(instrument, request.what_to_show):
        return 10187, f"Failed to request historical ticks:{no_rights(instrument)}"
    return None


async def _ticks(session: SimulatorSession, request: HistoricalTicksRequest, instrument: Instrument) -> None:
    req_id, shown, market = request.req_id or 0, request.what_to_show or "", session.gateway.market
    model, now_s, wanted = market.model(instrument), market.now_s(), request.number_of_ticks or 0
    newest, liquid = bool(request.end_date_time), bool(request.use_rth)
    try:
        at = bars.parse_time(request.end_date_time or request.start_date_time or "")
    except bars.BadTimeError:
        session.refuse(req_id, *bad_time())
        return
    spans: Iterable[tuple[int, int]]
    if newest:
        at = min(at, now_s)
        spans = past_ticks.spans_before(instrument.hours.back_from(at, liquid), at)
    else:
        spans = past_ticks.spans_after(instrument.hours.between(at, now_s, liquid), at, now_s)
    ticks = await _enough(model, shown, spans, wanted, newest, bool(request.ignore_size))
    session.send(past_ticks.answer(req_id, shown, past_ticks.whole_seconds(ticks, wanted, newest)))


async def _enough(
    model: QuoteModel, shown: str, spans: Iterable[tuple[int, int]], wanted: int, newest: bool, ignore_size: bool
) -> list[past_ticks.Tick]:
    ticks: list[past_ticks.Tick] = []
    for start_s, end_s in spans:
        made = past_ticks.ticks_between(model, shown, start_s, end_s, ignore_size)
        ticks = made + ticks if newest else ticks + made
        if len(ticks) >= wanted:
            break
        await asyncio.sleep(0)
    return ticks


async def _histogram(
    session: SimulatorSession, request: HistogramDataRequest, instrument: Instrument, duration: str
) -> None:
    market, volumes = session.gateway.market, Counter[int]()
    now_s, model = market.now_s(), market.model(instrument)
    start_s, sessions = bars.sessions_of(instrument.hours, duration, now_s, bool(request.use_rth))
    for part in sessions:
        ticks, volume = bars.volume_at_price(model, part, start_s, now_s)
        for price, units in zip(ticks.tolist(), volume.tolist(), strict=True):
            volumes[price] += int(units)
        await asyncio.sleep(0)
    entries = [
        HistogramDataEntry(price=instrument.price(price), size=decimal_of(units * instrument.size_unit))
        for price, units in sorted(volumes.items())
        if units
    ]
    session.send(HistogramData(req_id=request.req_id, histogram_data_entries=entries))


def _duration(period: str) -> str:
    """``3 days`` as the duration ``3 D``; empty if it is not a period."""
    count, _, unit = period.strip().partition(" ")
    unit = unit.removesuffix("s")
    if not count.isdigit() or int(count) == 0 or unit not in PERIODS:
        return ""
    return f"{int(count) * SECONDS.get(unit, 1)} {PERIODS[unit]}"


def _cancel(session: SimulatorSession, req_id: int, what: str) -> None:
    """What runs is ended without a word; TWS complains of what does not run."""
    task = session.tasks.pop(req_id, None)
    if task is None:
        session.refuse(req_id, 366, f"No {what} query found for ticker id:{req_id}")
    else:
        task.cancel()
