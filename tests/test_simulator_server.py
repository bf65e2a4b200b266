"""The simulator over a socket: raw conversations by the wire module, on text, mixed and protobuf versions."""

import asyncio
import contextlib
import math
import time
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ibfast import wire
from ibfast.schema import (
    AccountDataEnd,
    AccountDataRequest,
    AccountSummaryEnd,
    AccountSummaryRequest,
    AccountUpdateMultiEnd,
    AccountUpdatesMultiRequest,
    AllOpenOrdersRequest,
    AutoOpenOrdersRequest,
    CancelHistoricalData,
    CancelMarketData,
    CancelOrderRequest,
    CancelTickByTick,
    CommissionAndFeesReport,
    CompletedOrder,
    CompletedOrdersEnd,
    CompletedOrdersRequest,
    Contract,
    ContractData,
    ContractDataEnd,
    ContractDataRequest,
    CurrentTime,
    CurrentTimeRequest,
    ErrorMessage,
    ExecutionDetails,
    ExecutionDetailsEnd,
    ExecutionFilter,
    ExecutionRequest,
    HeadTimestamp,
    HeadTimestampRequest,
    HistoricalData,
    HistoricalDataEnd,
    HistoricalDataRequest,
    HistoricalSchedule,
    IdsRequest,
    ManagedAccounts,
    ManagedAccountsRequest,
    MarketDataRequest,
    MarketDataType,
    MarketRule,
    MarketRuleRequest,
    MatchingSymbolsRequest,
    NextValidId,
    OpenOrder,
    OpenOrdersEnd,
    OpenOrdersRequest,
    Order,
    OrderStatus,
    PlaceOrderRequest,
    Position,
    PositionEnd,
    PositionsRequest,
    ScannerParametersRequest,
    SecDefOptParameter,
    SecDefOptParameterEnd,
    SecDefOptParamsRequest,
    StartApiRequest,
    SymbolSamples,
    TickByTickData,
    TickByTickRequest,
    TickGeneric,
    TickPrice,
    TickReqParams,
    TickSize,
    TickSnapshotEnd,
    TickString,
)
from ibfast.simulator import Simulator
from ibfast.simulator.answers import ANSWERS

WAIT_S = 20
VERSIONS = [157, 176, 200, 203, 213, 226]
AAPL = Contract(symbol="AAPL", sec_type="STK", exchange="SMART", currency="USD")
WEDNESDAY = int(datetime(2026, 8, 26, 15, 0, 7, tzinfo=UTC).timestamp()) * 1_000_000_000
FARMS = [2104, 2106, 2158]


def august():
    """A clock that runs from 11:00 in New York on a trading day."""
    began = time.monotonic_ns()
    return lambda: WEDNESDAY + time.monotonic_ns() - began


def simulator(**options):
    return Simulator(**{"clock": august(), "rate": 2000.0} | options)


def talk(conversation, new_loop=None, **options):
    """Run ``conversation(simulator)`` against a simulator of its own, on the event loop that ``new_loop`` makes."""

    async def run():
        async with asyncio.timeout(WAIT_S), simulator(**options) as sim:
            try:
                await conversation(sim)
            finally:
                await hang_up()

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(run())


async def hang_up():
    """Close every connection a test has opened."""
    while Caller.connected:
        await Caller.connected[-1].close()


async def until(condition):
    while not condition():  # noqa: ASYNC110 (seen from outside: there is no event to wait for)
        await asyncio.sleep(0)


class Caller:
    """One connection, by hand."""

    connected = []

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.version = 0
        self.connected.append(self)

    async def close(self):
        self.connected.remove(self)
        self.writer.close()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()

    @classmethod
    async def dial(cls, sim, hello=b"v100..226"):
        caller = cls(*await asyncio.open_connection(sim.host, sim.port))
        caller.writer.write(b"API\0" + wire.frame(hello))
        return caller

    @classmethod
    async def log_in(cls, sim, client_id=1):
        """A caller that is past the handshake and everything a gateway says by itself."""
        caller = await cls.dial(sim)
        await caller.shake_hands()
        caller.send(StartApiRequest(client_id=client_id))
        caller.greeting = await caller.until(lambda it: isinstance(it, ErrorMessage) and it.error_code in (2158, 326))
        return caller

    async def shake_hands(self):
        version, connected_at, end = (await self.payload()).split(b"\0")
        assert connected_at
        assert end == b""
        self.version = int(version)

    async def payload(self):
        size = int.from_bytes(await self.reader.readexactly(4), "big")
        return await self.reader.readexactly(size)

    async def message(self):
        return wire.decode(await self.payload(), self.version)

    def send(self, *messages):
        self.writer.write(b"".join(wire.frame(wire.encode(it, self.version)) for it in messages))

    async def until(self, last):
        """All messages up to one of this class, or one that passes."""
        messages = [await self.message()]
        while not (isinstance(messages[-1], last) if isinstance(last, type) else last(messages[-1])):
            messages.append(await self.message())
        return messages

    async def ask(self, request, last):
        self.send(request)
        return await self.until(last)

    async def error(self, request, req_id=None):
        """The error that a request gets."""
        messages = await self.ask(request, lambda it: isinstance(it, ErrorMessage) and req_id in (None, it.id))
        return messages[-1].error_code, messages[-1].error_msg

    async def hung_up(self):
        return await self.reader.read() == b""


def kinds(messages):
    return [type(it).__name__ for it in messages]


# ------------------------------------------------------------------------------------------------- handshake


@pytest.mark.parametrize(
    ("server_version", "hello", "agreed"),
    [
        (226, b"v100..226", 226),
        (226, b"v100..176", 176),
        (226, b"v176..176", 176),
        (226, b"v176", 176),
        (180, b"v100..226 +PACEAPI", 180),
        (157, b"v157..226", 157),
        (226, b"v157..300", 226),
    ],
)
def test_the_highest_version_both_speak_is_chosen(server_version, hello, agreed):
    async def conversation(sim):
        caller = await Caller.dial(sim, hello)
        await caller.shake_hands()
        assert caller.version == agreed

    talk(conversation, server_version=server_version)


@pytest.mark.parametrize("hello", [b"v100..156", b"v220..226", b"hello", b""])
def test_without_a_common_version_the_connection_is_closed(hello):
    async def conversation(sim):
        caller = await Caller.dial(sim, hello)
        assert await caller.hung_up()

    talk(conversation, server_version=200)


def test_what_is_no_client_is_hung_up_on():
    async def conversation(sim):
        caller = Caller(*await asyncio.open_connection(sim.host, sim.port))
        caller.writer.write(b"GET / HTTP/1.1\r\n\r\n")
        with contextlib.suppress(ConnectionResetError):
            assert await caller.hung_up()

    talk(conversation)


@pytest.mark.parametrize("version", [156, 227])
def test_a_version_nobody_speaks_is_refused_at_once(version):
    with pytest.raises(ValueError, match=str(version)):
        Simulator(server_version=version)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_session_begins_with_accounts_an_id_and_the_farms(version):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        assert kinds(caller.greeting) == ["ManagedAccounts", "NextValidId"] + ["ErrorMessage"] * 3
        assert caller.greeting[0].accounts_list == "DU1234567"
        assert caller.greeting[1].order_id == 1
        assert [it.error_code for it in caller.greeting[2:]] == FARMS

    talk(conversation, server_version=version)


def test_a_client_id_in_use_is_refused_and_free_again_afterwards():
    async def conversation(sim):
        first = await Caller.log_in(sim)
        second = await Caller.log_in(sim)
        assert kinds(second.greeting) == ["ErrorMessage"]
        assert second.greeting[0].error_code == 326
        assert await second.hung_up()
        await first.close()
        await until(lambda: 1 not in sim.gateway.clients)
        assert kinds((await Caller.log_in(sim)).greeting)[0] == "ManagedAccounts"

    talk(conversation)


def test_a_simulator_that_stops_hangs_up_and_can_be_stopped_twice():
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        caller.send(MarketDataRequest(req_id=1, contract=AAPL))
        await caller.until(TickPrice)
        await sim.stop()
        await sim.stop()
        await caller.reader.read()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(sim.host, sim.port)

    talk(conversation)


# ----------------------------------------------------------------------------------------- small questions


@pytest.mark.parametrize("version", VERSIONS)
def test_questions_without_an_id(version):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        (now,) = await caller.ask(CurrentTimeRequest(), CurrentTime)
        assert now.current_time == pytest.approx(WEDNESDAY / 1e9, abs=WAIT_S)
        (accounts,) = await caller.ask(ManagedAccountsRequest(), ManagedAccounts)
        assert accounts.accounts_list == "DU1234567"
        (next_id,) = await caller.ask(IdsRequest(num_ids=1), NextValidId)
        assert next_id.order_id == 1
        (rule,) = await caller.ask(MarketRuleRequest(market_rule_id=67), MarketRule)
        assert [(it.low_edge or 0.0, it.increment) for it in rule.price_increments] == [(0.0, 0.25)]

    talk(conversation, server_version=version)


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_not_simulated_is_refused_never_ignored(version, monkeypatch):
    monkeypatch.delitem(ANSWERS, ScannerParametersRequest)

    async def conversation(sim):
        caller = await Caller.log_in(sim)
        code, text = await caller.error(ScannerParametersRequest())
        assert (code, "ScannerParametersRequest is not supported by the simulator" in text) == (321, True)

    talk(conversation, server_version=version)


def test_a_message_that_cannot_be_read_costs_an_error_not_the_session():
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        caller.writer.write(wire.frame((49 + 200).to_bytes(4, "big") + b"\xff\xff"))
        caller.writer.write(wire.frame((999).to_bytes(4, "big")))
        errors = await caller.until(lambda it: it.error_code == 321)
        assert [it.error_code for it in errors] == [320, 321]
        await caller.ask(CurrentTimeRequest(), CurrentTime)

    talk(conversation, server_version=226)


# ----------------------------------------------------------------------------------------------- contracts


@pytest.mark.parametrize("version", VERSIONS)
def test_contract_details_arrive_complete(version):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        answer, end = await caller.ask(ContractDataRequest(req_id=9, contract=AAPL), ContractDataEnd)
        assert (answer.req_id, end.req_id) == (9, 9)
        assert (answer.contract.con_id, answer.contract.primary_exch) == (265598, "NASDAQ")
        details = answer.contract_details
        assert (details.long_name, details.time_zone_id) == ("APPLE INC", "US/Eastern")
        assert details.min_tick == Decimal("0.01")
        assert details.sec_id_list == {"ISIN": "US0378331005"}
        assert details.liquid_hours.startswith("20260826:0930-20260826:1600;")
        assert details.min_size == (Decimal("0.0001") if version >= 164 else None)

        future = Contract(symbol="MES", sec_type="FUT", exchange="CME")
        answers = await caller.ask(ContractDataRequest(req_id=10, contract=future), ContractDataEnd)
        assert [it.contract.local_symbol for it in answers[:2]] == ["MESU6", "MESZ6"]
        assert answers[0].contract.last_trade_date_or_contract_month == "20260918 08:30:00 US/Central"
        assert answers[0].contract.multiplier == 5.0

        bond = Contract(sec_id_type="CUSIP", sec_id="037833AL4")
        answer, _ = await caller.ask(ContractDataRequest(req_id=11, contract=bond), ContractDataEnd)
        assert isinstance(answer, ContractData)
        assert (answer.contract.sec_type, answer.contract_details.desc_append) == ("BOND", "AAPL 3.85 05/04/43")

        unknown = ContractDataRequest(req_id=12, contract=Contract(symbol="X", sec_type="STK"))
        assert await caller.error(unknown) == (200, "No security definition has been found for the request")
        invalid = ContractDataRequest(req_id=13, contract=Contract(symbol="X", sec_type="?"))
        assert (await caller.error(invalid))[0] == 321

    talk(conversation, server_version=version)


@pytest.mark.parametrize("version", VERSIONS)
def test_symbols_and_chains(version):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        (samples,) = await caller.ask(MatchingSymbolsRequest(req_id=1, pattern="AAPL"), SymbolSamples)
        first = samples.contract_descriptions[0]
        assert (first.contract.con_id, first.derivative_sec_types) == (265598, ["OPT"])
        request = SecDefOptParamsRequest(
            req_id=2, underlying_symbol="AAPL", underlying_sec_type="STK", underlying_con_id=265598
        )
        *chains, end = await caller.ask(request, SecDefOptParameterEnd)
        assert all(isinstance(it, SecDefOptParameter) for it in chains)
        assert end.req_id == 2
        assert len(chains[0].strikes) == 11
        assert len(chains[0].expirations) >= 6

    talk(conversation, server_version=version)


# --------------------------------------------------------------------------------------------------- ticks


@pytest.mark.parametrize("version", VERSIONS)
def test_market_data_opens_as_gateways_do_and_then_flows(version):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        caller.send(MarketDataRequest(req_id=5, contract=AAPL))
        opening = await caller.until(TickGeneric)
        assert kinds(opening[:3]) == ["MarketDataType", "TickReqParams", "TickPrice"]
        assert isinstance(opening[0], MarketDataType)
        assert isinstance(opening[1], TickReqParams)
        assert opening[1].min_tick == Decimal("0.01")
        assert [it.tick_type for it in opening[2:]] == [1, 0, 2, 3, 4, 5, 8, 6, 7, 9, 14, 45, 49]
        price = {it.tick_type: it.price for it in opening if isinstance(it, TickPrice)}
        assert price[7] <= price[1] < price[2] <= price[6]
        assert price[4] in (price[1], price[2])
        text = next(it for it in opening if isinstance(it, TickString))
        assert int(text.value) == pytest.approx(WEDNESDAY / 1e9, abs=WAIT_S)

        ticks = [await caller.message() for _ in range(60)]
        assert {it.req_id for it in ticks} == {5}
        assert {it.tick_type for it in ticks if isinstance(it, TickPrice)} >= {1, 2, 4}
        assert {it.tick_type for it in ticks if isinstance(it, TickSize)} == {0, 3, 5, 8}

        assert (await caller.error(MarketDataRequest(req_id=5, contract=AAPL), 5))[0] == 322
        caller.send(CancelMarketData(req_id=5))
        code, _ = await caller.error(CancelMarketData(req_id=5), 5)
        assert code == 300
        (last,) = await caller.ask(CurrentTimeRequest(), CurrentTime)
        assert last.current_time

    talk(conversation, server_version=version)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_snapshot_ends(version):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        ticks = await caller.ask(MarketDataRequest(req_id=5, contract=AAPL, snapshot=True), TickSnapshotEnd)
        assert len(ticks) == 16
        await caller.ask(CurrentTimeRequest(), CurrentTime)
        assert not sim.gateway.clients[1].pump.streams

    talk(conversation, server_version=version)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("kind", "number"), [("Last", 1), ("AllLast", 2), ("BidAsk", 3), ("MidPoint", 4)])
def test_tick_by_tick(version, kind, number):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        caller.send(TickByTickRequest(req_id=6, contract=AAPL, tick_type=kind, number_of_ticks=0, ignore_size=False))
        ticks = [await caller.message() for _ in range(50)]
        assert all(isinstance(it, TickByTickData) and (it.req_id, it.tick_type) == (6, number) for it in ticks)
        tick = ticks[0]
        if kind == "BidAsk":
            assert tick.historical_tick_bid_ask.price_bid < tick.historical_tick_bid_ask.price_ask
        elif kind == "MidPoint":
            assert tick.historical_tick_mid_point.price > 0
        else:
            assert tick.historical_tick_last.exchange
            assert tick.historical_tick_last.size > 0
        caller.send(CancelTickByTick(req_id=6))
        assert (await caller.error(CancelTickByTick(req_id=6)))[0] == 300

    talk(conversation, server_version=version)


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (MarketDataRequest(req_id=1, contract=Contract(symbol="NOSUCH", sec_type="STK")), 200),
        (MarketDataRequest(req_id=1, contract=Contract(symbol="ES", sec_type="FUT")), 200),
        (TickByTickRequest(req_id=1, contract=AAPL, tick_type="Everything"), 321),
        (TickByTickRequest(req_id=1, contract=Contract(symbol="SPX", sec_type="IND"), tick_type="BidAsk"), 10189),
    ],
)
def test_data_that_there_is_not(request_, code):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        assert (await caller.error(request_, 1))[0] == code

    talk(conversation)


@pytest.mark.parametrize("version", [176, 226])
@pytest.mark.parametrize("rate", [math.inf, 0])
def test_without_a_rate_the_reader_sets_the_pace(version, rate):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        caller.send(TickByTickRequest(req_id=1, contract=AAPL, tick_type="Last", number_of_ticks=0))
        caller.send(MarketDataRequest(req_id=2, contract=AAPL))
        counts = {1: 0, 2: 0}
        while min(counts.values()) < 20_000:
            counts[(await caller.message()).req_id] += 1
        session = sim.gateway.clients[1]
        await until(lambda: not session.pump.flows)  # nobody reads now
        sent = session.pump.streams[1].sent
        for _ in range(100):
            await asyncio.sleep(0)
        assert session.pump.streams[1].sent == sent

    talk(conversation, server_version=version, rate=rate)


# ------------------------------------------------------------------------------------------------- history


def bars_request(**fields):
    fields = {"contract": AAPL, "duration": "1 D", "bar_size_setting": "1 hour", "what_to_show": "TRADES"} | fields
    return HistoricalDataRequest(**{"req_id": 7, "use_rth": True, "format_date": 1} | fields)


@pytest.mark.parametrize("version", VERSIONS)
def test_bars(version):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        last = HistoricalDataEnd if version >= 196 else HistoricalData
        answer = await caller.ask(bars_request(end_date_time="20260825-21:00:00"), last)
        assert kinds(answer) == (["HistoricalData", "HistoricalDataEnd"] if version >= 196 else ["HistoricalData"])
        bars = answer[0].historical_data_bars
        assert len(bars) == 7
        assert bars[0].date == "20260825 09:30:00 US/Eastern"
        assert (answer[-1].start_date_str, answer[-1].end_date_str) == ("20260825-13:30:00", "20260825-21:00:00")
        assert all(bar.low <= bar.open <= bar.high and bar.volume > 0 and bar.bar_count > 0 for bar in bars)

        answer = await caller.ask(bars_request(bar_size_setting="1 min", duration="60 S", format_date=2), last)
        assert int(answer[0].historical_data_bars[0].date) == pytest.approx(WEDNESDAY / 1e9, abs=60 + WAIT_S)
        answer = await caller.ask(bars_request(bar_size_setting="1 day", duration="5 D", format_date=2), last)
        assert [bar.date for bar in answer[0].historical_data_bars] == [
            "20260820", "20260821", "20260824", "20260825", "20260826",
        ]  # fmt: skip
        answer = await caller.ask(bars_request(what_to_show="BID_ASK"), last)
        assert {(bar.volume, bar.wap, bar.bar_count) for bar in answer[0].historical_data_bars} == {(-1, -1, -1)}
        request = HeadTimestampRequest(req_id=8, contract=AAPL, use_rth=True, what_to_show="TRADES", format_date=2)
        (head,) = await caller.ask(request, HeadTimestamp)
        assert head.head_timestamp == "345479400"

    talk(conversation, server_version=version)


@pytest.mark.parametrize("version", [176, 200, 203, 213, 226])
def test_a_schedule(version):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        request = bars_request(what_to_show="SCHEDULE", bar_size_setting="1 day", duration="2 D")
        (schedule,) = await caller.ask(request, HistoricalSchedule)
        assert [it.ref_date for it in schedule.historical_sessions] == ["20260825", "20260826"]
        assert schedule.historical_sessions[0].start_date_time == "20260825-09:30:00"

    talk(conversation, server_version=version)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"contract": Contract(symbol="NOSUCH", sec_type="STK")}, 200),
        ({"bar_size_setting": "7 mins"}, 321),
        ({"what_to_show": "GOSSIP"}, 321),
        ({"duration": "one day"}, 321),
        ({"end_date_time": "yesterday"}, 10314),
        ({"end_date_time": "19700101-00:00:00"}, 162),
        ({"bar_size_setting": "1 secs", "duration": "1 Y"}, 162),
        ({"contract": Contract(symbol="EUR", sec_type="CASH", exchange="IDEALPRO")}, 162),
        ({"contract": Contract(symbol="BTC", sec_type="CRYPTO", exchange="PAXOS")}, 10299),
        ({"keep_up_to_date": True, "end_date_time": "20260825-21:00:00"}, 321),
        ({"keep_up_to_date": True, "bar_size_setting": "1 secs"}, 321),
    ],
)
def test_bars_that_there_are_not(fields, code):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        assert (await caller.error(bars_request(**fields), 7))[0] == code

    talk(conversation)


def test_a_fault_of_the_simulator_is_an_answer_too(monkeypatch, caplog):
    def fails(session, request):
        raise KeyError("oops")

    monkeypatch.setitem(ANSWERS, CurrentTimeRequest, fails)
    monkeypatch.setattr("ibfast.simulator.answers_history._bars", fails)

    async def conversation(sim):
        caller = await Caller.log_in(sim)
        assert "oops" in (await caller.error(CurrentTimeRequest(), -1))[1]
        assert (await caller.error(bars_request(), 7))[0] == 321
        assert len(caplog.records) == 2

    talk(conversation)


def test_a_long_query_can_be_cancelled():
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        caller.send(bars_request(bar_size_setting="1 day", duration="30 Y"), CancelHistoricalData(req_id=7))
        assert (await caller.until(ErrorMessage))[-1].error_code == 162
        assert (await caller.error(CancelHistoricalData(req_id=7)))[0] == 366

    talk(conversation)


# -------------------------------------------------------------------------------------------------- orders


def place(order_id, order_type="MKT", **fields):
    order = Order(**{"action": "BUY", "total_quantity": Decimal(100), "order_type": order_type, "tif": "DAY"} | fields)
    return PlaceOrderRequest(order_id=order_id, contract=AAPL, order=order)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_market_order_fills(version):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        told = await caller.ask(place(1), CommissionAndFeesReport)
        assert kinds(told) == [
            "OpenOrder", "OrderStatus", "ExecutionDetails", "OpenOrder", "OrderStatus", "OpenOrder", "OrderStatus",
            "CommissionAndFeesReport",
        ]  # fmt: skip
        assert [it.status for it in told if isinstance(it, OrderStatus)] == ["PreSubmitted", "Filled", "Filled"]
        opened = [it for it in told if isinstance(it, OpenOrder)]
        assert [it.order_state.status for it in opened] == ["PreSubmitted", "Filled", "Filled"]
        assert (opened[0].order.total_quantity, opened[0].contract.con_id) == (100, 265598)
        execution = told[2].execution
        assert (told[2].req_id, execution.side, execution.shares, execution.order_id) == (-1, "BOT", 100, 1)
        assert told[-1].exec_id == execution.exec_id

        request = ExecutionRequest(req_id=3, execution_filter=ExecutionFilter(side="BUY", symbol="AAPL"))
        *found, end = await caller.ask(request, ExecutionDetailsEnd)
        assert kinds(found) == ["ExecutionDetails", "CommissionAndFeesReport"]
        assert (found[0].req_id, end.req_id) == (3, 3)
        for wanted in ({"side": "SELL"}, {"symbol": "MSFT"}, {"time": "20270101-00:00:00"}, {"client_id": 5}):
            request = ExecutionRequest(req_id=4, execution_filter=ExecutionFilter(**wanted))
            assert kinds(await caller.ask(request, ExecutionDetailsEnd)) == ["ExecutionDetailsEnd"]
        position, _ = await caller.ask(PositionsRequest(), PositionEnd)
        assert (position.contract.con_id, position.position) == (265598, 100)
        *completed, _ = await caller.ask(CompletedOrdersRequest(api_only=True), CompletedOrdersEnd)
        assert kinds(completed) == ["CompletedOrder"]
        assert isinstance(completed[0], CompletedOrder)
        assert completed[0].order_state.completed_status == "Filled Size: 100"

    talk(conversation, server_version=version)


@pytest.mark.parametrize("version", VERSIONS)
def test_orders_rest_change_and_are_cancelled(version):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        caller.send(place(1, "LMT", lmt_price=1.0))
        await caller.until(lambda it: isinstance(it, OrderStatus) and it.status == "Submitted")
        await caller.until(OrderStatus)
        changed = await caller.ask(place(1, "LMT", lmt_price=2.0), OrderStatus)
        assert changed[0].order.lmt_price == 2.0
        opened = await caller.ask(OpenOrdersRequest(), OpenOrdersEnd)
        assert kinds(opened) == ["OpenOrder", "OrderStatus", "OpenOrdersEnd"]
        status, error = await caller.ask(CancelOrderRequest(order_id=1), ErrorMessage)
        assert (status.status, status.filled, status.remaining) == ("Cancelled", 0, 100)
        assert (error.id, error.error_code, error.error_msg) == (1, 202, "Order Canceled - reason:")
        assert (await caller.error(CancelOrderRequest(order_id=1)))[0] == 10148
        assert (await caller.error(place(1, "LMT", lmt_price=2.0)))[0] == 103
        assert (await caller.error(place(2, "w")))[0] == 321

    talk(conversation, server_version=version)


def test_orders_outlive_their_connection_and_come_first_at_the_next():
    async def conversation(sim):
        caller = await Caller.log_in(sim, client_id=3)
        await caller.ask(place(8, "LMT", lmt_price=1.0), OrderStatus)
        await caller.close()
        await until(lambda: 3 not in sim.gateway.clients)
        again = await Caller.log_in(sim, client_id=3)
        order_first = ["OpenOrder", "OrderStatus", "OpenOrdersEnd", "ManagedAccounts", "NextValidId"]
        assert kinds(again.greeting)[:5] == order_first
        assert again.greeting[4].order_id == 9

    talk(conversation)


def test_clients_see_each_others_orders_but_cannot_touch_them():
    async def conversation(sim):
        first, second = await Caller.log_in(sim, client_id=1), await Caller.log_in(sim, client_id=2)
        await first.ask(place(1, "LMT", lmt_price=1.0), OrderStatus)
        assert kinds(await second.ask(OpenOrdersRequest(), OpenOrdersEnd)) == ["OpenOrdersEnd"]
        every = await second.ask(AllOpenOrdersRequest(), OpenOrdersEnd)
        assert (every[0].order_id, every[0].order.client_id) == (1, 1)
        assert (await second.error(CancelOrderRequest(order_id=1)))[0] == 10147
        assert (await second.error(AutoOpenOrdersRequest(auto_bind=True)))[0] == 321

    talk(conversation)


def test_positions_follow_fills_once_asked_for():
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        assert kinds(await caller.ask(PositionsRequest(), PositionEnd)) == ["PositionEnd"]
        told = await caller.ask(place(1), Position)
        assert isinstance(told[-2], ExecutionDetails)
        assert told[-1].position == 100

    talk(conversation)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_account(version):
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        updates = await caller.ask(AccountDataRequest(subscribe=True, acct_code="DU1234567"), AccountDataEnd)
        values = {(it.key, it.currency): it.value for it in updates if type(it).__name__ == "AccountValue"}
        assert values["NetLiquidation", "USD"] == "1000000.00"
        assert kinds(updates)[-2:] == ["AccountUpdateTime", "AccountDataEnd"]
        request = AccountUpdatesMultiRequest(req_id=1, account="DU1234567", model_code="", ledger_and_nlv=False)
        assert len(await caller.ask(request, AccountUpdateMultiEnd)) == len(values) + 1
        request = AccountSummaryRequest(req_id=2, group="All", tags="NetLiquidation,BuyingPower")
        summary = await caller.ask(request, AccountSummaryEnd)
        assert [it.tag for it in summary[:-1]] == ["BuyingPower", "NetLiquidation"]

    talk(conversation, server_version=version)


def test_the_simulator_runs_on_uvloop_too():
    uvloop = pytest.importorskip("uvloop")

    async def run():
        async with asyncio.timeout(WAIT_S), simulator(rate=math.inf) as sim:
            caller = await Caller.log_in(sim)
            caller.send(TickByTickRequest(req_id=1, contract=AAPL, tick_type="BidAsk", number_of_ticks=0))
            for _ in range(10_000):
                assert (await caller.message()).req_id == 1
            await hang_up()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())
