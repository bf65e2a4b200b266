"""``python -m ibfast.simulator``: the simulator as a server of its own."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal

from ibfast.schema.versions import LAST_VERSION
from ibfast.simulator.server import Simulator


def serve(
    host: str = "127.0.0.1", port: int = 4002, server_version: int = LAST_VERSION, seed: int = 0, rate: float = 50.0
) -> None:
    """Run until SIGINT or SIGTERM; says on one line when it listens."""
    simulator = Simulator(host, port, server_version=server_version, seed=seed, rate=rate)
    with contextlib.suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(simulator, server_version, seed))


async def _serve(simulator: Simulator, server_version: int, seed: int) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C raises KeyboardInterrupt instead
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stopped.set)
    async with simulator:
        where = f"{simulator.host}:{simulator.port}"
        print(f"ibfast simulator listening on {where}, server version {server_version}, seed {seed}", flush=True)
        await stopped.wait()


def _loop_factory() -> type[asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.Loop


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m ibfast.simulator", description="A simulated IB gateway.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=4002, help="0 takes a free one")
    parser.add_argument("--server-version", type=int, default=LAST_VERSION)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rate", type=float, default=50.0, help="ticks a second of each stream; inf: no limit")
    options = parser.parse_args()
    serve(options.host, options.port, options.server_version, options.seed, options.rate)


if __name__ == "__main__":
    main()
