"""A bracket order, followed to the fill of its entry. Add --sim to run it without an account."""

from where import gateway

import ibfast
from ibfast import Contract


async def main() -> None:
    with gateway() as (host, port):
        async with await ibfast.Client.connect(host, port, client_id=100) as ib:
            aapl = Contract.stock("AAPL")
            async with ib.tick_by_tick(aapl, "BidAsk") as quotes:
                ask = (await quotes.next(timeout_s=10))["ask_price"][-1]
            up, down = round(ask * 1.05, 2), round(ask * 0.95, 2)
            order = ib.order(aapl).buy(100).good_till_cancel()
            trades = await order.bracket(entry=round(ask + 0.5, 2), take_profit=up, stop_loss=down).submit()
            entry, target, stop = trades
            await entry.filled()
            print(f"bought at {entry.avg_fill_price}, target {target.order.lmt_price}, stop {stop.order.aux_price}")
            for exit_order in (target, stop):
                await ib.cancel_order(exit_order)
                await exit_order.done()
            print("exits:", target.status, stop.status)


ibfast.run(main())
