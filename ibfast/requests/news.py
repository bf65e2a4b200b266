"""News: providers, articles, headlines past and live, bulletins."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from datetime import datetime

from ibfast.news import Article, Headline, HeadlinePages, article_of, headline_of, news_time
from ibfast.requests.base import Requests
from ibfast.schema import (
    CancelMarketData,
    CancelNewsBulletins,
    HistoricalNewsEnd,
    HistoricalNewsRequest,
    MarketDataRequest,
    NewsArticleRequest,
    NewsBulletin,
    NewsBulletinsRequest,
    NewsProvider,
    NewsProviders,
    NewsProvidersRequest,
    TickNews,
)
from ibfast.schema.contract import Contract
from ibfast.schema.declare import Message
from ibfast.session.connection import Connection
from ibfast.streams.shared import SharedSubscription
from ibfast.streams.updates import RequestSource, Updates

HEADLINES_A_PAGE = 300  # IB's limit


class NewsRequests(Requests):
    """What providers write, and what IB announces."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._bulletins = SharedSubscription(connection, NewsBulletinsRequest(), CancelNewsBulletins(), (NewsBulletin,))

    async def news_providers(self) -> list[NewsProvider]:
        """The news providers that the login has."""
        return list((await self._connection.ask_shared(NewsProvidersRequest(), NewsProviders)).news_providers)

    async def news_article(self, provider_code: str, article_id: str) -> Article:
        """An article, as text, HTML or PDF.

        Raises:
            RequestError: ``code`` 10172, there is no such article, or no permission to read it.
        """
        answer = await self._connection.ask(NewsArticleRequest(provider_code=provider_code, article_id=article_id))
        return self._connection.read(article_of, answer.parts[0])

    async def historical_news(
        self,
        con_id: int,
        provider_codes: str | Iterable[str],
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        total_results: int = HEADLINES_A_PAGE,
    ) -> list[Headline]:
        """Past headlines about a contract, the newest first: at most 300, `historical_news_between` has all.

        Headlines are from after ``start`` up to ``end``.
        """
        return (await self._headlines(con_id, provider_codes, start, end, total_results))[0]

    async def historical_news_between(
        self, con_id: int, provider_codes: str | Iterable[str], *, start: datetime, end: datetime | None = None
    ) -> AsyncIterator[list[Headline]]:
        """All headlines about a contract from ``end`` (now, if it is not given) back to ``start``, page after page.

        A page is one request to TWS.

        Raises:
            IbfastError: TWS says that there are more headlines, and sends none where to go on. RequestError.
        """
        pages = HeadlinePages(end)
        while not pages.is_done:
            page, has_more = await self._headlines(con_id, provider_codes, start, pages.end, HEADLINES_A_PAGE)
            if new := pages.take(page, has_more):
                yield new

    async def _headlines(
        self,
        con_id: int,
        provider_codes: str | Iterable[str],
        start: datetime | None,
        end: datetime | None,
        total_results: int,
    ) -> tuple[list[Headline], bool]:
        if not 1 <= total_results <= HEADLINES_A_PAGE:
            raise ValueError(f"total_results: TWS gives 1 to {HEADLINES_A_PAGE} headlines at a time")
        codes = provider_codes if isinstance(provider_codes, str) else "+".join(provider_codes)
        request = HistoricalNewsRequest(
            con_id=con_id, provider_codes=codes, start_date_time=news_time(start, "start"),
            end_date_time=news_time(end, "end"), total_results=total_results,
        )  # fmt: skip
        answer = await self._connection.ask(request, end=HistoricalNewsEnd)
        headlines = [self._connection.read(headline_of, part) for part in answer.parts]
        return sorted(headlines, key=lambda item: item.time, reverse=True), bool(answer.end_message.has_more)

    def news_bulletins(self, *, all_messages: bool = True) -> Updates[NewsBulletin]:
        """IB's bulletins: of exchanges that are closed and the like; ``all_messages`` brings today's earlier ones too.

        Any number of streams are one subscription to TWS; what the first asked for holds for all.
        """
        if not self._bulletins.subscribers:
            self._bulletins.retarget(NewsBulletinsRequest(all_messages=all_messages), CancelNewsBulletins())
        return Updates(self._bulletins, _bulletin)

    def broad_tape(self, provider_code: str, topic: str = "") -> Updates[TickNews]:
        """The headlines of a provider as they come, all of them or those of one ``topic``.

        Raises:
            RequestError: on reading; ``code`` 200 is a provider that is not known or not subscribed to.
        """
        contract = Contract.news(provider_code, topic=topic)
        request = MarketDataRequest(contract=contract, generic_tick_list="mdoff,292")
        return Updates(RequestSource(self._connection, request, CancelMarketData), _headline)


def _bulletin(message: NewsBulletin) -> NewsBulletin:
    return message


def _headline(message: Message) -> TickNews | None:
    return message if isinstance(message, TickNews) else None
