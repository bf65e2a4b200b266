"""What tests of orders against the simulator share."""

from support.adverse import AAPL, until


def books(sim, trade):
    """The gateway's own view of an order."""
    return sim.gateway.engine.orders[trade.client_id, trade.order_id]


def listen(sim):
    """Every order that the gateway is sent from here on."""
    heard, place = [], sim.gateway.engine.place

    def listening(client_id, order_id, contract, order, extra=None):
        heard.append(order)
        place(client_id, order_id, contract, order, extra)

    sim.gateway.engine.place = listening
    return heard


async def resting(client, contract=AAPL, price=50, quantity=100, **fields):
    """A limit order far below the market, once it works."""
    trade = await client.order(contract).buy(quantity).limit(price).set(**fields).submit()
    await until(lambda: trade.status == "Submitted")
    return trade


async def kinds_of(trade):
    """The kinds of all events, to the end."""
    return [event.kind async for event in trade]
