"""What a workload is; `benchmarks.workloads` lists them."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.answers import Answer
from ibfast import wire

TEXT, PROTOBUF = 176, 225


@dataclass(frozen=True)
class Workload:
    """Bytes that every peer reads, seeded, so that every run and every peer has the same; only request ids differ."""

    name: str
    version: int
    kind: str  # of the records that ibfast makes of it, or what is asked for
    blocks: tuple[bytes, ...]  # one for each request
    count: int  # of ticks, bars, orders, ...: what a rate is of
    answer: Answer  # of what was encoded, so that nobody's decoder is the judge
    asked_by: int = 0  # the message id of the requests

    @property
    def wire(self) -> str:
        return "text" if self.version <= 200 else "protobuf"

    @property
    def frames(self) -> bytes:
        return self.blocks[0] if len(self.blocks) == 1 else b"".join(self.blocks)

    def payloads(self) -> list[bytes]:
        """The messages one by one, without their length."""
        return [frame[4:] for frame in frames_of(self.frames)]


def frames_of(data: bytes) -> list[bytes]:
    """The frames one by one, with their length."""
    found, at = [], 0
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at : at + 4], "big")
        found.append(data[at:end])
        at = end
    return found


def framed(messages: list, version: int) -> bytes:
    return b"".join(wire.frame(wire.encode(message, version)) for message in messages)
