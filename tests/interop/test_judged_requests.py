"""Judged by the official client: what the methods of `Client` send gives every number, and is its bytes."""

import asyncio
import contextlib
from datetime import UTC, datetime

import pytest

pytest.importorskip("ibapi", reason="the official client (interop group) is missing: nothing is judged by it")

from support.official_deviations import comparable, numbers_given
from support.official_requests import REQUESTS, sent_by_official
from support.running import simulator

from ibfast import Client, Contract, IbfastError, ScannerSubscription, WshFilter, wire
from ibfast.schema.declare import OUTGOING
from ibfast.simulator.session import SimulatorSession

THEN = datetime(2026, 8, 25, 15, tzinfo=UTC)
ANSWER_S = 2.0
NOT_SENT_HERE = {
    "VerifyAndAuthMessageRequest", "VerifyAndAuthRequest", "VerifyMessageRequest", "VerifyRequest",  # not of a client
    "IdsRequest", "ManagedAccountsRequest",  # gateways say both at login
    "CancelContractData", "CancelHistoricalTicks", "CancelHeadTimestamp", "CancelHistogramData", "CancelWshEventData",
    "CancelWshMetaData",  # of requests that are given up
}  # fmt: skip


async def everything(ib, aapl, option):
    """One request of each kind, one after the other; what the simulator refuses is sent all the same."""
    stock, account = aapl.con_id, ib.accounts[0]
    for question in (
        ib.current_time(), ib.current_time_in_ms(), ib.user_info(), ib.managed_accounts(), ib.set_server_log_level(2),
        ib.market_data_type(1), ib.contract_details(aapl), ib.matching_symbols("AA"), ib.market_rule(26),
        ib.smart_components("9c0001"), ib.depth_exchanges(), ib.option_chains(aapl), ib.family_codes(),
        ib.soft_dollar_tiers(), ib.request_fa(1), ib.replace_fa(1, "<ListOfGroups/>"), ib.positions(),
        ib.account_values(), ib.account_summary(), ib.account_values_multi(), ib.open_orders(), ib.all_open_orders(),
        ib.auto_open_orders(), ib.completed_orders(), ib.executions(), ib.news_providers(),
        ib.news_article("BRFG", "BRFG$1"), ib.historical_news(stock, "BRFG", start=THEN), ib.wsh_meta_data(),
        ib.wsh_event_data(WshFilter(con_id=stock)), ib.scanner_parameters(),
        ib.scan(ScannerSubscription(instrument="STK", location_code="STK.US.MAJOR", scan_code="TOP_PERC_GAIN")),
        ib.historical_data(aapl, duration="1 D", bar_size="1 hour"), ib.historical_schedule(aapl, duration="5 D"),
        ib.head_timestamp(aapl), ib.histogram(aapl, period="3 days"), ib.historical_ticks(aapl, start=THEN),
        ib.calculate_implied_volatility(option, option_price=5, under_price=310),
        ib.calculate_option_price(option, volatility=0.2, under_price=310), ib.display_groups(), ib.configuration(),
        ib.update_configuration(reset_api_order_sequence=False), ib.exercise_options(option, 1, account=account),
    ):  # fmt: skip
        with contextlib.suppress(IbfastError, TimeoutError):
            async with asyncio.timeout(ANSWER_S):
                await question
    async with ib.display_group_updates(1) as group:
        await ib.update_display_group(group, "8314@SMART")
    for stream in (
        ib.market_data(aapl), ib.tick_by_tick(aapl), ib.depth(aapl), ib.real_time_bars(aapl), ib.pnl(account),
        ib.pnl_single(account, stock), ib.positions_multi_updates(account), ib.account_updates_multi(account),
        ib.news_bulletins(), ib.account_summary_updates(), ib.keep_up_to_date(aapl, duration="1 D", bar_size="1 hour"),
        ib.scanner_updates(
            ScannerSubscription(instrument="STK", location_code="STK.US.MAJOR", scan_code="TOP_PERC_GAIN")
        ),
    ):  # fmt: skip
        with contextlib.suppress(IbfastError):
            async with stream:
                pass
    trade = await ib.order(aapl).buy(1).limit(1).submit()
    await ib.cancel_order(trade)
    await ib.cancel_all_orders()


@pytest.fixture
def heard(monkeypatch):
    """Every request that a simulator reads."""
    messages = []
    received = SimulatorSession.received

    def keep(session, message):
        messages.append(message)
        received(session, message)

    monkeypatch.setattr(SimulatorSession, "received", keep)
    return messages


@pytest.mark.parametrize("version", [203, 213, 226])
def test_what_client_methods_send_is_what_the_official_client_sends(heard, version):
    async def main():
        async with (
            simulator(server_version=version) as sim,
            await Client.connect(sim.host, sim.port, 0, pacing=False) as ib,
        ):
            [aapl] = await ib.qualify(Contract.stock("AAPL"))
            [option] = await ib.qualify(Contract.call("AAPL", expiry="20260918", strike=320))
            await everything(ib, aapl, option)
            await ib.current_time()

    asyncio.run(main())
    forms = {form.cls: form for form in OUTGOING.values()}
    for message in heard:
        form, name = forms[type(message)], type(message).__name__
        assert numbers_given(message) == message, f"{name}: the official client sends a number that is left out here"
        [theirs], errors = sent_by_official(message, version)
        assert errors == []
        ours = wire.encode(message, version)
        start = wire.message_id(theirs, version)[2]
        assert comparable(ours[start:], form, version) == comparable(theirs[start:], form, version), name
    if version == 226:
        assert set(REQUESTS) - {type(message).__name__ for message in heard} - NOT_SENT_HERE == set()
