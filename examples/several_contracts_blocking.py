"""The quotes of two stocks side by side; without async. Add --sim to run it without an account."""

from itertools import islice

from where import gateway

from ibfast import Contract
from ibfast.blocking import Client

with (
    gateway() as (host, port),
    Client.connect(host, port, client_id=100) as ib,
    ib.tick_by_tick(Contract.stock("AAPL"), "BidAsk") as apple,
    ib.tick_by_tick(Contract.stock("MSFT"), "BidAsk") as microsoft,
):
    for first, second in islice(zip(apple, microsoft, strict=False), 5):
        print(f"AAPL {first['bid_price'][-1]:.2f}   MSFT {second['bid_price'][-1]:.2f}")
