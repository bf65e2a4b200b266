"""Combinations, chains and contracts without rights, as a client of the simulator meets them."""

import pytest
from support.calling import Caller
from support.simulated import ES, VERSIONS, Clock, on_a_clock

from ibfast.schema import (
    ComboLeg,
    Contract,
    ContractData,
    ContractDataEnd,
    ContractDataRequest,
    HeadTimestampRequest,
    HistoricalData,
    HistoricalDataEnd,
    HistoricalDataRequest,
    HistoricalTicksRequest,
    MarketDataRequest,
    MarketDataTypeRequest,
    MarketDepthRequest,
    MarketRule,
    MarketRuleRequest,
    RealTimeBarsRequest,
    RerouteMarketDataRequest,
    RerouteMarketDepthRequest,
    SecDefOptParameterEnd,
    SecDefOptParamsRequest,
    TickByTickRequest,
    TickNews,
    TickOptionComputation,
    TickPrice,
    TickReqParams,
    TickSnapshotEnd,
)

HYNIX = Contract(symbol="000660", sec_type="STK", exchange="KRX", currency="KRW")
CFD = Contract(symbol="IBM", sec_type="CFD", exchange="SMART")


async def details(caller, contract):
    *found, _ = await caller.ask(ContractDataRequest(req_id=90, contract=contract), ContractDataEnd)
    assert all(isinstance(item, ContractData) for item in found)
    return found


async def snapshot(caller, contract):
    return await caller.ask(MarketDataRequest(req_id=91, contract=contract, snapshot=True), TickSnapshotEnd)


async def quote(caller, contract):
    """Bid, ask and last."""
    price = {item.tick_type: item.price for item in await snapshot(caller, contract) if isinstance(item, TickPrice)}
    return price[1], price[2], price[4]


def bag(symbol, exchange, *legs):
    return Contract(
        symbol=symbol, sec_type="BAG", exchange=exchange, currency="USD",
        combo_legs=[ComboLeg(con_id=item, ratio=n, action=side, exchange=exchange) for item, n, side in legs],
    )  # fmt: skip


@pytest.mark.parametrize("version", VERSIONS)
def test_a_vertical_costs_what_its_legs_cost(version):
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        calls = [Contract.call("AAPL", expiry="20260918", strike=strike) for strike in (310.0, 320.0)]
        low, high = [(await details(caller, call))[0].contract.con_id for call in calls]
        (low_bid, low_ask, _), (high_bid, high_ask, _) = [await quote(caller, call) for call in calls]
        spread = bag("AAPL", "SMART", (low, 1, "BUY"), (high, 2, "SELL"))
        bid, ask, last = await quote(caller, spread)
        assert bid == pytest.approx(low_bid - 2 * high_ask)
        assert ask == pytest.approx(low_ask - 2 * high_bid)
        assert last in (bid, ask)

    on_a_clock(conversation, server_version=version)


@pytest.mark.parametrize("version", [176, 226])
def test_a_calendar_spread_has_history_in_which_its_quotes_lie(version):
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        found = await details(caller, Contract(symbol="ES", sec_type="FUT", exchange="CME"))
        months = sorted(found, key=lambda item: item.contract.last_trade_date_or_contract_month)
        assert len(months) >= 4
        near, far = (month.contract.con_id for month in months[:2])
        spread = bag("ES", "CME", (near, 1, "SELL"), (far, 1, "BUY"))
        bid, ask, _ = await quote(caller, spread)
        assert 0 < bid < ask
        clock.pass_seconds(1)
        request = HistoricalDataRequest(
            req_id=7, contract=spread, duration="60 S", bar_size_setting="1 secs", what_to_show="BID_ASK", format_date=2
        )
        last = HistoricalDataEnd if version >= 196 else HistoricalData
        bars = (await caller.ask(request, last))[0].historical_data_bars
        assert bars[-1].low <= bid < ask <= bars[-1].high

    on_a_clock(conversation, server_version=version)


@pytest.mark.parametrize("legs", [[], [(1, 1, "BUY")], [(265598, 1, "HOLD")], [(265598, 0, "BUY")]])
def test_a_combination_of_what_is_not_known_is_not_found(legs):
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        request = MarketDataRequest(req_id=1, contract=bag("AAPL", "SMART", *legs))
        assert (await caller.error(request, 1))[0] == 200

    on_a_clock(conversation)


@pytest.mark.parametrize("version", VERSIONS)
def test_options_on_futures_have_the_future_under_them(version):
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        (future,) = await details(caller, ES)
        request = SecDefOptParamsRequest(
            req_id=2, underlying_symbol="ES", fut_fop_exchange="CME", underlying_sec_type="FUT",
            underlying_con_id=future.contract.con_id,
        )  # fmt: skip
        chain, _ = await caller.ask(request, SecDefOptParameterEnd)
        assert (chain.exchange, chain.multiplier, len(chain.strikes)) == ("CME", "50", 11)
        option = Contract(
            symbol="ES", sec_type="FOP", exchange="CME", right="P", strike=chain.strikes[5],
            last_trade_date_or_contract_month=chain.expirations[-1],
        )  # fmt: skip
        (found,) = await details(caller, option)
        assert found.contract_details.under_con_id == future.contract.con_id
        ticks = await snapshot(caller, option)
        model = next(tick for tick in ticks if isinstance(tick, TickOptionComputation) and tick.tick_type == 13)
        assert model.und_price == pytest.approx((await quote(caller, ES))[0], rel=0.001)
        assert -1 < model.delta < 0
        assert (await caller.error(request.replace(underlying_con_id=1), 2))[0] == 321

    on_a_clock(conversation, server_version=version)


@pytest.mark.parametrize(
    ("sec_type", "symbol", "exchange"),
    [
        ("CMDTY", "XAUUSD", "SMART"), ("CFD", "IBUS500", "SMART"), ("CRYPTO", "ETH", "PAXOS"),
        ("CASH", "GBP", "IDEALPRO"), ("STK", "QQQ", "SMART"), ("FUND", "VTSAX", "FUNDSERV"),
    ],
)  # fmt: skip
def test_contracts_of_other_kinds_have_details_rules_and_quotes(sec_type, symbol, exchange):
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        contract = Contract(symbol=symbol, sec_type=sec_type, exchange=exchange)
        (found,) = await details(caller, contract)
        rule = int(found.contract_details.market_rule_ids.split(",")[0])
        (told,) = await caller.ask(MarketRuleRequest(market_rule_id=rule), MarketRule)
        assert told.price_increments[0].increment == float(found.contract_details.min_tick)
        bid, ask, last = await quote(caller, contract)
        assert 0 < bid < ask
        assert bid <= last <= ask

    on_a_clock(conversation)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_stock_cfd_sends_its_client_to_the_stock(version):
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        (told,) = await caller.ask(MarketDataRequest(req_id=1, contract=CFD), RerouteMarketDataRequest)
        assert (told.req_id, told.con_id, told.exchange) == (1, 8314, "SMART")
        request = MarketDepthRequest(req_id=2, contract=CFD, num_rows=5)
        (told,) = await caller.ask(request, RerouteMarketDepthRequest)
        assert (told.req_id, told.con_id, told.exchange) == (2, 8314, "SMART")

    on_a_clock(conversation, server_version=version)


@pytest.mark.parametrize("version", VERSIONS)
def test_without_rights_data_are_refused_or_come_late(version):
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        params, error = await caller.ask(
            MarketDataRequest(req_id=1, contract=HYNIX), lambda item: getattr(item, "error_code", 0)
        )
        assert (type(params), error.id, error.error_code) == (TickReqParams, 1, 10089)
        future = Contract(symbol="DAX", sec_type="FUT", exchange="EUREX")
        con_id = (await details(caller, future))[0].contract.con_id
        request = MarketDataRequest(req_id=2, contract=Contract(con_id=con_id, exchange="EUREX"))
        assert (await caller.error(request, 2))[0] == 354
        caller.send(MarketDataTypeRequest(market_data_type=3))
        note, kind, *ticks, _ = await snapshot(caller, HYNIX)
        assert (note.error_code, kind.market_data_type) == (10167, 3)
        assert {tick.tick_type for tick in ticks if isinstance(tick, TickPrice)} == {66, 67, 68, 72, 73, 75, 76}

    on_a_clock(conversation, server_version=version, clock=Clock(1787796000 * 10**9))


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (MarketDepthRequest(req_id=1, contract=HYNIX, num_rows=5), 10092),
        (RealTimeBarsRequest(req_id=1, contract=HYNIX, what_to_show="TRADES"), 420),
        (TickByTickRequest(req_id=1, contract=HYNIX, tick_type="Last"), 10189),
        (HeadTimestampRequest(req_id=1, contract=HYNIX, what_to_show="TRADES"), 162),
        (
            HistoricalTicksRequest(
                req_id=1, contract=HYNIX, what_to_show="TRADES", number_of_ticks=1, end_date_time="20260826-01:00:00"
            ),
            10187,
        ),
    ],
)
def test_without_rights_there_is_nothing_else_either(request_, code):
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        assert (await caller.error(request_, 1))[0] == code

    on_a_clock(conversation)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_news_contract_is_a_tape_of_headlines(version):
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        tape = Contract(symbol="BZ:BZ_ALL", sec_type="NEWS", exchange="BZ")
        assert len(await details(caller, tape)) == 1
        caller.send(MarketDataRequest(req_id=1, contract=tape, generic_tick_list="mdoff,292"))
        await caller.until(TickNews)
        clock.pass_seconds(600)
        told = [await caller.message() for _ in range(9)]
        assert {(type(item), item.provider_code) for item in told} == {(TickNews, "BZ")}

    on_a_clock(conversation, server_version=version)
