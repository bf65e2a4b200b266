"""What a reader that falls behind gets, by the policy of its stream. Add --sim to run it without an account."""

import asyncio

from where import gateway

import ibfast
from ibfast import Contract, StreamOverflow, Ticks


async def sleepy(name: str, ticks: Ticks) -> None:
    async with ticks:
        await asyncio.sleep(0.6)  # busy with something else
        try:
            rows = await ticks.next()
            print(f"{name}: {len(rows)} of {ticks.total} ticks wait, {ticks.dropped} were dropped")
            await ticks.next()
        except StreamOverflow as error:
            print(f"{name}: {error}")


async def main() -> None:
    with gateway() as (host, port):
        async with await ibfast.Client.connect(host, port, client_id=100) as ib:
            stocks = [Contract.stock(symbol) for symbol in ("AAPL", "MSFT", "IBM")]
            await asyncio.gather(
                sleepy("ring, the newest", ib.market_data(stocks[0], policy="ring", capacity=64)),
                sleepy("grow, or an error", ib.market_data(stocks[1], policy="grow", capacity=64)),
                sleepy("latest of each kind", ib.market_data(stocks[2], policy="latest", capacity=64)),
            )


ibfast.run(main())
