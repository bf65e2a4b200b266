"""Company events from the Wall Street Horizon calendar. Add --sim to run it without an account."""

from where import gateway

import ibfast
from ibfast import Contract, WshFilter


async def main() -> None:
    with gateway() as (host, port):
        async with await ibfast.Client.connect(host, port, client_id=100) as ib:
            kinds = await ib.wsh_meta_data()  # TWS wants this first
            print("the calendar knows", ", ".join(kinds))
            (aapl,) = await ib.qualify(Contract.stock("AAPL"))
            for event in await ib.wsh_event_data(WshFilter(con_id=aapl.con_id, total_limit=5)):
                print(event)


ibfast.run(main())
