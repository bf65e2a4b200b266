"""The simulated market agrees with itself: contracts, quotes, streams and bars of one seed are one story."""

import asyncio
import itertools
from datetime import UTC, date, datetime

import numpy as np
import pytest

from ibfast.schema import Contract
from ibfast.simulator.market.bars import (
    MONTH,
    SECONDS,
    WEEK,
    BadTimeError,
    dates,
    longer_bars,
    parse_end,
    prices,
    session_bars,
    sessions_of,
)
from ibfast.simulator.market.generic_ticks import LEGAL, GenericTicks
from ibfast.simulator.market.market import Market
from ibfast.simulator.market.price_path import DAY_S
from ibfast.simulator.market.trading_hours import Hours
from ibfast.simulator.market.universe import UnknownSecTypeError, option_expiries, third_friday
from ibfast.simulator.streams.ticks import L1Stream, Tick, tick_by_tick

SECOND = 1_000_000_000
WEDNESDAY = int(datetime(2026, 8, 26, 15, 0, 7, tzinfo=UTC).timestamp())  # 11:00 in New York
SATURDAY = int(datetime(2026, 8, 29, 15, 0, tzinfo=UTC).timestamp())
AAPL, SPX, EUR, BTC, BOND = 265598, 416904, 12087792, 479624278, 127128131
ONE_OF_EACH = [AAPL, SPX, EUR, BTC, BOND, 48013650, 756733]
ALL_SHOWN = ["TRADES", "MIDPOINT", "BID", "ASK", "BID_ASK"]


def market_at(now_s=WEDNESDAY, seed=0):
    return Market(seed, lambda: now_s * SECOND)


@pytest.fixture(scope="module")
def market():
    return market_at()


def found(market, **fields):
    return market.universe.find(Contract(**fields))


def only(market, **fields):
    (instrument,) = found(market, **fields)
    return instrument


# ------------------------------------------------------------------------------------------------- contracts


def test_the_universe_has_instruments_of_every_kind_with_complete_details(market):
    instruments = market.universe.instruments()
    assert len(instruments) >= 10
    kinds = {item.contract["sec_type"] for item in instruments}
    assert kinds == {
        "STK", "IND", "FUT", "OPT", "FOP", "CASH", "CRYPTO", "BOND", "FUND", "CFD", "CMDTY", "WAR", "NEWS",
    }  # fmt: skip
    assert len({contract.con_id for contract in instruments}) == len(instruments)
    for instrument in instruments:
        assert {"min_tick", "order_types", "valid_exchanges", "long_name", "market_rule_ids"} <= set(instrument.details)
        rules = set(instrument.details["market_rule_ids"].split(","))
        assert rules <= set(market.universe.market_rules)


@pytest.mark.parametrize(
    ("fields", "con_id"),
    [
        ({"con_id": AAPL}, AAPL),
        ({"con_id": AAPL, "exchange": "NASDAQ"}, AAPL),
        ({"symbol": "AAPL", "sec_type": "STK", "exchange": "SMART", "currency": "USD"}, AAPL),
        ({"local_symbol": "AAPL", "sec_type": "STK", "primary_exch": "NASDAQ"}, AAPL),
        ({"symbol": "EUR", "sec_type": "CASH", "currency": "USD", "exchange": "IDEALPRO"}, EUR),
        ({"symbol": "SPX", "sec_type": "IND", "exchange": "CBOE"}, SPX),
        ({"sec_id_type": "ISIN", "sec_id": "US037833AL42"}, BOND),
        ({"symbol": "037833AL4", "sec_type": "BOND"}, BOND),
        ({"sec_id_type": "ISIN", "sec_id": "US0378331005", "exchange": "SMART"}, AAPL),
        ({"symbol": "ES", "sec_type": "FUT", "last_trade_date_or_contract_month": "202612"}, 515416632),
        ({"local_symbol": "ESZ6", "sec_type": "FUT", "exchange": "CME"}, 515416632),
        ({"local_symbol": "MESU6", "sec_type": "FUT"}, 793356217),
    ],
)
def test_a_contract_is_found_the_way_tws_finds_it(market, fields, con_id):
    assert only(market, **fields).con_id == con_id


def test_an_option_chain_narrows_with_each_field(market):
    chain = found(market, symbol="AAPL", sec_type="OPT", exchange="SMART")
    calls = found(market, symbol="AAPL", sec_type="OPT", right="CALL")
    expiry = calls[0].contract["last_trade_date_or_contract_month"]
    of_expiry = found(market, symbol="AAPL", sec_type="OPT", right="C", last_trade_date_or_contract_month=expiry)
    strike = of_expiry[0].contract["strike"]
    series = {"symbol": "AAPL", "sec_type": "OPT", "last_trade_date_or_contract_month": expiry}
    one = only(market, right="C", strike=strike, **series)
    assert len(chain) == 2 * len(calls) > len(of_expiry) > 1
    assert only(market, local_symbol=one.contract["local_symbol"].replace("  ", " "), sec_type="OPT") == one
    assert only(market, con_id=one.con_id) == one


@pytest.mark.parametrize(
    "fields",
    [
        {"symbol": "NOSUCH", "sec_type": "STK"},
        {"symbol": "AAPL", "sec_type": "STK", "currency": "EUR"},
        {"symbol": "AAPL", "sec_type": "STK", "exchange": "CME"},
        {"con_id": 1},
        {"con_id": AAPL, "exchange": "CME"},
        {"sec_type": "STK"},
        {"symbol": "ES", "sec_type": "FUT", "last_trade_date_or_contract_month": "202001"},
    ],
)
def test_what_does_not_exist_is_not_found(market, fields):
    assert found(market, **fields) == []


def test_an_unknown_security_type_is_an_error_of_its_own(market):
    with pytest.raises(UnknownSecTypeError):
        found(market, symbol="AAPL", sec_type="invalid")


@pytest.mark.parametrize("year", [2026, 2027, 2031])
def test_nothing_that_is_listed_has_expired(year):
    now_s = int(datetime(year, 3, 20, 20, tzinfo=UTC).timestamp())
    market = market_at(now_s)
    dated = [instrument for instrument in market.universe.instruments() if instrument.expires_s]
    assert len(dated) > 100
    assert min(item.expires_s for item in dated) > now_s
    assert only(market, symbol="ES", sec_type="CONTFUT").expires_s == min(
        item.expires_s for item in found(market, symbol="ES", sec_type="FUT")
    )


def test_a_contract_once_listed_keeps_its_id_and_stays_known():
    now = [WEDNESDAY]
    market = Market(0, lambda: now[0] * SECOND)
    option = found(market, symbol="AAPL", sec_type="OPT")[0]
    now[0] += 90 * DAY_S
    assert option not in found(market, symbol="AAPL", sec_type="OPT")
    assert only(market, con_id=option.con_id) == option


def test_expiries():
    assert third_friday(2026, 12) == date(2026, 12, 18)
    assert option_expiries(date(2026, 8, 28), 2, 1) == [date(2026, 9, 4), date(2026, 9, 11), date(2026, 9, 18)]


# ---------------------------------------------------------------------------------------------------- quotes


@pytest.mark.parametrize("con_id", ONE_OF_EACH)
@pytest.mark.parametrize("now_s", [WEDNESDAY, SATURDAY], ids=["open", "closed"])
def test_quotes_are_on_the_grid_and_never_crossed(market, con_id, now_s):
    instrument = market.universe.by_con_id(con_id)
    times = np.arange(now_s * SECOND, (now_s + 60) * SECOND, SECOND // 50)
    quotes = market.model(instrument).quotes(times)
    assert (quotes.bid < quotes.ask).all() == instrument.model.two_sided
    assert (quotes.bid > 0).all()
    assert (quotes.bid_size > 0).all()
    assert (quotes.ask_size > 0).all()
    assert np.unique(quotes.bid).size > 3, "the market moves"
    for ticks in quotes.bid[:10].tolist():
        assert abs(instrument.price(ticks) / float(instrument.tick) - ticks) < 1e-6


def test_the_same_seed_is_the_same_market_and_another_is_not():
    times = np.arange(100) * SECOND + WEDNESDAY * SECOND
    bids = [market_at(seed=seed).model(market_at().universe.by_con_id(AAPL)).quotes(times).bid for seed in (0, 0, 1)]
    assert (bids[0] == bids[1]).all()
    assert (bids[0] != bids[2]).any()


def test_options_cost_at_least_what_exercising_them_brings(market):
    stock = market.quote(market.universe.by_con_id(AAPL), WEDNESDAY * SECOND)
    spot = int(stock.bid[0]) / 100
    for option in found(market, symbol="AAPL", sec_type="OPT"):
        terms = option.option
        worth = max(0.0, spot - terms.strike if terms.right == "C" else terms.strike - spot)
        ask = option.price(int(market.quote(option, WEDNESDAY * SECOND).ask[0]))
        assert ask >= worth - 0.05


@pytest.mark.parametrize("con_id", [AAPL, EUR, BTC])
def test_live_quotes_stay_within_the_bars_of_their_second(market, con_id):
    instrument = market.universe.by_con_id(con_id)
    model = market.model(instrument)
    session = instrument.hours.latest(WEDNESDAY)
    shown = ("BID", "ASK", "TRADES")
    bars = {name: session_bars(model, name, session, WEDNESDAY - 60, WEDNESDAY, 1) for name in shown}
    times = np.arange((WEDNESDAY - 60) * SECOND, WEDNESDAY * SECOND, SECOND // 100)
    quotes = model.quotes(times)
    traded, sizes = model.trades(times, quotes)
    for name, ticks in zip(shown, (quotes.bid, quotes.ask, traded), strict=True):
        seconds = ticks.reshape(60, 100)
        assert (seconds.min(axis=1) >= bars[name]["low"]).all()
        assert (seconds.max(axis=1) <= bars[name]["high"]).all()
    assert (quotes.bid.reshape(60, 100).min(axis=1) == bars["BID"]["low"]).all()
    assert (quotes.bid.reshape(60, 100)[:, 0] == bars["BID"]["open"]).all()
    assert ((traded == quotes.bid) | (traded == quotes.ask)).all()
    assert (sizes > 0).all()


# --------------------------------------------------------------------------------------------------- streams


@pytest.mark.parametrize("kind", ["L1", "Last", "AllLast", "BidAsk", "MidPoint"])
def test_a_stream_does_not_depend_on_how_it_is_cut(market, kind):
    def stream():
        instrument = market.universe.by_con_id(AAPL)
        return L1Stream(1, instrument, market) if kind == "L1" else tick_by_tick(kind, 1, instrument, market)

    start, end = WEDNESDAY * SECOND, (WEDNESDAY + 4) * SECOND
    whole, cut = stream(), stream()
    rows = whole.rows(400, start, end)
    edges = [start + at * SECOND // 100 for at in (0, 3, 200, 201, 400)]
    parts = [cut.rows((b - a) * 100 // SECOND, a, b) for a, b in itertools.pairwise(edges)]
    for name in rows.dtype.names:
        assert np.array_equal(np.concatenate(parts)[name], rows[name], equal_nan=True), name


def test_an_l1_stream_has_every_tick_type_and_sensible_values(market):
    stream = L1Stream(1, market.universe.by_con_id(AAPL), market)
    rows = stream.rows(1100, WEDNESDAY * SECOND, (WEDNESDAY + 20) * SECOND)
    by_type = {tick_type: rows[rows["tick_type"] == tick_type] for tick_type in np.unique(rows["tick_type"]).tolist()}
    assert set(by_type) == {Tick.BID, Tick.ASK, Tick.LAST, Tick.BID_SIZE, Tick.ASK_SIZE, Tick.LAST_SIZE, Tick.VOLUME}
    assert by_type[Tick.BID]["price"].mean() < by_type[Tick.ASK]["price"].mean()
    assert np.isnan(by_type[Tick.VOLUME]["price"]).all()
    assert (rows["size"] > 0).all()
    cents = rows["price"][~np.isnan(rows["price"])] * 100
    assert np.allclose(cents, np.round(cents), atol=1e-6)


@pytest.mark.parametrize("con_id", [AAPL, EUR, BTC])
def test_an_l1_stream_never_shows_a_crossed_market(market, con_id):
    stream = L1Stream(1, market.universe.by_con_id(con_id), market)
    rows = stream.rows(30_000, WEDNESDAY * SECOND, (WEDNESDAY + 600) * SECOND)
    seen = {}
    for tick_type, price in zip(rows["tick_type"].tolist(), rows["price"].tolist(), strict=True):
        seen[tick_type] = price
        if Tick.BID in seen and Tick.ASK in seen:
            assert seen[Tick.BID] < seen[Tick.ASK]
        if tick_type == Tick.LAST:
            assert price in (seen[Tick.BID], seen[Tick.ASK])


def test_an_index_has_trades_only(market):
    rows = L1Stream(1, market.universe.by_con_id(SPX), market).rows(10, WEDNESDAY * SECOND, (WEDNESDAY + 1) * SECOND)
    assert set(rows["tick_type"].tolist()) == {Tick.LAST}


@pytest.mark.parametrize("sec_type", sorted(LEGAL))
def test_every_generic_tick_that_is_legal_can_be_had(market, sec_type):
    instrument = next(item for item in market.universe.instruments() if item.contract["sec_type"] == sec_type)
    for number in LEGAL[sec_type]:
        generic = GenericTicks(1, instrument, market, str(number))
        told = asyncio.run(generic.slow()) if generic.is_slow else generic.opening()
        assert told or number == 586  # of a share that is not new
        assert all(message.req_id == 1 for message in told)


def test_the_day_so_far_is_what_the_bars_say(market):
    instrument = market.universe.by_con_id(AAPL)
    session = instrument.hours.latest(WEDNESDAY)
    day = session_bars(market.model(instrument), "TRADES", session, session.start, WEDNESDAY + 1, DAY_S)[0]
    stats = market.stats(instrument)
    assert (stats.open, stats.high, stats.low, stats.volume) == (day["open"], day["high"], day["low"], day["volume"])


# ------------------------------------------------------------------------------------------------------ bars


def one_session(market, shown, size_s, *, con_id=AAPL, liquid=True):
    instrument = market.universe.by_con_id(con_id)
    session = instrument.hours.latest(WEDNESDAY - DAY_S, liquid)
    return session_bars(market.model(instrument), shown, session, session.start, session.end, size_s)


@pytest.mark.parametrize("shown", ALL_SHOWN)
@pytest.mark.parametrize(("short", "long"), [("1 secs", "30 secs"), ("1 min", "1 hour"), ("5 mins", "1 day")])
def test_a_long_bar_is_the_sum_of_its_short_ones(market, shown, short, long):
    parts, wholes = (one_session(market, shown, SECONDS[size]) for size in (short, long))
    edges = np.searchsorted(parts["time"], wholes["time"]) if long != "1 day" else np.array([0])
    assert np.array_equal(np.maximum.reduceat(parts["high"], edges), wholes["high"])
    assert np.array_equal(np.minimum.reduceat(parts["low"], edges), wholes["low"])
    assert np.array_equal(np.add.reduceat(parts["volume"], edges), wholes["volume"])
    assert np.array_equal(np.add.reduceat(parts["count"], edges), wholes["count"])
    assert np.array_equal(parts["open"][edges], wholes["open"])
    assert np.array_equal(parts["close"][np.append(edges[1:], len(parts)) - 1], wholes["close"])
    average = np.add.reduceat(parts["wap"] * parts["volume"], edges) / wholes["volume"]
    assert np.allclose(average, wholes["wap"], rtol=1e-12)


@pytest.mark.parametrize("shown", ALL_SHOWN)
def test_bars_hang_together(market, shown):
    bars = one_session(market, shown, 60, liquid=False)
    assert len(bars) == 16 * 60
    assert (bars["low"] <= np.minimum(bars["open"], bars["close"])).all()
    assert (bars["high"] >= np.maximum(bars["open"], bars["close"])).all()
    assert ((bars["low"] <= bars["wap"]) & (bars["wap"] <= bars["high"])).all()
    assert (np.diff(bars["time"]) == 60).all()
    if shown in ("BID", "ASK", "MIDPOINT"):
        assert (np.abs(bars["close"][:-1] - bars["open"][1:]) <= 3).all(), "one bar begins where the last one ended"


def test_requests_that_overlap_agree(market):
    instrument = market.universe.by_con_id(AAPL)
    session = instrument.hours.latest(WEDNESDAY)
    model = market_at(SATURDAY).model(instrument)  # another day's simulator, the same past
    early = session_bars(market.model(instrument), "TRADES", session, session.start, WEDNESDAY, 60)
    late = session_bars(model, "TRADES", session, WEDNESDAY - 3600, session.end, 60)
    shared = np.intersect1d(early["time"][:-1], late["time"][1:])
    assert len(shared) > 50
    assert early[np.isin(early["time"], shared)].tobytes() == late[np.isin(late["time"], shared)].tobytes()


def test_regular_hours_are_nine_thirty_to_four(market):
    hourly = one_session(market, "TRADES", 3600)
    texts = list(dates(hourly["time"], 3600, 1, market.universe.by_con_id(AAPL).hours))
    assert len(hourly) == 7
    assert texts[0] == "20260825 09:30:00 US/Eastern"
    assert texts[1] == "20260825 10:00:00 US/Eastern"
    assert texts[-1] == "20260825 15:00:00 US/Eastern"
    assert list(dates(hourly["time"][:1], 3600, 2, market.universe.by_con_id(AAPL).hours)) == ["1787664600"]


@pytest.mark.parametrize("con_id", [AAPL, EUR, 515416632])
def test_nobody_trades_at_weekends(market, con_id):
    hours = market.universe.by_con_id(con_id).hours
    sessions = hours.between(WEDNESDAY - 60 * DAY_S, WEDNESDAY)
    assert {session.day.weekday() for session in sessions} == {0, 1, 2, 3, 4}
    assert all(before.end <= after.start for before, after in itertools.pairwise(sessions))


def test_crypto_trades_all_week(market):
    hours = market.universe.by_con_id(BTC).hours
    assert {session.day.weekday() for session in hours.between(WEDNESDAY - 7 * DAY_S, WEDNESDAY)} == set(range(7))


@pytest.mark.parametrize(
    ("duration", "liquid", "count"),
    [("1 D", True, 1), ("5 D", True, 5), ("2 W", True, 11), ("1 M", True, 23), ("1 Y", True, 262), ("60 S", True, 1)],
)
def test_durations_cover_the_sessions_they_name(market, duration, liquid, count):
    hours = market.universe.by_con_id(AAPL).hours
    start, sessions = sessions_of(hours, duration, WEDNESDAY, liquid)
    assert len(sessions) == count
    assert sessions[-1] == hours.latest(WEDNESDAY, liquid)
    assert start < WEDNESDAY


def test_seconds_are_counted_in_trading_time(market):
    hours = market.universe.by_con_id(AAPL).hours
    start, sessions = sessions_of(hours, "3600 S", SATURDAY, liquid=True)
    assert [session.day.isoformat() for session in sessions] == ["2026-08-28"]
    assert start == sessions[0].end - 3600


@pytest.mark.parametrize("duration", ["", "1", "D 1", "0 D", "1 d", "-1 D", "1 X", "1 D 2"])
def test_a_bad_duration_is_refused(market, duration):
    with pytest.raises(BadTimeError):
        sessions_of(market.universe.by_con_id(AAPL).hours, duration, WEDNESDAY, liquid=True)


def test_weeks_and_months_have_the_date_of_their_last_day(market):
    instrument = market.universe.by_con_id(AAPL)
    _, sessions = sessions_of(instrument.hours, "3 M", WEDNESDAY, liquid=True)
    days = np.concatenate([market.days(instrument).bars("TRADES", session, WEDNESDAY) for session in sessions])
    weeks, months = longer_bars(days, WEEK), longer_bars(days, MONTH)
    assert list(dates(months["time"], MONTH, 2, instrument.hours)) == ["20260529", "20260630", "20260731", "20260826"]
    assert set(np.diff(weeks["time"][:-1]).tolist()) == {7 * DAY_S}
    assert weeks["volume"].sum() == months["volume"].sum() == days["volume"].sum()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", WEDNESDAY),
        ("20260714-10:00:00", 1784023200),
        ("20260714 10:00:00", 1784023200),
        ("20260714 10:00:00 UTC", 1784023200),
        ("20260714 06:00:00 US/Eastern", 1784023200),
        ("20260714 12:00:00 Europe/Amsterdam", 1784023200),
        ("20300101-00:00:00", WEDNESDAY),
    ],
)
def test_an_end_is_read_in_any_of_ibs_forms(text, expected):
    assert parse_end(text, WEDNESDAY) == expected


@pytest.mark.parametrize("text", ["yesterday", "20260714", "20261314-10:00:00", "20260714 10:00:00 Nowhere/City"])
def test_a_bad_end_is_refused(text):
    with pytest.raises(BadTimeError):
        parse_end(text, WEDNESDAY)


def test_prices_of_ticks_and_half_ticks_are_the_nearest_floats(market):
    model = market.model(market.universe.by_con_id(EUR))
    assert prices(model, np.array([23303.0, 23303.5])).tolist() == [1.16515, 1.165175]


def test_hours_read_as_contract_details_have_them():
    hours = Hours("US/Central", "-1700-1600", "0830-1600")
    assert hours.text(date(2026, 8, 28)).startswith(
        "20260827:1700-20260828:1600;20260829:CLOSED;20260830:CLOSED;20260830:1700-20260831:1600"
    )
    assert hours.text(date(2026, 8, 28), liquid=True, days=1) == "20260828:0830-20260828:1600"
