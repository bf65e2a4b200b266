"""Books, bars and ticks of the simulator at the level of messages, on a clock that moves only when it is told to."""

from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from support.calling import AAPL, WEDNESDAY, Caller, converse, until
from support.simulated import ES, SECOND, VERSIONS, Clock, on_a_clock

from ibfast.schema import (
    CalculateImpliedVolatilityRequest,
    CalculateOptionPriceRequest,
    CancelHistogramData,
    CancelHistoricalData,
    CancelHistoricalTicks,
    CancelMarketData,
    CancelMarketDepth,
    CancelRealTimeBars,
    Contract,
    CurrentTime,
    CurrentTimeRequest,
    DeltaNeutralContract,
    DeltaNeutralValidation,
    ErrorMessage,
    HeadTimestampRequest,
    HistogramData,
    HistogramDataRequest,
    HistoricalData,
    HistoricalDataEnd,
    HistoricalDataRequest,
    HistoricalDataUpdate,
    HistoricalTicks,
    HistoricalTicksBidAsk,
    HistoricalTicksLast,
    HistoricalTicksRequest,
    MarketDataRequest,
    MarketDataType,
    MarketDataTypeRequest,
    MarketDepth,
    MarketDepthExchanges,
    MarketDepthExchangesRequest,
    MarketDepthL2,
    MarketDepthRequest,
    RealTimeBarsRequest,
    RealTimeBarTick,
    SmartComponents,
    SmartComponentsRequest,
    TickByTickData,
    TickByTickRequest,
    TickGeneric,
    TickOptionComputation,
    TickPrice,
    TickSize,
    TickSnapshotEnd,
    TickString,
)

EUR = Contract(symbol="EUR", sec_type="CASH", exchange="IDEALPRO", currency="USD")
SPX = Contract(symbol="SPX", sec_type="IND", exchange="CBOE")
CALL = Contract.call("AAPL", expiry="20260918", strike=320.0)


class Book:
    """What a client that follows instructions has, and complains of what it cannot follow."""

    def __init__(self):
        self.sides = {0: [], 1: []}
        self.most = 0

    def apply(self, message):
        data = message.market_depth_data
        rows, at = self.sides[data.side or 0], data.position or 0
        row = (data.price, data.size, data.market_maker)
        match data.operation or 0:
            case 0:
                assert at <= len(rows)
                rows.insert(at, row)
            case 1:
                assert rows[at] != row
                rows[at] = row
            case 2:
                del rows[at]
        self.most = max(self.most, len(rows))

    @property
    def is_sorted(self):
        asks, bids = ([row[0] for row in self.sides[side]] for side in (0, 1))
        return asks == sorted(asks) and bids == sorted(bids, reverse=True) and bids[0] < asks[0]


# ------------------------------------------------------------------------------------------------------ depth


@pytest.mark.parametrize("version", VERSIONS)
def test_a_book_opens_whole_and_can_be_kept_by_its_changes(version):
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        caller.send(MarketDepthRequest(req_id=1, contract=ES, num_rows=5, is_smart_depth=False))
        book, operations = Book(), set()
        opening = [await caller.message() for _ in range(10)]
        assert all(isinstance(item, MarketDepth) and not item.market_depth_data.operation for item in opening)
        for message in opening:
            book.apply(message)
        (stream,) = sim.gateway.clients[1].pump.streams.values()
        for _ in range(30):
            quote = sim.gateway.market.quote(stream.instrument)
            (bid, size, _), (ask, _, _) = book.sides[1][0], book.sides[0][0]
            assert (bid, ask, size) == (quote.bid[0] / 4, quote.ask[0] / 4, quote.bid_size[0])
            assert book.is_sorted
            seen = stream.sent
            clock.pass_seconds(1)
            await until(lambda seen=seen: stream.sent > seen)
            *changes, _ = await caller.ask(CurrentTimeRequest(), CurrentTime)
            for message in changes:
                operations.add(message.market_depth_data.operation or 0)
                book.apply(message)
        assert operations == {0, 1, 2}
        assert book.most == 5
        caller.send(CancelMarketDepth(req_id=1, is_smart_depth=False))
        assert (await caller.error(CancelMarketDepth(req_id=1, is_smart_depth=False), 1))[0] == 310

    on_a_clock(conversation, server_version=version)


@pytest.mark.parametrize("version", VERSIONS)
def test_smart_depth_names_who_quotes_and_can_be_reset(version):
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        caller.send(MarketDepthRequest(req_id=1, contract=AAPL, num_rows=6, is_smart_depth=True))
        opening = [await caller.message() for _ in range(12)]
        assert all(isinstance(item, MarketDepthL2) and item.market_depth_data.is_smart_depth for item in opening)
        assert len({item.market_depth_data.market_maker for item in opening}) >= 2
        sim.reset_depth()
        reset, *anew = [await caller.message() for _ in range(13)]
        assert (reset.id, reset.error_code) == (1, 317)
        book = Book()
        for message in anew:
            book.apply(message)
        assert [len(rows) for rows in book.sides.values()] == [6, 6]

    on_a_clock(conversation, server_version=version)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"contract": AAPL, "is_smart_depth": False}, 10092),
        ({"contract": SPX}, 10092),
        ({"contract": Contract(symbol="NOSUCH", sec_type="STK")}, 200),
        ({"contract": EUR, "num_rows": 0}, 321),
    ],
)
def test_books_that_there_are_not(fields, code):
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        request = MarketDepthRequest(req_id=1, num_rows=5, is_smart_depth=True).replace(**fields)
        assert (await caller.error(request, 1))[0] == code

    on_a_clock(conversation)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_exchanges_behind_books_and_quotes(version):
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        (told,) = await caller.ask(MarketDepthExchangesRequest(), MarketDepthExchanges)
        rows = {
            (description.exchange, description.sec_type): description
            for description in told.depth_market_data_descriptions
        }
        assert rows["SMART", "STK"].service_data_type == "Deep2"
        assert rows["IDEALPRO", "CASH"].service_data_type == "Deep"
        (told,) = await caller.ask(SmartComponentsRequest(req_id=2, bbo_exchange="9c0001"), SmartComponents)
        letters = {
            component.exchange: (component.bit_number or 0, component.exchange_letter)
            for component in told.smart_components
        }
        assert letters["ARCA"] == (9, "P")
        assert (await caller.error(SmartComponentsRequest(req_id=3, bbo_exchange="nonsense"), 3))[0] == 321

    on_a_clock(conversation, server_version=version)


def test_without_a_rate_a_book_flows_as_fast_as_it_is_read_and_others_get_their_turn():
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        caller.send(MarketDepthRequest(req_id=1, contract=ES, num_rows=5))
        book = Book()
        for _ in range(3000):
            book.apply(await caller.message())
        other = await Caller.log_in(sim, client_id=2)
        await other.ask(CurrentTimeRequest(), CurrentTime)

    converse(conversation, rate=0)


# ------------------------------------------------------------------------------------------------------- bars


@pytest.mark.parametrize("version", VERSIONS)
def test_a_bar_comes_every_five_seconds_and_is_the_one_of_history(version):
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        request = RealTimeBarsRequest(req_id=1, contract=AAPL, bar_size=5, what_to_show="TRADES", use_rth=True)
        caller.send(request)
        await caller.ask(CurrentTimeRequest(), CurrentTime)
        clock.pass_seconds(13)
        live = [await caller.message() for _ in range(3)]
        assert all(isinstance(item, RealTimeBarTick) for item in live)
        start = WEDNESDAY // SECOND // 5 * 5
        assert [item.time for item in live] == [start, start + 5, start + 10]
        caller.send(CancelRealTimeBars(req_id=1))
        assert (await caller.error(CancelRealTimeBars(req_id=1), 1))[0] == 300
        past = await bars(caller, bar_size_setting="5 secs", duration="60 S", format_date=2)
        history = {int(bar.date): bar for bar in past}
        for bar in live:
            same = history[bar.time]
            assert (bar.open, bar.high, bar.low, bar.close) == (same.open, same.high, same.low, same.close)
            assert (bar.volume, bar.wap, bar.count) == (same.volume, same.wap, same.bar_count)

    on_a_clock(conversation, server_version=version)


@pytest.mark.parametrize(
    ("fields", "code"), [({"what_to_show": "RUMOURS"}, 321), ({"contract": EUR}, 420), ({"contract": None}, 321)]
)
def test_live_bars_that_there_are_not(fields, code):
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        request = RealTimeBarsRequest(req_id=1, contract=AAPL, what_to_show="TRADES").replace(**fields)
        assert (await caller.error(request, 1))[0] == code

    on_a_clock(conversation)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("size", ["5 secs", "1 min", "1 hour", "1 day", "1 week"])
def test_a_chart_is_kept_up_to_date_until_cancelled(version, size):
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        duration = {"5 secs": "60 S", "1 week": "2 M"}.get(size, "2 D")
        past = await bars(caller, bar_size_setting=size, duration=duration, format_date=2, keep_up_to_date=True)
        clock.pass_seconds(2)
        update = await caller.message()
        assert isinstance(update, HistoricalDataUpdate)
        newest = update.historical_data_bar
        if size != "5 secs":
            assert newest.date == past[-1].date
            assert newest.volume > past[-1].volume
            assert newest.high >= past[-1].high
        caller.send(CancelHistoricalData(req_id=7))
        assert (await caller.error(CancelHistoricalData(req_id=7), 7))[0] == 366
        now = await bars(caller, bar_size_setting=size, duration=duration, format_date=2)
        assert now[-1] == newest

    on_a_clock(conversation, server_version=version)


async def bars(caller, **fields):
    """The bars of history."""
    request = HistoricalDataRequest(
        req_id=7, contract=AAPL, end_date_time="", what_to_show="TRADES", use_rth=True
    ).replace(**fields)
    last = HistoricalDataEnd if caller.version >= 196 else HistoricalData
    return (await caller.ask(request, last))[0].historical_data_bars


@pytest.mark.parametrize("version", VERSIONS)
def test_a_histogram_adds_up_to_the_volume_of_its_days(version):
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        request = HistogramDataRequest(req_id=3, contract=AAPL, use_rth=True, time_period="3 days")
        (told,) = await caller.ask(request, HistogramData)
        prices = [entry.price for entry in told.histogram_data_entries]
        days = await bars(caller, bar_size_setting="1 day", duration="3 D")
        assert prices == sorted(set(prices))
        assert min(day.low for day in days) <= prices[0] < prices[-1] <= max(day.high for day in days)
        assert sum(entry.size for entry in told.histogram_data_entries) == sum(day.volume for day in days)
        assert (await caller.error(request.replace(time_period="soon"), 3))[0] == 321
        assert (await caller.error(request.replace(contract=SPX), 3))[0] == 162
        assert (await caller.error(CancelHistogramData(req_id=9), 9))[0] == 366

    on_a_clock(conversation, server_version=version)


def test_head_timestamps_that_there_are_not():
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        request = HeadTimestampRequest(req_id=3, contract=EUR, use_rth=True, what_to_show="TRADES", format_date=1)
        assert (await caller.error(request, 3))[0] == 162
        assert (await caller.error(request.replace(what_to_show="?"), 3))[0] == 321

    on_a_clock(conversation)


# ------------------------------------------------------------------------------------------------------ ticks


def ticks_request(**fields):
    request = HistoricalTicksRequest(
        req_id=4, contract=AAPL, start_date_time="20260825-15:00:00", end_date_time="", number_of_ticks=300,
        what_to_show="TRADES", use_rth=True, ignore_size=False,
    )  # fmt: skip
    return request.replace(**fields)


@pytest.mark.parametrize("version", VERSIONS)
def test_past_trades_are_those_of_the_bars(version):
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        (told,) = await caller.ask(ticks_request(), HistoricalTicksLast)
        ticks = told.historical_ticks_last
        assert told.is_done
        assert len(ticks) >= 300
        start = 1787670000
        assert (ticks[0].time, [tick.time for tick in ticks]) == (start, sorted(tick.time for tick in ticks))
        past = await bars(
            caller, bar_size_setting="1 secs", duration="60 S", end_date_time="20260825-15:01:00", format_date=2
        )
        for bar in past[: ticks[-1].time - start + 1]:
            of_second = [tick for tick in ticks if tick.time == int(bar.date)]
            assert sum(item.size for item in of_second) == bar.volume
            assert bar.low <= min(item.price for item in of_second)
            assert bar.high >= max(item.price for item in of_second)

    on_a_clock(conversation, server_version=version)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("shown", "kind", "field"),
    [
        ("TRADES", HistoricalTicksLast, "historical_ticks_last"),
        ("BID_ASK", HistoricalTicksBidAsk, "historical_ticks_bid_ask"),
        ("MIDPOINT", HistoricalTicks, "historical_ticks"),
    ],
)
def test_ticks_up_to_a_time_end_there_and_go_on_where_asked(version, shown, kind, field):
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        request = ticks_request(
            what_to_show=shown, start_date_time="", end_date_time="20260825-15:00:00", number_of_ticks=40
        )
        (told,) = await caller.ask(request, kind)
        before = getattr(told, field)
        assert len(before) >= 40
        assert before[-1].time == 1787669999
        again = request.replace(start_date_time=f"20260825-{15 - 1}:59:5{before[0].time % 10}", end_date_time="")
        (told,) = await caller.ask(again.replace(number_of_ticks=len(before)), kind)
        assert getattr(told, field) == before

    on_a_clock(conversation, server_version=version)


def test_quotes_are_fewer_when_sizes_do_not_count():
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        request = ticks_request(what_to_show="BID_ASK", number_of_ticks=1, contract=EUR)
        (every,) = await caller.ask(request, HistoricalTicksBidAsk)
        (some,) = await caller.ask(request.replace(ignore_size=True), HistoricalTicksBidAsk)
        assert 0 < len(some.historical_ticks_bid_ask) < len(every.historical_ticks_bid_ask)
        prices = [(item.price_bid, item.price_ask) for item in some.historical_ticks_bid_ask]
        assert all(one != other for one, other in pairwise(prices))

    on_a_clock(conversation)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"what_to_show": "HEARSAY"}, 321),
        ({"number_of_ticks": 1001}, 321),
        ({"end_date_time": "20260825-16:00:00"}, 321),
        ({"start_date_time": ""}, 321),
        ({"start_date_time": "yesterday"}, 10314),
        ({"contract": EUR}, 10187),
        ({"contract": SPX, "what_to_show": "BID_ASK"}, 10187),
    ],
)
def test_ticks_that_there_are_not(fields, code):
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        assert (await caller.error(ticks_request(**fields), 4))[0] == code

    on_a_clock(conversation)


def test_a_search_for_ticks_can_be_cancelled():
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        caller.send(ticks_request(), CancelHistoricalTicks(req_id=4))
        (_,) = await caller.ask(CurrentTimeRequest(), CurrentTime)
        assert (await caller.error(CancelHistoricalTicks(req_id=4), 4))[0] == 366

    on_a_clock(conversation)


@pytest.mark.parametrize("version", [176, 226])
@pytest.mark.parametrize(
    ("kind", "past"),
    [("Last", HistoricalTicksLast), ("BidAsk", HistoricalTicksBidAsk), ("MidPoint", HistoricalTicks)],
)
def test_tick_by_tick_begins_with_the_latest_ticks_if_asked(version, kind, past):
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        caller.send(TickByTickRequest(req_id=6, contract=AAPL, tick_type=kind, number_of_ticks=10))
        first = await caller.message()
        assert isinstance(first, past)
        ticks = next(value for value in (getattr(first, name) for name in first.__fields__) if isinstance(value, list))
        assert len(ticks) == 10
        assert ticks[-1].time <= WEDNESDAY // SECOND
        clock.pass_seconds(1)
        assert isinstance(await caller.message(), TickByTickData)

    on_a_clock(conversation, server_version=version)


# ---------------------------------------------------------------------------------- options and generic ticks


@pytest.mark.parametrize("version", VERSIONS)
def test_an_option_has_greeks_that_fit_its_price(version):
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        told = await caller.ask(MarketDataRequest(req_id=5, contract=CALL, snapshot=True), TickSnapshotEnd)
        greeks = {item.tick_type: item for item in told if isinstance(item, TickOptionComputation)}
        price = {item.tick_type: item.price for item in told if isinstance(item, TickPrice)}
        assert set(greeks) == {10, 11, 12, 13}
        assert [greeks[item].opt_price for item in (10, 11, 12)] == [price[1], price[2], price[4]]
        model = greeks[13]
        assert 0.2 < model.implied_vol < 0.4
        assert 0 < model.delta < 1
        assert (model.gamma > 0, model.vega > 0, model.theta < 0) == (True, True, True)
        assert greeks[10].implied_vol < model.implied_vol < greeks[11].implied_vol

        asked = CalculateOptionPriceRequest(
            req_id=6, contract=CALL, volatility=model.implied_vol, under_price=model.und_price
        )
        (made,) = await caller.ask(asked, TickOptionComputation)
        assert (made.req_id, made.tick_type) == (6, 53)
        assert made.opt_price == pytest.approx(model.opt_price)
        asked = CalculateImpliedVolatilityRequest(
            req_id=7, contract=CALL, option_price=model.opt_price, under_price=model.und_price
        )
        (made,) = await caller.ask(asked, TickOptionComputation)
        assert made.implied_vol == pytest.approx(model.implied_vol)
        assert (await caller.error(asked.replace(contract=AAPL), 7))[0] == 321
        (none,) = await caller.ask(asked.replace(option_price=0.5, under_price=400.0), TickOptionComputation)
        assert (none.implied_vol, none.delta) == (None, None)

    on_a_clock(conversation, server_version=version)


@pytest.mark.parametrize("version", VERSIONS)
def test_generic_ticks_come_with_the_quotes_and_change(version):
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        wanted = "100,101,104,105,106,165,225,233,236,293,294,295,411,456"
        caller.send(MarketDataRequest(req_id=5, contract=AAPL, generic_tick_list=wanted))
        opening = await caller.until(lambda item: isinstance(item, TickSize) and item.tick_type == 21)
        types = {item.tick_type for item in opening if hasattr(item, "tick_type")}
        assert types >= {*range(15, 25), 27, 28, 29, 30, 34, 35, 36, 46, 48, 54, 55, 56, 58, 59, 61, 87, 89} - {22}
        price = {item.tick_type: item.price for item in opening if isinstance(item, TickPrice)}
        assert price[19] <= price[17] <= price[15] <= price[7]
        assert price[20] >= price[18] >= price[16] >= price[6]
        trade = next(item.value for item in opening if isinstance(item, TickString) and item.tick_type == 48).split(";")
        assert price[7] <= float(trade[0]) <= price[6]
        assert price[7] <= float(trade[4]) <= price[6]
        volume = next(item.size for item in opening if isinstance(item, TickSize) and item.tick_type == 8)
        assert float(trade[3]) == pytest.approx(float(volume))
        clock.pass_seconds(1)
        await caller.until(lambda item: isinstance(item, TickString) and item.tick_type == 48)

    on_a_clock(conversation, server_version=version)


def test_a_subscription_can_be_cancelled_while_its_year_is_looked_through():
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        caller.send(MarketDataRequest(req_id=5, contract=AAPL, generic_tick_list="165"), CancelMarketData(req_id=5))
        told = await caller.ask(CancelMarketData(req_id=5), ErrorMessage)
        assert told[-1].error_code == 300
        assert not {item.tick_type for item in told if hasattr(item, "tick_type")} & {*range(15, 22)}
        assert not sim.gateway.clients[1].tasks

    on_a_clock(conversation)


def test_a_hedge_is_confirmed():
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        hedge = DeltaNeutralContract(con_id=265598, delta=0.5, price=300.0)
        hedged = CALL.replace(delta_neutral_contract=hedge)
        told, *_ = await caller.ask(MarketDataRequest(req_id=5, contract=hedged, snapshot=True), TickSnapshotEnd)
        assert told == DeltaNeutralValidation(req_id=5, delta_neutral_contract=hedge)

    on_a_clock(conversation)


def test_an_index_has_its_level_once_a_second():
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        (told,) = await caller.ask(ticks_request(contract=SPX, number_of_ticks=5), HistoricalTicksLast)
        first = told.historical_ticks_last[0].time
        assert [(item.time, item.size) for item in told.historical_ticks_last] == [(first + i, 0) for i in range(5)]

    on_a_clock(conversation)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"generic_tick_list": "100,999"}, "Incorrect generic tick list of 100,999.  Legal ones for (STK) are: 100("),
        ({"generic_tick_list": "588"}, "Legal ones for (STK)"),
        ({"generic_tick_list": "233", "snapshot": True}, "not applicable to generic ticks"),
    ],
)
def test_generic_ticks_that_there_are_not(fields, text):
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        code, told = await caller.error(MarketDataRequest(req_id=5, contract=AAPL, **fields), 5)
        assert (code, text in told) == (321, True)

    on_a_clock(conversation)


@pytest.mark.parametrize("version", VERSIONS)
def test_delayed_data_have_types_of_their_own_and_come_late(version):
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        caller.send(MarketDataTypeRequest(market_data_type=3))
        told = await caller.ask(MarketDataRequest(req_id=5, contract=AAPL, snapshot=True), TickSnapshotEnd)
        assert told[0].market_data_type == 3
        assert {item.tick_type for item in told if hasattr(item, "tick_type")} == {*range(66, 77), 88, 90}
        at = next(item.value for item in told if isinstance(item, TickString))
        assert int(at) == WEDNESDAY // SECOND - 900
        caller.send(MarketDataTypeRequest(market_data_type=4))
        caller.send(MarketDataRequest(req_id=6, contract=AAPL))
        await caller.until(TickGeneric)
        clock.pass_seconds(1)
        flowing = [await caller.message() for _ in range(20)]
        assert {item.tick_type for item in flowing} <= {*range(66, 77), 88}
        assert (await caller.error(MarketDataTypeRequest(market_data_type=9)))[0] == 321

    on_a_clock(conversation, server_version=version)


@pytest.mark.parametrize("version", [176, 226])
def test_frozen_data_are_those_of_the_close(version):
    saturday = Clock(WEDNESDAY + 3 * 86_400 * SECOND)

    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        caller.send(MarketDataTypeRequest(market_data_type=2))
        told = await caller.ask(MarketDataRequest(req_id=5, contract=AAPL, snapshot=True), TickSnapshotEnd)
        assert (type(told[0]), told[0].market_data_type) == (MarketDataType, 2)
        friday_evening = int(datetime(2026, 8, 28, 20, tzinfo=ZoneInfo("America/New_York")).timestamp())
        at = next(int(item.value) for item in told if isinstance(item, TickString))
        assert at == friday_evening - 1

    on_a_clock(conversation, server_version=version, clock=saturday)


def test_the_same_seed_and_clock_give_the_same_answers():
    told = []

    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        answers = await caller.ask(MarketDataRequest(req_id=5, contract=CALL, snapshot=True), TickSnapshotEnd)
        answers += await caller.ask(ticks_request(), HistoricalTicksLast)
        caller.send(MarketDepthRequest(req_id=1, contract=ES, num_rows=5))
        answers += [await caller.message() for _ in range(10)]
        told.append(answers)

    for seed in (1, 1, 2):
        on_a_clock(conversation, seed=seed)
    assert told[0] == told[1] != told[2]
