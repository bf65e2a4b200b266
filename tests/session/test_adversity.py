"""What a bad connection does to a session and its streams: tables of faults, each on both wires and both loops."""

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from support.adverse import (
    AAPL,
    BOTH_WIRES,
    MSFT,
    SOON_S,
    Clock,
    count_to_the_end,
    cut,
    fast_clock,
    one_gap,
    session,
    table,
    until,
    works,
)
from support.calling import greeting_sizes
from support.running import simulator

from ibfast import Client, ConnectionFailed, ConnectionLost, RequestError
from ibfast.schema import (
    ErrorMessage,
    HistoricalData,
    ManagedAccounts,
    NextValidId,
    PnL,
    Position,
    TickByTickData,
    TickPrice,
    TickSize,
)
from ibfast.session.health import HealthState
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
