"""The soak with everything around the session hostile too: callbacks, the disk, the process, the gateway's answers.

    python tests/soak_hostile.py --seconds 600 --seed 7

Callbacks raise whatever they like, the disk of the journal is full and free again, the process forks, blocking clients
are dropped while they are open, the gateway's answers are spoiled, huge or nobody's. At the end the books of both sides
agree as in tests/soak.py; memory has grown by no more than there and one largest answer, 112 MiB; no task, thread, file
descriptor or client id is left.
"""

import asyncio
import contextlib
import gc
import logging
import os
import resource
import sys
import tempfile
import threading
import warnings
from pathlib import Path

import soak
from support.adverse import AAPL

import ibfast.blocking
from ibfast import AnswerTooLarge, DecodeError, IbfastError
from ibfast.schema import ContractData, CurrentTime, ErrorMessage, HistoricalData, ManagedAccounts, TickPrice
from ibfast.session.event_loop import loop_factory
from ibfast.session.expected_answers import ANSWER_LIMIT_BYTES
from ibfast.simulator.faults import Garbage, Repeat, Say, Spoil, Storm

FIRST_DROPPED_ID = 1_000  # client ids of the clients that are dropped
NO_LIMIT = resource.RLIM_INFINITY

LIES = {
    "a spoiled answer": lambda dice: [
        Spoil(at_message=ContractData, edit=lambda payload: payload[: len(payload) // 2])
    ],
    "an answer cut short": lambda dice: [Spoil(at_message=HistoricalData)],
    "a time out of range": lambda dice: [Spoil(at_message=CurrentTime, field="current_time", raw=b"9" * 30)],
    "an answer many times": lambda dice: [Repeat(at_message=ContractData, count=dice.randrange(2, 20_000))],
    "another type under an id": lambda dice: [Say(TickPrice(req_id=dice.randrange(1, 2_000), price=1.0))],
    "an error of nobody": lambda dice: [
        Say(ErrorMessage(id=dice.randrange(10**6, 10**7), error_code=200, error_msg="x"))
    ],
    "a huge list of accounts": lambda dice: [Say(ManagedAccounts(accounts_list="A," * dice.randrange(100_000)))],
    "a huge notice": lambda dice: [Garbage(size=dice.randrange(2**20))],
    "a storm of farms": lambda dice: [Storm(dice.randrange(20_000), text="farm" * dice.randrange(100))],
}


class Unexpected(BaseException):
    """What no library catches by name."""


RAISED = (ValueError, OSError, RuntimeError, MemoryError, asyncio.CancelledError, GeneratorExit, Unexpected)


async def raise_in_callbacks(sim, client, dice, happened, over):
    """Every kind of callback raises now and then."""

    def callback(item):
        if dice.random() < 0.3:
            happened["an exception of a callback"] += 1
            raise dice.choice(RAISED)("from a callback")

    streams = [client.order_updates(), client.notices(), client.errors(), client.health(), client.tick_by_tick(AAPL)]
    for stream in streams:
        stream.on(callback)
    await over.wait()
    for stream in streams:
        stream.close()


def fill_disk_of(journal):
    async def fill_disk(sim, client, dice, happened, over):
        """The journal may grow no further, for a while."""
        try:
            while not over.is_set():
                await asyncio.sleep(dice.random() * 3)
                happened["a full disk"] += 1
                size = journal.stat().st_size if journal.exists() else 0
                resource.setrlimit(resource.RLIMIT_FSIZE, (size + dice.randrange(400), NO_LIMIT))
                await asyncio.sleep(dice.random() / 2)
                resource.setrlimit(resource.RLIMIT_FSIZE, (NO_LIMIT, NO_LIMIT))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (NO_LIMIT, NO_LIMIT))

    return fill_disk


def is_refused_here(client):
    """Whether every call of a forked child is refused by name."""
    calls = (
        lambda: client.cancel_all_orders().send(None),
        lambda: client.current_time().send(None),
        lambda: client.order(AAPL).buy(1).market().submit().send(None),
        client.tick_by_tick(AAPL).open,
        client.position_updates().open,
    )
    for call in calls:
        try:
            call()
        except RuntimeError as error:
            if "belongs to" not in str(error):
                return False
        else:
            return False
    return not client.is_connected


async def fork(sim, client, dice, happened, over):
    while not over.is_set():
        await asyncio.sleep(dice.random() * 4)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # a process with threads: the point of it
            child = os.fork()
        if child == 0:
            good = False
            with contextlib.suppress(BaseException):
                good = is_refused_here(client)
            os._exit(0 if good else 1)
        happened["a fork"] += 1
        _, status = await asyncio.get_running_loop().run_in_executor(None, os.waitpid, child, 0)
        assert status == 0, "a forked child was not refused"


def open_and_drop(host, port, client_id):
    """A blocking client with a stream and a callback that nobody closes."""
    client = ibfast.blocking.Client.connect(host, port, client_id=client_id, timeout_s=20.0)
    client.order_updates().on(lambda event: None)
    client.tick_by_tick(AAPL).on(lambda rows: None)


async def drop(sim, client, dice, happened, over):
    for client_id in range(FIRST_DROPPED_ID, 10**6):
        if over.is_set():
            return
        await asyncio.sleep(dice.random() * 4)
        with contextlib.suppress(IbfastError):  # the gateway may be away
            await asyncio.get_running_loop().run_in_executor(None, open_and_drop, sim.host, sim.port, client_id)
            happened["a dropped client"] += 1
        gc.collect()


async def until_dropped_are_gone(sim, client, dice, happened, over):
    """Clients that were dropped give their thread and their client id back."""
    await over.wait()
    gc.collect()

    def are_gone():
        gc.collect()
        ids = [session.client_id for session in sim.gateway.sessions if (session.client_id or 0) >= FIRST_DROPPED_ID]
        return not ids and not any(thread.name == "ibfast" for thread in threading.enumerate())

    await soak.until_true(are_gone, "the end of clients that were dropped")


async def hostile(seconds, seed, version):
    growth_bytes = soak.GROWTH_BYTES + ANSWER_LIMIT_BYTES  # the heap keeps the room of the largest answer
    with tempfile.TemporaryDirectory() as folder:
        journal = Path(folder) / "orders.jsonl"
        jobs = (raise_in_callbacks, fill_disk_of(journal), fork, drop, until_dropped_are_gone)
        await soak.soak(
            seconds,
            seed,
            version,
            faults=soak.FAULTS | LIES,
            more_jobs=jobs,
            growth_bytes=growth_bytes,
            journal=journal,
        )
    await asyncio.get_running_loop().shutdown_default_executor()


if __name__ == "__main__":
    soak.LOSSES = (*soak.LOSSES, DecodeError, AnswerTooLarge, OSError)
    logging.getLogger("ibfast").addHandler(logging.NullHandler())  # what callbacks raise is logged, and expected
    warnings.simplefilter("ignore", ResourceWarning)
    loop_factory()().close()  # libuv keeps a pipe for the whole process; blocking clients run on uvloop
    sys.exit(soak.main(__doc__, hostile))
