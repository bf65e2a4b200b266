"""The ibfast command."""

import contextlib
import io
import re
import signal
import subprocess
import sys

import pytest

pytest.importorskip("typer", reason="the commands are an extra")

from ibfast import demo
from ibfast.simulator import SimulatorThread
from ibfast.simulator.handlers import contracts as answers_contracts
from ibfast.simulator.session import SimulatorSession
from ibfast.terminal import Terminal, printable

IBFAST = [sys.executable, "-W", "error", "-m", "ibfast"]


def run(*arguments):
    return subprocess.run([*IBFAST, *arguments], capture_output=True, text=True, timeout=60)


def test_the_demo_shows_ticks_bars_and_a_filled_bracket():
    done = run("demo", "--plain", "--seconds", "1")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.isascii()
    assert "\x1b" not in done.stdout
    for shown in ("AAPL", "EUR.USD", "bars, 20", "+---", "status: Filled, 100 filled", "commission 1.0 USD", "Summary"):
        assert shown in done.stdout
    received = int(re.search(r"records in numpy\W+([\d,]+)", done.stdout)[1].replace(",", ""))
    assert received > 1000


@pytest.mark.parametrize("address", [["--host", "127.0.0.1"], []], ids=["host and port", "port alone"])
def test_a_real_gateway_gets_no_order_unless_that_is_allowed(address):
    with simulator() as port:
        shown = run("demo", "--plain", "--seconds", "1", *address, "--port", str(port)).stdout
        assert f"Connected to 127.0.0.1:{port}" in shown
        assert "--allow-orders was not given" in shown
        assert "Bracket" not in shown


def test_what_a_real_gateway_gets_is_one_share_far_from_the_market_and_cancelled(monkeypatch):
    monkeypatch.setattr(demo, "ORDER_PATIENCE_S", 1.0)
    with SimulatorThread(rate=500.0) as gateway:
        code, shown = demo_of(gateway.port, allow_orders=True)
        assert code == 0
        bid, entry = (
            float(number) for number in re.search(r"AAPL\W+([\d.]+).*buy 1 AAPL at ([\d.]+)", shown, re.S).groups()
        )
        assert entry < 0.85 * bid
        assert "BUY LMT: Cancelled, 0 filled" in shown
        assert "may still work" not in shown
        assert gateway.call(lambda simulator: len(working(simulator))) == 0


def test_an_interrupted_demo_leaves_no_order_behind(monkeypatch):
    """Ctrl-C, an error, a full disk: whatever ends the wait for the order, the order goes too."""

    async def interrupted(self, entry):
        raise KeyError("a fault of ours")

    monkeypatch.setattr(demo.Demo, "_follow", interrupted)
    with SimulatorThread(rate=500.0) as gateway:
        with pytest.raises(KeyError):
            demo_of(gateway.port, allow_orders=True)
        assert gateway.call(lambda simulator: len(working(simulator))) == 0


def test_an_order_that_could_not_be_cancelled_is_named(monkeypatch):
    async def nothing(self, trade, **options):
        return trade

    monkeypatch.setattr(demo, "ORDER_PATIENCE_S", 0.5)
    monkeypatch.setattr(demo.Client, "cancel_order", nothing)
    with SimulatorThread(rate=500.0) as gateway:
        _, shown = demo_of(gateway.port, allow_orders=True)
    assert re.search(
        r"order \d+ \(BUY LMT\) may still work, it is \w+: look at it in TWS, and cancel it there", joined(shown)
    )


def demo_of(port, **options):
    """The exit code of a demo in this process, and what it printed."""
    settings = {"host": "127.0.0.1", "client_id": 57, "allow_orders": False, "seconds": 1.0, "plain": True}
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = demo.run_demo(demo.Settings(port=port, **settings | options))
    return code, out.getvalue()


def joined(shown):
    """What was printed, without its line ends."""
    return " ".join(shown.split())


def working(simulator):
    return simulator.gateway.engine.live()


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
    assert demo.sparkline([1, 8], blocks=demo.PLAIN_SPARKS).isascii()


HOSTILE = "\x1b]0;owned\x07\x1b[2J[bold red]x[/bold red][/nonsense]\r\n:smile:\u202egnp\x9b31m"


def speak(monkeypatch, text):
    """Let the simulator say this wherever it names something, and refuse a contract with it."""
    details, find = answers_contracts.contract_data, SimulatorSession.find

    def named(*arguments):
        data = details(*arguments)
        return data.replace(
            contract=data.contract.replace(local_symbol=text),
            contract_details=data.contract_details.replace(long_name=text, time_zone_id=text),
        )

    def found(self, contract):
        return (200, text) if contract is not None and contract.symbol == "EUR" else find(self, contract)

    monkeypatch.setattr(answers_contracts, "contract_data", named)
    monkeypatch.setattr(SimulatorSession, "find", found)


@pytest.mark.parametrize("plain", [True, False])
def test_what_a_gateway_says_is_neither_markup_nor_an_escape_sequence(plain, monkeypatch):
    """Names, time zones, local symbols, errors and exchanges of a gateway that wants to own the terminal."""
    speak(monkeypatch, HOSTILE)
    out = io.StringIO()
    with SimulatorThread(rate=500.0) as gateway, contextlib.redirect_stdout(out):
        console = Terminal(plain=plain, force_terminal=not plain, width=400)
        settings = demo.Settings("127.0.0.1", gateway.port, 57, True, 1.0, plain)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(demo, "ORDER_PATIENCE_S", 0.5)
            demo.run(demo.Demo(settings, console).show())
    shown = out.getvalue()
    assert "[bold red]x[/bold red][/nonsense]" in shown
    assert r"\x1b]0;owned\x07" in shown
    assert ":smile:" in shown
    for harmful in ("\x1b]", "\x1b[2J", "\x9b", "\u202e", "\x07"):
        assert harmful not in shown
    assert shown.isascii() or not plain


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("APPLE INC", "APPLE INC"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("two\r\nlines\ttab", r"two\r\nlines\ttab"),
        ("right\u202eto left", r"right\u202eto left"),
        ("a\u2028b", r"a\u2028b"),
        ("Zürich 中国 €", "Zürich 中国 €"),
        ("\udcff", r"\udcff"),
        ("\x9b1m", r"\x9b1m"),
    ],
)
def test_a_text_of_others_is_shown_with_its_control_characters_spelled_out(said, shown):
    assert printable(said) == shown
    assert printable(said, plain=True).isascii()


def test_an_error_on_the_way_to_a_gateway_is_shown_as_it_stands(monkeypatch):
    """The refusal of a connect has the gateway's words, and the host the user's."""
    code, shown = demo_of(1, host="[bold]\x1b[31m.invalid")
    assert code == 1
    assert "[bold]" in shown
    assert "\x1b" not in shown
