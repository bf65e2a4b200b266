"""IB's limits, kept by waiting, and how the session stands against them. Add --sim to run it without an account."""

import asyncio
import logging

from where import gateway

import ibfast
from ibfast import Contract, PacingError


async def main() -> None:
    logging.getLogger("ibfast.pacing").setLevel(logging.ERROR)  # a long wait is a warning, but wanted here
    with gateway() as (host, port):
        async with await ibfast.Client.connect(host, port, client_id=100, lines=100) as ib:
            await asyncio.gather(*(ib.contract_details(Contract.stock("AAPL")) for _ in range(60)))
            gauges = ib.pacing
            print(f"{gauges.messages_per_second} messages a second; {gauges.waits} waited {gauges.waited_s:.1f} s")
            symbols = ["AAPL", "MSFT", "TSLA", "IBM", "SPY", "QQQ"]
            streams = [ib.tick_by_tick(Contract.stock(symbol)) for symbol in symbols]
            try:
                for stream in streams:
                    stream.open()
            except PacingError as error:
                print("the sixth stream:", error)
            print("open of allowed:", ib.pacing.open["tick-by-tick"])


ibfast.run(main())
