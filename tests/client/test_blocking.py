"""What is special about the blocking client; what it shares with the async one is in test_client."""

import asyncio
import contextlib
import gc
import inspect
import re
import subprocess
import sys
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support.running import LOOPS, Complaints, simulator

import ibfast
import ibfast.blocking
from ibfast import ConnectionFailed, ConnectionLost, Contract, RequestError
from ibfast._blocking.portal import Portal
from ibfast._blocking.proxy import Facade

ROOT = Path(__file__).parents[2]
AAPL = Contract.stock("AAPL")
SOON_S = 5
CLASSES = {
    "Client": ibfast.Client,
    "Ticks": ibfast.Ticks,
    "Computations": ibfast.Computations,
    "BarUpdates": ibfast.BarUpdates,
    "Quote": ibfast.Quote,
    "OrderBook": ibfast.OrderBook,
    "MessageStream": ibfast.MessageStream,
    "Updates": ibfast.Updates,
    "Portfolio": ibfast.Portfolio,
    "Trade": ibfast.Trade,
    "OrderBuilder": ibfast.OrderBuilder,
    "BracketBuilder": ibfast.BracketBuilder,
}
FOR_THE_CONVERSATION = {
    "put", "fail", "open", "received", "noticed", "failed", "rows", "option_rows", "on_open_order", "on_status",
    "on_execution", "on_commission", "on_error", "connection_lost", "listeners",
    "replaying", "on_refusal", "on_completed", "interrupted", "resumed", "resume",
    "on_disconnected", "on_lost", "on_unacknowledged", "reported", "sent_again",
}  # fmt: skip


@pytest.fixture(autouse=True)
def nothing_is_left():
    """No thread outlives its client, and nobody complained."""
    threads, complaints = set(threading.enumerate()), Complaints()
    with complaints:
        yield
    assert set(threading.enumerate()) == threads
    assert complaints.heard == []


@pytest.fixture(params=["asyncio", "uvloop"])
def sim(request, monkeypatch):
    """A simulator in a thread of its own; the client's loop is of the same kind."""
    new_loop = LOOPS[request.param]
    if new_loop is None:
        pytest.skip("no uvloop here")
    monkeypatch.setattr("ibfast._blocking.portal.loop_factory", lambda: new_loop)
    portal, sim = Portal(), simulator()
    portal.run(sim.start())
    yield sim
    portal.run(sim.stop())
    portal.close()


def connect(sim, **options):
    return ibfast.blocking.Client.connect(sim.host, sim.port, **options)


# ------------------------------------------------------------------------------------------- threads and loops


def test_threads_share_a_client(sim):
    symbols = ["AAPL", "MSFT", "TSLA", "IBM", "SPY"] * 4

    def ask(client, symbol):
        (found,) = client.contract_details(Contract.stock(symbol))
        with client.market_data(found.contract) as ticks:
            assert len(ticks.next(SOON_S))
        return found.contract.symbol

    with connect(sim) as client, ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda symbol: ask(client, symbol), symbols)) == symbols
        orders = list(pool.map(lambda _: client.order(AAPL).buy(1).market().submit().filled(), range(8)))
        assert len({trade.order_id for trade in orders}) == 8


def test_it_works_inside_a_running_event_loop(sim):
    async def main():
        with connect(sim) as client:
            assert client.current_time().year == 2026
            assert len(client.market_data(AAPL).next(SOON_S))

    asyncio.run(main())


def test_a_call_from_the_loop_s_own_thread_is_refused(sim):
    with connect(sim) as client:
        called = []

        def call():
            try:
                client.current_time()
            except RuntimeError as error:
                called.append(error)

        client._portal.call(call)
        assert "own event loop" in str(called[0])
        assert client.current_time().year == 2026


def test_closing_from_many_threads(sim):
    client = connect(sim)
    with ThreadPoolExecutor(8) as pool:
        for _ in range(8):
            pool.submit(client.close)
    client.close()
    assert not client.is_connected


def test_closing_ends_what_other_threads_wait_for(sim):
    client = connect(sim)
    notices, updates = client.notices(), client.order_updates()
    for _ in range(3):
        notices.next(SOON_S)
    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(stream.next) for stream in (notices, updates)]
        client.close()
        for future in waiting:
            with pytest.raises(ConnectionLost):
                future.result(SOON_S)


def test_leaving_on_an_error_closes(sim):
    with pytest.raises(ZeroDivisionError), connect(sim) as client:
        1 / 0  # noqa: B018
    assert not client.is_connected


def test_a_failed_connect_leaves_no_thread(sim):
    with connect(sim, client_id=5), pytest.raises(ConnectionFailed):
        connect(sim, client_id=5)


def test_what_is_left_after_closing_can_still_be_used(sim):
    with connect(sim) as client:
        trade = client.order(AAPL).buy(1).market().submit().filled()
        ticks = client.market_data(AAPL)
        seen = len(ticks.next(SOON_S))
    assert (trade.status, trade.filled_quantity) == ("Filled", 1)
    rest = ticks.try_next()
    assert ticks.total == seen + (0 if rest is None else len(rest))
    ticks.close()
    with pytest.raises(ConnectionLost):
        client.contract_details(AAPL)
    with pytest.raises(ConnectionLost):
        client.order(AAPL).buy(1).market().submit()


# --------------------------------------------------------------------------------------------- faces of objects


def test_an_object_has_one_face_as_long_as_somebody_holds_it(sim):
    with connect(sim) as client:
        trade = client.order(AAPL).buy(1).market().submit()
        assert trade.filled() is trade
        assert client.trades == [trade]
        assert {event.trade for event in trade} == {trade}
        assert isinstance(trade, ibfast.blocking.Trade)


class SlowMisses(dict):
    """Who finds nothing waits until a second one has found nothing either, or until there is none."""

    def __init__(self):
        self.meeting = threading.Barrier(2)

    def __missing__(self, key):
        with contextlib.suppress(threading.BrokenBarrierError):
            self.meeting.wait(0.5)
        raise KeyError(key)


def test_an_object_has_one_face_when_two_threads_ask_at_once(sim, monkeypatch):
    with connect(sim) as client, ThreadPoolExecutor(2) as pool:
        client.order(AAPL).buy(1).market().submit().filled()
        faces = weakref.WeakValueDictionary()
        faces.data = SlowMisses()
        monkeypatch.setattr(Facade, "_faces", faces)
        first, second = [pool.submit(lambda: client.trades) for _ in range(2)]
        assert first.result(SOON_S)[0] is second.result(SOON_S)[0]


def test_a_stream_that_nobody_holds_is_given_back(sim):
    with connect(sim) as client:
        ticks = client.market_data(AAPL)
        ticks.next(SOON_S)
        ticks.close()
        behind = weakref.ref(ticks._async)
        del ticks
        client.current_time()
        gc.collect()
        assert behind() is None


def test_a_builder_returns_itself(sim):
    with connect(sim) as client:
        builder = client.order(AAPL)
        assert builder.buy(1).limit(10.0).good_till_cancel().outside_rth() is builder
        bracket = builder.bracket(entry=10.0, take_profit=11.0, stop_loss=9.0)
        assert isinstance(bracket, ibfast.blocking.BracketBuilder)
        assert bracket.good_till_cancel() is bracket


def test_streams_are_plain_iterators(sim):
    with connect(sim) as client:
        assert [len(rows) > 0 for rows in client.market_data(AAPL, snapshot=True)] == [True]
        with client.tick_by_tick(AAPL, "Last") as ticks:
            events = ticks.events()
            assert [next(events).seq for _ in range(3)] == [0, 1, 2]
            ticks.close()
            while ticks.try_next() is not None:
                pass
            with pytest.raises(StopIteration):
                ticks.next(SOON_S)
        with pytest.raises(TimeoutError):
            client.order_updates().next(0.001)


def test_errors_come_through(sim):
    with connect(sim) as client:
        with pytest.raises(RequestError, match="200"):
            client.contract_details(Contract.stock("NOSUCH"))
        with pytest.raises(ValueError, match="policy"):
            client.market_data(AAPL, policy="pile")
        trade = client.order(AAPL).buy(1).limit(1.005).submit()
        with pytest.raises(RequestError, match="110"):
            trade.filled()


def test_a_callback_gets_blocking_faces(sim):
    with connect(sim) as client:
        heard, done = [], threading.Event()

        def hear(event):
            heard.append(event.trade)
            done.set()

        client.order_updates().on(hear)
        trade = client.order(AAPL).buy(1).limit(1.0).submit()
        assert done.wait(SOON_S)
        assert isinstance(heard[0], ibfast.blocking.Trade)
        assert heard[0].order_id == trade.order_id


# ------------------------------------------------------------------------------------- the same as the async one


def public(cls):
    names = {name for name in dir(cls) if not name.startswith("_")}
    names |= {name for base in cls.__mro__ for name in inspect.get_annotations(base) if name[0] != "_"}
    if issubclass(cls, ibfast.OrderBuilder | ibfast.BracketBuilder):
        return names
    return names - FOR_THE_CONVERSATION


@pytest.mark.parametrize("name", CLASSES)
def test_both_clients_have_the_same_names(name):
    theirs, ours = public(CLASSES[name]), public(getattr(ibfast.blocking, name))
    assert ours == theirs


def pairs():
    for name, cls in CLASSES.items():
        for member in sorted(public(cls)):
            theirs = inspect.getattr_static(cls, member, None)
            if theirs is not None:
                yield pytest.param(theirs, getattr(ibfast.blocking, name).__dict__[member], id=f"{name}.{member}")


def plain(text):
    """An async docstring as a blocking one."""
    if text is None:
        return None
    return re.sub(r"\b(async (?=with|for)|await )", "", text).replace("StopAsyncIteration", "StopIteration")


def function_of(member):
    return getattr(member, "fget", None) or getattr(member, "__func__", None) or member


@pytest.mark.parametrize(("theirs", "ours"), list(pairs()))
def test_both_clients_have_the_same_signatures_and_docstrings(theirs, ours):
    is_field = not callable(function_of(theirs))  # of a dataclass: a property here
    assert is_field or isinstance(theirs, property) == isinstance(ours, property)
    assert isinstance(theirs, classmethod) == isinstance(ours, classmethod)
    if is_field:
        assert isinstance(ours, property)
        return
    theirs, ours = function_of(theirs), function_of(ours)
    assert not inspect.iscoroutinefunction(ours)
    wanted, found = (inspect.signature(function).parameters.values() for function in (theirs, ours))
    assert [(item.name, item.kind, item.default) for item in found] == [
        (item.name, item.kind, item.default) for item in wanted
    ]
    assert inspect.getdoc(ours) == plain(inspect.getdoc(theirs))


@pytest.mark.parametrize("name", CLASSES)
def test_both_clients_explain_their_classes_alike(name):
    assert inspect.getdoc(getattr(ibfast.blocking, name)) == plain(inspect.getdoc(CLASSES[name]))


def test_the_blocking_client_is_current():
    check = [sys.executable, str(ROOT / "tools" / "generate_blocking.py"), "--check"]
    done = subprocess.run(check, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
