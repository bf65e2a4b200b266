"""Bars of the past that go on into the present. Add --sim to run it without an account."""

import numpy as np
from where import gateway

import ibfast
from ibfast import Contract


async def main() -> None:
    with gateway() as (host, port):
        bitcoin = Contract.crypto("BTC")  # traded at all hours
        async with (
            await ibfast.Client.connect(host, port, client_id=100) as ib,
            ib.keep_up_to_date(
                bitcoin, duration="3600 S", bar_size="1 min", what_to_show="MIDPOINT", use_rth=False
            ) as updates,
        ):
            bars = await updates.next(timeout_s=10)  # the history, as one batch
            print(len(bars), "bars")
            try:
                for state in await updates.next(timeout_s=10):  # the newest bar, as it is now
                    if state["time_ns"] == bars["time_ns"][-1]:
                        bars[-1] = state
                        print("the newest bar changed, its close is", state["close"])
                    else:
                        bars = np.append(bars, state)
                        print("a new bar, its close is", state["close"])
            except TimeoutError:
                print("nothing is traded now")


ibfast.run(main())
