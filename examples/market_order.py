"""A market order, followed to its end. Add --sim to run it without an account."""

from where import gateway

import ibfast
from ibfast import Contract


async def main() -> None:
    with gateway() as (host, port):
        async with await ibfast.Client.connect(host, port, client_id=100) as ib:
            trade = await ib.order(Contract.stock("AAPL")).buy(100).market().submit()
            async for update in trade:  # status, fills with their commissions, until done
                print(update.kind.value, update.status, update.filled)
            print("bought at", trade.avg_fill_price, "for", trade.commission)


ibfast.run(main())
