"""IB's limits enforced by the simulator, to the message and to the nanosecond."""

import pytest
from support.calling import AAPL, Caller, Clock, converse, everything, frames_of, kinds, until

from ibfast import wire
from ibfast.limits import QUOTAS
from ibfast.schema import (
    AccountSummaryRequest,
    CancelAccountSummary,
    CancelMarketData,
    CancelScannerSubscription,
    Contract,
    CurrentTime,
    CurrentTimeRequest,
    ErrorMessage,
    HistoricalData,
    HistoricalDataRequest,
    HistoricalTicksBidAsk,
    HistoricalTicksRequest,
    MarketDataRequest,
    MarketDepthRequest,
    RealTimeBarsRequest,
    ScannerSubscriptionRequest,
    TickByTickRequest,
    TickPrice,
    TickSnapshotEnd,
)
from ibfast.simulator import Simulator
from ibfast.simulator.rate_limiter import TOO_MANY, RateLimiter, SlidingWindow

SECOND = 1_000_000_000
NANOSECOND_S = 1e-9
NOTHING = Contract(symbol="NOTHING", sec_type="STK", exchange="SMART", currency="USD")


def strict(conversation, **options):
    """Run a conversation with a simulator that enforces limits, on a clock that stands still."""
    clock = Clock()
    converse(lambda sim: conversation(sim, clock), clock=clock, enforce_limits=True, **options)


def bars_of(number, contract=AAPL, what_to_show="TRADES", bar_size="5 secs", seconds=60):
    return HistoricalDataRequest(
        req_id=number, contract=contract, duration=f"{seconds} S", bar_size_setting=bar_size,
        what_to_show=what_to_show, format_date=1, end_date_time="20260826 10:00:00 US/Eastern",
    )  # fmt: skip


def is_about(req_id):
    return lambda item: req_id in (getattr(item, "req_id", None), getattr(item, "id", None))


async def take(sim, caller, request):
    """Send a request and wait until the gateway has taken it, whatever it answers."""
    session = sim.gateway.clients[1]
    before = session.protocol.messages_received
    caller.send(request)
    await until(lambda: session.protocol.messages_received > before)


async def code_of(caller, request):
    """The code of the error a request gets, 0 if it gets an answer."""
    answer = (await caller.ask(request, is_about(request.req_id)))[-1]
    return answer.error_code if isinstance(answer, ErrorMessage) else 0


# ------------------------------------------------------------------------------------------------ messages a second


@pytest.mark.parametrize(("lines", "most"), [(100, 50), (200, 100), (10, 5)])
def test_half_as_many_messages_a_second_as_lines(lines, most):
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        clock.pass_s(1)
        answers = await ask_for_the_time(caller, most)
        assert kinds(answers) == ["CurrentTime"] * most
        assert sim.breaches == {}
        clock.pass_s(1 - NANOSECOND_S)
        told, answer = await ask_for_the_time(caller, 2)
        assert (told.id, told.error_code) == (-1, 100)
        assert "Max rate of messages per second" in told.error_msg
        assert isinstance(answer, CurrentTime)
        assert sim.breaches == {"messages": 1}

    strict(conversation, lines=lines)


async def ask_for_the_time(caller, answers):
    """So many messages after as many questions, less one if the last answer is a complaint too."""
    questions = answers if answers != 2 else 1
    caller.send(*[CurrentTimeRequest()] * questions)
    return [await caller.message() for _ in range(answers)]


def test_a_message_that_is_a_second_old_no_longer_counts():
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        clock.pass_s(1)
        await ask_for_the_time(caller, 50)
        clock.pass_s(1)
        await ask_for_the_time(caller, 50)
        assert sim.breaches == {}

    strict(conversation)


def test_the_third_breach_ends_the_connection():
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        clock.pass_s(1)
        caller.send(*[CurrentTimeRequest()] * 60)
        payloads, rest = frames_of(await everything(caller))
        messages = [wire.decode(payload, caller.version) for payload in payloads]
        assert rest == b""
        assert kinds(messages) == ["CurrentTime"] * 50 + ["ErrorMessage", "CurrentTime"] * 2 + ["ErrorMessage"]
        assert sim.breaches == {"messages": 3}
        await until(lambda: not sim.gateway.clients)
        again = await Caller.log_in(sim)
        await ask_for_the_time(again, 49)
        assert sim.breaches == {"messages": 3}

    strict(conversation)


def test_each_connection_has_a_second_of_its_own():
    async def conversation(sim, clock):
        for number in (1, 2):
            await ask_for_the_time(await Caller.log_in(sim, number), 49)
        assert sim.breaches == {}

    strict(conversation)


def test_nothing_is_enforced_unless_asked_for():
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        await ask_for_the_time(caller, 200)
        assert sim.breaches == {}

    converse(conversation, clock=Clock())


# ----------------------------------------------------------------------------------------------------- history


async def many(caller, clock, requests, apart_s):
    codes = []
    for request in requests:
        codes.append(await code_of(caller, request))
        clock.pass_s(apart_s)
    return codes


def test_sixty_requests_for_small_bars_in_ten_minutes():
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        start = clock.now_ns
        assert set(await many(caller, clock, [bars_of(item, seconds=60 + item) for item in range(1, 61)], 1.0)) == {0}
        clock.now_ns = start + 600 * SECOND - 1
        told = await caller.error(bars_of(61, seconds=30))
        assert told == (162, "Historical Market Data Service error message:Historical data request pacing violation")
        assert await code_of(caller, bars_of(62, bar_size="1 min", seconds=120)) == 0
        clock.pass_s(NANOSECOND_S)
        assert await code_of(caller, bars_of(63, seconds=30)) == 0
        assert sim.breaches == {"history in 10 minutes": 1}

    strict(conversation)


def test_bid_ask_counts_twice():
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        asked = [bars_of(item, what_to_show="BID_ASK", seconds=60 + item) for item in range(1, 32)]
        codes = await many(caller, clock, asked, 1.0)
        assert codes == [0] * 30 + [162]

    strict(conversation)


def test_the_same_request_again_within_fifteen_seconds():
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        assert await code_of(caller, bars_of(1)) == 0
        clock.pass_s(15 - NANOSECOND_S)
        assert await code_of(caller, bars_of(2)) == 162
        clock.pass_s(NANOSECOND_S)
        assert await code_of(caller, bars_of(3)) == 0
        assert sim.breaches == {"identical history in 15 seconds": 1}

    strict(conversation)


def test_six_requests_for_one_contract_in_two_seconds():
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        codes = await many(caller, clock, [bars_of(item, seconds=60 + item) for item in range(1, 7)], 0.0)
        assert codes == [0] * 5 + [162]
        assert await code_of(caller, bars_of(8, what_to_show="MIDPOINT")) == 0
        clock.pass_s(2)
        assert await code_of(caller, bars_of(9, seconds=30)) == 0
        assert sim.breaches == {"history of one contract in 2 seconds": 1}

    strict(conversation)


def test_history_is_remembered_beyond_the_connection():
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        assert await code_of(caller, bars_of(1)) == 0
        await caller.close()
        await until(lambda: not sim.gateway.clients)
        other = await Caller.log_in(sim, 2)
        assert await code_of(other, bars_of(1)) == 0
        assert await code_of(await Caller.log_in(sim), bars_of(1)) == 162

    strict(conversation)


def test_past_ticks_count_like_small_bars():
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        ticks = HistoricalTicksRequest(
            req_id=1, contract=AAPL, start_date_time="20260826 10:00:00 US/Eastern", number_of_ticks=1,
            what_to_show="BID_ASK", use_rth=1,
        )  # fmt: skip
        await caller.ask(ticks, HistoricalTicksBidAsk)
        assert await code_of(caller, ticks.replace(req_id=2)) == 162

    strict(conversation)


def test_fifty_requests_for_history_are_open_at_once():
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        kept_up = [kept_up_bars(item) for item in range(1, 51)]
        for request in kept_up:
            await caller.ask(
                request, lambda message, of=request: isinstance(message, HistoricalData) and message.req_id == of.req_id
            )
            clock.pass_s(0.1)
        clock.pass_s(1)
        code, text = await caller.error(kept_up_bars(51), 51)
        assert code == 322
        assert "Only 50 simultaneous API historical data requests allowed" in text
        assert sim.breaches == {"history": 1}

    strict(conversation)


def kept_up_bars(number):
    return bars_of(number, bar_size="1 min", seconds=120).replace(keep_up_to_date=True, end_date_time="")


# ------------------------------------------------------------------------------------------------ open at once


@pytest.mark.parametrize(
    ("request_", "most", "code"),
    [
        (MarketDataRequest(contract=AAPL), 10, 101),
        (TickByTickRequest(contract=AAPL, tick_type="Last"), 5, 10190),
        (MarketDepthRequest(contract=AAPL, num_rows=1, is_smart_depth=True), 3, 309),
        (RealTimeBarsRequest(contract=AAPL, bar_size=5, what_to_show="TRADES"), 10, 101),
        (AccountSummaryRequest(group="All", tags="NetLiquidation"), 2, 322),
    ],
)
def test_so_many_are_open_at_once(request_, most, code):
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        for number in range(1, most + 2):
            await take(sim, caller, request_.replace(req_id=number))
            clock.pass_s(15)
        told = (await caller.until(lambda item: isinstance(item, ErrorMessage)))[-1]
        assert (told.id, told.error_code) == (most + 1, code)
        assert list(sim.breaches.values()) == [1]

    strict(conversation, lines=10)


def test_a_cancel_makes_room():
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        for number in (1, 2):
            assert await code_of(caller, AccountSummaryRequest(req_id=number, group="All", tags="Currency")) == 0
        caller.send(CancelAccountSummary(req_id=1))
        assert await code_of(caller, AccountSummaryRequest(req_id=3, group="All", tags="Currency")) == 0
        assert await code_of(caller, AccountSummaryRequest(req_id=4, group="All", tags="Currency")) == 322

    strict(conversation)


def test_what_is_refused_or_over_takes_no_line():
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        for number in range(1, 5):
            clock.pass_s(1)
            assert await code_of(caller, MarketDataRequest(req_id=number, contract=NOTHING)) == 200
        snapshot = MarketDataRequest(req_id=9, contract=AAPL, snapshot=True)
        for _ in range(4):
            clock.pass_s(1)
            await caller.ask(snapshot, TickSnapshotEnd)
        for number in (21, 22):
            clock.pass_s(1)
            await take(sim, caller, MarketDataRequest(req_id=number, contract=AAPL))
        clock.pass_s(1)
        assert (await caller.error(MarketDataRequest(req_id=23, contract=AAPL), 23))[0] == 101
        clock.pass_s(1)
        await take(sim, caller, CancelMarketData(req_id=21))
        clock.pass_s(1)
        await caller.ask(MarketDataRequest(req_id=24, contract=AAPL), is_about(24))
        assert sim.breaches == {"market data lines": 1}

    strict(conversation, lines=2)


def test_a_refused_twin_leaves_the_open_request_open():
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        clock.pass_s(1)
        await caller.ask(MarketDataRequest(req_id=1, contract=AAPL), TickPrice)
        assert (await caller.error(MarketDataRequest(req_id=1, contract=AAPL), 1))[0] == 322
        clock.pass_s(1)
        await caller.ask(MarketDataRequest(req_id=2, contract=AAPL), is_about(2))
        clock.pass_s(1)
        assert (await caller.error(MarketDataRequest(req_id=3, contract=AAPL), 3))[0] == 101

    strict(conversation, lines=2)


def test_one_tick_by_tick_request_for_a_contract_in_fifteen_seconds():
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        ticks = TickByTickRequest(req_id=1, contract=AAPL, tick_type="Last")
        await take(sim, caller, ticks)
        clock.pass_s(15 - NANOSECOND_S)
        assert (await caller.error(ticks.replace(req_id=2), 2))[0] == 10190

    strict(conversation)


def test_sixty_requests_for_live_bars_in_ten_minutes():
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        for number in range(1, 62):
            bars = RealTimeBarsRequest(req_id=number, contract=AAPL, bar_size=5, what_to_show="TRADES")
            await take(sim, caller, bars)
            clock.pass_s(0.1)
        told = (await caller.until(lambda item: isinstance(item, ErrorMessage)))[-1]
        assert (told.id, told.error_code) == (61, 420)

    strict(conversation)


class Session:
    """What an enforcer sees of a session."""

    client_id = 1

    def __init__(self):
        self.told = []

    def refuse(self, req_id, code, text):
        self.told.append((req_id, code, text))


def test_ten_scanners():
    clock, session = Clock(), Session()
    enforcer = RateLimiter(clock, on=True)
    asked = [ScannerSubscriptionRequest(req_id=number) for number in range(1, 12)]
    assert [enforcer.admits(session, item) for item in asked] == [True] * 10 + [False]
    text = "Error processing request.-'sim' : cause - Only 10 simultaneous API scanner subscriptions allowed."
    assert session.told == [(11, 322, text)]
    assert enforcer.admits(session, CancelScannerSubscription(req_id=1))
    assert enforcer.admits(session, asked[-1])


def test_every_quota_has_its_words():
    assert set(TOO_MANY) == {quota.name for quota in QUOTAS}


def test_limits_need_lines():
    with pytest.raises(ValueError, match="lines"):
        Simulator(enforce_limits=True, lines=0)


def test_units_age_to_the_nanosecond():
    recent = SlidingWindow(10)
    recent.add(0, 2)
    assert [recent.count(now) for now in (0, 9, 10)] == [2, 2, 0]
