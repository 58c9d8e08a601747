"""Periods of an anchor: contiguous in every zone, and never adrift from their day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain.anchor import (
    anchor_of_day,
    day_of_month,
    days_of_month,
    period_bounds_us,
    period_start_us,
    renewal_end_us,
)
from domain.period import DAY_US, add_days, format_instant, parse_instant, validity_end_us
from domain.plan_words import Span, Validity
from domain.pricing import Period
from tests.zones.check import check_periods
from tests.zones.clocks import DAY_S, EPOCH, FROM_S, SECOND_US, UNTIL_S, ZONES, us

# Clocks that jump: an hour, the other way round, half an hour, at midnight, a day that is missing.
JUMPY = (
    "Europe/Berlin",
    "America/New_York",
    "Europe/Dublin",
    "Australia/Lord_Howe",
    "America/St_Johns",
    "America/Sao_Paulo",
    "Pacific/Apia",
    "Pacific/Kwajalein",
    "Africa/Casablanca",
)
INSTANTS = st.integers(FROM_S * SECOND_US, UNTIL_S * SECOND_US)
PERIODS = st.sampled_from((Period.DAY, Period.WEEK, Period.MONTH))
MONTH = Validity(1, Span.MONTHS)


def begins(period: Period, anchor: str, zone: str, *instants: str) -> list[str]:
    """The first local minute of the period that holds each instant."""
    anchor_us = parse_instant(anchor, zone)
    return [
        format_instant(
            period_start_us(parse_instant(instant, zone), period, anchor_us, zone), zone
        )[:16]
        for instant in instants
    ]


def test_t4_an_anchor_of_the_31st_is_the_last_day_of_each_month() -> None:
    zone, anchor_us = "Europe/Berlin", parse_instant("2026-01-31 18:00", "Europe/Berlin")
    at_us, found = anchor_us, []
    for _ in range(6):
        at_us = period_bounds_us(at_us, Period.MONTH, anchor_us, zone)[1]
        found.append(format_instant(at_us, zone)[:16])
    assert found == [f"2026-{day} 00:00" for day in "02-28 03-31 04-30 05-31 06-30 07-31".split()]


def test_t7_an_anchor_of_29_february_comes_back_to_the_29th() -> None:
    found = begins(
        Period.MONTH, "2024-02-29", "UTC", "2025-03-01", "2025-02-28", "2025-03-30", "2028-03-01"
    )
    assert [text[:10] for text in found] == ["2025-02-28", "2025-02-28", "2025-03-29", "2028-02-29"]


def test_weeks_begin_on_the_weekday_of_the_anchor_before_it_too() -> None:
    assert begins(
        Period.WEEK, "2026-11-05 23:00", "Asia/Kathmandu", "2026-11-11", "2026-11-12", "2020-01-01"
    ) == ["2026-11-05 00:00", "2026-11-12 00:00", "2019-12-26 00:00"]


def test_t6_a_period_that_begins_on_a_day_without_midnight_begins_with_the_day() -> None:
    # On 4 November 2018 clocks in Sao Paulo went from 23:59 to 01:00.
    assert begins(Period.MONTH, "2018-10-04", "America/Sao_Paulo", "2018-11-10") == [
        "2018-11-04 01:00"
    ]


def test_a_period_that_begins_on_a_day_that_was_skipped_begins_with_the_next() -> None:
    # Samoa had no 30 December 2011.
    assert begins(Period.MONTH, "2011-08-30", "Pacific/Apia", "2011-12-29", "2011-12-31") == [
        "2011-11-30 00:00",
        "2011-12-31 00:00",
    ]


def test_sessions_and_validity_are_no_periods_of_an_anchor() -> None:
    with pytest.raises(AssertionError, match="validity"):
        period_bounds_us(0, Period.VALIDITY, 0, "UTC")


@pytest.mark.parametrize("zone", JUMPY)
def test_t5_periods_are_contiguous_and_begin_when_the_wall_says(zone: str) -> None:
    from_s = us("2008-01-01T00:00:00Z") // SECOND_US
    until_s = us("2013-01-01T00:00:00Z") // SECOND_US
    for period, day in ((Period.DAY, 1), (Period.WEEK, 3), (Period.MONTH, 29), (Period.MONTH, 31)):
        n = check_periods(zone, period, date(2000, 1, day), from_s=from_s, until_s=until_s)
        assert n >= {Period.DAY: 1826, Period.WEEK: 261, Period.MONTH: 60}[period]


@settings(max_examples=200, deadline=None)
@given(at_us=INSTANTS, anchor_us=INSTANTS, period=PERIODS, zone=st.sampled_from(ZONES))
def test_t5_the_period_of_an_instant_holds_it_and_the_next_begins_at_its_end(
    at_us: int, anchor_us: int, period: Period, zone: str
) -> None:
    start_us, end_us = period_bounds_us(at_us, period, anchor_us, zone)
    assert start_us <= at_us < end_us
    for inside_us in (start_us, end_us - 1):
        assert period_bounds_us(inside_us, period, anchor_us, zone) == (start_us, end_us)
    assert period_start_us(end_us, period, anchor_us, zone) == end_us


def naive_months(anchor: date, months: int) -> date:
    """The anchor's day so many months later, found by walking back from the 31st."""
    year, month = divmod(anchor.year * 12 + anchor.month - 1 + months, 12)
    for day in range(anchor.day, 27, -1):
        try:
            return date(year, month + 1, day)
        except ValueError:
            continue
    return date(year, month + 1, anchor.day)


@settings(max_examples=150, deadline=None)
@given(
    at_us=INSTANTS,
    zone=st.sampled_from(ZONES),
    lengths=st.lists(st.integers(1, 14), min_size=1, max_size=12),
    to_day_end=st.booleans(),
)
@example(
    at_us=us("2024-01-31T10:30:00Z"), zone="Europe/Dublin", lengths=[1, 1, 12], to_day_end=True
)
def test_t4_months_that_are_renewed_again_and_again_end_where_they_would_if_bought_at_once(
    at_us: int, zone: str, lengths: list[int], *, to_day_end: bool
) -> None:
    end_us, anchor_us = renewal_end_us(
        at_us, Validity(lengths[0], Span.MONTHS, to_day_end), None, zone
    )
    assert anchor_us == at_us
    for months in lengths[1:]:
        end_us, anchor_us = renewal_end_us(
            end_us, Validity(months, Span.MONTHS, to_day_end), anchor_us, zone
        )
        assert anchor_us == at_us
    assert end_us == validity_end_us(at_us, Validity(sum(lengths), Span.MONTHS, to_day_end), zone)


def test_t4_a_paid_month_of_the_31st_does_not_drift_and_keeps_its_time_of_day() -> None:
    zone = "Europe/Berlin"
    end_us, anchor_us = parse_instant("2027-01-31 14:30", zone), None
    first = date(2027, 1, 31)
    for months in range(1, 40):
        end_us, anchor_us = renewal_end_us(end_us, MONTH, anchor_us, zone)
        expected = f"{naive_months(first, months)} 14:30"
        assert format_instant(end_us, zone)[:16] == expected


@pytest.mark.parametrize("moved_us", [1, -1, DAY_US, 3 * DAY_US, 400 * DAY_US])
def test_months_that_begin_anywhere_else_begin_a_series_of_their_own(moved_us: int) -> None:
    anchor_us = parse_instant("2026-01-31 14:30", "Europe/Rome")
    begin_us = parse_instant("2026-02-28 14:30", "Europe/Rome") + moved_us
    end_us, kept_us = renewal_end_us(begin_us, MONTH, anchor_us, "Europe/Rome")
    assert kept_us == begin_us
    assert end_us == validity_end_us(begin_us, MONTH, "Europe/Rome")


def test_an_extension_to_the_31st_makes_that_the_anchor() -> None:
    zone = "UTC"
    end_us, anchor_us = renewal_end_us(parse_instant("2026-01-15", zone), MONTH, None, zone)
    end_us, anchor_us = renewal_end_us(add_days(end_us, 44, zone), MONTH, anchor_us, zone)
    assert format_instant(end_us, zone)[:10] == "2026-04-30"
    end_us, anchor_us = renewal_end_us(end_us, MONTH, anchor_us, zone)
    assert format_instant(end_us, zone)[:10] == "2026-05-31"


def test_days_need_no_anchor_and_leave_it_where_it_is() -> None:
    thirty = Validity(30)
    begin_us = parse_instant("2026-05-17 09:00", "UTC")
    assert renewal_end_us(begin_us, thirty, None, "UTC") == (begin_us + 30 * DAY_US, begin_us)
    assert renewal_end_us(begin_us, thirty, 5, "UTC") == (begin_us + 30 * DAY_US, 5)


def test_a_day_is_what_the_calendar_calls_one() -> None:
    start_us, end_us = period_bounds_us(us("2026-03-29T12:00:00Z"), Period.DAY, 0, "Europe/Paris")
    assert end_us - start_us == 23 * 3_600 * SECOND_US
    assert (EPOCH + timedelta(microseconds=start_us)).isoformat() == "2026-03-28T23:00:00+00:00"
    assert DAY_S * SECOND_US == DAY_US


@pytest.mark.parametrize(
    ("day", "now", "anchor"),
    [
        (1, "2026-03-01 00:00", "2026-03-01"),
        (20, "2026-03-19 23:59", "2026-02-20"),
        (31, "2026-03-30 12:00", "2026-01-31"),  # February has none
        (30, "2026-03-29 12:00", "2026-01-30"),
        (29, "2026-02-28 12:00", "2026-01-29"),
        (31, "2026-05-31 00:00", "2026-05-31"),
    ],
)
def test_t4_the_anchor_of_a_day_is_the_newest_midnight_that_begins_it(
    day: int, now: str, anchor: str
) -> None:
    now_us = parse_instant(now, "Europe/Berlin")
    found = anchor_of_day(day, now_us, "Europe/Berlin")
    assert format_instant(found, "Europe/Berlin")[:16] == f"{anchor} 00:00"


@given(st.integers(1, 31), INSTANTS, st.sampled_from(JUMPY))
@settings(max_examples=60, deadline=None)
def test_t4_months_of_a_day_begin_on_it_or_on_the_last_day(
    day: int, now_us: int, zone: str
) -> None:
    anchor_us = anchor_of_day(day, now_us, zone)
    assert anchor_us <= now_us
    start_us = period_start_us(now_us, Period.MONTH, anchor_us, zone)
    if zone != "Pacific/Apia" and zone != "Pacific/Kwajalein":  # which lost a day altogether
        assert day_of_month(start_us, zone) == min(day, days_of_month(start_us, zone))
