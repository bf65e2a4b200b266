"""Faults on a script, as a caller on the socket sees them."""

import asyncio

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
    greeting_sizes,
    is_answered,
    kinds,
    until,
)

from ibfast import wire
from ibfast.schema import (
    CurrentTime,
    CurrentTimeRequest,
    ExecutionDetails,
    ExecutionDetailsEnd,
    ExecutionRequest,
    MarketDataRequest,
    OpenOrder,
    Order,
    OrderStatus,
    PlaceOrderRequest,
    PositionEnd,
    StartApiRequest,
    TickByTickRequest,
    TickPrice,
)
from ibfast.simulator.faults import (
    Drop,
    Glue,
    Reset,
    Split,
    Spoil,
    Stall,
)
from ibfast.simulator.faults.corruption import with_raw_field
from ibfast.simulator.faults.transport import ROWS

# ------------------------------------------------------------------------------------------ where it is cut


def test_the_connection_can_end_at_every_byte_of_the_greeting(new_loop):
    async def conversation(sim):
        whole = await greeting_sizes(sim)
        for size in range(sum(whole)):
            sim.inject(Drop(after_bytes=size))
            caller = await Caller.dial(sim)
            if size > whole[0]:
                await caller.shake_hands()
                caller.send(StartApiRequest(client_id=size))
            assert len(await everything(caller)) == size - (whole[0] if caller.version else 0)
            await caller.close()
        await is_answered(await Caller.log_in(sim))

    converse(conversation, new_loop=new_loop)


@pytest.mark.parametrize("rows", [1, 500])
@BOTH_WIRES
def test_a_drop_after_rows_comes_after_exactly_these(version, rows):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        caller.send(MarketDataRequest(req_id=1, contract=AAPL))
        payloads, rest = frames_of(await everything(caller))
        assert rest == b""
        messages = [wire.decode(payload, version) for payload in payloads]
        assert sum(type(message) in ROWS for message in messages) == rows
        again = await Caller.log_in(sim, 2)
        await again.ask(MarketDataRequest(req_id=1, contract=AAPL), TickPrice)

    converse(conversation, server_version=version, faults=[Drop(after_rows=rows)])


@pytest.mark.parametrize("into", [1, 3, 4, 5, 9])
@BOTH_WIRES
def test_a_message_can_be_cut_in_its_middle(version, into):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        caller.send(TickByTickRequest(req_id=1, contract=AAPL, tick_type="Last"))
        payloads, rest = frames_of(await everything(caller))
        assert len(payloads) == 100
        assert len(rest) == into

    converse(conversation, server_version=version, faults=[Drop(into, after_rows=100)])


def test_a_message_of_a_kind_can_be_the_one_that_is_cut():
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        caller.send(BUY)
        payloads, rest = frames_of(await everything(caller))
        assert kinds(wire.decode(payload, 226) for payload in payloads) == ["OpenOrder"]
        assert len(rest) == 6

    converse(conversation, faults=[Drop(6, at_message=OrderStatus)])


@pytest.mark.parametrize(("before", "known"), [(True, 0), (False, 1)])
def test_the_connection_ends_before_or_after_an_order_is_taken(before, known):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        caller.send(BUY)
        assert await everything(caller) == b""
        assert len(sim.gateway.engine.orders) == known

    converse(conversation, faults=[Drop(at_message=PlaceOrderRequest, before=before)])


@BOTH_WIRES
def test_orders_fill_while_nobody_is_there(version):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        caller.send(BUY)
        assert await everything(caller) == b""
        await until(lambda: sim.gateway.engine.executions)
        again = await Caller.log_in(sim)
        messages = await again.ask(ExecutionRequest(req_id=5), ExecutionDetailsEnd)
        assert sum(isinstance(message, ExecutionDetails) for message in messages) == len(sim.gateway.engine.executions)
        assert not any(isinstance(item, OpenOrder) for item in again.greeting)

    converse(conversation, server_version=version, faults=[Drop(at_message=PlaceOrderRequest, before=False)])


def test_a_reset_is_a_reset(new_loop):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        await is_answered(caller)
        sim.inject(Reset())
        with pytest.raises(ConnectionResetError):
            await caller.reader.read()

    converse(conversation, new_loop=new_loop)


# ----------------------------------------------------------------------------------------- how it is written


@pytest.mark.parametrize("size", [1, 3, 7])
@BOTH_WIRES
def test_split_and_glued_writes_carry_the_same_bytes(version, size):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        assert kinds(caller.greeting) == ["ManagedAccounts", "NextValidId"] + ["ErrorMessage"] * 3
        ticks = await caller.ask(MarketDataRequest(req_id=1, contract=AAPL), lambda item: type(item) is TickPrice)
        assert ticks[-1].req_id == 1
        await is_answered(caller)

    converse(conversation, server_version=version, rate=50.0, faults=[Split(size)])


def test_split_writes_arrive_in_pieces(new_loop):
    async def conversation(sim):
        caller = await Caller.dial(sim)
        pieces = [await caller.reader.read(65536)]
        while sum(map(len, pieces)) < 8:
            pieces.append(await caller.reader.read(65536))
        assert len(pieces) > 1

    converse(conversation, new_loop=new_loop, faults=[Split(1)])


def test_a_split_connection_still_ends_at_its_byte(new_loop):
    async def conversation(sim):
        caller = await Caller.dial(sim)
        assert len(await everything(caller)) == 20

    converse(conversation, new_loop=new_loop, faults=[Split(3), Drop(after_bytes=20)])


@pytest.mark.parametrize("mode", [Split(4096), Stall(0.2)])
def test_a_client_that_does_not_read_holds_up_its_streams(new_loop, mode):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        caller.send(MarketDataRequest(req_id=1, contract=AAPL))
        await until(lambda: sim.gateway.clients[1].pump.streams)
        sim.inject(mode)
        pump = sim.gateway.clients[1].pump
        await until(lambda: not pump.flows)
        while (await caller.message()).req_id == 1 and not pump.flows:
            pass
        await is_answered(caller)

    converse(conversation, new_loop=new_loop, rate=0.0)


def test_glued_writes_wait_for_each_other():
    clock = Clock()

    async def conversation(sim):
        caller = await Caller.log_in(sim)
        sim.inject(Glue(10_000, seconds=5))
        caller.send(CurrentTimeRequest(), CurrentTimeRequest())
        await until(lambda: sim.gateway.clients[1].protocol.messages_received == 4)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(caller.reader.read(1), 0.05)
        clock.pass_s(5)
        assert kinds([await caller.message(), await caller.message()]) == ["CurrentTime"] * 2

    converse(conversation, clock=clock)


# --------------------------------------------------------------------------------------------- to whom, how often


def test_a_fault_for_one_client_or_one_session_leaves_the_others_alone():
    async def conversation(sim):
        callers = [await Caller.log_in(sim, number) for number in (11, 12, 13)]
        sim.inject(Drop(client_id=12))
        await everything(callers[1])
        sim.inject(Drop(session=3))
        await everything(callers[2])
        await is_answered(callers[0])

    converse(conversation)


def test_a_fault_happens_as_often_as_it_says():
    async def conversation(sim):
        for number in range(2):
            assert sim.happened(fault) == number
            caller = await Caller.log_in(sim)
            caller.send(CurrentTimeRequest())
            await everything(caller)
            await until(lambda: 1 not in sim.gateway.clients)
        await is_answered(await Caller.log_in(sim))
        assert sim.happened(fault) == 2

    fault = Drop(at_message=CurrentTime, times=2)
    converse(conversation, faults=[fault])


def test_counts_begin_where_a_fault_is_injected():
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        await is_answered(caller)
        sim.inject(Drop(after_messages=2))
        caller.send(*[CurrentTimeRequest()] * 5)
        payloads, rest = frames_of(await everything(caller))
        assert (len(payloads), rest) == (2, b"")

    converse(conversation)


@pytest.mark.parametrize("misuse", [lambda: Split(0), lambda: Split(-1), lambda: Spoil("prize", at_message=TickPrice)])
def test_a_fault_that_can_never_happen_is_refused(misuse):
    with pytest.raises(ValueError, match=r"size|field"):
        misuse()


def test_what_a_fault_does_not_touch_goes_on():
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        caller.send(MarketDataRequest(req_id=1, contract=AAPL))
        await caller.until(TickPrice)
        assert not isinstance(await caller.message(), PositionEnd)

    converse(conversation, faults=[Drop(at_message=PositionEnd), Spoil(at_message=PositionEnd)])


@pytest.mark.parametrize("name", ["contract", "order", "order_state"])
def test_a_nested_message_cannot_be_spoiled_as_one_text(name):
    payload = wire.encode(OpenOrder(order_id=1, contract=AAPL, order=Order()), 176)
    with pytest.raises(ValueError, match=f"OpenOrder.{name} does not travel as one text"):
        with_raw_field(payload, name, b"x", 176)
