"""A spread by its name, traded as one contract. Add --sim to run it without an account."""

import math
from datetime import date

from where import gateway

import ibfast
from ibfast import Contract


async def main() -> None:
    with gateway() as (host, port):
        async with await ibfast.Client.connect(host, port, client_id=100) as ib:
            (aapl,) = await ib.qualify(Contract.stock("AAPL"))
            async with ib.quote(aapl) as stock:
                price = (await stock.next(timeout_s=10)).close_price
                while math.isnan(price):  # not every tick has come yet
                    price = (await stock.next(timeout_s=10)).close_price
            chain = await ib.option_chain(aapl)
            expiry = chain.next_expiry(after=date.today())
            low, high = chain.strikes_around(price, 1)[:2]
            spread = await ib.vertical_spread("AAPL", expiry=expiry, right="C", buy=low, sell=high)
            for leg in spread.combo_legs:
                print(leg.action, leg.ratio, "of contract", leg.con_id)
            trade = await ib.order(spread).buy(1).market().submit()
            await trade.filled()
            print("paid", trade.avg_fill_price, "in", len(trade.fills), "fills")


ibfast.run(main())
