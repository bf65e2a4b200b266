"""Trading hours in every spelling that gateways send."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ibfast.contracts.trading_hours import liquid_hours, parse_hours, trading_hours
from ibfast.schema import ContractData, ContractDetails

EASTERN = "US/Eastern"


def spans(text, zone=EASTERN):
    return [f"{start:%d %H:%M}-{end:%d %H:%M}" for start, end in parse_hours(text, zone)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20240101:0930-20240101:1600;20240102:CLOSED", ["01 09:30-01 16:00"]),
        (  # ES in March 2024: Good Friday, and a short day before it
            "20240326:1700-20240327:1600;20240327:1700-20240328:1355;20240329:CLOSED;20240331:1700-20240401:1600",
            ["26 17:00-27 16:00", "27 17:00-28 13:55", "31 17:00-01 16:00"],
        ),
        (  # ES in 2020: two spans a day
            "20200621:1700-20200622:1515;20200622:1530-20200622:1600;20200622:1700-20200623:1515",
            ["21 17:00-22 15:15", "22 15:30-22 16:00", "22 17:00-23 15:15"],
        ),
        (";20260823:1700-20260824:1600;20260824:1700-20260825:1600", ["23 17:00-24 16:00", "24 17:00-25 16:00"]),
        ("20260823:1715-20260824:1700;", ["23 17:15-24 17:00"]),
        ("20240101:0930-1600,1700-2000;20240102:CLOSED", ["01 09:30-01 16:00", "01 17:00-01 20:00"]),
        ("20090507:0700-1830,1830-2330;20090508:CLOSED", ["07 07:00-07 18:30", "07 18:30-07 23:30"]),
        ("20160404:1700-1515,1530-1600", ["03 17:00-04 15:15", "04 15:30-04 16:00"]),
        ("20160404:0900-1500,1700-0200", ["04 09:00-04 15:00", "04 17:00-05 02:00"]),
        ("20160404:1715-1700", ["03 17:15-04 17:00"]),
        ("20160404:0000-2400", ["04 00:00-05 00:00"]),
        ("20160404:1700-0000", ["04 17:00-05 00:00"]),
        ("20160404:0000-0000", ["04 00:00-05 00:00"]),
        ("20240102:0900-20240102:1200,20240102:1300-20240102:1700", ["02 09:00-02 12:00", "02 13:00-02 17:00"]),
        ("", []),
        ("20240101:CLOSED", []),
    ],
)
def test_spellings(text, expected):
    assert spans(text) == expected


@pytest.mark.parametrize(
    "text",
    ["NA", "0930-1600", "20240101", "20240101:0930", "20241301:0930-1600", "20240101:2500-2600", "20240101:0930-16:00",
     "20240102:0930-20240101:1600", "2024010a:CLOSED"],
)  # fmt: skip
def test_what_is_no_hours(text):
    with pytest.raises(ValueError, match=r"."):
        parse_hours(text, EASTERN)


@pytest.mark.parametrize(
    ("zone", "utc_hour"),
    [("US/Central", 14), ("CST (Central Standard Time)", 14), ("MET (Middle Europe Time)", 7), ("JST", 0), ("", 9),
     ("EST5EDT", 13)],
)  # fmt: skip
def test_zones(zone, utc_hour):
    (only,) = parse_hours("20260824:0900-20260824:1000", zone)
    assert only.start.astimezone(UTC).hour == utc_hour


def test_open_and_closed():
    hours = parse_hours("20260827:0930-20260827:1600;20260828:CLOSED;20260831:0930-20260831:1600", EASTERN)
    new_york = ZoneInfo("America/New_York")
    opening, closing = datetime(2026, 8, 27, 9, 30, tzinfo=new_york), datetime(2026, 8, 27, 16, 0, tzinfo=new_york)
    second = timedelta(seconds=1)
    assert [hours.is_open(at) for at in (opening - second, opening, closing - second, closing)] == [0, 1, 1, 0]
    assert hours.is_open(datetime(2026, 8, 27, 13, 30, tzinfo=UTC))
    assert hours.at(opening) == hours[0]
    assert hours.next_open(opening - second) == opening
    assert hours.next_open(opening) == datetime(2026, 8, 31, 9, 30, tzinfo=new_york)
    assert hours.next_open(datetime(2026, 9, 1, tzinfo=UTC)) is None
    assert hours.closed == (date(2026, 8, 28),)
    assert [hours.covers(datetime(2026, 8, day, 12, tzinfo=UTC)) for day in (26, 27, 28, 29, 31)] == [0, 1, 1, 1, 1]
    assert not hours.covers(datetime(2026, 9, 1, 12, tzinfo=UTC))
    assert len(hours) == 2
    with pytest.raises(ValueError, match="no time zone"):
        hours.is_open(datetime(2026, 8, 27))
    assert not parse_hours("", EASTERN).is_open(opening)
    assert not parse_hours("", EASTERN).covers(opening)


def test_the_hour_that_autumn_has_twice():
    hours = parse_hours("20261101:0030-20261101:0130;20261101:0145-20261101:0400", EASTERN)
    first, again = datetime(2026, 11, 1, 5, 50, tzinfo=UTC), datetime(2026, 11, 1, 6, 50, tzinfo=UTC)  # both are 01:50
    assert hours.is_open(first)
    assert hours.is_open(again)
    night = parse_hours("20261031:1800-20261101:1700", EASTERN)[0]
    assert night.end.astimezone(UTC) - night.start.astimezone(UTC) == timedelta(hours=24)


def test_hours_of_contract_details():
    details = ContractDetails(
        time_zone_id="US/Eastern",
        trading_hours="20260709:0400-20260709:2000",
        liquid_hours="20260709:0930-20260709:1600",
    )
    for found in (details, ContractData(contract_details=details)):
        assert [hours(found)[0].start.hour for hours in (trading_hours, liquid_hours)] == [4, 9]
    assert len(trading_hours(ContractData())) == 0
