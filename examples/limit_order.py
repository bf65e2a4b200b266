"""A limit order far from the market, changed, then cancelled. Add --sim to run it without an account."""

from where import gateway

import ibfast
from ibfast import Contract


async def main() -> None:
    with gateway() as (host, port):
        async with await ibfast.Client.connect(host, port, client_id=100) as ib:
            aapl = Contract.stock("AAPL")
            trade = await ib.order(aapl).buy(100).limit(50).good_till_cancel().outside_rth().submit()
            await ib.modify_order(trade, lmt_price=51.0, total_quantity=200)
            await ib.cancel_order(trade)
            await trade.done()
            for event in trade.log:
                print(event.kind.value, event.status, "remaining", event.remaining)


ibfast.run(main())
