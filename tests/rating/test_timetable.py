"""Bands in time: they partition it as the wall says, whatever its clocks do."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.period import DAY_US, SECOND_US, format_instant, parse_instant
from domain.plan import Plan
from domain.plan_words import Hours
from domain.pricing import Band, Holiday, OnHolidays, Pricing
from rating.timetable import CUT_MAX_US, Timetable
from tests.zones.check import check_bands, random_bands
from tests.zones.clocks import DAY_S, FROM_S, UNTIL_S, ZONES, jumps, us

WEEK = frozenset(range(1, 8))
WORKDAYS = frozenset(range(1, 6))
NIGHT = Band("night", (Hours(WEEK, 0, 6 * 3_600), Hours(WEEK, 22 * 3_600, DAY_S)))
WEEKEND = Band("weekend", (Hours(frozenset({6, 7}), 0, DAY_S),))
CHRISTMAS = Holiday("Christmas", 12, 25)
JUMPY = (
    "Europe/Berlin",
    "America/New_York",
    "Europe/Dublin",
    "Australia/Lord_Howe",
    "America/St_Johns",
    "Pacific/Apia",
    "Pacific/Kwajalein",
)


def on_the_wall(table: Timetable, zone: str, from_text: str, to_text: str) -> list[tuple[str, int]]:
    """The pieces between two local times: what the wall shows at each end, and the band."""
    pieces = table.pieces(parse_instant(from_text, zone), parse_instant(to_text, zone))
    return [(format_instant(until_us, zone)[:16], band) for until_us, band in pieces]


def test_a_night_goes_on_over_midnight_as_one_piece() -> None:
    table = Timetable([NIGHT], [], "Europe/Berlin")
    assert on_the_wall(table, "Europe/Berlin", "2026-05-04 20:00", "2026-05-05 07:00") == [
        ("2026-05-04 22:00", 0),
        ("2026-05-05 06:00", 1),
        ("2026-05-05 07:00", 0),
    ]


def test_of_several_bands_that_hold_the_first_of_the_plan_counts() -> None:
    # 2026-05-09 is a Saturday.
    found = on_the_wall(
        Timetable([NIGHT, WEEKEND], [], "UTC"), "UTC", "2026-05-08 23:00", "2026-05-09 23:00"
    )
    assert found == [("2026-05-09 06:00", 1), ("2026-05-09 22:00", 2), ("2026-05-09 23:00", 1)]
    found = on_the_wall(
        Timetable([WEEKEND, NIGHT], [], "UTC"), "UTC", "2026-05-08 23:00", "2026-05-09 23:00"
    )
    assert found == [("2026-05-09 00:00", 2), ("2026-05-09 23:00", 1)]


@pytest.mark.parametrize(
    ("on_holidays", "day_before", "holiday"),
    [
        # Thursday 24 and Friday 25 December 2026, at 03:00 and at 12:00.
        (OnHolidays.AS_WEEKDAY, [1, 0], [1, 0]),
        (OnHolidays.ALSO, [1, 0], [1, 1]),
        (OnHolidays.ONLY, [0, 0], [1, 0]),
        (OnHolidays.NEVER, [1, 0], [0, 0]),
    ],
)
def test_holidays_are_what_the_band_makes_of_them(
    on_holidays: OnHolidays, day_before: list[int], holiday: list[int]
) -> None:
    band = Band("night", (Hours(WORKDAYS, 0, 6 * 3_600),), on_holidays)
    table = Timetable([band], [CHRISTMAS], "Asia/Manila")
    for date, expected in (("2026-12-24", day_before), ("2026-12-25", holiday)):
        hours = [parse_instant(f"{date} {hour}:00", "Asia/Manila") for hour in ("03", "12")]
        assert [table.band_at(hour_us) for hour_us in hours] == expected


def test_a_holiday_of_one_year_is_none_in_the_next() -> None:
    band = Band("feast", (), OnHolidays.ALSO)
    table = Timetable([band], [Holiday("Eid", 3, 20, 2026)], "Asia/Dhaka")
    years = [parse_instant(f"{year}-03-20 12:00", "Asia/Dhaka") for year in (2025, 2026, 2027)]
    assert [table.band_at(noon_us) for noon_us in years] == [0, 1, 0]


@pytest.mark.parametrize(
    ("zone", "date", "hours", "from_s", "until_s"),
    [
        ("Europe/Berlin", "2026-03-29", 0, 2 * 3_600, 3 * 3_600),  # the hour that is left out
        ("Europe/Berlin", "2026-10-25", 2, 2 * 3_600, 3 * 3_600),  # and the one that comes twice
        ("America/New_York", "2026-03-08", 0, 2 * 3_600, 3 * 3_600),
        ("America/New_York", "2026-11-01", 2, 1 * 3_600, 2 * 3_600),
        ("Europe/Dublin", "2026-03-29", 0, 1 * 3_600, 2 * 3_600),  # summer is standard time
        ("Europe/Dublin", "2026-10-25", 2, 1 * 3_600, 2 * 3_600),
        ("America/Santiago", "2026-04-04", 2, 23 * 3_600, 24 * 3_600),  # back over midnight
        ("America/Santiago", "2026-09-06", 0, 0, 3_600),
        ("Africa/Nairobi", "2026-03-29", 1, 2 * 3_600, 3 * 3_600),
    ],
)
def test_t6_a_band_has_the_hours_that_the_wall_shows(
    zone: str, date: str, hours: int, from_s: int, until_s: int
) -> None:
    table = Timetable([Band("one", (Hours(WEEK, from_s, until_s),))], [], zone)
    noon_us = parse_instant(f"{date} 12:00", zone)
    pieces = table.pieces(noon_us - 14 * 3_600 * SECOND_US, noon_us + 16 * 3_600 * SECOND_US)
    starts_us = [noon_us - 14 * 3_600 * SECOND_US, *(until_us for until_us, _ in pieces)]
    held_us = sum(
        until_us - start_us
        for start_us, (until_us, band) in zip(starts_us, pieces, strict=False)
        if band == 1 and format_instant(start_us, zone)[:10] == date
    )
    assert held_us == hours * 3_600 * SECOND_US


def test_lord_howe_is_set_by_half_an_hour() -> None:
    table = Timetable([Band("x", (Hours(WEEK, 3_600, 2 * 3_600),))], [], "Australia/Lord_Howe")
    # On 5 April 2026 the clock went from 02:00 to 01:30.
    start_us = parse_instant("2026-04-05 01:00", "Australia/Lord_Howe")
    assert table.next_change_us(start_us) == start_us + 5_400 * SECOND_US


def test_a_day_that_was_skipped_has_no_band() -> None:
    friday = Band("friday", (Hours(frozenset({5}), 0, DAY_S),))
    table = Timetable([friday], [], "Pacific/Apia")
    # Samoa went from Thursday 29 to Saturday 31 December 2011.
    thursday_us = parse_instant("2011-12-29 12:00", "Pacific/Apia")
    assert table.pieces(thursday_us, thursday_us + 2 * DAY_US) == [(thursday_us + 2 * DAY_US, 0)]
    assert table.next_change_us(thursday_us) == parse_instant("2012-01-06", "Pacific/Apia")


def test_the_next_change_may_be_years_ahead() -> None:
    leap = Timetable([Band("leap", (), OnHolidays.ALSO)], [Holiday("leap", 2, 29)], "UTC")
    begun_us = parse_instant("2096-02-29", "UTC")
    assert leap.next_change_us(parse_instant("2092-03-01", "UTC")) == begun_us
    assert leap.next_change_us(begun_us) == begun_us + DAY_US
    assert leap.next_change_us(begun_us + DAY_US) == parse_instant("2104-02-29", "UTC")


@pytest.mark.parametrize(
    ("bands", "holidays"),
    [
        ([], []),
        ([Band("always", (Hours(WEEK, 0, DAY_S),))], [CHRISTMAS]),
        ([Band("past", (), OnHolidays.ALSO)], [Holiday("past", 1, 1, 2001)]),
    ],
)
def test_where_no_band_changes_there_is_no_next_change(
    bands: list[Band], holidays: list[Holiday]
) -> None:
    assert Timetable(bands, holidays, "UTC").next_change_us(us("2026-01-01T00:00:00Z")) is None


def test_a_rise_of_no_time_is_in_the_band_of_its_end() -> None:
    table = Timetable([NIGHT], [], "UTC")
    at_us = us("2026-01-01T22:00:00Z")
    assert table.pieces(at_us, at_us) == [(at_us, 1)]
    assert table.pieces(at_us + 5, at_us - 1) == [(at_us - 1, 0)]


def test_what_lies_more_than_a_year_back_is_not_cut() -> None:
    table = Timetable([NIGHT], [], "UTC")
    end_us = us("2026-06-01T12:00:00Z")
    pieces = table.pieces(0, end_us)
    assert pieces == table.pieces(end_us - CUT_MAX_US, end_us)
    assert len(pieces) == 2 * 366 + 1


def test_a_timetable_is_made_of_a_plan_in_the_zone_of_whoever_asks() -> None:
    pricing = Pricing(rates=(), bands=(NIGHT,), holidays=())
    plan = Plan(1, "home", 1, "USD", timezone="Asia/Tokyo", pricing=pricing)
    midnight_us = us("2026-01-01T00:00:00+09:00")
    assert Timetable.of(plan).band_at(midnight_us) == 1
    assert Timetable.of(plan, "Europe/Lisbon").band_at(midnight_us) == 0
    assert Timetable.of(Plan(1, "flat", 1, "USD")).band_at(midnight_us) == 0
    with pytest.raises(ValueError, match="Mars"):
        Timetable.of(plan, "Mars/Olympus")


@pytest.mark.parametrize("zone", JUMPY)
def test_t5_bands_partition_time_around_the_jumps_of_a_clock(zone: str) -> None:
    draw = random.Random(zone)
    for jump in jumps(zone)[:8]:
        assert check_bands(zone, jump - 2 * DAY_S, jump + DAY_S, draw) >= 1


@settings(max_examples=60, deadline=None)
@given(
    from_s=st.integers(FROM_S + 3 * DAY_S, UNTIL_S - 30 * DAY_S),
    length_s=st.integers(1, 20 * DAY_S),
    zone=st.sampled_from(ZONES),
    seed=st.integers(0, 1 << 32),
)
def test_bands_partition_any_span_of_time(from_s: int, length_s: int, zone: str, seed: int) -> None:
    draw = random.Random(seed)
    assert check_bands(zone, from_s, from_s + length_s, draw) >= 1


@settings(max_examples=60, deadline=None)
@given(
    instants=st.lists(
        st.integers(FROM_S * SECOND_US, UNTIL_S * SECOND_US), min_size=2, max_size=12
    ),
    zone=st.sampled_from(ZONES),
    seed=st.integers(0, 1 << 32),
)
def test_what_was_asked_before_changes_no_answer(instants: list[int], zone: str, seed: int) -> None:
    bands, holidays = random_bands(random.Random(seed))
    used = Timetable(bands, holidays, zone)
    for first_us, second_us in pairwise(instants):
        fresh = Timetable(bands, holidays, zone)
        near_us = first_us + second_us % (3 * DAY_US)
        assert used.pieces(first_us, near_us) == fresh.pieces(first_us, near_us)
        assert used.band_at(second_us) == Timetable(bands, holidays, zone).band_at(second_us)
        fresh = Timetable(bands, holidays, zone)
        assert used.next_change_us(first_us) == fresh.next_change_us(first_us)
