"""Historical bars as arrays."""

from decimal import Decimal

import numpy as np
import pytest

from ibfast import BarSize, DecodeError
from ibfast.bars import Bars
from ibfast.records import BAR, Rows
from ibfast.schema import HistoricalDataBar


def test_unset_numbers_are_nan():
    (bar,) = Bars.from_messages([HistoricalDataBar(date="20260824", open=1.5, volume=Decimal(-1))]).records
    assert (bar["open"], bar["bar_count"]) == (1.5, 0)
    assert np.isnan(bar["volume"])
    assert np.isnan(bar["wap"])
    assert bar["time_ns"] == 1787529600 * 10**9


def test_what_tws_does_not_have_is_nan():
    """Bars of quotes have a volume, an average price and a count of -1; a spread may have an average price of -1."""
    quotes = HistoricalDataBar(date="20260824", volume=Decimal(-1), wap=Decimal(-1), bar_count=-1)
    spread = HistoricalDataBar(date="20260825", volume=Decimal(7), wap=Decimal(-1), bar_count=2)
    nothing, something = Bars.from_messages([quotes, spread]).records
    assert np.isnan([nothing["volume"], nothing["wap"]]).all()
    assert (something["volume"], something["wap"]) == (7, -1)
    rows = Rows("bar", lambda: None)
    raw = np.zeros(1, BAR)
    raw["volume"], raw["wap"] = -1, -1
    rows.put(raw)
    assert np.isnan(Bars.from_answer(rows, [])["volume"]).all()


@pytest.mark.parametrize("date", ["soon", "", "20261399", "99999999999999999999", "²²", "9" * 5000])
def test_a_date_that_is_none_costs_the_answer_and_names_the_field(date):
    with pytest.raises(DecodeError, match=r"HistoricalDataBar\.date"):
        Bars.from_messages([HistoricalDataBar(date=date)])


def test_no_bars_are_no_bars():
    bars = Bars.from_messages([])
    assert (len(bars), repr(bars), len(bars.to_pandas())) == (0, "<no bars>", 0)


def test_bar_sizes_are_their_texts():
    assert BarSize.MIN_1 == "1 min"
    assert f"{BarSize('8 hours')}" == "8 hours"


def test_bars_of_two_kinds_are_one_array_of_the_same_dtype():
    rows = Rows("bar", lambda: None)
    rows.put(Bars.from_messages([HistoricalDataBar(date="1787529600"), HistoricalDataBar(date="1787529720")]).records)
    bars = Bars.from_answer(rows, [HistoricalDataBar(date="20260824 00:01:00 UTC")])
    assert bars.records.dtype == BAR
    assert bars["time_ns"].tolist() == [1787529600 * 10**9, 1787529660 * 10**9, 1787529720 * 10**9]
