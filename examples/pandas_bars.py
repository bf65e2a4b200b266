"""Bars as a DataFrame. Needs pandas. Add --sim to run it without an account."""

from where import gateway

import ibfast
from ibfast import Contract


async def main() -> None:
    with gateway() as (host, port):
        async with await ibfast.Client.connect(host, port, client_id=100) as ib:
            bars = await ib.historical_data(Contract.stock("AAPL"), duration="1 M", bar_size="1 day")
            frame = bars.to_pandas()
            frame["average"] = frame["close"].rolling(5).mean()
            print(frame[["open", "close", "volume", "average"]].tail())


ibfast.run(main())
