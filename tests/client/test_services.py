"""News, scanners, the event calendar, display groups, advisors, configuration, clock: what a scripted gateway says."""

import asyncio
import base64
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from support.client import SOON_S
from support.gateway import Gateway

from ibfast import (
    Contract,
    DecodeError,
    FADataType,
    Headline,
    IbfastError,
    ScannerSubscription,
    VersionError,
    WshFilter,
)
from ibfast.news import HeadlinePages
from ibfast.scanner import ScannerParameters as Parameters
from ibfast.schema import (
    ApiConfig,
    ApiSettingsConfig,
    CancelMarketData,
    CancelNewsBulletins,
    CancelScannerSubscription,
    ConfigRequest,
    ConfigResponse,
    CurrentTimeInMillis,
    CurrentTimeInMillisRequest,
    DisplayGroupList,
    DisplayGroupUpdated,
    FamilyCode,
    FamilyCodes,
    FamilyCodesRequest,
    FAReplace,
    FARequest,
    HistoricalNews,
    HistoricalNewsEnd,
    HistoricalNewsRequest,
    MarketDataRequest,
    NewsArticle,
    NewsArticleRequest,
    NewsBulletin,
    NewsBulletinsRequest,
    NewsProvider,
    NewsProviders,
    NewsProvidersRequest,
    QueryDisplayGroupsRequest,
    ReceiveFA,
    ReplaceFAEnd,
    ScannerData,
    ScannerDataElement,
    ScannerParameters,
    ScannerParametersRequest,
    ScannerSubscriptionRequest,
    SetServerLogLevelRequest,
    SoftDollarTier,
    SoftDollarTiers,
    SoftDollarTiersRequest,
    SubscribeToGroupEventsRequest,
    TickNews,
    UnsubscribeFromGroupEventsRequest,
    UpdateConfigRequest,
    UpdateConfigResponse,
    UpdateDisplayGroupRequest,
    UserInfo,
    UserInfoRequest,
    WshEventData,
    WshEventDataRequest,
    WshMetaData,
    WshMetaDataRequest,
)

NOON = datetime(2026, 8, 26, 12, tzinfo=UTC)
XML = """<?xml version="1.0" encoding="UTF-8"?><ScanParameterResponse>
<InstrumentList><Instrument><name>US Stocks</name><type>STK</type></Instrument></InstrumentList>
<LocationTree><Location><displayName>US</displayName><locationCode>STK.US</locationCode><LocationTree>
<Location><displayName>Listed</displayName><locationCode>STK.US.MAJOR</locationCode></Location></LocationTree>
</Location></LocationTree>
<ScanTypeList><ScanType><displayName>Top % Gainers</displayName><scanCode>TOP_PERC_GAIN</scanCode>
<instruments>STK,STOCK.EU</instruments></ScanType></ScanTypeList>
<FilterList><RangeFilter><id>PRICE</id><category>Price</category><AbstractField><code>priceAbove</code></AbstractField>
<AbstractField><code>priceBelow</code></AbstractField></RangeFilter></FilterList></ScanParameterResponse>"""


@pytest.fixture(params=[176, 203, 226])
def number(request):
    return request.param


class Scripted(Gateway):
    """Answers each kind of request with what ``answers`` makes of it."""

    def __init__(self, version, answers):
        super().__init__(version)
        self.answers = answers

    def _hear(self, payload):
        before = len(self.heard)
        super()._hear(payload)
        for message in self.heard[before:]:
            if answer := self.answers.get(type(message)):
                reply = answer(message)
                self.say(*(reply if isinstance(reply, list) else [reply]))


@pytest.fixture
def with_gateway(run, connect, number):
    """Run ``case(client, gateway)`` against a gateway with these answers."""

    def run_case(case, answers, version=number):
        async def main():
            async with Scripted(version, answers) as gateway, await connect(gateway) as client:
                await case(client, gateway)

        run(main)

    return run_case


# ------------------------------------------------------------------------------------------------------------- news


def test_providers_and_articles(with_gateway):
    def article(request):
        if request.article_id == "pdf":
            return NewsArticle(req_id=request.req_id, article_type=1, article_text=base64.b64encode(b"%PDF-1").decode())
        text = "<p>Text</p>" if request.article_id == "html" else "no base64!"
        return NewsArticle(req_id=request.req_id, article_type=request.article_id != "html", article_text=text)

    async def case(client, gateway):
        (provider,) = await client.news_providers()
        assert (provider.provider_code, provider.provider_name) == ("BRFG", "Briefing.com")
        assert (await client.news_article("BRFG", "html")).text == "<p>Text</p>"
        assert (await client.news_article("BRFG", "pdf")).pdf == b"%PDF-1"
        with pytest.raises(DecodeError, match="base64"):
            await client.news_article("BRFG", "broken")

    providers = NewsProviders(news_providers=[NewsProvider(provider_code="BRFG", provider_name="Briefing.com")])
    with_gateway(case, {NewsProvidersRequest: lambda item: providers, NewsArticleRequest: article})


def test_headlines_page_after_page(with_gateway):
    stories = [NOON - timedelta(seconds=step // 3) for step in range(700)]  # three a second

    def headlines(request):
        end = datetime.fromisoformat(request.end_date_time).replace(tzinfo=UTC) if request.end_date_time else NOON
        start = datetime.fromisoformat(request.start_date_time).replace(tzinfo=UTC) if request.start_date_time else None
        fit = [(n, item) for n, item in enumerate(stories) if item <= end and (start is None or item > start)]
        page = fit[: request.total_results]
        return [
            HistoricalNews(req_id=request.req_id, time=f"{item:%Y-%m-%d %H:%M:%S}.0", provider_code="BRFG",
                           article_id=str(n), headline=f"headline {n}")
            for n, item in page
        ] + [HistoricalNewsEnd(req_id=request.req_id, has_more=len(page) < len(fit))]  # fmt: skip

    async def case(client, gateway):
        newest = await client.historical_news(265598, ["BRFG", "DJNL"], total_results=2)
        assert newest == [Headline(NOON, "BRFG", str(n), f"headline {n}") for n in range(2)]
        assert gateway.heard[-1].provider_codes == "BRFG+DJNL"
        pages = [
            page
            async for page in client.historical_news_between(265598, "BRFG", start=NOON - timedelta(hours=1), end=NOON)
        ] if not hasattr(client, "face") else await asyncio.to_thread(
            list, client.face.historical_news_between(265598, "BRFG", start=NOON - timedelta(hours=1), end=NOON)
        )  # fmt: skip
        assert [item.article_id for page in pages for item in page] == [str(n) for n in range(700)]
        with pytest.raises(ValueError, match="total_results"):
            await client.historical_news(265598, "BRFG", total_results=301)
        with pytest.raises(ValueError, match="time zone"):
            await client.historical_news(265598, "BRFG", start=datetime(2026, 1, 1))

    with_gateway(case, {HistoricalNewsRequest: headlines})


def test_a_second_with_more_headlines_than_a_page_does_not_stop_the_pages():
    pages = HeadlinePages(NOON)
    page = [Headline(NOON, "BRFG", str(n), "") for n in range(3)]
    assert pages.take(page, True) == page
    assert (pages.take(page, True), pages.end, pages.is_done) == ([], NOON - timedelta(seconds=1), False)
    assert (pages.take([], False), pages.is_done) == ([], True)


def test_pages_of_headlines_that_lead_nowhere_are_no_end():
    with pytest.raises(IbfastError, match="has more, and sent none"):
        HeadlinePages(NOON).take([], True)
    newer = [Headline(NOON + timedelta(hours=1), "BRFG", "a", "")]
    with pytest.raises(IbfastError, match="sent 1 that are all newer"):
        HeadlinePages(NOON).take(newer, True)
    assert HeadlinePages(NOON).take(newer, False) == newer


def test_bulletins_and_broad_tape(with_gateway):
    async def case(client, gateway):
        async with client.news_bulletins(all_messages=False) as bulletins, client.broad_tape("BRFG") as tape:
            assert (await gateway.hear(NewsBulletinsRequest)).all_messages is False
            request = await gateway.hear(MarketDataRequest)
            assert (request.contract.symbol, request.contract.sec_type) == ("BRFG:BRFG_ALL", "NEWS")
            assert request.generic_tick_list == "mdoff,292"
            gateway.say(
                NewsBulletin(news_msg_id=1, news_msg_type=2, news_message="closed", originating_exch="NYSE"),
                TickNews(req_id=request.req_id, timestamp=1, provider_code="BRFG", article_id="a", headline="up"),
            )
            assert (await bulletins.next(SOON_S)).news_message == "closed"
            assert (await tape.next(SOON_S)).headline == "up"
        await gateway.hear(CancelNewsBulletins, CancelMarketData)

    with_gateway(case, {})


# --------------------------------------------------------------------------------------------------------- scanners


def test_scanner_parameters(with_gateway):
    async def case(client, gateway):
        found = await client.scanner_parameters()
        assert found.instruments == {"STK": "US Stocks"}
        assert found.locations == {"STK.US": "US", "STK.US.MAJOR": "Listed"}
        assert found.scan_types["TOP_PERC_GAIN"].instruments == {"STK", "STOCK.EU"}
        assert found.filters["PRICE"].codes == ("priceAbove", "priceBelow")
        assert found.xml == XML

    with_gateway(case, {ScannerParametersRequest: lambda item: ScannerParameters(xml=XML)})


def test_scanner_parameters_that_are_no_xml():
    with pytest.raises(DecodeError, match="not XML"):
        Parameters.from_xml("<a>")


def test_scans(with_gateway):
    def ranks(request, *symbols):
        rows = [ScannerDataElement(rank=n, contract=Contract(symbol=item)) for n, item in enumerate(symbols)]
        return ScannerData(req_id=request.req_id, scanner_data_element=rows[::-1])

    wanted = ScannerSubscription(instrument="STK", location_code="STK.US.MAJOR", scan_code="TOP_PERC_GAIN")

    async def case(client, gateway):
        assert [row.contract.symbol for row in await client.scan(wanted)] == ["AAPL", "MSFT"]
        await gateway.hear(CancelScannerSubscription)
        async with client.scanner_updates(wanted) as scans:
            assert [row.rank for row in await scans.next(SOON_S)] == [0, 1]
            gateway.say(ranks(SimpleNamespace(req_id=gateway.heard[-1].req_id), "IBM"))
            assert [row.contract.symbol for row in await scans.next(SOON_S)] == ["IBM"]
            assert scans.latest[0].contract.symbol == "IBM"

    with_gateway(case, {ScannerSubscriptionRequest: lambda item: ranks(item, "AAPL", "MSFT")})


# --------------------------------------------------------------------------------------------------------- calendar


def test_the_event_calendar(with_gateway, number):
    async def case(client, gateway):
        assert await client.wsh_meta_data() == {"meta_data": {}}
        assert await client.wsh_event_data(WshFilter(con_id=8314)) == [{"event_type": "wshe_ed"}]
        if number > 180:
            some = WshFilter(filter={"country": "All"}, start_date=date(2026, 1, 2), total_limit=5)
            await client.wsh_event_data(some)
            asked = gateway.heard[-1]
            assert (asked.filter, asked.start_date, asked.total_limit) == ('{"country": "All"}', "20260102", 5)
        with pytest.raises(ValueError, match="con_id, filter"):
            await client.wsh_event_data(WshFilter())

    answers = {
        WshMetaDataRequest: lambda message: WshMetaData(req_id=message.req_id, data_json='{"meta_data": {}}'),
        WshEventDataRequest: lambda message: WshEventData(
            req_id=message.req_id, data_json='[{"event_type": "wshe_ed"}]'
        ),
    }
    with_gateway(case, answers)


def test_a_calendar_that_is_no_json(with_gateway):
    async def case(client, gateway):
        with pytest.raises(DecodeError, match="not JSON"):
            await client.wsh_meta_data()

    with_gateway(case, {WshMetaDataRequest: lambda message: WshMetaData(req_id=message.req_id, data_json="{")})


# --------------------------------------------------------------------------------------------------- display groups


def test_display_groups(with_gateway):
    def update(request):
        return DisplayGroupUpdated(req_id=request.req_id, contract_info=request.contract_info)

    async def case(client, gateway):
        assert await client.display_groups() == [3, 1, 2]
        async with client.display_group_updates(1) as group:
            assert await group.next(SOON_S) == "8314@SMART"
            await client.update_display_group(group, Contract(con_id=265598, exchange="SMART"))
            assert await group.next(SOON_S) == "265598@SMART"
            with pytest.raises(ValueError, match="con_id"):
                await client.update_display_group(group, Contract.stock("AAPL"))
        await gateway.hear(UnsubscribeFromGroupEventsRequest)
        with pytest.raises(ValueError, match="not open"):
            await client.update_display_group(group, "none")

    answers = {
        QueryDisplayGroupsRequest: lambda message: DisplayGroupList(req_id=message.req_id, groups="3|1|2"),
        SubscribeToGroupEventsRequest: lambda message: DisplayGroupUpdated(
            req_id=message.req_id, contract_info="8314@SMART"
        ),
        UpdateDisplayGroupRequest: update,
    }
    with_gateway(case, answers)


# ------------------------------------------------------------------------------------------ advisors and the session


def test_advisors(with_gateway):
    async def case(client, gateway):
        groups, aliases = await asyncio.gather(
            client.request_fa(FADataType.GROUPS), client.request_fa(FADataType.ALIASES)
        )
        assert (groups, aliases) == ("<1/>", "<3/>")
        assert await client.replace_fa(1, "<1/>") == "replaced"
        assert await client.family_codes() == [FamilyCode(account_id="DU1", family_code="F1")]
        (tier,) = await client.soft_dollar_tiers()
        assert (tier.name, tier.value) == ("tier", "1")
        with pytest.raises(ValueError, match="7"):
            await client.request_fa(7)

    tier = SoftDollarTier(name="tier", value="1", display_name="Tier")
    families = FamilyCodes(family_codes=[FamilyCode(account_id="DU1", family_code="F1")])
    answers = {
        FARequest: lambda item: ReceiveFA(fa_data_type=item.fa_data_type, xml=f"<{item.fa_data_type}/>"),
        FAReplace: lambda message: ReplaceFAEnd(req_id=message.req_id, text="replaced"),
        FamilyCodesRequest: lambda item: families,
        SoftDollarTiersRequest: lambda message: SoftDollarTiers(req_id=message.req_id, soft_dollar_tiers=[tier]),
    }
    with_gateway(case, answers)


def test_the_session(with_gateway, number):
    async def case(client, gateway):
        assert await client.user_info() == "brand"
        await client.set_server_log_level(5)
        assert (await gateway.hear(SetServerLogLevelRequest)).log_level == 5
        with pytest.raises(ValueError, match="log_level"):
            await client.set_server_log_level(6)
        if number >= 197:
            assert await client.current_time_in_ms() == datetime.fromtimestamp(1_700_000_000.25, UTC)
        else:
            with pytest.raises(VersionError):
                await client.current_time_in_ms()

    answers = {
        UserInfoRequest: lambda message: UserInfo(req_id=message.req_id, white_branding_id="brand"),
        CurrentTimeInMillisRequest: lambda item: CurrentTimeInMillis(current_time_in_millis=1_700_000_000_250),
    }
    with_gateway(case, answers)


def test_configuration(with_gateway, number):
    settings = ApiConfig(settings=ApiSettingsConfig(read_only_api=True))

    async def case(client, gateway):
        if number < 221:
            with pytest.raises(VersionError):
                await client.configuration()
            with pytest.raises(VersionError):
                await client.update_configuration(api=settings)
            return
        assert (await client.configuration()).api.settings.read_only_api is True
        done = await client.update_configuration(api=settings)
        assert (done.status, done.changed_fields) == ("ok", ["readOnlyApi"])
        assert gateway.heard[-1].api.settings.read_only_api is True
        assert gateway.heard[-1].orders is None

    answers = {
        ConfigRequest: lambda message: ConfigResponse(req_id=message.req_id, api=settings),
        UpdateConfigRequest: lambda message: UpdateConfigResponse(
            req_id=message.req_id, status="ok", changed_fields=["readOnlyApi"]
        ),
    }
    with_gateway(case, answers)
