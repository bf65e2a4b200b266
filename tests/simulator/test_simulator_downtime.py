"""Faults that keep a caller waiting or out: silence, restarts, refused and garbled handshakes."""

import asyncio
import contextlib

import pytest
from support.calling import (
    AAPL,
    BOTH_WIRES,
    BUY,
    Caller,
    Clock,
    converse,
    everything,
    frames_of,
    is_answered,
    kinds,
    until,
)

from ibfast import wire
from ibfast.schema import (
    CurrentTime,
    CurrentTimeRequest,
    ManagedAccounts,
    MarketDataRequest,
    NextValidId,
    Order,
    OrderStatus,
    PlaceOrderRequest,
    StartApiRequest,
)
from ibfast.simulator.faults import (
    AnswerVersion,
    ClientIdInUse,
    Drop,
    Refuse,
    Restart,
    Say,
    Stall,
)
from ibfast.simulator.faults.transport import ROWS

# ---------------------------------------------------------------------------------------------------- silence


@BOTH_WIRES
def test_a_stall_ends_when_the_clock_says(version):
    clock = Clock()

    async def conversation(sim):
        caller = await Caller.log_in(sim)
        await is_answered(caller)
        sim.inject(Stall(2))
        caller.send(CurrentTimeRequest())
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(caller.reader.read(1), 0.05)
        clock.pass_s(1.9)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(caller.reader.read(1), 0.05)
        clock.pass_s(0.1)
        assert isinstance(await caller.message(), CurrentTime)

    converse(conversation, server_version=version, clock=clock)


def test_a_stall_for_ever_still_hears_and_a_half_open_connection_does_not(new_loop):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        sim.inject(Stall())
        caller.send(BUY)
        await until(lambda: sim.gateway.engine.orders)
        deaf = await Caller.log_in(sim, 2)
        sim.inject(Stall(hears=False, client_id=2))
        deaf.send(BUY.replace(order_id=9))
        other = await Caller.log_in(sim, 3)
        await is_answered(other)
        assert (2, 9) not in sim.gateway.engine.orders

    converse(conversation, new_loop=new_loop)


def test_a_stall_in_the_middle_of_a_stream_loses_nothing_of_it(new_loop):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        caller.send(MarketDataRequest(req_id=1, contract=AAPL))
        seen = 0
        while seen < 400:
            seen += type(await caller.message()) in ROWS
        await is_answered(caller)

    converse(conversation, new_loop=new_loop, faults=[Stall(0.1, after_rows=100)])


# ---------------------------------------------------------------------------------------------- coming and going


def test_connections_are_refused_so_many_times(new_loop):
    async def conversation(sim):
        for _ in range(3):
            caller = Caller(*await asyncio.open_connection(sim.host, sim.port))
            with pytest.raises(ConnectionResetError):
                assert await caller.reader.read() == b"never"
            await caller.close()
        await is_answered(await Caller.log_in(sim))

    converse(conversation, new_loop=new_loop, faults=[Refuse(times=3)])


def test_a_client_id_is_taken_so_many_times():
    clock = Clock()

    async def conversation(sim):
        for _ in range(2):
            caller = await Caller.log_in(sim)
            assert [notice.error_code for notice in caller.greeting] == [326]
            assert await caller.hung_up()
        await is_answered(await Caller.log_in(sim))

    converse(conversation, clock=clock, faults=[ClientIdInUse(times=2)])


def test_one_client_id_is_taken_and_others_are_not():
    async def conversation(sim):
        await is_answered(await Caller.log_in(sim, 4))
        caller = await Caller.log_in(sim, 5)
        assert [notice.error_code for notice in caller.greeting] == [326]
        await is_answered(await Caller.log_in(sim, 5))

    converse(conversation, faults=[ClientIdInUse(client_id=5)])


def test_a_client_id_is_taken_until_the_clock_says():
    clock = Clock()

    async def conversation(sim):
        for _ in range(3):
            caller = await Caller.log_in(sim)
            assert [notice.error_code for notice in caller.greeting] == [326]
        clock.pass_s(5.01)
        await is_answered(await Caller.log_in(sim))

    converse(conversation, clock=clock, faults=[ClientIdInUse(times=None, until_s=5)])


def test_a_restart_in_the_middle_of_a_stream():
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        caller.send(MarketDataRequest(req_id=1, contract=AAPL))
        payloads, _ = frames_of(await everything(caller))
        assert sum(type(wire.decode(payload, 226)) in ROWS for payload in payloads) == 50
        await is_answered(await log_in_when_up(sim))

    converse(conversation, faults=[Restart(after_rows=50)])


@pytest.mark.parametrize("by_hand", [True, False])
def test_a_restart_drops_everybody_closes_the_port_and_keeps_the_books(new_loop, by_hand):
    clock = Clock()

    async def conversation(sim):
        callers = [await Caller.log_in(sim, number) for number in (1, 2)]
        far = Order(action="BUY", total_quantity=1, order_type="LMT", lmt_price=1.0, tif="GTC")
        await callers[0].ask(PlaceOrderRequest(order_id=1, contract=AAPL, order=far), OrderStatus)
        port = sim.port
        restarting = None
        if by_hand:
            restarting = asyncio.create_task(sim.restart(60))
        else:
            sim.inject(Restart(60))
        for caller in callers:
            await everything(caller)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(sim.host, port)
        clock.pass_s(60)
        if restarting is not None:
            await restarting
        again = await log_in_when_up(sim)
        assert sim.port == port
        assert kinds(again.greeting)[:2] == ["OpenOrder", "OrderStatus"]

    converse(conversation, new_loop=new_loop, clock=clock)


async def log_in_when_up(sim):
    while True:
        with contextlib.suppress(ConnectionRefusedError):
            return await Caller.log_in(sim)
        await asyncio.sleep(0.01)


def test_going_down_and_coming_up_by_hand(new_loop):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        await sim.go_down()
        await sim.go_down()
        await everything(caller)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(sim.host, sim.port)
        await sim.come_up()
        await sim.come_up()
        await is_answered(await Caller.log_in(sim))

    converse(conversation, new_loop=new_loop)


# -------------------------------------------------------------------------------------------------- handshake


def test_a_handshake_that_is_never_answered():
    async def conversation(sim):
        caller = await Caller.dial(sim)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(caller.reader.read(1), 0.05)
        await is_answered(await Caller.log_in(sim))

    converse(conversation, faults=[Stall(session=1)])


@pytest.mark.parametrize("number", [0, 100, 999])
def test_a_handshake_answered_with_a_version_nobody_asked_for(number):
    async def conversation(sim):
        caller = await Caller.dial(sim)
        await caller.shake_hands()
        assert caller.version == number
        await is_answered(await Caller.log_in(sim))

    converse(conversation, faults=[AnswerVersion(number)])


def test_a_handshake_answered_with_nonsense():
    async def conversation(sim):
        caller = await Caller.dial(sim)
        assert await caller.payload() == b"\xff"

    converse(conversation, faults=[AnswerVersion(payload=b"\xff")])


def test_a_gateway_that_hangs_up_after_hello():
    async def conversation(sim):
        caller = await Caller.dial(sim)
        assert await caller.hung_up()
        await is_answered(await Caller.log_in(sim))

    converse(conversation, faults=[Drop(after_bytes=0)])


@BOTH_WIRES
def test_a_gateway_that_talks_before_it_is_asked_to(version):
    async def conversation(sim):
        caller = await Caller.dial(sim)
        await caller.shake_hands()
        assert await caller.message() == NextValidId(order_id=7)
        caller.send(StartApiRequest(client_id=1))
        assert isinstance(await caller.message(), ManagedAccounts)

    converse(conversation, server_version=version, faults=[Say(NextValidId(order_id=7), after_messages=0)])
