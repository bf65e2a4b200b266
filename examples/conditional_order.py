"""An order that waits until two things are so, or a third one. Add --sim to run it without an account."""

from datetime import UTC, datetime, timedelta

from where import gateway

import ibfast
from ibfast import Contract, margin_condition, price_condition, time_condition


async def main() -> None:
    with gateway() as (host, port):
        async with await ibfast.Client.connect(host, port, client_id=100) as ib:
            (aapl,) = await ib.qualify(Contract.stock("AAPL"))  # a condition needs the con_id
            dear = price_condition(aapl, ">=", 1_000_000)
            calm = margin_condition(">=", 30)
            late = time_condition(">=", datetime.now(UTC) + timedelta(hours=6))
            order = ib.order(Contract.stock("MSFT")).buy(10).market().when(dear & calm | late)
            print(len(order.order.conditions), "conditions")
            trade = await order.submit()
            async for update in trade:
                print(update.kind.value, update.status)
                if update.status == "PreSubmitted":  # it waits, now cancel it
                    break
            if trade.rejection is not None:
                print("refused:", trade.rejection)
            else:
                await ib.cancel_order(trade)
                print("ended as", (await trade.done()).status)


ibfast.run(main())
