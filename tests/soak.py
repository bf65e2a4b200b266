"""A session under random faults for as long as you like; at its end the books of both sides must agree.

    python tests/soak.py --seconds 600 --seed 7

Every record that was sent is received, counted as dropped, or inside a reported gap; every order is what the gateway
says it is; no task, future, thread or file descriptor is left, and memory has not grown. The seed is printed; the same
one draws the same faults.
"""

import argparse
import asyncio
import contextlib
import gc
import os
import random
import sys
import threading
import time
from collections import Counter
from pathlib import Path

from support.adverse import AAPL, MSFT
from support.running import LOOPS, simulator

from ibfast import Client, ConnectionLost, Contract, FramingError, Gap, RequestTimeout
from ibfast.schema import OpenOrder, TickByTickData
from ibfast.simulator.faults import (
    ClientIdInUse,
    Drop,
    Garbage,
    Glue,
    Notice,
    Refuse,
    Repeat,
    Reset,
    Restart,
    Split,
    Stall,
    Storm,
)
from ibfast.simulator.streams.publisher import Pump

RATE = 2_000.0
SETTLES_IN_S = 60
GROWTH_BYTES, GROWTH_PER_ORDER = 48 * 2**20, 40 * 2**10
STREAMS = [(AAPL, "Last", 50_000), (MSFT, "BidAsk", 50_000), (Contract.stock("TSLA"), "MidPoint", 500)]
LOSSES = (ConnectionLost, FramingError, RequestTimeout)

FAULTS = {
    "an end": lambda dice: [Drop()],
    "an end in a message": lambda dice: [Drop(into=dice.randrange(1, 20), at_message=TickByTickData)],
    "an end at an order": lambda dice: [Drop(into=dice.randrange(1, 20), at_message=OpenOrder)],
    "a reset": lambda dice: [Reset()],
    "a restart": lambda dice: [Restart(dice.random())],
    "refusals": lambda dice: [Refuse(times=2), Drop()],
    "a client id in use": lambda dice: [ClientIdInUse(times=2), Drop()],
    "the end of a handshake": lambda dice: [Drop(at_message=None, after_bytes=dice.randrange(1, 60)), Drop()],
    "a stall": lambda dice: [Stall(dice.random() / 2)],
    "pieces": lambda dice: [Split(dice.randrange(100, 5000))],
    "glue": lambda dice: [Glue(dice.randrange(1000, 50_000))],
    "a length that is none": lambda dice: [Garbage(length=-1)],
    "noise": lambda dice: [Garbage(size=dice.randrange(200))],
    "a storm": lambda dice: [Storm(dice.randrange(20_000))],
    "servers lost and found": lambda dice: [Notice(1100), Notice(1102, at_s=dice.random() / 2)],
    "servers lost, data lost": lambda dice: [Notice(1100), Notice(1101, at_s=dice.random() / 2)],
    "a farm flaps": lambda dice: [Notice(2103), Notice(2104, at_s=dice.random() / 2)],
}


class Books:
    """What the gateway has sent under each request id, and where in the client's streams each began."""

    def __init__(self, client):
        self.sent = {}
        self.begun = {}
        self._add, self._open_rows = Pump.add, client._connection.open_rows
        Pump.add = lambda pump, stream: (self.sent.__setitem__(stream.req_id, stream), self._add(pump, stream))[1]
        client._connection.open_rows = self._opened

    def _opened(self, request, stream):
        req_id = self._open_rows(request, stream)
        self.begun.setdefault(stream, []).append((req_id, stream.rows.total))
        return req_id

    def close(self):
        Pump.add = self._add

    def judge(self, stream):
        """Of each request what came is a part of what was sent, and all of it under the last."""
        begun = self.begun[stream]
        ends = [total for _, total in begun[1:]] + [stream.total]
        for (req_id, begin), end in zip(begun, ends, strict=True):
            sent = self.sent[req_id].sent if req_id in self.sent else 0
            assert end - begin <= sent, f"request {req_id}: {end - begin} records came, {sent} were sent"
        assert end - begin == sent, f"request {req_id}, the last: {end - begin} of {sent} records came"
        seams = {total for _, total in begun[1:]}
        assert seams <= {gap.seq for gap in stream.gaps}, "a request was made anew without a gap"


async def read(stream, seen, dice):
    """Count what comes; sleep now and then."""
    async for item in stream.with_gaps():
        if isinstance(item, Gap):
            continue
        fresh = item["seq"]
        assert (fresh[1:] > fresh[:-1]).all()
        assert fresh[0] > seen["last"]
        seen["last"] = fresh[-1]
        seen["records"] += len(fresh)
        if dice.random() < 0.01:
            await asyncio.sleep(dice.random())


async def trade(client, dice, trades, over):
    """Place, change and cancel orders, whatever the connection does."""
    while not over.is_set():
        with contextlib.suppress(*LOSSES):
            order = client.order(dice.choice([AAPL, MSFT])).buy(dice.randrange(1, 300))
            trades.append(await (order.market() if dice.random() < 0.5 else order.limit(50)).submit())
            resting = [item for item in trades[-20:] if not item.is_done and item.acknowledged]
            if resting and dice.random() < 0.5:
                await client.cancel_order(dice.choice(resting))
            elif resting:
                await client.modify_order(dice.choice(resting), total_quantity=dice.randrange(300, 500))
        await asyncio.sleep(dice.random())


async def ask(client, dice, answers, over):
    """One request after the other; an answer, or an error that says why there is none."""
    while not over.is_set():
        name = dice.choice(["contract_details", "current_time", "positions", "historical_data", "open_orders"])
        about = {"contract_details": (AAPL,), "historical_data": (AAPL,)}.get(name, ())
        options = {"duration": "1 D", "bar_size": "1 hour"} if name == "historical_data" else {}
        try:
            await getattr(client, name)(*about, **options)
            answers[name] += 1
        except LOSSES as error:
            answers[type(error).__name__] += 1
        await asyncio.sleep(dice.random() / 10)


async def spoil(sim, dice, happened, over, faults):
    while not over.is_set():
        await asyncio.sleep(dice.random())
        name = dice.choice(list(faults))
        made = faults[name](dice)
        if any(isinstance(armed.fault, Repeat) for armed in sim._script.armed) and isinstance(made[0], Repeat):
            continue  # two of them multiply: 20,000 times 20,000 answers fit into no memory
        happened[name] += 1
        for fault in made:
            sim.inject(fault)


def agree(sim, client, trades):
    """Every order's last state is the gateway's."""
    for item in trades:
        working = sim.gateway.engine.orders.get((client.client_id, item.order_id))
        if working is None:
            assert item.rejection is not None, f"{item.order_id}: the gateway never had it, and nobody knows"
            continue
        known = sum(fill.execution.shares for fill in item.fills)
        ours, theirs = (item.status, item.filled_quantity, known), (working.status, working.filled, working.filled)
        assert ours == theirs, f"{item.order_id}: {ours} here, {theirs} there"
        assert item.is_done == (not working.alive)
        assert all(fill.commission is not None for fill in item.fills)


async def settle(sim, client):
    """Wait until the last fault has been dealt with: the session answers and stays."""
    while True:
        reconnects = client.stats["reconnects"]
        with contextlib.suppress(*LOSSES):
            await until_true(lambda: client.is_connected and not client._session.trades.replaying, "coming back")
            sim.inject(Notice(1102))  # in case it was the last word that they are lost
            await asyncio.sleep(1)  # what was to happen within half a second
            await client.current_time()
            if client.stats["reconnects"] == reconnects and not client._session.trades.replaying:
                return


async def until_true(condition, what):
    for _ in range(SETTLES_IN_S * 100):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"{what} did not happen in {SETTLES_IN_S} s")


def has_agreed(*books):
    try:
        agree(*books)
    except AssertionError:
        return False
    return True


def rss():
    """Bytes of memory in use; 0 where the system does not say."""
    status = Path("/proc/self/statm")
    return int(status.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if status.exists() else 0


def descriptors():
    """What files and sockets are open, by number; empty where the system does not say."""
    place, found = Path("/proc/self/fd"), {}
    for name in os.listdir(place) if place.is_dir() else ():
        with contextlib.suppress(OSError):  # the listing itself
            found[name] = os.readlink(place / name)
    return found


async def soak(seconds, seed, version, *, faults=FAULTS, more_jobs=(), growth_bytes=GROWTH_BYTES, **options):
    """``more_jobs`` run beside those of here, each called with simulator, client, dice, ``happened`` and ``over``."""
    dice = random.Random(seed)
    happened, answers, trades = Counter(), Counter(), []
    over = asyncio.Event()
    async with (
        simulator(server_version=version, rate=RATE, seed=seed) as sim,
        await Client.connect(sim.host, sim.port, pacing=False, idle_s=5.0, request_timeout_s=20.0, **options) as client,
    ):
        client._connection._sleep = lambda pause_s: asyncio.sleep(pause_s / 50)
        books, streams, tasks = Books(client), [], []
        for contract, kind, capacity in STREAMS:
            stream = client.tick_by_tick(contract, kind, policy="ring", capacity=capacity)
            stream.open()
            streams.append((stream, {"records": 0, "last": -1}))
            tasks.append(asyncio.create_task(read(*streams[-1], random.Random(dice.random()))))
        summary = client.position_updates()
        summary.open()
        jobs = (
            trade(client, random.Random(dice.random()), trades, over),
            ask(client, random.Random(dice.random()), answers, over),
            spoil(sim, random.Random(dice.random()), happened, over, faults),
            *(job(sim, client, random.Random(dice.random()), happened, over) for job in more_jobs),
        )
        tasks += [asyncio.create_task(job) for job in jobs]
        await alive(seconds / 4, tasks)
        before, orders_before = rss(), len(trades)
        await alive(seconds * 3 / 4, tasks)
        grown, allowed = rss() - before, growth_bytes + GROWTH_PER_ORDER * (len(trades) - orders_before)
        over.set()
        await asyncio.wait_for(asyncio.gather(*tasks[len(STREAMS) :]), SETTLES_IN_S)
        sim._script.armed.clear()
        await settle(sim, client)
        await client.cancel_all_orders()
        await until_true(lambda: has_agreed(sim, client, trades), "agreement") if trades else None
        agree(sim, client, trades)
        for session in sim.gateway.sessions:
            session.pump.silent = True  # what was sent is on its way
        await client.current_time()
        await until_true(lambda: all(not stream.rows.waiting for stream, _ in streams), "reading all")
        for stream, seen in streams:
            books.judge(stream)
            assert seen["records"] + stream.dropped == stream.total, "records are neither here nor counted"
            stream.close()
        summary.close()
        await asyncio.gather(*tasks)
        books.close()
        stats = client.stats
        assert grown <= allowed, f"memory has grown by {grown / 2**20:.0f} MB, {allowed / 2**20:.0f} are allowed"
    for name, count in sorted(happened.items()):
        print(f"  {count:6} x {name}")
    print(f"  {len(trades)} orders, {sum(answers.values())} requests: {dict(answers)}")
    print(f"  {stats['reconnects']} reconnects, {stats['gaps']} gaps, {stats['records_received']} records")
    print(f"  {stats['records_dropped']} dropped and counted; memory {grown / 2**20:+.1f} MB")
    assert stats["reconnects"] or seconds < 5


async def alive(seconds, tasks):
    """Wait so long, or until something has gone wrong."""
    done, _ = await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()
        raise AssertionError(f"{task} has ended early")


async def nothing_is_left(work):
    await work
    for _ in range(1000):
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        if not rest:
            return
        await asyncio.sleep(0.001)
    raise AssertionError(f"still running: {rest}")


def main(description=__doc__, work=soak):
    options = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seconds", type=float, default=600.0)
    options.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    options.add_argument("--loop", choices=[name for name, loop in LOOPS.items() if loop], default="asyncio")
    options.add_argument("--version", type=int, default=226)
    given = options.parse_args()
    print(f"soak: {given.seconds:g} s, seed {given.seed}, {given.loop}, server version {given.version}", flush=True)
    LOOPS[given.loop]().close()  # what a loop of this kind keeps for the whole process
    threads, files = threading.active_count(), descriptors()
    complaints = []
    with asyncio.Runner(loop_factory=LOOPS[given.loop]) as runner:
        loop = runner.get_loop()
        loop.set_exception_handler(lambda loop, context: complaints.append(context))
        runner.run(nothing_is_left(work(given.seconds, given.seed, given.version)))
        gc.collect()  # a future whose error nobody has seen says so now
    assert complaints == [], complaints
    assert threading.active_count() == threads
    gc.collect()
    left = {number: file for number, file in descriptors().items() if number not in files}
    assert left == {}, f"file descriptors are left: {left}"
    print("soak: the books agree, nothing is left")


if __name__ == "__main__":
    sys.exit(main())
