"""Bars of the past as one numpy array. Add --sim to run it without an account."""

from where import gateway

import ibfast
from ibfast import Contract


async def main() -> None:
    with gateway() as (host, port):
        async with await ibfast.Client.connect(host, port, client_id=100) as ib:
            spy = Contract.stock("SPY")
            bars = await ib.historical_data(spy, duration="2 D", bar_size="1 hour", what_to_show="TRADES")
            print(bars)
            print("highest", bars["high"].max(), "lowest", bars["low"].min(), "volume", bars["volume"].sum())
            print("data since", await ib.head_timestamp(spy))


ibfast.run(main())
