"""What is kept of a subscription while it is asked for anew: the last complete answer, until the next is complete."""

import asyncio
import math
from decimal import Decimal

import pytest
from support.adverse import AAPL, BOTH_WIRES, MSFT, away, cut, session, until, works

from ibfast import ConnectionLost, Contract, Gap, IbfastError, TickType
from ibfast.requests.account_figures import AccountFigure
from ibfast.schema import (
    AccountDataEnd,
    AccountDataRequest,
    AccountSummaryEnd,
    AccountSummaryRequest,
    AccountValue,
    MarketDataRequest,
    MarketDepthData,
    MarketDepthL2,
    MarketDepthRequest,
    PnL,
    PnLRequest,
    Position,
    PositionEnd,
    PositionsRequest,
    RerouteMarketDataRequest,
    TickPrice,
)
from ibfast.simulator.faults import Late, Lose, Notice, Say
from ibfast.streams.snapshot import Snapshot

ACCOUNT = "DU1234567"
HELD, OTHER = 265598, 272093  # AAPL, MSFT
SECOND = {"session": 2, "times": None}  # of the connection that is made anew


async def ten_shares(client):
    trade = await client.order(AAPL).buy(10).market().submit()
    await trade.filled()


def say(sim, *messages):
    for message in messages:
        sim.inject(Say(message))


def row(con_id, position):
    contract = Contract(con_id=con_id, symbol="AAPL" if con_id == HELD else "MSFT", sec_type="STK")
    return Position(account=ACCOUNT, contract=contract, position=Decimal(position), avg_cost=1.0)


# -------------------------------------------------------------------------------------------------- the portfolio


@BOTH_WIRES
def test_a_portfolio_keeps_its_positions_until_the_new_answer_is_complete(run, version):
    async def main():
        unanswered = Lose(at_message=PositionsRequest, **SECOND)
        async with session(version, sim={"faults": [unanswered]}) as (sim, client):
            await ten_shares(client)
            async with await client.portfolio() as portfolio:
                assert (portfolio.position(HELD), portfolio.is_current, portfolio.stale_since_ns) == (10, True, 0)
                cut(sim)
                await until(lambda: sim.happened(unanswered))
                assert (portfolio.position(HELD), portfolio.is_current) == (10, False)
                since = portfolio.stale_since_ns
                assert since > 0
                say(sim, row(OTHER, 5))
                await works(client)
                assert (portfolio.position(HELD), portfolio.position(OTHER), portfolio.is_current) == (10, 0, False)
                assert portfolio.stale_since_ns == since
                say(sim, PositionEnd())
                await until(lambda: portfolio.is_current)
                assert (portfolio.position(HELD), portfolio.position(OTHER)) == (0, 5)  # closed meanwhile, and opened
                assert [position.contract.con_id for position in portfolio.positions()] == [OTHER]
                assert (portfolio.stale_since_ns, portfolio.error) == (0, None)

    run(main)


@BOTH_WIRES
def test_a_portfolio_keeps_its_figures_until_the_new_answer_is_complete(run, version):
    async def main():
        unanswered = Lose(at_message=AccountSummaryRequest, **SECOND)
        async with (
            session(version, sim={"faults": [unanswered]}) as (sim, client),
            await client.portfolio() as portfolio,
        ):
            before = portfolio.figures()
            cut(sim)
            await until(lambda: sim.happened(unanswered))
            await works(client)
            assert (portfolio.figures(), portfolio.is_current) == (before, False)
            say(sim, AccountSummaryEnd(req_id=portfolio._figures.req_id))
            await until(lambda: portfolio.is_current)
            assert portfolio.figures() == []
            with pytest.raises(KeyError):
                portfolio.value("NetLiquidation")

    run(main)


@BOTH_WIRES
@pytest.mark.parametrize("code", [1101, None], ids=["1101", "reconnect"])
def test_a_portfolio_is_replaced_after_positions_that_come_late(run, version, code):
    """TWS may have nothing to say of positions for some seconds after a reconnect."""

    async def main():
        late = Late(at_message=PositionsRequest, seconds=0.2)
        async with session(version) as (sim, client):
            await ten_shares(client)
            async with await client.portfolio() as portfolio:
                read = []
                sim.inject(late)
                cut(sim) if code is None else sim.inject(Notice(code))
                await until(lambda: not portfolio.is_current)
                while not portfolio.is_current:
                    read.append(portfolio.position(HELD))
                    await asyncio.sleep(0.01)
                assert sim.happened(late) == 1
                assert set(read) == {10}
                assert [position.position for position in portfolio.positions()] == [10]

    run(main)


@BOTH_WIRES
def test_servers_lost_and_found_make_a_portfolio_old_and_current_again(run, version):
    async def main():
        async with session(version) as (sim, client):
            await ten_shares(client)
            async with await client.portfolio() as portfolio:
                await until(lambda: portfolio.pnl() is not None)
                sim.inject(Notice(1100))
                await until(lambda: not portfolio.is_current)
                assert portfolio.position(HELD) == 10
                assert [position.position for position in await client.positions()] == [
                    10
                ]  # what TWS knows is there is
                sim.inject(Notice(1102))
                await until(lambda: portfolio.is_current)
                assert (portfolio.position(HELD), portfolio.stale_since_ns) == (10, 0)

    run(main)


@BOTH_WIRES
def test_profit_and_loss_stands_until_there_is_a_new_one(run, version):
    async def main():
        unanswered = Lose(at_message=PnLRequest, **SECOND)
        async with session(version, sim={"faults": [unanswered]}) as (sim, client), client.pnl(ACCOUNT) as pnl:
            before = await pnl.next()
            assert pnl.is_current
            cut(sim)
            await until(lambda: sim.happened(unanswered))
            await works(client)
            assert (pnl.latest.daily_pnl, pnl.is_current) == (before.daily_pnl, False)
            assert pnl.stale_since_ns > 0
            say(sim, PnL(req_id=pnl.req_id, daily_pnl=7.0))
            await until(lambda: pnl.is_current)
            assert (pnl.latest.daily_pnl, pnl.stale_since_ns) == (7.0, 0)

    run(main)


def test_a_closed_portfolio_can_be_read_and_is_not_current(run):
    async def main():
        async with session() as (_, client):
            await ten_shares(client)
            portfolio = await client.portfolio()
            portfolio.close()
            await client.order(AAPL).sell(10).market().submit()
            await client.positions()
            assert (portfolio.position(HELD), portfolio.is_current) == (10, False)
            assert portfolio.stale_since_ns > 0
            assert portfolio.value("NetLiquidation") > 0

    run(main)


# ------------------------------------------------------------------------------------------- who comes in between


@BOTH_WIRES
def test_who_asks_while_the_new_answer_is_awaited_gets_the_new_one(run, version):
    async def main():
        unanswered = Lose(at_message=PositionsRequest, **SECOND)
        async with session(version, sim={"faults": [unanswered]}) as (sim, client):
            await ten_shares(client)
            async with client.position_updates() as updates:
                await updates.complete()
                cut(sim)
                await until(lambda: sim.happened(unanswered))
                await works(client)
                assert (updates.is_complete, updates.is_current) == (False, False)
                assert [item.position for item in updates.snapshot] == [10]
                say(sim, row(OTHER, 5))
                await works(client)
                asking = asyncio.create_task(client.positions())
                await works(client)
                assert not asking.done()
                say(sim, PositionEnd())
                assert [item.position for item in await asking] == [5]
                assert [item.position for item in (await updates.complete()).snapshot] == [5]

    run(main)


@BOTH_WIRES
def test_who_asks_without_a_connection_is_not_told_what_was(run, version):
    async def main():
        async with session(version) as (sim, client):
            await ten_shares(client)
            async with client.position_updates() as updates:
                await updates.complete()
                async with away(client, sim):
                    with pytest.raises(ConnectionLost):
                        await client.positions()
                    assert not updates.is_current
                await updates.complete()
                assert [position.position for position in await client.positions()] == [10]

    run(main)


@BOTH_WIRES
def test_who_asks_without_a_connection_and_waits_for_it_is_told_what_is_then(run, version):
    async def main():
        async with session(version, queue_while_down=True) as (sim, client):
            await ten_shares(client)
            async with client.position_updates() as updates:
                await updates.complete()
                async with away(client, sim):
                    asking = asyncio.create_task(client.positions())
                    await asyncio.sleep(0)
                    assert not asking.done()
                assert [item.position for item in await asking] == [10]

    run(main)


def test_a_subscription_that_has_not_been_answered_has_no_snapshot(run):
    async def main():
        async with session(sim={"faults": [Lose(at_message=PositionsRequest)]}) as (sim, client):
            updates = client.position_updates()
            for _ in range(2):  # the first read opens it
                with pytest.raises(LookupError, match="not answered yet"):
                    _ = updates.snapshot
                await works(client)
            say(sim, PositionEnd())
            assert (await updates.complete()).snapshot == []
            updates.close()
            async with client.news_bulletins() as bulletins:
                with pytest.raises(LookupError, match="keeps no snapshot"):
                    _ = bulletins.snapshot

    run(main)


# ------------------------------------------------------------------------------------------------ account values


@BOTH_WIRES
def test_account_values_are_replaced_as_a_whole(run, version):
    async def main():
        unanswered = Lose(at_message=AccountDataRequest, **SECOND)
        faults = {"faults": [unanswered]}
        async with session(version, sim=faults) as (sim, client), client.account_updates() as updates:
            before = (await updates.complete()).snapshot
            cut(sim)
            await until(lambda: sim.happened(unanswered))
            say(sim, AccountValue(key="Cushion", value="0.5", account_name=ACCOUNT))
            await works(client)
            assert (updates.snapshot, updates.is_current) == (before, False)
            say(sim, AccountDataEnd(account_name=ACCOUNT))
            await until(lambda: updates.is_current)
            assert updates.snapshot == [AccountFigure(ACCOUNT, "Cushion", Decimal("0.5"))]

    run(main)


# ---------------------------------------------------------------------------------------------- quotes and books


@BOTH_WIRES
def test_a_quote_keeps_its_values_until_the_first_new_tick(run, version):
    async def main():
        unanswered = Lose(at_message=MarketDataRequest, **SECOND)
        async with session(version, sim={"faults": [unanswered]}) as (sim, client), client.quote(AAPL) as quote:
            await until(lambda: quote.bid > 0 and quote.ask > 0)
            assert (quote.is_current, quote.stale_since_ns, quote.gaps) == (True, 0, [])
            while quote.try_next():
                pass
            cut(sim)
            await until(lambda: sim.happened(unanswered))
            await works(client)
            kept = quote.bid, quote.ask
            assert kept == (quote.bid, quote.ask)
            assert kept[0] > 0
            assert (quote.is_current, quote.is_interrupted) == (False, False)
            since = quote.stale_since_ns
            assert since > 0
            items = quote.with_gaps()
            gap = await anext(items)
            assert gap == quote.gaps[0]
            assert gap.begin_ns == pytest.approx(since, abs=1e9)
            say(sim, TickPrice(req_id=quote.req_id, tick_type=TickType.ASK, price=7.0, size=Decimal(1), attr_mask=0))
            assert await anext(items) is quote
            assert (quote.ask, quote.is_current, quote.stale_since_ns) == (7.0, True, 0)
            assert math.isnan(quote.bid)  # nothing new is known of it
            await items.aclose()

    run(main)


@BOTH_WIRES
def test_a_book_keeps_its_levels_until_the_first_new_row(run, version):
    async def main():
        unanswered = Lose(at_message=MarketDepthRequest, **SECOND)
        async with (
            session(version, sim={"faults": [unanswered]}) as (sim, client),
            client.book(AAPL, rows=3, smart=True) as book,
        ):
            await until(lambda: len(book.bids) == len(book.asks) == 3)
            assert book.is_current
            cut(sim)
            await until(lambda: sim.happened(unanswered))
            await works(client)
            assert (len(book.bids), book.resets, book.is_current) == (3, 0, False)
            assert book.stale_since_ns > 0
            change = MarketDepthData(
                position=0, operation=0, side=1, price=7.0, size=Decimal(1), market_maker="ARCA", is_smart_depth=True
            )
            say(sim, MarketDepthL2(req_id=book.req_id, market_depth_data=change))
            await until(lambda: book.is_current)
            assert (book.bids["price"].tolist(), len(book.asks), book.resets) == ([7.0], 0, 1)
            assert [type(gap) for gap in book.gaps] == [Gap]

    run(main)


@BOTH_WIRES
def test_a_rerouted_quote_is_asked_for_again_where_it_was_sent(run, version):
    async def main():
        async with session(version) as (sim, client), client.quote(Contract.cfd("IBM")) as quote:
            await until(lambda: quote.bid > 0)
            cut(sim)
            await until(lambda: not quote.is_current)
            await until(lambda: quote.is_current and quote.bid > 0)
            assert quote.rerouted_to.con_id == 8314

    run(main)


@BOTH_WIRES
def test_a_route_that_leads_nowhere_ends_the_stream(run, version):
    async def main():
        unanswered = Lose(at_message=MarketDataRequest, times=None)
        async with session(version, sim={"faults": [unanswered]}) as (sim, client), client.quote(AAPL) as quote:
            for times in (1, 2):
                await until(lambda times=times: sim.happened(unanswered) == times)
                say(sim, RerouteMarketDataRequest(req_id=quote.req_id, con_id=8314, exchange="SMART"))
            with pytest.raises(IbfastError, match="8314"):
                await quote.next(5)
            with pytest.raises(IbfastError, match="8314"):
                _ = quote.bid

    run(main)


@BOTH_WIRES
def test_a_quote_goes_on_as_it_was_when_servers_are_back(run, version):
    async def main():
        async with session(version) as (sim, client), client.quote(MSFT) as quote:
            await until(lambda: quote.bid > 0)
            sim.inject(Notice(1100))
            await until(lambda: not quote.is_current)
            before = quote.bid, quote.high
            sim.inject(Notice(1102))
            await until(lambda: quote.is_current)
            assert quote.high == before[1]
            assert len(quote.gaps) == 1

    run(main)


# ------------------------------------------------------------------------------------------------------- by itself


def test_a_snapshot_is_replaced_as_a_whole():
    kept = Snapshot(lambda item: item[0])
    kept.put("a1")
    assert (kept.items, list(kept.so_far.values()), kept.is_known) == ({}, ["a1"], False)
    kept.complete()
    kept.put("b1")
    assert (list(kept.items.values()), kept.is_known) == (["a1", "b1"], True)
    kept.begin()
    kept.put("b2")
    assert list(kept.items.values()) == ["a1", "b1"]
    kept.complete()
    kept.complete()
    assert list(kept.items.values()) == ["b2"]


@pytest.mark.parametrize(
    ("updates", "expected"),
    [
        (["r3", "r4"], ["r3", "x1", "r4", "y1"]),  # both, in their order
        (["r3"], ["r3", "x1", "r2", "y1"]),  # the first alone
        (["x2", "r3", "y2"], ["r1", "x2", "r3", "y2"]),  # behind what stands between them
        (["r3", "y2", "r4"], ["r4", "x1", "r2", "y2"]),  # a second round
    ],
)
def test_items_of_the_same_name_are_told_apart_by_their_order(updates, expected):
    kept = Snapshot(lambda item: item[0], repeats=lambda item: item.startswith("r"))
    for item in ("r1", "x1", "r2", "y1"):
        kept.put(item)
    kept.complete()
    kept.put("y1")  # the end of an earlier round
    for item in updates:
        kept.put(item)
    assert list(kept.items.values()) == expected
