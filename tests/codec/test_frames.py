"""Cutting the byte stream anywhere changes nothing; an impossible length ends the connection, and only that."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.feeding import Reader, req_id_of
from support.strategies import FORMS, messages

from ibfast import wire
from ibfast._codec import Protocol
from ibfast.errors import FramingError
from ibfast.schema import CurrentTime, ErrorMessage, HistoricalTickLast, TickByTickData, TickPrice, TickString
from ibfast.schema.versions import In

TICKS = [
    TickPrice(req_id=req_id_of("tick"), tick_type=1, price=150.25, size=300, attr_mask=1),
    TickString(req_id=req_id_of("tick"), tick_type=45, value="1700000000"),
    TickByTickData(
        req_id=req_id_of("last"),
        tick_type=1,
        historical_tick_last=HistoricalTickLast(time=1700000000, price=150.25, size=100, exchange="ARCA"),
    ),
    ErrorMessage(id=-1, error_code=2104, error_msg="Market data farm connection is OK:usfarm"),
]
COLD = [
    form for form in FORMS if form.direction == "incoming" and form.id in (In.OPEN_ORDER, In.CONTRACT_DATA, In.ERR_MSG)
]


def stream(items, version):
    return b"".join(wire.frame(wire.encode(item, version)) for item in items)


@pytest.mark.parametrize("version", [157, 176, 200, 201, 206, 226])
@settings(max_examples=25)
@given(data=st.data())
def test_cutting_changes_nothing(version, data):
    cold = data.draw(st.lists(st.sampled_from(COLD).flatmap(messages), max_size=4))
    items = data.draw(st.permutations([*TICKS, *cold]))
    size = data.draw(st.integers(1, 60))
    whole = stream(items, version)
    tail = data.draw(st.integers(0, 20))
    whole += wire.frame(wire.encode(CurrentTime(current_time=1), version))[:tail]
    assert Reader(version).feed(whole, size).outcome() == Reader(version).feed(whole).outcome()


def test_a_split_at_every_byte_gives_the_same():
    whole = stream(TICKS, 226)
    expected = Reader(226).feed(whole).outcome()
    for cut in range(1, len(whole)):
        assert Reader(226).feed(whole[:cut]).feed(whole[cut:]).outcome() == expected


def test_a_message_larger_than_the_buffer_is_read_whole():
    text = "x" * 3_000_000
    heard = Reader(176).feed(stream([ErrorMessage(id=1, error_code=2, error_msg=text)], 176), 65_536).listener.heard
    assert heard == [ErrorMessage(id=1, error_code=2, error_msg=text)]


@pytest.mark.parametrize("length", [2**24, 2**31, 2**32 - 1])
def test_an_impossible_length_ends_the_connection_after_what_came_before(length):
    reader = Reader(176).feed(stream([CurrentTime(current_time=7)], 176) + struct.pack(">I", length) + b"junk" * 10)
    assert reader.listener.heard == [CurrentTime(current_time=7)]
    assert isinstance(reader.listener.lost, FramingError)
    assert str(length) in str(reader.listener.lost)
    reader.feed(stream([CurrentTime(current_time=8)], 176))
    assert len(reader.listener.heard) == 1


@pytest.mark.parametrize(("version", "length"), [(176, 0), (176, 3), (226, 0), (226, 1), (226, 3)])
def test_a_frame_too_short_for_an_id_costs_one_message(version, length):
    good = stream([CurrentTime(current_time=7)], version)
    reader = Reader(version).feed(struct.pack(">I", length) + b"\xff" * length + good)
    error, message = reader.listener.heard
    assert "message id" in str(error)
    assert message == CurrentTime(current_time=7)


def test_readers_are_woken_once_a_read_whatever_came():
    reader = Reader(226).feed(stream(TICKS * 50, 226))
    assert sorted(reader.woken) == ["last", "tick"]
    assert reader.protocol.rows_received == 150
    assert reader.protocol.messages_received == 200


def test_a_server_expects_the_preamble():
    class Owner:
        heard = []
        lost = None

        def handshake(self, payload):
            self.heard.append(payload)

        def connection_lost(self, error):
            self.lost = error

    for data, heard, lost in [
        (b"API\0" + wire.frame(b"v157..226"), [b"v157..226"], None),
        (b"GET / HTTP/1.1\r\n", [], FramingError),
    ]:
        owner = Owner()
        owner.heard = []
        protocol = Protocol(owner, preamble=b"API\0")
        for byte in data:
            protocol.get_buffer(-1)[:1] = bytes([byte])
            protocol.buffer_updated(1)
        assert owner.heard == heard
        assert (lost is None and owner.lost is None) or isinstance(owner.lost, lost)


@pytest.mark.parametrize(
    ("version", "msg_id"), [(176, 150), (176, 201), (176, 600), (176, 2**31 - 1), (226, 2**32 - 1)]
)
def test_an_unknown_id_is_told_as_it_is_on_the_wire(version, msg_id):
    head = struct.pack(">I", msg_id) if version > 200 else b"%d\0" % msg_id
    reader = Reader(version).feed(wire.frame(head))
    assert [msg_id for msg_id, _ in reader.listener.heard] == [msg_id]


@pytest.mark.parametrize("msg_id", [2**31, 2**63 - 1, -1])
def test_an_id_that_none_can_be_costs_one_message(msg_id):
    (error,) = Reader(176).feed(wire.frame(b"%d\0" % msg_id)).listener.heard
    assert "does not begin with a message id" in str(error)


def test_after_an_impossible_length_no_memory_is_asked_for():
    reader = Reader(176).feed(struct.pack(">I", 2**32 - 1))
    assert isinstance(reader.listener.lost, FramingError)
    assert len(reader.protocol.get_buffer(-1)) < 2**26
