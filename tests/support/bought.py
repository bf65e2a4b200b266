"""A client that holds a position."""

from ibfast import Contract

AAPL = Contract.stock("AAPL")


async def bought(client, quantity=10):
    trade = await client.order(AAPL).buy(quantity).market().submit()
    await trade.filled()
