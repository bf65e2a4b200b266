"""A market order, filled; without async. Add --sim to run it without an account."""

from where import gateway

from ibfast import Contract
from ibfast.blocking import Client

with gateway() as (host, port), Client.connect(host, port, client_id=100) as ib:
    trade = ib.order(Contract.stock("AAPL")).buy(100).market().submit()
    trade.filled()
    print("bought", trade.filled_quantity, "at", trade.avg_fill_price)
    for fill in trade.fills:
        print(fill.execution.time, fill.execution.shares, fill.execution.price, fill.execution.exchange)
