"""A gateway for one client: it says what a test wants, and answers nothing but the handshake by itself."""

import asyncio

from ibfast import (
    wire,
)
from ibfast.schema import (
    ManagedAccounts,
    NextValidId,
    StartApiRequest,
)


class Gateway(asyncio.Protocol):
    """A gateway for one client, that says what a test wants and answers nothing by itself but the handshake."""

    host = "127.0.0.1"

    def __init__(self, version=226, *, before=b"", hello=True, start=True):
        self.version = version
        self.before = before
        self.hello = hello
        self.start = start
        self.heard = []
        self.port = 0
        self.transport = None
        self._data = b""
        self._news = asyncio.Event()
        self._gone = asyncio.Event()

    async def __aenter__(self):
        self._server = await asyncio.get_running_loop().create_server(lambda: self, self.host)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *error):
        self._server.close()
        if self.transport is not None:
            self.hang_up()
            await self._gone.wait()
        await self._server.wait_closed()

    def connection_made(self, transport):
        self.transport = transport
        self._news.set()

    def connection_lost(self, error):
        self._gone.set()

    def data_received(self, data):
        self._data += data
        while len(self._data) > 4:
            start = 4 if self._data.startswith(b"API\0") else 0
            if len(self._data) < start + 4:
                return
            end = start + 4 + int.from_bytes(self._data[start : start + 4], "big")
            if len(self._data) < end:
                return
            self._hear(self._data[start + 4 : end])
            self._data = self._data[end:]

    def _hear(self, payload):
        if payload.startswith(b"v1"):
            self.transport.write(self.before)
            if self.hello:
                self.transport.write(wire.frame(b"%d\x0020260826 11:00:07 US/Eastern\0" % self.version))
            return
        message = wire.decode(payload, self.version, direction="outgoing")
        self.heard.append(message)
        self._news.set()
        if isinstance(message, StartApiRequest) and self.start:
            self.say(ManagedAccounts(accounts_list="DU1234567"), NextValidId(order_id=1))

    async def hear(self, *kinds):
        """Wait until a message of each kind has come; the first of the first kind."""
        while not all(any(isinstance(item, kind) for item in self.heard) for kind in kinds):
            self._news.clear()
            await self._news.wait()
        return next(item for item in self.heard if isinstance(item, kinds[0]))

    async def dialled(self):
        while self.transport is None:
            self._news.clear()
            await self._news.wait()

    async def left(self):
        await self._gone.wait()

    def say(self, *messages):
        self.transport.write(b"".join(wire.frame(wire.encode(message, self.version)) for message in messages))

    def hang_up(self):
        self.transport.abort()
