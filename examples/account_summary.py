"""What the accounts of the login are worth. Add --sim to run it without an account."""

from where import gateway

import ibfast
from ibfast import AccountTag


async def main() -> None:
    with gateway() as (host, port):
        async with await ibfast.Client.connect(host, port, client_id=100) as ib:
            tags = [AccountTag.NET_LIQUIDATION, AccountTag.BUYING_POWER, AccountTag.MAINT_MARGIN_REQ]
            for figure in await ib.account_summary(tags):
                print(f"{figure.account} {figure.tag:20} {figure.value:>14,} {figure.currency}")
            for figure in await ib.account_summary("$LEDGER:ALL"):
                if figure.tag == "CashBalance":
                    print(f"{figure.account} cash {figure.value} {figure.currency}")


ibfast.run(main())
