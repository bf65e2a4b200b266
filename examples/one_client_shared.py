"""One client, many tasks. Add --sim to run it without an account."""

import asyncio

from where import gateway

import ibfast
from ibfast import Contract


async def highest(ib: ibfast.Client, symbol: str) -> float:
    bars = await ib.historical_data(Contract.stock(symbol), duration="1 D", bar_size="5 mins")
    return float(bars["high"].max())


async def main() -> None:
    with gateway() as (host, port):
        async with await ibfast.Client.connect(host, port, client_id=100) as ib:
            symbols = ["AAPL", "MSFT", "TSLA", "SPY"]
            for symbol, high in zip(
                symbols, await asyncio.gather(*(highest(ib, item) for item in symbols)), strict=True
            ):
                print(symbol, high)


ibfast.run(main())
