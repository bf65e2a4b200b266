"""Where an example connects: the gateway on this machine, or with --sim a simulated one."""

import contextlib
import sys
from collections.abc import Iterator

from ibfast.simulator import Simulator, SimulatorThread

_running: list[SimulatorThread] = []


@contextlib.contextmanager
def gateway(port: int = 4002, *, fa: bool = False) -> Iterator[tuple[str, int]]:
    """Host and port of a gateway; with ``fa`` the simulated one is that of an advisor, with several accounts."""
    if "--sim" not in sys.argv:
        yield "127.0.0.1", port
        return
    with SimulatorThread(rate=500, fa=fa) as simulator:
        _running.append(simulator)
        yield simulator.host, simulator.port


def hang_up() -> None:
    """Have the simulated gateway drop its connections, as a real one does each night."""

    def drop(simulator: Simulator) -> None:
        for session in list(simulator.gateway.sessions):
            session.close()

    for simulator in _running:
        simulator.call(drop)
