"""Historical bars, schedules, head timestamps."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime
from functools import partial

import numpy as np

from ibfast.schema import (
    CancelHeadTimestamp,
    CancelHistoricalData,
    HeadTimestamp,
    HeadTimestampRequest,
    HistogramDataRequest,
    HistoricalData,
    HistoricalDataEnd,
    HistoricalDataRequest,
    HistoricalSchedule,
    HistoricalSession,
    HistoricalTicksRequest,
    MarketDataRequest,
)
from ibfast.schema.versions import V
from ibfast.simulator.handlers.registry import answers
from ibfast.simulator.handlers.subscriptions import is_free
from ibfast.simulator.market import bars
from ibfast.simulator.market.historical_bars import bar_messages
from ibfast.simulator.market.market import Market
from ibfast.simulator.market.price_path import DAY_S
from ibfast.simulator.market.trading_hours import Session
from ibfast.simulator.market.universe import Instrument
from ibfast.simulator.refusals import Refusal, invalid
from ibfast.simulator.session import SimulatorSession
from ibfast.simulator.streams.live_bars import RunningBar

Past = HistoricalDataRequest | HistoricalTicksRequest | HistogramDataRequest | MarketDataRequest
SHORTEST_KEPT_S = 5
SESSIONS_A_TURN = 16  # made before the loop gets its turn again


@answers(HistoricalDataRequest)
def historical_data(session: SimulatorSession, request: HistoricalDataRequest) -> None:
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
    start_task(session, request, _answer(session, request, instrument))


@answers(CancelHistoricalData)
def cancel_historical_data(session: SimulatorSession, request: CancelHistoricalData) -> None:
    req_id = request.req_id or 0
    task = session.tasks.pop(req_id, None)
    if isinstance(session.pump.streams.get(req_id), RunningBar):
        session.pump.remove(req_id)
    elif task is None:
        session.refuse(req_id, 366, f"No historical data query found for ticker id:{req_id}")
    else:
        task.cancel()
        session.refuse(req_id, *no_data("API historical data query cancelled: ", req_id))


@answers(HeadTimestampRequest)
def head_timestamp(session: SimulatorSession, request: HeadTimestampRequest) -> None:
    instrument = session.find_one(request.req_id or 0, request.contract)
    if instrument is None:
        return
    shown = request.what_to_show or ""
    if shown not in bars.SHOWN:
        session.refuse(request.req_id or 0, *invalid(f"Please enter a valid what-to-show: {shown}"))
        return
    if not instrument.live or _is_impossible(instrument, shown):
        text = f"{_name(instrument)} {shown.title()}"
        session.refuse(request.req_id or 0, *no_data("HMDS query returned no data: ", text))
        return
    day, first = bars.FIRST_TRADE, None
    while first is None:
        first = instrument.hours.session(day, liquid=True)
        day = datetime.fromtimestamp((day - datetime(1970, 1, 1).date()).days * DAY_S + DAY_S, UTC).date()
    text = str(first.start) if request.format_date == 2 else _dashed(first.start)
    session.send(HeadTimestamp(req_id=request.req_id, head_timestamp=text))


@answers(CancelHeadTimestamp)
def cancel_head_timestamp(session: SimulatorSession, request: CancelHeadTimestamp) -> None:
    """Answers are complete before a cancel can arrive."""


def _refuse(request: HistoricalDataRequest, instrument: Instrument) -> Refusal | None:
    shown, sec_type = request.what_to_show, instrument.contract["sec_type"]
    if request.bar_size_setting not in bars.SECONDS:
        return invalid(f"Historical data bar size setting is invalid. Legal ones are: {bars.LEGAL_SIZES}")
    if shown not in (*bars.SHOWN, "SCHEDULE"):
        return invalid(f"Please enter a valid what-to-show: {shown}")
    if request.keep_up_to_date and (refusal := _refuse_to_keep(request)):
        return refusal
    if sec_type == "CRYPTO" and shown == "TRADES":
        return 10299, "Expected what to show is AGGTRADES, please use that instead of TRADES."
    if not instrument.live or _is_impossible(instrument, shown):
        return no_data("HMDS query returned no data: ", f"{_name(instrument)} {(shown or '').title()}")
    return None


def _is_impossible(instrument: Instrument, shown: str) -> bool:
    if instrument.contract["sec_type"] in ("CASH", "CMDTY"):
        return shown in bars.TRADED
    return not instrument.model.two_sided and shown in ("BID", "ASK", "BID_ASK")


def _refuse_to_keep(request: HistoricalDataRequest) -> Refusal | None:
    if request.end_date_time:
        return invalid("End date/time must be empty with keepUpToDate")
    if request.what_to_show not in ("TRADES", "MIDPOINT", "BID", "ASK"):
        return invalid(f"keepUpToDate does not support what-to-show {request.what_to_show}")
    if bars.SECONDS[request.bar_size_setting or ""] < SHORTEST_KEPT_S:
        return invalid("keepUpToDate needs bars of 5 seconds or longer")
    return None


def no_data(what: str, which: object) -> Refusal:
    return 162, f"Historical Market Data Service error message:{what}{which}"


def _name(instrument: Instrument) -> str:
    return f"{instrument.contract.get('local_symbol')}@{instrument.contract['exchange']}"


def start_task(session: SimulatorSession, request: Past, answer: Coroutine[None, None, None]) -> None:
    """Answer in the background, until done or cancelled."""
    task = asyncio.get_running_loop().create_task(answer)
    session.tasks[request.req_id or 0] = task
    task.add_done_callback(partial(_done, session, request))


def _done(session: SimulatorSession, request: Past, task: asyncio.Task[None]) -> None:
    if session.tasks.get(request.req_id or 0) is task:
        del session.tasks[request.req_id or 0]
    if not task.cancelled() and (error := task.exception()) is not None:
        session.failed(request, error)


async def _answer(session: SimulatorSession, request: HistoricalDataRequest, instrument: Instrument) -> None:
    req_id, liquid = request.req_id or 0, bool(request.use_rth)
    try:
        end_s = bars.parse_end(request.end_date_time, session.gateway.market.now_s())
        start_s, sessions = bars.sessions_of(instrument.hours, request.duration or "", end_s, liquid)
    except bars.BadTimeError as error:
        session.refuse(req_id, *_bad_duration(error, request))
        return
    if request.what_to_show == "SCHEDULE":
        session.send(_schedule(req_id, instrument, sessions, start_s, end_s))
        return
    size_s = bars.SECONDS[request.bar_size_setting or ""]
    if sum(item.end - item.start for item in sessions) > bars.MOST_BARS * size_s:
        session.refuse(req_id, *no_data("Time length exceed max.", ""))
        return
    market, shown = session.gateway.market, request.what_to_show or ""
    table = await _bars(market, instrument, shown, sessions, start_s, end_s, size_s)
    if not len(table):
        session.refuse(req_id, *no_data("HMDS query returned no data: ", f"{_name(instrument)} {shown.title()}"))
        return
    rows = bar_messages(market.model(instrument), shown, table, size_s, request.format_date or 1)
    start, end = _dashed(start_s), _dashed(end_s)
    session.send(HistoricalData(req_id=req_id, historical_data_bars=rows, start_date_str=start, end_date_str=end))
    if session.protocol.server_version >= V.HISTORICAL_DATA_END:
        session.send(HistoricalDataEnd(req_id=req_id, start_date_str=start, end_date_str=end))
    if request.keep_up_to_date:
        session.pump.add(RunningBar(req_id, instrument, market, shown, size_s, liquid, request.format_date or 1))


async def _bars(
    market: Market, instrument: Instrument, shown: str, sessions: list[Session], start_s: int, end_s: int, size_s: int
) -> bars.Table:
    model, days = market.model(instrument), market.days(instrument)
    parts = [np.empty(0, bars.BARS)]
    for number, part in enumerate(sessions):
        if size_s >= DAY_S:
            parts.append(days.bars(shown, part, end_s))
        else:
            parts.append(bars.session_bars(model, shown, part, start_s, end_s, size_s))
        if number % SESSIONS_A_TURN == SESSIONS_A_TURN - 1:
            await asyncio.sleep(0)
    table = np.concatenate(parts)
    return bars.longer_bars(table, size_s) if size_s > DAY_S and len(table) else table


def _schedule(
    req_id: int, instrument: Instrument, sessions: list[Session], start_s: int, end_s: int
) -> HistoricalSchedule:
    zone = instrument.hours.zone

    def text(at: int) -> str:
        return f"{datetime.fromtimestamp(at, zone):%Y%m%d-%H:%M:%S}"

    return HistoricalSchedule(
        req_id=req_id, start_date_time=text(start_s), end_date_time=text(end_s),
        time_zone=instrument.hours.time_zone_id,
        historical_sessions=[
            HistoricalSession(
                start_date_time=text(session.start), end_date_time=text(session.end), ref_date=f"{session.day:%Y%m%d}"
            )
            for session in sessions
        ],
    )  # fmt: skip


def _bad_duration(error: bars.BadTimeError, request: HistoricalDataRequest) -> Refusal:
    if error.args == (request.duration or "",):
        return invalid("Historical data query end date/time or duration is invalid: use 30 S, 1 D, 2 W, 6 M or 1 Y")
    return bad_time()


def bad_time() -> Refusal:
    return 10314, (
        "End Date/Time: The date, time, or time-zone entered is invalid. The correct format is yyyymmdd hh:mm:ss "
        "xx/xxxx where yyyymmdd and xx/xxxx are optional. E.g.: 20031126 15:59:00 US/Eastern."
    )


def _dashed(at: int) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y%m%d-%H:%M:%S}"
