"""What is said to a gateway and what its answers mean; no sockets, no loop."""

import pytest
from support.core import HELLO, VERSIONS, Waiter, error, greeted, ready, sent

from ibfast import wire
from ibfast.errors import ConnectionFailed, ConnectionLost, DecodeError, RequestError
from ibfast.orders.trade import Trade
from ibfast.schema import (
    Contract,
    ContractData,
    ContractDataEnd,
    ContractDataRequest,
    CurrentTime,
    ErrorMessage,
    HeadTimestampRequest,
    HistoricalData,
    HistoricalDataEnd,
    HistoricalDataRequest,
    ManagedAccounts,
    NextValidId,
    Order,
    StartApiRequest,
)
from ibfast.session.ids import REQUEST_IDS
from ibfast.session.session import Session, State

# --------------------------------------------------------------------------------------------------- handshake


def test_the_first_words_are_the_mark_and_the_range_on_offer():
    core = Session(1)
    core.start()
    assert core.outbox.take() == b"API\0\0\0\0\x09v157..226"
    core = Session(1, versions=(176, 200))
    core.start()
    assert core.outbox.take() == b"API\0\0\0\0\x09v176..200"


@pytest.mark.parametrize("versions", [(156, 226), (157, 227), (200, 176)])
def test_a_range_that_is_not_spoken_is_misuse(versions):
    with pytest.raises(ValueError, match="versions"):
        Session(1, versions=versions)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_hello_is_answered_with_who_we_are(version):
    core = Session(7, optional_capabilities="+PACEAPI")
    core.start()
    core.outbox.take()
    assert core.on_server_hello(HELLO % version)
    assert (core.server_version, core.connection_time) == (version, "20260826 11:00:07 US/Eastern")
    assert sent(core) == [StartApiRequest(client_id=7, optional_capabilities="+PACEAPI")]


@pytest.mark.parametrize("noise", [b"", b"\0\0", b"hello", b"4\x002\0-1\x002104\0OK\0", b"226", b"x\0y\0", b"226\0now"])
def test_frames_of_another_shape_before_the_hello_are_skipped(noise):
    core = Session(1)
    core.start()
    core.outbox.take()
    assert not core.on_server_hello(noise)
    assert core.state is State.GREETING
    assert core.on_server_hello(HELLO % 226)
    assert core.skipped_greetings == 1


@pytest.mark.parametrize("version", [156, 227, 0])
def test_a_version_outside_the_range_ends_the_handshake(version):
    core = Session(1)
    core.start()
    with pytest.raises(ConnectionFailed, match=f"version {version}.*157 to 226"):
        core.on_server_hello(HELLO % version)


def test_a_version_that_was_not_on_offer_ends_the_handshake():
    core = Session(1, versions=(157, 176))
    core.start()
    with pytest.raises(ConnectionFailed, match=r"200.*157 to 176"):
        core.on_server_hello(HELLO % 200)


@pytest.mark.parametrize("last_is_id", [True, False])
def test_ready_is_when_both_ids_and_accounts_have_come(last_is_id):
    core, _ = greeted()
    parts = [ManagedAccounts(accounts_list="DU1,DU2,"), NextValidId(order_id=1)]
    first, last = parts if last_is_id else reversed(parts)
    core.received(first)
    assert core.state is State.STARTING
    core.received(last)
    assert core.state is State.READY
    assert core.accounts == ["DU1", "DU2"]


def test_every_change_of_state_is_told_once():
    told = []
    core = Session(1, on_state=told.append)
    core.start()
    core.on_server_hello(HELLO % 226)
    for _ in range(2):
        core.received(NextValidId(order_id=1))
        core.received(ManagedAccounts(accounts_list="DU1"))
        core.received(ManagedAccounts(accounts_list="DU1"))
    core.lost(ConnectionLost("gone"))
    core.lost(ConnectionLost("gone again"))
    assert told == [State.GREETING, State.STARTING, State.READY, State.CLOSED]


def test_notices_during_the_handshake_are_told():
    core, notices = greeted()
    core.received(error(-1, 2104, "Market data farm connection is OK:usfarm"))
    core.received(error(-1, 1100, "Connectivity lost"))
    assert [notice.error_code for notice in notices] == [2104, 1100]
    assert core.state is State.STARTING


def test_a_fatal_error_during_the_handshake_ends_it_with_its_code():
    core, _ = greeted()
    with pytest.raises(ConnectionFailed, match="326: in use") as caught:
        core.received(error(-1, 326, "in use"))
    assert caught.value.code == 326


# --------------------------------------------------------------------------------------------------------- ids


@pytest.mark.parametrize("next_valid_id", [1, 458, 499_999_999, 500_000_000, 999_999_999, REQUEST_IDS, 2_000_000_000])
def test_request_ids_and_order_ids_never_meet(next_valid_id):
    core, _ = ready(next_valid_id=next_valid_id)
    orders = {core.ids.order() for _ in range(1000)}
    requests = {core.ask(HeadTimestampRequest(), Waiter()) for _ in range(1000)}
    assert len(orders) == len(requests) == 1000
    assert not orders & requests
    assert min(orders) == next_valid_id
    assert min(requests) > 0
    assert max(requests | orders) < 2**31


def test_order_ids_only_rise():
    core, _ = ready(next_valid_id=100)
    assert [core.ids.order(), core.ids.order()] == [100, 101]
    core.received(NextValidId(order_id=50))
    assert core.ids.order() == 102
    core.received(NextValidId(order_id=500))
    assert core.ids.order() == 500


# ----------------------------------------------------------------------------------------------------- answers


@pytest.mark.parametrize("version", VERSIONS)
def test_a_request_is_sent_and_its_parts_are_collected(version):
    core, _ = ready(version)
    waiter = Waiter(end=ContractDataEnd)
    req_id = core.ask(ContractDataRequest(), waiter)
    assert [(type(message), message.req_id) for message in sent(core)] == [(ContractDataRequest, req_id)]
    parts = [ContractData(req_id=req_id, contract=Contract(symbol=name)) for name in ("one", "two")]
    for part in parts:
        core.received(part)
    assert not waiter.settled
    core.received(ContractDataEnd(req_id=req_id))
    assert (waiter.settled, waiter.parts, waiter.error) == (1, parts, None)


def test_an_answer_without_an_end_is_its_first_message():
    core, _ = ready(176)
    waiter = Waiter()
    req_id = core.ask(HistoricalDataRequest(), waiter)
    core.received(HistoricalData(req_id=req_id))
    assert (waiter.settled, len(waiter.parts)) == (1, 1)


def test_answers_go_to_who_asked():
    core, _ = ready()
    first, second = Waiter(end=ContractDataEnd), Waiter(end=ContractDataEnd)
    ids = [core.ask(ContractDataRequest(), waiter) for waiter in (first, second)]
    core.received(ContractData(req_id=ids[1], contract=Contract(symbol="second")))
    core.received(ContractDataEnd(req_id=ids[1]))
    assert (first.settled, second.settled) == (0, 1)
    assert second.parts[0].contract.symbol == "second"


def test_an_error_reaches_the_one_who_waits_for_its_id_and_nobody_else():
    core, notices = ready()
    waiters = [Waiter(end=ContractDataEnd) for _ in range(3)]
    ids = [core.ask(ContractDataRequest(), waiter) for waiter in waiters]
    core.received(error(ids[1], 200, "No security definition has been found for the request"))
    assert [waiter.settled for waiter in waiters] == [0, 1, 0]
    assert isinstance(waiters[1].error, RequestError)
    assert (waiters[1].error.code, waiters[1].error.req_id) == (200, ids[1])
    assert str(waiters[1].error) == "200: No security definition has been found for the request"
    assert notices == []


def test_an_error_with_the_id_of_an_order_is_the_order_s():
    core, notices = ready(next_valid_id=7)
    waiter = Waiter(end=ContractDataEnd)
    core.ask(ContractDataRequest(), waiter)
    trade = core.trades.add(Trade(Contract(), Order(), core.ids.order(), 1))
    core.received(error(7, 201, "rejected"))
    assert trade.rejection.code == 201
    assert (waiter.settled, notices) == (0, [])


def test_an_error_that_nobody_claims_is_a_notice():
    core, notices = ready()
    waiter = Waiter()
    core.ask(HeadTimestampRequest(), waiter)
    core.received(error(-1, 504))
    core.received(error(12345, 200))
    core.received(ErrorMessage(error_code=2104))
    assert [notice.error_code for notice in notices] == [504, 200, 2104]
    assert not waiter.settled


@pytest.mark.parametrize("code", [2188, 10167, 399, 2176, 1100])
def test_warnings_do_not_end_a_request(code):
    core, notices = ready()
    waiter = Waiter(end=HistoricalDataEnd)
    req_id = core.ask(HistoricalDataRequest(), waiter)
    core.received(error(req_id, code))
    assert not waiter.settled
    assert [notice.error_code for notice in waiter.notices] == [code]
    assert [notice.error_code for notice in notices] == [code]
    core.received(HistoricalData(req_id=req_id))
    core.received(HistoricalDataEnd(req_id=req_id))
    assert (waiter.settled, waiter.error) == (1, None)


@pytest.mark.parametrize("code", [162, 200, 321, 322, 354, 10089, 99_999])
def test_refusals_end_a_request(code):
    core, _ = ready()
    waiter = Waiter(end=HistoricalDataEnd)
    core.received(error(core.ask(HistoricalDataRequest(), waiter), code))
    assert (waiter.settled, waiter.error.code) == (1, code)


def test_what_comes_too_late_is_counted_and_dropped():
    core, _ = ready()
    waiter = Waiter(end=ContractDataEnd)
    req_id = core.ask(ContractDataRequest(), waiter)
    core.forget(req_id)
    core.received(ContractData(req_id=req_id))
    core.received(ContractDataEnd(req_id=req_id))
    core.received(CurrentTime(current_time=1))
    assert (core.unmatched, waiter.settled, waiter.parts) == (3, 0, [])


def test_what_comes_after_a_refusal_is_counted_and_dropped():
    core, _ = ready()
    waiter = Waiter(end=ContractDataEnd)
    req_id = core.ask(ContractDataRequest(), waiter)
    core.received(error(req_id, 200))
    core.received(ContractData(req_id=req_id))
    core.received(ContractDataEnd(req_id=req_id))
    assert (core.unmatched, waiter.settled) == (2, 1)


# ---------------------------------------------------------------------------------------------- what goes wrong


def unreadable(req_id, version):
    """A contract description that ends too early, as the error that reading it raises."""
    text = b"%d\0" % req_id
    whole = wire.encode(ContractData(req_id=req_id, contract=Contract(symbol="AAPL")), version)
    spoiled = whole[:-1] if version >= 205 else whole[: whole.index(text) + len(text)]
    with pytest.raises(DecodeError) as caught:
        wire.decode(spoiled, version)
    return caught.value


@pytest.mark.parametrize("version", VERSIONS)
def test_what_cannot_be_read_rejects_the_request_it_belongs_to(version):
    core, notices = ready(version)
    hit, spared = Waiter(end=ContractDataEnd), Waiter(end=ContractDataEnd)
    req_id = core.ask(ContractDataRequest(), hit)
    core.ask(ContractDataRequest(), spared)
    spoiled = unreadable(req_id, version)
    core.refused(spoiled)
    assert (hit.settled, hit.error, spared.settled) == (1, spoiled, 0)
    assert (core.malformed, notices) == (1, [spoiled])
    core.received(ContractDataEnd(req_id=req_id))
    assert hit.settled == 1


def test_noise_that_belongs_to_nobody_is_only_a_notice():
    core, notices = ready()
    waiter = Waiter()
    core.ask(HeadTimestampRequest(), waiter)
    core.refused(DecodeError("payload", "msg_id", 0, "does not begin with a message id", b"x"))
    core.unknown_message(999, b"\0\0\3\xe7")
    assert (core.malformed, core.unknown, len(notices), waiter.settled) == (1, 1, 2, 0)


def test_everybody_who_waits_learns_that_the_connection_is_lost():
    core, _ = ready()
    one, two = Waiter(), Waiter(end=ContractDataEnd)
    core.ask(HeadTimestampRequest(), one)
    core.ask(ContractDataRequest(), two)
    gone = ConnectionLost("gone")
    core.lost(gone)
    core.lost(ConnectionLost("again"))
    assert [(waiter.settled, waiter.error) for waiter in (one, two)] == [(1, gone)] * 2
    assert core.error is gone
    assert core.state is State.CLOSED


def test_a_contract_that_can_never_be_is_refused_before_a_byte_is_sent():
    core, _ = ready()
    with pytest.raises(ValueError, match="right: 'X' is neither C nor P"):
        core.ask(ContractDataRequest(contract=Contract(symbol="AAPL", sec_type="OPT", right="X")), Waiter())
    assert sent(core) == []
    assert core.pacing.gauges(0).sent_in_last_second == 1  # its greeting


@pytest.mark.parametrize("version", [157, 176, 200])
def test_an_error_that_cannot_be_read_still_ends_the_request_it_names(version):
    core, notices = ready(version)
    waiter = Waiter()
    req_id = core.ask(ContractDataRequest(contract=Contract(symbol="AAPL", sec_type="STK")), waiter)
    payload = wire.encode(error(req_id, 200), version).replace(b"\x00200\x00", b"\x00two hundred\x00")
    with pytest.raises(DecodeError) as caught:
        wire.decode(payload, version)
    core.refused(caught.value)
    assert waiter.error is caught.value
    assert notices == [caught.value]
