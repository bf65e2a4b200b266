"""Noise raises nothing but the documented errors, whatever it looks like."""

import struct

import fuzz_long
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.feeding import Reader
from support.strategies import FORMS, messages

from ibfast import wire
from ibfast.errors import DecodeError, FramingError

VERSIONS = [157, 176, 200, 201, 226]
QUIET = settings(max_examples=200)

# Bytes that look like the protocol go further into it than plain noise does.
FIELDS = st.one_of(
    st.sampled_from(
        [b"", b"0", b"1", b"-1", b"2147483647", b"1.7976931348623157E308", b"Infinity", b"--1", b"1e999", b"STK"]
    ),
    st.integers(-(2**70), 2**70).map(lambda n: b"%d" % n),
    st.binary(max_size=8),
)
FRAMES = st.binary(max_size=60).map(lambda body: struct.pack(">I", len(body)) + body)
TEXT_BODY = st.lists(FIELDS, max_size=40).map(lambda fields: b"".join(field + b"\0" for field in fields))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("direction", ["incoming", "outgoing"])
@QUIET
@given(msg_id=st.integers(0, 320), body=st.one_of(st.binary(max_size=200), TEXT_BODY))
def test_a_payload_of_noise_is_a_message_or_a_decode_error(version, direction, msg_id, body):
    head = b"%d\0" % msg_id if version <= 200 else msg_id.to_bytes(4, "big")
    try:
        wire.decode(head + body, version, direction=direction)
    except DecodeError as error:
        assert 0 <= error.offset <= len(head + body)


@pytest.mark.parametrize("version", VERSIONS)
@QUIET
@given(data=st.data())
def test_a_spoiled_message_is_a_message_or_a_decode_error(version, data):
    form = data.draw(st.sampled_from([form for form in FORMS if form.layout is not None or version >= 201]))
    try:
        payload = bytearray(wire.encode(data.draw(messages(form)), version))
    except ValueError:
        return
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(payload) - 1))
        payload[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=3))
        if not payload:
            return
    try:
        wire.decode(bytes(payload), version, direction=form.direction)
    except DecodeError as error:
        assert 0 <= error.offset <= len(payload)


@pytest.mark.parametrize("version", VERSIONS)
@QUIET
@given(noise=st.lists(st.one_of(st.binary(max_size=64), FRAMES), max_size=12), size=st.integers(1, 40))
def test_a_stream_of_noise_is_refused_politely(version, noise, size):
    reader = Reader(version).feed(b"".join(noise), size)
    assert reader.listener.lost is None or isinstance(reader.listener.lost, FramingError)


def test_counts_cannot_make_the_reader_allocate():
    claim = b"17\x001\x00a\x00b\x00999999999\x00"
    with pytest.raises(DecodeError, match="a count of 999999999 in 10 bytes"):
        wire.decode(claim, 176)


def test_ten_seconds_of_the_long_fuzzing(record_property):
    report = fuzz_long.plain(10, seed=1)
    record_property("long fuzzing", f"{report.executions} executions, {report.outcomes} outcomes")
    assert report.executions > len(fuzz_long.VERSIONS)
