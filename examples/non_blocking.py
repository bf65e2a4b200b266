"""Look whether something has come, and go on if not. Add --sim to run it without an account."""

import asyncio

from where import gateway

import ibfast
from ibfast import Contract


async def main() -> None:
    with gateway() as (host, port):
        async with (
            await ibfast.Client.connect(host, port, client_id=100) as ib,
            ib.market_data(Contract.stock("AAPL")) as ticks,
        ):
            looks = 0
            while ticks.total < 20:
                rows = ticks.try_next()  # never waits
                looks += 1
                if rows is not None:
                    print(f"look {looks}: {len(rows)} ticks, newest of type {rows['tick_type'][-1]}")
                await asyncio.sleep(0.01)  # your own work


ibfast.run(main())
