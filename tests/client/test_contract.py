"""What the constructors of contracts make, and what they refuse."""

import math
from datetime import date

import pytest

from ibfast import ComboLeg, Contract

SERIES = {"expiry": "20261218", "strike": 320.0}
LEG = ComboLeg(con_id=911395842, ratio=1, action="BUY", exchange="SMART")
EXPIRY = "last_trade_date_or_contract_month"


@pytest.mark.parametrize(
    ("contract", "fields"),
    [
        (Contract.stock("AAPL"), {"sec_type": "STK", "symbol": "AAPL", "exchange": "SMART", "currency": "USD"}),
        (
            Contract.stock("SAP", exchange="IBIS", currency="EUR", primary_exch="IBIS"),
            {"sec_type": "STK", "symbol": "SAP", "exchange": "IBIS", "currency": "EUR", "primary_exch": "IBIS"},
        ),
        (
            Contract.call("AAPL", **SERIES),
            {"sec_type": "OPT", "symbol": "AAPL", EXPIRY: "20261218", "strike": 320.0, "right": "C",
             "exchange": "SMART", "currency": "USD"},
        ),
        (
            Contract.put("SPX", expiry=date(2026, 12, 17), strike=7000, multiplier=100, trading_class="SPXW"),
            {"sec_type": "OPT", "symbol": "SPX", EXPIRY: "20261217", "strike": 7000, "right": "P", "exchange": "SMART",
             "currency": "USD", "multiplier": 100, "trading_class": "SPXW"},
        ),
        (
            Contract.option("FF", expiry="202612", strike=0, right="CALL", exchange="FORECASTX"),
            {"sec_type": "OPT", "symbol": "FF", EXPIRY: "202612", "strike": 0, "right": "C", "exchange": "FORECASTX",
             "currency": "USD"},
        ),
        (
            Contract.futures_option("ES", **SERIES, right="PUT", exchange="CME"),
            {"sec_type": "FOP", "symbol": "ES", EXPIRY: "20261218", "strike": 320.0, "right": "P", "exchange": "CME",
             "currency": "USD"},
        ),
        (
            Contract.future("ES", month="202612", exchange="CME"),
            {"sec_type": "FUT", "symbol": "ES", EXPIRY: "202612", "exchange": "CME", "currency": "USD"},
        ),
        (
            Contract.future("DAX", expiry=date(2026, 12, 18), exchange="EUREX", currency="EUR", multiplier=25),
            {"sec_type": "FUT", "symbol": "DAX", EXPIRY: "20261218", "exchange": "EUREX", "currency": "EUR",
             "multiplier": 25},
        ),
        (
            Contract.any_month("ES", exchange="CME", include_expired=True),
            {"sec_type": "FUT", "symbol": "ES", "exchange": "CME", "currency": "USD", "include_expired": True},
        ),
        (
            Contract.continuous_future("ES", exchange="CME"),
            {"sec_type": "CONTFUT", "symbol": "ES", "exchange": "CME", "currency": "USD"},
        ),
        (Contract.forex("EUR/USD"), {"sec_type": "CASH", "symbol": "EUR", "exchange": "IDEALPRO", "currency": "USD"}),
        (Contract.crypto("BTC"), {"sec_type": "CRYPTO", "symbol": "BTC", "exchange": "PAXOS", "currency": "USD"}),
        (
            Contract.index("SPX", exchange="CBOE"),
            {"sec_type": "IND", "symbol": "SPX", "exchange": "CBOE", "currency": "USD"},
        ),
        (Contract.cfd("IBM"), {"sec_type": "CFD", "symbol": "IBM", "exchange": "SMART", "currency": "USD"}),
        (
            Contract.commodity("XAUUSD"),
            {"sec_type": "CMDTY", "symbol": "XAUUSD", "exchange": "SMART", "currency": "USD"},
        ),
        (Contract.fund("VTSAX"), {"sec_type": "FUND", "symbol": "VTSAX", "exchange": "FUNDSERV", "currency": "USD"}),
        (
            Contract.warrant("GOOG", expiry="20261218", strike=15, right="C", exchange="FWB", currency="EUR",
                             multiplier=0.01, local_symbol="JA1PAR"),
            {"sec_type": "WAR", "symbol": "GOOG", EXPIRY: "20261218", "strike": 15, "right": "C", "exchange": "FWB",
             "currency": "EUR", "multiplier": 0.01, "local_symbol": "JA1PAR"},
        ),
        (
            Contract.bond(cusip="037833AL4"),
            {"sec_type": "BOND", "sec_id_type": "CUSIP", "sec_id": "037833AL4", "exchange": "SMART", "currency": "USD"},
        ),
        (
            Contract.bond(isin="US037833AL42"),
            {"sec_type": "BOND", "sec_id_type": "ISIN", "sec_id": "US037833AL42", "exchange": "SMART",
             "currency": "USD"},
        ),
        (Contract.news("BRFG"), {"sec_type": "NEWS", "symbol": "BRFG:BRFG_ALL", "exchange": "BRFG"}),
        (Contract.news("BRFG", topic="X"), {"sec_type": "NEWS", "symbol": "BRFG:X", "exchange": "BRFG"}),
        (
            Contract.combo("AAPL", [LEG, LEG]),
            {"sec_type": "BAG", "symbol": "AAPL", "exchange": "SMART", "currency": "USD",
             "combo_legs": [LEG.to_dict()] * 2},
        ),
        (Contract.by_id(265598), {"con_id": 265598, "exchange": "SMART"}),
    ],
    ids=lambda value: value.sec_type if isinstance(value, Contract) else "",
)  # fmt: skip
def test_constructors(contract, fields):
    assert contract.to_dict() == fields
    assert contract.check() is contract


def leg(**changes):
    return Contract.combo("AAPL", [LEG, LEG.replace(**changes)])


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: Contract.stock(""), "symbol: a contract of type STK needs one"),
        (lambda: Contract.stock(" "), "symbol: .* needs one"),
        (lambda: Contract.stock("AAPL", exchange=""), "exchange: .* needs one"),
        (lambda: Contract.stock("AAPL", currency=""), "currency: .* needs one"),
        (lambda: Contract.stock("AAPL", currency="usd"), "currency: 'usd' is not a code of three capital letters"),
        (lambda: Contract.stock("AAPL", currency="DOLLAR"), "currency"),
        (lambda: Contract.call("AAPL", expiry="", strike=1), r"expiry \(last_trade_date_or_contract_month\): ''"),
        (lambda: Contract.call("AAPL", expiry="2026-12-18", strike=1), "expiry .*'2026-12-18' is not a day YYYYMMDD"),
        (lambda: Contract.call("AAPL", expiry="20261318", strike=1), "expiry"),
        (lambda: Contract.call("AAPL", expiry="20260231", strike=1), "expiry"),
        (lambda: Contract.call("AAPL", expiry="2026", strike=1), "expiry"),
        (lambda: Contract.call("AAPL", expiry="20261218", strike=-5), "strike: -5"),
        (lambda: Contract.call("AAPL", expiry="20261218", strike=math.nan), "strike: nan"),
        (lambda: Contract.call("AAPL", expiry="20261218", strike=math.inf), "strike: inf"),
        (lambda: Contract.call("AAPL", expiry="20261218", strike="320"), "strike: '320'"),
        (lambda: Contract.call("AAPL", expiry=20261218, strike=320), "expiry .*: 20261218 is not a day"),
        (lambda: Contract.future("ES", month=202612, exchange="CME"), "month: 202612 is not YYYYMM"),
        (lambda: Contract.call("AAPL", **SERIES, multiplier=0), "multiplier: 0 is not a positive number"),
        (lambda: Contract.option("AAPL", **SERIES, right="X"), "right: 'X' is neither C nor P"),
        (lambda: Contract.option("AAPL", **SERIES, right=""), "right: '' is neither"),
        (lambda: Contract.futures_option("ES", **SERIES, right="C", exchange=""), "exchange"),
        (lambda: Contract.future("ES", exchange="CME", month="20261218"), "month: '20261218' is not YYYYMM"),
        (lambda: Contract.future("ES", exchange="CME", month="202613"), "expiry"),
        (lambda: Contract.future("ES", exchange="CME", month="202612", expiry="20261218"), "month, expiry: give one"),
        (lambda: Contract.any_month("ES", exchange=""), "exchange"),
        (lambda: Contract.forex("EUR"), "pair: 'EUR' is not two currencies"),
        (lambda: Contract.bond(), "cusip, isin: give one of them"),
        (lambda: Contract.bond(cusip="037833AL4", isin="US037833AL42"), "cusip, isin: give one of them"),
        (lambda: Contract.bond(cusip="037833AL5"), r"cusip .*typing error: its check digit would be 4"),
        (lambda: Contract.bond(cusip="037833AL"), "cusip .*is not 9"),
        (lambda: Contract.bond(cusip="037833al4"), "cusip"),
        (lambda: Contract.bond(isin="US0378331004"), "isin .*its check digit would be 5"),
        (lambda: Contract.bond(isin="US03783310054"), "isin .*is not 12"),
        (lambda: Contract.news(""), "provider"),
        (lambda: Contract.combo("AAPL", []), "combo_legs: a combination needs legs"),
        (lambda: leg(con_id=None), r"combo_legs\[1\].con_id: None"),
        (lambda: leg(ratio=None), r"combo_legs\[1\].ratio: None"),
        (lambda: leg(ratio=-1), r"combo_legs\[1\].ratio: -1"),
        (lambda: leg(ratio=0), r"combo_legs\[1\].ratio: 0"),
        (lambda: leg(action="HOLD"), r"combo_legs\[1\].action: 'HOLD' is none of BUY, SELL"),
        (lambda: leg(exchange=""), r"combo_legs\[1\].exchange"),
        (lambda: Contract.by_id(0), "con_id: 0"),
        (lambda: Contract().check(), "sec_type"),
        (lambda: Contract(symbol="AAPL").check(), "sec_type: a contract without con_id needs one"),
        (lambda: Contract(sec_type="STK").check(), "symbol: .*or another of local_symbol"),
        (lambda: Contract(con_id=-1).check(), "con_id: -1"),
        (lambda: Contract(sec_id="US0378331005").check(), "sec_id_type: .*needs one"),
        (lambda: Contract(sec_type="OPT", symbol="AAPL", right="B").check(), "right: 'B'"),
    ],
)
def test_refusals(make, reason):
    with pytest.raises(ValueError, match=reason):
        make()


def test_with_an_id_the_rest_is_ibs_own_wording():
    Contract(con_id=1, sec_type="STK", right="?", multiplier=0.0).check()
    Contract(con_id=1, last_trade_date_or_contract_month="20261218 08:30:00 US/Central").check()


@pytest.mark.parametrize(
    "isin",
    ["US0378331005", "US5949181045", "US88160R1014", "US4592001014", "US78462F1030", "US9229087286", "US064159KJ44",
     "US037833AL42", "DE0007164600", "GB0002634946", "JP3633400001"],
)  # fmt: skip
def test_isins_of_the_world(isin):
    assert Contract.bond(isin=isin).sec_id == isin


@pytest.mark.parametrize("cusip", ["037833100", "594918104", "38259P508", "037833AL4", "064159KJ4", "17275R102"])
def test_cusips(cusip):
    assert Contract.bond(cusip=cusip).sec_id == cusip


def test_a_plain_contract_takes_every_field_and_no_other():
    fields = dict.fromkeys(Contract.__fields__)
    assert Contract(**fields) == Contract()
    with pytest.raises(TypeError, match=r"no field 'symbl'; did you mean 'symbol'"):
        Contract(symbl="AAPL")
