"""What a resting order costs the simulator does not depend on how many rest, and resting cheaply changes no fill."""

from decimal import Decimal

import pytest
from support.calling import WEDNESDAY

from ibfast.schema import Contract, Order
from ibfast.simulator.market.market import Market
from ibfast.simulator.market.quotes import QuoteModel
from ibfast.simulator.orders import matching_engine as orders
from ibfast.simulator.orders.account import Account
from ibfast.simulator.orders.matching_engine import Engine

AAPL = Contract(symbol="AAPL", sec_type="STK", exchange="SMART", currency="USD")
STEP_NS = 20_000_000


class Desk:
    """An engine, its clock, and all that it said."""

    def __init__(self):
        self.now_ns = WEDNESDAY
        self.heard = []
        self.market = Market(0, lambda: self.now_ns)
        account = Account(self.market.mid, "DU1234567", lambda instrument: (0, 0.0), lambda instrument: 1.0)
        self.engine = Engine(self.market, account, lambda client, message: self.heard.append((client, message)))
        instrument = self.market.universe.by_con_id(265598)
        self.bid = instrument.price(int(self.market.quote(instrument).bid[0]))

    def place(self, order_id, action, price, **fields):
        order = Order(action=action, total_quantity=Decimal(1), order_type="LMT", lmt_price=price, tif="DAY", **fields)
        self.engine.place(1, order_id, AAPL, order)

    def step(self, steps=1):
        for _ in range(steps):
            self.now_ns += STEP_NS
            self.engine.step(self.now_ns)


@pytest.mark.parametrize("count", [10, 500])
def test_the_quotes_of_an_instrument_are_walked_once_a_step(count, monkeypatch):
    desk = Desk()
    for place in range(count):
        desk.place(place + 1, "BUY", round(desk.bid * (0.5 + 0.0001 * place), 2))
    desk.step(2)
    walks = []
    monkeypatch.setattr(QuoteModel, "quotes", _counting(QuoteModel.quotes, walks))
    desk.step(20)
    assert len(desk.engine.live()) == count
    assert len(walks) == 20


def _counting(function, calls):
    def counted(*arguments):
        calls.append(1)
        return function(*arguments)

    return counted


def test_an_order_that_rests_cheaply_trades_as_one_that_is_matched_at_every_step(monkeypatch):
    def told():
        desk = Desk()
        for place in range(40):
            away = (place % 20 - 4) * 0.01
            action, sign = ("BUY", -1) if place < 20 else ("SELL", 1)
            desk.place(place + 1, action, round(desk.bid + sign * away, 2), all_or_none=place % 3 == 0)
        desk.step(500)
        for place in range(0, 40, 7):
            if desk.engine.orders[1, place + 1].alive:
                desk.place(place + 1, "BUY" if place < 20 else "SELL", round(desk.bid, 2))
        desk.step(500)
        return desk.heard

    cheap = told()
    assert any(message.status == "Filled" for _, message in cheap if hasattr(message, "status"))
    monkeypatch.setattr(orders, "rests_on", lambda working, now_ns: False)
    assert told() == cheap


def test_ids_and_children_are_found_without_looking_at_all_orders():
    desk = Desk()
    for place in range(50):
        desk.place(3 * place + 1, "BUY", 1.0, transmit=False)
        desk.place(3 * place + 2, "SELL", 1000.0, parent_id=3 * place + 1)
    assert desk.engine.next_order_id(1) == 150
    assert desk.engine.next_order_id(2) == 1
    desk.engine.cancel(1, 1)
    assert not desk.engine.orders[1, 2].alive
    assert desk.engine.orders[1, 5].alive
