"""Look whether something has come, and go on if not; without async. Add --sim to run it without an account."""

import time

from where import gateway

from ibfast import Contract
from ibfast.blocking import Client

with (
    gateway() as (host, port),
    Client.connect(host, port, client_id=100) as ib,
    ib.market_data(Contract.stock("AAPL")) as ticks,
):
    looks = 0
    while ticks.total < 20:
        rows = ticks.try_next()  # never waits
        looks += 1
        if rows is not None:
            print(f"look {looks}: {len(rows)} ticks, newest of type {rows['tick_type'][-1]}")
        time.sleep(0.01)  # your own work
