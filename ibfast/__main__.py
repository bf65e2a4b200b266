"""The ``ibfast`` command."""

from __future__ import annotations

import sys
from typing import Annotated

from ibfast.arguments import INT32
from ibfast.schema.versions import FIRST_VERSION, LAST_VERSION

try:
    import typer
except ImportError:  # the commands are an extra
    sys.exit("the ibfast command needs its extra: pip install 'ibfast[cli]'")

app = typer.Typer(
    help="A client for the Interactive Brokers TWS API, and a gateway to try it on.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

GATEWAY_PORT = 4002
Host = Annotated[str, typer.Option(help="Address to listen on.")]


@app.command()
def demo(
    host: Annotated[str, typer.Option(help="A real gateway instead of the simulator; read-only.")] = "",
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="Its port: 7496/7497 TWS live/paper, 4001/4002 gateway (the default)."),
    ] = None,
    client_id: Annotated[int, typer.Option(min=0, max=INT32, help="Any number that no other client uses.")] = 57,
    allow_orders: Annotated[
        bool, typer.Option(help="Place a bracket on the real gateway too: one share, far from the market, cancelled.")
    ] = False,
    seconds: Annotated[float, typer.Option(min=1, max=20, help="How long to stream.")] = 8.0,
    plain: Annotated[bool, typer.Option(help="Lines of ASCII only, for logs and dumb terminals.")] = False,
) -> None:
    """Ticks into numpy, bars as a picture, a bracket order to its fill: in under half a minute."""
    from ibfast.demo import Settings, run_demo

    if port is not None and not host:  # a port says that there is a gateway
        host = "127.0.0.1"
    raise typer.Exit(run_demo(Settings(host, port or GATEWAY_PORT, client_id, allow_orders, seconds, plain)))


@app.command()
def sim(
    host: Host = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = GATEWAY_PORT,
    server_version: Annotated[
        int, typer.Option(min=FIRST_VERSION, max=LAST_VERSION, help="157 to 226; 201 on is protobuf, bit by bit.")
    ] = LAST_VERSION,
    seed: Annotated[int, typer.Option(help="The same seed gives the same market.")] = 0,
    rate: Annotated[
        float, typer.Option(min=0, help="Ticks a second of each stream; inf: as fast as they are read.")
    ] = 50.0,
) -> None:
    """A simulated gateway for any client; says on one line when it listens, ends with Ctrl-C."""
    from ibfast.simulator.__main__ import serve

    serve(host, port, server_version, seed, rate)


def main() -> None:
    app()


if __name__ == "__main__":
    main()
