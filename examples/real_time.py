"""Every trade of a stock for a moment, a batch of numpy records at a time. Add --sim to run it without an account."""

import numpy as np
from where import gateway

import ibfast
from ibfast import Contract


async def main() -> None:
    with gateway() as (host, port):
        async with (
            await ibfast.Client.connect(host, port, client_id=100) as ib,
            ib.tick_by_tick(Contract.stock("AAPL"), "AllLast", policy="ring", capacity=100_000) as ticks,
        ):
            async for rows in ticks:  # one batch a socket read
                average = np.average(rows["price"], weights=rows["size"])
                print(f"{len(rows)} trades at {average:.2f}, {ticks.dropped} dropped")
                if ticks.total >= 50:
                    break


ibfast.run(main())
