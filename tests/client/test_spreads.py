"""Combinations by name: legs found, ratios and directions right, nonsense refused before a byte is sent."""

from datetime import date

import pytest

from ibfast import AmbiguousContract, Contract, RequestError

EXPIRY, LATER = "20260904", "20260918"  # listed by the simulator on its day, 26 August 2026
ES = Contract.any_month("ES", exchange="CME")
SERIES = {"expiry": EXPIRY, "right": "C"}


@pytest.fixture(params=[157, 226])
def version(request):
    return request.param


async def legs(client, combo):
    """What the legs of a combination are: (number, local symbol); sold ones have negative numbers."""
    found = await client.qualify(*(Contract.by_id(leg.con_id, exchange=leg.exchange) for leg in combo.combo_legs))
    signs = [{"BUY": 1, "SELL": -1}[leg.action] for leg in combo.combo_legs]
    return [
        (sign * leg.ratio, " ".join(contract.local_symbol.split()))
        for sign, leg, contract in zip(signs, combo.combo_legs, found, strict=True)
    ]


def option(right, strike, expiry=EXPIRY):
    return f"AAPL {expiry[2:]}{right}{strike * 1000:08d}"


@pytest.mark.parametrize(
    ("name", "terms", "expected"),
    [
        ("vertical_spread", {**SERIES, "buy": 310, "sell": 320}, [(1, option("C", 310)), (-1, option("C", 320))]),
        (
            "ratio_spread",
            {**SERIES, "right": "PUT", "buy": 310, "sell": 300, "buy_ratio": 2, "sell_ratio": 3},
            [(2, option("P", 310)), (-3, option("P", 300))],
        ),
        (
            "calendar_spread",
            {"strike": 310, "right": "C", "buy": LATER, "sell": EXPIRY},
            [(1, option("C", 310, LATER)), (-1, option("C", 310))],
        ),
        ("straddle", {"expiry": EXPIRY, "strike": 310}, [(1, option("C", 310)), (1, option("P", 310))]),
        ("strangle", {"expiry": EXPIRY, "put": 300, "call": 320}, [(1, option("C", 320)), (1, option("P", 300))]),
        (
            "butterfly_spread",
            {**SERIES, "low": 300, "middle": 310, "high": 320},
            [(1, option("C", 300)), (-2, option("C", 310)), (1, option("C", 320))],
        ),
        (
            "iron_condor",
            {"expiry": date(2026, 9, 4), "put_buy": 300, "put_sell": 305, "call_sell": 315, "call_buy": 320},
            [(1, option("P", 300)), (-1, option("P", 305)), (-1, option("C", 315)), (1, option("C", 320))],
        ),
        (
            "iron_condor",
            {"expiry": EXPIRY, "put_buy": 300, "put_sell": 310, "call_sell": 310, "call_buy": 320},
            [(1, option("P", 300)), (-1, option("P", 310)), (-1, option("C", 310)), (1, option("C", 320))],
        ),
    ],
)
def test_spreads_of_options(play, name, terms, expected):
    async def case(client):
        combo = await getattr(client, name)("AAPL", **terms)
        head = {key: value for key, value in combo.to_dict().items() if key != "combo_legs"}
        assert head == {"sec_type": "BAG", "symbol": "AAPL", "exchange": "SMART", "currency": "USD"}
        assert {leg.exchange for leg in combo.combo_legs} == {"SMART"}
        assert await legs(client, combo) == expected

    play(case)


def test_a_spread_on_one_exchange_of_an_underlying_contract(play):
    async def case(client):
        (aapl,) = await client.qualify(Contract.stock("AAPL"))
        combo = await client.vertical_spread(aapl, **SERIES, buy=310, sell=320, exchange="CBOE", trading_class="AAPL")
        assert (combo.exchange, {leg.exchange for leg in combo.combo_legs}) == ("CBOE", {"CBOE"})

    play(case)


def test_a_calendar_of_futures(play):
    async def case(client):
        combo = await client.calendar_spread(ES, buy="202612", sell="202609")
        assert (combo.symbol, combo.exchange, combo.currency) == ("ES", "CME", "USD")
        assert await legs(client, combo) == [(1, "ESZ6"), (-1, "ESU6")]
        front = await client.front_month(ES)
        assert await client.calendar_spread(front, buy=date(2026, 12, 18), sell="202609") == combo

    play(case)


def test_any_combination(play):
    async def case(client):
        pair = await client.combo((Contract.stock("AAPL"), 2), (Contract.stock("MSFT"), -3))
        assert (pair.symbol, pair.exchange) == ("AAPL,MSFT", "SMART")
        assert await legs(client, pair) == [(2, "AAPL"), (-3, "MSFT")]
        es, mes = Contract.future("ES", month="202612", exchange="CME"), Contract.stock("SPY")
        with pytest.raises(ValueError, match="exchange: the legs differ, CME, SMART"):
            await client.combo((es, 1), (mes, -1))
        assert (await client.combo((es, 1), (mes, -1), exchange="SMART")).exchange == "SMART"

    play(case)


def test_a_leg_that_is_not_listed_or_not_one(play):
    async def case(client):
        with pytest.raises(RequestError, match="200") as caught:
            await client.straddle("AAPL", expiry=EXPIRY, strike=311.11)
        assert "strike=311.11" in caught.value.__notes__[0]
        with pytest.raises(AmbiguousContract) as ambiguous:  # the month has weekly expiries
            await client.straddle("AAPL", expiry="202609", strike=310)
        assert len(ambiguous.value.candidates) > 1

    play(case)


@pytest.mark.parametrize(
    ("name", "terms", "reason"),
    [
        ("vertical_spread", {**SERIES, "buy": 310, "sell": 310}, "buy, sell: both strikes are 310"),
        ("vertical_spread", {**SERIES, "right": "X", "buy": 310, "sell": 320}, "right: 'X'"),
        ("vertical_spread", {**SERIES, "expiry": "soon", "buy": 310, "sell": 320}, "expiry"),
        ("vertical_spread", {**SERIES, "buy": -310, "sell": 320}, "strike: -310"),
        ("ratio_spread", {**SERIES, "buy": 310, "sell": 310}, "buy, sell"),
        ("ratio_spread", {**SERIES, "buy": 310, "sell": 320, "buy_ratio": 0}, "buy_ratio: 0"),
        ("ratio_spread", {**SERIES, "buy": 310, "sell": 320, "sell_ratio": -2}, "sell_ratio: -2"),
        ("calendar_spread", {"strike": 310, "right": "C", "buy": EXPIRY, "sell": EXPIRY}, "both expiries"),
        ("calendar_spread", {"strike": 310, "buy": EXPIRY, "sell": LATER}, "right: ''"),
        ("calendar_spread", {"right": "C", "buy": EXPIRY, "sell": LATER}, "strike: an option has one"),
        ("calendar_spread", {"buy": EXPIRY, "sell": LATER}, "strike: only a calendar of a future"),
        ("strangle", {"expiry": EXPIRY, "put": 320, "call": 310}, "put, call: 320, 310 do not rise"),
        ("butterfly_spread", {**SERIES, "low": 310, "middle": 300, "high": 320}, "low, middle, high"),
        (
            "iron_condor",
            {"expiry": EXPIRY, "put_buy": 305, "put_sell": 300, "call_sell": 315, "call_buy": 320},
            "put_buy, put_sell: 305, 300 do not rise",
        ),
        (
            "iron_condor",
            {"expiry": EXPIRY, "put_buy": 300, "put_sell": 318, "call_sell": 315, "call_buy": 320},
            "put_sell, call_sell: 318 is above 315",
        ),
    ],
)
def test_what_is_no_such_spread_is_not_asked(play, name, terms, reason):
    async def case(client):
        sent = client.stats["messages_sent"]
        with pytest.raises(ValueError, match=reason):
            await getattr(client, name)("AAPL", **terms)
        assert client.stats["messages_sent"] == sent

    play(case)


def test_a_combination_of_nothing(play):
    async def case(client):
        with pytest.raises(ValueError, match="there are none"):
            await client.combo()
        with pytest.raises(ValueError, match="legs: a leg of which 0 are bought"):
            await client.combo((Contract.stock("AAPL"), 0))

    play(case)
