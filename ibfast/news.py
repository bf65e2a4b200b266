"""News, as users meet it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ibfast.errors import DecodeError, IbfastError
from ibfast.schema import HistoricalNews, NewsArticle
from ibfast.times import aware

PDF = 1
FIRST_YEAR = 1900  # of any headline


@dataclass(frozen=True, slots=True)
class Article:
    """An article: ``text`` (plain or HTML), or the bytes of a ``pdf``."""

    text: str | None = None
    pdf: bytes | None = None


@dataclass(frozen=True, slots=True)
class Headline:
    """A headline of the past; `Client.news_article` takes the two ids."""

    time: datetime
    provider_code: str
    article_id: str
    headline: str


def article_of(message: NewsArticle) -> Article:
    """The article in a message.

    Raises:
        DecodeError: a PDF that is not base64.
    """
    text = message.article_text or ""
    if message.article_type != PDF:
        return Article(text=text)
    try:
        return Article(pdf=base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError) as error:
        raise DecodeError("NewsArticle", "article_text", 0, f"not base64: {error}", text.encode()) from None


def headline_of(message: HistoricalNews) -> Headline:
    """The headline in a message.

    Raises:
        DecodeError: its time is none.
    """
    text = message.time or ""
    try:
        time = datetime.fromisoformat(text).replace(tzinfo=UTC)
        if time.year < FIRST_YEAR:
            raise ValueError(time)
    except ValueError:
        raise DecodeError("HistoricalNews", "time", 0, "not a time", text.encode()) from None
    return Headline(time, message.provider_code or "", message.article_id or "", message.headline or "")


def news_time(moment: datetime | None, name: str) -> str | None:
    """A moment as requests for headlines have it, in UTC."""
    return None if moment is None else f"{aware(moment, name).astimezone(UTC):%Y-%m-%d %H:%M:%S}.0"


class HeadlinePages:
    """Pages of headlines from the newest back: each begins where the last one ended, and brings that moment again."""

    def __init__(self, end: datetime | None) -> None:
        self.end = end
        self.is_done = False
        self._known: set[tuple[str, str]] = set()

    def take(self, page: Sequence[Headline], has_more: bool) -> list[Headline]:
        """What is new in a page.

        Raises:
            IbfastError: it says that there are more, and nothing where to go on.
        """
        asked = self.end
        if has_more and (not page or (asked is not None and min(item.time for item in page) > asked)):
            what = "none" if not page else f"{len(page)} that are all newer"
            raise IbfastError(f"headlines: TWS was asked for those up to {asked or 'now'}, has more, and sent {what}")
        new = [item for item in page if (item.provider_code, item.article_id) not in self._known]
        self._known = {(item.provider_code, item.article_id) for item in page}
        self.is_done = not has_more or not page
        if page:
            oldest = min(item.time for item in page)
            self.end = oldest if new else oldest - timedelta(seconds=1)  # a second with more headlines than a page has
        return new
