"""What tests of the simulator's data share."""

from ibfast.schema import (
    Contract,
)
from support.calling import WEDNESDAY, converse

SECOND = 1_000_000_000


VERSIONS = [157, 176, 200, 203, 226]


ES = Contract(local_symbol="ESZ6", sec_type="FUT", exchange="CME")


class Clock:
    """Stands still until it is moved."""

    def __init__(self, now_ns=WEDNESDAY):
        self.now_ns = now_ns

    def __call__(self):
        return self.now_ns

    def pass_seconds(self, seconds):
        self.now_ns += int(seconds * SECOND)


def on_a_clock(conversation, **options):
    """Run ``conversation(simulator, clock)``."""
    clock = options.pop("clock", None) or Clock()

    async def run(sim):
        await conversation(sim, clock)

    converse(run, clock=clock, **options)
