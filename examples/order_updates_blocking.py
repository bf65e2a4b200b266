"""Every event of every order; without async. Add --sim to run it without an account."""

from where import gateway

from ibfast import Contract, TradeEventKind
from ibfast.blocking import Client

with gateway() as (host, port), Client.connect(host, port, client_id=100) as ib:
    updates = ib.order_updates()
    ib.order(Contract.stock("MSFT")).sell(10).market().submit()
    for update in updates:
        print(update.trade.contract.symbol, update.kind.value, update.status, update.filled)
        if update.kind is TradeEventKind.COMMISSION:
            break
