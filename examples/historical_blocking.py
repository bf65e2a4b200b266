"""Bars of the past, as a pandas table; without async. Add --sim to run it without an account."""

from where import gateway

from ibfast import Contract
from ibfast.blocking import Client

with gateway() as (host, port), Client.connect(host, port, client_id=100) as ib:
    bars = ib.historical_data(Contract.stock("SPY"), duration="5 D", bar_size="1 day")
    print(bars.to_pandas()[["open", "high", "low", "close", "volume"]])
