"""A limit order far from the market, changed, then cancelled; without async. Add --sim to run it without an account."""

from where import gateway

from ibfast import Contract
from ibfast.blocking import Client

with gateway() as (host, port), Client.connect(host, port, client_id=100) as ib:
    trade = ib.order(Contract.stock("AAPL")).buy(100).limit(50).good_till_cancel().submit()
    ib.modify_order(trade, lmt_price=51.0)
    ib.cancel_order(trade)
    trade.done()
    print(trade.status, "at", trade.order.lmt_price, "remaining", trade.remaining)
