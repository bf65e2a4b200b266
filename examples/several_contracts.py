"""The quotes of two stocks side by side. Add --sim to run it without an account."""

from where import gateway

import ibfast
from ibfast import Contract


async def main() -> None:
    with gateway() as (host, port):
        async with (
            await ibfast.Client.connect(host, port, client_id=100) as ib,
            ib.tick_by_tick(Contract.stock("AAPL"), "BidAsk") as apple,
            ib.tick_by_tick(Contract.stock("MSFT"), "BidAsk") as microsoft,
        ):
            for _ in range(5):
                first, second = await apple.next(timeout_s=10), await microsoft.next(timeout_s=10)
                print(f"AAPL {first['bid_price'][-1]:.2f}   MSFT {second['bid_price'][-1]:.2f}")


ibfast.run(main())
