"""The limits are kept, by a clock that the test turns; no sockets, no loop."""

import tracemalloc
from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibfast.errors import PacingError
from ibfast.limits import RATES, Lane, lane_of
from ibfast.schema import (
    CancelHistoricalData,
    CancelOrderRequest,
    Contract,
    ContractDataRequest,
    CurrentTimeRequest,
    HistoricalDataRequest,
    MarketDataRequest,
    MarketDepthRequest,
    PlaceOrderRequest,
    TickByTickRequest,
)
from ibfast.session.pacing import SECOND_NS, Pacing
from ibfast.session.pacing_queue import Window

AAPL = Contract.stock("AAPL")


class Transport:
    """A pacing and what has left, each with the time it did; time passes only by `run`."""

    def __init__(self, **options):
        self.pacing = Pacing(**options)
        self.now = 0
        self.left = []

    def send(self, *messages):
        for message in messages:
            if self.pacing.try_acquire(message, self.now):
                self.pacing.record_sent(message, self.now)
                self.left.append((self.now, message))
            else:
                self.pacing.wait(message, b"", self.now)
        self.pump()

    def pump(self):
        leaving, soonest = self.pacing.release(self.now)
        self.left += [(self.now, waiting.message) for waiting in leaving]
        return soonest

    def run(self, seconds=3600.0):
        until = self.now + int(seconds * SECOND_NS)
        while (soonest := self.pump()) is not None and soonest <= until:
            assert soonest > self.now
            self.now = soonest
        self.now = until

    def times(self):
        return [at / SECOND_NS for at, _ in self.left]


def bars(req_id, symbol="AAPL", bar_size="5 secs", **more):
    request = {"req_id": req_id, "contract": Contract.stock(symbol), "bar_size_setting": bar_size, "duration": "60 S"}
    return HistoricalDataRequest(**{"what_to_show": "TRADES"} | request | more)


def busiest(times, seconds):
    """The most that ever fell into one such stretch of time."""
    window, most = deque(), 0
    for time in times:
        window.append(time)
        while window[0] <= time - seconds:
            window.popleft()
        most = max(most, len(window))
    return most


def test_within_the_limits_nothing_waits():
    transport = Transport()
    transport.send(*(ContractDataRequest(req_id=number) for number in range(48)))
    assert transport.times() == [0.0] * 48
    assert transport.pacing.counters.waits == 0


@pytest.mark.parametrize(("lines", "rate"), [(100, 50), (200, 100), (1000, 500)])
def test_a_thousand_requests_keep_the_rate_and_use_it(lines, rate):
    transport = Transport(lines=lines)
    transport.send(*(ContractDataRequest(req_id=number) for number in range(1000)))
    transport.run()
    assert len(transport.left) == 1000
    assert busiest(transport.times(), 1.0) <= rate
    assert 1000 / max(transport.times()) >= 0.95 * rate


@pytest.mark.parametrize("lines", [100, 1000])
def test_a_gateway_that_reads_one_message_late_sees_no_breach(lines):
    """Whichever is read up to 35 ms late, and all that came in those with it."""
    transport = Transport(lines=lines)
    transport.send(*(ContractDataRequest(req_id=number) for number in range(1000)))
    transport.run()
    for late in range(0, 1000, 7):
        moment = transport.times()[late]
        read = [max(time, moment + 0.035) if time >= moment else time for time in transport.times()]
        assert busiest(read, 1.0) <= lines / 2


def test_orders_find_room_in_a_second_that_requests_have_filled():
    transport = Transport()
    transport.send(*(ContractDataRequest(req_id=number) for number in range(500)))
    transport.send(PlaceOrderRequest(order_id=1), CancelOrderRequest(order_id=1))
    assert [type(message) for _, message in transport.left[-2:]] == [PlaceOrderRequest, CancelOrderRequest]
    assert transport.times()[-1] == 0.0


def test_a_cancel_behind_five_hundred_requests_leaves_first():
    transport = Transport()
    transport.send(*(ContractDataRequest(req_id=number) for number in range(500)))
    transport.send(*(PlaceOrderRequest(order_id=number) for number in range(10)))
    sent = len(transport.left)
    transport.send(CancelOrderRequest(order_id=1), CancelHistoricalData(req_id=7))
    transport.run()
    kinds = [type(message) for _, message in transport.left[sent:]]
    assert kinds[:2] == [CancelOrderRequest, CancelHistoricalData]
    assert kinds[2:10] == [PlaceOrderRequest] * 8
    assert set(kinds[10:]) == {ContractDataRequest}


def test_requests_of_one_lane_keep_their_order():
    transport = Transport()
    transport.send(*(ContractDataRequest(req_id=number) for number in range(300)))
    transport.run()
    assert [message.req_id for _, message in transport.left] == list(range(300))


def test_sixty_fine_histories_in_ten_minutes_and_bid_ask_counts_twice():
    transport = Transport()
    transport.send(*(bars(number, f"A{number}") for number in range(100)))
    for _ in range(1200):
        for number in [message.req_id for _, message in transport.left]:
            transport.pacing.finished(number)
        transport.run(1)
    assert len(transport.left) == 100
    assert busiest(transport.times(), 600) == 60
    transport = Transport()
    transport.send(*(bars(number, f"A{number}", what_to_show="BID_ASK") for number in range(40)))
    transport.run(590)
    assert len(transport.left) == 30


def test_identical_histories_are_fifteen_seconds_apart_and_hold_up_nobody():
    transport = Transport()
    transport.send(bars(1), bars(2), bars(3, "MSFT"), bars(4, bar_size="1 day"))
    transport.run(1)
    assert [message.req_id for _, message in transport.left] == [1, 3, 4]
    transport.run(20)
    assert transport.times()[-1] >= 15


def test_five_histories_of_one_contract_in_two_seconds():
    transport = Transport()
    transport.send(*(bars(number, duration=f"{number} S") for number in range(12)))
    transport.run()
    assert busiest(transport.times(), 2) == 5


def test_coarse_bars_are_not_counted():
    transport = Transport()
    transport.send(*(bars(number, bar_size="1 hour") for number in range(40)))
    assert transport.times() == [0.0] * 40


def test_fifty_histories_are_open_at_once_and_the_next_waits_for_the_first_to_end():
    transport = Transport(lines=1000)
    transport.send(*(bars(number, bar_size="1 day") for number in range(60)))
    transport.run(30)
    assert len(transport.left) == 50
    assert transport.pacing.finished(3)
    transport.pump()
    assert len(transport.left) == 51
    assert transport.pacing.gauges(transport.now).open["history"] == (50, 50)


def test_one_subscription_too_many_is_refused_with_the_way_out():
    transport = Transport()
    for number, symbol in enumerate("ABCDE"):
        transport.send(TickByTickRequest(req_id=number, contract=Contract.stock(symbol), tick_type="Last"))
    with pytest.raises(PacingError, match=r"tick-by-tick: 5 of 5 are open; close one, or connect with lines="):
        transport.send(TickByTickRequest(req_id=9, contract=AAPL, tick_type="Last"))
    transport.pacing.finished(2)
    transport.send(TickByTickRequest(req_id=9, contract=AAPL, tick_type="Last"))
    assert transport.pacing.gauges(transport.now).open["tick-by-tick"] == (5, 5)


def test_subscriptions_that_still_wait_count_as_open():
    transport = Transport()
    transport.send(*(CurrentTimeRequest() for _ in range(48)))
    transport.send(*(MarketDepthRequest(req_id=number) for number in range(3)))
    with pytest.raises(PacingError, match="depth: 3 of 3"):
        transport.send(MarketDepthRequest(req_id=4))


def test_a_request_that_is_taken_back_never_leaves():
    transport = Transport()
    transport.send(*(ContractDataRequest(req_id=number) for number in range(60)))
    assert transport.pacing.withdraw(55)
    assert not transport.pacing.withdraw(55)
    transport.run()
    assert 55 not in [message.req_id for _, message in transport.left]


def test_after_a_complaint_nothing_leaves_for_a_second_and_then_less():
    transport = Transport()
    transport.pacing.on_pacing_violation(100, "Max rate of messages per second has been exceeded", 0)
    transport.send(*(ContractDataRequest(req_id=number) for number in range(200)))
    transport.run()
    assert min(transport.times()) == 1.0
    assert busiest(transport.times(), 1) == 38
    assert transport.pacing.counters.breaches == 1


@pytest.mark.parametrize(
    ("code", "text"), [(162, "API historical data query cancelled: pacing violation"), (420, "pacing violation")]
)
def test_after_a_complaint_about_history_only_history_pauses(code, text):
    transport = Transport()
    transport.pacing.on_pacing_violation(code, text, 0)
    transport.send(bars(1), ContractDataRequest(req_id=2))
    transport.run()
    assert [(message.req_id, at / SECOND_NS) for at, message in transport.left] == [(2, 0.0), (1, 15.0)]


def test_a_failed_query_is_no_complaint_about_pace():
    transport = Transport()
    transport.pacing.on_pacing_violation(
        162, "Historical Market Data Service error message:HMDS query returned no data", 0
    )
    transport.send(bars(1))
    assert transport.times() == [0.0]


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (366, "No historical data query found for ticker id:7"),
        (420, "Invalid Real-time Query:No market data permissions for ISLAND STK"),
        (162, "Historical Market Data Service error message:API historical data query cancelled: 7"),
        (0, "Warning: Approaching max rate of 50 messages per second (42)"),
    ],
)
def test_what_is_said_of_a_late_cancel_or_a_permission_is_no_complaint_about_pace(code, text):
    transport = Transport()
    for _ in range(3):
        transport.pacing.on_pacing_violation(code, text, 0)
    transport.send(bars(1))
    assert (transport.times(), transport.pacing.counters.breaches) == ([0.0], 0)


PACING_VIOLATION = 162, "Historical Market Data Service error message:Historical data request pacing violation"


def pause_after(transport, now_s):
    """How long history rests after a complaint at that time."""
    transport.pacing.on_pacing_violation(*PACING_VIOLATION, now_s * SECOND_NS)
    return transport.pacing.lane(Lane.HISTORY, now_s * SECOND_NS).expected_wait_s


def test_a_pause_of_history_is_twice_as_long_each_time_until_an_answer_comes():
    transport = Transport()
    assert [pause_after(transport, now_s) for now_s in (0, 100, 200, 300)] == [15, 30, 60, 120]
    transport.send(bars(1))
    transport.run()  # it leaves when the pause is over
    assert transport.times() == [420.0]
    transport.pacing.answered(1, 421 * SECOND_NS)
    assert not transport.pacing.is_wary
    assert pause_after(transport, 500) == 15


def test_an_answer_to_what_was_asked_before_the_pause_resets_nothing():
    transport = Transport()
    transport.send(bars(1), ContractDataRequest(req_id=2))
    assert pause_after(transport, 1) == 15
    transport.pacing.answered(1, 2 * SECOND_NS)
    transport.pacing.answered(2, 100 * SECOND_NS)  # is of another kind
    assert pause_after(transport, 100) == 30


def test_requests_that_are_refused_together_are_one_breach():
    transport = Transport()
    assert [pause_after(transport, now_s) for now_s in (0, 1, 2)] == [15, 14, 13]
    assert pause_after(transport, 20) == 30


def test_switched_off_it_lets_everything_through():
    transport = Transport(on=False)
    transport.send(*(MarketDataRequest(req_id=number) for number in range(500)))
    assert len(transport.left) == 500


def test_switched_off_it_remembers_nothing():
    pacing, order = Pacing(on=False), PlaceOrderRequest()
    tracemalloc.start()
    for now in range(1_000_000):
        assert pacing.try_acquire(order, now)
        pacing.record_sent(order, now)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 10_000


def test_the_wait_to_expect_is_known():
    transport = Transport()
    transport.send(*(ContractDataRequest(req_id=number) for number in range(48 + 96)))
    gauge = transport.pacing.lane(Lane.REQUEST, 0)
    assert gauge.waiting == 96
    assert 3 <= gauge.expected_wait_s <= 3.1
    assert transport.pacing.lane(Lane.ORDER, 0).expected_wait_s == 0


@pytest.mark.parametrize("lines", [0, -1])
def test_no_lines_are_refused(lines):
    with pytest.raises(ValueError, match="lines"):
        Pacing(lines)


@pytest.mark.parametrize("message", [CancelOrderRequest(), CancelHistoricalData()])
def test_every_cancel_is_in_the_first_lane(message):
    assert lane_of(message) is Lane.CANCEL


@given(st.lists(st.tuples(st.integers(0, 3 * SECOND_NS), st.integers(1, 3)), max_size=200), st.integers(3, 20))
def test_a_window_never_holds_more_than_it_may(steps, most):
    window, now, taken = Window(most, SECOND_NS), 0, []
    for step, units in steps:
        now = max(now + step, window.free_at(now + step, units))
        window.take(now, units)
        taken += [now] * units
    assert busiest(taken, SECOND_NS) <= most


def test_limits_are_data_and_each_has_a_name_of_its_own():
    assert len({rate.name for rate in RATES}) == len(RATES)
