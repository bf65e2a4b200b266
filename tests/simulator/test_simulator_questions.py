"""Market data and history of the simulator, asked for over a socket on text, mixed and protobuf versions."""

import asyncio
import math
from decimal import Decimal

import pytest
from support.calling import AAPL, VERSIONS, WAIT_S, WEDNESDAY, Caller, converse, kinds, until

from ibfast.schema import (
    CancelHistoricalData,
    CancelMarketData,
    CancelTickByTick,
    Contract,
    CurrentTime,
    CurrentTimeRequest,
    ErrorMessage,
    HeadTimestamp,
    HeadTimestampRequest,
    HistoricalData,
    HistoricalDataEnd,
    HistoricalDataRequest,
    HistoricalSchedule,
    MarketDataRequest,
    MarketDataType,
    TickByTickData,
    TickByTickRequest,
    TickGeneric,
    TickPrice,
    TickReqParams,
    TickSize,
    TickSnapshotEnd,
    TickString,
)
from ibfast.simulator.handlers.registry import ANSWERS

# --------------------------------------------------------------------------------------------------- ticks


@pytest.mark.parametrize("version", VERSIONS)
def test_market_data_opens_as_gateways_do_and_then_flows(version):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        caller.send(MarketDataRequest(req_id=5, contract=AAPL))
        opening = await caller.until(TickGeneric)
        assert kinds(opening[:3]) == ["MarketDataType", "TickReqParams", "TickPrice"]
        assert isinstance(opening[0], MarketDataType)
        assert isinstance(opening[1], TickReqParams)
        assert opening[1].min_tick == Decimal("0.01")
        assert [item.tick_type for item in opening[2:]] == [1, 0, 2, 3, 4, 5, 8, 6, 7, 9, 14, 45, 49]
        price = {item.tick_type: item.price for item in opening if isinstance(item, TickPrice)}
        assert price[7] <= price[1] < price[2] <= price[6]
        assert price[4] in (price[1], price[2])
        text = next(item for item in opening if isinstance(item, TickString))
        assert int(text.value) == pytest.approx(WEDNESDAY / 1e9, abs=WAIT_S)

        ticks = [await caller.message() for _ in range(60)]
        assert {tick.req_id for tick in ticks} == {5}
        assert {tick.tick_type for tick in ticks if isinstance(tick, TickPrice)} >= {1, 2, 4}
        assert {tick.tick_type for tick in ticks if isinstance(tick, TickSize)} == {0, 3, 5, 8}

        assert (await caller.error(MarketDataRequest(req_id=5, contract=AAPL), 5))[0] == 322
        caller.send(CancelMarketData(req_id=5))
        code, _ = await caller.error(CancelMarketData(req_id=5), 5)
        assert code == 300
        (last,) = await caller.ask(CurrentTimeRequest(), CurrentTime)
        assert last.current_time

    converse(conversation, server_version=version)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_snapshot_ends(version):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        ticks = await caller.ask(MarketDataRequest(req_id=5, contract=AAPL, snapshot=True), TickSnapshotEnd)
        assert len(ticks) == 16
        await caller.ask(CurrentTimeRequest(), CurrentTime)
        assert not sim.gateway.clients[1].pump.streams

    converse(conversation, server_version=version)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("kind", "number"), [("Last", 1), ("AllLast", 2), ("BidAsk", 3), ("MidPoint", 4)])
def test_tick_by_tick(version, kind, number):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        caller.send(TickByTickRequest(req_id=6, contract=AAPL, tick_type=kind, number_of_ticks=0, ignore_size=False))
        ticks = [await caller.message() for _ in range(50)]
        assert all(
            isinstance(message, TickByTickData) and (message.req_id, message.tick_type) == (6, number)
            for message in ticks
        )
        tick = ticks[0]
        if kind == "BidAsk":
            assert tick.historical_tick_bid_ask.price_bid < tick.historical_tick_bid_ask.price_ask
        elif kind == "MidPoint":
            assert tick.historical_tick_mid_point.price > 0
        else:
            assert tick.historical_tick_last.exchange
            assert tick.historical_tick_last.size > 0
        caller.send(CancelTickByTick(req_id=6))
        assert (await caller.error(CancelTickByTick(req_id=6)))[0] == 300

    converse(conversation, server_version=version)


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (MarketDataRequest(req_id=1, contract=Contract(symbol="NOSUCH", sec_type="STK")), 200),
        (MarketDataRequest(req_id=1, contract=Contract(symbol="ES", sec_type="FUT")), 200),
        (TickByTickRequest(req_id=1, contract=AAPL, tick_type="Everything"), 321),
        (TickByTickRequest(req_id=1, contract=Contract(symbol="SPX", sec_type="IND"), tick_type="BidAsk"), 10189),
    ],
)
def test_data_that_there_is_not(request_, code):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        assert (await caller.error(request_, 1))[0] == code

    converse(conversation)


@pytest.mark.parametrize("version", [176, 226])
@pytest.mark.parametrize("rate", [math.inf, 0])
def test_without_a_rate_the_reader_sets_the_pace(version, rate):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        caller.send(TickByTickRequest(req_id=1, contract=AAPL, tick_type="Last", number_of_ticks=0))
        caller.send(MarketDataRequest(req_id=2, contract=AAPL))
        counts = {1: 0, 2: 0}
        while min(counts.values()) < 20_000:
            counts[(await caller.message()).req_id] += 1
        session = sim.gateway.clients[1]
        await until(lambda: not session.pump.flows)  # nobody reads now
        sent = session.pump.streams[1].sent
        for _ in range(100):
            await asyncio.sleep(0)
        assert session.pump.streams[1].sent == sent

    converse(conversation, server_version=version, rate=rate)


# ------------------------------------------------------------------------------------------------- history


def bars_request(**fields):
    fields = {"contract": AAPL, "duration": "1 D", "bar_size_setting": "1 hour", "what_to_show": "TRADES"} | fields
    return HistoricalDataRequest(**{"req_id": 7, "use_rth": True, "format_date": 1} | fields)


@pytest.mark.parametrize("version", VERSIONS)
def test_bars(version):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        last = HistoricalDataEnd if version >= 196 else HistoricalData
        answer = await caller.ask(bars_request(end_date_time="20260825-21:00:00"), last)
        assert kinds(answer) == (["HistoricalData", "HistoricalDataEnd"] if version >= 196 else ["HistoricalData"])
        bars = answer[0].historical_data_bars
        assert len(bars) == 7
        assert bars[0].date == "20260825 09:30:00 US/Eastern"
        assert (answer[-1].start_date_str, answer[-1].end_date_str) == ("20260825-13:30:00", "20260825-21:00:00")
        assert all(bar.low <= bar.open <= bar.high and bar.volume > 0 and bar.bar_count > 0 for bar in bars)

        answer = await caller.ask(bars_request(bar_size_setting="1 min", duration="60 S", format_date=2), last)
        assert int(answer[0].historical_data_bars[0].date) == pytest.approx(WEDNESDAY / 1e9, abs=60 + WAIT_S)
        answer = await caller.ask(bars_request(bar_size_setting="1 day", duration="5 D", format_date=2), last)
        assert [bar.date for bar in answer[0].historical_data_bars] == [
            "20260820", "20260821", "20260824", "20260825", "20260826",
        ]  # fmt: skip
        answer = await caller.ask(bars_request(what_to_show="BID_ASK"), last)
        assert {(bar.volume, bar.wap, bar.bar_count) for bar in answer[0].historical_data_bars} == {(-1, -1, -1)}
        request = HeadTimestampRequest(req_id=8, contract=AAPL, use_rth=True, what_to_show="TRADES", format_date=2)
        (head,) = await caller.ask(request, HeadTimestamp)
        assert head.head_timestamp == "345479400"

    converse(conversation, server_version=version)


@pytest.mark.parametrize("version", [176, 200, 203, 213, 226])
def test_a_schedule(version):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        request = bars_request(what_to_show="SCHEDULE", bar_size_setting="1 day", duration="2 D")
        (schedule,) = await caller.ask(request, HistoricalSchedule)
        assert [session.ref_date for session in schedule.historical_sessions] == ["20260825", "20260826"]
        assert schedule.historical_sessions[0].start_date_time == "20260825-09:30:00"

    converse(conversation, server_version=version)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"contract": Contract(symbol="NOSUCH", sec_type="STK")}, 200),
        ({"bar_size_setting": "7 mins"}, 321),
        ({"what_to_show": "GOSSIP"}, 321),
        ({"duration": "one day"}, 321),
        ({"end_date_time": "yesterday"}, 10314),
        ({"end_date_time": "19700101-00:00:00"}, 162),
        ({"bar_size_setting": "1 secs", "duration": "1 Y"}, 162),
        ({"contract": Contract(symbol="EUR", sec_type="CASH", exchange="IDEALPRO")}, 162),
        ({"contract": Contract(symbol="BTC", sec_type="CRYPTO", exchange="PAXOS")}, 10299),
        ({"keep_up_to_date": True, "end_date_time": "20260825-21:00:00"}, 321),
        ({"keep_up_to_date": True, "bar_size_setting": "1 secs"}, 321),
    ],
)
def test_bars_that_there_are_not(fields, code):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        assert (await caller.error(bars_request(**fields), 7))[0] == code

    converse(conversation)


def test_a_fault_of_the_simulator_is_an_answer_too(monkeypatch, caplog):
    def fails(session, request):
        raise KeyError("oops")

    monkeypatch.setitem(ANSWERS, CurrentTimeRequest, fails)
    monkeypatch.setattr("ibfast.simulator.handlers.history._bars", fails)

    async def conversation(sim):
        caller = await Caller.log_in(sim)
        assert "oops" in (await caller.error(CurrentTimeRequest(), -1))[1]
        assert (await caller.error(bars_request(), 7))[0] == 321
        assert len(caplog.records) == 2

    converse(conversation)


def test_a_long_query_can_be_cancelled():
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        caller.send(bars_request(bar_size_setting="1 day", duration="30 Y"), CancelHistoricalData(req_id=7))
        assert (await caller.until(ErrorMessage))[-1].error_code == 162
        assert (await caller.error(CancelHistoricalData(req_id=7)))[0] == 366

    converse(conversation)
