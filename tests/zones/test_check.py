"""The checks of `make zones` find what they are there to find, and nothing where all is well."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from domain.anchor import period_bounds_us
from domain.period import DAY_US, midnight_us
from domain.plan_words import Hours
from domain.pricing import Band, Period
from tests.zones import check, clocks
from tests.zones.check import check_bands, check_periods
from tests.zones.clocks import DAY_S, SECOND_US, ahead_s, clock, jumps, shown_s, us

Bounds = Callable[[int, Period, int, str], tuple[int, int]]
SPAN = {
    "from_s": us("2011-06-01T00:00:00Z") // SECOND_US,
    "until_s": us("2013-01-01T00:00:00Z") // SECOND_US,
}


def in_utc(at_us: int, period: Period, anchor_us: int, _zone: str) -> tuple[int, int]:
    """Periods that are not local."""
    return period_bounds_us(at_us, period, anchor_us, "UTC")


def of_the_28th(at_us: int, period: Period, anchor_us: int, zone: str) -> tuple[int, int]:
    """Months that have drifted."""
    return period_bounds_us(at_us, period, anchor_us - 3 * DAY_US, zone)


def with_a_gap(at_us: int, period: Period, anchor_us: int, zone: str) -> tuple[int, int]:
    """Periods that end too early."""
    start_us, end_us = period_bounds_us(at_us, period, anchor_us, zone)
    return start_us, end_us - (at_us < end_us - 1)


def of_24_hours(at_us: int, period: Period, anchor_us: int, zone: str) -> tuple[int, int]:
    """Days whose clocks never jump."""
    first_us = period_bounds_us(clocks.FROM_S * SECOND_US, period, anchor_us, zone)[0]
    days = (at_us - first_us) // DAY_US
    return first_us + days * DAY_US, first_us + (days + 1) * DAY_US


@pytest.mark.parametrize(
    ("period", "wrong"),
    [
        (Period.MONTH, in_utc),
        (Period.MONTH, of_the_28th),
        (Period.WEEK, with_a_gap),
        (Period.DAY, of_24_hours),
    ],
)
def test_periods_that_are_wrong_are_found(
    period: Period, wrong: Bounds, monkeypatch: pytest.MonkeyPatch
) -> None:
    anchor = date(2000, 1, 31)
    assert check_periods("Europe/Berlin", period, anchor, **SPAN) > 15
    monkeypatch.setattr(check, "period_bounds_us", wrong)
    with pytest.raises(AssertionError):
        check_periods("Europe/Berlin", period, anchor, **SPAN)


def test_bands_by_hours_since_midnight_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    morning = Band("morning", (Hours(frozenset(range(1, 8)), 5 * 3_600, 9 * 3_600),))
    monkeypatch.setattr(check, "random_bands", lambda _draw: ((morning,), ()))
    jump = jumps("Europe/Berlin")[40]
    draw = random.Random(1)
    assert check_bands("Europe/Berlin", jump - DAY_S, jump + DAY_S, draw) >= 4
    monkeypatch.setattr(
        "rating.timetable.wall_us",
        lambda day, second, zone: midnight_us(day, zone) + second * SECOND_US,
    )
    with pytest.raises(AssertionError):
        check_bands("Europe/Berlin", jump - DAY_S, jump + DAY_S, draw)


@pytest.mark.parametrize("name", ["Europe/Dublin", "Pacific/Apia", "America/St_Johns"])
def test_the_furthest_that_the_wall_has_shown_is_so(name: str) -> None:
    zone = ZoneInfo(name)
    for jump in jumps(name)[:6]:
        furthest = 0
        for second in range(jump - 7_200, jump + 3 * 3_600, 60):
            furthest = max(furthest, *(s + ahead_s(s, zone) for s in (second - 1, second)))
            # Between two of these minutes the wall may have gone on by less than one more.
            assert furthest <= shown_s(second, name) < furthest + 60


def test_zones_that_go_alike_are_one_clock() -> None:
    assert clock("Europe/Berlin") != clock("Europe/London")
    assert clock("Asia/Calcutta") == clock("Asia/Kolkata")
