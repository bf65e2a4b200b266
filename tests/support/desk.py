"""The orders of a session, told what gateways say by hand."""

from decimal import Decimal

from ibfast import Contract, Order, TradeEventKind
from ibfast.orders.trade import Trade
from ibfast.orders.trade_registry import TradeRegistry
from ibfast.schema import (
    CommissionAndFeesReport,
    ErrorMessage,
    Execution,
    ExecutionDetails,
    OpenOrder,
    OrderState,
    OrderStatus,
)

US, THEM = 1, 2
AAPL = Contract.stock("AAPL")
ORDER, STATUS, FILL, COMMISSION, WARNING, REJECTION = (
    TradeEventKind.ORDER, TradeEventKind.STATUS, TradeEventKind.FILL, TradeEventKind.COMMISSION,
    TradeEventKind.WARNING, TradeEventKind.REJECTION,
)  # fmt: skip
ACKNOWLEDGED, UNACKNOWLEDGED, LOST = TradeEventKind.ACKNOWLEDGED, TradeEventKind.UNACKNOWLEDGED, TradeEventKind.LOST


class Desk:
    """The orders of a session, and one order of ours that was just sent."""

    def __init__(self, contract=AAPL, order=None):
        self.trades = TradeRegistry(US)
        order = order or Order(action="BUY", order_type="MKT", total_quantity=Decimal(100))
        self.trade = self.trades.add(Trade(contract, order, 7, US))

    def open_order(self, status, *, order_id=7, client_id=US, perm_id=70, **state):
        order = Order(client_id=client_id, perm_id=perm_id, total_quantity=Decimal(100), action="BUY")
        told = OpenOrder(
            order_id=order_id, contract=AAPL, order=order, order_state=OrderState(status=status, **state)
        )  # fmt: skip
        self.trades.on_open_order(told)

    def status(self, status, *, filled=0, order_id=7, client_id=US, perm_id=70, **more):
        told = OrderStatus(
            order_id=order_id, status=status, filled=Decimal(filled), remaining=Decimal(100 - filled),
            client_id=client_id, perm_id=perm_id, **more,
        )  # fmt: skip
        self.trades.on_status(told)

    def execution(
        self, exec_id="0000e0d5.1.01", *, shares=100, price=150.0, order_id=7, client_id=US, perm_id=70, contract=AAPL,
        **more,
    ):  # fmt: skip
        execution = Execution(
            order_id=order_id, exec_id=exec_id, shares=Decimal(shares), price=price, client_id=client_id,
            perm_id=perm_id, **more,
        )  # fmt: skip
        self.trades.on_execution(ExecutionDetails(req_id=-1, contract=contract, execution=execution))

    def commission(self, exec_id="0000e0d5.1.01", fees=1.0):
        self.trades.on_commission(CommissionAndFeesReport(exec_id=exec_id, commission_and_fees=fees, currency="USD"))

    def error(self, code, text="text"):
        self.trade.on_error(ErrorMessage(id=7, error_code=code, error_msg=text))

    def working(self):
        self.open_order("Submitted")
        self.status("Submitted")

    @property
    def kinds(self):
        """Of every event but the first word of TWS."""
        return [event.kind for event in self.trade.log if event.kind is not ACKNOWLEDGED]
