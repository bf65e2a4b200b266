"""Judges not written here: the official client and ib_async use the simulator, unchanged, in a process of its own."""

import contextlib
import importlib.util
import re
import subprocess
import sys
import threading
from collections import defaultdict

import pytest

WAIT_S = 20
LISTENING = re.compile(r"ibfast simulator listening on 127\.0\.0\.1:(\d+), server version 226, seed 7")
NOTICES = {2104, 2106, 2158}

official_client = pytest.mark.skipif(not importlib.util.find_spec("ibapi"), reason="the official client is missing")
ib_async_client = pytest.mark.skipif(not importlib.util.find_spec("ib_async"), reason="ib_async is missing")


@pytest.fixture(scope="module")
def port():
    """A simulator as a user would start it."""
    command = [sys.executable, "-m", "ibfast.simulator", "--port", "0", "--seed", "7"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline()
            listening = LISTENING.fullmatch(line.strip())
            assert listening, line
            yield int(listening[1])
        finally:
            process.terminate()
        assert process.wait(timeout=WAIT_S) == 0, "the simulator did not stop cleanly"


class Answers:
    """What came back, by callback and id; `wait` blocks until enough of it is there."""

    def __init__(self):
        self._changed = threading.Condition()
        self._calls = defaultdict(list)

    def add(self, callback, *arguments):
        with self._changed:
            self._calls[callback].append(arguments)
            self._changed.notify_all()

    def of(self, callback):
        with self._changed:
            return list(self._calls[callback])

    def wait(self, callback, enough=1, passes=lambda *arguments: True):
        """The calls that pass, once there are enough of them."""

        def found():
            return [call for call in self._calls[callback] if passes(*call)]

        with self._changed:
            assert self._changed.wait_for(lambda: len(found()) >= enough, WAIT_S), (
                f"no {callback} in {WAIT_S} s; calls: { {name: len(calls) for name, calls in self._calls.items()} }"
            )
            return found()


@contextlib.contextmanager
def official(port, client_id, expected=frozenset()):
    """The official client, connected, its loop in a thread; no error callback but ``expected`` may come."""
    from ibapi.client import EClient
    from ibapi.wrapper import EWrapper

    answers = Answers()
    callbacks = {
        name: lambda self, *arguments, name=name: answers.add(name, *arguments)
        for name in vars(EWrapper)
        if not name.startswith("_") and not name.endswith("ProtoBuf") and name not in ("logAnswer",)
    }
    client = EClient(type("Wrapper", (EWrapper,), callbacks)())
    client.connect("127.0.0.1", port, client_id)
    loop = threading.Thread(target=client.run, daemon=True)
    loop.start()
    try:
        answers.wait("nextValidId")
        yield client, answers
        assert {call[2] for call in answers.of("error")} <= NOTICES | expected
    finally:
        client.disconnect()
        loop.join(WAIT_S)
    assert not loop.is_alive()


@pytest.fixture(params=[None, 176], ids=["protobuf", "text"])
def highest_version(request, monkeypatch):
    """The official client at its own newest version, and as an older one that speaks text."""
    if request.param:
        monkeypatch.setattr("ibapi.client.MAX_CLIENT_VER", request.param)
    return request.param


@official_client
def test_the_official_client_gets_contracts_ticks_bars_and_a_fill(port, highest_version):
    from ibapi.contract import Contract
    from ibapi.order import Order

    aapl = Contract()
    aapl.symbol, aapl.secType, aapl.exchange, aapl.currency = "AAPL", "STK", "SMART", "USD"
    with official(port, highest_version or 226) as (client, answers):
        assert client.serverVersion() == (highest_version or 226)

        client.reqContractDetails(1, aapl)
        answers.wait("contractDetailsEnd")
        (_, details), *_ = answers.of("contractDetails")
        assert (details.contract.conId, details.longName, details.minTick) == (265598, "APPLE INC", 0.01)
        assert details.liquidHours.count(";") == 5

        client.reqMktData(2, aapl, "", False, False, [])
        prices = answers.wait("tickPrice", 20)
        assert all(price > 0 for _, _, price, _ in prices)
        assert {1, 2, 4, 6, 7, 9, 14} <= {tick_type for _, tick_type, _, _ in prices}
        assert len(answers.wait("tickSize", 20, lambda req_id, tick_type, size: size > 0)) >= 20
        answers.wait("tickString")
        assert answers.of("marketDataType") == [(2, 1)]
        assert len(answers.of("tickReqParams")) == 1
        client.cancelMktData(2)

        for req_id, tick_type in enumerate(("Last", "AllLast", "BidAsk", "MidPoint"), 3):
            client.reqTickByTickData(req_id, aapl, tick_type, 0, False)
        quotes = answers.wait("tickByTickBidAsk", 5)
        assert all(call[2] < call[3] for call in quotes)
        trades = answers.wait("tickByTickAllLast", 5, lambda req_id, tick_type, *_: tick_type == 1)
        assert all(call[3] > 0 and call[4] > 0 and call[6] for call in trades)
        answers.wait("tickByTickAllLast", 5, lambda req_id, tick_type, *_: tick_type == 2)
        answers.wait("tickByTickMidPoint", 5)
        for req_id in range(3, 7):
            client.cancelTickByTickData(req_id)

        client.reqHistoricalData(7, aapl, "", "2 D", "1 hour", "TRADES", 1, 1, False, [])
        answers.wait("historicalDataEnd")
        bars = [bar for _, bar in answers.of("historicalData")]
        assert 8 <= len(bars) <= 14
        assert all(bar.low <= min(bar.open, bar.close) and max(bar.open, bar.close) <= bar.high for bar in bars)
        client.reqHeadTimeStamp(8, aapl, "TRADES", 1, 2)
        assert answers.wait("headTimestamp") == [(8, "345479400")]

        order_id = answers.of("nextValidId")[0][0]
        order = Order()
        order.tif = "DAY"  # it sets none by itself, and a gateway refuses such an order
        order.action, order.totalQuantity, order.orderType = "BUY", 100, "MKT"
        client.placeOrder(order_id, aapl, order)
        answers.wait("orderStatus", 1, lambda *call: call[1] == "Filled")
        (_, contract, execution), *_ = answers.wait("execDetails")
        assert (contract.conId, execution.shares, execution.side) == (265598, 100, "BOT")
        assert answers.wait("commissionAndFeesReport")[0][0].commissionAndFees == 1.0
        assert answers.of("openOrder")[0][2].totalQuantity == 100


@official_client
def test_the_official_client_cancels_an_order_and_asks_for_lists(port, highest_version):
    from ibapi.contract import Contract
    from ibapi.execution import ExecutionFilter
    from ibapi.order import Order
    from ibapi.order_cancel import OrderCancel

    eur = Contract()
    eur.symbol, eur.secType, eur.exchange, eur.currency = "EUR", "CASH", "IDEALPRO", "USD"
    client_id = 1000 + (highest_version or 226)
    with official(port, client_id, expected={202}) as (client, answers):
        order = Order()
        order.tif = "DAY"  # it sets none by itself, and a gateway refuses such an order
        order.action, order.totalQuantity, order.orderType, order.lmtPrice = "BUY", 20000, "LMT", 0.5
        order_id = answers.of("nextValidId")[0][0]
        client.placeOrder(order_id, eur, order)
        answers.wait("orderStatus", 1, lambda *call: call[1] == "Submitted")
        client.reqAllOpenOrders()
        answers.wait("openOrderEnd")
        client.cancelOrder(order_id, OrderCancel())
        answers.wait("orderStatus", 1, lambda *call: call[1] == "Cancelled")
        answers.wait("error", 1, lambda *call: call[2] == 202)
        client.reqCompletedOrders(False)
        answers.wait("completedOrdersEnd")
        assert "Cancelled" in {state.status for _, _, state in answers.of("completedOrder")}
        client.reqExecutions(1, ExecutionFilter())
        answers.wait("execDetailsEnd")
        client.reqPositions()
        answers.wait("positionEnd")
        client.reqAccountSummary(2, "All", "NetLiquidation,TotalCashValue")
        answers.wait("accountSummaryEnd")
        assert {call[2] for call in answers.of("accountSummary")} == {"NetLiquidation", "TotalCashValue"}
        client.reqAccountUpdates(True, "")
        answers.wait("accountDownloadEnd")
        client.reqMatchingSymbols(3, "AAPL")
        assert answers.wait("symbolSamples")[0][1][0].contract.conId == 265598
        client.reqMarketRule(26)
        assert answers.wait("marketRule")[0][1][0].increment == 0.01
        client.reqCurrentTime()
        answers.wait("currentTime")


@official_client
def test_the_official_client_reads_every_kind_of_contract(port, highest_version):
    from ibapi.contract import Contract

    kinds = {
        "STK": "MSFT", "IND": "SPX", "FUT": "ES", "OPT": "AAPL", "CASH": "EUR", "CRYPTO": "BTC", "FUND": "VTSAX",
        "BOND": "US037833AL42", "CFD": "IBM", "CMDTY": "XAUUSD", "WAR": "TSLA", "FOP": "ES", "NEWS": "BZ:BZ_ALL",
    }  # fmt: skip
    with official(port, 2000 + (highest_version or 226)) as (client, answers):
        for req_id, (sec_type, symbol) in enumerate(kinds.items(), 1):
            contract = Contract()
            contract.secType, contract.symbol = sec_type, symbol
            client.reqContractDetails(req_id, contract)
        answers.wait("contractDetailsEnd", len(kinds))
        found = {details.contract.secType for _, details in answers.of("contractDetails")}
        found |= {details.contract.secType for _, details in answers.of("bondContractDetails")}
        assert found == set(kinds)
        assert all(details.minTick > 0 for _, details in answers.of("contractDetails"))


@official_client
def test_the_official_client_reads_every_kind_of_market_data(port, highest_version):
    from ibapi.contract import Contract

    aapl, eur, call = Contract(), Contract(), Contract()
    aapl.symbol, aapl.secType, aapl.exchange, aapl.currency = "AAPL", "STK", "SMART", "USD"
    eur.symbol, eur.secType, eur.exchange, eur.currency = "EUR", "CASH", "IDEALPRO", "USD"
    call.symbol, call.secType, call.exchange, call.right = "AAPL", "OPT", "SMART", "C"
    with official(port, 3000 + (highest_version or 226)) as (client, answers):
        client.reqMktDepth(1, eur, 5, False, [])
        answers.wait("updateMktDepth", 20)
        client.reqMktDepth(2, aapl, 5, True, [])
        assert len({item[2] for item in answers.wait("updateMktDepthL2", 20)}) >= 2
        client.cancelMktDepth(1, False)
        client.cancelMktDepth(2, True)
        client.reqMktDepthExchanges()
        assert answers.wait("mktDepthExchanges")[0][0][0].secType
        client.reqSmartComponents(3, "9c0001")
        assert answers.wait("smartComponents")[0][1]

        client.reqRealTimeBars(4, aapl, 5, "TRADES", False, [])
        client.reqHistoricalData(5, aapl, "", "1 D", "1 min", "MIDPOINT", 0, 1, True, [])
        answers.wait("historicalDataEnd")
        client.reqHistoricalTicks(6, aapl, "", "20260825-15:00:00", 10, "TRADES", 1, True, [])
        client.reqHistoricalTicks(7, aapl, "", "20260825-15:00:00", 10, "BID_ASK", 1, True, [])
        client.reqHistoricalTicks(8, aapl, "", "20260825-15:00:00", 10, "MIDPOINT", 1, True, [])
        for name in ("historicalTicksLast", "historicalTicksBidAsk", "historicalTicks"):
            assert len(answers.wait(name)[0][1]) >= 10
        client.reqHistogramData(9, aapl, True, "1 day")
        assert answers.wait("histogramData")[0][1]

        client.reqContractDetails(10, call)
        answers.wait("contractDetailsEnd")
        chain = [details.contract for _, details in answers.of("contractDetails")]
        option = chain[len(chain) // 2]
        client.reqMktData(11, option, "100,101,106", False, False, [])
        assert {item[1] for item in answers.wait("tickOptionComputation", 4)} == {10, 11, 12, 13}
        client.calculateImpliedVolatility(12, option, 20.0, option.strike, [])
        client.calculateOptionPrice(13, option, 0.3, option.strike, [])
        answers.wait("tickOptionComputation", 2, lambda *call: call[1] == 53)
        client.reqMktData(14, aapl, "100,101,104,105,106,165,225,233,236,293,294,295,411,456", False, False, [])
        answers.wait("tickString", 1, lambda req_id, tick_type, value: tick_type == 48)
        client.reqMarketDataType(3)
        client.reqMktData(15, aapl, "", True, False, [])
        answers.wait("tickPrice", 1, lambda req_id, tick_type, *_: tick_type == 66)
        answers.wait("realtimeBar")
        client.cancelRealTimeBars(4)
        client.cancelHistoricalData(5)


@official_client
def test_the_official_client_reads_news_scanners_and_the_calendar(port, highest_version):
    from ibapi.common import WshEventData
    from ibapi.contract import Contract
    from ibapi.scanner import ScannerSubscription

    tape = Contract()
    tape.symbol, tape.secType, tape.exchange = "BZ:BZ_ALL", "NEWS", "BZ"
    with official(port, 4000 + (highest_version or 226), expected={162}) as (client, answers):
        client.reqNewsProviders()
        assert "BZ" in {item.code for item in answers.wait("newsProviders")[0][0]}
        client.reqHistoricalNews(1, 265598, "BZ+FLY", "", "", 10, [])
        answers.wait("historicalNewsEnd")
        _, _, provider, article_id, headline = answers.of("historicalNews")[0]
        assert headline
        client.reqNewsArticle(2, provider, article_id, [])
        assert answers.wait("newsArticle")[0][2]
        client.reqMktData(3, tape, "mdoff,292", False, False, [])
        answers.wait("tickNews")
        client.reqNewsBulletins(True)
        answers.wait("updateNewsBulletin")
        client.cancelNewsBulletins()

        client.reqScannerParameters()
        assert answers.wait("scannerParameters")[0][0].startswith("<?xml")
        scan = ScannerSubscription()
        scan.instrument, scan.locationCode, scan.scanCode = "STK", "STK.US.MAJOR", "TOP_PERC_GAIN"
        client.reqScannerSubscription(4, scan, [], [])
        answers.wait("scannerDataEnd")
        assert len(answers.of("scannerData")) >= 5
        client.cancelScannerSubscription(4)
        answers.wait("error", 1, lambda *call: call[2] == 162)

        client.reqWshMetaData(5)
        assert "event_types" in answers.wait("wshMetaData")[0][1]
        events = WshEventData()
        events.conId = 265598
        client.reqWshEventData(6, events)
        assert "wshe_ed" in answers.wait("wshEventData")[0][1]
        client.reqSecDefOptParams(7, "AAPL", "", "STK", 265598)
        answers.wait("securityDefinitionOptionParameterEnd")


@ib_async_client
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_ib_async_gets_contracts_ticks_bars_and_a_fill(port):
    import asyncio

    import ib_async

    errors = []

    async def use():
        ib = ib_async.IB()
        ib.errorEvent += lambda req_id, code, text, contract: code in NOTICES or errors.append((req_id, code, text))
        await ib.connectAsync("127.0.0.1", port, clientId=77, timeout=WAIT_S, raiseSyncErrors=True)
        try:
            assert ib.client.serverVersion() == 178
            assert ib.managedAccounts() == ["DU1234567"]
            assert ib.accountValues()
            (aapl,) = await ib.qualifyContractsAsync(ib_async.Stock("AAPL", "SMART", "USD"))
            assert aapl.conId == 265598

            ticker = ib.reqMktData(aapl)
            for _ in range(10):
                await asyncio.wait_for(ticker.updateEvent, WAIT_S)
            while not (0 < ticker.bid < ticker.ask and ticker.low <= ticker.last <= ticker.high):
                await asyncio.wait_for(ticker.updateEvent, WAIT_S)  # one side may be told before the other
            assert ticker.volume > 0
            ib.cancelMktData(aapl)
            for tick_type in ("Last", "AllLast", "BidAsk", "MidPoint"):
                ticker = ib.reqTickByTickData(aapl, tick_type)
                await asyncio.wait_for(ticker.updateEvent, WAIT_S)
                assert ticker.tickByTicks
                ib.cancelTickByTickData(aapl, tick_type)

            bars = await ib.reqHistoricalDataAsync(aapl, "", "1 D", "5 mins", "TRADES", useRTH=True, timeout=WAIT_S)
            assert len(bars) >= 1
            assert all(bar.low <= bar.close <= bar.high and bar.volume > 0 for bar in bars)
            days = await ib.reqHistoricalDataAsync(aapl, "", "1 M", "1 day", "BID_ASK", useRTH=True, timeout=WAIT_S)
            assert 18 <= len(days) <= 24

            trade = ib.placeOrder(aapl, ib_async.MarketOrder("SELL", 50))
            await asyncio.wait_for(trade.filledEvent, WAIT_S)
            assert trade.orderStatus.status == "Filled"
            assert trade.fills[0].execution.side == "SLD"
            await asyncio.wait_for(_until(lambda: trade.fills[0].commissionReport.execId, ib), WAIT_S)
            assert trade.fills[0].commissionReport.commission == 1.0
        finally:
            ib.disconnect()

    async def _until(condition, ib):
        while not condition():
            await asyncio.wait_for(ib.updateEvent, WAIT_S)

    asyncio.run(use())
    assert errors == []
