"""One client, many threads. Add --sim to run it without an account."""

from concurrent.futures import ThreadPoolExecutor

from where import gateway

from ibfast import Contract
from ibfast.blocking import Client

SYMBOLS = ["AAPL", "MSFT", "TSLA", "SPY"]

with gateway() as (host, port), Client.connect(host, port, client_id=100) as ib, ThreadPoolExecutor() as pool:

    def highest(symbol: str) -> float:
        bars = ib.historical_data(Contract.stock(symbol), duration="1 D", bar_size="5 mins")
        return float(bars["high"].max())

    for symbol, high in zip(SYMBOLS, pool.map(highest, SYMBOLS), strict=True):
        print(symbol, high)
