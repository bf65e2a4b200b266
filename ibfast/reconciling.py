"""After a lost connection: what became of the orders meanwhile."""

from __future__ import annotations

import logging

from ibfast.errors import ConnectionLost, IbfastError, RequestError
from ibfast.requests.order_lists import OrderListRequests
from ibfast.trade import Trade
from ibfast.trades import Trades

LOG = logging.getLogger("ibfast.reconciling")

UNKNOWN_ORDER = 10147
"""IB's code for an order id that TWS does not know."""


async def reconcile(requests: OrderListRequests, trades: Trades) -> None:
    """Ask for open orders, executions and completed orders; what was missed becomes events marked ``replayed``.

    Nothing is sent again. An order that TWS has never spoken of and does not list was lost on its way: it is rejected.
    """
    waiting = [trade for trade in trades if not trade.is_done]
    try:
        listed = await requests.open_orders()
        await requests.executions(client_id=requests.client_id)
        for completed in await requests.completed_orders():
            trades.on_completed(completed)
    except ConnectionLost:
        return  # the next session begins anew, and until then all that comes is replayed
    except IbfastError as error:
        LOG.warning("orders could not be compared with those of TWS: %s", error)
        trades.replaying = False
        return
    for trade in waiting:
        if trade not in listed and not trade.is_done and not trade.acknowledged:
            _reject(trade)
    trades.replaying = False


def _reject(trade: Trade) -> None:
    text = "TWS does not have this order: it was lost on its way, or ended before today"
    trade.on_refusal(RequestError(UNKNOWN_ORDER, text, trade.order_id))
