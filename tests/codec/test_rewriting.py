"""The helper that spells protobuf bodies otherwise takes any bytes: what it draws from is spoiled on purpose."""

from hypothesis import example, given
from hypothesis import strategies as st
from support.rewriting import rewritten, split


@given(st.binary(max_size=24))
@example(b"2")  # a key that says bytes follow, and nothing does
@example(b"\xff")
@example(b"1 half")
@example(b"2\x05four")
def test_any_bytes_are_fields_or_no_message(body):
    fields = split(body)
    assert fields is None or all(value is not None for _, _, value in fields)


@given(st.binary(max_size=24), st.data())
def test_any_bytes_can_be_rewritten(body, data):
    assert isinstance(rewritten(body, data.draw), bytes)
