"""Faults of a gateway that has lost others, as a caller on the socket sees them."""

import pytest
from support.calling import AAPL, BOTH_WIRES, Caller, Clock, converse, is_answered, kinds, until

from ibfast import wire
from ibfast.schema import (
    CurrentTime,
    CurrentTimeRequest,
    ErrorMessage,
    HistoricalData,
    HistoricalDataRequest,
    MarketDataRequest,
    MarketDepthL2,
    MarketDepthRequest,
    RealTimeBarsRequest,
    TickPrice,
)
from ibfast.simulator.faults import (
    Notice,
    Storm,
)

# --------------------------------------------------------------------------------------------------- notices


@pytest.mark.parametrize("code", [1100, 1101, 1102, 2103, 2104, 2105, 2106, 2107, 2108, 2110, 2119, 2157, 2158])
@BOTH_WIRES
def test_every_session_is_told(version, code):
    async def conversation(sim):
        callers = [await Caller.log_in(sim, number) for number in (1, 2)]
        sim.inject(Notice(code))
        for caller in callers:
            told = await caller.message()
            assert (told.id, told.error_code) == (-1, code)
            assert told.error_msg
            await is_answered(caller)

    converse(conversation, server_version=version)


@pytest.mark.parametrize(("code", "flows"), [(1101, False), (1102, True)])
def test_market_data_falls_silent_and_comes_back_or_does_not(code, flows):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        await caller.ask(MarketDataRequest(req_id=1, contract=AAPL), TickPrice)
        sim.inject(Notice(1100))
        await caller.until(lambda item: isinstance(item, ErrorMessage))
        for _ in range(20):
            await is_answered(caller)
        assert kinds(await caller.ask(CurrentTimeRequest(), CurrentTime)) == ["CurrentTime"]
        sim.inject(Notice(code))
        assert (await caller.message()).error_code == code
        assert (1 in sim.gateway.clients[1].pump.streams) is flows
        if flows:
            await caller.until(TickPrice)
        else:
            again = await caller.ask(MarketDataRequest(req_id=1, contract=AAPL), TickPrice)
            assert not any(isinstance(item, ErrorMessage) for item in again)

    converse(conversation)


def test_1300_ends_the_connection():
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        sim.inject(Notice(1300))
        assert (await caller.message()).error_code == 1300
        assert await caller.hung_up()

    converse(conversation)


@BOTH_WIRES
def test_a_notice_for_each_open_request_of_a_kind(version):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        for req_id in (3, 4):
            caller.send(MarketDataRequest(req_id=req_id, contract=AAPL))
        await caller.until(lambda message: isinstance(message, TickPrice) and message.req_id == 4)
        sim.inject(Notice(10197, "No market data during competing live session", of=MarketDataRequest))
        told = [await caller.until(lambda item: isinstance(item, ErrorMessage)) for _ in range(2)]
        assert [item[-1].id for item in told] == [3, 4]

    converse(conversation, server_version=version)


@BOTH_WIRES
def test_a_book_is_reset_and_told_anew(version):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        depth = MarketDepthRequest(req_id=3, contract=AAPL, num_rows=2, is_smart_depth=True)
        await caller.ask(depth, MarketDepthL2)
        sim.inject(Notice(317))
        told = await caller.until(lambda item: isinstance(item, ErrorMessage))
        assert (told[-1].id, told[-1].error_code) == (3, 317)
        rows = [(await caller.message()).market_depth_data for _ in range(4)]
        assert [(row.side, row.position or 0, row.operation or 0) for row in rows] == opening_of(rows)

    converse(conversation, server_version=version)


def opening_of(rows):
    """What a book of two rows a side is told by: inserts, each side from its best price."""
    sides = list(dict.fromkeys(row.side for row in rows))
    assert len(sides) == 2
    return [(side, position, 0) for side in sides for position in range(2)]


@pytest.mark.parametrize(
    ("code", "request_", "first"),
    [
        (10225, RealTimeBarsRequest(req_id=3, contract=AAPL, bar_size=5, what_to_show="TRADES"), None),
        (
            10182,
            HistoricalDataRequest(
                req_id=3, contract=AAPL, duration="60 S", bar_size_setting="5 secs", what_to_show="TRADES",
                format_date=1, keep_up_to_date=True,
            ),
            HistoricalData,
        ),
    ],
)  # fmt: skip
@BOTH_WIRES
def test_a_live_update_is_over_and_can_be_asked_for_again(version, code, request_, first):
    clock = Clock()

    async def conversation(sim):
        caller = await Caller.log_in(sim)
        session = sim.gateway.clients[1]
        caller.send(request_)
        if first is not None:
            await caller.until(first)
        await until(lambda: 3 in session.pump.streams)
        sim.inject(Notice(code))
        told = await caller.until(lambda item: isinstance(item, ErrorMessage))
        assert (told[-1].id, told[-1].error_code) == (3, code)
        assert 3 not in session.pump.streams
        caller.send(request_)
        await until(lambda: 3 in session.pump.streams)

    converse(conversation, server_version=version, clock=clock)


def test_notices_at_their_times_come_once_to_everybody():
    clock = Clock()

    async def conversation(sim):
        callers = [await Caller.log_in(sim, number) for number in (1, 2)]
        clock.pass_s(10)
        for caller in callers:
            assert (await caller.message()).error_code == 1100
        clock.pass_s(10)
        for caller in callers:
            assert (await caller.message()).error_code == 1102
        later = await Caller.log_in(sim, 3)
        await is_answered(later)

    converse(conversation, clock=clock, faults=[Notice(1102, at_s=20), Notice(1100, at_s=10)])


def test_a_storm_passes(new_loop):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        one = len(wire.frame(wire.encode(await storm_message(sim, caller), caller.version)))
        sim.inject(Storm(100_000, code=2104))
        await caller.reader.readexactly(100_000 * one)
        await is_answered(caller)

    converse(conversation, new_loop=new_loop)


async def storm_message(sim, caller):
    sim.inject(Notice(2104))
    return await caller.message()
