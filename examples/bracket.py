"""A bracket order, followed to the fill of its entry. Add --sim to run it without an account."""

from where import gateway

import ibfast
from ibfast import Contract


async def main():
    async with gateway() as (host, port), await ibfast.Client.connect(host, port, client_id=103) as ib:
        aapl = Contract.stock("AAPL")
        async with ib.tick_by_tick(aapl, "BidAsk") as quotes:
            ask = (await quotes.next(timeout_s=10))["ask_price"][-1]
        bracket = (
            ib.order(aapl)
            .buy(100)
            .bracket(entry=round(ask + 0.5, 2), take_profit=round(ask * 1.05, 2), stop_loss=round(ask * 0.95, 2))
        )
        entry, target, stop = await bracket.good_till_cancel().submit()
        async for update in entry:
            print(update.kind.value, update.status, update.filled)
        print(f"bought at {entry.avg_fill_price}, commission {entry.commission}")
        for exit_order in (target, stop):
            if not exit_order.is_done:
                await ib.cancel_order(exit_order)
            await exit_order.done()
        print("exits:", target.status, stop.status)


ibfast.run(main())
