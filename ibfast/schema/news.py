"""News and reports."""

from ibfast.schema.contract import Contract
from ibfast.schema.declare import Bool, Int, Message, Str, Tags, at, field, incoming, layout, outgoing, repeat
from ibfast.schema.versions import In, Out, V


@outgoing(Out.REQ_NEWS_BULLETINS, protobuf=V.PROTOBUF_NEWS_DATA)
class NewsBulletinsRequest(Message):
    """Subscribe to IB's bulletins."""

    all_messages: Bool = field(1)
    TEXT = layout("all_messages", version=1)


@outgoing(Out.CANCEL_NEWS_BULLETINS, protobuf=V.PROTOBUF_NEWS_DATA)
class CancelNewsBulletins(Message):
    """End the subscription to IB's bulletins."""

    TEXT = layout(version=1)


@incoming(In.NEWS_BULLETINS, protobuf=V.PROTOBUF_NEWS_DATA)
class NewsBulletin(Message):
    """A bulletin: 1 regular, 2 exchange unavailable, 3 exchange available again."""

    news_msg_id: Int = field(1)
    news_msg_type: Int = field(2)
    news_message: Str = field(3)
    originating_exch: Str = field(4)
    TEXT = layout("news_msg_id", "news_msg_type", "news_message", "originating_exch", version=1)


@outgoing(Out.REQ_NEWS_ARTICLE, protobuf=V.PROTOBUF_NEWS_DATA)
class NewsArticleRequest(Message):
    """Ask for the text of an article."""

    req_id: Int = field(1)
    provider_code: Str = field(2)
    article_id: Str = field(3)
    news_article_options: Tags = field(4)
    TEXT = layout("req_id", "provider_code", "article_id", "news_article_options")


@incoming(In.NEWS_ARTICLE, protobuf=V.PROTOBUF_NEWS_DATA)
class NewsArticle(Message):
    """An article: type 0 is plain text or HTML, 1 a PDF in base64."""

    req_id: Int = field(1)
    article_type: Int = field(2)
    article_text: Str = field(3)
    TEXT = layout("req_id", "article_type", "article_text")


@outgoing(Out.REQ_NEWS_PROVIDERS, protobuf=V.PROTOBUF_NEWS_DATA)
class NewsProvidersRequest(Message):
    """Ask for the news providers of this login."""

    TEXT = layout()


class NewsProvider(Message):
    """A news provider."""

    provider_code: Str = field(1)
    provider_name: Str = field(2)


@incoming(In.NEWS_PROVIDERS, protobuf=V.PROTOBUF_NEWS_DATA)
class NewsProviders(Message):
    """The news providers of this login."""

    news_providers: list[NewsProvider] = field(1)
    TEXT = layout(repeat("news_providers", "provider_code", "provider_name"))


@outgoing(Out.REQ_HISTORICAL_NEWS, protobuf=V.PROTOBUF_NEWS_DATA)
class HistoricalNewsRequest(Message):
    """Ask for past headlines about a contract."""

    req_id: Int = field(1)
    con_id: Int = field(2)
    provider_codes: Str = field(3)
    start_date_time: Str = field(4)
    end_date_time: Str = field(5)
    total_results: Int = field(6)
    historical_news_options: Tags = field(7)
    TEXT = layout(
        "req_id", "con_id", "provider_codes", "start_date_time", "end_date_time", "total_results",
        "historical_news_options",
    )  # fmt: skip


@incoming(In.HISTORICAL_NEWS, protobuf=V.PROTOBUF_NEWS_DATA)
class HistoricalNews(Message):
    """A past headline."""

    req_id: Int = field(1)
    time: Str = field(2)
    provider_code: Str = field(3)
    article_id: Str = field(4)
    headline: Str = field(5)
    TEXT = layout("req_id", "time", "provider_code", "article_id", "headline")


@incoming(In.HISTORICAL_NEWS_END, protobuf=V.PROTOBUF_NEWS_DATA)
class HistoricalNewsEnd(Message):
    """The answer to a request for headlines is complete."""

    req_id: Int = field(1)
    has_more: Bool = field(2)
    TEXT = layout("req_id", "has_more")


@outgoing(Out.REQ_FUNDAMENTAL_DATA, retired=True)
class FundamentalDataRequest(Message):
    """Ask for a fundamental report."""

    req_id: Int = field()
    contract: Contract | None = field()
    report_type: Str = field()
    fundamental_data_options: Tags = field()
    TEXT = layout(
        "req_id", "contract.con_id", "contract.symbol", "contract.sec_type", "contract.exchange",
        "contract.primary_exch", "contract.currency", "contract.local_symbol", "report_type",
        at("fundamental_data_options", wire="counted"), version=2,
    )  # fmt: skip


@outgoing(Out.CANCEL_FUNDAMENTAL_DATA, retired=True)
class CancelFundamentalData(Message):
    """End a request for a fundamental report."""

    req_id: Int = field()
    TEXT = layout("req_id", version=1)


@incoming(In.FUNDAMENTAL_DATA, retired=True)
class FundamentalData(Message):
    """A fundamental report, as XML."""

    req_id: Int = field()
    data: Str = field()
    TEXT = layout("req_id", "data", version=1)
