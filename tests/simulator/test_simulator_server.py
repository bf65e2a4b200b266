"""The simulator over a socket: raw conversations by the wire module, on text, mixed and protobuf versions."""

import asyncio
import contextlib
import math
from decimal import Decimal

import pytest
from support.calling import AAPL, FARMS, VERSIONS, WAIT_S, WEDNESDAY, Caller, converse, hang_up, kinds, simulator, until

from ibfast import wire
from ibfast.schema import (
    Contract,
    ContractData,
    ContractDataEnd,
    ContractDataRequest,
    CurrentTime,
    CurrentTimeRequest,
    IdsRequest,
    ManagedAccounts,
    ManagedAccountsRequest,
    MarketDataRequest,
    MarketRule,
    MarketRuleRequest,
    MatchingSymbolsRequest,
    NextValidId,
    ScannerParametersRequest,
    SecDefOptParameter,
    SecDefOptParameterEnd,
    SecDefOptParamsRequest,
    SymbolSamples,
    TickByTickRequest,
    TickPrice,
)
from ibfast.simulator import Simulator
from ibfast.simulator.handlers.registry import ANSWERS

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

    converse(conversation, server_version=server_version)


@pytest.mark.parametrize("hello", [b"v100..156", b"v220..226", b"hello", b""])
def test_without_a_common_version_the_connection_is_closed(hello):
    async def conversation(sim):
        caller = await Caller.dial(sim, hello)
        assert await caller.hung_up()

    converse(conversation, server_version=200)


def test_what_is_no_client_is_hung_up_on():
    async def conversation(sim):
        caller = Caller(*await asyncio.open_connection(sim.host, sim.port))
        caller.writer.write(b"GET / HTTP/1.1\r\n\r\n")
        with contextlib.suppress(ConnectionResetError):
            assert await caller.hung_up()

    converse(conversation)


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
        assert [notice.error_code for notice in caller.greeting[2:]] == FARMS

    converse(conversation, server_version=version)


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

    converse(conversation)


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

    converse(conversation)


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
        assert [(increment.low_edge or 0.0, increment.increment) for increment in rule.price_increments] == [
            (0.0, 0.25)
        ]

    converse(conversation, server_version=version)


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_not_simulated_is_refused_never_ignored(version, monkeypatch):
    monkeypatch.delitem(ANSWERS, ScannerParametersRequest)

    async def conversation(sim):
        caller = await Caller.log_in(sim)
        code, text = await caller.error(ScannerParametersRequest())
        assert (code, "ScannerParametersRequest is not supported by the simulator" in text) == (321, True)

    converse(conversation, server_version=version)


def test_a_message_that_cannot_be_read_costs_an_error_not_the_session():
    async def conversation(sim):
        caller = await Caller.log_in(sim)
        caller.writer.write(wire.frame((49 + 200).to_bytes(4, "big") + b"\xff\xff"))
        caller.writer.write(wire.frame((999).to_bytes(4, "big")))
        errors = await caller.until(lambda notice: notice.error_code == 321)
        assert [error.error_code for error in errors] == [320, 321]
        await caller.ask(CurrentTimeRequest(), CurrentTime)

    converse(conversation, server_version=226)


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
        assert [item.contract.local_symbol for item in answers[:2]] == ["MESU6", "MESZ6"]
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

    converse(conversation, server_version=version)


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
        assert all(isinstance(chain, SecDefOptParameter) for chain in chains)
        assert end.req_id == 2
        assert len(chains[0].strikes) == 11
        assert len(chains[0].expirations) >= 6

    converse(conversation, server_version=version)


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
