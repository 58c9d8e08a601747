"""What must hold of periods and bands in one zone, however its clocks jump.

Periods are walked from end to end and compared with the furthest that the wall has shown
(`tests.zones.clocks`); bands are asked for around jumps and compared with what hours, weekdays and
holidays say of it. `make zones` does it in all zones; the tests of every day in a few.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from calendar import monthrange
from collections.abc import Iterable
from datetime import date
from itertools import pairwise

from domain.anchor import period_bounds_us
from domain.plan_words import Hours
from domain.pricing import Band, Holiday, OnHolidays, Period
from rating.timetable import Timetable
from tests.zones.clocks import DAY_S, EPOCH, FROM_S, SECOND_US, UNTIL_S, jumps, shown_s

_EPOCH_DAY = EPOCH.toordinal()
_ALL_WEEK = frozenset(range(1, 8))


def first_day(number: int, period: Period, anchor: date) -> int:
    """The day (since 1970) on which the period begins that holds a day, counted by going back."""
    while True:
        on = date.fromordinal(_EPOCH_DAY + number)
        last = monthrange(on.year, on.month)[1]
        if (
            period is Period.DAY
            or (period is Period.WEEK and on.weekday() == anchor.weekday())
            or (period is Period.MONTH and on.day == min(anchor.day, last))
        ):
            return number
        number -= 1


def check_periods(
    name: str, period: Period, anchor: date, *, from_s: int = FROM_S, until_s: int = UNTIL_S
) -> int:
    """Walk the periods of an anchor in a zone: without gap, overlap or drift. How many there are.

    The anchor is a date of January 2000, near noon of which no clock of any zone jumped.
    """
    anchor_us = ((anchor.toordinal() - _EPOCH_DAY) * DAY_S + DAY_S // 2) * SECOND_US
    anchor_us -= (shown_s(anchor_us // SECOND_US, name) * SECOND_US) - anchor_us
    starts_us: list[int] = []
    at_us, count = from_s * SECOND_US, 0
    while at_us < until_s * SECOND_US:
        start_us, end_us = period_bounds_us(at_us, period, anchor_us, name)
        assert start_us <= at_us < end_us, (name, period, anchor, at_us)
        if starts_us:
            assert start_us == at_us, (name, period, anchor, at_us)  # T5: it begins at that end
        begins_s = first_day(shown_s(at_us // SECOND_US, name) // DAY_S, period, anchor) * DAY_S
        if begins_s > shown_s(FROM_S, name):
            second = start_us // SECOND_US
            told = (name, period, anchor, start_us)
            assert start_us % SECOND_US == 0, told
            assert shown_s(second - 1, name) < begins_s <= shown_s(second, name), told
        starts_us.append(start_us)
        at_us, count = end_us, count + 1
    _check_near_jumps(name, period, anchor_us, [*starts_us, at_us])
    return count


def _check_near_jumps(name: str, period: Period, anchor_us: int, starts_us: list[int]) -> None:
    """Around each jump every instant lies in the period that the walk found there."""
    for jump in jumps(name):
        for near_us in (jump * SECOND_US - 1, jump * SECOND_US, (jump + 1_800) * SECOND_US):
            if starts_us[0] <= near_us < starts_us[-1]:
                index = bisect_right(starts_us, near_us)
                bounds = starts_us[index - 1], starts_us[index]
                assert period_bounds_us(near_us, period, anchor_us, name) == bounds, near_us


def band_on(bands: Iterable[Band], holidays: Iterable[Holiday], second: int, name: str) -> int:
    """The band that holds a second, by the furthest that the wall has shown."""
    number, of_day = divmod(shown_s(second, name), DAY_S)
    on = date.fromordinal(_EPOCH_DAY + number)
    holiday = any(
        (one.month, one.day) == (on.month, on.day) and one.year in (None, on.year)
        for one in holidays
    )
    for index, band in enumerate(bands, start=1):
        if holiday and band.on_holidays is OnHolidays.ALSO:
            return index
        if band.on_holidays is (OnHolidays.NEVER if holiday else OnHolidays.ONLY):
            continue
        for window in band.hours:
            if on.isoweekday() in window.days and window.from_s <= of_day < window.until_s:
                return index
    return 0


def random_bands(draw: random.Random) -> tuple[tuple[Band, ...], tuple[Holiday, ...]]:
    """Some bands and holidays of any kind; their edges lie where clocks like to jump."""
    bands = []
    for number in range(draw.randint(1, 4)):
        hours = []
        for _ in range(draw.randint(1, 3)):
            low = draw.choice((0, 60, 3_600, 5_400, 7_200, 10_800, 43_200, 82_800, 84_600))
            high = draw.choice((1_800, 7_200, 9_000, 10_800, 61_200, 86_340, 86_400))
            low, high = min(low, high), max(low, high)
            days = _ALL_WEEK if draw.random() < 0.5 else frozenset(draw.sample(range(1, 8), 3))
            hours.append(Hours(days, low, max(high, low + 60)))
        bands.append(Band(f"band-{number}", tuple(hours), draw.choice(tuple(OnHolidays))))
    holidays = [Holiday("one", draw.randint(1, 12), draw.randint(1, 28)) for _ in range(20)]
    holidays += [
        Holiday("once", draw.randint(1, 12), draw.randint(1, 28), draw.randint(1990, 2039))
        for _ in range(20)
    ]
    return tuple(bands), tuple(holidays)


def check_bands(name: str, from_s: int, until_s: int, draw: random.Random) -> int:
    """Bands partition a span of time as the wall says. How many pieces there were."""
    bands, holidays = random_bands(draw)
    timetable = Timetable(bands, holidays, name)
    end_us = until_s * SECOND_US
    pieces = timetable.pieces(from_s * SECOND_US, end_us)
    edges = [until_us // SECOND_US for until_us, _ in pieces]
    told = (name, from_s, until_s, bands, holidays)
    assert pieces[-1][0] == end_us and edges[0] > from_s, told
    assert all(low < high for low, high in pairwise(edges)), told
    assert all(low[1] != high[1] for low, high in pairwise(pieces)), told
    seconds = {from_s, *edges[:-1], *(edge - 1 for edge in edges)}
    for second in (*sorted(seconds), *range(from_s, until_s, 1_783)):
        band = band_on(bands, holidays, second, name)
        until_us, found = pieces[bisect_right(edges, second)]
        assert found == band == timetable.band_at(second * SECOND_US), (*told, second)
        if until_us != end_us:
            assert timetable.next_change_us(second * SECOND_US) == until_us, (*told, second)
    # A new one, asked at the end first, says the same.
    again = Timetable(bands, holidays, name)
    assert again.band_at(end_us) == band_on(bands, holidays, until_s, name), told
    assert again.pieces(from_s * SECOND_US, end_us) == pieces, told
    return len(pieces)
