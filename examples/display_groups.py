"""Follow what a coloured group of TWS's windows shows, and choose it. Add --sim to run it without an account."""

from where import gateway

import ibfast
from ibfast import Contract


async def main() -> None:
    with gateway() as (host, port):
        async with await ibfast.Client.connect(host, port, client_id=100) as ib:
            groups = await ib.display_groups()
            print("groups:", groups)
            (ibm,) = await ib.qualify(Contract.stock("IBM"))
            async with ib.display_group_updates(groups[0]) as shown:
                print("shows", await shown.next(timeout_s=10))
                await ib.update_display_group(shown, ibm)
                print("shows", await shown.next(timeout_s=10))


ibfast.run(main())
