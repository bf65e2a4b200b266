"""Past data and calculations, of the async and the blocking client, from a gateway that says what the test wants."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.client import AAPL, SOON_S
from support.depth import CALL, WIRES, connected
from support.gateway import Gateway

from ibfast import DecodeError, IbfastError, RequestError
from ibfast.history import DAYS_WITHOUT_TICKS, Histogram, Pages, PastTicks, Schedule
from ibfast.records import BAR, EXCHANGES, PAST_BID_ASK, PAST_LAST, PAST_MID_POINT
from ibfast.schema import (
    CalculateImpliedVolatilityRequest,
    CalculateOptionPriceRequest,
    CancelCalculateImpliedVolatility,
    CancelCalculateOptionPrice,
    CancelHeadTimestamp,
    CancelHistoricalData,
    ErrorMessage,
    HeadTimestamp,
    HeadTimestampRequest,
    HistogramData,
    HistogramDataEntry,
    HistogramDataRequest,
    HistoricalData,
    HistoricalDataBar,
    HistoricalDataEnd,
    HistoricalDataRequest,
    HistoricalDataUpdate,
    HistoricalSchedule,
    HistoricalSession,
    HistoricalTick,
    HistoricalTickBidAsk,
    HistoricalTickLast,
    HistoricalTicks,
    HistoricalTicksBidAsk,
    HistoricalTicksLast,
    HistoricalTicksRequest,
    TickOptionComputation,
)


@pytest.fixture(params=WIRES)
def version(request):
    return request.param


NOON_S = 1787760000  # 26 August 2026, 16:00 UTC
NOON = datetime.fromtimestamp(NOON_S, UTC)


def bar(time, close=150.0):
    return HistoricalDataBar(
        date=str(time), open=149.0, high=151.0, low=148.0, close=close, volume=Decimal(100), wap=Decimal(150),
        bar_count=9,
    )  # fmt: skip


def trade(time, price, exchange="ARCA"):
    return HistoricalTickLast(time=time, price=price, size=Decimal(100), exchange=exchange, special_conditions="I")


def answer_bars(gateway, req_id, *bars):
    gateway.say(HistoricalData(req_id=req_id, historical_data_bars=list(bars), start_date_str="", end_date_str=""))
    if gateway.version >= 196:
        gateway.say(HistoricalDataEnd(req_id=req_id, start_date_str="", end_date_str=""))


# ----------------------------------------------------------------------------------------------- bars kept up to date


def test_bars_come_as_history_first_and_then_as_they_change(converse):
    async def case(client, gateway):
        async with client.keep_up_to_date(AAPL, duration="1 D", bar_size="1 min") as bars:
            request = await gateway.hear(HistoricalDataRequest)
            assert (request.keep_up_to_date, request.end_date_time or "") == (True, "")
            assert bars.try_next() is None
            answer_bars(gateway, request.req_id, bar(NOON_S), bar(NOON_S + 60))
            for close in (150.5, 151.0):
                update = HistoricalDataUpdate(req_id=request.req_id, historical_data_bar=bar(NOON_S + 60, close))
                gateway.say(update)
            history = await bars.next(SOON_S)
            assert history.dtype == BAR
            assert history["time_ns"].tolist() == [NOON_S * 10**9, (NOON_S + 60) * 10**9]
            closes = []
            while len(closes) < 2:
                closes += (await bars.next(SOON_S))["close"].tolist()
            assert closes == [150.5, 151.0]
            assert bars.latest["close"] == 151.0
        assert (await gateway.hear(CancelHistoricalData)).req_id == request.req_id

    converse(case)


def test_a_history_of_no_bars_is_still_the_first_batch(converse):
    async def case(client, gateway):
        async with client.keep_up_to_date(AAPL, duration="1 D") as bars:
            req_id = (await gateway.hear(HistoricalDataRequest)).req_id
            answer_bars(gateway, req_id)
            assert len(await bars.next(SOON_S)) == 0
            gateway.say(HistoricalDataUpdate(req_id=req_id, historical_data_bar=bar(NOON_S)))
            assert len(await bars.next(SOON_S)) == 1

    converse(case)


def test_an_update_with_a_date_that_is_none_costs_itself_only(converse):
    async def case(client, gateway):
        notices = client.notices()
        async with client.keep_up_to_date(AAPL, duration="1 D") as bars:
            req_id = (await gateway.hear(HistoricalDataRequest)).req_id
            answer_bars(gateway, req_id, bar(NOON_S))
            for time in ("soon", NOON_S + 60):
                gateway.say(HistoricalDataUpdate(req_id=req_id, historical_data_bar=bar(time)))
            assert len(await bars.next(SOON_S)) == 1
            assert (await bars.next(SOON_S))["time_ns"].tolist() == [(NOON_S + 60) * 10**9]
            notice = await notices.next(SOON_S)
            assert isinstance(notice, DecodeError)
            assert notice.field == "date"
            assert client.stats["malformed"] == 1

    converse(case)


def test_bars_that_are_refused(converse):
    async def case(client, gateway):
        async with client.keep_up_to_date(AAPL, duration="1 D") as bars:
            req_id = (await gateway.hear(HistoricalDataRequest)).req_id
            gateway.say(ErrorMessage(id=req_id, error_code=162, error_msg="no data"))
            with pytest.raises(RequestError, match="162"):
                await bars.next(SOON_S)

    converse(case)


# --------------------------------------------------------------------------------------------------- single answers


@pytest.mark.parametrize("text", ["345479400", "19801212-14:30:00"])
def test_when_history_begins(converse, text):
    async def case(client, gateway):
        asking = asyncio.ensure_future(client.head_timestamp(AAPL, what_to_show="BID", use_rth=False))
        request = await gateway.hear(HeadTimestampRequest)
        assert (request.what_to_show, request.use_rth) == ("BID", False)
        gateway.say(HeadTimestamp(req_id=request.req_id, head_timestamp=text))
        assert await asking == datetime(1980, 12, 12, 14, 30, tzinfo=UTC)
        assert (await gateway.hear(CancelHeadTimestamp)).req_id == request.req_id

    converse(case)


def test_a_beginning_that_is_no_time(converse):
    async def case(client, gateway):
        asking = asyncio.ensure_future(client.head_timestamp(AAPL))
        req_id = (await gateway.hear(HeadTimestampRequest)).req_id
        gateway.say(HeadTimestamp(req_id=req_id, head_timestamp="long ago"))
        with pytest.raises(DecodeError, match=r"HeadTimestamp\.head_timestamp"):
            await asking

    converse(case)


def test_histogram(converse):
    async def case(client, gateway):
        asking = asyncio.ensure_future(client.histogram(AAPL, period="3 days"))
        request = await gateway.hear(HistogramDataRequest)
        assert (request.time_period, request.use_rth) == ("3 days", True)
        entries = [HistogramDataEntry(price=price, size=Decimal(size)) for price, size in ((150.0, 300), (150.5, 20))]
        gateway.say(HistogramData(req_id=request.req_id, histogram_data_entries=entries))
        found = await asking
        assert found["price"].tolist() == [150.0, 150.5]
        assert found.to_pandas().loc[150.5, "size"] == 20.0
        assert repr(found) == "<2 prices>"

    converse(case)


def test_schedule(run):
    async def main():
        async with Gateway(226) as gateway, await connected(gateway) as client:
            asking = asyncio.ensure_future(client.historical_schedule(AAPL, duration="2 D", end=NOON))
            request = await gateway.hear(HistoricalDataRequest)
            assert (request.what_to_show, request.end_date_time) == ("SCHEDULE", "20260826-16:00:00")
            session = HistoricalSession(
                start_date_time="20260825-09:30:00", end_date_time="20260825-16:00:00", ref_date="20260825"
            )
            gateway.say(
                HistoricalSchedule(
                    req_id=request.req_id, start_date_time="20260825-09:30:00", end_date_time="20260826-16:00:00",
                    time_zone="US/Eastern", historical_sessions=[session],
                )
            )  # fmt: skip
            found = await asking
        assert found.time_zone == "US/Eastern"
        assert found.end.astimezone(UTC) == datetime(2026, 8, 26, 20, tzinfo=UTC)
        (session,) = found.sessions
        assert session.start == datetime(2026, 8, 25, 9, 30, tzinfo=ZoneInfo("US/Eastern"))
        assert session.ref_date == date(2026, 8, 25)
        assert found.to_pandas().loc["2026-08-25", "end"] == session.end
        assert len(found) == 1

    run(main)


def test_a_schedule_with_a_time_that_is_none():
    with pytest.raises(DecodeError, match=r"HistoricalSchedule\.end_date_time"):
        Schedule.from_message(HistoricalSchedule(start_date_time="20260825-09:30:00", end_date_time="never"))


def test_unset_entries_of_a_histogram_are_nan():
    (entry,) = Histogram.from_message(HistogramData(histogram_data_entries=[HistogramDataEntry(price=1.5)])).records
    assert entry["price"] == 1.5
    assert np.isnan(entry["size"])


# --------------------------------------------------------------------------------------------------- calculations


def test_implied_volatility(converse):
    async def case(client, gateway):
        asking = asyncio.ensure_future(client.calculate_implied_volatility(CALL, option_price=12.5, under_price=320.0))
        request = await gateway.hear(CalculateImpliedVolatilityRequest)
        assert (request.option_price, request.under_price) == (12.5, 320.0)
        gateway.say(TickOptionComputation(req_id=request.req_id, tick_type=53, tick_attrib=1, implied_vol=0.25))
        found = await asking
        assert (found.tick_type, found.tick_attrib, found.implied_vol) == (53, 1, 0.25)
        assert np.isnan(found.theta)
        assert (await gateway.hear(CancelCalculateImpliedVolatility)).req_id == request.req_id

    converse(case)


def test_option_price(converse):
    async def case(client, gateway):
        asking = asyncio.ensure_future(client.calculate_option_price(CALL, volatility=0.25, under_price=320.0))
        request = await gateway.hear(CalculateOptionPriceRequest)
        assert (request.volatility, request.under_price) == (0.25, 320.0)
        gateway.say(TickOptionComputation(req_id=request.req_id, tick_type=53, tick_attrib=1, opt_price=12.5))
        assert (await asking).opt_price == 12.5
        assert (await gateway.hear(CancelCalculateOptionPrice)).req_id == request.req_id

    converse(case)


# ------------------------------------------------------------------------------------------------------ past ticks


def test_past_trades(converse):
    async def case(client, gateway):
        asking = asyncio.ensure_future(client.historical_ticks(AAPL, start=NOON, number_of_ticks=3))
        request = await gateway.hear(HistoricalTicksRequest)
        assert (request.start_date_time, request.end_date_time or "") == ("20260826-16:00:00", "")
        assert (request.number_of_ticks, request.what_to_show) == (3, "TRADES")
        for done, time in ((False, 0), (True, 1)):
            ticks = [trade(NOON_S + time, 150.0 + time), trade(NOON_S + time, 151.0)]
            gateway.say(HistoricalTicksLast(req_id=request.req_id, historical_ticks_last=ticks, is_done=done))
        found = await asking
        assert found.records.dtype == PAST_LAST
        assert found["time"].tolist() == [NOON_S, NOON_S, NOON_S + 1, NOON_S + 1]
        assert EXCHANGES.decode(found["exchange"]) == ["ARCA"] * 4
        frame = found.to_pandas()
        assert frame.index[0].to_pydatetime() == NOON
        assert frame["exchange"].tolist() == ["ARCA"] * 4
        assert frame["special_conditions"].tolist() == ["I"] * 4
        assert repr(found) == "<4 ticks, 2026-08-26T16:00:00 to 2026-08-26T16:00:01 UTC>"

    converse(case)


def test_past_quotes_and_midpoints(converse):
    async def case(client, gateway):
        quote = HistoricalTickBidAsk(
            time=NOON_S, price_bid=150.0, price_ask=150.5, size_bid=Decimal(1), size_ask=Decimal(2)
        )
        middle = HistoricalTick(time=NOON_S, price=150.25, size=Decimal(0))
        answers = {
            "BID_ASK": (HistoricalTicksBidAsk(historical_ticks_bid_ask=[quote], is_done=True), PAST_BID_ASK),
            "MIDPOINT": (HistoricalTicks(historical_ticks=[middle], is_done=True), PAST_MID_POINT),
        }
        for what, (answer, dtype) in answers.items():
            asking = asyncio.ensure_future(client.historical_ticks(AAPL, end=NOON, what_to_show=what))
            request = await gateway.hear(HistoricalTicksRequest)
            gateway.heard.remove(request)
            assert (request.what_to_show, request.end_date_time) == (what, "20260826-16:00:00")
            answer.req_id = request.req_id
            gateway.say(answer)
            found = await asking
            assert found.records.dtype == dtype
            assert found["time"].tolist() == [NOON_S]

    converse(case)


def test_past_ticks_that_are_misused(run):
    async def main():
        async with Gateway() as gateway, await connected(gateway) as client:
            for times in ({}, {"start": NOON, "end": NOON}):
                with pytest.raises(ValueError, match="give one of them"):
                    await client.historical_ticks(AAPL, **times)
            with pytest.raises(ValueError, match="what_to_show: 'BID'"):
                await client.historical_ticks(AAPL, start=NOON, what_to_show="BID")
            with pytest.raises(ValueError, match="time zone"):
                await anext(client.historical_ticks_between(AAPL, start=NOON.replace(tzinfo=None), end=NOON))
            assert [item async for item in client.historical_ticks_between(AAPL, start=NOON, end=NOON)] == []

    run(main)


class Archive:
    """Past ticks at these seconds, handed out the way TWS does: so many, and the rest of the last second."""

    def __init__(self, times):
        self.times = sorted(times)
        self.asked = 0

    def page(self, start, count):
        self.asked += 1
        found = [time for time in self.times if time >= start]
        last = found[:count][-1:]
        return [time for time in found if time <= last[0]] if last else []


def records(times):
    found = np.zeros(len(times), PAST_LAST)
    found["time"] = times
    return found


def test_pages_come_one_after_another(converse):
    times = [NOON_S + second for second in (0, 0, 0, 1, 1, 5, 5, 5, 5, 9)]
    archive = Archive(times)

    async def serve(gateway):
        while True:
            request = await gateway.hear(HistoricalTicksRequest)
            gateway.heard.remove(request)
            start = datetime.strptime(request.start_date_time, "%Y%m%d-%H:%M:%S").replace(tzinfo=UTC)
            ticks = [trade(time, 150.0) for time in archive.page(start.timestamp(), 4)]
            gateway.say(HistoricalTicksLast(req_id=request.req_id, historical_ticks_last=ticks, is_done=True))

    async def case(client, gateway):
        serving = asyncio.ensure_future(serve(gateway))
        pages = client.historical_ticks_between(AAPL, start=NOON, end=NOON + timedelta(seconds=9))
        found = [page async for page in pages]
        serving.cancel()
        assert all(isinstance(page, PastTicks) for page in found)
        assert [time for page in found for time in page["time"].tolist()] == times[:-1]

    converse(case)


@given(st.lists(st.integers(0, 40), max_size=60), st.integers(1, 7), st.integers(0, 30), st.integers(0, 45))
def test_pages_lose_and_double_nothing(seconds, count, start, end):
    archive, pages, found = Archive(seconds), Pages(start, end), []
    while not pages.are_done:
        found += pages.take(records(archive.page(pages.next_s, count)))["time"].tolist()
    assert found == [second for second in archive.times if start <= second < end]


def test_pages_get_over_days_without_ticks():
    friday, monday = 86_400 * 9 + 100, 86_400 * 12 + 100
    one_day = {friday // 86_400: [friday], monday // 86_400: [monday, monday + 1]}
    pages, found = Pages(friday, monday + 1000), []
    while not pages.are_done:
        there = [time for time in one_day.get(pages.next_s // 86_400, ()) if time >= pages.next_s]
        found += pages.take(records(there))["time"].tolist()
    assert found == [friday, monday, monday + 1]


def test_pages_end_when_there_is_nothing_for_days():
    pages, asked = Pages(0, 10**10), 0
    while not pages.are_done:
        pages.take(records([]))
        asked += 1
    assert asked == DAYS_WITHOUT_TICKS


def test_a_second_that_grows_while_it_is_paged():
    pages = Pages(100, 200)
    assert len(pages.take(records([100, 100]))) == 2
    assert pages.next_s == 100
    assert pages.take(records([100, 100, 100, 101]))["time"].tolist() == [100, 101]
    assert len(pages.take(records([101]))) == 0
    assert pages.next_s == 102


def test_a_page_from_before_its_start_is_no_end():
    with pytest.raises(IbfastError, match="from 1970-01-01 00:01:40 UTC on, and answered with 2 of"):
        Pages(100, 200).take(records([98, 99]))
    assert len(Pages(100, 200).take(records([]))) == 0


@pytest.mark.parametrize(("kind", "is_told"), [(PAST_BID_ASK, False), (PAST_MID_POINT, False), (PAST_LAST, True)])
def test_one_quote_before_the_start_is_the_one_that_was_good_then(kind, is_told):
    page = np.zeros(1, kind)
    page["time"] = 99
    if is_told:
        with pytest.raises(IbfastError, match="cannot go on"):
            Pages(100, 200).take(page)
    else:
        assert len(Pages(100, 200).take(page)) == 0


def test_the_quote_before_the_start_is_left_out():
    assert Pages(100, 200).take(records([99, 100]))["time"].tolist() == [100]
