"""Orders that TWS has not spoken of yet, and how long they may be left so."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable

from ibfast.orders.trade import Trade

LOG = logging.getLogger("ibfast.trade")

ACKNOWLEDGE_TIMEOUT_S = 30.0
"""TWS usually speaks of an order within a second; one that waits for a confirmation by hand it does not speak of."""


class AcknowledgeWatch:
    """Tells each trade that TWS says nothing of for ``timeout_s``, counted from when it was sent.

    An order that its user holds (``transmit=False``) counts from when the order is sent that releases it.
    While ``is_delayed`` says that orders wait here, for a connection or for their turn, they get as long again.

    Raises:
        ValueError: the time-out is no positive number.
    """

    def __init__(self, timeout_s: float | None, is_delayed: Callable[[], bool]) -> None:
        if timeout_s is not None and not (isinstance(timeout_s, int | float) and timeout_s > 0):
            raise ValueError(
                f"acknowledge_timeout_s: {timeout_s!r} is not a positive number of seconds; None is no limit"
            )
        self._timeout_s = timeout_s
        self._is_delayed = is_delayed
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[tuple[float, Trade]] = deque()  # the soonest first, as all wait equally long
        self._held: list[Trade] = []
        self._timer: asyncio.TimerHandle | None = None

    def sent(self, trade: Trade) -> None:
        """An order has been sent, for the first time or changed."""
        if self._timeout_s is None or trade.acknowledged:
            return
        if trade.order.transmit is False:
            self._held.append(trade)
            return
        if self._held:
            self._release(trade)
        self._watch(trade)

    def close(self) -> None:
        """Nothing more can be heard."""
        if self._timer is not None:
            self._timer.cancel()
        self._waiting.clear()

    def _release(self, trade: Trade) -> None:
        """Those of its family leave with the order that transmits."""
        root = trade.order.parent_id or trade.order_id
        family = [held for held in self._held if root in (held.order_id, held.order.parent_id)]
        self._held = [held for held in self._held if held not in family]
        for held in family:
            self._watch(held)

    def _watch(self, trade: Trade) -> None:
        assert self._timeout_s is not None
        self._waiting.append((self._loop.time() + self._timeout_s, trade))
        if self._timer is None:
            self._timer = self._loop.call_later(self._timeout_s, self._look)

    def _look(self) -> None:
        self._timer = None
        now, delayed = self._loop.time(), self._is_delayed()
        while self._waiting and self._waiting[0][0] <= now:
            _, trade = self._waiting.popleft()
            if trade.acknowledged or trade.is_done:
                continue
            if delayed:
                self._watch(trade)
                continue
            text = f"TWS has said nothing of it within {self._timeout_s:g} s"
            LOG.warning("order %d: %s", trade.order_id, text)
            trade.on_unacknowledged(text)
        while self._waiting and self._waiting[0][1].acknowledged:
            self._waiting.popleft()
        if self._waiting and self._timer is None:
            self._timer = self._loop.call_at(self._waiting[0][0], self._look)
