"""What a bad connection does to a session and its streams: tables of faults, each on both wires and both loops."""

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from adverse import AAPL, BOTH_WIRES, MSFT, SOON_S, Clock, cut, fast_clock, session, table, until, works
from conftest import simulator
from test_simulator_faults import greeting_sizes

from ibfast import Client, ConnectionFailed, ConnectionLost, Contract, Gap, RequestError, StreamOverflow
from ibfast.health import HealthState
from ibfast.schema import (
    AccountSummary,
    AccountUpdateMulti,
    AccountValue,
    DisplayGroupUpdated,
    ErrorMessage,
    HistoricalData,
    ManagedAccounts,
    MarketDataRequest,
    MarketDepth,
    MarketDepthL2,
    NewsBulletin,
    NextValidId,
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
    TickSize,
)
from ibfast.simulator.faults import (
    AnswerVersion,
    ClientIdInUse,
    Drop,
    Garbage,
    Glue,
    Late,
    Lose,
    Notice,
    Refuse,
    Repeat,
    Reset,
    Restart,
    Say,
    Split,
    Stall,
    Storm,
)

ALWAYS = {"times": None}


# --------------------------------------------------------------------------------------- connecting for the first time

IN_SPITE_OF = {
    "hello in single bytes": [Split(1, after_bytes=0)],
    "hello and all else glued": [Glue(after_bytes=0)],
    "hello twice": [Repeat(after_bytes=0)],
    "next order id twice": [Repeat(at_message=NextValidId)],
    "accounts twice": [Repeat(at_message=ManagedAccounts)],
    "accounts late": [Late(0.05, at_message=ManagedAccounts)],
    "next order id late": [Late(0.05, at_message=NextValidId)],
    "a stall in the middle of the hello": [Stall(0.05, after_bytes=7)],
    "noise before the accounts": [Garbage(at_message=ManagedAccounts, payload=b"\xff" * 40)],
    "market data before the accounts": [Say(TickPrice(req_id=1, price=1.0), at_message=ManagedAccounts)],
    "farms before the accounts": [Storm(1000, at_message=ManagedAccounts)],
}


@BOTH_WIRES
@pytest.mark.parametrize("faults", table(IN_SPITE_OF))
def test_connects_in_spite_of(run, faults, version):
    async def main():
        async with session(version, sim={"faults": faults}) as (_, client):
            assert client.accounts == ["DU1234567"]
            await works(client)

    run(main)


NOT_WITH = {
    "silence": ([Stall(after_bytes=0)], "did not say hello"),
    "silence after the hello": ([Stall(after_messages=0)], "did not send order id"),
    "no next order id": ([Lose(at_message=NextValidId)], "did not send order id"),
    "no accounts": ([Lose(at_message=ManagedAccounts)], "did not send order id"),
    "a refusal to talk": ([Refuse()], "reset|hung up|Connection"),
    "an end after the hello": ([Drop(after_messages=0)], "hung up during the handshake"),
    "a reset after the hello": ([Reset(after_messages=0)], "reset|hung up"),
    "a version too new": ([AnswerVersion(999)], "999"),
    "a version too old": ([AnswerVersion(100)], "100"),
    "a hello of nonsense": ([AnswerVersion(payload=b"HTTP/1.1 400 Bad Request")], "did not say hello"),
    "a hello of 2 GB": ([Garbage(length=2**31 - 1, after_bytes=0)], "a frame of"),
    "a hello of negative size": ([Garbage(length=-1, after_bytes=0)], "a frame of"),
    "a client id in use": ([ClientIdInUse()], "326"),
}


@BOTH_WIRES
@pytest.mark.parametrize("row", table(NOT_WITH))
def test_a_first_connection_fails_with_the_reason(run, row, version):
    faults, reason = row

    async def main():
        async with simulator(server_version=version, faults=faults) as sim:
            with pytest.raises((ConnectionFailed, ConnectionLost, Exception), match=reason) as failure:
                await Client.connect(sim.host, sim.port, timeout_s=0.3)
            assert failure.type.__module__ == "ibfast.errors"
            async with await Client.connect(sim.host, sim.port) as client:  # and the next one is none the worse
                await works(client)

    run(main)


@BOTH_WIRES
def test_cut_at_every_byte_of_the_handshake(run, version):
    async def main():
        async with simulator(server_version=version) as sim:
            hello, rest = await greeting_sizes(sim)
        faults = [Drop(after_bytes=at, session=at + 1) for at in range(hello + rest)]
        connected = 0
        async with simulator(server_version=version, faults=faults) as sim:
            for _ in faults:
                with contextlib.suppress(ConnectionFailed, ConnectionLost):
                    async with await Client.connect(sim.host, sim.port, reconnect=False):
                        connected += 1
            assert 0 < connected < len(faults)  # what comes after the accounts is no longer the handshake
            async with await Client.connect(sim.host, sim.port) as client:
                await works(client)

    run(main)


# ------------------------------------------------------------------------------------------------- lost and found again

MOVED = 1300
BEFORE_LOGIN = {"after_bytes": 0, "session": 2}

LOSSES = {
    "an end": ([Drop()], "closed the connection"),
    "an end in the middle of a message": ([Drop(into=9, at_message=TickByTickData)], "closed the connection"),
    "an end in the middle of a length": ([Drop(into=2, at_message=TickByTickData)], "closed the connection"),
    "a reset": ([Reset()], "closed the connection"),
    "1300": ([Notice(MOVED)], "1300"),
    "a restart": ([Restart()], "closed the connection"),
    "a restart that takes a while": ([Restart(0.1)], "closed the connection"),
    "a frame of 2^24 + 1 bytes": ([Garbage(length=2**24 + 1)], "a frame of"),
    "a frame of 2^31 bytes": ([Garbage(length=2**31)], "a frame of"),
    "a frame of -1 bytes": ([Garbage(length=-1)], "a frame of"),
    "a gateway that falls silent": ([Stall()], "has said nothing"),
    "an end, then refusals": ([Refuse(times=5), Drop()], "closed the connection"),
    "an end, then 326": ([ClientIdInUse(times=4), Drop()], "closed the connection"),
    "an end, then another version": ([AnswerVersion(999, times=2), Drop()], "closed the connection"),
    "an end, then nonsense": ([AnswerVersion(payload=b"\0\0\0"), Drop()], "closed the connection"),
    "an end, then silence": ([Stall(**BEFORE_LOGIN), Drop()], "closed the connection"),
    "an end, then 2 GB": ([Garbage(length=2**31 - 1, **BEFORE_LOGIN), Drop()], "closed the connection"),
    "an end, then no accounts": ([Lose(at_message=ManagedAccounts), Drop()], "closed the connection"),
    "an end, then 1101 during the login": (
        [Say(ErrorMessage(id=-1, error_code=1101, error_msg="data lost"), at_message=ManagedAccounts), Drop()],
        "closed the connection",
    ),
    "an end, and at once again": ([Drop(at_message=NextValidId, times=3), Drop()], "closed the connection"),
}


@BOTH_WIRES
@pytest.mark.parametrize("row", table(LOSSES))
def test_a_stream_goes_on_behind(run, row, version):
    faults, reason = row
    quick = {"idle_s": 0.2, "timeout_s": 0.5}

    async def main():
        async with session(version, **quick) as (sim, client), client.tick_by_tick(AAPL) as ticks:
            await ticks.next(SOON_S)
            first_id = ticks.req_id
            for fault in faults:
                sim.inject(fault)
            gap = await one_gap(ticks)
            assert reason in gap.reason
            assert ticks.req_id > first_id
            assert all(sim.happened(fault) for fault in faults)
            assert client.health().try_next().state is HealthState.READY
            await works(client)

    run(main)


async def one_gap(stream):
    """Read on until something has come behind a gap; every record is there, on one side of it or the other."""
    gap, seen = None, []
    async with asyncio.timeout(SOON_S):
        async for item in stream.with_gaps():
            if isinstance(item, Gap):
                gap = item
                continue
            seen.append(item["seq"])
            assert gap is None or (item["seq"] >= gap.seq).all()
            if gap is not None:
                break
    seen = np.concatenate(seen)
    assert (np.diff(seen) == 1).all()
    assert gap.seq in seen
    assert stream.dropped == 0
    assert stream.gaps == [gap]
    return gap


@BOTH_WIRES
def test_cut_at_every_byte_of_the_handshake_that_reconnects(run, version):
    async def main():
        async with simulator(server_version=version) as sim:
            hello, rest = await greeting_sizes(sim)
        async with session(version) as (sim, client), client.tick_by_tick(AAPL) as ticks:
            await ticks.next(SOON_S)
            for at in range(hello + rest):
                sim.inject(Drop(after_bytes=at, session=at + 2))
            cut(sim)
            await until(lambda: not client._connection.can_send)
            await until(lambda: len(client.pauses) >= hello)
            await until(lambda: not sim._script.armed)
            await works(client)
            async with asyncio.timeout(SOON_S):
                while (await ticks.next())["seq"][-1] < ticks.gaps[-1].seq:
                    pass
            assert len(client.trades) == 0

    run(main)


@BOTH_WIRES
def test_a_nightly_restart_of_three_hours(run, version):
    async def main():
        clock = Clock()
        async with session(version, sim={"clock": clock}, sleep=clock.sleep) as (sim, client):
            health = client.health()
            sim.inject(Restart(3 * 3600))
            await until(lambda: len(client.pauses) > 1)
            await until(lambda: client.is_connected)
            assert sum(client.pauses) >= 3 * 3600
            assert 30 <= max(client.pauses) <= 36
            states = {(await health.next(SOON_S)).state for _ in range(len(client.pauses))}
            assert states == {HealthState.READY, HealthState.RECONNECTING}
            await works(client)

    run(main)


# ------------------------------------------------------------------------------- TWS loses others and finds them again


@dataclass
class Flap:
    """What the gateway says, how the gap is explained, and whether the stream is asked for anew."""

    codes: list[int]
    reason: str
    anew: bool
    options: dict[str, Any] = field(default_factory=dict)


FARM = {"text": "Market data farm connection is:usfarm"}
FLAPS = {
    "servers lost, data kept": Flap([1100, 1102], "1100", anew=False),
    "servers lost, data lost": Flap([1100, 1101], "1100", anew=True),
    "data lost at once": Flap([1101], "1101", anew=True),
    "servers lost twice": Flap([1100, 1100, 2110, 1102], "1100", anew=False),
    "a farm flaps": Flap([2103, 2104], "2103", anew=False, options=FARM),
    "a farm sleeps": Flap([2103, 2108], "2103", anew=False, options=FARM),
    "a farm flaps while the servers are lost": Flap([2103, 1100, 2104, 1102], "2103", anew=False, options=FARM),
}


@BOTH_WIRES
@pytest.mark.parametrize("flap", table(FLAPS))
def test_a_gap_is_left_when(run, flap, version):
    async def main():
        async with session(version) as (sim, client), client.tick_by_tick(AAPL) as ticks:
            await ticks.next(SOON_S)
            first_id = ticks.req_id
            for code in flap.codes:
                sim.inject(Notice(code, **flap.options))
            gap = await one_gap(ticks)
            assert gap.reason.startswith(flap.reason)
            assert (ticks.req_id > first_id) == flap.anew
            assert client.pauses == []  # the connection was never lost
            assert client.health().try_next().state is HealthState.READY

    run(main)


@BOTH_WIRES
def test_a_bust_asks_for_that_stream_only(run, version):
    async def main():
        async with (
            session(version, sim={"clock": fast_clock(50)}) as (sim, client),
            client.real_time_bars(AAPL) as bars,
            client.tick_by_tick(MSFT) as ticks,
        ):
            await bars.next(SOON_S)
            await ticks.next(SOON_S)
            before = ticks.req_id
            sim.inject(Notice(10225))
            gap = await one_gap(bars)
            assert gap.reason.startswith("10225")
            assert (ticks.req_id, ticks.gaps) == (before, [])

    run(main)


@BOTH_WIRES
def test_a_bust_ends_a_stream_that_shall_not_be_asked_for_anew(run, version):
    async def main():
        async with (
            session(version, sim={"clock": fast_clock(50)}, durable=False) as (sim, client),
            client.real_time_bars(AAPL) as bars,
        ):
            await bars.next(SOON_S)
            sim.inject(Notice(10225))
            with pytest.raises(RequestError) as bust:
                await count_to_the_end(bars)
            assert bust.value.code == 10225
            await works(client)

    run(main)


# ------------------------------------------------------------------------------------ no harm to the session at all

ODD_FRAMES = {
    "a frame of 0 bytes": [Garbage(payload=b"")],
    "a frame of 1 byte": [Garbage(payload=b"\0")],
    "a frame of 3 bytes": [Garbage(payload=b"\0\0\1")],
    "noise": [Garbage(size=300)],
    "a megabyte of noise": [Garbage(size=1_000_000)],
    "an unknown message": [Garbage(payload=b"\0\0\3\xe7abc")],
    "a text message with an unknown id": [Garbage(payload=b"199\x001\0a\0")],
    "text that is no number": [Garbage(payload=b"--1\0")],
    "a number beyond all": [Garbage(payload=b"1e999\0")],
    "an order id twice": [Say(NextValidId(order_id=1)), Say(NextValidId(order_id=0))],
    "answers nobody asked for": [Say(HistoricalData(req_id=77)), Say(PnL(req_id=78)), Say(Position(account="X"))],
    "ticks for nobody": [Say(TickSize(req_id=2**31 - 1, tick_type=0))],
    "single bytes": [Split(1)],
    "glued writes": [Glue(size=4096, seconds=0.01)],
    "a stall": [Stall(0.05)],
    "fifty thousand notices": [Storm(50_000)],
}


@BOTH_WIRES
@pytest.mark.parametrize("faults", table(ODD_FRAMES))
def test_the_session_takes_no_harm_from(run, faults, version):
    async def main():
        async with session(version) as (sim, client), client.tick_by_tick(AAPL) as ticks:
            seen = [(await ticks.next(SOON_S))["seq"]]
            for fault in faults:
                sim.inject(fault)
            for _ in range(3):
                await works(client)
                seen.append((await ticks.next(SOON_S))["seq"])
            seen = np.concatenate(seen)
            assert (np.diff(seen) == 1).all()
            assert ticks.gaps == []
            assert client.pauses == []

    run(main)


@pytest.mark.parametrize("version", [226])
def test_a_million_notices_take_bounded_room_and_lose_no_tick(run, version):
    async def main():
        async with session(version) as (sim, client), client.tick_by_tick(AAPL, policy="grow") as ticks:
            notices = client.notices()
            sim.inject(Storm(1_000_000))
            async with asyncio.timeout(60):
                while client.stats["messages_received"] < 1_000_000:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            kept = 0
            while notices.try_next() is not None:
                kept += 1
            assert kept == 10_000
            assert notices.dropped > 980_000
            rows = await ticks.next(SOON_S)
            assert (np.diff(rows["seq"]) == 1).all()
            await works(client)

    run(main)


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


async def count_to_the_end(stream, sizes=None):
    async with asyncio.timeout(SOON_S):
        async for rows in stream:
            if sizes is not None:
                sizes.append(len(rows))


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
