"""Trades one by one, as objects; without async. Add --sim to run it without an account."""

from where import gateway

from ibfast import Contract
from ibfast.blocking import Client

with (
    gateway() as (host, port),
    Client.connect(host, port, client_id=100) as ib,
    ib.tick_by_tick(Contract.stock("AAPL"), "Last") as ticks,
):
    for count, trade in enumerate(ticks.events(), 1):
        print(trade.price, trade.size, trade.exchange)
        if count == 10:
            break
