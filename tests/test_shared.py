"""Requests without an id: who asks the same shares an answer, who asks for something else of its kind waits."""

import pytest

from ibfast.conversation import Answer
from ibfast.errors import ConnectionLost, DecodeError, VersionError
from ibfast.schema import (
    AllOpenOrdersRequest,
    CompletedOrder,
    CompletedOrdersEnd,
    CompletedOrdersRequest,
    OpenOrder,
    OpenOrdersEnd,
    OpenOrdersRequest,
    OrderStatus,
)
from ibfast.shared import SharedRequests

PARTS = (OpenOrder, OrderStatus)


class Desk:
    """Shared requests, what they sent, and who was answered."""

    def __init__(self):
        self.sent = []
        self.settled = []
        self.shared = SharedRequests(self.sent.append)

    def ask(self, request):
        answer = Answer(self.settled.append, end=OpenOrdersEnd)
        self.shared.ask(request, OpenOrdersEnd, answer, PARTS)
        return answer


@pytest.fixture
def desk():
    return Desk()


def ids(answer):
    return [part.order_id for part in answer.parts]


def test_who_asks_the_same_shares_the_answer(desk):
    answers = [desk.ask(OpenOrdersRequest()) for _ in range(3)]
    assert desk.sent == [OpenOrdersRequest()]
    for message in (OpenOrder(order_id=1), OrderStatus(order_id=1), OpenOrdersEnd()):
        assert desk.shared.received(message)
    assert desk.settled == answers
    assert [ids(answer) for answer in answers] == [[1, 1]] * 3
    assert not desk.shared.received(OpenOrder(order_id=2))
    assert not desk.shared.received(OpenOrdersEnd())


def test_another_request_of_the_kind_waits_its_turn(desk):
    own, every = desk.ask(OpenOrdersRequest()), desk.ask(AllOpenOrdersRequest())
    desk.shared.received(OpenOrder(order_id=1))
    assert desk.sent == [OpenOrdersRequest()]
    desk.shared.received(OpenOrdersEnd())
    assert desk.sent == [OpenOrdersRequest(), AllOpenOrdersRequest()]
    desk.shared.received(OpenOrder(order_id=2))
    desk.shared.received(OpenOrdersEnd())
    assert (ids(own), ids(every), desk.settled) == ([1], [2], [own, every])


def test_an_answer_that_has_begun_is_not_joined(desk):
    first = desk.ask(OpenOrdersRequest())
    desk.shared.received(OpenOrder(order_id=1))
    late = desk.ask(OpenOrdersRequest())
    desk.shared.received(OpenOrdersEnd())
    assert (desk.sent, desk.settled) == ([OpenOrdersRequest()] * 2, [first])
    desk.shared.received(OpenOrder(order_id=1))
    desk.shared.received(OpenOrdersEnd())
    assert (ids(first), ids(late)) == ([1], [1])


def test_kinds_do_not_wait_for_each_other(desk):
    desk.ask(OpenOrdersRequest())
    completed = Answer(desk.settled.append, end=CompletedOrdersEnd)
    desk.shared.ask(CompletedOrdersRequest(api_only=True), CompletedOrdersEnd, completed, (CompletedOrder,))
    assert len(desk.sent) == 2
    desk.shared.received(CompletedOrder())
    desk.shared.received(CompletedOrdersEnd())
    assert (desk.settled, len(completed.parts)) == ([completed], 1)


def test_the_answer_to_who_gave_up_is_not_the_next_one_s(desk):
    given_up = desk.ask(OpenOrdersRequest())
    desk.shared.withdraw(OpenOrdersEnd, given_up)
    every = desk.ask(AllOpenOrdersRequest())
    assert desk.sent == [OpenOrdersRequest()]
    desk.shared.received(OpenOrder(order_id=1))
    desk.shared.received(OpenOrdersEnd())
    desk.shared.received(OpenOrdersEnd())
    assert (ids(every), desk.settled) == ([], [every])


def test_a_gateway_that_never_answers_one_does_not_block_the_kind_for_ever(desk):
    desk.shared.withdraw(OpenOrdersEnd, desk.ask(OpenOrdersRequest()))
    desk.shared.withdraw(OpenOrdersEnd, desk.ask(AllOpenOrdersRequest()))
    desk.ask(AllOpenOrdersRequest())
    assert desk.sent == [OpenOrdersRequest(), AllOpenOrdersRequest()]


def test_who_asks_again_after_giving_up_asks_the_gateway_again(desk):
    desk.shared.withdraw(OpenOrdersEnd, desk.ask(OpenOrdersRequest()))
    again = desk.ask(OpenOrdersRequest())
    assert desk.sent == [OpenOrdersRequest()] * 2
    desk.shared.received(OpenOrdersEnd())
    assert desk.settled == [again]


def test_a_part_that_cannot_be_read_fails_its_answer_only(desk):
    broken, every = desk.ask(OpenOrdersRequest()), desk.ask(AllOpenOrdersRequest())
    error = DecodeError("OpenOrder", "order_id", 0, "no number", b"")
    desk.shared.refused(error, "OpenOrder")
    assert (desk.settled, broken.error) == ([broken], error)
    desk.shared.received(OpenOrder(order_id=1))
    desk.shared.received(OpenOrdersEnd())
    desk.shared.received(OpenOrdersEnd())
    assert (desk.settled, ids(every)) == ([broken, every], [])


def test_who_cannot_be_sent_learns_it(desk):
    desk.ask(OpenOrdersRequest())
    every = desk.ask(AllOpenOrdersRequest())
    error = VersionError("AllOpenOrdersRequest", 300, 200)

    def refuse(message):
        raise error

    desk.shared._send = refuse
    desk.shared.received(OpenOrdersEnd())
    assert every.error is error


def test_everybody_learns_that_the_connection_is_lost(desk):
    answers = [desk.ask(OpenOrdersRequest()), desk.ask(AllOpenOrdersRequest())]
    for receiver in desk.shared.lost():
        receiver.failed(ConnectionLost("gone"))
    assert desk.settled == answers
    assert list(desk.shared.lost()) == []
