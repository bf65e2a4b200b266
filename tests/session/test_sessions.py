"""Sessions recorded at a real gateway, replayed: what was asked then is what ibfast asks, what came back is read."""

import asyncio
from decimal import Decimal, InvalidOperation

import pytest
from support.captures import CAPTURES, records

from ibfast import Client, Order, RequestError, Trade, wire
from ibfast.bars import Bars
from ibfast.schema import (
    AccountSummary,
    AccountSummaryEnd,
    ContractDataRequest,
    ErrorMessage,
    HistoricalDataRequest,
    HistoricalDataUpdate,
    MarketDataTypeRequest,
    PlaceOrderRequest,
)
from ibfast.session.pending import PendingRequest
from ibfast.session.session import Session, State
from ibfast.times import parse_time

PATH = CAPTURES / "sessions_text_sv176.jsonl"
VERSION = 176
WAIT_S = 20
REQUEST_ID_PLACES = (1, 2)  # after the message's own version, if it has one
EV_MULTIPLIER = 29  # of contract data: unset, gateways leave it empty, we write 0; both read as unset


def sessions():
    if not PATH.exists():
        reason = f"no recorded sessions at {PATH}; they may not be copied into this repository"
        return [pytest.param(None, marks=pytest.mark.skip(reason=reason))]
    return [pytest.param(session, id=session["name"].partition("=")[2]) for session in records(PATH)]


every_session = pytest.mark.parametrize("session", sessions())


def requests(session):
    """(request, responses) after the handshake."""
    return [
        (s["request"], s["responses"]) for s in session["steps"] if s["request"][0] not in ("handshake", "startapi")
    ]


def responses(session):
    """All that is a message: not the hello, not the end of the stream."""
    return [r for step in session["steps"] for r in step["responses"] if r[0] not in (str(VERSION), "eof")]


def read_request(fields):
    return wire.decode("\0".join(fields).encode(), VERSION, direction="outgoing")  # recorded with the empty rest


def read_response(fields):
    return wire.decode(text_of(fields), VERSION)


def text_of(fields):
    return b"".join(field.encode() + b"\0" for field in fields)


def fields_of(payload):
    return payload.decode().split("\0")


DEVIATIONS = {
    (
        "0.0",
        "",
    ),  # a strike of 0: ibfast leaves it out on both wires, because on protobuf such a request is not answered
    ("", "DAY"),  # an order without a time in force: newer gateways refuse it (10052), so ibfast says DAY
}
"""What ibfast writes otherwise than the recorded client did, on purpose: (recorded, ours)."""


def differing(recorded, ours):
    """(place, recorded, ours) where two messages are not the same; numbers may be spelled in several ways."""
    assert len(recorded) == len(ours)
    pairs = enumerate(zip(recorded, ours, strict=True))
    return [
        (place, theirs, our)
        for place, (theirs, our) in pairs
        if theirs != our and not same_number(theirs, our) and (theirs, our) not in DEVIATIONS
    ]


def same_number(a, b):
    try:
        return Decimal(a) == Decimal(b)
    except InvalidOperation:
        return False


# ------------------------------------------------------------------------------------------------------ the wire


@every_session
def test_recorded_requests_are_what_we_write(session):
    for recorded, _ in requests(session):
        assert differing(recorded, fields_of(wire.encode(read_request(recorded), VERSION))) == []


@every_session
def test_recorded_responses_are_read_whole(session):
    """Nothing is lost: written again, the message has the same fields."""
    for recorded in responses(session):
        again = fields_of(wire.encode(read_response(recorded), VERSION))[:-1]
        assert [item for item in differing(recorded, again) if item != (EV_MULTIPLIER, "", "0")] == []


# ----------------------------------------------------------------------------------------------- the conversation


@every_session
def test_the_conversation_asks_and_hears_what_was_recorded(session):
    """Each connection of the session, without a socket: every response finds who waits for it."""
    for connection in connections(session):
        notices = []
        core = Session(client_id=1, on_notice=notices.append)
        core.start()
        (hello, *greetings), *steps = [step["responses"] for step in connection["steps"] if step["responses"]]
        assert core.on_server_hello(text_of(hello))
        for response in greetings:
            core.received(read_response(response))
        assert core.state is State.READY
        assert core.accounts == ["DU1234567"]
        assert parse_time(core.connection_time).strftime("%Y%m%d %H:%M:%S") == hello[1][:17]
        core.outbox.take()
        asked = [(request, answers) for request, answers in requests(connection) if answers]
        assert len(asked) == len(steps)
        for recorded, answers in asked:
            check_step(core, recorded, [answer for answer in answers if answer[0] != "eof"])
        assert core.unmatched == core.malformed == core.unknown == 0
        farms = [r for r in responses(connection) if r[0] == "4" and r[2] == "-1"]
        assert [notice.error_code for notice in notices] == [int(farm[3]) for farm in farms]


def connections(session):
    starts = [place for place, step in enumerate(session["steps"]) if step["request"] == ["handshake"]]
    for start, stop in zip(starts, [*starts[1:], None], strict=True):
        yield {"steps": session["steps"][start:stop]}


def check_step(core, recorded, answers):
    request = read_request(recorded)
    if not hasattr(request, "req_id"):  # next order id
        core.send(request)
        assert differing(recorded, fields_of(core.outbox.take()[4:])) == []
        for answer in answers:
            core.received(read_response(answer))
        return
    settled = []
    receiver = PendingRequest(settled.append, end=type(None))
    was = request.req_id
    req_id = core.ask(request, receiver)
    assert differing(with_id(recorded, str(was), str(req_id)), fields_of(core.outbox.take()[4:])) == []
    messages = [read_response(with_id(answer, str(was), str(req_id))) for answer in answers]
    for message in messages:
        core.received(message)
    for_it = [m for m in messages if getattr(m, "req_id", None) == req_id]
    assert receiver.parts == for_it
    refusals = [m for m in messages if isinstance(m, ErrorMessage) and m.id == req_id]
    assert bool(refusals) == bool(settled)
    assert refusals or for_it


def with_id(fields, was, is_now):
    """The message under another request id."""
    place = id_place(fields, was)
    return [*fields[:place], is_now, *fields[place + 1 :]] if place else fields


def id_place(fields, was):
    """Where the request id is; 0 if there is none."""
    return next((place for place in REQUEST_ID_PLACES if fields[place : place + 1] == [was]), 0)


# ----------------------------------------------------------------------------------------------------- the client


class Gateway:
    """Says what was recorded when it is asked what was recorded."""

    def __init__(self, session):
        self.steps = [step for step in session["steps"] if step["request"] != ["handshake"]]
        self.wrong = []
        self.all_asked = asyncio.Event()

    async def __aenter__(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *error):
        self.server.close()
        await self.server.wait_closed()

    async def serve(self, reader, writer):
        try:
            assert await reader.readexactly(4) == b"API\0"
            assert (await self.frame(reader)).startswith(b"v157..")
            (hello, *greetings) = self.steps.pop(0)["responses"]
            writer.write(wire.frame(text_of(hello)))
            assert fields_of(await self.frame(reader))[0] == "71"
            self.say(writer, greetings)
            while self.steps and self.steps[0]["request"] != ["startapi"]:
                if await self.answer(fields_of(await self.frame(reader)), writer) == "eof":
                    break
            if not self.steps:
                self.all_asked.set()
                await reader.read()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        except BaseException as error:
            self.wrong.append(error)
        finally:
            writer.close()

    async def answer(self, asked, writer):
        step = self.steps.pop(0)
        request = read_request(step["request"])
        was = getattr(request, "req_id", None)
        now = asked[id_place(step["request"], str(was))]
        recorded = step["request"] if was is None else with_id(step["request"], str(was), now)
        self.wrong += differing(recorded, asked)
        answers = [item if was is None else with_id(item, str(was), now) for item in step["responses"]]
        self.say(writer, [answer for answer in answers if answer != ["eof"]])
        return "eof" if ["eof"] in answers else None

    @staticmethod
    def say(writer, messages):
        writer.write(b"".join(wire.frame(text_of(message)) for message in messages))

    @staticmethod
    async def frame(reader):
        return await reader.readexactly(int.from_bytes(await reader.readexactly(4), "big"))


@every_session
def test_the_client_gets_from_a_recorded_gateway_what_was_recorded(session, run):
    async def main():
        async with Gateway(session) as gateway:
            for connection in connections(session):
                async with await Client.connect(port=gateway.port, timeout_s=WAIT_S) as client:
                    assert client.server_version == VERSION
                    assert client.accounts == ["DU1234567"]
                    assert client.connection_time == parse_time(connection["steps"][1]["responses"][0][1])
                    for recorded, answers in requests(connection):
                        await ask(client, read_request(recorded), answers)
                    if gateway.steps == []:
                        await gateway.all_asked.wait()
        assert gateway.wrong == []
        assert gateway.steps == []

    run(main)


async def ask(client, request, answers):
    """The client's call for a recorded request, and its result held against the recorded answers."""
    match request:
        case MarketDataTypeRequest():
            await client.market_data_type(request.market_data_type)
        case ContractDataRequest() if answers[0][0] == "4":
            with pytest.raises(RequestError) as refused:
                await client.contract_details(request.contract)
            assert [str(refused.value.code), refused.value.message] == answers[0][3:5]
        case ContractDataRequest():
            details = await client.contract_details(request.contract)
            assert [str(part.contract.con_id) for part in details] == [a[12] for a in answers if a[0] == "10"]
            assert [part.contract.local_symbol for part in details] == [a[9] for a in answers if a[0] == "10"]
        case HistoricalDataRequest(keep_up_to_date=False):
            bars = await client.historical_data(
                request.contract,
                duration=request.duration,
                bar_size=request.bar_size_setting,
                what_to_show=request.what_to_show,
                use_rth=request.use_rth,
                end=parse_time(request.end_date_time),
            )
            check_bars(bars, answers[0])
        case PlaceOrderRequest(order=Order(order_type="MKT")):
            trade = await client.place_order(request.contract, request.order)
            assert isinstance(trade, Trade)
            assert trade.order_id == request.order_id
        case PlaceOrderRequest():  # recorded as a limit order without a limit, which the client refuses
            with pytest.raises(ValueError, match="lmt_price: order type LMT needs one"):
                await client.place_order(request.contract, request.order)
            client._connection.send(request)
        case _:
            await ask_below(client, request, answers)


def check_bars(bars: Bars, answer):
    assert [bars.start, bars.end] == answer[2:4]
    rows = [answer[at : at + 8] for at in range(5, len(answer), 8)]
    assert len(bars) == len(rows) == int(answer[4])
    for place, name in enumerate(("open", "high", "low", "close", "volume", "wap", "bar_count"), 1):
        assert bars.records[name].tolist() == [float(row[place]) for row in rows]
    times = [int(parse_time(row[0]).timestamp()) * 1_000_000_000 for row in rows]
    assert bars.records["time_ns"].tolist() == times


async def ask_below(client, request, answers):
    """Requests that the client has no call for yet, through its connection: all answers arrive, in order."""
    connection, expected = client._connection, [answer for answer in answers if answer[0] not in ("4", "eof")]
    if not expected:  # a cancel
        connection.send(request)
    elif not hasattr(request, "req_id"):
        message = read_response(expected[0])
        assert await connection.ask_shared(request, type(message)) == message
    else:
        collected = Collected(len(expected))
        req_id = connection.session.ask(request, collected)
        connection.transport.flush()
        await asyncio.wait_for(collected.all.wait(), WAIT_S)
        was = str(read_response(expected[0]).req_id)
        assert collected.parts == [read_response(with_id(item, was, str(req_id))) for item in expected]
        assert {type(part) for part in collected.parts} & {AccountSummary, AccountSummaryEnd, HistoricalDataUpdate}


class Collected(PendingRequest):
    """A given number of messages."""

    def __init__(self, count):
        super().__init__(lambda answer: None, end=type(None))
        self.count = count
        self.all = asyncio.Event()

    def received(self, message):
        super().received(message)
        if len(self.parts) == self.count:
            self.all.set()
        return False
