"""What a user of the client sees, of the async and the blocking one alike, on every kind of loop and of wire."""

import asyncio
import socket
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from support.client import AAPL, MSFT, SOON_S, VERSIONS, collect, errors, far_below, limit_order, until
from support.gateway import Gateway
from support.running import simulator

from ibfast import (
    Client,
    ConnectionFailed,
    ConnectionLost,
    Contract,
    DecodeError,
    FramingError,
    Order,
    RequestError,
    RequestTimeout,
    StreamOverflow,
    TradeEventKind,
    VersionError,
    wire,
)
from ibfast.records import BID_ASK, EXCHANGES, LAST, MID_POINT, TICK
from ibfast.schema import (
    CancelContractData,
    CancelHistoricalData,
    CancelMarketData,
    ContractData,
    ContractDataEnd,
    ContractDataRequest,
    CurrentTime,
    CurrentTimeRequest,
    ErrorMessage,
    HistoricalDataRequest,
    ManagedAccounts,
    MarketDataRequest,
    NextValidId,
    PlaceOrderRequest,
    StartApiRequest,
)
from ibfast.simulator.streams.ticks import VENUES

# -------------------------------------------------------------------------------------- both clients are used alike


# ----------------------------------------------------------------------------------------------------- the session


def test_a_session_knows_with_whom_it_speaks(play, version):
    async def case(client):
        assert (client.server_version, client.client_id, client.accounts) == (version, 1, ["DU1234567"])
        assert client.is_connected
        assert await client.managed_accounts() == ["DU1234567"]
        now = await client.current_time()
        assert now.replace(second=0, minute=0) == datetime(2026, 8, 26, 15, tzinfo=UTC)
        assert timedelta(0) <= now - client.connection_time < timedelta(minutes=1)

    play(case)


def test_the_first_listener_gets_the_greetings_of_the_farms(play):
    async def case(client):
        first = client.notices()
        assert errors([await first.next(SOON_S) for _ in range(3)]) == [2104, 2106, 2158]
        second = client.notices()
        assert second.try_next() is None
        first.close()
        first.close()
        assert first.is_closed

    play(case)


def test_stats_count(play):
    async def case(client):
        await client.current_time()
        before = client.stats
        await client.contract_details(AAPL)
        after = client.stats
        assert after["messages_sent"] == before["messages_sent"] + 1
        assert after["messages_received"] == before["messages_received"] + 2
        assert after["bytes_received"] > before["bytes_received"] + 100
        assert (after["malformed"], after["unknown"], after["unclaimed"]) == (0, 0, 0)

    play(case)


# --------------------------------------------------------------------------------------------------- contracts


def test_contract_details(play):
    async def case(client):
        (found,) = await client.contract_details(AAPL)
        assert (found.contract.con_id, found.contract.primary_exch) == (265598, "NASDAQ")
        assert found.contract_details.min_tick == Decimal("0.01")
        assert found.contract_details.long_name.upper().startswith("APPLE")
        chain = await client.contract_details(Contract.future("ES", exchange="CME"))
        assert len({item.contract.con_id for item in chain}) == len(chain) > 1
        assert {item.contract.symbol for item in chain} == {"ES"}

    play(case)


def test_a_contract_that_does_not_exist(play):
    async def case(client):
        with pytest.raises(RequestError, match="No security definition") as caught:
            await client.contract_details(Contract.stock("NOSUCH"))
        assert caught.value.code == 200
        assert len(await client.contract_details(MSFT)) == 1

    play(case)


def test_many_requests_at_once(play):
    async def case(client):
        symbols = ["AAPL", "MSFT", "TSLA", "IBM", "SPY"]
        asked = [client.contract_details(Contract.stock(symbol)) for symbol in symbols]
        *found, now, again = await asyncio.gather(*asked, client.current_time(), client.current_time())
        assert [details[0].contract.symbol for details in found] == symbols
        assert abs(now - again) <= timedelta(seconds=1)

    play(case)


# ------------------------------------------------------------------------------------------------- market data


def test_l1_ticks(play):
    async def case(client, sim):
        async with client.market_data(AAPL, generic_ticks=[233, 236]) as ticks:
            rows = await collect(ticks, 60)
            assert ticks.market_data_type == 1
            assert ticks.tick_req_params.min_tick == Decimal("0.01")
            texts = ticks.texts(rows)
        assert ticks.is_closed
        assert rows.dtype == TICK
        assert rows["seq"].tolist() == list(range(len(rows)))
        assert ticks.dropped == 0
        assert {0, 1, 2, 3, 4, 5, 8, 45, 49} <= set(rows["tick_type"].tolist())
        bid, ask = (np.median(rows["price"][rows["tick_type"] == kind]) for kind in (1, 2))
        assert 0 < bid * 0.99 < ask < bid * 1.01  # each of its own moments
        assert np.isnan(rows["price"][rows["tick_type"] == 0]).all()
        assert (rows["size"][rows["tick_type"] == 8] > 0).all()
        assert {kind for kind, text in zip(rows["tick_type"].tolist(), texts, strict=True) if text} == {45, 48}
        await client.current_time()  # the cancel went out before it
        (session,) = sim.gateway.sessions
        assert session.pump.streams == {}

    play(case, rate=2000.0)


def test_a_snapshot_ends_by_itself(play):
    async def case(client):
        batches = [rows async for rows in client.market_data(AAPL, snapshot=True)]
        assert {1, 2, 4, 9} <= set(np.concatenate(batches)["tick_type"].tolist())

    play(case)


def test_four_kinds_of_tick_by_tick(play):
    async def case(client):
        async with (
            client.tick_by_tick(AAPL) as last,
            client.tick_by_tick(AAPL, "AllLast") as all_last,
            client.tick_by_tick(AAPL, "BidAsk") as bid_ask,
            client.tick_by_tick(AAPL, "MidPoint") as mid_point,
        ):
            streams = (last, all_last, bid_ask, mid_point)
            trades, all_trades, quotes, middles = [await collect(stream, 20) for stream in streams]
        kinds = [rows.dtype.names for rows in (trades, all_trades, quotes, middles)]
        assert kinds == [LAST.names, LAST.names, BID_ASK.names, MID_POINT.names]
        assert set(trades["tick_type"].tolist()) == {1}
        assert set(all_trades["tick_type"].tolist()) == {2}
        assert set(EXCHANGES.decode(trades["exchange"])) <= set(VENUES)
        assert (quotes["bid_price"] < quotes["ask_price"]).all()
        assert (trades["size"] > 0).all()
        for rows in (trades, all_trades, quotes, middles):
            assert rows["seq"].tolist() == list(range(len(rows)))
            moments = [datetime.fromtimestamp(second, UTC) for second in rows["time"].tolist()]
            assert {moment.date().isoformat() for moment in moments} == {"2026-08-26"}
        assert abs(middles["mid_point"][0] - trades["price"][0]) < 5

    play(case, rate=2000.0)


def test_ticks_as_objects(play):
    async def case(client):
        async with client.tick_by_tick(AAPL, "BidAsk") as ticks:
            events = ticks.events()
            found = [await anext(events) for _ in range(3)]
            await events.aclose()
        assert [event.seq for event in found] == [0, 1, 2]
        assert all(event.bid_price < event.ask_price for event in found)

    play(case)


def test_a_subscription_that_is_refused_ends_with_the_reason(play):
    async def case(client):
        async with client.market_data(Contract.stock("NOSUCH")) as ticks:
            with pytest.raises(RequestError, match="200"):
                await ticks.next(SOON_S)
            assert ticks.is_closed
        assert (await client.current_time()).year == 2026

    play(case)


def test_a_stream_that_overflows_is_cancelled(play):
    async def case(client, sim):
        async with client.market_data(AAPL, policy="grow", capacity=5) as ticks:
            await client.current_time()  # by now the opening ticks have come
            assert (await ticks.next(SOON_S))["seq"].tolist() == [0, 1, 2, 3, 4]
            with pytest.raises(StreamOverflow):
                await ticks.next(SOON_S)
        await client.current_time()
        (session,) = sim.gateway.sessions
        assert session.pump.streams == {}

    play(case)


@pytest.mark.parametrize("version", [226])
def test_misuse_of_market_data_is_named(play):
    async def case(client):
        before = client.stats["messages_sent"]
        with pytest.raises(ValueError, match="Second"):
            client.tick_by_tick(AAPL, "Second")
        with pytest.raises(ValueError, match="policy"):
            client.market_data(AAPL, policy="pile")
        with pytest.raises(ValueError, match="kind"):
            await client.market_data_type(5)
        assert client.stats["messages_sent"] == before
        await client.market_data_type(3)
        await client.current_time()
        assert client.stats["messages_sent"] == before + 2

    play(case)


# ----------------------------------------------------------------------------------------------------- history


def test_intraday_bars(play):
    async def case(client):
        end = datetime(2026, 8, 25, 20, tzinfo=UTC)
        bars = await client.historical_data(AAPL, duration="1 D", bar_size="1 hour", end=end)
        first, last = (datetime.fromtimestamp(int(ns) // 10**9, UTC) for ns in bars["time_ns"][[0, -1]])
        assert (first, last) == (datetime(2026, 8, 25, 13, 30, tzinfo=UTC), datetime(2026, 8, 25, 19, tzinfo=UTC))
        assert len(bars) == 7
        assert (bars["low"] <= np.minimum(bars["open"], bars["close"])).all()
        assert (bars["high"] >= np.maximum(bars["open"], bars["close"])).all()
        assert (bars["volume"] > 0).all()
        assert (bars["bar_count"] > 0).all()
        assert bars.end.startswith("20260825")

    play(case)


def test_daily_bars(play):
    async def case(client):
        end = datetime(2026, 8, 25, 21, tzinfo=UTC)
        bars = await client.historical_data(AAPL, duration="1 W", bar_size="1 day", end=end)
        days = bars["time_ns"].astype("datetime64[ns]").astype("datetime64[D]").astype(str).tolist()
        assert days == ["2026-08-19", "2026-08-20", "2026-08-21", "2026-08-24", "2026-08-25"]
        assert bars.to_pandas().index.tz is not None

    play(case)


def test_a_query_that_tws_refuses(play):
    async def case(client):
        with pytest.raises(RequestError, match="what-to-show"):
            await client.historical_data(AAPL, duration="1 D", what_to_show="RUMOURS")
        with pytest.raises(ValueError, match="bar_size: '7 mins' is none of 1 secs"):
            await client.historical_data(AAPL, duration="1 D", bar_size="7 mins")
        with pytest.raises(ValueError, match="no time zone"):
            await client.historical_data(AAPL, duration="1 D", end=datetime(2026, 8, 25))
        with pytest.raises(RequestError) as caught:
            await client.historical_data(Contract.stock("NOSUCH"), duration="1 D")
        assert caught.value.code == 200

    play(case)


# ------------------------------------------------------------------------------------------------------- orders


def test_a_market_order_is_filled(play):
    async def case(client):
        trade = await client.order(AAPL).buy(100).market().submit()
        await trade.filled()
        kinds = [event.kind async for event in trade]
        assert (trade.status, trade.filled_quantity, trade.remaining) == ("Filled", 100, 0)
        assert sum(fill.execution.shares for fill in trade.fills) == 100
        assert all(fill.execution.order_id == trade.order_id for fill in trade.fills)
        assert all(fill.commission.commission_and_fees > 0 for fill in trade.fills)
        assert trade.is_complete
        assert trade.commission == pytest.approx(sum(fill.commission.commission_and_fees for fill in trade.fills))
        assert trade.perm_id > 0
        assert kinds.count(TradeEventKind.FILL) == kinds.count(TradeEventKind.COMMISSION) == len(trade.fills)
        assert (trade.rejection, trade.warnings) == (None, [])
        assert [item.order_id for item in client.trades] == [trade.order_id]

    play(case)


def test_a_client_that_polls_works_like_any_other(run, connect):
    async def main():
        async with simulator() as sim, await connect(sim, busy_poll=True) as client:
            async with client.tick_by_tick(AAPL) as ticks:
                assert len(await ticks.next(SOON_S))
            trade = await client.place_order(AAPL, Order.market("BUY", 100))
            assert (await trade.done()).status == "Filled"

    run(main)


def test_a_limit_order_is_changed_and_cancelled(play):
    async def case(client, sim):
        price = far_below(sim)
        trade = await client.place_order(AAPL, limit_order(price))
        await until(trade, lambda: trade.status == "Submitted")
        changed = await client.modify_order(trade, total_quantity=Decimal(200), lmt_price=price - 1)
        assert changed.order_id == trade.order_id
        await until(trade, lambda: trade.remaining == 200)
        assert trade.order.lmt_price == price - 1
        assert not trade.is_done
        await client.cancel_order(trade)
        await trade.done()
        assert (trade.status, trade.rejection, trade.fills) == ("Cancelled", None, [])
        with pytest.raises(RequestError, match="ended as Cancelled"):
            await trade.filled()
        assert len(client.trades) == 1

    play(case)


def test_a_rejected_order(play):
    async def case(client):
        trade = await client.order(AAPL).buy(1).limit(1.005).submit()
        await trade.done()
        assert trade.rejection.code == 110
        assert trade.status == "PendingSubmit"
        with pytest.raises(RequestError, match="110"):
            await trade.filled()

    play(case)


def test_a_refused_change_leaves_the_order_alive(play):
    async def case(client, sim):
        trade = await client.place_order(AAPL, limit_order(far_below(sim)))
        await until(trade, lambda: trade.status == "Submitted")
        await client.modify_order(trade, lmt_price=1.005)
        await until(trade, lambda: trade.rejection is not None)
        assert (trade.rejection.code, trade.is_done, trade.status) == (110, False, "Submitted")

    play(case)


def test_a_cancel_that_comes_too_late_is_a_warning(play):
    async def case(client):
        trade = await client.order(AAPL).buy(1).market().submit()
        await trade.filled()
        await client.cancel_order(trade)
        await client.current_time()
        assert [warning.code for warning in trade.warnings] == [10148]
        assert (trade.status, trade.rejection) == ("Filled", None)

    play(case)


def test_a_bracket_to_its_end(play):
    async def case(client, sim):
        entry = round(far_below(sim) * 2 + 5, 2)  # buys at once; the stop below it sells at once
        bracket = client.order(AAPL).buy(10).bracket(entry=entry, take_profit=entry + 100, stop_loss=entry - 1)
        parent, target, stop = await bracket.submit()
        assert [parent.order_id + 1, parent.order_id + 2] == [target.order_id, stop.order_id]
        await asyncio.gather(parent.filled(), stop.filled(), target.done())
        assert (parent.status, target.status, stop.status) == ("Filled", "Cancelled", "Filled")
        assert (target.order.action, stop.order.action) == ("SELL", "SELL")
        assert target.rejection is None

    play(case)


@pytest.mark.parametrize("version", [226])
def test_misuse_of_orders_sends_nothing(play):
    async def case(client):
        before = client.stats["messages_sent"]
        with pytest.raises(ValueError, match="quantity"):
            client.order(AAPL).buy(0)
        with pytest.raises(ValueError, match="action"):
            await client.order(AAPL).limit(1.0).submit()
        with pytest.raises(ValueError, match="order_type"):
            await client.order(AAPL).sell(1).submit()
        with pytest.raises(ValueError, match="stop_loss"):
            await client.order(AAPL).buy(1).bracket(entry=10, take_profit=11, stop_loss=12).submit()
        assert client.stats["messages_sent"] == before
        assert client.trades == []

    play(case)


def test_order_updates_go_to_every_listener(play):
    async def case(client):
        one, two = client.order_updates(), client.order_updates()
        trade = await client.order(AAPL).buy(1).market().submit()
        await trade.filled()
        heard = [await follow_to_the_commission(stream) for stream in (one, two)]
        assert heard[0] == heard[1]
        assert {order_id for order_id, _ in heard[0]} == {trade.order_id}
        one.close()
        await (await client.order(AAPL).sell(1).market().submit()).filled()
        assert one.try_next() is None
        assert (await two.next(SOON_S)).trade.order_id == trade.order_id + 1

    play(case)


async def follow_to_the_commission(stream):
    heard = []
    while not heard or heard[-1][1] is not TradeEventKind.COMMISSION:
        event = await stream.next(SOON_S)
        heard.append((event.trade.order_id, event.kind))
    return heard


@pytest.mark.parametrize("version", VERSIONS[:-1])
def test_a_field_that_the_server_is_too_old_for_is_named_and_nothing_is_sent(play, version):
    async def case(client):
        before = client.stats["messages_sent"]
        order = limit_order(1.0).replace(conditions_include_overnight=True)
        with pytest.raises(VersionError, match="conditions_include_overnight needs server version 226") as caught:
            await client.place_order(AAPL, order)
        assert (caught.value.needs, caught.value.has) == (226, version)
        assert client.stats["messages_sent"] == before
        assert client.trades == []
        trade = await client.order(AAPL).buy(1).market().submit()
        await trade.filled()

    play(case)


@pytest.mark.parametrize("version", [176, 226])
def test_orders_of_the_session_before_are_known_again(run, connect, version):
    async def main():
        async with simulator(server_version=version) as sim:
            async with await connect(sim) as client:
                trade = await client.place_order(AAPL, limit_order(far_below(sim)))
                await until(trade, lambda: trade.status == "Submitted")
                order_id, perm_id = trade.order_id, trade.perm_id
            async with await connect(sim) as client:
                (old,) = client.trades
                assert (old.order_id, old.perm_id, old.status) == (order_id, perm_id, "Submitted")
                await client.cancel_order(old)
                await old.done()
                assert old.status == "Cancelled"
                new = await client.order(AAPL).buy(1).market().submit()
                assert new.order_id > order_id

    run(main)


# ---------------------------------------------------------------------------------------- beginnings and endings


def test_nobody_listens(run, connect):
    async def main():
        with socket.create_server(("127.0.0.1", 0)) as held:
            gateway = Gateway()
            gateway.port = held.getsockname()[1]
        with pytest.raises(ConnectionFailed, match=f"127.0.0.1:{gateway.port}"):
            await connect(gateway)

    run(main)


def test_a_gateway_that_never_says_hello(run, connect):
    async def main():
        async with Gateway(hello=False) as gateway:
            with pytest.raises(ConnectionFailed, match=r"did not say hello within 0.05 s"):
                await connect(gateway, timeout_s=0.05)
            await gateway.left()

    run(main)


def test_a_gateway_that_goes_no_further_than_hello(run, connect):
    async def main():
        async with Gateway(start=False) as gateway:
            with pytest.raises(ConnectionFailed, match=r"did not send order id and accounts within 0.05 s"):
                await connect(gateway, timeout_s=0.05)
            await gateway.left()

    run(main)


def test_a_gateway_that_hangs_up_during_the_handshake(run, connect):
    async def main():
        async with Gateway(start=False) as gateway:
            connecting = asyncio.create_task(connect(gateway))
            await gateway.hear(StartApiRequest)
            gateway.hang_up()
            with pytest.raises(ConnectionFailed, match="during the handshake"):
                await connecting

    run(main)


def test_a_gateway_that_speaks_another_version(run, connect):
    async def main():
        async with Gateway(226) as gateway:
            with pytest.raises(ConnectionFailed, match=r"version 226.*157 to 200"):
                await connect(gateway, versions=(157, 200))
            await gateway.left()

    run(main)


@pytest.mark.parametrize("versions", [(157, 157), (157, 200), (200, 226)])
def test_the_range_on_offer_decides_what_is_spoken(run, connect, versions):
    async def main():
        async with simulator() as sim, await connect(sim, versions=versions) as client:
            assert client.server_version == versions[1]
            assert len(await client.contract_details(AAPL)) == 1

    run(main)


def test_noise_before_the_hello_is_passed_over(run, connect):
    async def main():
        noise = wire.frame(b"") + wire.frame(b"4\x002\0-1\x002104\0OK\0")
        async with Gateway(before=noise) as gateway, await connect(gateway) as client:
            assert client.accounts == ["DU1234567"]

    run(main)


@pytest.mark.parametrize("version", [157, 226])
def test_what_is_said_during_the_handshake_is_kept_for_the_first_listener(run, connect, version):
    async def main():
        async with Gateway(version, start=False) as gateway:
            connecting = asyncio.create_task(connect(gateway))
            await gateway.hear(StartApiRequest)
            gateway.say(ErrorMessage(id=-1, error_code=2110, error_msg="Connectivity is broken", error_time=1))
            gateway.say(NextValidId(order_id=1), ManagedAccounts(accounts_list="DU1,DU2"))
            async with await connecting as client:
                assert client.accounts == ["DU1", "DU2"]
                assert (await client.notices().next(SOON_S)).error_msg == "Connectivity is broken"

    run(main)


def test_a_client_id_is_used_once_at_a_time(run, connect):
    async def main():
        async with simulator() as sim:
            async with await connect(sim, client_id=5) as client:
                with pytest.raises(ConnectionFailed, match="already in use") as caught:
                    await connect(sim, client_id=5)
                assert caught.value.code == 326
                assert client.is_connected
                async with await connect(sim, client_id=6) as other:
                    assert other.client_id == 6
            async with await connect(sim, client_id=5) as client:
                assert (await client.current_time()).year == 2026

    run(main)


def test_closing_twice_and_asking_afterwards(run, connect):
    async def main():
        async with simulator() as sim:
            client = await connect(sim)
            await client.close()
            await client.close()
            assert not client.is_connected
            with pytest.raises(ConnectionLost):
                await client.current_time()
            with pytest.raises(ConnectionLost):
                await client.place_order(AAPL, limit_order(1.0))
            with pytest.raises(ConnectionLost):
                await client.market_data(AAPL).next(SOON_S)
            with pytest.raises(ConnectionLost):
                await client.order_updates().next(SOON_S)
            assert client.accounts == ["DU1234567"]

    run(main)


def test_closing_in_the_middle_of_streams(run, connect):
    async def main():
        async with simulator() as sim:
            client = await connect(sim)
            async with client.market_data(AAPL) as ticks, client.market_data(MSFT) as others:
                await ticks.next(SOON_S)
                await others.next(SOON_S)

                async def drain():
                    async for rows in ticks:
                        assert len(rows)

                draining = asyncio.create_task(drain())
                await asyncio.gather(client.close(), client.close())
                with pytest.raises(ConnectionLost, match="close"):
                    await draining
            others.try_next()  # what has come is still there to take
            others.close()

    run(main)


def test_closing_sends_what_was_said_before(run, connect):
    async def main():
        async with Gateway() as gateway:
            client = await connect(gateway)
            await client.place_order(AAPL, limit_order(1.0))
            await client.close()
            await gateway.hear(PlaceOrderRequest)

    run(main)


def test_a_gateway_that_vanishes_is_noticed_by_everyone(run, connect):
    async def main():
        async with Gateway() as gateway:
            client = await connect(gateway, reconnect=False)
            ticks, notices, updates = client.market_data(AAPL), client.notices(), client.order_updates()
            trade = await client.place_order(AAPL, limit_order(1.0))
            waiting = [
                client.contract_details(AAPL), client.current_time(), client.historical_data(AAPL, duration="1 D"),
                ticks.next(), trade.done(), notices.next(), updates.next(),
            ]  # fmt: skip
            waiting = [asyncio.create_task(item) for item in waiting]
            await gateway.hear(
                ContractDataRequest, CurrentTimeRequest, HistoricalDataRequest, MarketDataRequest, PlaceOrderRequest
            )
            gateway.hang_up()
            outcomes = await asyncio.gather(*waiting, return_exceptions=True)
            assert [type(outcome) for outcome in outcomes] == [ConnectionLost] * 7
            assert not client.is_connected
            for late in (client.current_time(), trade.done(), client.notices().next(), ticks.next()):
                with pytest.raises(ConnectionLost):
                    await late
            await client.close()

    run(main)


def test_a_stream_of_bytes_that_makes_no_sense_ends_the_connection(run, connect):
    async def main():
        async with Gateway() as gateway:
            client = await connect(gateway)
            asking = asyncio.create_task(client.contract_details(AAPL))
            await gateway.hear(ContractDataRequest)
            gateway.transport.write(b"\xff\xff\xff\xffwhatever")
            with pytest.raises(FramingError):
                await asking
            with pytest.raises(ConnectionLost, match="4294967295"):
                await client.current_time()
            await client.close()

    run(main)


@pytest.mark.parametrize("version", [176, 226])
def test_an_answer_that_cannot_be_read_costs_one_request(run, connect, version):
    async def main():
        async with Gateway(version) as gateway, await connect(gateway) as client:
            asking = asyncio.create_task(client.contract_details(AAPL))
            req_id = (await gateway.hear(ContractDataRequest)).req_id
            whole = wire.encode(ContractData(req_id=req_id, contract=AAPL), version)
            text = b"%d\0" % req_id
            spoiled = whole[: whole.index(text) + len(text)] if version < 201 else whole[:-1]
            gateway.transport.write(wire.frame(spoiled))
            with pytest.raises(DecodeError):
                await asking
            assert isinstance(await client.notices().next(SOON_S), DecodeError)
            assert client.stats["malformed"] == 1
            asking = asyncio.create_task(client.current_time())
            await gateway.hear(CurrentTimeRequest)
            gateway.say(CurrentTime(current_time=1))
            assert (await asking).year == 1970

    run(main)


@pytest.mark.parametrize(("version", "cancels"), [(176, False), (226, True)])
def test_a_request_that_takes_too_long_is_cancelled(run, connect, version, cancels):
    async def main():
        async with Gateway(version) as gateway, await connect(gateway, request_timeout_s=0.05) as client:
            with pytest.raises(RequestTimeout, match=r"HistoricalDataRequest.*0.05 s"):
                await client.historical_data(AAPL, duration="1 D")
            asked, told = gateway.heard[-1], await gateway.hear(CancelHistoricalData)
            assert told.req_id == next(item for item in (asked, *gateway.heard) if hasattr(item, "duration")).req_id
            with pytest.raises(TimeoutError, match="ContractDataRequest"):
                await client.contract_details(AAPL)
            with pytest.raises(TimeoutError, match="CurrentTimeRequest"):
                await client.current_time()
            request = await gateway.hear(ContractDataRequest, CurrentTimeRequest)
            assert (
                any(isinstance(item, CancelContractData) for item in gateway.heard) == cancels
            )  # older servers know none
            notices = client.notices()
            gateway.say(ContractData(req_id=request.req_id, contract=AAPL), ContractDataEnd(req_id=request.req_id))
            gateway.say(ErrorMessage(id=-1, error_code=2104, error_msg="OK"))
            await notices.next(SOON_S)
            assert client.stats["unclaimed"] == 2
            assert client.is_connected

    run(main)


# --------------------------------------------------------------------------- what only tasks can do, not threads


def test_a_task_that_is_cancelled_cancels_its_request(run):
    async def main():
        async with Gateway() as gateway, await Client.connect(gateway.host, gateway.port) as client:
            asking = asyncio.create_task(client.contract_details(AAPL))
            request = await gateway.hear(ContractDataRequest)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            assert (await gateway.hear(CancelContractData)).req_id == request.req_id

    run(main)


def test_a_task_that_is_cancelled_in_its_stream_cancels_the_subscription(run):
    async def main():
        async with Gateway() as gateway, await Client.connect(gateway.host, gateway.port) as client:

            async def follow():
                async with client.market_data(AAPL) as ticks:
                    async for _ in ticks:
                        pass

            following = asyncio.create_task(follow())
            request = await gateway.hear(MarketDataRequest)
            following.cancel()
            with pytest.raises(asyncio.CancelledError):
                await following
            assert (await gateway.hear(CancelMarketData)).req_id == request.req_id

    run(main)


def test_of_two_who_share_a_request_one_may_leave(run):
    async def main():
        async with Gateway() as gateway, await Client.connect(gateway.host, gateway.port) as client:
            leaving, staying = (asyncio.create_task(client.current_time()) for _ in range(2))
            await gateway.hear(CurrentTimeRequest)
            leaving.cancel()
            gateway.say(CurrentTime(current_time=1))
            assert (await staying).year == 1970
            assert len([item for item in gateway.heard if isinstance(item, CurrentTimeRequest)]) == 1

    run(main)


@pytest.mark.parametrize("hello", [False, True])
def test_giving_up_in_the_middle_of_the_handshake_leaves_nothing_behind(run, hello):
    async def main():
        async with Gateway(hello=hello, start=False) as gateway:
            connecting = asyncio.create_task(Client.connect(gateway.host, gateway.port))
            await (gateway.hear(StartApiRequest) if hello else gateway.dialled())
            connecting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await connecting
            await gateway.left()

    run(main)
