"""The accounts of a login, each with its positions and its worth. Add --sim to run it without an account."""

from where import gateway

import ibfast
from ibfast import AccountTag, Contract


async def main() -> None:
    with gateway(fa=True) as (host, port):
        async with await ibfast.Client.connect(host, port, client_id=100) as ib:
            for account in await ib.managed_accounts():
                trade = await ib.order(Contract.stock("MSFT")).buy(3).market().account(account).submit()
                await trade.filled()
                snapshot = await ib.account_values(account)
                print(account, "is worth", snapshot.value(AccountTag.NET_LIQUIDATION), "at", snapshot.time)
                for row in snapshot.portfolio:
                    print("  ", row.contract.symbol if row.contract is not None else "", row.position, row.market_value)


ibfast.run(main())
