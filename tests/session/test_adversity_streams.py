"""What a bad connection does to every kind of stream, and slow readers to theirs: tables of faults."""

import pytest
from support.adverse import (
    AAPL,
    BOTH_WIRES,
    SOON_S,
    count_to_the_end,
    cut,
    fast_clock,
    one_gap,
    session,
    table,
    until,
    works,
)

from ibfast import ConnectionLost, Contract, Gap, StreamOverflow
from ibfast.schema import (
    AccountSummary,
    AccountUpdateMulti,
    AccountValue,
    DisplayGroupUpdated,
    HistoricalData,
    MarketDataRequest,
    MarketDepth,
    MarketDepthL2,
    NewsBulletin,
    PnL,
    PnLRequest,
    PnLSingle,
    PnLSingleRequest,
    Position,
    PositionMulti,
    RealTimeBarTick,
    ScannerData,
    ScannerSubscription,
    SubscribeToGroupEventsRequest,
    TickByTickData,
    TickNews,
    TickOptionComputation,
    TickPrice,
)
from ibfast.simulator.faults import (
    Drop,
    Lose,
    Notice,
    Say,
    Stall,
)

ALWAYS = {"times": None}


# ----------------------------------------------------------------------------------------------- every kind of stream

OPTION = Contract.option("AAPL", expiry="20260918", strike=320, right="C")
ES = Contract.future("ES", month="202612", exchange="CME")
GAINERS = ScannerSubscription(instrument="STK", location_code="STK.US.MAJOR", scan_code="TOP_PERC_GAIN")
ACCOUNT = "DU1234567"

RECORDS = {
    "trades": (lambda client: client.tick_by_tick(AAPL, "Last"), TickByTickData),
    "all trades": (lambda client: client.tick_by_tick(AAPL, "AllLast"), TickByTickData),
    "quotes tick by tick": (lambda client: client.tick_by_tick(AAPL, "BidAsk"), TickByTickData),
    "midpoints": (lambda client: client.tick_by_tick(AAPL, "MidPoint"), TickByTickData),
    "market data": (lambda client: client.market_data(AAPL), TickPrice),
    "market data of an option": (lambda client: client.market_data(OPTION), TickOptionComputation),
    "depth": (lambda client: client.depth(ES), MarketDepth),
    "smart depth": (lambda client: client.depth(AAPL, smart=True), MarketDepthL2),
    "real-time bars": (lambda client: client.real_time_bars(AAPL), RealTimeBarTick),
}


@BOTH_WIRES
@pytest.mark.parametrize("row", table(RECORDS))
def test_records_stay_countable_across_a_cut(run, row, version):
    opened, message = row

    async def main():
        clock = fast_clock(50 if message is RealTimeBarTick else 1)
        async with session(version, sim={"clock": clock}) as (sim, client), opened(client) as stream:
            await stream.next(SOON_S)
            sim.inject(Drop(into=6, at_message=message))
            gap = await one_gap(stream)
            assert "closed the connection" in gap.reason

    run(main)


MESSAGES = {
    "positions": (lambda client: client.position_updates(), Position),
    "account": (lambda client: client.account_updates(), AccountValue),
    "account summary": (lambda client: client.account_summary_updates(), AccountSummary),
    "account of a model": (lambda client: client.account_updates_multi(ACCOUNT), AccountUpdateMulti),
    "positions of a model": (lambda client: client.positions_multi_updates(ACCOUNT), PositionMulti),
    "scanner": (lambda client: client.scanner_updates(GAINERS), ScannerData),
    "bulletins": (lambda client: client.news_bulletins(), NewsBulletin),
    "bars kept up to date": (
        lambda client: client.keep_up_to_date(AAPL, duration="1 D", bar_size="1 hour"),
        HistoricalData,
    ),
    "quote": (lambda client: client.quote(AAPL), TickPrice),
    "book": (lambda client: client.book(ES), MarketDepth),
}


@BOTH_WIRES
@pytest.mark.parametrize("row", table(MESSAGES))
def test_a_stream_of_whole_messages_is_asked_for_anew(run, row, version):
    opened, message = row

    async def main():
        async with session(version, sim={"clock": fast_clock(50)}) as (sim, client):
            trade = await client.order(AAPL).buy(1).market().submit()  # so that there is a position
            await trade.filled()
            fault = Drop(into=6, at_message=message)
            sim.inject(fault)
            async with opened(client) as stream:
                assert await stream.next(SOON_S) is not None
                await until(lambda: sim.happened(fault) == 1 and client.is_connected)
                await works(client)
                assert stream.error is None
                assert not stream.is_closed
                assert not getattr(stream, "is_interrupted", False)

    run(main)


SAID = {  # by hand: it comes when it comes
    "profit and loss": (lambda client: client.pnl(ACCOUNT), PnLRequest, lambda req_id: PnL(req_id=req_id)),
    "profit and loss of a position": (
        lambda client: client.pnl_single(ACCOUNT, 265598),
        PnLSingleRequest,
        lambda req_id: PnLSingle(req_id=req_id),
    ),
    "headlines": (
        lambda client: client.broad_tape("BRFG"),
        MarketDataRequest,
        lambda req_id: TickNews(req_id=req_id, timestamp=1, headline="up"),
    ),
    "display group": (
        lambda client: client.display_group_updates(1),
        SubscribeToGroupEventsRequest,
        lambda req_id: DisplayGroupUpdated(req_id=req_id, contract_info="none"),
    ),
}


@BOTH_WIRES
@pytest.mark.parametrize("row", table(SAID))
def test_what_is_said_of_the_new_request_goes_on_in_the_old_stream_behind_a_gap(run, row, version):
    opened, request, message = row

    async def main():
        asked = Lose(at_message=request, **ALWAYS)
        async with session(version, sim={"faults": [asked]}) as (sim, client), opened(client) as stream:
            items = stream.with_gaps()
            for times in (1, 2):
                await until(lambda times=times: sim.happened(asked) == times)
                sim.inject(Say(message(stream.req_id)))
                if times == 1:
                    assert not isinstance(await anext(items), Gap)
                    cut(sim)
            gap = await anext(items)
            assert (gap.seq, "closed the connection" in gap.reason) == (1, True)
            assert not isinstance(await anext(items), Gap)
            assert stream.gaps == [gap]
            await items.aclose()

    run(main)


# -------------------------------------------------------------------------------------- streams that do not come back


MORTAL = {
    "one stream that was told so": (lambda client: client.tick_by_tick(AAPL), {}),
    "all of a client": (lambda client: client.tick_by_tick(AAPL), {"durable": False}),
    "messages of a client": (lambda client: client.account_summary_updates(), {"durable": False}),
    "a feed of a client": (lambda client: client.position_updates(), {"durable": False}),
    "bars of a client": (
        lambda client: client.keep_up_to_date(AAPL, duration="1 D", bar_size="1 hour"),
        {"durable": False},
    ),
}


@BOTH_WIRES
@pytest.mark.parametrize("notice", [None, 1101], ids=["cut", "1101"])
@pytest.mark.parametrize("row", table(MORTAL))
def test_ends_with_the_reason(run, row, notice, version):
    opened, options = row

    async def main():
        async with session(version, **options) as (sim, client):
            trade = await client.order(AAPL).buy(1).market().submit()
            await trade.filled()
            async with opened(client) as stream:
                stream.durable = False
                await stream.next(SOON_S)
                sim.inject(Drop() if notice is None else Notice(notice))
                with pytest.raises(ConnectionLost, match="closed the connection" if notice is None else "1101"):
                    await count_to_the_end(stream)
                await works(client)

    run(main)


@BOTH_WIRES
def test_a_half_open_socket_whose_client_id_stays_in_use_for_a_while(run, version):
    async def main():
        async with session(version, idle_s=0.2) as (sim, client), client.tick_by_tick(AAPL) as ticks:
            await ticks.next(SOON_S)
            sim.inject(Stall(hears=False))
            await until(lambda: len(client.pauses) >= 4)
            assert "326" in client.health().try_next().reason
            sim.inject(Drop(session=1))  # now the gateway notices, too
            assert "has said nothing" in (await one_gap(ticks)).reason

    run(main)


# ---------------------------------------------------------------------------------------------------- slow consumers

FLOOD = {"rate": 500_000.0}
CAPACITY = 4096
POLICIES = {
    "the newest are kept": ("ring", CAPACITY),
    "only the last is kept": ("latest", 1),
}


@BOTH_WIRES
@pytest.mark.parametrize("row", table(POLICIES))
def test_of_a_flood_that_nobody_reads(run, row, version):
    policy, most = row

    async def main():
        async with (
            session(version, sim=FLOOD) as (_, client),
            client.tick_by_tick(AAPL, policy=policy, capacity=CAPACITY) as ticks,
        ):
            await until(lambda: ticks.total > 100_000)
            waiting = ticks.try_next()
            assert len(waiting) <= most
            assert ticks.total == ticks.dropped + len(waiting)
            assert waiting["seq"][-1] == ticks.total - 1
            assert client.stats["records_dropped"] == ticks.dropped
            await works(client)

    run(main)


@BOTH_WIRES
def test_a_flood_that_was_to_be_kept_ends_with_an_error_and_all_up_to_there(run, version):
    async def main():
        async with (
            session(version, sim=FLOOD) as (_, client),
            client.tick_by_tick(AAPL, policy="grow", capacity=CAPACITY) as ticks,
        ):
            await until(lambda: ticks.dropped > 0)
            seen = []
            with pytest.raises(StreamOverflow):
                await count_to_the_end(ticks, seen)
            assert sum(seen) == CAPACITY
            await works(client)

    run(main)
