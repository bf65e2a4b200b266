"""Requests without an id: each caller gets its own right answer, whatever the gateway delays, reorders or spoils."""

import asyncio
import random

import pytest
from support.core import VERSIONS, ready, sent
from support.gateway import Gateway
from support.twins import in_thread

import ibfast.blocking
from ibfast import Client, Contract, Order, VersionError, wire
from ibfast.errors import ConnectionLost, DecodeError, RequestTimeout
from ibfast.schema import (
    AllOpenOrdersRequest,
    CurrentTime,
    CurrentTimeInMillis,
    CurrentTimeInMillisRequest,
    CurrentTimeRequest,
    MarketRule,
    MarketRuleRequest,
    OpenOrder,
    OpenOrdersEnd,
    OpenOrdersRequest,
    OrderStatus,
    Position,
    PositionEnd,
    PositionsRequest,
    PriceIncrement,
)
from ibfast.session.shared_requests import Shape

TIME = Shape((CurrentTime,))
POSITIONS = Shape((Position,), PositionEnd)
ORDERS = Shape((OpenOrder, OrderStatus), OpenOrdersEnd)
RULE = Shape((MarketRule,), key="market_rule_id")
ASKED = {
    CurrentTimeRequest: TIME,
    PositionsRequest: POSITIONS,
    OpenOrdersRequest: ORDERS,
    AllOpenOrdersRequest: ORDERS,
    MarketRuleRequest: RULE,
}


class Desk:
    """A conversation, and those who asked something without an id."""

    def __init__(self, version=226):
        self.session, self.notices = ready(version)
        self.strays = []
        self.session.shared.on_orphaned = self.strays.append

    def ask(self, request, shape=None):
        """What the caller has heard, and its way to leave."""
        heard = []
        shape = shape or ASKED[type(request)]
        answer = self.session.shared.ask(request, shape, heard.append, self.session.server_version)
        return heard, lambda: self.session.shared.remove_waiter(answer, heard.append)

    def hear(self, *messages):
        for message in messages:
            self.session.received(message)

    def spoil(self, payload):
        with pytest.raises(DecodeError) as caught:
            wire.decode(payload, self.session.server_version)
        self.session.refused(caught.value)
        return caught.value

    @property
    def sent(self):
        return sent(self.session)


def open_order(order_id, perm_id):
    return OpenOrder(order_id=order_id, contract=Contract.stock("AAPL"), order=Order(perm_id=perm_id))


def position(account):
    return Position(account=account, contract=Contract.stock("AAPL"))


# ----------------------------------------------------------------------------------------------- whose answer it is


def test_who_asks_alike_at_the_same_time_shares_one_answer():
    desk = Desk()
    asked = [desk.ask(CurrentTimeRequest()) for _ in range(3)]
    assert desk.sent == [CurrentTimeRequest()]
    asked[2][1]()
    now = CurrentTime(current_time=1)
    desk.hear(now)
    assert [[answer.parts for answer in heard] for heard, _ in asked] == [[[now]], [[now]], []]
    desk.ask(CurrentTimeRequest())
    assert desk.sent == [CurrentTimeRequest()]
    assert desk.session.unmatched == 0


def test_an_answer_that_has_begun_is_older_than_who_asks_now():
    desk = Desk()
    first, _ = desk.ask(PositionsRequest())
    desk.hear(position("A"))
    second, _ = desk.ask(PositionsRequest())
    desk.hear(PositionEnd())
    assert desk.sent == [PositionsRequest()] * 2
    desk.hear(position("A"), position("B"), PositionEnd())
    assert [[part.account for part in heard[0].parts] for heard in (first, second)] == [["A"], ["A", "B"]]


def test_different_requests_with_the_same_answers_wait_for_their_turn():
    desk = Desk()
    mine, _ = desk.ask(OpenOrdersRequest())
    everybodys, _ = desk.ask(AllOpenOrdersRequest())
    mine_too, _ = desk.ask(OpenOrdersRequest())
    everybodys_too, _ = desk.ask(AllOpenOrdersRequest())
    assert desk.sent == [OpenOrdersRequest()]
    desk.hear(open_order(1, 11), OpenOrdersEnd())
    assert desk.sent == [AllOpenOrdersRequest()]
    desk.hear(open_order(1, 11), open_order(-2, 12), OpenOrdersEnd())
    assert [len(heard[0].parts) for heard in (mine, mine_too, everybodys, everybodys_too)] == [1, 1, 2, 2]
    assert desk.sent == []


def test_kinds_do_not_wait_for_each_other():
    desk = Desk()
    requests = [CurrentTimeRequest(), PositionsRequest(), OpenOrdersRequest(), MarketRuleRequest(market_rule_id=26)]
    for request in requests:
        desk.ask(request)
    assert desk.sent == requests


def test_market_rules_are_told_apart_by_their_number():
    desk = Desk()
    numbers = [26, 239, 26]
    asked = [desk.ask(MarketRuleRequest(market_rule_id=number)) for number in numbers]
    assert [request.market_rule_id for request in desk.sent] == [26, 239]
    desk.hear(MarketRule(market_rule_id=67), MarketRule(market_rule_id=239), MarketRule(market_rule_id=26))
    assert [heard[0].parts[0].market_rule_id for heard, _ in asked] == numbers
    assert desk.session.unmatched == 1


def test_what_nobody_asked_for_is_nobodys_answer():
    desk = Desk()
    desk.hear(CurrentTime(current_time=1), position("A"), PositionEnd())
    assert desk.session.unmatched == 3
    heard, _ = desk.ask(PositionsRequest())
    assert heard == []


# ------------------------------------------------------------------------------------------------------ late answers


def test_a_late_answer_is_not_taken_for_the_next_ones():
    desk = Desk()
    late, leave = desk.ask(PositionsRequest())
    desk.hear(position("old"))
    leave()
    heard, _ = desk.ask(PositionsRequest())
    assert desk.sent == [PositionsRequest()]
    desk.hear(position("old"), PositionEnd())
    assert (late, heard, desk.sent) == ([], [], [PositionsRequest()])
    desk.hear(position("new"), PositionEnd())
    assert [part.account for part in heard[0].parts] == ["new"]
    assert len(desk.strays) == 1


def test_a_late_answer_that_never_comes_is_given_up():
    desk = Desk()
    _, leave = desk.ask(CurrentTimeRequest())
    leave()
    heard, _ = desk.ask(CurrentTimeRequest())
    (orphaned,) = desk.strays
    assert desk.sent == [CurrentTimeRequest()]
    desk.session.shared.expire(orphaned)
    desk.session.shared.expire(orphaned)
    assert desk.sent == [CurrentTimeRequest()]
    desk.hear(CurrentTime(current_time=2))
    assert heard[0].parts == [CurrentTime(current_time=2)]


def test_giving_up_what_has_come_changes_nothing():
    desk = Desk()
    _, leave = desk.ask(CurrentTimeRequest())
    leave()
    desk.hear(CurrentTime(current_time=1))
    desk.ask(CurrentTimeRequest())
    desk.session.shared.expire(desk.strays[0])
    desk.ask(CurrentTimeRequest())
    assert desk.sent == [CurrentTimeRequest()] * 2


def test_who_leaves_the_queue_is_never_asked_for():
    desk = Desk()
    desk.ask(OpenOrdersRequest())
    _, leave = desk.ask(AllOpenOrdersRequest())
    leave()
    leave()
    desk.hear(OpenOrdersEnd())
    assert desk.sent == [OpenOrdersRequest()]
    assert desk.strays == []


# --------------------------------------------------------------------------------------------------- what goes wrong


def test_what_cannot_be_read_rejects_all_who_wait_for_it():
    desk = Desk(176)
    asked = [desk.ask(CurrentTimeRequest())[0] for _ in range(2)]
    error = desk.spoil(b"49\x001\0soon\0")
    assert [heard[0].error for heard in asked] == [error] * 2
    desk.ask(CurrentTimeRequest())
    assert desk.sent == [CurrentTimeRequest()] * 2


def test_after_a_part_that_cannot_be_read_the_rest_is_a_stray():
    desk = Desk(176)
    hit, _ = desk.ask(PositionsRequest())
    error = desk.spoil(b"61\x003\0DU1\0many\0")
    assert hit[0].error is error
    heard, _ = desk.ask(PositionsRequest())
    desk.hear(position("old"), PositionEnd(), position("new"), PositionEnd())
    assert [part.account for part in heard[0].parts] == ["new"]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_market_rule_that_cannot_be_read_rejects_who_asked_for_it(version):
    desk = Desk(version)
    hit, spared = (desk.ask(MarketRuleRequest(market_rule_id=number))[0] for number in (26, 239))
    steps = [PriceIncrement(low_edge=0.0, increment=0.01)]
    whole = wire.encode(MarketRule(market_rule_id=26, price_increments=steps), version)
    error = desk.spoil(whole[:-1] if wire.message_id(whole, version)[1] else whole[:-5])
    assert hit[0].error is error
    assert spared == []


def test_everybody_learns_that_the_connection_is_lost():
    desk = Desk()
    asked = [desk.ask(OpenOrdersRequest())[0], desk.ask(AllOpenOrdersRequest())[0], desk.ask(CurrentTimeRequest())[0]]
    gone = ConnectionLost("gone")
    desk.session.lost(gone)
    desk.session.lost(ConnectionLost("again"))
    assert [[answer.error for answer in heard] for heard in asked] == [[gone]] * 3


def test_what_the_server_does_not_know_is_refused_at_once():
    desk = Desk(176)
    with pytest.raises(VersionError):
        desk.ask(CurrentTimeInMillisRequest(), Shape((CurrentTimeInMillis,)))
    desk.ask(CurrentTimeRequest())
    assert desk.sent == [CurrentTimeRequest()]


# -------------------------------------------------------------------------------------- over a socket, many at a time

MINE = [open_order(1, 11)]
EVERYBODYS = [open_order(1, 11), open_order(-7, 12)]
STEPS = {26: 0.01, 239: 0.00005}
MANY = 12


class Disorderly(Gateway):
    """Answers requests without an id late, in another order, and cuts up what belongs together."""

    def __init__(self, version):
        super().__init__(version)
        self.held = []
        self.random = random.Random(7)

    def _hear(self, payload):
        super()._hear(payload)
        if answer := self.answer_to(self.heard[-1]) if self.heard else None:
            self.heard.pop()
            self.held.append(answer)
            asyncio.get_running_loop().call_later(0.002, self.let_go)

    def let_go(self):
        answer = self.held.pop(self.random.randrange(len(self.held)))
        for message in answer:
            self.say(message)

    def answer_to(self, request):
        match request:
            case CurrentTimeRequest():
                return [CurrentTime(current_time=1_700_000_000)]
            case PositionsRequest():
                return [position("DU1"), position("DU2"), PositionEnd()]
            case OpenOrdersRequest():
                return [*MINE, OpenOrdersEnd()]
            case AllOpenOrdersRequest():
                return [*EVERYBODYS, OpenOrdersEnd()]
            case MarketRuleRequest(market_rule_id=number):
                step = PriceIncrement(low_edge=0.0, increment=STEPS[number])
                return [MarketRule(market_rule_id=number, price_increments=[step])]
        return None


async def everything(connection):
    """One of each request without an id, at once: what is right about the answers."""
    time, positions, mine, everybodys, *rules = await asyncio.gather(
        connection.ask_shared(CurrentTimeRequest(), CurrentTime),
        connection.ask_shared_list(PositionsRequest(), parts=(Position,), end=PositionEnd),
        connection.ask_shared_list(OpenOrdersRequest(), parts=(OpenOrder, OrderStatus), end=OpenOrdersEnd),
        connection.ask_shared_list(AllOpenOrdersRequest(), parts=(OpenOrder, OrderStatus), end=OpenOrdersEnd),
        *(
            connection.ask_shared(MarketRuleRequest(market_rule_id=number), MarketRule, key="market_rule_id")
            for number in STEPS
        ),
    )
    return (
        time.current_time,
        [item.account for item in positions],
        [item.order.perm_id for item in mine],
        [everybody.order.perm_id for everybody in everybodys],
        {rule.market_rule_id: rule.price_increments[0].increment for rule in rules},
    )


RIGHT = (1_700_000_000, ["DU1", "DU2"], [11], [11, 12], STEPS)


@pytest.mark.parametrize("version", [176, 203, 226])
def test_many_tasks_at_once_each_get_their_own(run, version):
    async def main():
        async with Disorderly(version) as gateway, await Client.connect(gateway.host, gateway.port) as client:
            for _ in range(3):
                found = await asyncio.gather(*(everything(client._connection) for _ in range(MANY)))
                assert found == [RIGHT] * MANY

    run(main)


@pytest.mark.parametrize("version", [176, 203, 226])
def test_many_threads_at_once_each_get_their_own(run, new_loop, monkeypatch, version):
    monkeypatch.setattr("ibfast._blocking.portal.loop_factory", lambda: new_loop)

    async def main():
        async with Disorderly(version) as gateway:
            client = await in_thread(ibfast.blocking.Client.connect, gateway.host, gateway.port)
            inner = client.face

            def work():
                return inner._portal.run(everything(inner._async._connection))

            found = await asyncio.gather(*(in_thread(work) for _ in range(MANY)))
            await in_thread(inner.close)
            assert found == [RIGHT] * MANY

    run(main)


def test_a_caller_that_gave_up_does_not_spoil_the_next(run):
    async def main():
        async with Gateway() as gateway, await Client.connect(gateway.host, gateway.port) as client:
            leaving = asyncio.create_task(client.current_time())
            await gateway.hear(CurrentTimeRequest)
            leaving.cancel()
            with pytest.raises(asyncio.CancelledError):
                await leaving
            asking = asyncio.create_task(client.current_time())
            await asyncio.sleep(0)
            gateway.heard.clear()
            gateway.say(CurrentTime(current_time=1))
            await gateway.hear(CurrentTimeRequest)
            gateway.say(CurrentTime(current_time=2))
            assert (await asking).timestamp() == 2

    run(main)


def test_a_late_answer_that_never_comes_holds_up_the_next_for_a_while_only(run):
    async def main():
        async with (
            Gateway() as gateway,
            await Client.connect(gateway.host, gateway.port, request_timeout_s=1.0) as client,
        ):
            with pytest.raises(RequestTimeout, match="CurrentTimeRequest"):
                await client.current_time()
            gateway.heard.clear()
            asking = asyncio.create_task(client.current_time())
            await gateway.hear(CurrentTimeRequest)
            gateway.say(CurrentTime(current_time=2))
            assert (await asking).timestamp() == 2

    run(main)
