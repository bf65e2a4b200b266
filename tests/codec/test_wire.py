"""`ibfast.wire`: what a message looks like in bytes, and what is refused before any."""

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ibfast import wire
from ibfast.errors import DecodeError, VersionError
from ibfast.schema import (
    CancelContractData,
    CommissionAndFeesReport,
    ContractData,
    ContractDetails,
    CurrentTimeInMillisRequest,
    ErrorMessage,
    FARequest,
    HistoricalData,
    HistoricalDataBar,
    HistoricalDataRequest,
    OpenOrder,
    OrderStatus,
    PlaceOrderRequest,
    StartApiRequest,
    TickGeneric,
    TickPrice,
    TickSize,
)
from ibfast.schema.contract import Contract
from ibfast.schema.order import Order, OrderCondition


def text(*fields):
    return b"".join(str(field).encode() + b"\0" for field in fields)


def test_a_request_is_text_then_text_behind_a_binary_id_then_protobuf():
    request = StartApiRequest(client_id=7)
    assert wire.encode(request, 200) == text(71, 2, 7, "")
    assert wire.encode(request, 201) == b"\0\0\0\x47" + text(2, 7, "")
    assert wire.encode(request, 213) == (200 + 71).to_bytes(4, "big") + b"\x08\x07"


def test_fields_come_and_go_with_the_server_version():
    error = ErrorMessage(id=-1, error_code=2104, error_msg="ok", error_time=5)
    assert wire.encode(error, 157) == text(4, 2, -1, 2104, "ok")
    assert wire.encode(error, 166) == text(4, 2, -1, 2104, "ok", "")
    assert wire.encode(error, 194) == text(4, -1, 2104, "ok", "", 5)


def test_either_form_of_an_answer_is_read_from_201_on():
    tick = TickPrice(req_id=1, tick_type=2, price=3.5, size=Decimal(4), attr_mask=0)
    as_text = b"\0\0\0\x01" + text(6, 1, 2, "3.5", 4, 0)
    assert wire.decode(as_text, 205) == wire.decode(as_text, 226) == tick
    assert wire.decode(wire.encode(tick, 226), 201) == tick


@pytest.mark.parametrize("spelling", ["1.7976931348623157E308", "1.7976931348623157e+308"])
def test_the_largest_double_reads_as_unset(spelling):
    report = wire.decode(text(59, 1, "0001", "2.5", "USD", spelling, spelling, ""), 176)
    assert report == CommissionAndFeesReport(exec_id="0001", commission_and_fees=2.5, currency="USD")


@pytest.mark.parametrize(
    "spelling",
    ["", "2147483647", "9223372036854775807", "-9223372036854775808", "1.7976931348623157E308",
     "170141183460469231731687303715884105727"],
)  # fmt: skip
def test_the_spellings_of_an_unset_decimal(spelling):
    assert wire.decode(text(2, 6, 1, 0, spelling), 176) == TickSize(req_id=1, tick_type=0)
    protobuf = (202).to_bytes(4, "big") + b"\x08\x01\x10\x00\x1a" + bytes([len(spelling)]) + spelling.encode()
    assert wire.decode(protobuf, 226) == TickSize(req_id=1, tick_type=0)


def test_decimals_are_exact():
    exact = Decimal("12345678901234567890.123456789")
    for version in (176, 226):
        assert wire.decode(wire.encode(TickSize(req_id=1, tick_type=0, size=exact), version), version).size == exact
    assert wire.decode(wire.encode(TickSize(req_id=1, tick_type=0, size=0.1), 226), 226).size == Decimal("0.1")


@pytest.mark.parametrize("number", ["0.2757165688996371", "5e-324", "1e22", "123456789012345678", "0.1", "-2.5E-7"])
def test_floats_are_read_to_the_nearest_double(number):
    assert wire.decode(text(45, 6, 1, 24, number), 176).value == float(number)


@pytest.mark.parametrize("number", ["--1", "1e999", "1.2.3", "0x10", "1e", "nan", "inf", "1_000", "١"])
def test_what_is_no_number_is_refused_with_its_place(number):
    with pytest.raises(DecodeError) as caught:
        wire.decode(text(45, 6, 1, 24, number), 176)
    assert (caught.value.message, caught.value.field, caught.value.offset) == ("TickGeneric", "value", 10)


def test_an_error_says_message_field_offset_and_bytes():
    with pytest.raises(DecodeError, match=r"TickPrice\.price at byte 11: not a number, near b'1.*4x\.5"):
        wire.decode(text(1, 6, 9001, 1, "4x.5", 300, 0), 176)


@pytest.mark.parametrize("size", ["1e999999999", "-1e999999999", "9e401"])
def test_a_decimal_that_would_fill_the_memory_is_refused(size):
    with pytest.raises(DecodeError, match=r"TickSize\.size at byte 8: not a decimal number"):
        wire.decode(text(2, 6, 1, 0, size), 176)


@pytest.mark.parametrize("size", ["0.E3106", "0e-3106", "-0E999999999", "1e-999999999", "-3e-401", "0" * 500])
def test_a_decimal_is_zero_where_a_double_is(size):
    assert wire.decode(text(2, 6, 1, 0, size), 176) == TickSize(req_id=1, tick_type=0, size=Decimal(0))


@pytest.mark.parametrize("size", ["1e999999999", "1e-999999999", "9e401"])
def test_a_decimal_that_would_fill_the_memory_is_not_sent(size):
    for version in (176, 226):
        with pytest.raises(ValueError, match="size: more than 400 digits"):
            wire.encode(TickSize(req_id=1, tick_type=0, size=Decimal(size)), version)


def test_infinity_is_a_value():
    assert wire.decode(text(45, 6, 1, 24, "Infinity"), 176) == TickGeneric(req_id=1, tick_type=24, value=float("inf"))


def test_extra_fields_at_the_end_are_passed_over():
    assert wire.decode(text(3, *range(30)), 176).order_id == 0
    assert wire.decode(text(3, 1, "Filled", 1, 0, 2, 3, 0, 2, 1, "", 0, "new", "fields"), 176).status == "Filled"


def test_a_message_that_ends_too_early_says_so():
    with pytest.raises(DecodeError, match=r"OrderStatus\.avg_fill_price at byte 15: the message ends here"):
        wire.decode(text(3, 1, "Filled", 1, 0), 176)


def test_unknown_protobuf_fields_are_skipped_whatever_they_hold():
    known = wire.encode(OrderStatus(order_id=1, status="Filled"), 226)
    unknown = (
        b"\xf8\x07\x05\xf9\x07" + b"x" * 8 + b"\xfa\x07\x02hi" + b"\xfd\x07" + b"x" * 4 + b"\xfb\x07\x08\x01\xfc\x07"
    )
    assert wire.decode(known + unknown, 226) == OrderStatus(order_id=1, status="Filled")


def test_packed_and_unpacked_numbers_read_alike():
    head = (7).to_bytes(4, "big")
    packed = (207).to_bytes(4, "big") + b"\x12\x05\x4a\x03\x01\xac\x02"
    single = (207).to_bytes(4, "big") + b"\x12\x05\x48\x01\x48\xac\x02"
    both = [wire.decode(p, 226, direction="outgoing").execution_filter.specific_dates for p in (packed, single)]
    assert both == [[1, 300], [1, 300]]
    assert head


def test_escapes_are_undone_and_broken_text_costs_nothing():
    escaped = wire.decode(text(4, 2, -1, 2104, r"Caf\u00e9 \ud83d\ude00 C:\temp", ""), 176)
    assert escaped.error_msg == "Café 😀 C:\\temp"
    assert b"Caf\\u00e9 \\ud83d\\ude00" in wire.encode(escaped, 176)
    broken = wire.decode(b"4\x002\x00-1\x002104\x00Caf\xe9\x00\x00", 176)
    assert broken.error_msg == "Caf\\xe9"


def test_bonds_go_out_under_their_own_id():
    bond = ContractData(
        req_id=1, contract=Contract(sec_type="BOND"), contract_details=ContractDetails(cusip="037833AL4")
    )
    assert wire.encode(bond, 176).startswith(b"18\0")
    assert wire.decode(wire.encode(bond, 176), 176).contract_details.cusip == "037833AL4"
    assert wire.encode(bond.replace(contract=Contract(sec_type="STK")), 176).startswith(b"10\0")


def test_the_range_of_bars_came_with_them_before_196():
    bars = HistoricalData(
        req_id=1, start_date_str="a", end_date_str="b", historical_data_bars=[HistoricalDataBar(date="d")]
    )
    assert wire.decode(wire.encode(bars, 195), 195).start_date_str == "a"
    assert wire.decode(wire.encode(bars, 196), 196).start_date_str is None


def test_a_request_that_says_nothing_carries_the_defaults():
    order = Order(action="BUY", order_type="MKT", total_quantity=1)
    sent = PlaceOrderRequest(order_id=1, contract=Contract(symbol="A"), order=order)
    for version in (176, 226):
        seen = wire.decode(wire.encode(sent, version), version, direction="outgoing").order
        assert (seen.transmit, seen.exempt_code) == (True, -1)


def place(**fields):
    return PlaceOrderRequest(order_id=1, contract=Contract(symbol="A"), order=Order(**fields))


@pytest.mark.parametrize(
    ("request_", "version", "named", "needs"),
    [
        (CurrentTimeInMillisRequest(), 196, "CurrentTimeInMillisRequest", 197),
        (CancelContractData(req_id=1), 214, "CancelContractData", 215),
        (place(duration=10), 157, "order.duration", 158),
        (place(imbalance_only=True), 198, "order.imbalance_only", 199),
        (place(post_only=True), 215, "order.post_only", 216),
        (HistoricalDataRequest(req_id=1, what_to_show="SCHEDULE"), 164, "what_to_show 'SCHEDULE'", 165),
    ],
)
def test_what_the_server_is_too_old_for_is_refused_by_name(request_, version, named, needs):
    with pytest.raises(VersionError) as caught:
        wire.encode(request_, version)
    assert named in str(caught.value)
    assert (caught.value.needs, caught.value.has) == (needs, version)
    wire.encode(request_, needs)


def test_what_a_server_no_longer_takes_is_refused_too():
    wire.encode(FARequest(fa_data_type=2), 176)
    with pytest.raises(VersionError, match="below 177"):
        wire.encode(FARequest(fa_data_type=2), 177)


@pytest.mark.parametrize("version", [176, 226])
@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"total_quantity": "ten"}, "total_quantity"),
        ({"lmt_price": "cheap"}, "lmt_price"),
        ({"parent_id": 2**40}, "parent_id.*32 bits"),
        ({"parent_id": 1.5}, "parent_id.*not an integer"),
        ({"order_ref": 5}, "order_ref.*not a text"),
        ({"conditions": ["x"]}, "conditions"),
        ({"algo_strategy": "Vwap", "algo_params": "x"}, "algo_params"),
    ],
)
def test_what_a_field_cannot_hold_is_refused_by_name(version, fields, reason):
    with pytest.raises(ValueError, match=reason):
        wire.encode(place(**fields), version)


@pytest.mark.parametrize("bad", ["A\0B", "Ä"])
def test_text_requests_are_printable_ascii(bad):
    with pytest.raises(ValueError, match="symbol"):
        wire.encode(HistoricalDataRequest(req_id=1, contract=Contract(symbol=bad)), 176)


def test_conditions_keep_their_links_on_both_wires():
    conditions = [
        OrderCondition(
            type=1,
            is_conjunction_connection=True,
            is_more=True,
            price=1.5,
            con_id=1,
            exchange="SMART",
            trigger_method=0,
        ),
        OrderCondition(type=5, is_conjunction_connection=False, sec_type="STK", exchange="SMART", symbol="A"),
    ]
    for version in (176, 226):
        seen = wire.decode(wire.encode(place(conditions=conditions), version), version, direction="outgoing")
        assert seen.order.conditions == conditions


@pytest.mark.parametrize("version", [156, 227])
def test_versions_that_ibfast_does_not_speak_are_refused(version):
    with pytest.raises(ValueError, match="157 to 226"):
        wire.encode(OpenOrder(), version)


def test_parts_are_no_messages():
    with pytest.raises(TypeError, match="Contract is a part"):
        wire.encode(Contract(), 176)


def test_an_unknown_id_is_a_decode_error():
    with pytest.raises(DecodeError, match="unknown message id 177"):
        wire.decode(text(177), 176)


@pytest.mark.parametrize(
    ("payload", "version", "req_id"),
    [
        (text(99, 5, "x"), 176, 5),
        (text(1, 6, 5, "x"), 176, 5),
        (b"17\0--1\0", 200, None),
        (b"nonsense", 200, None),
        ((217).to_bytes(4, "big") + b"\x08\x80\x94\xeb\xdc\x03\x12\xff", 226, 1_000_000_000),
        ((217).to_bytes(4, "big") + b"\x12\xff", 226, None),
    ],
)
def test_the_request_of_an_unreadable_message_is_found_where_it_can_be(payload, version, req_id):
    assert wire.number_in(payload, version, "req_id") == req_id


def placed(**fields):
    """The fields of an order as text, one by one."""
    return wire.encode(PlaceOrderRequest(order_id=1, order=Order(**fields)), 176).split(b"\0")


@given(st.floats(allow_nan=False, allow_infinity=False) | st.decimals(-(10**9), 10**9, places=4).map(float))
@example(0.0001)
@example(9.999999999999999e-05)
@example(123456789012345.0)
@example(999999999999999.0)
@example(5e-324)
@example(0.1 + 0.2)
@example(1e22)
def test_floats_are_written_as_python_spells_them(number):
    if number == 1.7976931348623157e308:
        return  # stands for unset
    assert repr(number).encode() in placed(lmt_price=number)


@given(st.decimals(allow_nan=False, allow_infinity=False).filter(lambda item: -400 <= item.adjusted() <= 400))
@example(Decimal("1E+2"))
@example(Decimal("-0"))
@example(Decimal("1E-9"))
def test_decimals_are_written_out(number):
    assert format(number, "f").encode() in placed(total_quantity=number)
    request = wire.encode(PlaceOrderRequest(order=Order(total_quantity=number)), 226)
    assert wire.decode(request, 226, direction="outgoing").order.total_quantity == number


@given(st.integers(-(2**31), 2**31 - 1))
def test_integers_are_written_in_digits(number):
    assert str(number).encode() in placed(parent_id=number)


@pytest.mark.parametrize("version", [176, 226])
@pytest.mark.parametrize("wrong", [Contract.stock("AAPL"), OrderCondition(), "an order"])
def test_a_nested_message_is_of_its_class(version, wrong):
    with pytest.raises(ValueError, match="order: not of class Order"):
        wire.encode(PlaceOrderRequest(order_id=1, order=wrong), version)
