"""Every trade of a few minutes, page after page. Add --sim to run it without an account."""

from datetime import timedelta

from where import gateway

import ibfast
from ibfast import Contract


async def main() -> None:
    with gateway() as (host, port):
        async with await ibfast.Client.connect(host, port, client_id=100) as ib:
            aapl = Contract.stock("AAPL")
            schedule = await ib.historical_schedule(aapl, duration="5 D")
            opened = schedule.sessions[0].start  # an aware datetime
            pages, volume = 0, 0.0
            async for page in ib.historical_ticks_between(aapl, start=opened, end=opened + timedelta(minutes=2)):
                pages += 1
                volume += page["size"].sum()
            print(f"{volume:,.0f} shares in the first two minutes of {opened:%d %b}, in {pages} pages")


ibfast.run(main())
