"""A gateway of its own, from the same schema as the client: any server version 157 to 226, both wires, seeded.

::

    async with Simulator(server_version=226, seed=0, rate=50.0) as simulator:
        client = await ibfast.Client.connect(simulator.host, simulator.port)

``python -m ibfast.simulator`` runs it as a server. Read `server`, `session` and `answers` for how a request is
answered; `universe`, `path`, `quotes`, `bars` and `streams` for the market; `orders`, `matching` and `account` for
what becomes of an order; `faults` for what can go wrong on a script and `enforcer` for IB's limits.
"""

from ibfast.simulator.server import Simulator
from ibfast.simulator.thread import SimulatorThread

__all__ = ["Simulator", "SimulatorThread"]
