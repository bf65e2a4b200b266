"""Where an example connects: the gateway on this machine, or with --sim a simulated one."""

import contextlib
import sys

from ibfast.portal import Portal
from ibfast.simulator import Simulator


@contextlib.asynccontextmanager
async def gateway(port=4002):
    """Host and port of a gateway, for async examples."""
    if "--sim" not in sys.argv:
        yield "127.0.0.1", port
        return
    async with Simulator(rate=500) as simulator:
        yield simulator.host, simulator.port


@contextlib.contextmanager
def gateway_beside(port=4002):
    """The same for blocking examples: the simulator runs in a thread."""
    if "--sim" not in sys.argv:
        yield "127.0.0.1", port
        return
    portal, simulator = Portal(), Simulator(rate=500)
    portal.run(simulator.start())
    try:
        yield simulator.host, simulator.port
    finally:
        portal.run(simulator.stop())
        portal.close()
