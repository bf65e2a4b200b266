"""A client of its own for each thread: each has its orders, its limits, its connection. Add --sim for no account."""

from concurrent.futures import ThreadPoolExecutor

from where import gateway

from ibfast import Contract
from ibfast.blocking import Client

with gateway() as (host, port), ThreadPoolExecutor() as pool:

    def buy(client_id: int, symbol: str) -> str:
        with Client.connect(host, port, client_id=client_id) as ib:
            trade = ib.order(Contract.stock(symbol)).buy(1).market().submit().filled()
            return f"client {client_id}: order {trade.order_id}, {symbol} at {trade.avg_fill_price}"

    for line in pool.map(buy, [100, 101, 102], ["AAPL", "MSFT", "SPY"]):
        print(line)
