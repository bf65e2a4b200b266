"""Orders in a sentence, and what is wrong with the incomplete ones; nothing is sent."""

import asyncio
from decimal import Decimal

import pytest

from ibfast import Action, Contract, Order, OrderBuilder
from ibfast.trade import Trade

AAPL = Contract.stock("AAPL")


def builder():
    """An order about to be described, and the list of those that were placed."""
    placed = []

    def place(contract, order):
        placed.append(order)
        return Trade(contract, order, len(placed), 1)

    return OrderBuilder(AAPL, Order(), place), placed


@pytest.mark.parametrize(
    ("build", "named"),
    [
        (lambda order: order.submit(), "action"),
        (lambda order: order.buy(1).submit(), "order_type"),
        (lambda order: order.buy(1).set(order_type="LMT").submit(), "lmt_price"),
        (lambda order: order.buy(1).limit(float("nan")).submit(), "lmt_price"),
        (lambda order: order.buy(1).stop(float("inf")).submit(), "aux_price"),
        (lambda order: order.buy(1).set(order_type="STP LMT", lmt_price=1.0).submit(), "aux_price"),
        (lambda order: order.buy(0), "quantity"),
        (lambda order: order.buy(-1), "quantity"),
        (lambda order: order.buy("many"), "quantity"),
        (lambda order: order.sell(float("inf")), "quantity"),
        (lambda order: order.sell(float("nan")), "quantity"),
        (lambda order: order.sell(1).trailing_stop(), "amount"),
        (lambda order: order.buy(1).bracket(entry=10, take_profit=9, stop_loss=8).submit(), "take_profit"),
        (lambda order: order.buy(1).bracket(entry=float("nan"), take_profit=11, stop_loss=8).submit(), "lmt_price"),
    ],
)
def test_incomplete_orders_are_refused_by_name(build, named):
    order, placed = builder()
    with pytest.raises(ValueError, match=named):
        asyncio.run(build(order))
    assert placed == []


def test_a_sentence_is_an_order():
    order, placed = builder()
    asyncio.run(order.buy("0.5").limit(150).good_till_cancel().outside_rth().submit())
    assert placed == [
        Order(
            action="BUY", total_quantity=Decimal("0.5"), order_type="LMT", lmt_price=150, tif="GTC", outside_rth=True
        )
    ]  # fmt: skip


def test_the_children_of_a_bracket_are_held_back_until_the_last():
    order, placed = builder()
    trades = asyncio.run(order.sell(10).bracket(entry=150, take_profit=140, stop_loss=160).submit())
    assert [(it.action, it.order_type, it.transmit) for it in placed] == [
        ("SELL", "LMT", False),
        ("BUY", "LMT", False),
        ("BUY", "STP", None),  # which a request carries as True
    ]
    assert [it.parent_id for it in placed] == [None, trades[0].order_id, trades[0].order_id]


def test_the_plainest_orders_have_a_name():
    assert Order.market("BUY", 100) == Order(action="BUY", total_quantity=Decimal(100), order_type="MKT")
    limit = Order.limit(Action.SELL, "0.1", 150.5)
    assert (limit.action, limit.total_quantity, limit.order_type, limit.lmt_price) == (
        "SELL",
        Decimal("0.1"),
        "LMT",
        150.5,
    )
    stop = Order.stop("SELL", 1, 140.0)
    assert (stop.order_type, stop.aux_price, stop.lmt_price) == ("STP", 140.0, None)
    with pytest.raises(ValueError, match="quantity"):
        Order.market("BUY", 0)
