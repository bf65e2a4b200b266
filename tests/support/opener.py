"""A stand-in for the connection, which attaches the records of a stream and keeps what is sent."""

import numpy as np

from ibfast import wire
from ibfast.records import DTYPES
from ibfast.schema import (
    CancelMarketData,
    MarketDataRequest,
)
from ibfast.stats import Stats
from ibfast.streams.ticks import Ticks
from support.feeding import FIRST_REQ_ID, Reader

VERSION = 226


BID, ASK, LAST = 1, 2, 4


class Opener:
    """Stands for the connection: attaches the records of a stream, keeps what is sent."""

    def __init__(self, version=VERSION):
        self.stats = Stats()
        self.reader = Reader(version, subscribed=False)
        self.sent = []
        self.attached = False
        self.failures = []

    durable = True

    def report(self, error):
        self.failures.append(error)

    def open_rows(self, request, stream):
        self.sent.append(request)
        self.attached = True
        self.reader.protocol.attach(FIRST_REQ_ID, stream.rows, stream.option_rows)
        return FIRST_REQ_ID

    def close_rows(self, req_id, cancel):
        assert req_id == FIRST_REQ_ID
        self.attached = False
        self.reader.protocol.detach(req_id)
        if cancel is not None:
            self.sent.append(cancel)


class Stream:
    """A stream of one kind, open, and the gateway that feeds it."""

    def __init__(self, kind="last", *, policy="ring", capacity=1000, version=VERSION):
        self.kind, self.version = kind, version
        self.opener = Opener(version)
        self.request = MarketDataRequest()
        self.ticks = Ticks(self.opener, self.request, CancelMarketData, kind, policy=policy, capacity=capacity)
        self.ticks.open()
        self.count = 0

    def feed(self, count, tick_type=LAST):
        """This many ticks in one read; their prices count up from 1."""
        rows = np.zeros(count, DTYPES[self.kind])
        for name, dtype in rows.dtype.fields.items():
            if dtype[0] == np.float64:
                rows[name] = np.arange(self.count + 1, self.count + count + 1)
        if self.kind == "tick":
            rows["tick_type"] = tick_type
        if self.kind == "last":
            rows["tick_type"] = 1
        self.count += count
        self.opener.reader.feed(wire.encode_rows(self.kind, rows, FIRST_REQ_ID, self.version))

    def say(self, *messages):
        self.opener.reader.feed(b"".join(wire.frame(wire.encode(message, self.version)) for message in messages))
