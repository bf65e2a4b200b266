"""Market data and history of the simulator, as users of the async and the blocking client get them, on both wires."""

import asyncio
import math
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from support.client import AAPL, SOON_S, collect
from support.running import WEDNESDAY_NS

from ibfast import Contract, RequestError, TickType
from ibfast._codec import Book
from ibfast.records import BOOK_RESET, CONDITIONS, EXCHANGES, OPTION, concatenate
from ibfast.simulator.faults import NoQuotes
from ibfast.streams.order_book import ASKS, BIDS

ES = Contract(local_symbol="ESZ6", sec_type="FUT", exchange="CME")
CALL = Contract.call("AAPL", expiry="20260918", strike=320.0)
SECOND_NS = 1_000_000_000
TUESDAY = datetime(2026, 8, 25, 15, tzinfo=UTC)


@pytest.fixture(params=[157, 176, 203, 226])
def version(request):
    return request.param


class Clock:
    """The simulator's clock, which stands still until it is moved."""

    def __init__(self):
        self.now_ns = WEDNESDAY_NS

    def __call__(self):
        return self.now_ns

    def pass_seconds(self, seconds):
        self.now_ns += seconds * SECOND_NS


async def come_to(kept, condition):
    """Wait until what is kept up to date is so."""
    async with asyncio.timeout(SOON_S):
        while not condition(kept):
            await kept.next()


# ------------------------------------------------------------------------------------------------------ quotes


def test_a_quote(play):
    async def case(client):
        async with client.quote(AAPL, generic_ticks=["MARK_PRICE", "SHORTABLE", "RT_VOLUME"]) as quote:
            named = ("bid", "ask", "last", "bid_size", "ask_size", "last_size", "volume", "open_price", "high", "low")
            await come_to(quote, lambda item: not any(math.isnan(getattr(item, name)) for name in named))
            await come_to(quote, lambda item: item.value(TickType.SHORTABLE_SHARES) > 0 and item.mark_price > 0)
            await come_to(quote, lambda item: item.text(TickType.RT_VOLUME))
            assert quote.text(TickType.RT_VOLUME).count(";") == 5
            assert (quote.halted, quote.is_delayed, quote.model_greeks) == (0.0, False, None)
            before = quote.updates
            await come_to(quote, lambda item: item.updates > before + 20)
            await come_to(
                quote, lambda item: 0 < item.bid < item.ask < 2 * item.bid
            )  # one side may be told before the other
        assert quote.low <= quote.open_price <= quote.high  # it stands still now

    play(case)


def test_a_quote_of_delayed_data(play):
    async def case(client):
        await client.market_data_type("DELAYED")
        async with client.quote(AAPL) as quote:
            await come_to(quote, lambda item: 0 < item.bid < item.ask and item.volume > 0)
        assert quote.is_delayed
        assert quote.market_data_type == 3

    play(case)


def test_the_greeks_of_an_option(play):
    async def case(client):
        async with client.quote(CALL) as quote, client.market_data(CALL) as ticks:
            await come_to(quote, lambda item: item.model_greeks and item.bid_greeks and item.ask > 0)
            rows = await ticks.computations.next(SOON_S)
            assert rows.dtype == OPTION
            assert set(rows["tick_type"].tolist()) <= {10, 11, 12, 13}
        greeks = quote.model_greeks
        assert 0 < greeks.delta < 1
        assert greeks.theta < 0 < greeks.gamma
        assert 0 < greeks.implied_vol < 2
        assert abs(greeks.opt_price - (quote.bid + quote.ask) / 2) < 0.2 * greeks.opt_price

    play(case)


def test_a_calculation_and_its_reverse(play):
    async def case(client):
        priced = await client.calculate_option_price(CALL, volatility=0.3, under_price=320.0)
        assert 1 < priced.opt_price < 100
        implied = await client.calculate_implied_volatility(CALL, option_price=priced.opt_price, under_price=320.0)
        assert implied.implied_vol == pytest.approx(0.3, abs=0.01)
        with pytest.raises(RequestError):
            await client.calculate_option_price(AAPL, volatility=0.3, under_price=320.0)

    play(case)


@pytest.mark.parametrize(("missing", "size"), [(-1.0, 0), (-1.0, -1), (0.0, 0)])
def test_a_market_without_quotes(play, missing, size):
    """Halted, for a time: bid and ask are not there, and come again."""

    async def case(client, sim):
        async with client.quote(AAPL) as quote, client.quote(AAPL) as other:
            await come_to(quote, lambda item: 0 < item.bid < item.ask)
            await come_to(other, lambda item: 0 < item.bid < item.ask)
            sim.inject(NoQuotes(0.3, price=missing, size=size, halted=2))
            await come_to(quote, lambda item: item.halted == 2)
            assert np.isnan([quote.bid, quote.ask, quote.midpoint, quote.spread]).all()
            assert np.isnan(quote.bid_size) if size < 0 else quote.bid_size == 0
            assert quote.last > 0
            await come_to(quote, lambda item: item.halted == 0 and 0 < item.bid < item.ask)

    play(case)


def test_a_closed_market_has_no_bid_and_no_ask(play):
    async def case(client):
        async with client.quote(AAPL, snapshot=True) as quote:
            async for _ in quote:
                pass
            assert np.isnan([quote.bid, quote.ask]).all()
            assert (quote.last > 0, quote.close_price > 0) == (True, True)
        async with client.quote(Contract.crypto("BTC")) as quote:  # all week
            await come_to(quote, lambda item: 0 < item.bid < item.ask)
        await client.market_data_type("FROZEN")
        async with client.quote(AAPL) as quote:
            await come_to(quote, lambda item: 0 < item.bid < item.ask)

    sunday = int(datetime(2026, 8, 30, 15, tzinfo=UTC).timestamp()) * SECOND_NS
    play(case, trading_hours=True, clock=lambda: sunday)


def test_a_combination_has_prices_below_zero(play):
    """What costs more is sold: real prices, with sizes."""

    async def case(client):
        pair = await client.combo((Contract.stock("IBM"), 1), (Contract.stock("MSFT"), -1))
        async with client.quote(pair) as quote:
            await come_to(quote, lambda item: item.bid < 0 and item.ask < 0 and item.bid < item.ask)
            assert (quote.bid_size > 0, quote.midpoint < 0) == (True, True)

    play(case)


# ----------------------------------------------------------------------------------------------------------- CFDs

IBM_CFD, IBM = Contract.cfd("IBM"), Contract(con_id=8314, exchange="SMART")


def test_the_data_of_a_cfd_are_those_of_its_stock(play):
    async def case(client):
        async with client.quote(IBM_CFD) as quote, client.quote(IBM) as stock:
            await come_to(quote, lambda item: 0 < item.bid < item.ask)
            await come_to(stock, lambda item: item.high > 0)
            assert (quote.rerouted_to, stock.rerouted_to) == (IBM, None)
            assert quote.close_price == stock.close_price
        async with client.market_data(IBM_CFD) as ticks:
            await ticks.next(SOON_S)
        async with client.book(IBM_CFD, rows=3, smart=True) as book, client.depth(IBM_CFD, rows=3, smart=True) as rows:
            await come_to(book, lambda item: len(item.bids) == len(item.asks) == 3)
            await rows.next(SOON_S)
            assert book.rerouted_to == IBM

    play(case)


def test_a_snapshot_of_a_cfd_ends_by_itself(play):
    async def case(client):
        async with client.quote(IBM_CFD, snapshot=True) as quote:
            assert [item.rerouted_to async for item in quote][-1:] == [IBM]
            assert quote.bid > 0

    play(case)


# ------------------------------------------------------------------------------------------------------- books


def is_sorted(book):
    bids, asks = book.bids["price"], book.asks["price"]
    return bool(np.all(np.diff(bids) < 0) and np.all(np.diff(asks) > 0))


def test_a_book(play):
    async def case(client):
        async with client.book(ES, rows=5) as book:
            await come_to(book, lambda item: len(item.bids) == len(item.asks) == 5)
            for _ in range(20):
                await come_to(book, lambda item, before=book.updates: item.updates > before)
                assert (len(book.bids), len(book.asks)) <= (5, 5)
            assert is_sorted(book)
            assert not book.is_crossed
            assert (book.misplaced, book.resets) == (0, 0)
            assert book.bids["size"].min() > 0
        assert [item.is_closed async for item in book] in ([], [True])

    play(case)


def test_a_smart_book_that_is_reset(play):
    async def case(client, sim):
        async with client.book(AAPL, rows=6, smart=True) as book, client.depth(AAPL, rows=6, smart=True) as changes:
            await come_to(book, lambda item: len(item.bids) == len(item.asks) == 6)
            assert set(EXCHANGES.decode(book.bids["market_maker"])) - {""}
            rows = [await changes.next(SOON_S)]
            sim.reset_depth()
            await come_to(book, lambda item: item.resets == 1 and len(item.bids) == len(item.asks) == 6)
            assert book.misplaced == 0
            while BOOK_RESET not in rows[-1]["operation"]:
                rows.append(await changes.next(SOON_S))
            replayed = Book(6)
            replayed.apply(concatenate(rows))
            assert (replayed.misplaced, replayed.resets) == (0, 1)

    play(case)


def test_changes_of_a_book_are_enough_to_keep_one(play):
    async def case(client):
        async with client.depth(ES, rows=5) as changes:
            rows = await collect(changes, 50)
        assert rows["seq"].tolist() == list(range(len(rows)))
        book = Book(5)
        book.apply(rows)
        bids, asks = book.side(BIDS)["price"], book.side(ASKS)["price"]
        assert np.all(np.diff(bids) < 0)
        assert np.all(np.diff(asks) > 0)
        assert (len(bids), book.misplaced) == (5, 0)

    play(case)


def test_a_book_that_there_is_not(play):
    async def case(client):
        async with client.book(AAPL) as book:
            with pytest.raises(RequestError) as caught:
                await book.next(SOON_S)
        assert caught.value.code == 10092

    play(case)


# -------------------------------------------------------------------------------------------------------- bars


def test_bars_of_five_seconds(play):
    clock = Clock()

    async def case(client):
        async with client.real_time_bars(AAPL) as bars:
            await client.current_time()  # the request is there
            clock.pass_seconds(13)
            rows = await collect(bars, 3)
        assert np.diff(rows["time"]).tolist() == [5, 5]
        past = await client.historical_data(AAPL, duration="60 S", bar_size="5 secs")
        known = {bar["time_ns"] // SECOND_NS: bar for bar in past.records}
        for row in rows:
            assert [row[name] for name in ("open", "high", "low", "close", "volume")] == [
                known[row["time"]][name] for name in ("open", "high", "low", "close", "volume")
            ]

    play(case, clock=clock)


def test_bars_kept_up_to_date(play):
    clock = Clock()

    async def case(client):
        async with client.keep_up_to_date(AAPL, duration="1 D", bar_size="1 hour") as bars:
            history = await bars.next(SOON_S)
            assert len(history) > 1
            clock.pass_seconds(2)
            newest = (await bars.next(SOON_S))[-1]
            assert newest["time_ns"] == history["time_ns"][-1]
            assert newest["volume"] > history["volume"][-1]
        again = await client.historical_data(AAPL, duration="1 D", bar_size="1 hour")
        assert again["close"][-1] == newest["close"]

    play(case, clock=clock)


# -------------------------------------------------------------------------------------------------- past, one answer


def test_where_history_begins_and_how_it_is_spread(play):
    async def case(client):
        begin = await client.head_timestamp(AAPL)
        assert begin.tzinfo is not None
        assert begin < datetime(2010, 1, 1, tzinfo=UTC)
        found = await client.histogram(AAPL, period="3 days")
        assert len(found) > 10
        assert np.all(np.diff(found["price"]) > 0)
        assert found["size"].min() > 0
        assert found.to_pandas()["size"].sum() == found["size"].sum()
        with pytest.raises(RequestError):
            await client.histogram(AAPL, period="3 fortnights")

    play(case)


def test_trading_sessions(play, version):
    async def case(client):
        if version < 165:
            with pytest.raises(ValueError, match="165"):
                await client.historical_schedule(AAPL, duration="5 D")
            return
        found = await client.historical_schedule(AAPL, duration="5 D", end=TUESDAY + timedelta(hours=8))
        days = [session.ref_date for session in found.sessions]
        assert days == sorted(days)
        assert date(2026, 8, 25) in days
        assert date(2026, 8, 23) not in days  # a Sunday
        assert {session.end - session.start for session in found.sessions} == {timedelta(hours=6.5)}
        assert {session.start.hour for session in found.sessions} == {9}
        assert "Eastern" in found.time_zone

    play(case)


# -------------------------------------------------------------------------------------------------------- past ticks


@pytest.mark.parametrize("what", ["TRADES", "BID_ASK", "MIDPOINT"])
def test_past_ticks_forwards_and_backwards(play, what):
    async def case(client):
        ahead = await client.historical_ticks(AAPL, start=TUESDAY, number_of_ticks=100, what_to_show=what)
        assert len(ahead) >= 100
        assert ahead["time"][0] >= TUESDAY.timestamp()
        back = await client.historical_ticks(AAPL, end=TUESDAY, number_of_ticks=100, what_to_show=what)
        assert len(back) >= 100
        assert back["time"][-1] < TUESDAY.timestamp()
        assert np.all(np.diff(back["time"]) >= 0)
        frame = ahead.to_pandas()
        assert frame.index[0] == datetime.fromtimestamp(int(ahead["time"][0]), UTC)
        if what == "TRADES":
            assert frame["exchange"].tolist() == EXCHANGES.decode(ahead["exchange"])
            assert frame["special_conditions"].tolist() == CONDITIONS.decode(ahead["special_conditions"])

    play(case)


def test_all_ticks_between_two_times_are_those_of_the_bars(play):
    async def case(client):
        end = TUESDAY + timedelta(minutes=5)
        pages = [page async for page in client.historical_ticks_between(AAPL, start=TUESDAY, end=end)]
        assert len(pages) > 1
        ticks = concatenate([page.records for page in pages])
        assert np.all(np.diff(ticks["time"]) >= 0)
        assert ticks["time"][-1] < end.timestamp()
        bars = await client.historical_data(AAPL, duration="300 S", bar_size="1 min", end=end)
        minutes = (bars["time_ns"] // SECOND_NS).tolist()
        traded = [ticks["size"][(ticks["time"] >= at) & (ticks["time"] < at + 60)].sum() for at in minutes]
        assert traded == bars["volume"].tolist()

    play(case)
