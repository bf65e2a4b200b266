"""The spellings of time on the wire."""

import contextlib
import warnings
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ibfast.times import format_time, parse_time, zone_of

FOUR = datetime(2026, 4, 13, 16, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def nothing_warned_of_yet():
    zone_of.cache_clear()
    yield
    zone_of.cache_clear()


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("20260413 12:00:00 US/Eastern", FOUR),
        ("20260413  12:00:00 US/Eastern", FOUR),
        ("20260413-12:00:00 US/Eastern", FOUR),
        (" 20260413 12:00:00 US/Eastern ", FOUR),
        ("20260413 18:00:00 CET", FOUR),
        ("20260413 18:00:00 Central European Standard Time", FOUR),
        ("20260414 00:00:00 China Standard Time", FOUR),
        ("20260413 16:00:00 Greenwich Mean Time", FOUR),
        ("20260413 17:00:00 GMT Standard Time", FOUR),
        ("20260413 12:00:00 EST", FOUR),
        ("20260413 09:00:00 PST", FOUR),
        ("20260413-16:00:00", FOUR),
        ("20260413 16:00:00", FOUR),
        ("20260413-16:00:00Z", FOUR),
        ("20260413-16:00:00.0", FOUR),
        ("20260413 16:00:00.0", FOUR),
        ("2026-04-13 16:00:00.0", FOUR),
        ("2026-04-13T16:00:00Z", FOUR),
        ("20260413  16:00:00 Z", FOUR),
        ("20260413 16:00:00.25", FOUR.replace(microsecond=250_000)),
        ("20260413 11:00 CST", FOUR),
        ("2026-04-13", datetime(2026, 4, 13, tzinfo=UTC)),
        ("20260413", datetime(2026, 4, 13, tzinfo=UTC)),
        (str(int(FOUR.timestamp())), FOUR),
        (str(int(FOUR.timestamp()) * 1000 + 789), FOUR.replace(microsecond=789_000)),
        ("0", datetime(1970, 1, 1, tzinfo=UTC)),
        ("345479400", datetime(1980, 12, 12, 14, 30, tzinfo=UTC)),
        ("20260105 12:00:00 EST", datetime(2026, 1, 5, 17, tzinfo=UTC)),
    ],
)
def test_every_spelling_is_one_moment(text, moment):
    assert parse_time(text) == moment
    assert parse_time(text).tzinfo is not None


@pytest.mark.parametrize("text", ["", "soon", "20260413 25:00:00", "20261301", "13.04.2026", "-1", "9" * 30, "²"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ValueError, match=r"time|month|hour"):
        parse_time(text)


@pytest.mark.parametrize(
    ("text", "now", "moment"),
    [
        ("0714 09:30:00 US/Eastern", datetime(2026, 8, 26, tzinfo=UTC), datetime(2026, 7, 14, 13, 30, tzinfo=UTC)),
        ("0714 09:30:00 US/Eastern", datetime(2026, 7, 13, 20, tzinfo=UTC), datetime(2026, 7, 14, 13, 30, tzinfo=UTC)),
        ("0714 09:30:00 US/Eastern", datetime(2026, 7, 13, 13, tzinfo=UTC), datetime(2025, 7, 14, 13, 30, tzinfo=UTC)),
        ("0101 00:10:00", datetime(2025, 12, 31, 23, 50, tzinfo=UTC), datetime(2026, 1, 1, 0, 10, tzinfo=UTC)),
        ("1231 23:50", datetime(2026, 1, 1, 0, 10, tzinfo=UTC), datetime(2025, 12, 31, 23, 50, tzinfo=UTC)),
        ("0229  12:00:00 Z", datetime(2026, 8, 26, tzinfo=UTC), datetime(2024, 2, 29, 12, tzinfo=UTC)),
        ("0229 12:00:00", datetime(2103, 1, 1, tzinfo=UTC), datetime(2096, 2, 29, 12, tzinfo=UTC)),
    ],
)
def test_a_day_without_a_year_is_the_last_one_that_is_not_after_tomorrow(text, now, moment):
    assert parse_time(text, now) == moment


def test_a_day_without_a_year_is_seen_from_now():
    today = datetime.now(UTC).replace(microsecond=0)
    assert parse_time(today.strftime("%m%d %H:%M:%S")) == today


@pytest.mark.parametrize("text", ["0230 12:00:00", "1301 12:00:00", "0714 25:00:00"])
def test_a_day_that_no_year_has_is_refused(text):
    with pytest.raises(ValueError, match=r"day|month|hour"):
        parse_time(text)


CHINA = "中国标准时间"
GBK = CHINA.encode("gbk")
BERLIN = "Mitteleuropäische Zeit"


@pytest.mark.parametrize(
    ("zone", "offset_h"),
    [
        ("US/Eastern", -4), ("America/New_York", -4), ("EDT", -4), ("Eastern Daylight Time", -4), ("US/Central", -5),
        ("MET", 2), ("CEST", 2), ("W. Europe Standard Time", 2), ("Romance Standard Time", 2), ("BST", 1),
        ("Central European Summer Time", 2), ("British Summer Time", 1), ("GMT", 0), ("UTC", 0), ("UTC-3", -3),
        (BERLIN, 2), (BERLIN.encode().decode("latin-1"), 2), (BERLIN.encode("cp1252").decode(errors="replace"), 2),
        ("JST", 9), ("Tokyo Standard Time", 9), ("Japan Standard Time", 9), ("日本標準時", 9), ("SGT", 8), ("HKT", 8),
        ("India Standard Time", 5.5), ("+0530", 5.5), ("GMT+08:00", 8), (CHINA, 8), (GBK.decode(errors="replace"), 8),
        (GBK.decode(errors="backslashreplace"), 8), ("\ufffdй\ufffd\ufffd\ufffd׼ʱ\ufffd\ufffd", 8),
        (GBK.decode("latin-1"), 8), (CHINA.encode().decode("latin-1"), 8),
    ],
)  # fmt: skip
def test_zones_by_every_name(zone, offset_h):
    moment = parse_time(f"20260713 12:00:00 {zone}")
    assert moment == datetime(2026, 7, 13, 12, tzinfo=timezone(timedelta(hours=offset_h)))


def test_a_name_that_could_be_several_zones_is_none_of_them():
    with pytest.warns(UserWarning, match="unknown time zone"):
        assert zone_of("\ufffd\ufffd׼ʱ\ufffd\ufffd") == UTC  # some Standard Time, in GBK


NEARLY = ["20260413 12:00:00 ", "0229 12:00:00 ", "20260413", "0101 00:00", "9999-12-31 23:59:59.", "00010101 00:00 "]


@given(
    st.one_of(
        st.text(),
        st.tuples(
            st.sampled_from(NEARLY),
            st.text(max_size=5),
            st.sampled_from(["", "Z", "CET", "+23:59", "GMT+24", "US/", "\0", "\ud800", "/"]),
        ).map("".join),
    )
)
@example("20260413 12:00:00 " + "x" * 5000)
@example("20260413 12:00:00 America")
@example("20260413 12:00:00 tzdata.zi")
@example("20260413 12:00:00 \x00")
@example("9" * 5000)
def test_no_text_is_worse_than_a_value_error(text):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with contextlib.suppress(ValueError):
            assert parse_time(text).utcoffset() is not None


@pytest.mark.parametrize("zone", ["Heure de Mars", "Nowhere/Land", "../etc/passwd", "Пояс"])
def test_a_zone_that_nobody_knows_reads_as_utc_and_warns_once(zone):
    with pytest.warns(UserWarning, match=r"unknown time zone.*read as UTC"):
        assert parse_time(f"20260413 16:00:00 {zone}") == FOUR
    assert parse_time(f"20260413 16:00:00 {zone}") == FOUR  # a second warning would be an error here


def test_requests_carry_utc():
    assert format_time(FOUR) == "20260413-16:00:00"
    assert format_time(FOUR.astimezone(timezone(timedelta(hours=5, minutes=30)))) == "20260413-16:00:00"
    assert parse_time(format_time(FOUR)) == FOUR


def test_a_moment_without_a_zone_is_misuse():
    with pytest.raises(ValueError, match="no time zone"):
        format_time(datetime(2026, 4, 13))
