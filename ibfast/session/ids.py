"""Request ids and order ids."""

from __future__ import annotations

from ibfast.errors import IbfastError

REQUEST_IDS = 1_000_000_000
"""Request ids count up from here, order ids from the gateway's next valid id; neither gets to the other's block.

When the gateway's next order id is past half of that, the two change places: request ids go on below it."""

LAST_ORDER_ID = 2**31 - 2
"""The largest id an order can have: on the wire 2147483647 means "unset"."""


class Ids:
    """Request ids and order ids, from blocks that never meet.

    IB asks that a new order's id is above every id that this client id ever used, or that TWS reported to it in open
    orders and statuses, those of other clients too; else TWS refuses the order with 103.
    """

    def __init__(self) -> None:
        self.next_order_id = 1
        self.next_valid_id = 0  # as the gateway said last
        self._next_request_id = REQUEST_IDS

    def raise_to(self, next_valid_id: int) -> None:
        """The gateway's word on the next order id: it can only go up."""
        if next_valid_id >= REQUEST_IDS // 2 and self._next_request_id >= REQUEST_IDS:
            if self._next_request_id > REQUEST_IDS:  # some are in use: orders begin above them
                next_valid_id = max(next_valid_id, self._next_request_id)
            self._next_request_id = self.next_order_id
        self.next_order_id = max(self.next_order_id, next_valid_id)

    def saw(self, order_id: int) -> None:
        """TWS has reported an order with this id, whosesoever it is."""
        if self.next_order_id <= order_id < LAST_ORDER_ID:
            self.raise_to(order_id + 1)

    def request(self) -> int:
        self._next_request_id += 1
        return self._next_request_id - 1

    def order(self) -> int:
        """The id of the next order.

        Raises:
            IbfastError: there is none left.
        """
        if self.next_order_id > LAST_ORDER_ID:
            raise IbfastError(
                f"no order id is left: the next valid id is {self.next_order_id}, and orders go up to {LAST_ORDER_ID}; "
                "nothing was sent. Connect with another client_id, or reset the API order ids in the settings of TWS"
            )
        self.next_order_id += 1
        return self.next_order_id - 1
