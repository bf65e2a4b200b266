"""Clients whose latency is taken: they note when their handler ran, and place an order where the row says so.

``python -m benchmarks.peers.paced --peer NAME --path PATH`` prints the notes as JSON, in ns of the shared clock.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import threading
import time
from collections.abc import Callable

from benchmarks.peers.common import PATIENCE_S, REQ_ID, run

now = time.perf_counter_ns


class Notes:
    """When each tick was handled, when each order was placed and how long it took until its status was handled."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.handled: list[int] = []
        self.placed: list[int] = []
        self.order_ns: list[int] = []


# ------------------------------------------------------------------------------------------------------ floor


async def floor(notes: Notes, port: int, version: int, path: str) -> None:
    """A protocol on uvloop that decodes nothing, and orders whose bytes were made beforehand."""
    from benchmarks.peers.floor import connect, request
    from ibfast import wire

    placed = wire.frame(wire.encode(request("statuses", 0), version))
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    class Bare(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = transport
            if path == "order":
                self.place()
            else:
                transport.write(wire.frame(wire.encode(request("last", REQ_ID), version)))

        def place(self) -> None:
            self.began = now()
            self.transport.write(placed)

        def data_received(self, data: bytes) -> None:
            if path == "order":
                notes.order_ns.append(now() - self.began)
                notes.placed.append(self.began)
                if len(notes.order_ns) < notes.count:
                    asyncio.get_running_loop().call_later(PAUSE_S, self.place)
            else:
                notes.handled += [now()] * frames_in(data)
                if path == "tick_to_order":
                    self.transport.write(placed)
            if max(len(notes.handled), len(notes.order_ns)) == notes.count and not done.done():
                done.set_result(None)

    sock = connect(port, version)
    sock.setblocking(False)
    await asyncio.get_running_loop().create_connection(Bare, sock=sock)
    await asyncio.wait_for(done, PATIENCE_S)


# ----------------------------------------------------------------------------------------------------- ibfast


def frames_in(data: bytes) -> int:
    """How many messages came at once; they are so small and so far apart that none is cut."""
    count = at = 0
    while at < len(data):
        at += 4 + int.from_bytes(data[at : at + 4], "big")
        count += 1
    return count


async def ibfast(notes: Notes, port: int, version: int, path: str, **options: object) -> None:
    import ibfast

    aapl = ibfast.Contract.stock("AAPL")
    options |= {"client_id": 1, "pacing": False, "reconnect": False}
    async with await ibfast.Client.connect("127.0.0.1", port, **options) as ib:
        order = ibfast.Order(action="BUY", order_type="LMT", total_quantity=100, lmt_price=150.0)
        if path == "order":
            updates = ib.order_updates()
            for _ in range(notes.count):
                began = now()
                await ib.place_order(aapl, order)
                await anext(updates)
                notes.order_ns.append(now() - began)
                notes.placed.append(began)
                await asyncio.sleep(PAUSE_S)
            return
        async with ib.tick_by_tick(aapl, "Last") as ticks:
            async for rows in ticks:
                notes.handled += [now()] * len(rows)
                if path == "tick_to_order":
                    await ib.place_order(aapl, order)
                if len(notes.handled) == notes.count:
                    break


async def ibfast_polling(notes: Notes, port: int, version: int, path: str) -> None:
    await ibfast(notes, port, version, path, busy_poll=True)


# --------------------------------------------------------------------------------------------------- ib_async


async def ib_async(notes: Notes, port: int, version: int, path: str) -> None:
    import ib_async

    from benchmarks.peers.ib_async_peer import connect

    ib, done = await connect(port), asyncio.Event()
    if path != "handler":  # a tick's request takes an id too, and the gateway counts orders from 1
        ib.client._reqIdSeq = 1
    aapl = ib_async.Stock("AAPL", "SMART", "USD", conId=265598)

    def place() -> ib_async.Trade:
        return ib.placeOrder(aapl, ib_async.LimitOrder("BUY", 100, 150.0))

    if path == "order":
        for _ in range(notes.count):
            began = now()
            trade = place()
            await trade.statusEvent
            notes.order_ns.append(now() - began)
            notes.placed.append(began)
            await asyncio.sleep(PAUSE_S)
        ib.client.disconnect()
        return

    def handle(ticker: ib_async.Ticker) -> None:
        notes.handled += [now()] * len(ticker.tickByTicks)
        if path == "tick_to_order":
            place()
        if len(notes.handled) == notes.count:
            done.set()

    ib.client._reqIdSeq = REQ_ID
    ib.reqTickByTickData(aapl, "Last").updateEvent += handle
    await asyncio.wait_for(done.wait(), PATIENCE_S)
    ib.client.disconnect()


# --------------------------------------------------------------------------------------------------- official


def official(notes: Notes, port: int, version: int, path: str) -> None:
    from benchmarks.peers import official as peer

    done, heard = threading.Event(), threading.Event()

    class App(peer.App):
        def tickByTickAllLast(self, *tick: object) -> None:  # noqa: N802
            notes.handled.append(now())
            if path == "tick_to_order":
                place(len(notes.handled))
            if len(notes.handled) == notes.count:
                done.set()

        def orderStatus(self, *status: object) -> None:  # noqa: N802
            notes.order_ns.append(now() - began)
            notes.placed.append(began)
            heard.set()

    def place(order_id: int) -> None:
        connection.placeOrder(order_id, contract, peer.limit_order())

    connection = peer.connect(App(0), port, version)
    contract = peer.Contract()
    contract.symbol, contract.secType, contract.exchange, contract.currency = "AAPL", "STK", "SMART", "USD"
    if path == "order":
        for order_id in range(1, notes.count + 1):
            heard.clear()
            began = now()
            place(order_id)
            heard.wait(PATIENCE_S)
            time.sleep(PAUSE_S)
    else:
        peer.ask(connection, "last", REQ_ID)
        done.wait(PATIENCE_S)
    connection.disconnect()


PAUSE_S = 0.001
ON_UVLOOP: dict[str, Callable] = {
    "floor": floor, "ibfast": ibfast, "ibfast_polling": ibfast_polling, "ib_async": ib_async,
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--peer", choices=(*ON_UVLOOP, "official"), required=True)
    parser.add_argument("--path", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--version", type=int, required=True)
    parser.add_argument("--count", type=int, required=True)
    given = parser.parse_args()
    notes = Notes(given.count)
    if given.peer == "official":
        official(notes, given.port, given.version, given.path)
    else:
        run(ON_UVLOOP[given.peer](notes, given.port, given.version, given.path), "uvloop")
    print(json.dumps({"handled": notes.handled, "order_ns": notes.order_ns, "placed": notes.placed}))


if __name__ == "__main__":
    main()
