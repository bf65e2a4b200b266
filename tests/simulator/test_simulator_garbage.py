"""Messages that are spoiled, told twice, late or never, as a caller on the socket sees them."""

import pytest
from support.calling import AAPL, BOTH_WIRES, Caller, Clock, converse, is_answered, kinds

from ibfast import wire
from ibfast.errors import DecodeError
from ibfast.schema import (
    CurrentTime,
    CurrentTimeRequest,
    ErrorMessage,
    ExecutionDetailsEnd,
    ExecutionRequest,
    ManagedAccounts,
    MarketDataRequest,
    NextValidId,
    StartApiRequest,
    TickPrice,
)
from ibfast.simulator.faults import (
    Garbage,
    Late,
    Lose,
    Repeat,
    Spoil,
)

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

    converse(conversation)


def test_noise_is_seeded():
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        sim.inject(Garbage(size=100))
        heard.append(await caller.payload())
        await is_answered(caller)

    heard = []
    for seed in (1, 1, 2):
        converse(conversation, seed=seed)
    assert heard[0] == heard[1] != heard[2]


def test_bytes_in_the_middle_of_a_frame():
    async def conversation(sim):
        caller = await Caller.dial(sim)
        assert (await caller.reader.readexactly(9))[6:] == b"!!!"

    converse(conversation, faults=[Garbage(b"!!!", bare=True, after_bytes=6)])


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

    converse(conversation, server_version=176, faults=[Spoil("price", raw, at_message=TickPrice)])


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

    converse(conversation, faults=[spoil])


@BOTH_WIRES
def test_text_that_is_not_utf8(version):
    async def conversation(sim):
        caller = await Caller.dial(sim)
        await caller.shake_hands()
        caller.send(StartApiRequest(client_id=1))
        assert b"\xff\xfe" in await caller.payload()
        assert isinstance(await caller.message(), NextValidId)

    spoil = Spoil("accounts_list", b"\xff\xfe", at_message=ManagedAccounts)
    converse(conversation, server_version=version, faults=[spoil])


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

    converse(conversation, server_version=version, clock=clock)


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

    converse(conversation, clock=clock)
