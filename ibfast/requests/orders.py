"""Orders, and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from ibfast import wire
from ibfast.enums import OcaType
from ibfast.errors import OrderDone, OrderNotOwned, VersionError
from ibfast.limits import Lane
from ibfast.orders.acknowledgement import AcknowledgeWatch
from ibfast.orders.builder import OrderBuilder
from ibfast.orders.fields import oca_number
from ibfast.orders.order_status import ENDED, INACTIVE
from ibfast.orders.trade import Trade, TradeEvent
from ibfast.orders.validation import INAPPLICABLE, check_order
from ibfast.orders.what_if import WhatIf
from ibfast.requests.base import Requests
from ibfast.schema import (
    CancelOrderRequest,
    ExerciseOptionsRequest,
    GlobalCancelRequest,
    OrderCancel,
    PlaceOrderRequest,
)
from ibfast.schema.contract import Contract
from ibfast.schema.order import AttachedOrders, Order
from ibfast.session.connection import Connection
from ibfast.streams.base import Broadcast, MessageStream

EXERCISE, LAPSE = 1, 2


class OrderRequests(Requests):
    """Placing, changing and cancelling orders, and hearing of them."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._order_updates: Broadcast[TradeEvent] = Broadcast()
        self._session.trades.listeners.append(self._order_updates.put)
        self._watch = AcknowledgeWatch(connection.acknowledge_timeout_s, self._are_orders_delayed)

    @property
    def trades(self) -> list[Trade]:
        """Every order this session has placed or heard of, but those that are done and were let go.

        Of those that are done the newest ``trades_kept`` stay; see `Client.connect`.
        """
        return list(self._session.trades)

    def forget(self, trade: Trade) -> None:
        """Let an order go that is done: `trades` has it no longer, nor does what TWS may still say of it reach it.

        Raises:
            ValueError: the order is not done.
        """
        if not isinstance(trade, Trade):
            raise TypeError(f"trade: {trade!r} is not a Trade")
        if not trade.is_done:
            raise ValueError(f"trade: order {trade.order_id} is {trade.status}; only what is done can be forgotten")
        self._session.trades.forget(trade)

    def order(self, contract: Contract) -> OrderBuilder:
        """Begin an order: ``await client.order(aapl).buy(100).limit(150).submit()``."""
        trades = self._session.trades
        return OrderBuilder(contract, Order(), self._place, self.what_if_order, self._check, trades.check_owner)

    async def place_order(self, contract: Contract, order: Order) -> Trade:
        """Send an order; the trade follows it from here on, TWS has not seen it yet.

        Raises:
            ValueError: it can never be accepted; the message names the field.
            VersionError: the server is too old for a field of the order. ConnectionLost.
        """
        check_order(contract, order)
        self._check_parent(order)
        return self._place(contract, order)

    async def what_if_order(self, contract: Contract, order: Order) -> WhatIf:
        """What an order would do to margin, and cost; it is not placed.

        Raises:
            ValueError: as `place_order`. RequestError: TWS would refuse it. RequestTimeout. ConnectionLost.
        """
        check_order(contract, order)
        self._check_parent(order)
        request = place_request(0, contract, order.replace(what_if=True, transmit=True))
        request = self._send_reported(request, self._reported(order), send=self._encode)
        return WhatIf.of(await self._connection.ask_about_order(request, lambda item: WhatIf.of(item).says_something))

    async def modify_order(self, trade: Trade, **changes: Any) -> Trade:
        """Send the order again under its id, with these fields changed; the same trade goes on.

        All other fields are as TWS reports them, so that what was changed in TWS stays. If TWS refuses,
        ``trade.rejection`` says why and ``trade.order`` is again what TWS works on.

        Raises:
            OrderNotOwned: it is not an order of this client. OrderDone: it has ended.
            ValueError, VersionError, ConnectionLost: as `place_order`.
        """
        order = self._changed(trade, changes)
        wanted = order if "parent_id" in changes else self._without_ended_parent(trade, order)
        was_sent = not self._connection.holds_order(trade.order_id)
        self._send_reported(place_request(trade.order_id, trade.contract, wanted), trade.reported_order, changes)
        if was_sent:
            trade.sent_again(order)
        else:
            trade.rewrite(order)
        self._watch.sent(trade)
        return trade

    def _changed(self, trade: Trade, changes: dict[str, Any]) -> Order:
        """The order with these fields changed, if it can be sent."""
        was_refused = self._own(trade).rejection is not None and trade.status not in ENDED  # it can be put right
        if trade.is_done and not was_refused and trade.status != INACTIVE:  # which TWS takes a change of (seen)
            raise OrderDone(f"order {trade.order_id} of client {trade.client_id} is {trade.status}: place a new one")
        released = {"transmit": True} if trade.order.transmit is False else {}
        order = trade.order.replace(**{**released, **changes})
        check_change(trade, order, changes)
        return order

    async def cancel_order(
        self,
        trade: Trade,
        *,
        manual_order_cancel_time: str | None = None,
        ext_operator: str | None = None,
        manual_order_indicator: int | None = None,
    ) -> Trade:
        """Ask TWS to cancel; the trade is cancelled when its status says so, not before.

        Raises:
            OrderNotOwned: it is not an order of this client. ConnectionLost.
        """
        cancel = OrderCancel(
            manual_order_cancel_time=manual_order_cancel_time, ext_operator=ext_operator,
            manual_order_indicator=manual_order_indicator,
        )  # fmt: skip
        self._connection.send(CancelOrderRequest(order_id=self._own(trade).order_id, order_cancel=cancel), urgent=True)
        return trade

    async def cancel_all_orders(
        self, *, ext_operator: str | None = None, manual_order_indicator: int | None = None
    ) -> None:
        """Cancel every order of the account, those of other clients and of TWS itself too."""
        cancel = OrderCancel(ext_operator=ext_operator, manual_order_indicator=manual_order_indicator)
        self._connection.send(GlobalCancelRequest(order_cancel=cancel), urgent=True)

    async def oca(
        self, group: str, *orders: OrderBuilder | Trade, oca_type: int = OcaType.CANCEL_WITH_BLOCK
    ) -> list[Trade]:
        """One cancels all: send these orders as a group; trades join it by a change, which TWS may refuse.

        ``await client.oca("either", client.order(aapl).buy(1).limit(150), client.order(msft).buy(1).limit(400))``

        Raises:
            ValueError: one of them can never be accepted; nothing was sent.
            OrderNotOwned: one is not an order of this client. OrderDone: one has ended. Nothing was sent.
            VersionError: the server is too old for a field of one of them; nothing was sent. ConnectionLost.
        """
        fields = {"oca_group": group, "oca_type": oca_number(oca_type)}
        for order in orders:
            if isinstance(order, OrderBuilder):
                order.set(**fields)
                self._check(order.contract, order.order)
            else:
                request = place_request(0, order.contract, self._changed(order, fields))
                self._send_reported(request, order.reported_order, fields, send=self._encode)
        return [
            await (order.submit() if isinstance(order, OrderBuilder) else self.modify_order(order, **fields))
            for order in orders
        ]

    async def exercise_options(
        self,
        contract: Contract,
        quantity: int,
        *,
        account: str,
        override: bool = False,
        manual_order_time: str | None = None,
        customer_account: str | None = None,
        professional_customer: bool | None = None,
    ) -> Trade:
        """Exercise an option; ``override`` does it even if it is out of the money."""
        return self._exercise(
            EXERCISE, contract, quantity, account=account, override=override, manual_order_time=manual_order_time,
            customer_account=customer_account, professional_customer=professional_customer,
        )  # fmt: skip

    async def lapse_options(
        self,
        contract: Contract,
        quantity: int,
        *,
        account: str,
        override: bool = False,
        manual_order_time: str | None = None,
        customer_account: str | None = None,
        professional_customer: bool | None = None,
    ) -> Trade:
        """Let an option lapse; ``override`` does it even if it is in the money."""
        return self._exercise(
            LAPSE, contract, quantity, account=account, override=override, manual_order_time=manual_order_time,
            customer_account=customer_account, professional_customer=professional_customer,
        )  # fmt: skip

    def _exercise(self, action: int, contract: Contract, quantity: int, **fields: Any) -> Trade:
        if quantity <= 0:
            raise ValueError(f"quantity: {quantity} is not a positive number")
        order_id = self._session.ids.order()
        request = ExerciseOptionsRequest(
            order_id=order_id, contract=contract, exercise_action=action, exercise_quantity=quantity, **fields
        )
        self._connection.send(request, urgent=True)
        order = Order(total_quantity=Decimal(quantity), account=fields["account"])
        return self._session.trades.add(Trade(contract, order, order_id, self.client_id))

    def order_updates(self) -> MessageStream[TradeEvent]:
        """Every event of every order from now on, for any number of listeners; nothing is ever dropped."""
        return self._order_updates.listen()

    def _check(self, contract: Contract, order: Order) -> None:
        """Raise what keeps an order from being sent, before those that belong to it are."""
        check_order(contract, order)
        self._check_parent(order)
        self._encode(place_request(0, contract, order))

    def _encode(self, request: PlaceOrderRequest, *, urgent: bool = True) -> None:
        """Raise what sending it would."""
        wire.encode(request, self.server_version)

    def _own(self, given: object) -> Trade:
        """The trade, if this client may act on it.

        Raises:
            TypeError, OrderNotOwned, ReadOnly.
        """
        if not isinstance(given, Trade):
            raise TypeError(f"trade: {given!r} is not a Trade, such as submit() and open_orders() give")
        self._session.check_writable(f"order {given.order_id}")
        self._session.trades.check_owner(given)
        return given

    def _check_parent(self, order: Order) -> None:
        """An order that TWS reported of another client names its parent by that client's number."""
        if order.parent_id and order.client_id is not None and order.client_id != self.client_id:
            raise OrderNotOwned(
                f"parent_id: {order.parent_id} is the number of an order of client {order.client_id}; this is client "
                f"{self.client_id}, for which it names another order"
            )

    def _place(self, contract: Contract, order: Order, attached: AttachedOrders | None = None) -> Trade:
        order_id = self._session.ids.order()
        if self._session.journal is not None:
            order = self._session.journal.named(order)
        if attached is not None:
            attached = attached.replace(
                sl_order_id=self._session.ids.order() if attached.sl_order_type else None,
                pt_order_id=self._session.ids.order() if attached.pt_order_type else None,
            )
        request = place_request(order_id, contract, order, attached)
        urgent = order.transmit is not False  # TWS holds the others until one goes
        self._send_reported(request, self._reported(order), urgent=urgent)
        trade = self._session.trades.add(Trade(contract, order, order_id, self.client_id, attached=attached))
        self._watch.sent(trade)
        return trade

    def _send_reported(
        self, request: PlaceOrderRequest, reported: Order | None, changes: Iterable[str] = (), *, urgent: bool = True,
        send: Callable[..., object] | None = None,
    ) -> PlaceOrderRequest:  # fmt: skip
        """Send an order, without what a request to this server cannot carry if TWS has reported it so; what was sent.

        TWS reports fields that the same server does not take (seen: routeMarketableToBbo at 203). What the user sets
        is refused all the same.
        """
        while True:
            try:
                (send or self._connection.send)(request, urgent=urgent)
            except VersionError as error:
                name, order = error.name.rpartition("order.")[2], request.order
                if order is None or reported is None or name in changes or name not in Order.__fields__:
                    raise
                if getattr(order, name) != getattr(reported, name):
                    raise
                request = request.replace(order=order.replace(**{name: None}))
            else:
                return request

    def _reported(self, order: Order) -> Order | None:
        """What TWS reports of an order that was read back from it; None for one that was not."""
        known = self._session.trades.find(perm_id=order.perm_id) if order.perm_id else None
        return known.reported_order if known is not None else None

    def _without_ended_parent(self, trade: Trade, order: Order) -> Order:
        """TWS finds no parent that has ended (135): its child is on its own, and is changed as such."""
        if not order.parent_id or not trade.acknowledged:
            return order
        trades = self._session.trades
        parent = trades.find(order.parent_id)
        has_ended = parent.is_done if parent is not None else trade.client_id == self.client_id
        return order.replace(parent_id=None) if has_ended else order

    def _are_orders_delayed(self) -> bool:
        """Whether orders wait here for a connection, or for their turn."""
        session = self._session
        return not self._connection.can_send or session.pacing.lane(Lane.ORDER, session.clock()).waiting > 0


def check_change(trade: Trade, order: Order, changes: Iterable[str]) -> None:
    """Refuse a change that TWS can never accept; what TWS itself reports need not make sense.

    Raises:
        ValueError: as `check_order`.
    """
    reported = trade.reported_order
    names = {*changes, *INAPPLICABLE} if "order_type" in changes else changes
    check_order(trade.contract, order if reported is None else order.replace(perm_id=trade.perm_id), names)


def place_request(
    order_id: int, contract: Contract, order: Order, attached: AttachedOrders | None = None
) -> PlaceOrderRequest:
    """The request that places an order; what only TWS says of orders and contracts the codec leaves out."""
    return PlaceOrderRequest(order_id=order_id, contract=contract, order=order, attached_orders=attached)
