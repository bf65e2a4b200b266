"""A bracket order, followed to the fill of its entry; without async. Add --sim to run it without an account."""

from where import gateway

from ibfast import Contract
from ibfast.blocking import Client

with gateway() as (host, port), Client.connect(host, port, client_id=100) as ib:
    aapl = Contract.stock("AAPL")
    with ib.tick_by_tick(aapl, "BidAsk") as quotes:
        ask = quotes.next(timeout_s=10)["ask_price"][-1]
    order = ib.order(aapl).buy(100).bracket(
        entry=round(ask + 0.5, 2), take_profit=round(ask * 1.05, 2), stop_loss=round(ask * 0.95, 2)
    )  # fmt: skip
    entry, target, stop = order.submit()
    entry.filled()
    print("bought at", entry.avg_fill_price)
    ib.cancel_all_orders()
    print("exits:", target.done().status, stop.done().status)
