"""Programs that run in a process of their own, bounded in time: signals, forks, exits."""

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

ENDS_WITHIN_S = 60
BEFORE = """
    import gc, os, signal, sys, threading, time, warnings
    from ibfast import Contract
    from ibfast.blocking import Client
    from ibfast.simulator.thread import SimulatorThread
    AAPL = Contract.stock("AAPL")
    version, loop = int(sys.argv[1]), sys.argv[2]
    if loop == "asyncio":
        import asyncio, ibfast._blocking.portal
        ibfast._blocking.portal.loop_factory = lambda: asyncio.new_event_loop

    def until(condition):
        while not condition():
            time.sleep(0.001)

    def refused(act):
        try:
            act()
        except RuntimeError as error:
            return str(error)
        raise AssertionError("it was not refused")
"""


def run_program(program, version=226, loop="asyncio", *, expected_exit=0):
    """What the program prints; it must end by itself, with this exit code."""
    text = dedent(BEFORE) + dedent(program)
    # every warning: two clients at one address in memory, one after the other, have the same text
    command = [sys.executable, "-X", "dev", "-W", "always", "-c", text, str(version), loop]
    done = subprocess.run(command, capture_output=True, text=True, timeout=ENDS_WITHIN_S, cwd=Path(__file__).parent)
    assert done.returncode == expected_exit, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr
