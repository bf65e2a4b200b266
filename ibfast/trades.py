"""The orders of a session: which of them a message is about."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from ibfast.contract import Contract
from ibfast.order import Order
from ibfast.schema import (
    CommissionAndFeesReport,
    CompletedOrder,
    Execution,
    ExecutionDetails,
    OpenOrder,
    OrderStatus,
)
from ibfast.trade import Listener, Trade, TradeEvent

COMMISSIONS_KEPT = 10_000
"""Commissions that wait for their execution; the oldest go first, they are of orders this session never heard of."""


class Trades:
    """The orders of a session: by order id for those of this client, by permanent id for all others."""

    def __init__(self, client_id: int) -> None:
        self.client_id = client_id
        self.listeners: list[Listener] = []
        self.replaying = False  # from the loss of a connection until the orders have been compared with TWS's
        self._by_order_id: dict[int, Trade] = {}
        self._by_perm_id: dict[int, Trade] = {}
        self._by_exec_id: dict[str, Trade] = {}
        self._by_ref: dict[str, Trade | None] = {}  # None: several orders have it
        self._commissions: OrderedDict[str, CommissionAndFeesReport] = OrderedDict()
        self._collections: list[dict[str, CommissionAndFeesReport]] = []

    def __iter__(self) -> Iterator[Trade]:
        return iter({id(trade): trade for trade in (*self._by_order_id.values(), *self._by_perm_id.values())}.values())

    def __getitem__(self, order_id: int) -> Trade:
        return self._by_order_id[order_id]

    def __contains__(self, order_id: int) -> bool:
        return order_id in self._by_order_id

    def add(self, trade: Trade) -> Trade:
        """Follow an order that is about to be sent."""
        trade._book = self
        self._by_order_id[trade.order_id] = trade
        if trade.perm_id:
            self._by_perm_id[trade.perm_id] = trade
        if ref := trade.order.order_ref:
            self._by_ref[ref] = None if ref in self._by_ref else trade
        return trade

    def on_open_order(self, message: OpenOrder) -> None:
        """An order of ours, or one of another session or client that is met here for the first time."""
        order = message.order if message.order is not None else Order()
        trade = self.of(message)
        if trade is None:
            contract = message.contract if message.contract is not None else Contract()
            trade = Trade(contract, order, message.order_id or 0, order.client_id or 0, order.perm_id or 0)
            trade._book = self
            if self._is_ours(message.order_id, order.client_id):
                self._by_order_id[trade.order_id] = trade
        if order.perm_id:
            self._by_perm_id[order.perm_id] = trade
        trade.on_open_order(message)

    def on_status(self, message: OrderStatus) -> bool:
        """How far an order is; False when it is none of those followed here."""
        trade = self._find(message.order_id, message.client_id, message.perm_id)
        if trade is None:
            return False
        if message.perm_id:
            self._by_perm_id[message.perm_id] = trade
        trade.on_status(message)
        return True

    def on_execution(self, message: ExecutionDetails) -> bool:
        """A fill; False when its order is none of those followed here."""
        execution = message.execution if message.execution is not None else Execution()
        trade = self._find(execution.order_id, execution.client_id, execution.perm_id)
        if trade is None or not execution.exec_id:
            return False
        self._by_exec_id[execution.exec_id] = trade
        if execution.perm_id:  # after a lost connection it may be the first to say so
            self._by_perm_id[execution.perm_id] = trade
            trade.perm_id = execution.perm_id
        trade.on_execution(message, self._commissions.pop(execution.exec_id, None))
        return True

    def on_completed(self, message: CompletedOrder) -> None:
        """An order of ours that has ended."""
        order = message.order if message.order is not None else Order()
        trade = self._by_perm_id.get(order.perm_id or 0)
        if trade is None and (named := self._by_ref.get(order.order_ref or "")) is not None and not named.perm_id:
            trade = named  # it ended before TWS could say under what permanent id
            trade.perm_id = order.perm_id or 0
        if trade is not None:
            trade.on_completed(message)

    def of(self, message: OpenOrder) -> Trade | None:
        """The order that a report is about."""
        order = message.order if message.order is not None else Order()
        return self._find(message.order_id, order.client_id, order.perm_id)

    def tell(self, event: TradeEvent) -> None:
        """Something happened to one of them."""
        for listener in tuple(self.listeners):
            listener(event)

    @contextmanager
    def collect_commissions(self, reports: dict[str, CommissionAndFeesReport]) -> Iterator[None]:
        """Every report that comes meanwhile, by the id of its execution, whosesoever it is."""
        self._collections.append(reports)
        try:
            yield
        finally:
            self._collections = [it for it in self._collections if it is not reports]

    def commission_of(self, exec_id: str) -> CommissionAndFeesReport | None:
        """What a fill cost, if TWS has said."""
        trade = self._by_exec_id.get(exec_id)
        fills = trade.fills if trade is not None else []
        known = (fill.commission for fill in fills if fill.execution.exec_id == exec_id)
        return next(known, self._commissions.get(exec_id))

    def on_commission(self, message: CommissionAndFeesReport) -> None:
        """Commissions name the execution only, and may come before it."""
        exec_id = message.exec_id or ""
        for reports in self._collections:
            reports[exec_id] = message
        trade = self._by_exec_id.get(exec_id)
        if trade is not None:
            trade.on_commission(message)
            return
        self._commissions[exec_id] = message
        if len(self._commissions) > COMMISSIONS_KEPT:
            self._commissions.popitem(last=False)

    def _find(self, order_id: int | None, client_id: int | None, perm_id: int | None) -> Trade | None:
        mine = self._by_order_id.get(order_id or 0) if self._is_ours(order_id, client_id) else None
        if mine is not None and (not mine.perm_id or not perm_id or mine.perm_id == perm_id):
            return mine  # the same permanent id, or one of them does not know it yet
        return self._by_perm_id.get(perm_id) if perm_id else None

    def _is_ours(self, order_id: int | None, client_id: int | None) -> bool:
        return bool(order_id) and (order_id or 0) > 0 and (client_id is None or client_id == self.client_id)
