"""When bytes leave: an order within the call, all other requests together at the end of the loop turn."""

import asyncio
import contextlib
import select
import socket
import threading

import pytest
from support.running import LOOPS, WAIT_S

from ibfast import Client, Contract, Order, wire
from ibfast.schema import CurrentTimeRequest, ManagedAccounts, NextValidId, OpenOrdersRequest

AAPL = Contract.stock("AAPL")
LIMIT = Order.limit("BUY", 100, 150.0)

both_wires = pytest.mark.parametrize("version", [176, 226])


class Peer:
    """A gateway that is a bare socket: what has come is seen without giving the loop of the client a turn."""

    def __init__(self, version):
        self.version = version
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.thread = threading.Thread(target=self.greet)
        self.thread.start()

    def greet(self):
        self.sock, _ = self.server.accept()
        self.sock.recv(4, socket.MSG_WAITALL)
        self.frame()
        self.sock.sendall(wire.frame(b"%d\x0020260826 15:00:00 UTC\0" % self.version))
        self.frame()
        for message in (NextValidId(order_id=1), ManagedAccounts(accounts_list="DU1")):
            self.sock.sendall(wire.frame(wire.encode(message, self.version)))

    def frame(self):
        size = int.from_bytes(self.sock.recv(4, socket.MSG_WAITALL), "big")
        return self.sock.recv(size, socket.MSG_WAITALL)

    def heard(self):
        """The next message; TimeoutError if none comes."""
        if not select.select([self.sock], [], [], WAIT_S)[0]:
            raise TimeoutError
        return wire.decode(self.frame(), self.version, direction="outgoing")

    def has_news(self):
        return bool(select.select([self.sock], [], [], 0)[0])


@contextlib.asynccontextmanager
async def connected(version, **options):
    peer = Peer(version)
    with peer.server:
        async with await Client.connect("127.0.0.1", peer.port, **options) as client:
            peer.thread.join()
            with peer.sock:
                yield client, peer


@both_wires
def test_orders_changes_and_cancels_leave_within_the_call(version, run):
    async def main():
        async with connected(version) as (client, peer):
            trade = await client.place_order(AAPL, LIMIT)
            assert peer.heard().order.lmt_price == 150
            await client.modify_order(trade, lmt_price=151.0)
            assert peer.heard().order.lmt_price == 151
            await client.cancel_order(trade)
            assert peer.heard().order_id == trade.order_id
            await client.cancel_all_orders()
            assert type(peer.heard()).__name__ == "GlobalCancelRequest"

    run(main)


@both_wires
def test_an_order_takes_along_what_was_asked_before_it(version, run):
    async def main():
        async with connected(version) as (client, peer):
            client._connection.send(CurrentTimeRequest())
            assert not peer.has_news()
            await client.place_order(AAPL, LIMIT)
            assert isinstance(peer.heard(), CurrentTimeRequest)
            assert peer.heard().order.lmt_price == 150

    run(main)


@both_wires
def test_the_orders_of_a_bracket_leave_together(version, run):
    async def main():
        async with connected(version) as (client, peer):
            held = await client.place_order(AAPL, LIMIT.replace(transmit=False))
            assert not peer.has_news()
            await client.place_order(AAPL, Order.limit("SELL", 100, 160.0).replace(parent_id=held.order_id))
            assert [peer.heard().order.transmit for _ in range(2)] == [False, True]

    run(main)


@both_wires
def test_requests_leave_together_in_the_loop_turn_they_were_made(version, run):
    async def main():
        async with connected(version) as (client, peer):
            for _ in range(3):
                client._connection.send(OpenOrdersRequest())
            assert not peer.has_news()
            await asyncio.sleep(0)
            assert all(isinstance(peer.heard(), OpenOrdersRequest) for _ in range(3))

    run(main)


def test_the_socket_does_not_wait_to_fill_a_packet(run):
    async def main():
        async with connected(226) as (client, _):
            sock = client._connection.transport._transport.get_extra_info("socket")
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

    run(main)


def test_a_loop_that_polls_never_waits_until_the_session_ends():
    waits = []

    async def main():
        select_now = asyncio.get_running_loop()._selector.select

        def select_and_note(timeout=None):
            waits.append(timeout)
            return select_now(timeout)

        asyncio.get_running_loop()._selector.select = select_and_note
        async with connected(226, busy_poll=True):
            waits.clear()
            await asyncio.sleep(0.05)
            assert set(waits) == {0}
        waits.clear()
        await asyncio.sleep(0.05)
        assert any(wait is None or wait > 0 for wait in waits)

    with asyncio.Runner(loop_factory=LOOPS["asyncio"]) as runner:
        runner.run(main())
