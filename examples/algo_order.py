"""An order that one of IB's algos works. Add --sim to run it without an account."""

from datetime import UTC, datetime, timedelta

from where import gateway

import ibfast
from ibfast import Contract


async def main() -> None:
    with gateway() as (host, port):
        async with await ibfast.Client.connect(host, port, client_id=100) as ib:
            end = datetime.now(UTC) + timedelta(hours=1)
            order = ib.order(Contract.stock("AAPL")).buy(100).limit(1.0).vwap(max_share=0.1, end=end)
            print(order.order.algo_strategy, order.order.algo_params)
            trade = await order.submit()
            async for update in trade:
                print(update.kind.value, update.status)
                if update.status in ("PreSubmitted", "Submitted"):  # far from the market, so it works on
                    break
            await ib.cancel_order(trade)
            await trade.done()
            print("ended as", trade.status)


ibfast.run(main())
