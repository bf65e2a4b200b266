"""Two days of bars, without async. Add --sim to run it without an account."""

from where import gateway_beside

from ibfast import Contract, RequestError
from ibfast.blocking import Client

with gateway_beside() as (host, port), Client.connect(host, port, client_id=102) as ib:
    bars = ib.historical_data(Contract.stock("SPY"), duration="2 D", bar_size="1 hour")
    print(bars)
    print("highest", bars["high"].max(), "lowest", bars["low"].min(), "volume", bars["volume"].sum())
    try:
        ib.historical_data(Contract.stock("NOSUCHSTOCK"), duration="1 D")
    except RequestError as error:
        print("refused:", error)
