"""What a client has counted, over all the sockets it has had."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from ibfast._codec import Protocol, Rows

BUCKETS = 64


@dataclass
class Delays:
    """How long something took: ``counts[n]`` are those of less than 2**n nanoseconds and at least half of that."""

    counts: list[int] = field(default_factory=lambda: [0] * BUCKETS)
    total: int = 0
    sum_ns: int = 0

    def add(self, took_ns: int) -> None:
        if took_ns < 0:  # a clock was set back
            took_ns = 0
        bits = took_ns.bit_length()
        self.counts[bits if bits < BUCKETS else BUCKETS - 1] += 1
        self.total += 1
        self.sum_ns += took_ns

    def quantile_ns(self, share: float) -> int:
        """What that share of all stayed below, rounded up to a power of two; 0 while there are none."""
        left = share * self.total
        for bits, count in enumerate(self.counts):
            left -= count
            if count and left <= 0:
                return 1 << bits
        return 0


@dataclass
class Counts:
    """What one socket, or all that have ended, brought."""

    bytes_received: int = 0
    messages_received: int = 0
    records_received: int = 0
    extra_fields: int = 0
    messages_by_id: Counter[int] = field(default_factory=Counter)

    def __add__(self, protocol: Protocol) -> Counts:
        return Counts(
            self.bytes_received + protocol.bytes_received,
            self.messages_received + protocol.messages_received,
            self.records_received + protocol.rows_received,
            self.extra_fields + protocol.extra_fields,
            self.messages_by_id + Counter(protocol.messages_by_id),
        )


class Stats:
    """Counts that do not begin anew with a new socket."""

    def __init__(self) -> None:
        self.before = Counts()  # all sockets but the one in use
        self.reconnects = 0
        self.gaps = 0
        self.delivery = Delays()
        self._dropped = 0
        self._open: dict[int, tuple[tuple[Rows, ...], int]] = {}  # with what they had dropped when they were opened

    def ended(self, protocol: Protocol) -> None:
        """A socket has ended: what it brought is kept."""
        self.before += protocol
        for req_id in list(self._open):
            self.closed(req_id)

    def opened(self, req_id: int, *rows: Rows) -> None:
        """Records come from here on."""
        self._open[req_id] = rows, _dropped(rows)

    def closed(self, req_id: int) -> None:
        """No more records come."""
        if req_id in self._open:
            rows, before = self._open.pop(req_id)
            self._dropped += _dropped(rows) - before

    @property
    def dropped(self) -> int:
        """Records that streams have dropped because nobody took them in time."""
        return self._dropped + sum(_dropped(rows) - before for rows, before in self._open.values())


def _dropped(rows: tuple[Rows, ...]) -> int:
    return sum(row.dropped for row in rows)
