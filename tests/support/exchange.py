"""The matching engine of the simulator without a gateway around it."""

from decimal import Decimal

from ibfast.schema import (
    CommissionAndFeesReport,
    Contract,
    ErrorMessage,
    ExecutionDetails,
    OpenOrder,
    Order,
    OrderStatus,
)
from ibfast.simulator.market.market import Market
from ibfast.simulator.orders.account import Account
from ibfast.simulator.orders.matching_engine import Engine

SECOND = 1_000_000_000


NOON = 1_787_760_007  # 26 August 2026, 12:00:07 in New York


AAPL = Contract(symbol="AAPL", sec_type="STK", exchange="SMART", currency="USD")


STEP = SECOND // 20


class Desk:
    """An engine, its clock, and what it told each client."""

    def __init__(self, seed=0):
        self.now_ns = NOON * SECOND
        self.market = Market(seed, lambda: self.now_ns)
        self.aapl = self.market.universe.by_con_id(265598)
        self.account = Account(lambda item: item.price(int(self.market.quote(item).bid[0])))
        self.told = []
        self.engine = Engine(self.market, self.account, lambda *told: self.told.append(told))

    @property
    def bid(self):
        return self.aapl.price(int(self.market.quote(self.aapl).bid[0]))

    @property
    def ask(self):
        return self.aapl.price(int(self.market.quote(self.aapl).ask[0]))

    def place(self, order_id, *, client_id=1, contract=AAPL, quantity=100, action="BUY", order_type="LMT", **fields):
        order = Order(action=action, order_type=order_type, total_quantity=Decimal(quantity), **fields)
        self.engine.place(client_id, order_id, contract, order)

    def step(self, steps=1):
        for _ in range(steps):
            self.now_ns += STEP
            self.engine.step(self.now_ns)

    def run(self, until, most=40_000):
        for _ in range(most):
            if until():
                return
            self.step()
        raise AssertionError("it did not happen")

    def status(self, order_id, client_id=1):
        return self.engine.orders[client_id, order_id].status

    def heard(self, client_id=1):
        """What the client was told since it was last asked, in short."""
        told, self.told = self.told, [item for item in self.told if item[0] != client_id]
        return [short(message) for client, message in told if client == client_id]


def short(message):
    match message:
        case OpenOrder():
            return f"openOrder {message.order_id} {message.order_state.status}"
        case OrderStatus():
            return f"orderStatus {message.order_id} {message.status} {message.why_held}".rstrip()
        case ErrorMessage():
            return f"error {message.id} {message.error_code}"
        case ExecutionDetails():
            return f"execDetails {message.execution.order_id} {message.execution.side} {message.execution.shares}"
        case CommissionAndFeesReport():
            return "commissionReport"
    raise AssertionError(message)
