"""ibfast at scale: many subscriptions, long streams, a slow reader beside a fast one, the blocking client's thread.

``python -m benchmarks.peers.scale_ibfast --what NAME`` prints what it found as JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import threading
import time
from pathlib import Path

import numpy as np

import ibfast
import ibfast.blocking
from benchmarks.peers.common import run

AAPL = ibfast.Contract.stock("AAPL")
OPTIONS = {"client_id": 1, "pacing": False, "reconnect": False}
KEPT = 262_144  # records of a ring
SORTS = 20  # of the prices of each batch: about what it costs to receive them


def rss_mib() -> float:
    """Memory that is used now; 0 where there is no /proc."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


async def subscriptions(given: argparse.Namespace) -> dict[str, float]:
    """As many streams, each with a reader of its own; all ticks go to them in turn."""
    async with await ibfast.Client.connect("127.0.0.1", given.port, **OPTIONS) as ib:
        streams = [ib.tick_by_tick(AAPL, "Last", capacity=KEPT // given.streams) for _ in range(given.streams)]
        left = given.count
        done = asyncio.Event()

        async def read(stream: ibfast.Ticks) -> None:
            nonlocal left
            async for rows in stream:
                left -= len(rows)
                if left <= 0:
                    done.set()

        readers = [asyncio.ensure_future(read(stream)) for stream in streams]
        for stream in streams:
            stream.open()  # what a request costs is no part of what a tick costs; nothing comes before the last of them
        await asyncio.sleep(0)
        cpu = time.process_time()
        await done.wait()
        cpu = time.process_time() - cpu
        lost = sum(stream.dropped for stream in streams)
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
        return {"cpu_ns": cpu / given.count * 1e9, "lost": lost}


async def soak(given: argparse.Namespace) -> dict[str, float]:
    """One long stream, looked at and forgotten."""
    async with await ibfast.Client.connect("127.0.0.1", given.port, **OPTIONS) as ib:
        count, cpu, early_mib = 0, time.process_time(), 0.0
        async with ib.tick_by_tick(AAPL, "Last") as ticks:
            async for rows in ticks:
                count += len(rows)
                if not early_mib and count >= given.count // 10:
                    early_mib = rss_mib()
                if count + ticks.dropped >= given.count:
                    break
        cpu = time.process_time() - cpu
        return {"cpu_ns": cpu / given.count * 1e9, "lost": ticks.dropped, "early_mib": early_mib, "late_mib": rss_mib()}


async def slow_reader(given: argparse.Namespace) -> dict[str, float]:
    """How long the stream of a fast reader takes, beside one whose reader sleeps or, with one stream, does not."""
    async with await ibfast.Client.connect("127.0.0.1", given.port, **OPTIONS) as ib:
        fast, other = (ib.tick_by_tick(AAPL, "Last", capacity=given.count) for _ in range(2))
        fast.open()
        other.open()

        async def read_slowly() -> None:
            async for _rows in other:
                await asyncio.sleep(0.2 if given.how == "sleeps" else 0)

        reader = asyncio.ensure_future(read_slowly())
        began, count = time.perf_counter(), 0
        async for rows in fast:
            count += len(rows)
            if count >= given.count // 2:
                break
        seconds = time.perf_counter() - began
        reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)
        return {"seconds": seconds, "lost": fast.dropped}


def two_cores(given: argparse.Namespace) -> dict[str, float]:
    """The blocking client, its reader in this thread at numpy work on what came, which needs no GIL."""
    with (
        ibfast.blocking.Client.connect("127.0.0.1", given.port, **OPTIONS) as ib,
        ib.tick_by_tick(AAPL, "Last", capacity=given.count) as ticks,
    ):
        began, cpu, own = time.perf_counter(), time.process_time(), time.thread_time()
        count = 0
        for rows in ticks:
            count += len(rows)
            for _ in range(SORTS if given.how == "works" else 0):
                np.sort(rows["price"])
            if count >= given.count:
                break
        seconds = time.perf_counter() - began
        cpu, own = time.process_time() - cpu, time.thread_time() - own
    return {"seconds": seconds, "cpu_s": cpu, "reader_s": own, "threads": threading.active_count()}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--what", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--streams", type=int, default=1)
    parser.add_argument("--how", default="")
    given = parser.parse_args()
    if given.what == "two_cores":
        print(json.dumps(two_cores(given)))
        return
    found: dict[str, float] = {}

    async def keep() -> None:
        found.update(
            await {"subscriptions": subscriptions, "soak": soak, "slow_reader": slow_reader}[given.what](given)
        )

    run(keep(), "uvloop")
    print(json.dumps(found))


if __name__ == "__main__":
    main()
