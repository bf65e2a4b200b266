"""Orders, and what becomes of them."""

from __future__ import annotations

from typing import Any

from ibfast.connection import Connection
from ibfast.contract import Contract
from ibfast.order import Order
from ibfast.order_builder import OrderBuilder
from ibfast.requests.base import Requests
from ibfast.schema import CancelOrderRequest, OrderCancel, PlaceOrderRequest
from ibfast.subscription import Channel, MessageStream
from ibfast.trade import Trade, TradeEvent


class OrderRequests(Requests):
    """Placing, changing and cancelling orders, and hearing of them."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._order_updates: Channel[TradeEvent] = Channel()
        self._talk.trades.listeners.append(self._order_updates.put)

    @property
    def trades(self) -> list[Trade]:
        """Every order this session has placed or heard of."""
        return list(self._talk.trades)

    def order(self, contract: Contract) -> OrderBuilder:
        """Begin an order: ``await client.order(aapl).buy(100).limit(150).submit()``."""
        return OrderBuilder(contract, Order(), self._place)

    async def place_order(self, contract: Contract, order: Order) -> Trade:
        """Send an order; the trade follows it from here on, TWS has not seen it yet.

        Raises:
            VersionError: the server is too old for a field of the order. ConnectionLost.
        """
        return self._place(contract, order)

    async def modify_order(self, trade: Trade, **changes: Any) -> Trade:
        """Send the order again under its id, with these fields changed; the same trade goes on."""
        order = trade.order.replace(**{"transmit": True, **changes})
        self._connection.send(PlaceOrderRequest(order_id=trade.order_id, contract=trade.contract, order=order))
        trade.sent_again(order)
        return trade

    async def cancel_order(self, trade: Trade) -> Trade:
        """Ask TWS to cancel; the trade is cancelled when its status says so, not before."""
        self._connection.send(CancelOrderRequest(order_id=trade.order_id, order_cancel=OrderCancel()))
        return trade

    def order_updates(self) -> MessageStream[TradeEvent]:
        """Every event of every order from now on, for any number of listeners; nothing is ever dropped."""
        return self._order_updates.listen()

    def _place(self, contract: Contract, order: Order) -> Trade:
        trade = Trade(contract, order, self._talk.ids.order(), self.client_id)
        self._connection.send(PlaceOrderRequest(order_id=trade.order_id, contract=contract, order=order))
        return self._talk.trades.add(trade)
