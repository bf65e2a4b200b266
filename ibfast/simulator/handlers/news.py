"""News: providers, headlines, articles, bulletins; fundamental reports, which IB no longer gives."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice

from ibfast.schema import (
    CancelFundamentalData,
    CancelNewsBulletins,
    FundamentalDataRequest,
    HistoricalNews,
    HistoricalNewsEnd,
    HistoricalNewsRequest,
    NewsArticle,
    NewsArticleRequest,
    NewsBulletinsRequest,
    NewsProvider,
    NewsProviders,
    NewsProvidersRequest,
)
from ibfast.simulator.handlers.registry import answers
from ibfast.simulator.market import news
from ibfast.simulator.market.bars import BadTimeError, parse_time
from ibfast.simulator.refusals import NO_CONTRACT, invalid
from ibfast.simulator.session import SimulatorSession
from ibfast.simulator.streams.bulletins import NO_ID, BulletinStream

MOST_RESULTS = 300
NOT_ALLOWED = (10276, "News feed is not allowed.")


@answers(NewsProvidersRequest)
def news_providers(session: SimulatorSession, request: NewsProvidersRequest) -> None:
    rows = [NewsProvider(provider_code=code, provider_name=name) for code, name in news.PROVIDERS.items()]
    session.send(NewsProviders(news_providers=rows))


@answers(NewsArticleRequest)
def news_article(session: SimulatorSession, request: NewsArticleRequest) -> None:
    req_id, article_id = request.req_id or 0, request.article_id or ""
    known = news.con_id_of(article_id)
    instrument = session.gateway.market.universe.by_con_id(known[1]) if known else None
    if known is None or instrument is None or known[0] != request.provider_code:
        session.refuse(req_id, 10172, f"Failed to request news article:No such article {article_id}")
        return
    is_pdf = known[0] == news.PDF_PROVIDER
    text = news.pdf_article(article_id) if is_pdf else news.article(article_id, news.name_of(instrument))
    session.send(NewsArticle(req_id=req_id, article_type=int(is_pdf), article_text=text))


@answers(HistoricalNewsRequest)
def historical_news(session: SimulatorSession, request: HistoricalNewsRequest) -> None:
    """Newest first, each told once; whether there were more up to the start."""
    req_id, market = request.req_id or 0, session.gateway.market
    instrument = market.universe.by_con_id(request.con_id or 0)
    providers = (request.provider_codes or "").split("+")
    if instrument is None:
        session.refuse(req_id, *NO_CONTRACT)
        return
    if not set(providers) <= set(news.PROVIDERS):
        session.refuse(req_id, *NOT_ALLOWED)
        return
    try:
        after = _time(request.start_date_time, news.OLDEST_S)
        before = min(_time(request.end_date_time, market.now_s()), market.now_s())
    except BadTimeError as error:
        session.refuse(req_id, *invalid(f"Invalid date/time: {error}"))
        return
    wanted = min(max(request.total_results or MOST_RESULTS, 1), MOST_RESULTS)
    told = market.news.newest_first(instrument.con_id, news.name_of(instrument), before, news.tape_of(instrument))
    found: list[news.Headline] = []
    for headline in told:
        if headline.at_s <= after or len(found) > wanted:
            break
        if headline.provider in providers:
            found.append(headline)
    for headline in islice(found, wanted):
        session.send(
            HistoricalNews(
                req_id=req_id, time=news.time_text(headline.at_s), provider_code=headline.provider,
                article_id=headline.article_id, headline=headline.text,
            )
        )  # fmt: skip
    session.send(HistoricalNewsEnd(req_id=req_id, has_more=len(found) > wanted))


@answers(NewsBulletinsRequest)
def news_bulletins(session: SimulatorSession, request: NewsBulletinsRequest) -> None:
    """Asked for twice it begins anew."""
    session.pump.remove(NO_ID)
    stream = BulletinStream(session.gateway.market, bool(request.all_messages))
    for message in stream.notes():
        session.send(message)
    session.pump.add(stream)


@answers(CancelNewsBulletins)
def cancel_news_bulletins(session: SimulatorSession, request: CancelNewsBulletins) -> None:
    session.pump.remove(NO_ID)


@answers(FundamentalDataRequest)
def fundamental_data(session: SimulatorSession, request: FundamentalDataRequest) -> None:
    session.refuse(request.req_id or 0, 10358, "Fundamentals data is not allowed.")


@answers(CancelFundamentalData)
def cancel_fundamental_data(session: SimulatorSession, request: CancelFundamentalData) -> None:
    """There is never one to end."""


def _time(text: str | None, otherwise: int) -> int:
    """``2026-08-25 14:03:07.0``, or any form that history is asked for with."""
    if not text:
        return otherwise
    try:
        return int(datetime.strptime(text.strip().split(".")[0], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp())
    except ValueError:
        return parse_time(text)
