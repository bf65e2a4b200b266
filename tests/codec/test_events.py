"""Records as objects: pointers into their batch."""

import numpy as np
import pytest

from ibfast._codec import Events
from ibfast.events import Last
from ibfast.records import EXCHANGES, LAST


def rows_of_trades(count):
    rows = np.zeros(count, LAST)
    rows["seq"], rows["price"] = range(count), np.linspace(100, 101, count)
    rows["exchange"] = EXCHANGES.code("ARCA")
    return rows


def test_an_event_reads_the_fields_of_its_record():
    first, second = Events(Last, rows_of_trades(2))
    assert (first.seq, first.price, first.exchange, first.special_conditions) == (0, 100.0, "ARCA", "")
    assert second.to_dict()["price"] == 101.0
    assert repr(second).startswith("Last(recv_ns=0, seq=1, time=0, price=101.0, size=0.0, exchange='ARCA'")
    assert dict(zip(Last.FIELDS, second, strict=True)) == second.to_dict()


def test_events_with_the_same_values_are_equal_and_cannot_be_changed():
    first, second = Events(Last, rows_of_trades(2))
    (again,) = Events(Last, rows_of_trades(2)[:1])
    assert first == again
    assert hash(first) == hash(again)
    assert first != second
    assert first != tuple(first)
    with pytest.raises(AttributeError, match="price"):
        first.price = 1.0
    with pytest.raises(AttributeError):
        first.pryce = 1.0


def test_an_event_outlives_its_batch_and_a_slice_needs_no_copy_of_the_caller():
    rows = rows_of_trades(10)
    (third,) = list(Events(Last, rows[2:7]))[:1]
    every_other = [event.seq for event in Events(Last, rows[::2])]
    del rows
    assert (third.seq, every_other) == (2, [0, 2, 4, 6, 8])


def test_no_events_of_no_records_and_of_no_other_class():
    assert list(Events(Last, rows_of_trades(0))) == []
    with pytest.raises(TypeError, match="int is no class of events"):
        Events(int, rows_of_trades(1))
