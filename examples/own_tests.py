"""An algo of your own, tested without an account: ``pytest own_tests.py``, or run it as it is."""

import pytest

from ibfast import Contract, RequestError
from ibfast.blocking import Client


def buy_the_dip(ib: Client, symbol: str, quantity: int, below: float) -> float | None:
    """The algo: buy if the price is below, and tell what was paid."""
    stock = Contract.stock(symbol)
    with ib.market_data(stock, snapshot=True) as ticks:
        price = max(rows["price"][rows["tick_type"] == 4].max(initial=0) for rows in ticks)
    if price >= below:
        return None
    return ib.order(stock).buy(quantity).market().submit().filled().avg_fill_price


def test_it_buys_below(ib: Client) -> None:
    paid = buy_the_dip(ib, "AAPL", 10, below=1e6)
    assert paid is not None
    assert sum(position.position or 0 for position in ib.positions()) >= 10


@pytest.mark.ibfast(server_version=176, seed=7)  # an old gateway, another market
def test_it_keeps_its_money(ib: Client) -> None:
    assert buy_the_dip(ib, "AAPL", 10, below=1.0) is None


def test_it_says_what_is_wrong(ib: Client) -> None:
    with pytest.raises(RequestError, match="200"):
        buy_the_dip(ib, "NOSUCH", 10, below=1e6)


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__, "-q", "-p", "no:cacheprovider"]))
