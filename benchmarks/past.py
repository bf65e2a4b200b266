"""Answers of past data: bars and ticks."""

from __future__ import annotations

from decimal import Decimal

import numpy as np

from benchmarks.answers import Answer
from benchmarks.peers.common import REQ_ID
from benchmarks.workload import Workload, framed
from ibfast.schema import (
    HistoricalData,
    HistoricalDataBar,
    HistoricalDataEnd,
    HistoricalTickLast,
    HistoricalTicksLast,
    TickAttribLast,
)
from ibfast.schema.versions import V

HISTORICAL_DATA, HISTORICAL_TICKS = 20, 96  # the ids of the requests
SPAN_OLD, SPAN = ("20260105  09:30:00", "20260106  16:00:00"), ("20260105 09:30:00 UTC", "20260106 16:00:00 UTC")
BARS_A_SMALL_ANSWER, TICKS_A_PAGE = 60, 1_000


def bars(version: int, count: int, req_id: int = REQ_ID) -> Workload:
    """All bars in one answer."""
    return _bars("bars, one answer", version, count, count, req_id)


def many_bars(version: int, count: int, req_id: int = REQ_ID) -> Workload:
    """The same in answers of 60."""
    return _bars("bars, answers of 60", version, count, BARS_A_SMALL_ANSWER, req_id)


def _bars(name: str, version: int, count: int, each: int, req_id: int) -> Workload:
    count -= count % each
    rng = np.random.default_rng(6)
    cents = (15_000 + np.abs(np.cumsum(rng.integers(-5, 6, count))) % 50_000).tolist()
    volumes = rng.integers(1, 10_000, count).tolist()
    made = [_bar(place, *bar) for place, bar in enumerate(zip(cents, volumes, strict=True))]
    blocks = []
    for place, first in enumerate(range(0, count, each)):
        begin, end = SPAN_OLD if version < V.HISTORICAL_DATA_END else SPAN
        span = {"start_date_str": begin, "end_date_str": end}
        before = span if version < V.HISTORICAL_DATA_END else {}
        answer = [HistoricalData(req_id=req_id + place, historical_data_bars=made[first : first + each], **before)]
        if version >= V.HISTORICAL_DATA_END:
            answer.append(HistoricalDataEnd(req_id=req_id + place, **span))
        blocks.append(framed(answer, version))
    total = Answer(count, sum(4 * cent for cent in cents) / 100, sum(volumes))
    return Workload(name, version, "bar", tuple(blocks), count, total, HISTORICAL_DATA)


def _bar(place: int, cents: int, volume: int) -> HistoricalDataBar:
    """Its four prices add up to four times its close."""
    return HistoricalDataBar(
        date=str(1_700_000_040 + 60 * place),
        open=(cents + 1) / 100, high=(cents + 2) / 100, low=(cents - 3) / 100, close=cents / 100,
        volume=Decimal(volume), wap=Decimal(cents) / 100, bar_count=17,
    )  # fmt: skip


def past_ticks(version: int, count: int, req_id: int = REQ_ID) -> Workload:
    """Trades in pages of a thousand, each asked for."""
    count -= count % TICKS_A_PAGE
    rng = np.random.default_rng(7)
    cents = (15_000 + np.abs(np.cumsum(rng.integers(-1, 2, count))) % 50_000).tolist()
    sizes = rng.integers(1, 500, count).tolist()
    made = [
        HistoricalTickLast(
            time=1_700_000_000 + place // 10, price=cent / 100, size=Decimal(size), exchange="ARCA",
            special_conditions="", tick_attrib_last=TickAttribLast(),
        )
        for place, (cent, size) in enumerate(zip(cents, sizes, strict=True))
    ]  # fmt: skip
    blocks = [
        framed([HistoricalTicksLast(req_id=req_id + page, historical_ticks_last=made[first : first + TICKS_A_PAGE],
                                    is_done=True)], version)
        for page, first in enumerate(range(0, count, TICKS_A_PAGE))
    ]  # fmt: skip
    answer = Answer(count, sum(cents) / 100, sum(sizes))
    return Workload("past ticks, pages of 1,000", version, "past_last", tuple(blocks), count, answer, HISTORICAL_TICKS)
