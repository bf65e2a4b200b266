"""What became of orders that nothing was heard of: after a lost connection, or when TWS does not know one."""

from __future__ import annotations

import logging
from collections.abc import Awaitable
from typing import TypeVar

from ibfast.errors import ConnectionLost, IbfastError, RequestError
from ibfast.orders.trade import UNKNOWN_ORDER, Trade
from ibfast.orders.trade_registry import TradeRegistry
from ibfast.requests.order_lists import OrderListRequests

T = TypeVar("T")

LOG = logging.getLogger("ibfast.reconciling")

LOST_ON_ITS_WAY = "TWS does not have this order: it was lost on its way, or ended before today"
IN_NO_LIST = "TWS has this order in none of its lists, and has not said how it ended"


async def reconcile(requests: OrderListRequests, trades: TradeRegistry) -> None:
    """Ask for open orders, executions and completed orders; what was missed becomes events marked ``replayed``.

    Nothing is sent again. An order that TWS has never spoken of and does not list was lost on its way: it is rejected;
    one that TWS worked on and lists no more is lost. A list that TWS refuses keeps none of the others from being asked.
    """
    waiting = [trade for trade in trades if not trade.is_done]
    try:
        listed = await _ask_for_lists(requests, trades)
    except ConnectionLost:
        return  # the next session begins anew, and until then all that comes is replayed
    except Exception:
        trades.end_replay()
        raise
    with trades.replay():
        for trade in waiting:
            if listed is not None and trade not in listed and not trade.is_done:
                _give_up(trade, trades)
    trades.end_replay()


async def look_up(requests: OrderListRequests, trades: TradeRegistry, trade: Trade, error: RequestError) -> None:
    """TWS says of an order that it does not know it: find out how it ended."""
    try:
        listed = await _ask_for_lists(requests, trades)
    except ConnectionLost:
        return  # orders are compared once it is back
    if not trade.is_done and (trade not in listed if listed is not None else error.code == UNKNOWN_ORDER):
        _give_up(trade, trades)


async def _ask_for_lists(requests: OrderListRequests, trades: TradeRegistry) -> list[Trade] | None:
    """Let TWS list its orders, so that each trade hears of its own; those that are open, if TWS has said."""
    listed = await _answer(requests.open_orders(), "open orders")
    await _answer(requests.executions(client_id=requests.client_id), "executions")
    for completed in await _answer(requests.completed_orders(), "completed orders") or ():
        trades.on_completed(completed)
    return listed


async def _answer(request: Awaitable[list[T]], name: str) -> list[T] | None:
    try:
        return await request
    except ConnectionLost:
        raise
    except (IbfastError, ValueError) as error:
        LOG.warning("the list of %s could not be compared with the orders here: %s", name, error)
        return None


def _give_up(trade: Trade, trades: TradeRegistry) -> None:
    """It is not open, and nothing says how it ended."""
    if not trade.acknowledged:
        trade.on_refusal(RequestError(UNKNOWN_ORDER, LOST_ON_ITS_WAY, trade.order_id, contract=trade.contract))
    elif trade.client_id == trades.client_id:  # open orders of other clients were not asked for
        trade.on_lost(RequestError(UNKNOWN_ORDER, IN_NO_LIST, trade.order_id, contract=trade.contract))
