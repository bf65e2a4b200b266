"""The orders of a session: which of them a message is about."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ibfast.errors import OrderNotOwned, RequestError
from ibfast.listeners import notify_all
from ibfast.orders.fills import key_of
from ibfast.orders.trade import Listener, Trade, TradeEvent
from ibfast.schema import (
    CommissionAndFeesReport,
    CompletedOrder,
    Execution,
    ExecutionDetails,
    OpenOrder,
    OrderBound,
    OrderStatus,
)
from ibfast.schema.contract import Contract
from ibfast.schema.order import Order

DUPLICATE_ID = 103

COMMISSIONS_KEPT = 10_000
"""Commissions that wait for their execution; the oldest go first, they are of orders this session never heard of."""

TRADES_KEPT = 10_000
"""Trades that are done and kept all the same; a trade takes about 7 kB with its events."""


class TradeRegistry:
    """The orders of a session: by order id for those of this client, by permanent id for all others.

    Of those that are done the newest ``kept`` stay, all of them if that is None. ``on_doubt`` finds out what became of
    an order that TWS does not know.
    """

    def __init__(self, client_id: int) -> None:
        self.client_id = client_id
        self.gateway = ""  # its address, for messages
        self.listeners: list[Listener] = []
        self.kept: int | None = TRADES_KEPT
        self.on_doubt: Callable[[Trade, RequestError], bool] = lambda trade, error: False
        self.session = 0
        self.replaying = False  # from the loss of a connection until the orders have been compared with TWS's
        self._are_listed = False  # TWS has said since then how its open orders are
        self._is_missed = False  # what is being told happened while the connection was lost
        self._live: set[str] = set()  # executions that came by themselves while the orders were compared
        self._done: dict[Trade, None] = {}  # in the order in which they ended
        self._by_order_id: dict[int, Trade] = {}
        self._by_perm_id: dict[int, Trade] = {}
        self._by_exec_id: dict[str, Trade] = {}  # by `key_of` the id
        self._by_ref: dict[str, Trade | None] = {}  # None: several orders have it
        self._commissions: OrderedDict[str, CommissionAndFeesReport] = OrderedDict()
        self._collections: list[dict[str, CommissionAndFeesReport]] = []

    def __iter__(self) -> Iterator[Trade]:
        return iter({id(trade): trade for trade in (*self._by_order_id.values(), *self._by_perm_id.values())}.values())

    def __getitem__(self, order_id: int) -> Trade:
        return self._by_order_id[order_id]

    def find(self, order_id: int | None = None, *, perm_id: int | None = None) -> Trade | None:
        """The order of this client with an id, or the one that TWS knows by a permanent id."""
        return self._by_perm_id.get(perm_id) if perm_id else self._by_order_id.get(order_id or 0)

    def __contains__(self, order_id: int) -> bool:
        return order_id in self._by_order_id

    def check_owner(self, trade: Trade) -> None:
        """See that this client may change, cancel or attach to an order.

        Raises:
            OrderNotOwned: it belongs to another client or gateway, or was entered in TWS.
        """
        owner = self._other_owner(trade)
        if owner is not None:
            order = f"order {trade.order_id}" if trade.order_id else f"the order with permanent id {trade.perm_id}"
            raise OrderNotOwned(f"{order} belongs to {owner}; this is {self}")

    def _other_owner(self, trade: Trade) -> str | None:
        """Who may act on an order if not this client. TWS goes by client id and number alone."""
        book = trade._book
        if book is None:
            return "no client: this Trade was made by hand, and those that can be acted on are in `trades`"
        if book is not self:
            twin = str(book) == str(self)
            return f"another Client object of {book}: look for it in `trades` here" if twin else str(book)
        if not trade.order_id:
            return "TWS, where it was entered: client 0 may act on it once it is bound, see auto_open_orders()"
        if trade.client_id != self.client_id:
            return f"client {trade.client_id}"
        if self._by_order_id.get(trade.order_id) is not trade:
            return "the past: it was let go, or its number stands for a later order"
        return None

    def __str__(self) -> str:
        return f"client {self.client_id}" + (f" at {self.gateway}" if self.gateway else "")

    def add(self, trade: Trade) -> Trade:
        """Follow an order that is about to be sent."""
        trade._book, trade._session = self, self.session
        self._by_order_id[trade.order_id] = trade
        if trade.perm_id:
            self._by_perm_id[trade.perm_id] = trade
        if ref := trade.order.order_ref:
            self._by_ref[ref] = None if ref in self._by_ref else trade
        return trade

    def renumber(self, trade: Trade, order_id: int) -> None:
        """An order that was never sent gets another id."""
        if self._by_order_id.get(trade.order_id) is trade:
            del self._by_order_id[trade.order_id]
        trade.order_id = order_id
        self._by_order_id[order_id] = trade

    def on_open_order(self, message: OpenOrder) -> None:
        """An order of ours, or one of another session or client that is met here for the first time."""
        order = message.order if message.order is not None else Order()
        trade = self.of(message)
        missed = self.replaying and not self._are_listed
        if trade is None:
            trade = Trade.reported(message)
            trade._book, trade._session = self, self.session - missed
            if self._is_ours(message.order_id, order.client_id):
                trade.client_id = self.client_id
                self._by_order_id[trade.order_id] = trade
        self._number(trade, message.order_id, order.client_id)
        if order.perm_id:
            self._by_perm_id[order.perm_id] = trade
        self._is_missed = missed
        trade.on_open_order(message)
        self._is_missed = False

    def on_open_orders_end(self) -> None:
        """What TWS says of open orders from here on happens now."""
        self._are_listed = True

    def on_bound(self, message: OrderBound) -> None:
        """An order that was entered in TWS has been given to a client, with a number of that client."""
        trade = self._by_perm_id.get(message.perm_id or 0)
        if trade is not None:
            self._number(trade, message.order_id, message.client_id)

    def on_status(self, message: OrderStatus) -> bool:
        """How far an order is; False when it is none of those followed here."""
        trade = self._find(message.order_id, message.client_id, message.perm_id)
        if trade is None:
            return False
        self._number(trade, message.order_id, message.client_id)
        if message.perm_id:
            self._by_perm_id[message.perm_id] = trade
        self._is_missed = self.replaying and not self._are_listed
        trade.on_status(message)
        self._is_missed = False
        return True

    def on_execution(self, message: ExecutionDetails) -> bool:
        """A fill; False when its order is none of those followed here."""
        execution = message.execution if message.execution is not None else Execution()
        trade = self._find(execution.order_id, execution.client_id, execution.perm_id)
        if trade is None or not execution.exec_id:
            return False
        self._by_exec_id[key_of(execution.exec_id)] = trade
        is_answer = message.req_id is not None and message.req_id >= 0
        if self.replaying and not is_answer:
            self._live.add(execution.exec_id)
        if execution.perm_id:  # after a lost connection it may be the first to say so
            self._by_perm_id[execution.perm_id] = trade
            trade.perm_id = execution.perm_id
        self._is_missed = self.replaying and is_answer
        trade.on_execution(message, self._commissions.pop(execution.exec_id, None))
        self._is_missed = False
        return True

    def on_completed(self, message: CompletedOrder) -> None:
        """An order of ours that has ended."""
        order = message.order if message.order is not None else Order()
        trade = self._by_perm_id.get(order.perm_id or 0)
        named = self._by_ref.get(order.order_ref or "")
        if trade is None and named is not None and not named.perm_id and _is_like(named, message):
            trade = named  # it ended before TWS could say under what permanent id
            trade.perm_id = order.perm_id or 0
        if trade is not None:
            with self.replay():
                trade.on_completed(message)

    def about(self, order_id: int, perm_id: int | None) -> Trade | None:
        """The order that an error is about: by the permanent id if the error has one, else by this client's number.

        -1 is what errors have that are about nothing.
        """
        if perm_id is not None and (trade := self._by_perm_id.get(perm_id)) is not None:
            return trade
        trade = self._by_order_id.get(order_id) if order_id != -1 else None
        is_another = trade is not None and perm_id is not None and trade.perm_id not in (0, perm_id)
        return None if is_another else trade

    def of(self, message: OpenOrder) -> Trade | None:
        """The order that a report is about."""
        order = message.order if message.order is not None else Order()
        return self._find(message.order_id, order.client_id, order.perm_id)

    # ---------------------------------------------------------------------------------------- what they tell

    def tell(self, event: TradeEvent) -> None:
        """Something happened to one of them."""
        notify_all(self.listeners, event)
        trade, done = event.trade, self._done
        if not trade.is_done:
            done.pop(trade, None)
        elif trade not in done:
            done[trade] = None
            if self.kept is not None and len(done) > self.kept:
                self.forget(next(iter(done)))

    def in_doubt(self, trade: Trade, error: RequestError) -> bool:
        """TWS does not know one of them; whether that is being looked into."""
        return self.on_doubt(trade, error)

    def forget(self, trade: Trade) -> None:
        """Let an order go: what TWS still says of it reaches nobody."""
        for fill in trade.fills:
            self._by_exec_id.pop(key_of(fill.execution.exec_id), None)
        if self._by_order_id.get(trade.order_id) is trade:
            del self._by_order_id[trade.order_id]
        if self._by_perm_id.get(trade.perm_id) is trade:
            del self._by_perm_id[trade.perm_id]
        ref = trade.order.order_ref or ""
        if self._by_ref.get(ref) is trade:
            del self._by_ref[ref]
        self._done.pop(trade, None)

    def keep(self, count: int | None) -> None:
        """How many orders that are done stay.

        Raises:
            ValueError: it is no number of orders.
        """
        if count is not None and (not isinstance(count, int) or count < 0):
            raise ValueError(f"trades_kept: {count!r} is not a number of orders; None keeps them all")
        self.kept = count

    # ------------------------------------------------------------------------------------- what was missed

    def begin_replay(self) -> None:
        """The connection is lost: what is said from here on of the orders there are was missed, until it is current."""
        self.session += 1
        self.replaying, self._are_listed = True, False
        for trade in self:
            if not trade.is_done:
                trade.on_disconnected()

    def end_replay(self) -> None:
        """The orders have been compared with those of TWS, as far as it let us."""
        self.replaying = False
        self._live.clear()

    @contextmanager
    def replay(self, missed: bool = True) -> Iterator[None]:
        """What is told meanwhile was missed, of orders that were there when the connection was lost."""
        self._is_missed = missed and self.replaying
        try:
            yield
        finally:
            self._is_missed = False

    def is_replaying(self, trade: Trade) -> bool:
        """Whether what is being said of an order was missed."""
        return self._is_missed and self.replaying and trade._session < self.session

    # --------------------------------------------------------------------------------------- commissions

    @contextmanager
    def collect_commissions(self, reports: dict[str, CommissionAndFeesReport]) -> Iterator[None]:
        """Every report that comes meanwhile, by the id of its execution, whosesoever it is."""
        self._collections.append(reports)
        try:
            yield
        finally:
            self._collections = [collection for collection in self._collections if collection is not reports]

    def commission_of(self, exec_id: str) -> CommissionAndFeesReport | None:
        """What a fill cost, if TWS has said."""
        trade = self._by_exec_id.get(key_of(exec_id))
        fills = trade.fills if trade is not None else []
        known = (fill.commission for fill in fills if fill.execution.exec_id == exec_id)
        return next(known, self._commissions.get(exec_id))

    def on_commission(self, message: CommissionAndFeesReport) -> None:
        """Commissions name the execution only, and may come before it."""
        exec_id = message.exec_id or ""
        for reports in self._collections:
            reports[exec_id] = message
        trade = self._by_exec_id.get(key_of(exec_id))
        if trade is not None:
            self._is_missed = self.replaying and exec_id not in self._live
            trade.on_commission(message)
            self._is_missed = False
            return
        self._commissions[exec_id] = message
        if len(self._commissions) > COMMISSIONS_KEPT:
            self._commissions.popitem(last=False)

    def _find(self, order_id: int | None, client_id: int | None, perm_id: int | None) -> Trade | None:
        mine = self._by_order_id.get(order_id or 0) if self._is_ours(order_id, client_id) else None
        if mine is not None and not _is_duplicate(mine) and perm_id in (0, None, mine.perm_id or perm_id):
            return mine  # the same permanent id, or one of them does not know it yet
        return self._by_perm_id.get(perm_id) if perm_id else None

    def _number(self, trade: Trade, order_id: int | None, client_id: int | None) -> None:
        """File an order of this client under its number.

        What was entered in TWS comes without one, gets one below zero when it is bound to client 0, and another one
        in the next session.
        """
        if order_id is None or not self._is_ours(order_id, client_id) or trade.order_id > 0:
            return
        if self._by_order_id.get(trade.order_id) is trade:
            del self._by_order_id[trade.order_id]
        trade.order_id, trade.client_id = order_id, self.client_id
        self._by_order_id[order_id] = trade

    def _is_ours(self, order_id: int | None, client_id: int | None) -> bool:
        if client_id is not None and client_id != self.client_id:
            return False
        return bool(order_id) and (self.client_id == 0 or (order_id or 0) > 0)


def _is_duplicate(trade: Trade) -> bool:
    """Whether TWS refused it because an earlier order has its number: what it says under that is of the other."""
    return not trade.acknowledged and trade.rejection is not None and trade.rejection.code == DUPLICATE_ID


def _is_like(trade: Trade, message: CompletedOrder) -> bool:
    """Whether an order that has ended may be this one: other clients may use the same references."""
    order, contract = message.order or Order(), message.contract or Contract()
    mine, held = trade.order, trade.contract
    return (
        (not order.client_id or order.client_id == trade.client_id)
        and (not order.order_id or order.order_id == trade.order_id)
        and (order.action or mine.action) == mine.action
        and (contract.con_id == held.con_id if contract.con_id and held.con_id else contract.symbol == held.symbol)
    )
