"""A gateway that shakes hands properly and then answers every request with whatever a test wants."""

import asyncio
import contextlib

from ibfast import Client, wire
from ibfast.schema import ManagedAccounts, NextValidId, StartApiRequest


class LyingGateway:
    """``answer(request)`` gives the messages, or payloads as bytes, that a request is answered with."""

    def __init__(self, version, answer):
        self.version = version
        self.answer = answer
        self.heard = []

    async def __aenter__(self):
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *error):
        self.server.close()

    async def _serve(self, reader, writer):
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            await reader.readexactly(4)
            await self._payload(reader)
            writer.write(wire.frame(f"{self.version}\0{'20260826 15:00:00 UTC'}\0".encode()))
            while True:
                request = wire.decode(await self._payload(reader), self.version, direction="outgoing")
                self.heard.append(request)
                if isinstance(request, StartApiRequest):
                    self.tell(writer, NextValidId(order_id=1), ManagedAccounts(accounts_list="DU1"))
                else:
                    for message in self.answer(request):
                        self.tell(writer, message)
                        await writer.drain()
        writer.close()

    def tell(self, writer, *messages):
        for message in messages:
            payload = message if isinstance(message, bytes) else wire.encode(message, self.version)
            writer.write(wire.frame(payload))

    async def _payload(self, reader):
        return await reader.readexactly(int.from_bytes(await reader.readexactly(4), "big"))

    async def client(self, **options):
        defaults = {"request_timeout_s": 5.0, "pacing": False, "reconnect": False}
        return await Client.connect("127.0.0.1", self.port, **defaults | options)
