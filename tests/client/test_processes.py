"""The blocking client can be interrupted, exited, forked and dropped; each case runs in a process of its own."""

import pytest
from support.programs import run_program

pytestmark = [
    pytest.mark.parametrize("version", [200, 226]),
    pytest.mark.parametrize("loop", ["asyncio", "uvloop"]),
]


def test_a_signal_handler_cancels_everything_while_the_main_thread_waits(version, loop):
    printed = run_program(
        """
        with SimulatorThread(server_version=version) as sim, Client.connect(sim.host, sim.port) as ib:
            trade = ib.order(AAPL).buy(1).limit(1).submit()
            until(lambda: trade.status == "Submitted")

            def kill_switch(number, frame):
                ib.cancel_all_orders()
                print("cancelled", ib.current_time() is not None)

            signal.signal(signal.SIGTERM, kill_switch)
            threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGTERM)).start()
            trade.done()
            print(trade.status)
        """,
        version,
        loop,
    )
    assert printed.splitlines()[:2] == ["cancelled True", "Cancelled"]


def test_signal_handlers_between_any_two_instructions_never_deadlock(version, loop):
    """A timer interrupts the main thread thousands of times inside calls, locks and callbacks; each handler calls."""
    printed = run_program(
        """
        with SimulatorThread(server_version=version) as sim, Client.connect(sim.host, sim.port, pacing=False) as ib:
            ticks, handled, busy = ib.tick_by_tick(AAPL), [], []

            def handler(number, frame):
                if busy:
                    return
                busy.append(1)
                ib.cancel_all_orders()
                ticks.try_next()
                handled.append(1)
                busy.clear()

            signal.signal(signal.SIGALRM, handler)
            signal.setitimer(signal.ITIMER_REAL, 0.001, 0.0007)
            for _ in range(300):
                ib.current_time()
                ib.order(AAPL).buy(1).limit(1).submit()
                ib.positions()
            signal.setitimer(signal.ITIMER_REAL, 0)
            print("handled", len(handled) > 20)
        """,
        version,
        loop,
    )
    assert "handled True" in printed


def test_a_signal_handler_may_close_the_client_while_the_main_thread_waits_or_closes(version, loop):
    printed = run_program(
        """
        from ibfast import ConnectionLost
        with SimulatorThread(server_version=version) as sim:
            for wait in ("trade", "close"):
                ib = Client.connect(sim.host, sim.port)
                signal.signal(signal.SIGTERM, lambda number, frame: (ib.close(), print("closed in", wait)))
                threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGTERM)).start()
                try:
                    if wait == "trade":
                        ib.order(AAPL).buy(1).limit(1).submit().done()
                    else:
                        ib.tick_by_tick(AAPL).next()
                        until(lambda: not ib.is_connected or not ib.close())
                        time.sleep(0.2)
                except ConnectionLost as error:
                    print("lost", error)
        """,
        version,
        loop,
    )
    assert "closed in trade" in printed
    assert "closed in close" in printed
    assert "lost the client" in printed or "lost the connection was closed" in printed


@pytest.mark.parametrize("how", ["while the main thread waits", "before its next call"])
def test_sys_exit_in_a_callback_ends_the_program(version, loop, how):
    printed = run_program(
        f"""
        how = {how!r}
        with SimulatorThread(server_version=version) as sim, Client.connect(sim.host, sim.port) as ib:
            waiting = threading.Event()

            def callback(event, called=[]):
                called.append(event)
                if len(called) > 1:
                    return
                if how == "while the main thread waits":
                    waiting.wait(5)
                    time.sleep(0.05)
                sys.exit(7)

            ib.order_updates().on(callback)
            trade = ib.order(AAPL).buy(1).limit(1).submit()
            try:
                waiting.set()
                if how == "before its next call":
                    until(lambda: trade.status == "Submitted")
                    time.sleep(0.1)
                    ib.current_time()
                else:
                    trade.done()
            except SystemExit as error:
                print("raised", error.code, flush=True)
                print("goes on", ib.current_time() is not None, flush=True)
                raise
            print("not reached")
        """,
        version,
        loop,
        expected_exit=7,
    )
    assert "raised 7" in printed
    assert "goes on True" in printed
    assert "not reached" not in printed


def test_sys_exit_in_the_loop_itself_ends_neither_its_thread_nor_calls(version, loop):
    printed = run_program(
        """
        with SimulatorThread(server_version=version) as sim:
            try:
                sim.call(lambda simulator: sys.exit(3))
            except SystemExit as error:
                print("raised", error.code)
            try:
                sim.call(lambda simulator: None)
            except SystemExit as error:
                print("raised again")
            print(sim.call(lambda simulator: 4))
        """,
        version,
        loop,
    )
    assert printed.splitlines()[0] == "raised 3"
    assert "4" in printed


CALLS = """
        def refuses_all(ib, ticks, trade):
            acts = [ib.current_time, ib.positions, ib.cancel_all_orders, lambda: ib.cancel_order(trade), ib.close,
                    lambda: next(iter(ticks)), ticks.close, lambda: ib.tick_by_tick(AAPL),
                    lambda: ib.order(AAPL).buy(1).market().submit(), trade.done, lambda: trade.on(print)]
            return all("belongs to process" in refused(act) for act in acts) and not ib.is_connected
"""


def test_after_a_fork_every_call_is_refused_at_once_and_the_parents_session_goes_on(version, loop):
    printed = run_program(
        CALLS
        + """
        sim = SimulatorThread(server_version=version)
        ib = Client.connect(sim.host, sim.port)
        ticks = ib.tick_by_tick(AAPL)
        ticks.next()
        trade = ib.order(AAPL).buy(1).limit(1).submit()
        for ending in ("os._exit", "sys.exit"):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                child = os.fork()
            if child == 0:
                signal.alarm(20)
                good = refuses_all(ib, ticks, trade)
                if ending == "os._exit":
                    os._exit(0 if good else 1)
                del ib, ticks, trade, sim
                gc.collect()
                if loop == "uvloop":  # libuv's own exit handler joins threads that a forked child does not have
                    os._exit(0 if good else 1)
                sys.exit(0 if good else 1)
            print("child", os.waitpid(child, 0)[1])
            ib.current_time()
            ticks.next()
            sessions = sim.call(lambda simulator: len(simulator.gateway.sessions))
            print("still", ib.is_connected, ib.stats["reconnects"], sessions)
        trade = ib.cancel_order(trade).done()
        print(trade.status)
        ib.close()
        sim.close()
        """,
        version,
        loop,
    )
    assert printed.splitlines()[:5] == ["child 0", "still True 0 1", "child 0", "still True 0 1", "Cancelled"]


def test_multiprocessing_is_refused_too(version, loop):
    printed = run_program(
        """
        import multiprocessing
        sim = SimulatorThread(server_version=version)
        ib = Client.connect(sim.host, sim.port)

        def work(queue):
            queue.put(refused(ib.current_time))

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context = multiprocessing.get_context("fork")
            queue = context.SimpleQueue()
            process = context.Process(target=work, args=(queue,))
            process.start()
        print(queue.get())
        process.join()
        print(process.exitcode, ib.current_time() is not None)
        print(refused(lambda: multiprocessing.get_context("spawn").Process(target=print, args=(ib,)).start()))
        ib.close()
        sim.close()
        """,
        version,
        loop,
    )
    assert "belongs to process" in printed
    assert "0 True" in printed
    assert "stays in its process" in printed


def test_a_client_that_is_dropped_closes_with_a_resource_warning(version, loop):
    printed = run_program(
        """
        sim = SimulatorThread(server_version=version)
        threads, files = threading.active_count(), len(os.listdir("/proc/self/fd"))
        for _ in range(3):
            ib = Client.connect(sim.host, sim.port, client_id=9)
            ib.order_updates().on(lambda event: None)
            ticks = ib.tick_by_tick(AAPL)
            ticks.on(lambda rows: None)
            trade = ib.order(AAPL).buy(1).limit(1).submit()
            del ib, ticks, trade
            gc.collect()
            until(lambda: threading.active_count() == threads)
            until(lambda: not sim.call(lambda simulator: len(simulator.gateway.sessions)))
            gc.collect()
            until(lambda: len(os.listdir("/proc/self/fd")) <= files)
        print("nothing is left")
        sim.close()
        sim.close()
        """,
        version,
        loop,
    )
    assert printed.count("ResourceWarning: <") == 3, printed
    assert "was dropped without close()" in printed
    assert "nothing is left" in printed


def test_the_interpreter_ends_with_a_client_left_open(version, loop):
    printed = run_program(
        """
        sim = SimulatorThread(server_version=version)
        ib = Client.connect(sim.host, sim.port)
        ticks = ib.tick_by_tick(AAPL)
        ticks.next()
        threading.Thread(target=lambda: ticks.collect_for(60), daemon=True).start()
        print("the end")
        """,
        version,
        loop,
    )
    assert "the end" in printed


def test_after_a_fork_the_async_client_refuses_every_call_and_the_parents_session_goes_on(version, loop):
    printed = run_program(
        """
        import asyncio, uvloop
        from ibfast import Client as AsyncClient

        async def main(sim):
            async with await AsyncClient.connect(sim.host, sim.port) as ib:
                ticks = ib.tick_by_tick(AAPL)
                await ticks.next()
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", DeprecationWarning)
                    child = os.fork()
                if child == 0:
                    signal.alarm(20)
                    calls = [lambda: ib.current_time().send(None), lambda: ib.cancel_all_orders().send(None),
                             lambda: ib.order(AAPL).buy(1).market().submit().send(None), ticks.close,
                             ib.tick_by_tick(AAPL).open, lambda: ib.close().send(None)]
                    good = all("belongs to process" in refused(call) for call in calls) and not ib.is_connected
                    os._exit(0 if good else 1)
                print("child", os.waitpid(child, 0)[1])
                await ib.current_time()
                await ticks.next()
                print("reconnects", ib.stats["reconnects"])

        with SimulatorThread(server_version=version) as sim:
            new_loop = asyncio.new_event_loop if loop == "asyncio" else uvloop.new_event_loop
            with asyncio.Runner(loop_factory=new_loop) as runner:
                runner.run(main(sim))
        """,
        version,
        loop,
    )
    assert printed.splitlines()[:2] == ["child 0", "reconnects 0"]
