"""The ibfast command."""

import re
import signal
import subprocess
import sys

import pytest

pytest.importorskip("typer", reason="the commands are an extra")

from ibfast import demo

IBFAST = [sys.executable, "-W", "error", "-m", "ibfast"]


def run(*arguments):
    return subprocess.run([*IBFAST, *arguments], capture_output=True, text=True, timeout=60)


def test_the_demo_shows_ticks_bars_and_a_filled_bracket():
    done = run("demo", "--plain", "--seconds", "1")
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    for shown in ("AAPL", "EUR.USD", "bars, 20", "┌", "status: Filled, 100 filled", "commission 1.0 USD", "Summary"):
        assert shown in done.stdout
    received = int(re.search(r"records in numpy\s+([\d,]+)", done.stdout)[1].replace(",", ""))
    assert received > 1000


def test_a_real_gateway_gets_no_order_unless_that_is_allowed():
    with simulator() as port:
        shown = run("demo", "--plain", "--seconds", "1", "--host", "127.0.0.1", "--port", str(port)).stdout
        assert "--allow-orders was not given" in shown
        assert "Bracket" not in shown
        allowed = run("demo", "--plain", "--seconds", "1", "--host", "127.0.0.1", "--port", str(port), "--allow-orders")
        assert "Bracket" in allowed.stdout


def test_a_demo_without_a_gateway_says_so_and_fails():
    done = run("demo", "--plain", "--host", "127.0.0.1", "--port", "1")
    assert done.returncode == 1
    assert "ibfast demo: 127.0.0.1:1" in done.stdout


class simulator:  # noqa: N801  (used like a function)
    """`ibfast sim` as a process of its own; the port it listens on."""

    def __enter__(self):
        command = [*IBFAST, "sim", "--port", "0", "--server-version", "200", "--seed", "7", "--rate", "500"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.line = self.process.stdout.readline()
        return int(re.search(r"127\.0\.0\.1:(\d+)", self.line)[1])

    def __exit__(self, *error):
        self.process.send_signal(signal.SIGINT)
        self.out, self.err = self.process.communicate(timeout=20)


def test_the_simulator_says_once_where_it_listens_and_ends_with_ctrl_c():
    running = simulator()
    with running:
        pass
    assert re.fullmatch(r"ibfast simulator listening on 127\.0\.0\.1:\d+, server version 200, seed 7\n", running.line)
    assert (running.out, running.err, running.process.returncode) == ("", "", 0)


def test_a_sparkline_scales_to_what_it_shows():
    assert demo.sparkline([1, 2, 3, 4, 5, 6, 7, 8]) == "▁▂▃▄▅▆▇█"
    assert demo.sparkline([float("nan"), 5.0, 5.0]) == " ▁▁"
    assert demo.sparkline([]) == ""
