"""What tests of a session's life share: losing the connection, and waiting for what comes of it."""

import asyncio

from ibfast import Contract

AAPL = Contract.stock("AAPL")
SOON_S = 10


def cut(sim):
    """End every session of a simulator that runs on the same loop."""
    for gateway_side in list(sim.gateway.sessions):
        gateway_side.close()


async def until(condition):
    async with asyncio.timeout(SOON_S):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.001)
