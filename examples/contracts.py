"""What can be traded, and how IB completes what you say of it. Add --sim to run it without an account."""

from where import gateway

import ibfast
from ibfast import Contract

CONTRACTS = [
    Contract.stock("AAPL", exchange="SMART", currency="USD"),
    Contract.forex("EUR.USD"),
    Contract.index("SPX", exchange="CBOE"),
    Contract.crypto("BTC"),
]


async def main() -> None:
    with gateway() as (host, port):
        async with await ibfast.Client.connect(host, port, client_id=100) as ib:
            for contract in await ib.qualify(*CONTRACTS):
                print(contract.con_id, contract.sec_type, contract.local_symbol, contract.primary_exch)
            front = await ib.front_month(Contract.any_month("ES", exchange="CME"))
            print("front month", front.local_symbol, front.last_trade_date_or_contract_month)
    try:
        Contract.call("AAPL", expiry="20261218", strike=0)
    except ValueError as error:
        print("refused before a byte is sent:", error)


ibfast.run(main())
