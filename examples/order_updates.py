"""Every event of every order, for as many listeners as you like. Add --sim to run it without an account."""

import asyncio

from where import gateway

import ibfast
from ibfast import Contract, MessageStream, TradeEvent, TradeEventKind


async def listen(name: str, updates: MessageStream[TradeEvent]) -> None:
    async for update in updates:
        print(name, update.trade.contract.symbol, update.kind.value, update.status)
        if update.kind is TradeEventKind.COMMISSION:
            break


async def main() -> None:
    with gateway() as (host, port):
        async with await ibfast.Client.connect(host, port, client_id=100) as ib:
            listeners = [listen(name, ib.order_updates()) for name in ("risk", "log")]
            trade = await ib.order(Contract.stock("MSFT")).sell(10).market().submit()
            await asyncio.gather(*listeners, trade.filled())


ibfast.run(main())
