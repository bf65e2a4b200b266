"""Every trade of a stock for a moment, as numpy records. Add --sim to run it without an account."""

import numpy as np
from where import gateway

import ibfast
from ibfast import Contract
from ibfast.records import EXCHANGES


async def main():
    batches = []
    async with gateway() as (host, port), await ibfast.Client.connect(host, port, client_id=101) as ib:
        ticks = ib.tick_by_tick(Contract.stock("AAPL"), "AllLast", policy="ring", capacity=100_000)
        async for rows in ticks:
            batches.append(rows)
            if ticks.total >= 50:
                break
        ticks.close()
    trades = np.concatenate(batches)
    volume = trades["size"].sum()
    print(f"{len(trades)} trades, {volume:g} shares, average {np.average(trades['price'], weights=trades['size']):.4f}")
    for exchange in np.unique(trades["exchange"]):
        share = trades["size"][trades["exchange"] == exchange].sum() / volume
        print(f"  {EXCHANGES.decode([exchange])[0]:8} {share:6.1%}")
    print(f"nothing missing: {ticks.dropped == 0 and (np.diff(trades['seq']) == 1).all()}")


ibfast.run(main())
