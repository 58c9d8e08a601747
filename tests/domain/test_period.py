"""Local time: days without gap or overlap in every zone, hours that end when they say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain import period
from domain.period import DAY_US, SECOND_US
from domain.plan import Hours, Span, Validity
from tests.zones.clocks import FROM_S, UNTIL_S, ZONES, jumps, us, wall_s

HOUR_US = 3_600 * SECOND_US
INSTANTS = st.integers(FROM_S * SECOND_US, UNTIL_S * SECOND_US)


def day(text: str) -> int:
    """The number of a date."""
    return date.fromisoformat(text).toordinal() - date(1970, 1, 1).toordinal()


def test_t6_every_jump_of_every_zone_is_crossed_without_gap_or_overlap() -> None:
    crossed = 0
    for name in ZONES:
        zone = ZoneInfo(name)
        for jump in jumps(name):
            before, after = wall_s(jump - 1, zone) + 1, wall_s(jump, zone)
            for wall in {before - 1, after, (before + after) // 2, after // 86_400 * 86_400}:
                # Straight before the jump, at it and beside it, and at that day's midnight.
                under_old = wall - (before - jump)
                expected = under_old if under_old < jump else max(jump, wall - (after - jump))
                number, second = divmod(wall, 86_400)
                assert period.wall_us(number, second, name) == expected * SECOND_US, (name, wall)
            crossed += 1
    assert crossed > 5_000


def test_t5_days_are_contiguous_and_day_number_finds_each_of_their_ends() -> None:
    for name in ZONES:
        for jump in jumps(name)[::7]:
            number = period.day_number(jump * SECOND_US, name)
            for near in range(number - 2, number + 3):
                start_us, end_us = period.day_bounds_us(near, name)
                assert end_us == period.day_bounds_us(near + 1, name)[0]
                assert 0 <= end_us - start_us <= 49 * HOUR_US
                if start_us < end_us:
                    assert period.day_number(start_us, name) == near
                    assert period.day_number(end_us - 1, name) == near
                    assert period.day_number(end_us, name) > near


@settings(max_examples=300, deadline=None)
@given(instant=INSTANTS, later=st.integers(0, 400 * DAY_US), name=st.sampled_from(ZONES))
def test_t5_the_day_of_an_instant_holds_it_and_days_never_run_backwards(
    instant: int, later: int, name: str
) -> None:
    number = period.day_number(instant, name)
    start_us, end_us = period.day_bounds_us(number, name)
    assert start_us <= instant < end_us
    assert period.day_number(instant + later, name) >= number


@settings(max_examples=300, deadline=None)
@given(instant=INSTANTS, name=st.sampled_from(ZONES))
def test_the_day_is_the_date_on_the_wall_away_from_jumps(instant: int, name: str) -> None:
    second = instant // SECOND_US
    if not any(abs(jump - second) < 2 * 86_400 for jump in jumps(name)):
        assert period.day_number(instant, name) == wall_s(second, ZoneInfo(name)) // 86_400


@pytest.mark.parametrize(
    ("date_text", "zone", "hours"),
    [
        ("2026-03-29", "Europe/Berlin", 23),
        ("2026-10-25", "Europe/Berlin", 25),
        ("2026-03-08", "America/New_York", 23),
        ("2026-11-01", "America/New_York", 25),
        ("2026-06-01", "Africa/Nairobi", 24),
        ("2011-12-30", "Pacific/Apia", 0),
        ("2018-11-04", "America/Sao_Paulo", 23),
        ("2019-02-16", "America/Sao_Paulo", 25),
    ],
)
def test_t6_days_have_as_many_hours_as_they_have(date_text: str, zone: str, hours: int) -> None:
    start_us, end_us = period.day_bounds_us(day(date_text), zone)
    assert end_us - start_us == hours * HOUR_US


def test_an_hour_lived_again_after_midnight_belongs_to_the_new_day_already() -> None:
    # At 00:01 on 1 November 2009 clocks in St. John's went back to 23:01 of October.
    first_midnight = us("2009-11-01T00:00:00-02:30")
    number = day("2009-11-01")
    assert period.day_number(first_midnight - 1, "America/St_Johns") == number - 1
    for minutes in (0, 1, 30, 61, 120):
        instant = first_midnight + minutes * 60 * SECOND_US
        assert period.day_number(instant, "America/St_Johns") == number


@pytest.mark.parametrize(
    ("start", "days", "zone", "end"),
    [
        ("2026-03-01T10:00:00+01:00", 30, "Europe/Berlin", "2026-03-31T10:00:00+02:00"),
        ("2026-10-01T10:00:00+02:00", 30, "Europe/Berlin", "2026-10-31T10:00:00+01:00"),
        ("2026-03-28T02:30:00+01:00", 1, "Europe/Berlin", "2026-03-29T03:00:00+02:00"),
        ("2026-10-24T02:30:00+02:00", 1, "Europe/Berlin", "2026-10-25T02:30:00+02:00"),
        ("2026-10-25T02:30:00+01:00", 0, "Europe/Berlin", "2026-10-25T02:30:00+01:00"),
        ("2024-02-28T12:00:00.000001+00:00", 1, "UTC", "2024-02-29T12:00:00.000001+00:00"),
        ("2026-01-31T00:00:00+00:00", -31, "UTC", "2025-12-31T00:00:00+00:00"),
        ("2011-12-29T08:00:00-10:00", 1, "Pacific/Apia", "2011-12-31T00:00:00+14:00"),
    ],
)
def test_t6_validity_ends_at_the_same_time_on_the_wall(
    start: str, days: int, zone: str, end: str
) -> None:
    assert period.add_days(us(start), days, zone) == us(end)


OFFICE = (Hours(frozenset({1, 2, 3, 4, 5}), 8 * 3600, 18 * 3600),)
NIGHT = (
    Hours(frozenset({1, 2, 3, 4, 5}), 22 * 3600, 86_400),
    Hours(frozenset({2, 3, 4, 5, 6}), 0, 6 * 3600),
    Hours(frozenset({6, 7}), 0, 86_400),
)
ALWAYS = (Hours(frozenset(range(1, 8)), 0, 86_400),)


@pytest.mark.parametrize(
    ("hours", "at", "end"),
    [
        # 2 March 2026 was a Monday.
        (OFFICE, "2026-03-02T08:00:00+01:00", "2026-03-02T18:00:00+01:00"),
        (OFFICE, "2026-03-02T17:59:59.999999+01:00", "2026-03-02T18:00:00+01:00"),
        (OFFICE, "2026-03-02T07:59:59.999999+01:00", None),
        (OFFICE, "2026-03-02T18:00:00+01:00", None),
        (OFFICE, "2026-03-07T12:00:00+01:00", None),
        (NIGHT, "2026-03-02T23:00:00+01:00", "2026-03-03T06:00:00+01:00"),
        (NIGHT, "2026-03-03T05:00:00+01:00", "2026-03-03T06:00:00+01:00"),
        (NIGHT, "2026-03-02T05:00:00+01:00", None),
        (NIGHT, "2026-03-06T22:00:00+01:00", "2026-03-09T00:00:00+01:00"),
        # Over the night of 28 March, an hour shorter.
        (NIGHT, "2026-03-27T22:00:00+01:00", "2026-03-30T00:00:00+02:00"),
    ],
)
def test_hours_hold_until_their_end_and_touching_windows_are_one(
    hours: tuple[Hours, ...], at: str, end: str | None
) -> None:
    inside = end is not None
    assert period.within_hours(us(at), hours, "Europe/Berlin") is inside
    expected = us(end) if end is not None else us(at)
    assert period.hours_end_us(us(at), hours, "Europe/Berlin") == expected


@pytest.mark.parametrize("hours", [(), ALWAYS])
def test_hours_without_end_have_none(hours: tuple[Hours, ...]) -> None:
    assert period.within_hours(0, hours, "Europe/Berlin")
    assert period.hours_end_us(us("2026-03-02T08:00:00+01:00"), hours, "Europe/Berlin") is None


def test_t6_a_window_in_a_gap_is_empty_and_one_in_a_repeated_hour_takes_the_first() -> None:
    small = (Hours(frozenset({7}), 2 * 3600 + 600, 2 * 3600 + 1800),)
    gap = us("2026-03-29T01:00:00+00:00")
    assert not any(
        period.within_hours(gap + minute * 60 * SECOND_US, small, "Europe/Berlin")
        for minute in range(-90, 90)
    )
    assert period.within_hours(us("2026-10-25T02:20:00+02:00"), small, "Europe/Berlin")
    assert not period.within_hours(us("2026-10-25T02:20:00+01:00"), small, "Europe/Berlin")


windows = st.builds(
    lambda days, ends: Hours(frozenset(days), min(ends) * 1800, max(ends) * 1800),
    st.sets(st.integers(1, 7), min_size=1),
    st.lists(st.integers(0, 48), min_size=2, max_size=2, unique=True),
)


@settings(max_examples=200, deadline=None)
@given(
    instant=INSTANTS,
    hours=st.lists(windows, min_size=1, max_size=4).map(tuple),
    name=st.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu"]),
)
def test_within_hours_holds_exactly_until_their_end(
    instant: int, hours: tuple[Hours, ...], name: str
) -> None:
    end_us = period.hours_end_us(instant, hours, name)
    if end_us is None or end_us == instant:
        assert period.within_hours(instant, hours, name) is (end_us is None)
        return
    for part in range(8):
        assert period.within_hours(instant + (end_us - 1 - instant) * part // 7, hours, name)
    assert not period.within_hours(end_us, hours, name)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-03-01", "2026-03-01T00:00:00+01:00"),
        ("2026-03-01 14:30", "2026-03-01T14:30:00+01:00"),
        (" 2026-03-01T14:30:05 ", "2026-03-01T14:30:05+01:00"),
        ("2026-03-01 14:30:05.25", "2026-03-01T14:30:05.250000+01:00"),
        ("2026-03-01 14:30Z", "2026-03-01T14:30:00+00:00"),
        ("2026-03-01 14:30:00-05:00", "2026-03-01T14:30:00-05:00"),
        ("2026-03-29 02:30", "2026-03-29T03:00:00+02:00"),
        ("2026-10-25 02:30", "2026-10-25T02:30:00+02:00"),
    ],
)
def test_an_instant_is_read_as_the_wall_shows_it(text: str, instant: str) -> None:
    assert period.parse_instant(text, "Europe/Berlin") == us(instant)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-3-1",
        "01.03.2026",
        "2026-02-29",
        "2026-13-01",
        "20260301",
        "2026-W10-1",
        "2026-03-01 24:30",
        "2026-03-01 14",
        "2026-03-01 14:30 CET",
        "2026-03-01 14:30+99:00",
        "1969-12-31",
        "9999-12-31",
        "٢٠٢٦-03-01",
        "x" * 1000,
    ],
)
def test_what_is_no_instant_is_refused_in_one_short_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="is not a time; write 2026-03-01") as caught:
        period.parse_instant(text, "Europe/Berlin")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 180


@settings(max_examples=300, deadline=None)
@given(instant=INSTANTS, name=st.sampled_from(ZONES))
def test_what_is_shown_is_read_back_as_the_same_instant(instant: int, name: str) -> None:
    assert period.parse_instant(period.format_instant(instant, name, exact=True), "UTC") == instant
    shown = period.format_instant(instant, name)
    assert period.parse_instant(shown, "UTC") == instant // SECOND_US * SECOND_US


@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"])
def test_zones_of_the_database_are_known(name: str) -> None:
    assert period.valid_timezone(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Berlin",
        "Europe",
        "europe",
        "Europe/Berlino",
        "../UTC",
        "/etc/localtime",
        "right/UTC",
        "localtime",
        "UTC\0",
        "x" * 300,
        "tzdata.zi",
    ],
)
def test_other_names_are_no_zones_and_asking_for_them_is_one_sentence(name: str) -> None:
    assert not period.valid_timezone(name)
    with pytest.raises(ValueError, match="is not a time zone; write one such as"):
        period.day_number(0, name)


@pytest.mark.parametrize(
    ("begin", "months", "end"),
    [
        ("2026-01-15 10:00", 1, "2026-02-15 10:00"),
        ("2026-01-31 10:00", 1, "2026-02-28 10:00"),
        ("2028-01-31 10:00", 1, "2028-02-29 10:00"),
        ("2026-12-31 23:59", 2, "2027-02-28 23:59"),
        ("2026-03-31 12:00", 12, "2027-03-31 12:00"),
        ("2026-05-31 12:00", 0, "2026-05-31 12:00"),
        # a time that the clocks skip ends at the end of the gap
        ("2026-02-28 02:30", 1, "2026-03-28 02:30"),
        ("2025-02-28 02:30", 13, "2026-03-28 02:30"),
        ("2026-01-29 02:30", 2, "2026-03-29 03:00"),
    ],
)
def test_a_month_later_is_the_same_day_or_the_last_one_of_its_month(
    begin: str, months: int, end: str
) -> None:
    zone = "Europe/Berlin"
    begin_us = period.parse_instant(begin, zone)
    assert period.add_months(begin_us, months, zone) == period.parse_instant(end, zone)


@given(INSTANTS, st.integers(1, 48), st.sampled_from(ZONES))
def test_months_go_forward_and_keep_their_order(begin_us: int, months: int, zone: str) -> None:
    end_us = period.add_months(begin_us, months, zone)
    assert begin_us + (28 * months - 2) * DAY_US < end_us < begin_us + (31 * months + 2) * DAY_US
    assert end_us <= period.add_months(begin_us + HOUR_US, months, zone)


VALIDITIES = st.builds(
    Validity, st.integers(1, 60), st.sampled_from(list(Span)), to_day_end=st.booleans()
)


@given(INSTANTS, VALIDITIES, st.sampled_from(ZONES))
def test_a_validity_lasts_and_to_the_end_of_the_day_adds_less_than_a_day(
    begin_us: int, validity: Validity, zone: str
) -> None:
    end_us = period.validity_end_us(begin_us, validity, zone)
    assert end_us > begin_us
    plain_us = period.validity_end_us(begin_us, replace(validity, to_day_end=False), zone)
    if not validity.to_day_end:
        assert end_us == plain_us
        return
    # of the last day of which it holds anything
    day_of_end = period.day_number(plain_us - 1, zone)
    assert end_us == period.day_bounds_us(day_of_end, zone)[1] >= plain_us


@given(INSTANTS, st.integers(1, 40), st.sampled_from(ZONES), st.integers(1, 4))
def test_whole_days_renewed_at_their_end_add_exactly_as_many(
    begin_us: int, days: int, zone: str, times: int
) -> None:
    validity = Validity(days, to_day_end=True)
    end_us = period.validity_end_us(begin_us, validity, zone)
    last_day = period.day_number(end_us - 1, zone)
    for _ in range(times):
        end_us = period.validity_end_us(end_us, validity, zone)
        last_day += days
    # where a country skipped the day on the calendar, the wall has none of it to show
    assert period.day_number(end_us - 1, zone) in (last_day - 1, last_day, last_day + 1)


@given(INSTANTS, st.integers(1, 1_000), st.booleans(), st.sampled_from(ZONES))
def test_hours_are_hours_whatever_the_wall_shows(
    begin_us: int, hours: int, to_day_end: bool, zone: str
) -> None:
    end_us = period.validity_end_us(begin_us, Validity(hours, Span.HOURS, to_day_end), zone)
    assert end_us >= begin_us + hours * HOUR_US
    assert to_day_end or end_us == begin_us + hours * HOUR_US
