"""The quote of a contract, kept up to date under IB's names. Add --sim to run it without an account."""

from where import gateway

import ibfast
from ibfast import Contract


async def main() -> None:
    with gateway() as (host, port):
        async with (
            await ibfast.Client.connect(host, port, client_id=100) as ib,
            ib.quote(Contract.stock("AAPL"), generic_ticks=["RT_VOLUME"]) as quote,
        ):
            looks = 0
            async for _ in quote:  # the same object each time, at most once a socket read
                print(f"{quote.bid_size:5g} @ {quote.bid:.2f}  {quote.ask_size:5g} @ {quote.ask:.2f}  {quote.last:.2f}")
                looks += 1
                if looks == 10:
                    break
            print("volume", quote.volume, "ticks so far", quote.updates)


ibfast.run(main())
