"""The order book of a stock, best level first. Add --sim to run it without an account."""

from where import gateway

import ibfast
from ibfast import Contract


async def main() -> None:
    with gateway() as (host, port):
        async with (
            await ibfast.Client.connect(host, port, client_id=100) as ib,
            ib.book(Contract.stock("AAPL"), rows=5, smart=True) as book,
        ):
            async for _ in book:
                if len(book.bids) == len(book.asks) == 5:
                    break
            for bid, ask in zip(book.bids, book.asks, strict=True):
                print(f"{bid['size']:6g} @ {bid['price']:.2f}   {ask['size']:6g} @ {ask['price']:.2f}")
            weight = book.bid_size / (book.bid_size + book.ask_size)
            print(f"weighted middle {weight * book.ask + (1 - weight) * book.bid:.4f} after {book.updates} changes")


ibfast.run(main())
