"""Faults on a script, as a caller on the socket sees them."""

import asyncio
import contextlib

import pytest
from test_simulator_server import AAPL, Caller, august, kinds, talk, until

from ibfast import wire
from ibfast.errors import DecodeError
from ibfast.schema import (
    CurrentTime,
    CurrentTimeRequest,
    ErrorMessage,
    ExecutionDetails,
    ExecutionDetailsEnd,
    ExecutionRequest,
    HistoricalData,
    HistoricalDataRequest,
    ManagedAccounts,
    MarketDataRequest,
    MarketDepthL2,
    MarketDepthRequest,
    NextValidId,
    OpenOrder,
    Order,
    OrderStatus,
    PlaceOrderRequest,
    PositionEnd,
    RealTimeBarsRequest,
    StartApiRequest,
    TickByTickRequest,
    TickPrice,
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
    Spoil,
    Stall,
    Storm,
)
from ibfast.simulator.line import ROWS

BOTH_WIRES = pytest.mark.parametrize("version", [176, 226])
BUY = PlaceOrderRequest(order_id=1, contract=AAPL, order=Order(action="BUY", total_quantity=1, order_type="MKT"))


class Clock:
    """Stands still until it is told to go on."""

    def __init__(self):
        self.now_ns = august()()

    def __call__(self):
        return self.now_ns

    def pass_s(self, seconds):
        self.now_ns += int(seconds * 1e9)


async def everything(caller):
    """What arrives until the connection ends, however it does."""
    data = bytearray()
    with contextlib.suppress(ConnectionError):
        while more := await caller.reader.read(65536):
            data += more
    return bytes(data)


async def greeting_sizes(sim):
    """Bytes of the handshake's answer, and of what a gateway says by itself after it."""
    caller = await Caller.dial(sim)
    hello = await caller.payload()
    caller.version = int(hello.split(b"\0")[0])
    caller.send(StartApiRequest(client_id=9000))
    told = await caller.until(lambda it: isinstance(it, ErrorMessage) and it.error_code == 2158)
    await caller.close()
    return len(wire.frame(hello)), sum(len(wire.frame(wire.encode(it, caller.version))) for it in told)


def frames_of(data):
    """Whole payloads, and the bytes that are none."""
    payloads = []
    while len(data) >= 4 and len(data) >= 4 + int.from_bytes(data[:4], "big"):
        size = int.from_bytes(data[:4], "big")
        payloads.append(data[4 : 4 + size])
        data = data[4 + size :]
    return payloads, data


async def is_answered(caller):
    await caller.ask(CurrentTimeRequest(), CurrentTime)


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

    talk(conversation, new_loop=new_loop)


@pytest.mark.parametrize("rows", [1, 500])
@BOTH_WIRES
def test_a_drop_after_rows_comes_after_exactly_these(version, rows):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        caller.send(MarketDataRequest(req_id=1, contract=AAPL))
        payloads, rest = frames_of(await everything(caller))
        assert rest == b""
        messages = [wire.decode(it, version) for it in payloads]
        assert sum(type(it) in ROWS for it in messages) == rows
        again = await Caller.log_in(sim, 2)
        await again.ask(MarketDataRequest(req_id=1, contract=AAPL), TickPrice)

    talk(conversation, server_version=version, faults=[Drop(after_rows=rows)])


@pytest.mark.parametrize("into", [1, 3, 4, 5, 9])
@BOTH_WIRES
def test_a_message_can_be_cut_in_its_middle(version, into):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        caller.send(TickByTickRequest(req_id=1, contract=AAPL, tick_type="Last"))
        payloads, rest = frames_of(await everything(caller))
        assert len(payloads) == 100
        assert len(rest) == into

    talk(conversation, server_version=version, faults=[Drop(into, after_rows=100)])


def test_a_message_of_a_kind_can_be_the_one_that_is_cut():
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        caller.send(BUY)
        payloads, rest = frames_of(await everything(caller))
        assert kinds(wire.decode(it, 226) for it in payloads) == ["OpenOrder"]
        assert len(rest) == 6

    talk(conversation, faults=[Drop(6, at_message=OrderStatus)])


@pytest.mark.parametrize(("before", "known"), [(True, 0), (False, 1)])
def test_the_connection_ends_before_or_after_an_order_is_taken(before, known):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        caller.send(BUY)
        assert await everything(caller) == b""
        assert len(sim.gateway.engine.orders) == known

    talk(conversation, faults=[Drop(at_message=PlaceOrderRequest, before=before)])


@BOTH_WIRES
def test_orders_fill_while_nobody_is_there(version):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        caller.send(BUY)
        assert await everything(caller) == b""
        await until(lambda: sim.gateway.engine.executions)
        again = await Caller.log_in(sim)
        messages = await again.ask(ExecutionRequest(req_id=5), ExecutionDetailsEnd)
        assert sum(isinstance(it, ExecutionDetails) for it in messages) == len(sim.gateway.engine.executions)
        assert not any(isinstance(it, OpenOrder) for it in again.greeting)

    talk(conversation, server_version=version, faults=[Drop(at_message=PlaceOrderRequest, before=False)])


def test_a_reset_is_a_reset(new_loop):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        await is_answered(caller)
        sim.inject(Reset())
        with pytest.raises(ConnectionResetError):
            await caller.reader.read()

    talk(conversation, new_loop=new_loop)


# ----------------------------------------------------------------------------------------- how it is written


@pytest.mark.parametrize("size", [1, 3, 7])
@BOTH_WIRES
def test_split_and_glued_writes_carry_the_same_bytes(version, size):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        assert kinds(caller.greeting) == ["ManagedAccounts", "NextValidId"] + ["ErrorMessage"] * 3
        ticks = await caller.ask(MarketDataRequest(req_id=1, contract=AAPL), lambda it: type(it) is TickPrice)
        assert ticks[-1].req_id == 1
        await is_answered(caller)

    talk(conversation, server_version=version, rate=50.0, faults=[Split(size)])


def test_split_writes_arrive_in_pieces(new_loop):
    async def conversation(sim):
        caller = await Caller.dial(sim)
        pieces = [await caller.reader.read(65536)]
        while sum(map(len, pieces)) < 8:
            pieces.append(await caller.reader.read(65536))
        assert len(pieces) > 1

    talk(conversation, new_loop=new_loop, faults=[Split(1)])


def test_a_split_connection_still_ends_at_its_byte(new_loop):
    async def conversation(sim):
        caller = await Caller.dial(sim)
        assert len(await everything(caller)) == 20

    talk(conversation, new_loop=new_loop, faults=[Split(3), Drop(after_bytes=20)])


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

    talk(conversation, new_loop=new_loop, rate=0.0)


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

    talk(conversation, clock=clock)


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

    talk(conversation, server_version=version, clock=clock)


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

    talk(conversation, new_loop=new_loop)


def test_a_stall_in_the_middle_of_a_stream_loses_nothing_of_it(new_loop):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        caller.send(MarketDataRequest(req_id=1, contract=AAPL))
        seen = 0
        while seen < 400:
            seen += type(await caller.message()) in ROWS
        await is_answered(caller)

    talk(conversation, new_loop=new_loop, faults=[Stall(0.1, after_rows=100)])


# ---------------------------------------------------------------------------------------------- coming and going


def test_connections_are_refused_so_many_times(new_loop):
    async def conversation(sim):
        for _ in range(3):
            caller = Caller(*await asyncio.open_connection(sim.host, sim.port))
            with pytest.raises(ConnectionResetError):
                assert await caller.reader.read() == b"never"
            await caller.close()
        await is_answered(await Caller.log_in(sim))

    talk(conversation, new_loop=new_loop, faults=[Refuse(times=3)])


def test_a_client_id_is_taken_so_many_times():
    clock = Clock()

    async def conversation(sim):
        for _ in range(2):
            caller = await Caller.log_in(sim)
            assert [it.error_code for it in caller.greeting] == [326]
            assert await caller.hung_up()
        await is_answered(await Caller.log_in(sim))

    talk(conversation, clock=clock, faults=[ClientIdInUse(times=2)])


def test_one_client_id_is_taken_and_others_are_not():
    async def conversation(sim):
        await is_answered(await Caller.log_in(sim, 4))
        caller = await Caller.log_in(sim, 5)
        assert [it.error_code for it in caller.greeting] == [326]
        await is_answered(await Caller.log_in(sim, 5))

    talk(conversation, faults=[ClientIdInUse(client_id=5)])


def test_a_client_id_is_taken_until_the_clock_says():
    clock = Clock()

    async def conversation(sim):
        for _ in range(3):
            caller = await Caller.log_in(sim)
            assert [it.error_code for it in caller.greeting] == [326]
        clock.pass_s(5.01)
        await is_answered(await Caller.log_in(sim))

    talk(conversation, clock=clock, faults=[ClientIdInUse(times=None, until_s=5)])


def test_a_restart_in_the_middle_of_a_stream():
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        caller.send(MarketDataRequest(req_id=1, contract=AAPL))
        payloads, _ = frames_of(await everything(caller))
        assert sum(type(wire.decode(it, 226)) in ROWS for it in payloads) == 50
        await is_answered(await log_in_when_up(sim))

    talk(conversation, faults=[Restart(after_rows=50)])


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

    talk(conversation, new_loop=new_loop, clock=clock)


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

    talk(conversation, new_loop=new_loop)


# -------------------------------------------------------------------------------------------------- handshake


def test_a_handshake_that_is_never_answered():
    async def conversation(sim):
        caller = await Caller.dial(sim)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(caller.reader.read(1), 0.05)
        await is_answered(await Caller.log_in(sim))

    talk(conversation, faults=[Stall(session=1)])


@pytest.mark.parametrize("number", [0, 100, 999])
def test_a_handshake_answered_with_a_version_nobody_asked_for(number):
    async def conversation(sim):
        caller = await Caller.dial(sim)
        await caller.shake_hands()
        assert caller.version == number
        await is_answered(await Caller.log_in(sim))

    talk(conversation, faults=[AnswerVersion(number)])


def test_a_handshake_answered_with_nonsense():
    async def conversation(sim):
        caller = await Caller.dial(sim)
        assert await caller.payload() == b"\xff"

    talk(conversation, faults=[AnswerVersion(payload=b"\xff")])


def test_a_gateway_that_hangs_up_after_hello():
    async def conversation(sim):
        caller = await Caller.dial(sim)
        assert await caller.hung_up()
        await is_answered(await Caller.log_in(sim))

    talk(conversation, faults=[Drop(after_bytes=0)])


@BOTH_WIRES
def test_a_gateway_that_talks_before_it_is_asked_to(version):
    async def conversation(sim):
        caller = await Caller.dial(sim)
        await caller.shake_hands()
        assert await caller.message() == NextValidId(order_id=7)
        caller.send(StartApiRequest(client_id=1))
        assert isinstance(await caller.message(), ManagedAccounts)

    talk(conversation, server_version=version, faults=[Say(NextValidId(order_id=7), after_messages=0)])


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

    talk(conversation, server_version=version)


@pytest.mark.parametrize(("code", "flows"), [(1101, False), (1102, True)])
def test_market_data_falls_silent_and_comes_back_or_does_not(code, flows):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        await caller.ask(MarketDataRequest(req_id=1, contract=AAPL), TickPrice)
        sim.inject(Notice(1100))
        await caller.until(lambda it: isinstance(it, ErrorMessage))
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
            assert not any(isinstance(it, ErrorMessage) for it in again)

    talk(conversation)


def test_1300_ends_the_connection():
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        sim.inject(Notice(1300))
        assert (await caller.message()).error_code == 1300
        assert await caller.hung_up()

    talk(conversation)


@BOTH_WIRES
def test_a_notice_for_each_open_request_of_a_kind(version):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        for req_id in (3, 4):
            caller.send(MarketDataRequest(req_id=req_id, contract=AAPL))
        await caller.until(lambda it: isinstance(it, TickPrice) and it.req_id == 4)
        sim.inject(Notice(10197, "No market data during competing live session", of=MarketDataRequest))
        told = [await caller.until(lambda it: isinstance(it, ErrorMessage)) for _ in range(2)]
        assert [it[-1].id for it in told] == [3, 4]

    talk(conversation, server_version=version)


@BOTH_WIRES
def test_a_book_is_reset_and_told_anew(version):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        depth = MarketDepthRequest(req_id=3, contract=AAPL, num_rows=2, is_smart_depth=True)
        await caller.ask(depth, MarketDepthL2)
        sim.inject(Notice(317))
        told = await caller.until(lambda it: isinstance(it, ErrorMessage))
        assert (told[-1].id, told[-1].error_code) == (3, 317)
        rows = [(await caller.message()).market_depth_data for _ in range(4)]
        assert [(it.side, it.position or 0, it.operation or 0) for it in rows] == opening_of(rows)

    talk(conversation, server_version=version)


def opening_of(rows):
    """What a book of two rows a side is told by: inserts, each side from its best price."""
    sides = list(dict.fromkeys(it.side for it in rows))
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
        told = await caller.until(lambda it: isinstance(it, ErrorMessage))
        assert (told[-1].id, told[-1].error_code) == (3, code)
        assert 3 not in session.pump.streams
        caller.send(request_)
        await until(lambda: 3 in session.pump.streams)

    talk(conversation, server_version=version, clock=clock)


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

    talk(conversation, clock=clock, faults=[Notice(1102, at_s=20), Notice(1100, at_s=10)])


def test_a_storm_passes(new_loop):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        one = len(wire.frame(wire.encode(await storm_message(sim, caller), caller.version)))
        sim.inject(Storm(100_000, code=2104))
        await caller.reader.readexactly(100_000 * one)
        await is_answered(caller)

    talk(conversation, new_loop=new_loop)


async def storm_message(sim, caller):
    sim.inject(Notice(2104))
    return await caller.message()


# ---------------------------------------------------------------------------------------------------- garbage


@pytest.mark.parametrize(
    ("length", "prefix"),
    [
        (0, b"\0\0\0\0"),
        (1, b"\0\0\0\1"),
        (3, b"\0\0\0\3"),
        (2**24, b"\1\0\0\0"),
        (2**31, b"\x80\0\0\0"),
        (-1, b"\xff\xff\xff\xff"),
    ],
)
def test_lengths_that_are_none(length, prefix):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        sim.inject(Garbage(b"abc", length=length))
        assert await caller.reader.readexactly(7) == prefix + b"abc"

    talk(conversation)


def test_noise_is_seeded():
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        sim.inject(Garbage(size=100))
        heard.append(await caller.payload())
        await is_answered(caller)

    heard = []
    for seed in (1, 1, 2):
        talk(conversation, seed=seed)
    assert heard[0] == heard[1] != heard[2]


def test_bytes_in_the_middle_of_a_frame():
    async def conversation(sim):
        caller = await Caller.dial(sim)
        assert (await caller.reader.readexactly(9))[6:] == b"!!!"

    talk(conversation, faults=[Garbage(b"!!!", bare=True, after_bytes=6)])


@pytest.mark.parametrize("raw", [b"--1", b"1e999", b"\xff\xfe"])
def test_a_field_of_a_text_message_is_spoiled(raw):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        caller.send(MarketDataRequest(req_id=1, contract=AAPL))
        while (payload := await caller.payload()).split(b"\0")[0] != b"1":
            pass
        good = wire.decode(await next_of(caller, TickPrice), 176)
        parts = payload.split(b"\0")
        assert parts[4] == raw
        assert parts[2] == b"1"
        assert good.price > 0

    talk(conversation, server_version=176, faults=[Spoil("price", raw, at_message=TickPrice)])


async def next_of(caller, cls):
    while True:
        payload = await caller.payload()
        if isinstance(wire.decode(payload, caller.version), cls):
            return payload


@pytest.mark.parametrize(
    "spoil",
    [
        Spoil("order_id", b"--1", at_message=NextValidId),
        Spoil(edit=lambda payload: payload + b"\x0b", at_message=NextValidId),
        Spoil(at_message=NextValidId),
    ],
)
def test_a_protobuf_message_is_spoiled(spoil):
    async def conversation(sim):
        caller = await Caller.dial(sim)
        await caller.shake_hands()
        caller.send(StartApiRequest(client_id=1))
        assert isinstance(await caller.message(), ManagedAccounts)
        with pytest.raises(DecodeError):
            await caller.message()
        assert isinstance(await caller.message(), ErrorMessage)

    talk(conversation, faults=[spoil])


@BOTH_WIRES
def test_text_that_is_not_utf8(version):
    async def conversation(sim):
        caller = await Caller.dial(sim)
        await caller.shake_hands()
        caller.send(StartApiRequest(client_id=1))
        assert b"\xff\xfe" in await caller.payload()
        assert isinstance(await caller.message(), NextValidId)

    spoil = Spoil("accounts_list", b"\xff\xfe", at_message=ManagedAccounts)
    talk(conversation, server_version=version, faults=[spoil])


# ----------------------------------------------------------------------------------------------- single answers


@BOTH_WIRES
def test_an_answer_never_twice_and_late(version):
    clock = Clock()

    async def conversation(sim):
        caller = await Caller.log_in(sim)
        sim.inject(Lose(at_message=CurrentTime))
        sim.inject(Repeat(3, at_message=CurrentTime))
        caller.send(CurrentTimeRequest(), CurrentTimeRequest())
        assert kinds([await caller.message() for _ in range(3)]) == ["CurrentTime"] * 3
        sim.inject(Late(2.0, at_message=CurrentTime))
        caller.send(CurrentTimeRequest())
        caller.send(ExecutionRequest(req_id=1))
        assert isinstance(await caller.message(), ExecutionDetailsEnd)
        clock.pass_s(2)
        assert isinstance(await caller.message(), CurrentTime)

    talk(conversation, server_version=version, clock=clock)


def test_a_request_that_is_never_heard_and_one_heard_late():
    clock = Clock()

    async def conversation(sim):
        caller = await Caller.log_in(sim)
        sim.inject(Lose(at_message=CurrentTimeRequest))
        caller.send(CurrentTimeRequest(), ExecutionRequest(req_id=1))
        assert isinstance(await caller.message(), ExecutionDetailsEnd)
        sim.inject(Late(2.0, at_message=CurrentTimeRequest))
        caller.send(CurrentTimeRequest(), ExecutionRequest(req_id=1))
        assert isinstance(await caller.message(), ExecutionDetailsEnd)
        clock.pass_s(2)
        assert isinstance(await caller.message(), CurrentTime)

    talk(conversation, clock=clock)


# --------------------------------------------------------------------------------------------- to whom, how often


def test_a_fault_for_one_client_or_one_session_leaves_the_others_alone():
    async def conversation(sim):
        callers = [await Caller.log_in(sim, number) for number in (11, 12, 13)]
        sim.inject(Drop(client_id=12))
        await everything(callers[1])
        sim.inject(Drop(session=3))
        await everything(callers[2])
        await is_answered(callers[0])

    talk(conversation)


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
    talk(conversation, faults=[fault])


def test_counts_begin_where_a_fault_is_injected():
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        await is_answered(caller)
        sim.inject(Drop(after_messages=2))
        caller.send(*[CurrentTimeRequest()] * 5)
        payloads, rest = frames_of(await everything(caller))
        assert (len(payloads), rest) == (2, b"")

    talk(conversation)


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

    talk(conversation, faults=[Drop(at_message=PositionEnd), Spoil(at_message=PositionEnd)])
