"""Who answers on the port: one of several addresses, or something that is no gateway."""

import asyncio
import contextlib
import socket

import pytest
from support.running import simulator

from ibfast import Client, ConnectionFailed
from ibfast.session.dialing import connect_to_any

BOTH_WIRES = pytest.mark.parametrize("version", [200, 226])
TLS_ALERT = bytes([0x15, 3, 1, 0, 2, 2, 70])
TLS_HELLO = bytes([0x16, 3, 3, 0, 122, 2, 0, 0, 118])


@pytest.fixture
def addresses(monkeypatch):
    """What the resolver says of a name, on whichever loop."""
    found = []

    async def resolve(host, port):
        return [(socket.AF_INET, 0, address) for address in found]

    monkeypatch.setattr("ibfast.session.dialing._resolve", resolve)
    return found


@pytest.fixture
def unanswered():
    """An address that takes no connection and refuses none: SYNs fall out of its full queue."""
    with socket.socket() as server, contextlib.ExitStack() as queue:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for _ in range(4):
            waiting = queue.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(server.getsockname())
        yield server.getsockname()


@pytest.fixture
def refused():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()


@BOTH_WIRES
def test_an_address_that_swallows_connections_takes_no_time_from_the_next(run, version, addresses, unanswered):
    async def main():
        async with simulator(server_version=version) as sim:
            addresses.extend([unanswered, (sim.host, sim.port)])
            async with await Client.connect("gateway.example", sim.port, timeout_s=15.0) as client:
                assert await client.current_time()

    run(main)


@BOTH_WIRES
def test_an_address_that_refuses_is_passed_over(run, version, addresses, refused):
    async def main():
        async with simulator(server_version=version) as sim:
            addresses.extend([refused, (sim.host, sim.port)])
            async with await Client.connect("gateway.example", sim.port) as client:
                assert await client.current_time()

    run(main)


def test_when_every_address_refuses_nobody_listens(run, addresses, refused):
    async def main():
        addresses.extend([refused, refused])
        with pytest.raises(ConnectionFailed, match=r"gateway\.example:4002: nobody listens"):
            await Client.connect("gateway.example")

    run(main)


def test_when_no_address_answers_the_time_is_what_was_given(run, addresses, unanswered):
    async def main():
        addresses.extend([unanswered, unanswered])
        with pytest.raises(ConnectionFailed, match=r"did not accept a connection within 0\.5 s"):
            await Client.connect("gateway.example", timeout_s=0.5)

    run(main)


def test_a_name_that_nobody_knows_is_an_error_of_the_connect(run):
    async def main():
        with pytest.raises(ConnectionFailed, match=r"no-such-host\.invalid"):
            await Client.connect("no-such-host.invalid")

    run(main)


def test_an_address_written_as_a_number_is_not_raced(run):
    async def main():
        assert await connect_to_any("127.0.0.1", 1) is None
        assert await connect_to_any("::1", 1) is None

    run(main)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", "an HTTP server answers on this port"),
        (b"<html><body>no</body></html>", "an HTTP server answers on this port"),
        (TLS_ALERT, "a TLS server answers on this port"),
        (TLS_HELLO, "a TLS server answers on this port"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "another service answers on this port"),
        (b"220 mail.example ESMTP\r\n", "another service answers on this port"),
        (b"\xff\xff\xff\xff", "a frame of 4294967295 bytes; IB's limit is 16777215$"),
    ],
)
def test_what_answers_instead_of_a_gateway_is_named(run, said, reason):
    async def answer(reader, writer):
        await reader.read(4)
        writer.write(said)
        await reader.read()
        writer.close()

    async def main():
        server = await asyncio.start_server(answer, "127.0.0.1")
        async with server:
            with pytest.raises(ConnectionFailed, match=reason):
                await Client.connect("127.0.0.1", server.sockets[0].getsockname()[1])

    run(main)
