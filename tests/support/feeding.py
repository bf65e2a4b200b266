"""A protocol with nothing behind it: tests give it bytes and look at what came out."""

from ibfast import wire
from ibfast._codec import Protocol, Rows
from ibfast.records import DTYPES

FIRST_REQ_ID = 1_000_000_000


class Listener:
    """The owner of a protocol; keeps, in order, all that it is told."""

    def __init__(self):
        self.heard = []
        self.lost = None

    def connection_made(self, transport):
        pass

    def handshake(self, payload):
        self.heard.append(payload)

    def received(self, message):
        self.heard.append(message)

    def malformed(self, error):
        self.heard.append(error)

    def unknown(self, msg_id, payload):
        self.heard.append((msg_id, payload))

    def connection_lost(self, error):
        self.lost = error


class Reader:
    """A protocol at one server version, with one subscription of each kind if ``subscribed``."""

    def __init__(self, server_version, *, subscribed=True, direction="incoming", capacity=1_000_000):
        self.listener = Listener()
        self.protocol = Protocol(self.listener)
        self.protocol.plans = wire.plans(direction, server_version)
        self.protocol.server_version = server_version
        self.woken = []
        self.rows = {}
        for place, kind in enumerate(DTYPES):
            self.rows[kind] = Rows(kind, lambda kind=kind: self.woken.append(kind), capacity=capacity)
            if subscribed:
                self.protocol.attach(FIRST_REQ_ID + place, self.rows[kind])

    def feed(self, data, size=1 << 30):
        """Hand over the bytes in pieces of at most ``size``."""
        data = memoryview(data)
        while data:
            space = self.protocol.get_buffer(-1)
            taken = min(len(space), len(data), size)
            space[:taken] = data[:taken]
            self.protocol.buffer_updated(taken)
            data = data[taken:]
        return self

    def outcome(self):
        """All that came out, comparable: what was heard, and the rows without their clock."""
        taken = {kind: self.taken(kind) for kind in self.rows}
        return [comparable(item) for item in self.listener.heard], taken, repr(self.listener.lost)

    def taken(self, kind):
        rows = self.rows[kind].take()
        texts = self.rows[kind].texts(rows) if kind == "tick" else []
        names = [name for name in rows.dtype.names if name not in ("recv_ns", "text")]
        return [repr(rows[name].tolist()) for name in names] + [texts]


def comparable(item):
    return repr(item) if isinstance(item, Exception) else item


def req_id_of(kind):
    return FIRST_REQ_ID + list(DTYPES).index(kind)
