"""Contracts looked up: qualified, in chains, on the grid of their prices; both clients, against the simulator."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from support.gateway import Gateway
from support.running import simulator

from ibfast import (
    AmbiguousContract,
    Client,
    ComboLeg,
    Contract,
    RequestError,
    RequestTimeout,
    trading_hours,
)
from ibfast.contracts.option_chain import OptionChain
from ibfast.contracts.qualification import filled, last_trade_moment, the_only
from ibfast.schema import (
    CancelContractData,
    ContractData,
    ContractDataEnd,
    ContractDataRequest,
    ContractDetails,
    CurrentTime,
    CurrentTimeRequest,
    ErrorMessage,
    MarketRule,
    MarketRuleRequest,
    PriceIncrement,
    SecDefOptParameter,
    SmartComponent,
    SmartComponents,
    SmartComponentsRequest,
)

AAPL = Contract.stock("AAPL")
ES = Contract.any_month("ES", exchange="CME")
AUGUST = datetime(2026, 8, 26, 15, tzinfo=UTC)  # when the simulator's tests are


@pytest.fixture(params=[157, 200, 226])
def version(request):
    return request.param


# ------------------------------------------------------------------------------------------------- one contract


def test_qualify_fills_in_what_names_a_contract(play):
    async def case(client):
        stock, euro, bond, front = await client.qualify(
            AAPL,
            Contract.forex("EUR.USD"),
            Contract.bond(isin="US037833AL42"),
            Contract.by_id(515416632, exchange="CME"),
        )
        assert stock.to_dict() == AAPL.to_dict() | {
            "con_id": 265598, "primary_exch": "NASDAQ", "local_symbol": "AAPL", "trading_class": "NMS",
        }  # fmt: skip
        assert (euro.con_id, euro.local_symbol, euro.exchange) == (12087792, "EUR.USD", "IDEALPRO")
        assert (bond.con_id, bond.sec_id) == (127128131, "US037833AL42")
        assert (front.local_symbol, front.sec_type, front.multiplier) == ("ESZ6", "FUT", 50)
        assert front.last_trade_date_or_contract_month == "20261218"
        (continuous,) = await client.qualify(Contract.continuous_future("ES", exchange="CME"))
        assert (continuous.sec_type, bool(continuous.con_id)) == ("CONTFUT", True)
        by_isin = Contract(sec_type="STK", sec_id_type="ISIN", sec_id="US0378331005", exchange="SMART", currency="USD")
        by_local_symbol = Contract(local_symbol="ESZ6", sec_type="FUT", exchange="CME")
        assert [contract.con_id for contract in await client.qualify(by_isin, by_local_symbol)] == [265598, 515416632]
        again = await client.qualify(stock, front)
        assert again == [stock, front]
        assert AAPL.con_id is None

    play(case)


def test_qualify_nothing_and_combinations(play):
    async def case(client):
        legs = [ComboLeg(con_id=number, ratio=1, action="BUY", exchange="SMART") for number in (265598, 272093)]
        combo = Contract.combo("AAPL", legs)
        assert await client.qualify() == []
        assert await client.qualify(combo) == [combo]
        assert client.stats["messages_sent"] == 1

    play(case)


def test_an_ambiguous_contract_lists_its_candidates(play):
    async def case(client):
        with pytest.raises(AmbiguousContract, match=r"(?s)contracts fit Contract\(symbol='ES'.*ESU6.*ESZ6") as caught:
            await client.qualify(AAPL, ES)
        assert caught.value.contract == ES
        assert len(caught.value.candidates) > 2
        assert all(candidate.con_id and candidate.symbol == "ES" for candidate in caught.value.candidates)
        (chosen,) = await client.qualify(caught.value.candidates[0])
        assert chosen == caught.value.candidates[0]

    play(case)


def test_a_contract_that_is_not_found_is_named(play):
    async def case(client):
        with pytest.raises(RequestError, match="200") as caught:
            await client.qualify(AAPL, Contract.stock("NOSUCH"))
        assert ["NOSUCH" in note for note in caught.value.__notes__] == [True]
        assert (await client.current_time()).year == 2026

    play(case)


def test_the_first_error_ends_what_was_asked_with_it(run, connect):
    async def main():
        async with Gateway() as gateway, await connect(gateway) as client:
            asking = asyncio.ensure_future(client.qualify(Contract.stock("NOSUCH"), AAPL))
            refused = (await gateway.hear(ContractDataRequest)).req_id
            gateway.say(ErrorMessage(id=refused, error_code=200, error_msg="none"))
            with pytest.raises(RequestError, match="200"):
                await asking
            assert (await gateway.hear(CancelContractData)).req_id != refused

    run(main)


def test_what_tws_can_never_accept_is_not_asked(play):
    async def case(client):
        with pytest.raises(ValueError, match="sec_type"):
            await client.qualify(AAPL, Contract(symbol="AAPL"))
        assert client.stats["messages_sent"] == 1

    play(case)


def test_without_an_exchange_every_contract_comes_once():
    asked = Contract(symbol="AAPL", sec_type="STK", currency="USD")
    listed = [ContractData(contract=asked.replace(con_id=1, exchange=venue)) for venue in ("NYSE", "SMART", "ARCA")]
    assert the_only(asked, listed) == asked.replace(con_id=1, exchange="SMART")
    with pytest.raises(AmbiguousContract) as caught:
        the_only(asked, [*listed, ContractData(contract=asked.replace(con_id=2, exchange="LSE"))])
    assert [candidate.con_id for candidate in caught.value.candidates] == [1, 2]
    with pytest.raises(RequestError, match="200"):
        the_only(asked, [])


def test_many_candidates_are_counted():
    candidates = [Contract.by_id(number) for number in range(1, 93)]
    assert str(AmbiguousContract(ES, candidates)).splitlines()[-1] == "  and 82 more"
    assert str(AmbiguousContract(ES, candidates)).startswith("92 contracts fit Contract(symbol='ES'")


def test_a_qualified_contract_is_of_the_kind_that_was_asked_for():
    continuous = Contract.continuous_future("ES", exchange="CME")
    listed = Contract(con_id=1, sec_type="FUT", exchange="QBALGO", right="?", strike=0.0,
                      last_trade_date_or_contract_month="20261218 08:30:00 US/Central")  # fmt: skip
    found = filled(continuous, ContractData(contract=listed))
    assert found == continuous.replace(con_id=1, last_trade_date_or_contract_month="20261218")


@pytest.mark.parametrize(
    ("expiry", "zone", "moment"),
    [
        ("20261218 08:30:00 US/Central", "US/Central", "2026-12-18T14:30"),
        ("20250620 08:30 US/Central", "US/Eastern", "2025-06-20T13:30"),
        ("20240402-17:10:00", "US/Eastern", "2024-04-02T17:10"),
        ("20260831 16:00:00", "US/Eastern", "2026-08-31T20:00"),
        ("20200918 08:30", "CST (Central Standard Time)", "2020-09-18T13:30"),
        ("20260618", "US/Eastern", "2026-06-19T04:00"),
        ("20260618", "", "2026-06-19T00:00"),
    ],
)
def test_the_last_trading_moment(expiry, zone, moment):
    data = ContractData(
        contract=Contract(last_trade_date_or_contract_month=expiry), contract_details=ContractDetails(time_zone_id=zone)
    )
    assert last_trade_moment(data).astimezone(UTC) == datetime.fromisoformat(moment).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("expiry", "asked"),
    [
        ("20261218 08:30:00 US/Central", "20261218"),
        ("20240402-17:10:00", "20240402"),
        ("202612", "202612"),
        (None, None),
    ],
)
def test_a_contract_of_contract_details_can_be_asked_for(run, connect, expiry, asked):
    found = Contract(con_id=1, exchange="CME", last_trade_date_or_contract_month=expiry)

    async def main():
        async with Gateway() as gateway, await connect(gateway) as client:
            asking = asyncio.ensure_future(client.contract_details(found))
            request = await gateway.hear(ContractDataRequest)
            heard = found.replace(last_trade_date_or_contract_month=asked, include_expired=False)
            assert request.contract == heard
            gateway.say(ContractDataEnd(req_id=request.req_id))
            assert await asking == []
        assert found.last_trade_date_or_contract_month == expiry

    run(main)


@pytest.mark.parametrize("expiry", [None, "", "202612", "soon"])
def test_a_contract_without_end(expiry):
    assert last_trade_moment(ContractData(contract=Contract(last_trade_date_or_contract_month=expiry))) is None
    assert last_trade_moment(ContractData()) is None


# ------------------------------------------------------------------------------------------------------- chains


def test_the_front_month_is_the_nearest_that_is_traded(play):
    async def case(client):
        chain = await client.futures_chain(ES)
        front = await client.front_month(ES)
        assert front == chain[0]
        assert [item.local_symbol for item in chain[:3]] == ["ESU6", "ESZ6", "ESH7"]
        expiries = [item.last_trade_date_or_contract_month for item in chain]
        assert expiries == sorted(expiries)
        assert expiries[0] == "20260918"
        december = await client.front_month(Contract.future("ES", month="202612", exchange="CME"))
        assert december == chain[1]
        with pytest.raises(ValueError, match="sec_type: a contract of type STK has no months"):
            await client.front_month(AAPL)
        with pytest.raises(RequestError, match="200"):
            await client.front_month(Contract.any_month("NOSUCH", exchange="CME"))

    play(case)


def month(local_symbol, expiry, **more):
    contract = Contract.future("DAX", exchange="EUREX", currency="EUR", expiry=expiry[:8], local_symbol=local_symbol)
    fields = {"con_id": int(expiry[:8]), "last_trade_date_or_contract_month": expiry} | more
    return ContractData(contract=contract.replace(**fields), contract_details=ContractDetails(time_zone_id="MET"))


@pytest.fixture
def front_month(run, connect):
    """The front month at noon of 18 September 2026 in UTC, where IB lists these."""

    def ask(*listed):
        async def main():
            async with Gateway() as gateway, await connect(gateway) as client:
                asked = Contract.any_month("DAX", exchange="EUREX", currency="EUR")
                asking = asyncio.ensure_future(client.front_month(asked))
                req_id = (await gateway.hear(ContractDataRequest)).req_id
                gateway.say(*(data.replace(req_id=req_id) for data in listed), ContractDataEnd(req_id=req_id))
                await gateway.hear(CurrentTimeRequest)
                gateway.say(CurrentTime(current_time=int(datetime(2026, 9, 18, 12, tzinfo=UTC).timestamp())))
                return await asking

        return run(main)

    return ask


def test_on_its_last_day_a_month_goes_at_its_last_minute(front_month):
    late = month("LATE", "20260918 14:01:00 MET")
    early = month("EARLY", "20260918 13:59:00 MET", con_id=1)
    following = month("NEXT", "20261218 13:00:00 MET")
    assert front_month(following, early).local_symbol == "NEXT"
    assert front_month(following, late, early).local_symbol == "LATE"
    with pytest.raises(RequestError, match="no month"):
        front_month(early)


def test_a_symbol_with_minis_has_no_one_front_month(front_month):
    mini = month("FDXM", "20260918 14:01:00 MET", con_id=1, multiplier=5.0, trading_class="FDXM")
    full = month("FDAX", "20261218 13:00:00 MET", con_id=2, multiplier=25.0, trading_class="FDAX")
    with pytest.raises(AmbiguousContract) as caught:
        front_month(mini, full)
    assert sorted(candidate.local_symbol for candidate in caught.value.candidates) == ["FDAX", "FDXM"]


def test_an_option_chain(play):
    async def case(client):
        chain = await client.option_chain(AAPL)
        assert (chain.exchange, chain.trading_class, chain.multiplier) == ("SMART", "AAPL", 100)
        assert chain.underlying.con_id == 265598
        assert chain.next_expiry() == chain.expirations[0] >= AUGUST.date()
        expiry = chain.next_expiry(date(2026, 8, 28))
        assert date(2026, 8, 28) < expiry <= date(2026, 9, 4)
        listed = await client.listed_options(chain, expiry=expiry, right="C")
        assert {item.right for item in listed} == {"C"}
        assert [item.strike for item in listed] == sorted(item.strike for item in listed)
        assert set(chain.strikes) >= {item.strike for item in listed}
        strike = chain.nearest_strike(310.65)
        call, put = await client.qualify(*chain.contracts(expirations=[expiry], strikes=[strike]))
        assert (call.local_symbol, put.right) == (f"AAPL  {expiry:%y%m%d}C{strike * 1000:08.0f}", "P")
        assert call in listed
        with pytest.raises(ValueError, match=r"exchange, trading_class: NOSUCH  is not one .*SMART AAPL"):
            await client.option_chain(AAPL, exchange="NOSUCH")
        assert {item.exchange for item in await client.option_chains(AAPL)} >= {"SMART", "CBOE"}

    play(case)


def test_an_underlying_without_options(play):
    async def case(client):
        assert await client.option_chains(Contract.forex("EUR.USD")) == []
        with pytest.raises(ValueError, match="one chain of these: none"):
            await client.option_chain(Contract.forex("EUR.USD"))

    play(case)


CHAIN = OptionChain.of(
    AAPL.replace(con_id=265598),
    SecDefOptParameter(
        exchange="SMART", underlying_con_id=265598, trading_class="AAPL", multiplier="100",
        expirations=["20260918", "20260828", "20260904"], strikes=[320.0, 300.0, 310.0, 312.5],
    ),
)  # fmt: skip


def test_choosing_from_a_chain():
    assert CHAIN.expirations == (date(2026, 8, 28), date(2026, 9, 4), date(2026, 9, 18))
    assert [CHAIN.nearest_strike(price) for price in (0, 305, 311.3, 999)] == [300, 300, 312.5, 320]
    assert CHAIN.strikes_around(311, 1) == (310, 312.5)
    assert CHAIN.strikes_around(310, 1) == (300, 310, 312.5)
    assert CHAIN.strikes_around(310, 9) == (300, 310, 312.5, 320)
    assert CHAIN.nearest_expiry(date(2026, 9, 11)) == date(2026, 9, 18)
    assert CHAIN.nearest_expiry(date(2026, 9, 10)) == date(2026, 9, 4)
    assert CHAIN.next_expiry() == date(2026, 8, 28)
    assert CHAIN.next_expiry(date(2026, 8, 28)) == date(2026, 9, 4)
    with pytest.raises(ValueError, match="nothing expires after 2026-09-18"):
        CHAIN.next_expiry(date(2026, 9, 18))
    assert len(CHAIN.contracts()) == 3 * 4 * 2
    assert len(CHAIN.contracts(rights="P")) == 3 * 4
    assert CHAIN.contract(expiry=date(2026, 9, 4), strike=310, right="P") == Contract.put(
        "AAPL", expiry="20260904", strike=310, multiplier=100, trading_class="AAPL"
    )
    with pytest.raises(ValueError, match="right"):
        CHAIN.contract(expiry="20260904", strike=310, right="X")


def test_options_of_a_future_are_on_its_exchange():
    future = Contract.future("ES", month="202609", exchange="CME").replace(con_id=1)
    listed = SecDefOptParameter(exchange="CME", trading_class="EW", multiplier="50", expirations=["20260828"])
    series = OptionChain.of(future, listed).series("20260828")
    assert (series.sec_type, series.exchange, series.trading_class, series.multiplier) == ("FOP", "CME", "EW", 50)


# ------------------------------------------------------------------------------------------- symbols, exchanges


def test_matching_symbols(play):
    async def case(client):
        first = (await client.matching_symbols("AAPL"))[0]
        assert (first.contract.con_id, first.contract.symbol, first.contract.currency) == (265598, "AAPL", "USD")
        assert "OPT" in first.derivative_sec_types
        assert await client.matching_symbols("ZZZZ") == []
        with pytest.raises(ValueError, match="pattern"):
            await client.matching_symbols("")

    play(case)


def test_market_rules_at_once_get_their_own_answers(play):
    async def case(client):
        rules = await asyncio.gather(*(client.market_rule(number) for number in (26, 239, 109, 26, 67)))
        steps = [[(item.low_edge, item.increment) for item in rule] for rule in rules]
        assert steps == [[(0, 0.01)], [(0, 5e-05)], [(0, 0.01), (3, 0.05)], [(0, 0.01)], [(0, 0.25)]]

    play(case)


def rule(number, increment):
    return MarketRule(market_rule_id=number, price_increments=[PriceIncrement(low_edge=0.0, increment=increment)])


def test_a_late_market_rule_serves_nobody_else(run):
    async def main():
        async with Gateway() as gateway, await Client.connect(gateway.host, gateway.port) as client:
            leaving = asyncio.ensure_future(client.market_rule(26))
            await gateway.hear(MarketRuleRequest)
            leaving.cancel()
            asking = asyncio.gather(client.market_rule(239), client.current_time())
            await gateway.hear(CurrentTimeRequest)
            gateway.say(rule(26, 0.01), rule(239, 5e-05), CurrentTime(current_time=1))
            (found,), _ = await asking
            assert found.increment == 5e-05
            with pytest.raises(asyncio.CancelledError):
                await leaving

    run(main)


def test_market_rules_come_in_any_order(run):
    async def main():
        async with Gateway() as gateway, await Client.connect(gateway.host, gateway.port) as client:
            asking = asyncio.gather(*(client.market_rule(number) for number in (26, 239, 26)), client.current_time())
            await gateway.hear(CurrentTimeRequest)
            gateway.say(rule(239, 5e-05), rule(26, 0.01), CurrentTime(current_time=1))
            *rules, _ = await asking
            assert [found[0].increment for found in rules] == [0.01, 5e-05, 0.01]
            assert len([item for item in gateway.heard if isinstance(item, MarketRuleRequest)]) == 2

    run(main)


def test_a_market_rule_that_does_not_exist(run, connect, version):
    async def main():
        async with simulator(server_version=version) as sim, await connect(sim, request_timeout_s=0.05) as client:
            with pytest.raises(RequestTimeout, match="MarketRuleRequest"):
                await client.market_rule(99999)

    run(main)


def test_a_price_grid(play):
    async def case(client):
        grid = await client.price_grid(await client.front_month(ES))
        assert grid.snap(7012.37, "BUY") == Decimal("7012.25")
        chain = await client.option_chain(AAPL)
        (option, *_) = await client.listed_options(chain, expiry=chain.expirations[0])
        smart, amex = await client.price_grid(option), await client.price_grid(option, exchange="AMEX")
        assert (smart.snap(3.02), amex.snap(3.02)) == (Decimal("3.02"), Decimal("3.00"))
        with pytest.raises(ValueError, match="exchange: no market rule for 'EUREX', only for SMART, AMEX"):
            await client.price_grid(option, exchange="EUREX")
        with pytest.raises(AmbiguousContract):
            await client.price_grid(ES)

    play(case)


def test_smart_components(play):
    async def case(client):
        async with client.market_data(AAPL) as ticks:
            await ticks.next(5)
            exchange_map = ticks.tick_req_params.bbo_exchange
        venues = {
            component.bit_number: (component.exchange, component.exchange_letter)
            for component in await client.smart_components(exchange_map)
        }
        assert (venues[0], venues[9]) == (("AMEX", "A"), ("ARCA", "P"))
        with pytest.raises(ValueError, match="bbo_exchange"):
            await client.smart_components("")

    play(case)


def test_a_zero_that_is_not_sent_is_a_zero(run):
    """The gateway leaves zeros out on the protobuf wire."""

    async def main():
        async with Gateway() as gateway, await Client.connect(gateway.host, gateway.port) as client:
            asking = asyncio.gather(client.smart_components("9c0001"), client.market_rule(26))
            await gateway.hear(MarketRuleRequest)
            req_id = (await gateway.hear(SmartComponentsRequest)).req_id
            first = SmartComponent(exchange="AMEX", exchange_letter="A")
            step = PriceIncrement(increment=0.01)
            gateway.say(
                SmartComponents(req_id=req_id, smart_components=[first]),
                MarketRule(market_rule_id=26, price_increments=[step]),
            )
            assert await asking == [[first.replace(bit_number=0)], [step.replace(low_edge=0.0)]]

    run(main)


def test_depth_exchanges(play):
    async def case(client):
        found = await client.depth_exchanges()
        assert ("ARCA", "STK", "Deep2") in [
            (contract.exchange, contract.sec_type, contract.service_data_type) for contract in found
        ]

    play(case)


def test_the_hours_of_a_contract(play):
    async def case(client):
        (found,) = await client.contract_details(AAPL)
        hours = trading_hours(found)
        assert hours.is_open(AUGUST)
        assert not hours.is_open(AUGUST + timedelta(hours=12))
        assert hours.next_open(AUGUST) == datetime(2026, 8, 27, 8, tzinfo=UTC)

    play(case)
