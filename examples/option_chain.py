"""The options of a stock for one expiry, with quotes and greeks. Add --sim to run it without an account."""

import asyncio
from datetime import date

from where import gateway

import ibfast
from ibfast import Contract


async def main() -> None:
    with gateway() as (host, port):
        async with await ibfast.Client.connect(host, port, client_id=100) as ib:
            (aapl,) = await ib.qualify(Contract.stock("AAPL"))
            chain = await ib.option_chain(aapl)
            async with ib.quote(aapl, snapshot=True) as stock:
                async for _ in stock:  # ends with the snapshot
                    pass
            contracts = chain.contracts(
                expirations=[chain.next_expiry(after=date.today())],
                strikes=chain.strikes_around(stock.last, 2),
                rights="C",
            )
            calls = await ib.qualify(*contracts)
            quotes = [ib.quote(call) for call in calls]
            await asyncio.gather(*(quote.next(timeout_s=10) for quote in quotes))
            await asyncio.sleep(0.5)  # let the greeks come
            for call, quote in zip(calls, quotes, strict=True):
                delta = quote.model_greeks.delta if quote.model_greeks is not None else float("nan")
                print(f"{call.local_symbol}   {quote.bid:7.2f} / {quote.ask:7.2f}   delta {delta:.2f}")


ibfast.run(main())
