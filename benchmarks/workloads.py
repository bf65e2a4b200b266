"""All workloads by name; each is made for a server version, a count and the id of the first request."""

from benchmarks.live import bid_ask, depth, l1, last, mid_point
from benchmarks.orders import contracts, executions, open_orders, order_flow, statuses
from benchmarks.past import bars, many_bars, past_ticks

STREAMS = {"last": last, "bid_ask": bid_ask, "mid_point": mid_point, "l1": l1, "depth": depth}
HISTORIES = {"bars": bars, "many_bars": many_bars, "past_ticks": past_ticks}
LISTS = {"open_orders": open_orders, "contracts": contracts, "executions": executions}
WORKLOADS = STREAMS | HISTORIES | LISTS | {"statuses": statuses, "order_flow": order_flow}
