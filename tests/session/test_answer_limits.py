"""What a gateway sends in answer is bounded: in bytes, and to what was asked for."""

import asyncio
import itertools
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from support.lying_gateway import LyingGateway

from ibfast import AnswerTooLarge, Contract, DecodeError, IbfastError, RequestTimeout, StreamOverflow, wire
from ibfast.errors import PAYLOAD_KEPT, RequestError
from ibfast.scanner import ScannerParameters as Parameters
from ibfast.schema import (
    CancelContractData,
    CancelPositions,
    CompletedOrder,
    ContractData,
    ContractDataRequest,
    ContractDetails,
    CurrentTime,
    CurrentTimeInMillis,
    ErrorMessage,
    HeadTimestamp,
    HistoricalData,
    HistoricalDataBar,
    HistoricalNews,
    HistoricalNewsEnd,
    HistoricalSchedule,
    HistoricalSession,
    Order,
    OrderState,
    PnL,
    Position,
    PositionsRequest,
    ScannerSubscription,
    SecDefOptParameter,
    SecDefOptParameterEnd,
    WshEventData,
    WshMetaData,
)
from ibfast.schema.declare import INCOMING
from ibfast.session.expected_answers import ANSWERS
from ibfast.wsh import WshFilter

AAPL = Contract.stock("AAPL")
BOTH_WIRES = pytest.mark.parametrize("version", [200, 226])
LIMIT = 200_000
SOON_S = 10


def lied_to(run, version, answer, case, **options):
    async def main():
        async with LyingGateway(version, answer) as gateway, asyncio.timeout(15):
            client = await gateway.client(**options)
            try:
                await case(client, gateway)
            finally:
                await client.close()

    run(main)


def details(req_id):
    long_name = ContractDetails(long_name="x" * 1_000)
    return ContractData(req_id=req_id, contract=AAPL.replace(con_id=1), contract_details=long_name)


async def until(condition):
    async with asyncio.timeout(SOON_S):
        while not condition():  # noqa: ASYNC110 (seen from outside: there is no event to wait for)
            await asyncio.sleep(0.001)


@BOTH_WIRES
def test_an_answer_without_end_is_given_up_and_cancelled(run, version):
    def answer(request):
        return (details(request.req_id) for _ in range(2_000)) if isinstance(request, ContractDataRequest) else []

    async def case(client, gateway):
        with pytest.raises(AnswerTooLarge, match=r"ContractDataRequest.*200,000 bytes.*answer_limit_bytes=") as caught:
            await client.contract_details(AAPL)
        assert (caught.value.request, caught.value.limit_bytes) == ("ContractDataRequest", LIMIT)
        if version >= 215:  # the first that knows the cancel
            await until(lambda: isinstance(gateway.heard[-1], CancelContractData))
        assert client.is_connected
        assert len(client._session._waiting) == 0

    lied_to(run, version, answer, case, answer_limit_bytes=LIMIT)


@BOTH_WIRES
def test_an_answer_that_is_shared_is_limited_too(run, version):
    order = Order(order_ref="x" * 1_000)
    part = CompletedOrder(contract=AAPL, order=order, order_state=OrderState(status="Filled"))

    async def case(client, _):
        with pytest.raises(AnswerTooLarge, match="CompletedOrdersRequest"):
            await client.completed_orders()

    lied_to(run, version, lambda request: itertools.repeat(part, 1_000), case, answer_limit_bytes=LIMIT)


def position(number):
    return Position(account="DU1", contract=AAPL.replace(con_id=number + 1), position=Decimal(1), avg_cost=1.0)


@BOTH_WIRES
def test_a_subscription_without_an_id_is_limited_in_what_it_keeps(run, version):
    def answer(request):
        return map(position, range(10_000)) if isinstance(request, PositionsRequest) else []

    async def case(client, gateway):
        with pytest.raises(AnswerTooLarge, match="PositionsRequest"):
            await client.positions()
        await until(lambda: isinstance(gateway.heard[-1], CancelPositions))
        assert client._positions._snapshot.bytes == 0 or len(client._positions._snapshot.so_far) < 10_000

    lied_to(run, version, answer, case, answer_limit_bytes=LIMIT)


@BOTH_WIRES
def test_what_waits_for_a_reader_is_limited(run, version):
    def answer(request):
        return (PnL(req_id=request.req_id, daily_pnl=float(n)) for n in range(20_000))

    async def case(client, _):
        async with client.pnl("DU1") as unread:
            await until(lambda: client.stats["messages_received"] > 20_000)
            assert unread.error is None
            assert unread.dropped > 0
            assert unread.latest.daily_pnl == 19_999
            assert len(unread._items) < 20_000
        read = client.pnl("DU1")
        assert (await read.next(SOON_S)).daily_pnl == 0
        await until(lambda: read.is_closed)
        while read.try_next() is not None:
            pass
        with pytest.raises(StreamOverflow, match="PnLRequest: more than 200,000 bytes wait"):
            await read.next(SOON_S)

    lied_to(run, version, answer, case, answer_limit_bytes=LIMIT)


@BOTH_WIRES
def test_the_limit_can_be_raised(run, version):
    def answer(request):
        end = next(form for form in INCOMING.values() if form.cls.__name__ == "ContractDataEnd").cls
        return [*(details(request.req_id) for _ in range(400)), end(req_id=request.req_id)]

    async def case(client, _):
        assert len(await client.contract_details(AAPL)) == 400

    lied_to(run, version, answer, case, answer_limit_bytes=10 * LIMIT)


# ------------------------------------------------------------------------------------- what makes no sense

DAY = datetime(2026, 8, 26, tzinfo=UTC)
REQUESTS = {
    "account_summary": lambda ib: ib.account_summary(),
    "account_values_multi": lambda ib: ib.account_values_multi("DU1"),
    "calculate_implied_volatility": lambda ib: ib.calculate_implied_volatility(AAPL, option_price=1.0, under_price=1.0),
    "contract_details": lambda ib: ib.contract_details(AAPL),
    "display_groups": lambda ib: ib.display_groups(),
    "executions": lambda ib: ib.executions(),
    "head_timestamp": lambda ib: ib.head_timestamp(AAPL),
    "histogram": lambda ib: ib.histogram(AAPL, period="3 days"),
    "historical_data": lambda ib: ib.historical_data(AAPL, duration="1 D"),
    "historical_news": lambda ib: ib.historical_news(1, "BRFG"),
    "historical_schedule": lambda ib: ib.historical_schedule(AAPL, duration="1 D"),
    "historical_ticks": lambda ib: ib.historical_ticks(AAPL, start=DAY),
    "matching_symbols": lambda ib: ib.matching_symbols("A"),
    "news_article": lambda ib: ib.news_article("BRFG", "1"),
    "option_chains": lambda ib: ib.option_chains(AAPL.replace(con_id=1)),
    "positions_multi": lambda ib: ib.positions_multi("DU1"),
    "qualify": lambda ib: ib.qualify(AAPL),
    "replace_fa": lambda ib: ib.replace_fa(1, "<a/>"),
    "scan": lambda ib: ib.scan(ScannerSubscription(scan_code="A")),
    "smart_components": lambda ib: ib.smart_components("a"),
    "soft_dollar_tiers": lambda ib: ib.soft_dollar_tiers(),
    "user_info": lambda ib: ib.user_info(),
    "wsh_event_data": lambda ib: ib.wsh_event_data(WshFilter(con_id=1)),
    "wsh_meta_data": lambda ib: ib.wsh_meta_data(),
}
STREAMS = {
    "account_summary_updates": lambda ib: ib.account_summary_updates(),
    "account_updates_multi": lambda ib: ib.account_updates_multi("DU1"),
    "book": lambda ib: ib.book(AAPL),
    "depth": lambda ib: ib.depth(AAPL),
    "display_group_updates": lambda ib: ib.display_group_updates(1),
    "keep_up_to_date": lambda ib: ib.keep_up_to_date(AAPL, duration="1 D"),
    "market_data": lambda ib: ib.market_data(AAPL),
    "pnl": lambda ib: ib.pnl("DU1"),
    "pnl_single": lambda ib: ib.pnl_single("DU1", 1),
    "positions_multi_updates": lambda ib: ib.positions_multi_updates("DU1"),
    "quote": lambda ib: ib.quote(AAPL),
    "real_time_bars": lambda ib: ib.real_time_bars(AAPL),
    "scanner_updates": lambda ib: ib.scanner_updates(ScannerSubscription(scan_code="A")),
    "tick_by_tick": lambda ib: ib.tick_by_tick(AAPL),
}
CANCELS = ("Cancel", "Unsubscribe")
WITH_ID = sorted(
    {form.cls for form in INCOMING.values() if "req_id" in form.cls.__fields__}, key=lambda item: item.__name__
)


def writable(version):
    """The messages with a request id that this version can carry, with nothing else in them."""
    for cls in WITH_ID:
        try:
            wire.encode(cls(req_id=7), version)
        except ValueError:
            continue
        yield cls


@BOTH_WIRES
@pytest.mark.parametrize("name", REQUESTS)
def test_any_message_under_the_id_of_any_request_is_an_answer_or_told(run, version, name):
    tried = []

    def answer(request):
        if getattr(request, "req_id", None) is None or type(request).__name__.startswith(CANCELS):
            return []
        ends = [answer for answer in ANSWERS[type(request)] if answer.__name__.endswith("End")]
        return [tried[-1](req_id=request.req_id), *(end(req_id=request.req_id) for end in ends)]

    async def case(client, _):
        for cls in writable(version):
            tried.append(cls)
            before = client.stats["malformed"]
            try:
                await REQUESTS[name](client)
            except (DecodeError, RequestTimeout) as error:
                told = client.stats["malformed"] - before
                assert told >= 1 or isinstance(error, RequestTimeout), cls
            except RequestError as error:
                assert error.code == 200  # an answer without a contract
        assert client.is_connected

    lied_to(run, version, answer, case, request_timeout_s=0.05)


@BOTH_WIRES
@pytest.mark.parametrize("name", STREAMS)
def test_any_message_under_the_id_of_any_stream_is_taken_or_told(run, version, name):
    sent = []

    def answer(request):
        if getattr(request, "req_id", None) is None or type(request).__name__.startswith(CANCELS):
            return []
        sent[:] = [cls for cls in writable(version) if cls.__name__ != "TickSnapshotEnd"]
        strange.extend(cls for cls in sent if cls not in ANSWERS[type(request)])
        return [cls(req_id=request.req_id) for cls in sent]

    strange = []

    async def case(client, _):
        async with STREAMS[name](client) as stream:
            await until(lambda: sent and client.stats["messages_received"] >= len(sent) + 2)
            assert stream.error is None
            assert client.stats["malformed"] >= len(strange) > 0
            notices = client.notices()
            told = [notices.try_next() for _ in strange]
            assert {item.message for item in told} >= {cls.__name__ for cls in strange} - {None} or len(told) == len(
                strange
            )

    lied_to(run, version, answer, case)


NONSENSE = {
    "head_timestamp": lambda text: lambda req_id: [HeadTimestamp(req_id=req_id, head_timestamp=text)],
    "historical_schedule": lambda text: lambda req_id: [
        HistoricalSchedule(req_id=req_id, start_date_time=text, end_date_time=text, time_zone="UTC",
                           historical_sessions=[HistoricalSession(start_date_time=text, end_date_time=text)])
    ],
    "historical_news": lambda text: lambda req_id: [
        HistoricalNews(req_id=req_id, time=text), HistoricalNewsEnd(req_id=req_id, has_more=False),
    ],
    "option_chains": lambda text: lambda req_id: [
        SecDefOptParameter(req_id=req_id, expirations=[text]), SecDefOptParameterEnd(req_id=req_id)
    ],
    "wsh_meta_data": lambda text: lambda req_id: [WshMetaData(req_id=req_id, data_json="[" * 100_000)],
    "wsh_event_data": lambda text: lambda req_id: [WshEventData(req_id=req_id, data_json=text + "}")],
}  # fmt: skip
TIMES = ["00000101", "00010101 00:00:00", "99999999", "9" * 30, "9" * 5_000, "1e300", "-1", "20261341", "x" * 1_000]


@BOTH_WIRES
@pytest.mark.parametrize("name", NONSENSE)
@pytest.mark.parametrize("text", TIMES, ids=range(len(TIMES)))
def test_a_time_out_of_range_is_a_decode_error_counted_and_told(run, version, name, text):
    def answer(request):
        is_asked = getattr(request, "req_id", None) is not None and not type(request).__name__.startswith(CANCELS)
        return NONSENSE[name](text)(request.req_id) if is_asked else []

    async def case(client, _):
        notices = client.notices()
        try:
            await REQUESTS[name](client)
        except DecodeError:
            assert client.stats["malformed"] == 1
            assert isinstance(notices.try_next(), DecodeError)
        else:
            assert text == "00010101 00:00:00"  # a year of our calendar
            assert name in ("head_timestamp", "historical_schedule")

    lied_to(run, version, answer, case)


@BOTH_WIRES
def test_clocks_out_of_range(run, version):
    def answer(request):
        is_millis = type(request).__name__ == "CurrentTimeInMillisRequest"
        return [CurrentTimeInMillis(current_time_in_millis=2**62) if is_millis else CurrentTime(current_time=2**62)]

    async def case(client, _):
        for ask in (client.current_time, client.current_time_in_ms):
            with pytest.raises(DecodeError):
                await ask()
        assert client.stats["malformed"] == 2

    lied_to(run, version, answer, case)


@BOTH_WIRES
@pytest.mark.parametrize("date", ["00010101", "99990101", "-9999999999999", "9" * 5_000, "1e300"], ids=range(5))
def test_bars_of_no_time(run, version, date):
    def answer(request):
        bar = HistoricalDataBar(date=date, open=1.0, high=1.0, low=1.0, close=1.0, bar_count=1)
        end = next(form for form in INCOMING.values() if form.cls.__name__ == "HistoricalDataEnd").cls
        return [HistoricalData(req_id=request.req_id, historical_data_bars=[bar]), end(req_id=request.req_id)]

    async def case(client, _):
        with pytest.raises(DecodeError):
            await client.historical_data(AAPL, duration="1 D")
        assert client.stats["malformed"] == 1

    lied_to(run, version, answer, case)


def test_a_decode_error_keeps_the_first_of_a_long_message_and_what_is_wrong():
    payload = b"a" * 1_000_000 + b"WRONG" + b"b" * 1_000_000
    error = DecodeError("X", "y", 1_000_000, "is wrong", payload)
    assert (len(error.payload), error.size, error.offset) == (PAYLOAD_KEPT, len(payload), 1_000_000)
    assert "at byte 1000000: is wrong, near b'aaaaaaaaaaaaWRONG" in str(error)
    assert sum(len(argument) for argument in error.args if isinstance(argument, bytes)) == PAYLOAD_KEPT


@BOTH_WIRES
def test_a_notice_of_a_long_message_is_short(run, version):
    text = version < 201
    head = b"88\0" if text else (88).to_bytes(4, "big")

    async def case(client, _):
        notices = client.notices()
        client._connection.send(PositionsRequest())
        error = await notices.next(SOON_S)
        assert isinstance(error, DecodeError)
        assert error.size > 10_000_000
        assert len(error.payload) == PAYLOAD_KEPT

    lied_to(run, version, lambda request: [head + b"x" * 10_000_000], case)


def test_scanner_parameters_that_are_no_xml():
    for xml in ("", "<a", "<a>" * 100_000, "\0"):
        with pytest.raises(IbfastError):
            Parameters.from_xml(xml)


@BOTH_WIRES
def test_a_notice_keeps_the_first_of_a_long_text(run, version):
    async def case(client, _):
        notices = client.notices()
        client._connection.send(PositionsRequest())
        notice = await notices.next(SOON_S)
        assert (notice.error_code, notice.error_msg) == (2104, "x" * 4_096)

    lied_to(run, version, lambda request: [ErrorMessage(id=-1, error_code=2104, error_msg="x" * 1_000_000)], case)
