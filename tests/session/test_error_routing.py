"""What a user notices of TWS's messages: requests that go on, streams requested again, errors, and the log."""

import asyncio
import logging

import pytest
from support.adverse import AAPL, BOTH_WIRES, SOON_S, fast_clock, session, until

import ibfast.blocking
from ibfast import ConnectionLost, Contract, Gap, RequestError, RequestTimeout
from ibfast.error_codes import RequestKind
from ibfast.schema import (
    CancelHistoricalData,
    CancelMarketDepth,
    CancelRealTimeBars,
    ContractData,
    ErrorMessage,
    GlobalCancelRequest,
    HeadTimestamp,
    HistoricalData,
    HistoricalDataRequest,
    MarketDepthRequest,
    RealTimeBarsRequest,
    ScannerData,
    ScannerSubscription,
    ScannerSubscriptionRequest,
)
from ibfast.simulator import SimulatorThread
from ibfast.simulator.faults import Lose, Notice, Say

NOSUCH = Contract.stock("NOSUCH")
SCAN = {"instrument": "STK", "location_code": "STK.US.MAJOR", "scan_code": "TOP_PERC_GAIN"}
APPROACHING = "Warning: Approaching max rate of 50 messages per second (42)"


def recorded(client, *kinds):
    """The messages of these classes that a client sends from here on."""
    sent, send = [], client._session.send

    def record(message):
        if isinstance(message, kinds):
            sent.append(message)
        send(message)

    client._session.send = record
    return sent


def kept_up(client):
    return client.keep_up_to_date(AAPL, duration="1 D", bar_size="1 hour")


async def to_the_end(stream):
    async with asyncio.timeout(SOON_S):
        async for _ in stream:
            pass


async def begun_again(bars, history):
    """The gap, and that the history comes again behind it."""
    async with asyncio.timeout(SOON_S):
        items = bars.with_gaps()
        while not isinstance(gap := await anext(items), Gap):
            pass
        again = await anext(items)
    assert again["time_ns"].tolist()[: len(history)] == history["time_ns"].tolist()
    assert len(bars.gaps) == 1
    return gap


# ------------------------------------------------------------------------------------------ requests that go on

NOTES_OF_HISTORY = {
    "the history farm was connected": Notice(165, at_message=HistoricalData),
    "the newest part is not subscribed": Notice(2188, at_message=HistoricalData),
    "no code": Notice(0, of=HistoricalDataRequest, at_message=HistoricalData),
    "an unknown warning": Notice(77_777, "Warning: odd", of=HistoricalDataRequest, at_message=HistoricalData),
    "a farm wakes": Notice(2119, at_message=HistoricalData),
}


@pytest.mark.parametrize("notice", [pytest.param(item, id=name) for name, item in NOTES_OF_HISTORY.items()])
@BOTH_WIRES
def test_a_notice_before_the_bars_does_not_end_the_request(run, version, notice):
    async def main():
        async with session(version, sim={"faults": [notice]}) as (_, client):
            errors, notices = client.errors(), client.notices()
            assert len(await client.historical_data(AAPL, duration="1 D", bar_size="1 hour")) > 0
            async with asyncio.timeout(SOON_S):
                while (await notices.next()).error_code != notice.code:
                    pass
            assert errors.try_next() is None

    run(main)


@BOTH_WIRES
def test_notices_before_the_rows_of_a_scanner_do_not_end_it(run, version):
    async def main():
        faults = [Notice(492, at_message=ScannerData, times=None)]
        async with session(version, sim={"faults": faults}) as (_, client):
            assert len(await client.scan(ScannerSubscription(number_of_rows=2, **SCAN))) == 2
            async with client.scanner_updates(ScannerSubscription(number_of_rows=1, **SCAN)) as updates:
                assert len(await updates.next(SOON_S)) == 1
                codes = [notice.error_code for notice in updates.notices]
                assert sorted(codes) == [165, 492]  # "1 out of 9 items retrieved" is the other

    run(main)


@BOTH_WIRES
def test_a_scan_that_finds_nothing_is_refused_and_a_scanner_goes_on_empty(run, version):
    async def main():
        async with session(version) as (_, client):
            nothing = ScannerSubscription(above_price=1e9, **SCAN)
            with pytest.raises(RequestError, match=r"165: .*no items") as refused:
                await client.scan(nothing)
            assert refused.value.request is RequestKind.SCAN
            async with client.scanner_updates(nothing) as updates:
                assert await updates.next(SOON_S) == []
                assert not updates.is_closed

    run(main)


@BOTH_WIRES
def test_a_farm_that_wakes_in_the_middle_of_an_answer_changes_nothing(run, version):
    async def main():
        faults = [Notice(2119, at_message=ContractData), Notice(2104, at_message=ContractData, before=False)]
        async with session(version, sim={"faults": faults}) as (_, client):
            assert len(await client.contract_details(AAPL)) == 1

    run(main)


# ----------------------------------------------------------------------------------- streams requested again


@BOTH_WIRES
def test_bars_kept_up_to_date_are_requested_again_after_a_loss_of_the_servers(run, version):
    async def main():
        async with session(version) as (sim, client), kept_up(client) as bars, client.market_data(AAPL) as ticks:
            history, ticks_id = await bars.next(SOON_S), ticks.req_id
            sent = recorded(client, HistoricalDataRequest, CancelHistoricalData)
            first_id = bars.req_id
            sim.inject(Notice(1100))
            await until(lambda: bars.is_interrupted)
            assert sent == []
            sim.inject(Notice(1102))
            gap = await begun_again(bars, history)
            assert gap.reason.startswith("1100")
            cancel, request = sent
            assert (cancel.req_id, request.req_id) == (first_id, bars.req_id)
            assert ticks.req_id == ticks_id  # they went on by themselves

    run(main)


@BOTH_WIRES
def test_bars_that_tws_ends_while_the_servers_are_lost_are_requested_again_when_they_are_back(run, version):
    async def main():
        async with session(version) as (sim, client), kept_up(client) as bars:
            history = await bars.next(SOON_S)
            sent = recorded(client, HistoricalDataRequest, CancelHistoricalData)
            sim.inject(Notice(1100))
            await until(lambda: bars.is_interrupted)
            sim.inject(Notice(10182, req_id=bars.req_id))
            await until(lambda: sent)
            await client.current_time()
            assert [type(message) for message in sent] == [CancelHistoricalData]
            sim.inject(Notice(1102))
            await begun_again(bars, history)
            assert [type(message) for message in sent] == [CancelHistoricalData, HistoricalDataRequest]

    run(main)


@BOTH_WIRES
def test_bars_that_tws_ends_are_requested_again_at_once_if_nothing_else_is_lost(run, version):
    async def main():
        async with session(version) as (sim, client), kept_up(client) as bars:
            history, errors = await bars.next(SOON_S), client.errors()
            sim.inject(Notice(10182))
            gap = await begun_again(bars, history)
            assert gap.reason.startswith("10182")
            assert (await errors.next(SOON_S)).code == 10182
            assert [notice.error_code for notice in bars.notices] == [10182]

    run(main)


@BOTH_WIRES
def test_a_subscription_that_is_ended_each_time_ends_with_tws_s_error(run, version, monkeypatch):
    monkeypatch.setattr("ibfast.session.resubscriptions.pauses", lambda: iter([0.001] * 100))
    monkeypatch.setattr("ibfast.session.resubscriptions.TRIES_AT_MOST", 4)

    async def main():
        faults = [Notice(10182, of=HistoricalDataRequest, at_message=HistoricalData, times=None)]
        async with session(version, sim={"faults": faults}) as (_, client), kept_up(client) as bars:
            sent = recorded(client, HistoricalDataRequest)
            with pytest.raises(RequestError) as ended:
                await to_the_end(bars)
            assert ended.value.code == 10182
            assert len(sent) == 4

    run(main)


@BOTH_WIRES
@pytest.mark.parametrize("codes", [[1100, 1102], [10182]])
def test_bars_that_shall_not_be_resumed_end_with_the_loss(run, version, codes):
    async def main():
        async with session(version, durable=False) as (sim, client), kept_up(client) as bars:
            await bars.next(SOON_S)
            for code in codes:
                sim.inject(Notice(code))
            with pytest.raises((ConnectionLost, RequestError)):
                await to_the_end(bars)

    run(main)


ENDED = {
    "a bust": (10225, lambda client: client.real_time_bars(AAPL), RealTimeBarsRequest, CancelRealTimeBars),
    "a halted book": (316, lambda client: client.depth(AAPL, smart=True), MarketDepthRequest, CancelMarketDepth),
}


@pytest.mark.parametrize("case", [pytest.param(item, id=name) for name, item in ENDED.items()])
@BOTH_WIRES
def test_the_dead_request_is_cancelled_before_the_next_is_made(run, version, case):
    code, subscribe, request_type, cancel_type = case

    async def main():
        async with (
            session(version, sim={"clock": fast_clock(50)}) as (sim, client),
            subscribe(client) as stream,
        ):
            await stream.next(SOON_S)
            sent, first_id = recorded(client, request_type, cancel_type), stream.req_id
            sim.inject(Notice(code))
            await until(lambda: len(sent) == 2)
            assert [type(message) for message in sent] == [cancel_type, request_type]
            assert [message.req_id for message in sent] == [first_id, stream.req_id]
            await until(lambda: stream.gaps)

    run(main)


def test_a_stream_that_is_closed_while_it_waits_is_not_requested_again(run):
    async def main():
        async with session() as (sim, client):
            bars = kept_up(client)
            await bars.next(SOON_S)
            sent = recorded(client, HistoricalDataRequest, CancelHistoricalData)
            sim.inject(Notice(1100))
            sim.inject(Notice(10182, req_id=bars.req_id))
            await until(lambda: sent)
            bars.close()
            sim.inject(Notice(1102))
            await client.current_time()
            assert [type(message) for message in sent] == [CancelHistoricalData]

    run(main)


# ------------------------------------------------------------------------------------------------------ pacing


@BOTH_WIRES
def test_a_late_cancel_of_history_is_no_breach(run, version):
    async def main():
        async with session(version, pacing=True) as (_, client):
            await client.historical_data(AAPL, duration="1 D", bar_size="1 hour")
            request = HistoricalDataRequest(contract=AAPL)
            notices = client.notices()
            client._connection.send(CancelHistoricalData(req_id=(request.req_id or 0) + 1_000_000_000))
            async with asyncio.timeout(SOON_S):
                while (await notices.next()).error_code != 366:
                    pass
            assert client.pacing.breaches == 0
            assert client.pacing.lanes["history"].expected_wait_s == 0
            await client.historical_data(AAPL, duration="2 D", bar_size="1 hour")

    run(main)


# ------------------------------------------------------------------------------------------------------ errors


@BOTH_WIRES
def test_all_errors_are_one_stream_whoever_else_gets_them(run, version):
    async def main():
        async with session(version, request_timeout_s=0.5) as (sim, client):
            errors = client.errors()
            with pytest.raises(RequestError) as refused:
                await client.contract_details(NOSUCH)
            assert await errors.next(SOON_S) is refused.value
            assert (refused.value.contract, refused.value.request) == (NOSUCH, RequestKind.CONTRACT)
            assert str(refused.value).endswith("(NOSUCH STK SMART)")

            stream = client.market_data(NOSUCH)
            with pytest.raises(RequestError) as ended:
                await stream.next(SOON_S)
            assert await errors.next(SOON_S) is ended.value
            assert (ended.value.contract, ended.value.request) == (NOSUCH, RequestKind.MARKET_DATA)

            trade = await client.order(AAPL).buy(1).limit(1.001).submit()
            with pytest.raises(RequestError) as rejected:
                await trade.filled()
            seen = await errors.next(SOON_S)
            assert (seen.code, seen.req_id, seen.contract) == (110, trade.order_id, trade.contract)
            assert (rejected.value.contract, rejected.value.request) == (trade.contract, RequestKind.ORDER)

            sim.inject(Say(ErrorMessage(id=-1, error_code=321, error_msg="Error validating request")))
            assert (await errors.next(SOON_S)).code == 321

            sim.inject(Lose(at_message=HeadTimestamp))
            with pytest.raises(RequestTimeout, match=r"HeadTimestampRequest \(AAPL STK SMART\)") as late:
                await client.head_timestamp(AAPL)
            assert await errors.next(SOON_S) is late.value

            assert errors.try_next() is None
            await client.close()
            with pytest.raises(StopAsyncIteration):
                await errors.next(SOON_S)

    run(main)


def test_the_blocking_client_has_them_too():
    with SimulatorThread() as sim, ibfast.blocking.Client.connect(sim.host, sim.port) as client:
        errors = client.errors()
        with pytest.raises(RequestError, match=r"200: .*NOSUCH STK SMART"):
            client.contract_details(NOSUCH)
        assert errors.next(SOON_S).code == 200


def test_a_lost_connection_is_among_the_errors_and_a_slow_reader_keeps_the_newest(run, monkeypatch):
    monkeypatch.setattr("ibfast.client.ERRORS_KEPT", 3)

    async def main():
        async with session(reconnect=False) as (sim, client):
            errors = client.errors()
            for number in range(5):
                sim.inject(Say(ErrorMessage(id=-1, error_code=321, error_msg=str(number))))
            sim.inject(Notice(1300))
            await until(lambda: not client.is_connected)
            left = await errors.collect_for(SOON_S)
            assert (left[0].message, left[1].code, type(left[2])) == ("4", 1300, ConnectionLost)
            assert (len(left), errors.dropped) == (3, 4)

    run(main)


# --------------------------------------------------------------------------------------------------------- log


def warnings_of(caplog, name):
    return [
        record.getMessage() for record in caplog.records if record.name == name and record.levelno == logging.WARNING
    ]


def test_a_stream_that_ends_while_nobody_waits_is_a_warning(run, caplog):
    async def main():
        async with session() as (_, client):
            unread = client.market_data(NOSUCH)
            unread.open()
            await until(lambda: warnings_of(caplog, "ibfast.subscription"))
            (said,) = warnings_of(caplog, "ibfast.subscription")
            assert said.startswith("MarketDataRequest (NOSUCH STK SMART) has ended while nobody waited for it: 200")

            with pytest.raises(RequestError):
                await client.market_data(NOSUCH).next(SOON_S)
            assert len(warnings_of(caplog, "ibfast.subscription")) == 1

    run(main)


def test_a_rejected_order_that_nobody_follows_is_a_warning(run, caplog):
    async def main():
        async with session() as (_, client):
            trade = await client.order(AAPL).buy(1).limit(1.001).submit()
            await until(lambda: trade.rejection is not None)
            (said,) = warnings_of(caplog, "ibfast.trade")
            assert f"order {trade.order_id}, which nobody follows: 110" in said

            followed = await client.order(AAPL).buy(1).limit(1.001).submit()
            followed.on(lambda event: None)
            await until(lambda: followed.rejection is not None)
            updates = client.order_updates()
            third = await client.order(AAPL).buy(1).limit(1.001).submit()
            await until(lambda: third.rejection is not None)
            assert len(warnings_of(caplog, "ibfast.trade")) == 1
            updates.close()

    run(main)


def test_a_refused_cancel_is_no_rejected_order(run, caplog):
    async def main():
        async with session() as (_, client):
            trade = await (await client.order(AAPL).buy(1).market().submit()).done()
            client._connection.send(GlobalCancelRequest())
            await until(lambda: any(warning.code == 161 for warning in trade.warnings))

    run(main)
    assert warnings_of(caplog, "ibfast.trade") == []


def test_closing_the_client_is_no_warning(run, caplog):
    async def main():
        async with session() as (_, client):
            ticks, bars, positions = client.market_data(AAPL), kept_up(client), client.position_updates()
            called = client.tick_by_tick(AAPL)
            called.on(lambda rows: None)
            for stream in (ticks, bars, positions):
                stream.open()
            await client.current_time()
        assert all(isinstance(stream.error, ConnectionLost) for stream in (ticks, bars, positions, called))

    run(main)
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_a_long_wait_for_pacing_is_a_warning_and_a_short_one_is_not(run, caplog):
    caplog.set_level(logging.INFO, "ibfast.pacing")

    async def main():
        async with session(pacing=True, lines=4) as (_, client):  # two messages a second
            start_ns, passed_ns = client._session.clock(), 0
            client._session.clock = lambda: start_ns + passed_ns
            for _ in range(4):
                client._session.send(ScannerSubscriptionRequest(req_id=1))
            passed_ns = 600_000_000
            client._session.release()
            assert warnings_of(caplog, "ibfast.pacing") == []
            passed_ns = 10_000_000_000
            client._session.release()
            (said,) = warnings_of(caplog, "ibfast.pacing")
            assert said == "ScannerSubscriptionRequest has waited 10.0 s for pacing"

    run(main)
