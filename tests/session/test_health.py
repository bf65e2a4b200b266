"""What the gateway says and what becomes of the session's state; no sockets, no loop."""

from itertools import islice

import pytest

from ibfast.session.health import Effect, HealthMonitor, HealthState, pauses

LOST = "Connectivity between IB and Trader Workstation has been lost."


@pytest.fixture
def watch():
    seen = []
    watch = HealthMonitor(lambda: 7, seen.append)
    watch.seen = seen
    watch.enter(HealthState.HANDSHAKING)
    watch.enter(HealthState.READY)
    return watch


def states(watch):
    return [health.state.value for health in watch.seen]


def test_servers_lost_and_found_again(watch):
    assert watch.heard(1100, LOST) is Effect.INTERRUPTED
    assert watch.current.state is HealthState.DEGRADED
    assert watch.current.reason == f"1100: {LOST}"
    assert watch.heard(1102, "restored, data maintained") is Effect.RESUMED
    assert states(watch) == ["handshaking", "ready", "degraded", "ready"]


def test_data_lost_is_asked_for_anew_even_if_the_loss_was_never_told(watch):
    assert watch.heard(1101, "restored, data lost") is Effect.LOST
    assert watch.current.state is HealthState.READY


def test_a_loss_told_twice_is_one(watch):
    assert watch.heard(1100, LOST) is Effect.INTERRUPTED
    assert watch.heard(2110, LOST) is None
    assert watch.heard(1102, "") is Effect.RESUMED
    assert watch.heard(1102, "") is None


def test_a_farm_that_flaps(watch):
    assert watch.heard(2103, "Market data farm connection is broken:usfarm") is Effect.INTERRUPTED
    assert watch.current.farms == ("usfarm",)
    assert watch.current.reason == "2103: usfarm"
    assert watch.heard(2104, "Market data farm connection is OK:eufarm") is None
    assert watch.heard(2104, "Market data farm connection is OK:usfarm") is Effect.RESUMED
    assert watch.current.state is HealthState.READY


@pytest.mark.parametrize(("lost", "back"), [(2105, 2106), (2157, 2158), (2119, 2104), (2105, 2107)])
def test_farms_of_history_and_definitions_interrupt_no_stream(watch, lost, back):
    assert watch.heard(lost, "is broken:somefarm") is None
    assert watch.current.state is HealthState.DEGRADED
    assert watch.heard(back, "is OK:somefarm") is None
    assert watch.current.state is HealthState.READY


def test_a_farm_that_is_back_while_the_servers_are_lost_resumes_nothing_yet(watch):
    watch.heard(2103, "broken:usfarm")
    watch.heard(1100, LOST)
    assert watch.heard(2104, "OK:usfarm") is None
    assert watch.current.state is HealthState.DEGRADED
    assert watch.heard(1102, "") is Effect.RESUMED


def test_a_moved_port_ends_the_socket(watch):
    assert watch.heard(1300, "TWS socket port has been reset") is Effect.MOVED


def test_words_during_the_handshake_make_no_session_ready():
    watch = HealthMonitor(lambda: 0, lambda health: None)
    watch.enter(HealthState.HANDSHAKING)
    watch.heard(2104, "OK:usfarm")
    assert watch.current.state is HealthState.HANDSHAKING


def test_a_new_session_begins_without_old_troubles(watch):
    watch.heard(2103, "broken:usfarm")
    watch.enter(HealthState.RECONNECTING, "cut", attempt=1, pause_s=1.0)
    watch.enter(HealthState.HANDSHAKING)
    watch.enter(HealthState.READY)
    assert watch.current.farms == ()
    assert states(watch)[2:] == ["degraded", "reconnecting", "handshaking", "ready"]


def test_pauses_grow_like_fibonacci_numbers_up_to_thirty_seconds():
    assert list(islice(pauses(lambda: 0.0), 10)) == [1, 2, 3, 5, 8, 13, 21, 30, 30, 30]
    longest = list(islice(pauses(lambda: 0.999), 10))
    assert max(longest) < 36.0


def test_farms_without_end_are_bounded_in_number_and_name(watch):
    for number in range(20_000):
        watch.heard(2103, f"Market data farm connection is broken:{number}" + "x" * 100_000 * (number < 100))
    assert len(watch.current.farms) == 64
    assert max(map(len, watch.current.farms)) <= 64
    assert len(watch.current.reason) < 64 * 80
    assert len(watch.seen) < 100  # what is not remembered is no news
    watch.heard(1100, "y" * 1_000_000)
    assert len(watch.current.reason) < 2_000
    for farm in watch.current.farms:
        watch.heard(2104, f"Market data farm connection is OK:{farm}")
    watch.heard(1102, "restored, data maintained")
    assert watch.current.state is HealthState.READY
