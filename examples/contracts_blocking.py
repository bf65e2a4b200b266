"""What can be traded, as IB completes what you say of it; without async. Add --sim to run it without an account."""

from where import gateway

from ibfast import Contract, RequestError
from ibfast.blocking import Client

with gateway() as (host, port), Client.connect(host, port, client_id=100) as ib:
    (aapl, euro) = ib.qualify(Contract.stock("AAPL"), Contract.forex("EUR.USD"))
    print(aapl.con_id, aapl.primary_exch, "and", euro.con_id, euro.local_symbol)
    (data,) = ib.contract_details(aapl)
    if data.contract_details is not None:
        print(data.contract_details.long_name, "step", data.contract_details.min_tick)
    try:
        ib.contract_details(Contract.stock("NOSUCHSTOCK"))
    except RequestError as error:
        print("refused by TWS:", error)
