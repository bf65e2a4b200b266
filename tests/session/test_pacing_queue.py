"""What waits for its turn leaves in order, and is not walked from end to end for every message that leaves."""

import random

import pytest

from ibfast.limits import Lane
from ibfast.schema import Contract, HistoricalDataRequest, MarketDataRequest
from ibfast.session.pacing import Pacing
from ibfast.session.pacing_queue import Hold, LaneQueue, Waiting, Window

SECOND = 1_000_000_000


def message(windows, req_id=None):
    return Waiting(None, b"", 0, [(window, 1) for window in windows], None, req_id)


def hold_of(now_ns):
    def hold(waiting):
        free = [Hold(window, window.free_at(now_ns, units)) for window, units in waiting.shares]
        return max((item for item in free if item.until_ns > now_ns), key=lambda item: item.until_ns, default=None)

    return hold


@pytest.mark.parametrize("seed", range(20))
def test_the_first_that_no_limit_holds_leaves_whatever_waits_before_it(seed):
    draw = random.Random(seed)
    windows = [Window(draw.randint(1, 3), draw.randint(1, 20)) for _ in range(6)]
    queue, naive = LaneQueue(), []
    for now_ns in range(400):
        for _ in range(draw.choice((0, 0, 1, 4))):
            waiting = message(draw.sample(windows, draw.randint(0, 3)))
            queue.put(waiting)
            naive.append(waiting)
        if naive and draw.random() < 0.1:
            queue.withdraw(gone := draw.choice(naive))
            naive.remove(gone)
        while True:
            hold = hold_of(now_ns)
            expected = next((item for item in naive if hold(item) is None), None)
            assert queue.next_ready(now_ns, hold) is expected
            if expected is None:
                break
            naive.remove(expected)
            for window, units in expected.shares:
                window.take(now_ns, units)
        assert len(queue) == len(naive)
        assert not naive or queue.soonest_ns > now_ns


def test_withdrawn_messages_do_not_pile_up():
    queue = LaneQueue()
    always = Window(1, SECOND)
    always.take(0)
    for place in range(10_000):
        queue.put(waiting := message([always]))
        if place % 2:
            queue.next_ready(1, hold_of(1))  # parked
        queue.withdraw(waiting)
    assert len(queue) == 0
    assert len(queue._fresh) + sum(map(len, queue._parked.values())) <= 64


@pytest.mark.parametrize("waiting", [100, 8_000])
def test_looking_after_a_long_queue_looks_at_a_few_of_its_messages(waiting, monkeypatch):
    looks = []
    free_at = Window.free_at
    monkeypatch.setattr(Window, "free_at", lambda *a, **k: looks.append(1) or free_at(*a, **k))
    pacing, now_ns = Pacing(), 0
    for req_id in range(waiting):
        request = HistoricalDataRequest(
            req_id=req_id, contract=Contract(symbol=f"S{req_id}"), bar_size_setting="1 secs", what_to_show="TRADES"
        )
        if pacing.try_acquire(request, now_ns):
            pacing.record_sent(request, now_ns)
        else:
            pacing.wait(request, b"", now_ns)
    looks.clear()
    left = 0
    for _ in range(2_000):
        now_ns += SECOND // 20
        leaving, _ = pacing.release(now_ns)
        for item in leaving:
            pacing.finished(item.req_id)
        left += len(leaving)
    assert left <= 60
    assert len(looks) < 2_000 * 20


def test_whether_a_quota_is_full_is_known_without_looking_at_what_waits():
    pacing = Pacing(lines=10_000)
    for req_id in range(9_999):
        pacing.wait(MarketDataRequest(req_id=req_id), b"", 0)
    assert not pacing.try_acquire(MarketDataRequest(req_id=10_000), 0)
    assert pacing.is_queued(9_998)
    assert pacing.withdraw(9_998)
    assert not pacing.is_queued(9_998)
    assert not pacing.withdraw(9_998)
    assert pacing.gauges(0).lanes[Lane.REQUEST.name.lower()].waiting == 9_998
