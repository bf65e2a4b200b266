"""Positions and figures that are kept up to date: reading them asks nothing. Add --sim to run it without an account."""

import asyncio

from where import gateway

import ibfast
from ibfast import Contract


async def main() -> None:
    with gateway() as (host, port):
        async with (
            await ibfast.Client.connect(host, port, client_id=100) as ib,
            await ib.portfolio() as portfolio,
        ):
            (aapl,) = await ib.qualify(Contract.stock("AAPL"))
            assert aapl.con_id is not None
            before = portfolio.position(aapl.con_id)
            await (await ib.order(aapl).buy(5).market().submit()).filled()
            await asyncio.sleep(0.1)  # your own work; the mirror is kept up meanwhile
            print("before", before, "now", portfolio.position(aapl.con_id))
            for position in portfolio.positions():
                assert position.contract is not None
                print(position.account, position.contract.symbol, position.position, "at", position.avg_cost)
            print("net liquidation", portfolio.value("NetLiquidation"), "open orders", len(portfolio.open_trades))


ibfast.run(main())
