"""What a message is to Python: compared, collected, its values made once."""

import gc
from decimal import Decimal

import pytest

from ibfast import wire
from ibfast.schema import Contract, ContractData, OpenOrder, Order, OrderStatus


def test_the_garbage_collector_has_nothing_to_do_with_messages():
    payload = wire.encode(OpenOrder(order_id=1, contract=Contract(symbol="AAPL"), order=Order(action="BUY")), 222)
    kept = [wire.decode(payload, 222), Order(action="BUY"), Order(action="BUY").replace(action="SELL")]
    tracked = len(gc.get_objects())
    for _ in range(100):
        kept.append(wire.decode(payload, 222))
        kept.append(Order(action="BUY").replace(action="SELL"))
    assert len(gc.get_objects()) - tracked < 10


def test_an_empty_list_is_an_unset_one_when_messages_are_compared():
    assert OpenOrder(order=Order(conditions=[])) == OpenOrder(order=Order())
    assert OpenOrder(order=Order(order_type="LMT")) != OpenOrder(order=Order())
    assert OpenOrder(order=Order()) != OpenOrder(order=Order(order_type="LMT"))
    assert Order(lmt_price=1.0) != Order(lmt_price=2.0)
    assert Order(lmt_price=1) == Order(lmt_price=1.0)
    assert Order() != Contract()


def test_short_texts_that_differ_in_what_cannot_be_seen_stay_apart():
    for name in ("AB", "AB\0", "AB\0\0", "", "A", "ABCDEFGH", "ABCDEFGHI", "\0", "é", "\u20ac"):
        for _ in range(2):
            message = ContractData(contract=Contract(symbol=name or None))
            read = wire.decode(wire.encode(message, 222), 222)
            assert (read.contract.symbol if read.contract else None) == (name or None)


def test_decimals_are_exact_however_often_they_come():
    for text in ("1", "1.0", "1.00", "-0", "0", "100", "0.1", "1E+2"):
        for _ in range(2):
            read = wire.decode(wire.encode(OrderStatus(filled=Decimal(text)), 222), 222)
            assert str(read.filled) == format(Decimal(text), "f")


def test_fields_in_which_messages_differ_are_named():
    order = Order(action="BUY", lmt_price=1.0, conditions=[], hidden=False)
    assert order.differences(Order(action="BUY", lmt_price=1.0, aux_price=0.0, account="")) == []
    assert order.differences(Order(action="SELL", lmt_price=2.0, total_quantity=Decimal(1))) == [
        "action", "total_quantity", "lmt_price",
    ]  # fmt: skip
    with pytest.raises(TypeError, match="Contract is not a Order"):
        order.differences(Contract())
