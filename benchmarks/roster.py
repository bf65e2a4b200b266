"""Who takes part."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec

from benchmarks import rust
from benchmarks.peers.common import REQ_ID
from benchmarks.workload import PROTOBUF, TEXT


@dataclass(frozen=True)
class Peer:
    """A line of every table it takes part in; the first of those that are there is what ratios are taken to."""

    name: str
    module: str  # in benchmarks.peers
    needs: tuple[str, ...] = ()  # modules that may not be there
    wires: tuple[int, ...] = (TEXT, PROTOBUF)
    share: int = 1  # gets the ticks of a stream divided by this: slow clients would take all day
    loop: str = ""
    how: str = ""
    first_req_id: int = REQ_ID
    is_extra: bool = False  # left out of --quick, and of all but the streams

    @property
    def absence(self) -> str:
        """Why it cannot take part; empty if it can."""
        gone = [module for module in self.needs if find_spec(module) is None]
        return f"{', '.join(gone)} is not installed" if gone else ""


@dataclass(frozen=True)
class RustPeer(Peer):
    """One that is built from source, in release mode."""

    @property
    def absence(self) -> str:
        return rust.absence()


DECODERS = (
    Peer("ibfast", "ibfast_peer"),
    Peer("official", "official", needs=("ibapi",)),
    Peer("ib_async", "ib_async_peer", needs=("ib_async",), wires=(TEXT,)),
)
CLIENTS = (
    Peer("ibfast, uvloop", "ibfast_peer", needs=("uvloop",), loop="uvloop"),
    Peer("ibfast, asyncio", "ibfast_peer", loop="asyncio", is_extra=True),
    Peer("bare socket, decodes nothing", "floor"),
    Peer("official", "official", needs=("ibapi",), share=10),
    Peer("official, short burst", "official", needs=("ibapi",), share=100, is_extra=True),  # docs/performance.md: why
    Peer("ib_async, uvloop", "ib_async_peer", needs=("ib_async", "uvloop"), wires=(TEXT,), share=10, loop="uvloop"),
    Peer("ib_async, asyncio", "ib_async_peer", needs=("ib_async",), wires=(TEXT,), share=10, loop="asyncio",
         is_extra=True),
    RustPeer("Rust ibapi 2.9, async", rust.MODULE, wires=(TEXT,), first_req_id=9_000, is_extra=True),
    RustPeer("Rust ibapi 2.9, blocking", rust.MODULE, wires=(TEXT,), first_req_id=9_000, how="blocking", is_extra=True),
    RustPeer("Rust ibapi 5.5, async", rust.MODULE, wires=(PROTOBUF,), first_req_id=1_500_000_000, is_extra=True),
)  # fmt: skip
OBJECTS = (
    Peer("ibfast, one object a tick, uvloop", "ibfast_peer", needs=("uvloop",), loop="uvloop", how="events"),
    Peer("ibfast, a callback a tick, uvloop", "ibfast_peer", needs=("uvloop",), loop="uvloop", how="callback"),
)


def missing() -> list[str]:
    """Why some peers are not in the table."""
    reasons = [f"left out: {item.name} ({item.absence})" for item in (*DECODERS, *CLIENTS) if item.absence]
    return list(dict.fromkeys(reasons))


def present(peers: tuple[Peer, ...], version: int) -> list[Peer]:
    return [peer for peer in peers if version in peer.wires and not peer.absence]
