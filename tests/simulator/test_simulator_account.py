"""What the simulator tells of accounts, advisors and its own settings, at the level of messages."""

from decimal import Decimal

import pytest
from support.calling import AAPL, Caller, kinds, place
from support.simulated import on_a_clock
from support.simulated_accounts import GROUPS

from ibfast.schema import (
    AccountDataEnd,
    AccountDataRequest,
    AccountSummary,
    AccountSummaryEnd,
    AccountSummaryRequest,
    AccountUpdateMulti,
    AccountUpdateMultiEnd,
    AccountUpdatesMultiRequest,
    AccountUpdateTime,
    AccountValue,
    ApiConfig,
    ApiSettingsConfig,
    CancelAccountSummary,
    CancelAccountUpdatesMulti,
    CancelPnL,
    CancelPnLSingle,
    CancelPositions,
    CancelPositionsMulti,
    CommissionAndFeesReport,
    ConfigRequest,
    ConfigResponse,
    Contract,
    CurrentTime,
    CurrentTimeInMillis,
    CurrentTimeInMillisRequest,
    CurrentTimeRequest,
    DisplayGroupList,
    DisplayGroupUpdated,
    ErrorMessage,
    FamilyCodes,
    FamilyCodesRequest,
    FAReplace,
    FARequest,
    LockAndExitConfig,
    ManagedAccounts,
    ManagedAccountsRequest,
    Order,
    PlaceOrderRequest,
    PnL,
    PnLRequest,
    PnLSingle,
    PnLSingleRequest,
    PortfolioValue,
    PositionEnd,
    PositionMulti,
    PositionMultiEnd,
    PositionsMultiRequest,
    PositionsRequest,
    QueryDisplayGroupsRequest,
    ReceiveFA,
    ReplaceFAEnd,
    SetServerLogLevelRequest,
    SoftDollarTiers,
    SoftDollarTiersRequest,
    SubscribeToGroupEventsRequest,
    UnsubscribeFromGroupEventsRequest,
    UpdateConfigRequest,
    UpdateConfigResponse,
    UpdateDisplayGroupRequest,
    UserInfo,
    UserInfoRequest,
    VerifyRequest,
)

VERSIONS = [157, 176, 200, 203, 226]
ACCOUNT = "DU1234567"
EVERYTHING = AccountSummaryRequest(req_id=1, group="All", tags="All")


async def silent(caller):
    """Whether nothing comes of its own accord."""
    return kinds(await caller.ask(CurrentTimeRequest(), CurrentTime)) == ["CurrentTime"]


async def buy(caller, clock, order_id=1):
    """A fill of 100 AAPL, and everything the client hears up to its commission."""
    caller.send(place(order_id))
    clock.pass_seconds(1)
    return await caller.until(CommissionAndFeesReport)


@pytest.mark.parametrize("version", VERSIONS)
def test_account_updates_follow_fills_and_the_market_until_unsubscribed(version):
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        await caller.ask(AccountDataRequest(subscribe=True, acct_code=""), AccountDataEnd)
        told = await buy(caller, clock)
        (row,) = [item for item in told if isinstance(item, PortfolioValue)]
        assert (row.contract.con_id, row.position, row.account_name) == (265598, 100, ACCOUNT)
        changed = {item.key for item in told if isinstance(item, AccountValue)}
        assert {"TotalCashValue", "GrossPositionValue", "StockMarketValue"} <= changed
        assert not {"AccountCode", "AccountType", "FundValue"} & changed, "only what has changed is told"

        clock.pass_seconds(180)
        later = await caller.until(AccountUpdateTime)
        (again,) = [item for item in later if isinstance(item, PortfolioValue)]
        assert again.market_price != row.market_price
        assert again.market_value == pytest.approx(100 * again.market_price)
        assert "AccountDataEnd" not in kinds(told + later)

        caller.send(AccountDataRequest(subscribe=False, acct_code=""))
        clock.pass_seconds(400)
        assert await silent(caller)

    on_a_clock(conversation, server_version=version)


@pytest.mark.parametrize("version", VERSIONS)
def test_profit_and_loss_come_now_and_as_they_change(version):
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        (first,) = await caller.ask(PnLRequest(req_id=1, account=ACCOUNT, model_code=""), PnL)
        assert (first.daily_pnl or 0.0, first.unrealized_pnl or 0.0, first.realized_pnl or 0.0) == (0.0, 0.0, 0.0)
        request = PnLSingleRequest(req_id=2, account=ACCOUNT, model_code="", con_id=265598)
        (one,) = await caller.ask(request, PnLSingle)
        assert ((one.position or 0), one.realized_pnl) == (0, None)
        await buy(caller, clock)
        clock.pass_seconds(60)
        told = await caller.until(lambda item: isinstance(item, PnLSingle) and item.position == 100)
        clock.pass_seconds(60)
        told = await caller.until(PnLSingle)
        account, single = told[-2], told[-1]
        assert account.daily_pnl == pytest.approx(single.daily_pnl)
        assert single.daily_pnl == pytest.approx(single.unrealized_pnl)
        caller.send(CancelPnL(req_id=1), CancelPnLSingle(req_id=2))
        clock.pass_seconds(60)
        assert await silent(caller)
        assert (await caller.error(PnLRequest(req_id=3, account="DU0"), 3))[0] == 321
        assert (await caller.error(PnLSingleRequest(req_id=3, account=ACCOUNT, con_id=1), 3))[0] == 200

    on_a_clock(conversation, server_version=version)


@pytest.mark.parametrize("version", VERSIONS)
def test_positions_of_an_account_follow_fills(version):
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        request = PositionsMultiRequest(req_id=1, account=ACCOUNT, model_code="")
        assert kinds(await caller.ask(request, PositionMultiEnd)) == ["PositionMultiEnd"]
        (told,) = [item for item in await buy(caller, clock) if isinstance(item, PositionMulti)]
        assert (told.req_id, told.contract.con_id, told.position) == (1, 265598, 100)
        caller.send(CancelPositionsMulti(req_id=1), CancelPositions())
        assert not [item for item in await buy(caller, clock, 2) if isinstance(item, PositionMulti)]

    on_a_clock(conversation, server_version=version)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_summary_goes_on_until_it_is_cancelled(version):
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        request = AccountSummaryRequest(req_id=1, group="All", tags="TotalCashValue,AccountType,$LEDGER:USD")
        first = await caller.ask(request, AccountSummaryEnd)
        tags = [figure.tag for figure in first[:-1]]
        assert tags[:4] == ["AccountType", "TotalCashValue", "Currency", "CashBalance"]
        assert {figure.currency for figure in first[2:-1]} == {"USD"}
        told = await buy(caller, clock)
        assert "TotalCashValue" in {figure.tag for figure in told if isinstance(figure, AccountSummary)}
        assert (await caller.error(request, 1))[0] == 322
        caller.send(CancelAccountSummary(req_id=1))
        clock.pass_seconds(400)
        assert await silent(caller)
        assert (await caller.error(request.replace(group="Nobody"), 1))[0] == 321

    on_a_clock(conversation, server_version=version)


@pytest.mark.parametrize("version", VERSIONS)
def test_values_of_an_account_by_request_go_on_too(version):
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        request = AccountUpdatesMultiRequest(req_id=1, account=ACCOUNT, model_code="", ledger_and_nlv=True)
        first = await caller.ask(request, AccountUpdateMultiEnd)
        assert [item.key for item in first[:2]] == ["NetLiquidation", "CashBalance"]
        told = [item for item in await buy(caller, clock) if isinstance(item, AccountUpdateMulti)]
        assert "CashBalance" in {item.key for item in told}
        caller.send(CancelAccountUpdatesMulti(req_id=1))
        clock.pass_seconds(400)
        assert await silent(caller)

    on_a_clock(conversation, server_version=version)


@pytest.mark.parametrize("version", VERSIONS)
def test_small_questions_of_the_login(version):
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        (families,) = await caller.ask(FamilyCodesRequest(), FamilyCodes)
        assert [(item.account_id, item.family_code or "") for item in families.family_codes] == [(ACCOUNT, "")]
        (tiers,) = await caller.ask(SoftDollarTiersRequest(req_id=1), SoftDollarTiers)
        assert (tiers.req_id, tiers.soft_dollar_tiers) == (1, [])
        if version >= 167:
            (user,) = await caller.ask(UserInfoRequest(req_id=2), UserInfo)
            assert (user.req_id, user.white_branding_id or "") == (2, "")
        if version >= 197:
            (now,) = await caller.ask(CurrentTimeInMillisRequest(), CurrentTimeInMillis)
            assert now.current_time_in_millis == clock.now_ns // 1_000_000
        caller.send(SetServerLogLevelRequest(log_level=5))
        assert await silent(caller)
        assert (await caller.error(SetServerLogLevelRequest(log_level=9)))[0] == 319
        assert (await caller.error(VerifyRequest(api_name="x", api_version="1")))[0] == 321
        code, text = await caller.error(FARequest(fa_data_type=1))
        assert (code, text.partition("cause - ")[2]) == (321, "FA data operations ignored for non FA customers.")

    on_a_clock(conversation, server_version=version)


@pytest.mark.parametrize("version", VERSIONS)
def test_an_advisor_has_accounts_and_a_configuration(version):
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        (accounts,) = await caller.ask(ManagedAccountsRequest(), ManagedAccounts)
        names = accounts.accounts_list.split(",")
        assert names == ["DU1234567", "DU1234568", "DU1234569", "DF1234567"]
        (groups,) = await caller.ask(FARequest(fa_data_type=1), ReceiveFA)
        assert all(f"<String>{name}</String>" in groups.xml for name in names[:3])
        (aliases,) = await caller.ask(FARequest(fa_data_type=3), ReceiveFA)
        assert "<ListOfAccountAliases>" in aliases.xml
        if version < 177:
            assert (await caller.ask(FARequest(fa_data_type=2), ReceiveFA))[0].fa_data_type == 2

        (end,) = await caller.ask(FAReplace(req_id=5, fa_data_type=1, xml=GROUPS), ReplaceFAEnd)
        assert end.req_id == 5
        assert (await caller.ask(FARequest(fa_data_type=1), ReceiveFA))[0].xml == GROUPS
        summary = await caller.ask(
            AccountSummaryRequest(req_id=6, group="Two", tags="NetLiquidation"), AccountSummaryEnd
        )
        assert [item.account for item in summary[:-1]] == names[:2]
        for xml in ("<nothing", "<ListOfGroups><Group/></ListOfGroups>", GROUPS.replace("DU1234568", "DU7")):
            assert (await caller.error(FAReplace(req_id=7, fa_data_type=1, xml=xml), 7))[0] == 321
        (families,) = await caller.ask(FamilyCodesRequest(), FamilyCodes)
        assert len({code.family_code for code in families.family_codes}) == 1

    on_a_clock(conversation, server_version=version, fa=True)


@pytest.mark.parametrize("version", VERSIONS)
def test_display_groups_show_the_same_to_everyone(version):
    async def conversation(sim, clock):
        first, second = await Caller.log_in(sim, 1), await Caller.log_in(sim, 2)
        (listed,) = await first.ask(QueryDisplayGroupsRequest(req_id=1), DisplayGroupList)
        assert listed.groups == "1|2|3|4|5|6|7"
        for caller in (first, second):
            (shown,) = await caller.ask(SubscribeToGroupEventsRequest(req_id=2, group_id=4), DisplayGroupUpdated)
            assert shown.contract_info == "none"
        (shown,) = await first.ask(UpdateDisplayGroupRequest(req_id=2, contract_info="8314@SMART"), DisplayGroupUpdated)
        assert [shown.contract_info, (await second.message()).contract_info] == ["8314@SMART"] * 2
        first.send(UnsubscribeFromGroupEventsRequest(req_id=2))
        await second.ask(UpdateDisplayGroupRequest(req_id=2, contract_info="none"), DisplayGroupUpdated)
        assert await silent(first)
        assert (await first.error(UpdateDisplayGroupRequest(req_id=2, contract_info="none"), 2))[0] == 321
        assert (await second.error(UpdateDisplayGroupRequest(req_id=2, contract_info="IBM"), 2))[0] == 321
        assert (await second.error(SubscribeToGroupEventsRequest(req_id=3, group_id=9), 3))[0] == 321

    on_a_clock(conversation, server_version=version)


def test_the_configuration_is_read_changed_and_warned_about():
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        (before,) = await caller.ask(ConfigRequest(req_id=1), ConfigResponse)
        assert (before.req_id, before.api.settings.read_only_api) == (1, False)
        update = UpdateConfigRequest(req_id=2, lock_and_exit=LockAndExitConfig(auto_logoff_time="10:00"))
        (answer,) = await caller.ask(update, UpdateConfigResponse)
        assert (answer.req_id, answer.changed_fields) == (2, ["lock_and_exit.auto_logoff_time"])
        locked = UpdateConfigRequest(req_id=3, api=ApiConfig(settings=ApiSettingsConfig(read_only_api=True)))
        (answer,) = await caller.ask(locked, UpdateConfigResponse)
        assert (answer.changed_fields, len(answer.warnings)) == ([], 1)
        (answer,) = await caller.ask(locked.replace(accepted_warnings=answer.warnings), UpdateConfigResponse)
        assert (answer.changed_fields, answer.warnings) == (["api.settings.read_only_api"], [])
        (after,) = await caller.ask(ConfigRequest(req_id=4), ConfigResponse)
        assert (after.api.settings.read_only_api, after.lock_and_exit.auto_logoff_time) == (True, "10:00")
        assert after.api.precautions == before.api.precautions
        code, text = await caller.error(place(1), 1)
        assert (code, "Read-Only" in text) == (321, True)

    on_a_clock(conversation, server_version=226)


def test_another_account_takes_the_place_of_the_first():
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        await caller.ask(AccountDataRequest(subscribe=True, acct_code="DU1234567"), AccountDataEnd)
        told = await caller.ask(AccountDataRequest(subscribe=True, acct_code="DU1234568"), AccountDataEnd)
        assert isinstance(told[0], ErrorMessage)
        assert told[0].error_code == 2100
        assert {item.account_name for item in told if isinstance(item, AccountValue)} == {"DU1234568"}
        assert (await caller.error(AccountDataRequest(subscribe=True, acct_code="DU9")))[0] == 321

    on_a_clock(conversation, fa=True)


def test_the_profit_of_the_day_begins_anew_with_each_session():
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        await buy(caller, clock)
        clock.pass_seconds(24 * 3600)
        request = PnLSingleRequest(req_id=2, account=ACCOUNT, model_code="", con_id=AAPL.con_id or 265598)
        (one,) = await caller.ask(request, PnLSingle)
        assert one.position == Decimal(100)
        assert one.daily_pnl != pytest.approx(one.unrealized_pnl)
        close = sim.gateway.market.stats(sim.gateway.market.universe.by_con_id(265598)).close / 100
        assert one.daily_pnl == pytest.approx(one.value - 100 * close)

    on_a_clock(conversation)


def test_what_trades_in_another_currency_counts_at_its_rate():
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        market, account = sim.gateway.market, sim.gateway.account
        dax = next(
            instrument
            for instrument in market.universe.instruments()
            if instrument.contract.get("symbol") == "DAX" and instrument.expires_s
        )
        contract = Contract(con_id=dax.con_id, exchange=dax.contract["exchange"])
        order = Order(action="BUY", order_type="MKT", total_quantity=Decimal(1))
        caller.send(PlaceOrderRequest(order_id=1, contract=contract, order=order))
        rate = market.rate("EUR")
        assert 0.8 < rate < 1.6
        clock.pass_seconds(1)
        report = (await caller.until(CommissionAndFeesReport))[-1]
        assert report.currency == "EUR"
        spent = account.holdings[dax].spent
        assert 1_000_000 - account.cash == pytest.approx(spent * market.rate("EUR"))
        assert account.net() == pytest.approx(1_000_000 + account.total(account.unrealized), abs=50)
        assert account.gross() == pytest.approx(account.market_value(dax) * market.rate("EUR"))

    on_a_clock(conversation)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("marked", [True, False])
def test_a_setting_of_tws_marks_the_ledger(version, marked):
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        summary = AccountSummaryRequest(req_id=1, group="All", tags="AccruedCash,$LEDGER:ALL")
        multi = AccountUpdatesMultiRequest(req_id=2, account=ACCOUNT, model_code="", ledger_and_nlv=False)
        updates = AccountDataRequest(subscribe=True, acct_code=ACCOUNT)
        prefix = "$LEDGER-" if marked else ""
        for request, end in (
            (summary, AccountSummaryEnd), (multi, AccountUpdateMultiEnd), (updates, AccountDataEnd)
        ):  # fmt: skip
            told = await caller.ask(request, end)
            names = [getattr(item, "tag", None) or getattr(item, "key", None) for item in told]
            accrued = [name for name in names if name and name.endswith("AccruedCash")]
            assert accrued == ["AccruedCash", f"{prefix}AccruedCash", f"{prefix}AccruedCash"]  # USD, USD, BASE
            assert f"{prefix}Currency" in names

    on_a_clock(conversation, server_version=version, marks_ledger=marked)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_contract_of_a_position_names_an_exchange_for_stocks_alone(version):
    """As recorded: AAPL on NASDAQ where it is listed, futures and currencies on none."""

    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        future = Contract(local_symbol="ESZ6", sec_type="FUT", exchange="CME")
        order = Order(action="BUY", order_type="MKT", total_quantity=Decimal(1), tif="DAY")
        for order_id, contract in enumerate((AAPL, future), 1):
            request = PlaceOrderRequest(order_id=order_id, contract=contract, order=order)
            await caller.ask(request, CommissionAndFeesReport)
        held = (await caller.ask(PositionsRequest(), PositionEnd))[:-1]
        assert {item.contract.symbol: item.contract.exchange for item in held} == {"AAPL": "NASDAQ", "ES": None}
        request = PositionsMultiRequest(req_id=1, account=ACCOUNT)
        held = (await caller.ask(request, PositionMultiEnd))[:-1]
        assert {item.contract.symbol: item.contract.exchange for item in held} == {"AAPL": "NASDAQ", "ES": None}
        without = PlaceOrderRequest(order_id=3, contract=held[-1].contract, order=order)
        code, text = await caller.error(without, 3)
        assert code == 321
        assert "Missing order exchange" in text

    on_a_clock(conversation, server_version=version)
