"""A client of its own for each task: each has its orders, its limits, its connection. Add --sim for no account."""

import asyncio

from where import gateway

import ibfast
from ibfast import Contract


async def buy(host: str, port: int, client_id: int, symbol: str) -> None:
    async with await ibfast.Client.connect(host, port, client_id=client_id) as ib:
        trade = await ib.order(Contract.stock(symbol)).buy(1).market().submit()
        await trade.filled()
        print(f"client {ib.client_id}: order {trade.order_id}, {symbol} at {trade.avg_fill_price}")


async def main() -> None:
    with gateway() as (host, port):
        await asyncio.gather(*(buy(host, port, 100 + n, symbol) for n, symbol in enumerate(["AAPL", "MSFT", "SPY"])))


ibfast.run(main())
