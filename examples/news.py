"""Headlines of the last days, and an article. Add --sim to run it without an account."""

from datetime import UTC, datetime, timedelta

from where import gateway

import ibfast
from ibfast import Contract


async def main() -> None:
    with gateway() as (host, port):
        async with await ibfast.Client.connect(host, port, client_id=100) as ib:
            providers = [provider.provider_code or "" for provider in await ib.news_providers()]
            (aapl,) = await ib.qualify(Contract.stock("AAPL"))
            assert aapl.con_id is not None
            since = datetime.now(UTC) - timedelta(days=7)
            headlines = await ib.historical_news(aapl.con_id, providers, start=since, total_results=5)
            for headline in headlines:
                print(f"{headline.time:%d %b %H:%M} {headline.provider_code} {headline.headline}")
            article = await ib.news_article(headlines[0].provider_code, headlines[0].article_id)
            print((article.text or "a PDF")[:200])


ibfast.run(main())
