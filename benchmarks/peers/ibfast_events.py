"""ibfast, one object a tick: to a loop, or to a callback. Sums are local, as in the callbacks of the other clients."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import ibfast
from benchmarks.answers import Answer
from benchmarks.peers.common import PATIENCE_S

# ------------------------------------------------------------------------------------------------ one by one, in a loop


async def prices_and_sizes(ticks: ibfast.Ticks, count: int) -> Answer:
    read, prices, sizes = 0, 0.0, 0.0
    async for tick in ticks.events():
        read += 1
        prices += tick.price
        sizes += tick.size
        if read == count:
            break
    return Answer(read, prices, sizes)


async def quotes(ticks: ibfast.Ticks, count: int) -> Answer:
    read, prices, sizes = 0, 0.0, 0.0
    async for tick in ticks.events():
        read += 1
        prices += tick.bid_price + tick.ask_price
        sizes += tick.bid_size + tick.ask_size
        if read == count:
            break
    return Answer(read, prices, sizes)


async def mid_points(ticks: ibfast.Ticks, count: int) -> Answer:
    read, prices = 0, 0.0
    async for tick in ticks.events():
        read += 1
        prices += tick.mid_point
        if read == count:
            break
    return Answer(read, prices)


async def l1_ticks(ticks: ibfast.Ticks, count: int) -> Answer:
    read, prices, sizes = 0, 0.0, 0.0
    async for tick in ticks.events():
        read += 1
        price, size = tick.price, tick.size
        if price == price:  # else NaN: it has none
            prices += price
        if size == size:
            sizes += size
        if read == count:
            break
    return Answer(read, prices, sizes)


IN_A_LOOP = {
    "last": prices_and_sizes,
    "bid_ask": quotes,
    "mid_point": mid_points,
    "tick": l1_ticks,
    "depth": prices_and_sizes,
}


# -------------------------------------------------------------------------------------------------- to a callback

Adder = tuple[Callable[[Any], None], Callable[[], Answer]]
"""A callback, and what it has added up."""


def adding_prices_and_sizes(count: int, done: Callable[[], None]) -> Adder:
    read, prices, sizes = 0, 0.0, 0.0

    def add(tick: ibfast.events.Last) -> None:
        nonlocal read, prices, sizes
        read += 1
        prices += tick.price
        sizes += tick.size
        if read == count:
            done()

    return add, lambda: Answer(read, prices, sizes)


def adding_quotes(count: int, done: Callable[[], None]) -> Adder:
    read, prices, sizes = 0, 0.0, 0.0

    def add(tick: ibfast.events.BidAsk) -> None:
        nonlocal read, prices, sizes
        read += 1
        prices += tick.bid_price + tick.ask_price
        sizes += tick.bid_size + tick.ask_size
        if read == count:
            done()

    return add, lambda: Answer(read, prices, sizes)


def adding_mid_points(count: int, done: Callable[[], None]) -> Adder:
    read, prices = 0, 0.0

    def add(tick: ibfast.events.MidPoint) -> None:
        nonlocal read, prices
        read += 1
        prices += tick.mid_point
        if read == count:
            done()

    return add, lambda: Answer(read, prices)


def adding_l1_ticks(count: int, done: Callable[[], None]) -> Adder:
    read, prices, sizes = 0, 0.0, 0.0

    def add(tick: ibfast.events.Tick) -> None:
        nonlocal read, prices, sizes
        read += 1
        price, size = tick.price, tick.size
        if price == price:  # else NaN: it has none
            prices += price
        if size == size:
            sizes += size
        if read == count:
            done()

    return add, lambda: Answer(read, prices, sizes)


BY_CALLBACK = {
    "last": adding_prices_and_sizes,
    "bid_ask": adding_quotes,
    "mid_point": adding_mid_points,
    "tick": adding_l1_ticks,
    "depth": adding_prices_and_sizes,
}


async def in_a_loop(ticks: ibfast.Ticks, kind: str, count: int) -> Answer:
    return await IN_A_LOOP[kind](ticks, count)


async def by_callback(ticks: ibfast.Ticks, kind: str, count: int) -> Answer:
    done = asyncio.Event()
    add, answer = BY_CALLBACK[kind](count, done.set)
    ticks.on_event(add)
    await asyncio.wait_for(done.wait(), PATIENCE_S)
    return answer()
