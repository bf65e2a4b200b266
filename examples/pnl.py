"""Profit and loss of an account while it changes. Add --sim to run it without an account."""

from where import gateway

import ibfast
from ibfast import Contract


async def main() -> None:
    with gateway() as (host, port):
        async with await ibfast.Client.connect(host, port, client_id=100) as ib:
            (aapl,) = await ib.qualify(Contract.stock("AAPL"))
            await (await ib.order(aapl).buy(100).market().submit()).filled()
            assert aapl.con_id is not None
            async with ib.pnl(ib.accounts[0]) as account, ib.pnl_single(ib.accounts[0], aapl.con_id) as position:
                print("account:", (await account.next(timeout_s=10)).daily_pnl)
                one = await position.next(timeout_s=10)
                print("AAPL:", one.position, "shares, unrealized", one.unrealized_pnl, "worth", one.value)


ibfast.run(main())
