"""News, scanners and the calendar of the simulator, at the level of messages."""

import base64
import json
from xml.etree import ElementTree

import pytest
from support.calling import AAPL, WEDNESDAY, Caller
from support.simulated import VERSIONS, on_a_clock

from ibfast.schema import (
    CancelNewsBulletins,
    CancelScannerSubscription,
    CurrentTime,
    CurrentTimeRequest,
    ErrorMessage,
    FundamentalDataRequest,
    HistoricalNewsEnd,
    HistoricalNewsRequest,
    MarketDataRequest,
    NewsArticle,
    NewsArticleRequest,
    NewsBulletin,
    NewsBulletinsRequest,
    NewsProviders,
    NewsProvidersRequest,
    ScannerData,
    ScannerParameters,
    ScannerParametersRequest,
    ScannerSubscription,
    ScannerSubscriptionRequest,
    TickNews,
    WshEventData,
    WshEventDataRequest,
    WshMetaData,
    WshMetaDataRequest,
)


def news_request(**fields):
    request = HistoricalNewsRequest(
        req_id=1, con_id=265598, provider_codes="BRFG+DJNL+BZ+FLY", start_date_time="", end_date_time="",
        total_results=10,
    )  # fmt: skip
    return request.replace(**fields)


@pytest.mark.parametrize("version", VERSIONS)
def test_headlines_come_newest_first_in_pages_and_have_articles(version):
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        (providers,) = await caller.ask(NewsProvidersRequest(), NewsProviders)
        assert "BZ" in {provider.provider_code for provider in providers.news_providers}
        *both, end = await caller.ask(news_request(total_results=20), HistoricalNewsEnd)
        *first, end_of_first = await caller.ask(news_request(), HistoricalNewsEnd)
        assert (len(both), len(first), end.has_more, end_of_first.has_more) == (20, 10, True, True)
        *second, _ = await caller.ask(news_request(end_date_time=both[10].time), HistoricalNewsEnd)
        assert first + second == both
        assert [item.time for item in both] == sorted((item.time for item in both), reverse=True)
        *few, end = await caller.ask(news_request(start_date_time=first[3].time), HistoricalNewsEnd)
        assert (few, bool(end.has_more)) == (first[:3], False)

        kinds = {}
        for told in both:
            asked = NewsArticleRequest(req_id=2, provider_code=told.provider_code, article_id=told.article_id)
            (article,) = await caller.ask(asked, NewsArticle)
            kinds[told.provider_code] = article
        assert {code for code, item in kinds.items() if item.article_type == 1} == {"FLY"}
        assert base64.b64decode(kinds["FLY"].article_text).startswith(b"%PDF-")
        assert "APPLE INC" in kinds["BZ"].article_text

    on_a_clock(conversation, server_version=version)


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (news_request(con_id=1), 200),
        (news_request(provider_codes="BZ+GOSSIP"), 10276),
        (news_request(start_date_time="yesterday"), 321),
        (NewsArticleRequest(req_id=1, provider_code="BZ", article_id="BZ$nonsense"), 10172),
        (NewsArticleRequest(req_id=1, provider_code="FLY", article_id="BZ$40d7e-1"), 10172),
        (WshEventDataRequest(req_id=1, con_id=265598), 10282),
    ],
)
def test_news_that_there_are_not(request_, code):
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        assert (await caller.error(request_, 1))[0] == code

    on_a_clock(conversation)


@pytest.mark.parametrize("version", VERSIONS)
def test_headlines_of_a_contract_come_as_ticks(version):
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        caller.send(MarketDataRequest(req_id=5, contract=AAPL, generic_tick_list="mdoff,292"))
        *quotes, newest = await caller.until(TickNews)
        assert not [quote for quote in quotes if hasattr(quote, "tick_type")]
        assert newest.timestamp <= WEDNESDAY // 1_000_000
        clock.pass_seconds(6 * 3600)
        later = await caller.message()
        assert isinstance(later, TickNews)
        assert newest.timestamp < later.timestamp <= clock.now_ns // 1_000_000
        asked = NewsArticleRequest(req_id=6, provider_code=later.provider_code, article_id=later.article_id)
        await caller.ask(asked, NewsArticle)

    on_a_clock(conversation, server_version=version)


@pytest.mark.parametrize("version", VERSIONS)
def test_bulletins_of_today_and_those_to_come(version):
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        caller.send(NewsBulletinsRequest(all_messages=True))
        *today, _ = await caller.ask(CurrentTimeRequest(), CurrentTime)
        assert len(today) >= 7
        assert all(isinstance(item, NewsBulletin) and item.news_message for item in today)
        clock.pass_seconds(7200)
        assert (await caller.message()).news_msg_id == today[-1].news_msg_id + 1
        caller.send(CancelNewsBulletins())
        caller.send(NewsBulletinsRequest(all_messages=False))
        (_,) = await caller.ask(CurrentTimeRequest(), CurrentTime)

    on_a_clock(conversation, server_version=version)


def test_fundamental_reports_are_no_more():
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        request = FundamentalDataRequest(req_id=1, contract=AAPL, report_type="ReportSnapshot")
        assert (await caller.error(request, 1))[0] == 10358

    on_a_clock(conversation, server_version=176)


# --------------------------------------------------------------------------------------------------- scanners


def scan(**fields):
    asked = ScannerSubscription(instrument="STK", location_code="STK.US", scan_code="MOST_ACTIVE")
    return ScannerSubscriptionRequest(req_id=3, scanner_subscription=asked.replace(**fields))


@pytest.mark.parametrize("version", VERSIONS)
def test_a_scanner_ranks_looks_again_and_ends(version):
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        (told,) = await caller.ask(ScannerParametersRequest(), ScannerParameters)
        tree = ElementTree.fromstring(told.xml.encode())
        assert "MOST_ACTIVE" in {item.text for item in tree.iter("scanCode")}
        assert "STK.US" in {item.text for item in tree.iter("locationCode")}

        (found,) = await caller.ask(scan(), ScannerData)
        rows = found.scanner_data_element
        assert [row.rank or 0 for row in rows] == list(range(len(rows)))
        market = sim.gateway.market
        volumes = [market.stats(market.universe.by_con_id(row.contract.con_id)).volume for row in rows]
        assert volumes == sorted(volumes, reverse=True)
        clock.pass_seconds(31)
        (again,) = await caller.until(ScannerData)
        assert len(again.scanner_data_element) == len(rows)
        (error,) = await caller.ask(CancelScannerSubscription(req_id=3), ErrorMessage)
        assert (error.id, error.error_code) == (3, 162)
        assert "API scanner subscription cancelled: 3" in error.error_msg
        assert (await caller.error(CancelScannerSubscription(req_id=3), 3))[0] == 300

    on_a_clock(conversation, server_version=version)


@pytest.mark.parametrize(
    "fields", [{"above_price": 300.0}, {"scanner_subscription_filter_options": {"priceAbove": "300"}}]
)
def test_filters_and_row_numbers_count(fields):
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        (found,) = await caller.ask(scan(**fields), ScannerData)
        symbols = {item.contract.symbol for item in found.scanner_data_element}
        assert symbols >= {"MSFT", "SPY"}
        assert "IBM" not in symbols
        caller.send(CancelScannerSubscription(req_id=3))
        (found,) = (await caller.ask(scan(number_of_rows=1), ScannerData))[-1:]
        assert len(found.scanner_data_element) == 1

    on_a_clock(conversation)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"scan_code": "BEST_OF_ALL"}, 162),
        ({"instrument": "GOLD"}, 162),
        ({"location_code": "MOON"}, 162),
        ({"scanner_subscription_filter_options": {"niceness": "1"}}, 162),
        ({"scanner_subscription_filter_options": {"priceAbove": "much"}}, 162),
        ({"above_price": 1e9}, 165),
    ],
)
def test_scans_that_find_nothing(fields, code):
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        assert (await caller.error(scan(**fields), 3))[0] == code

    on_a_clock(conversation)


# --------------------------------------------------------------------------------------------------- calendar


@pytest.mark.parametrize("version", [176, 200, 203, 226])
def test_the_calendar_has_events_of_a_contract_or_a_filter(version):
    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        (meta,) = await caller.ask(WshMetaDataRequest(req_id=1), WshMetaData)
        tags = {load["tag"] for load in json.loads(meta.data_json)["meta_data"]["event_types"]}
        (told,) = await caller.ask(WshEventDataRequest(req_id=2, con_id=265598), WshEventData)
        events = json.loads(told.data_json)
        assert {event["event_type"] for event in events} == tags
        assert {tuple(event["conids"]) for event in events} == {("265598",)}
        dates = [event["index_date"] for event in events]
        assert dates == sorted(dates)
        assert dates[0] >= "20260826"
        if version >= 203:
            asked = WshEventDataRequest(
                req_id=2, filter='{"wshe_ed": "true", "watchlist": ["8314", "272093"]}', start_date="20260101",
                end_date="20261231", total_limit=3,
            )  # fmt: skip
            (told,) = await caller.ask(asked, WshEventData)
            events = json.loads(told.data_json)
            assert len(events) == 3
            assert {event["event_type"] for event in events} == {"wshe_ed"}
            assert (await caller.error(asked.replace(filter="{"), 2))[0] == 10283
            assert (await caller.error(asked.replace(filter="{}", start_date="soon"), 2))[0] == 10283

    on_a_clock(conversation, server_version=version)


def test_the_same_seed_tells_the_same_news():
    told = []

    async def conversation(sim, clock):
        caller = await Caller.log_in(sim)
        told.append(await caller.ask(news_request(), HistoricalNewsEnd))

    for seed in (1, 1, 2):
        on_a_clock(conversation, seed=seed)
    assert told[0] == told[1] != told[2]
