"""Periods that are reckoned from a subscriber's own day, and never from the period before.

A month that is added to a month drifts: 31 January, 28 February, 28 March. So every boundary is
computed from the anchor (T4): the day of the anchor in that month, or the month's last day; an
anchor of 29 February comes back to the 29th in leap years (T7). Days, weeks and months of an
account begin at local midnight, months and weeks on the anchor's day; under the rule of the wall
(`domain.period`) they are half-open and contiguous in every zone (T5), though of a day that a
country skipped nothing is left. Paid months keep the anchor's time of day instead, as what was
sold at 14:30 ends at 14:30.

The anchor is one instant, kept with the subscriber: its first purchase, where a series of
purchases began again, or the billing day that somebody set. Paid months have another one once their
ends were moved. What was computed from it and sold or opened is stored, not computed again.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from functools import lru_cache
from typing import Final

from domain.period import day_number, midnight_us, validity_end_us
from domain.plan_words import Span, Validity
from domain.pricing import Period

_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()
_WEEK_DAYS: Final = 7


def period_bounds_us(us: int, period: Period, anchor_us: int, timezone: str) -> tuple[int, int]:
    """Return the first instant of the day, week or month that holds `us`, and of the next one.

    The instant may lie before the anchor: periods reach back as they reach ahead. Never empty.
    Sessions and validity have their own ends and are no question for here (assertion).
    """
    phase = 0
    if period is not Period.DAY:
        anchor = day_number(anchor_us, timezone)
        phase = anchor % _WEEK_DAYS if period is Period.WEEK else _date(anchor).day
    return _bounds_us(day_number(us, timezone), period, phase, timezone)


def period_start_us(us: int, period: Period, anchor_us: int, timezone: str) -> int:
    """Return the first instant of the day, week or month that holds `us`."""
    return period_bounds_us(us, period, anchor_us, timezone)[0]


def day_of_month(us: int, timezone: str) -> int:
    """Return the local day of the month of an instant: of an anchor, the day months begin on."""
    return _date(day_number(us, timezone)).day


def days_of_month(us: int, timezone: str) -> int:
    """Return how many days the local month of an instant has."""
    day = _date(day_number(us, timezone))
    return monthrange(day.year, day.month)[1]


def anchor_of_day(day: int, now_us: int, timezone: str) -> int:
    """Return the newest midnight up to now that begins the given day of a month, 1 to 31.

    Months from it begin on that day, or on the last day of those that are shorter (T4).
    """
    assert 1 <= day <= 31, "no month has such a day"
    today = _date(day_number(now_us, timezone))
    month = today.year * 12 + today.month - 1
    if today.day < day:
        month -= 1
    while monthrange(*_year_month(month))[1] < day:
        month -= 1
    return midnight_us(_day_of(month, day), timezone)


def _year_month(month: int) -> tuple[int, int]:
    """Year and month, 1 to 12, of a month counted from year 0."""
    year, index = divmod(month, 12)
    return year, index + 1


def renewal_end_us(
    begin_us: int, validity: Validity, anchor_us: int | None, timezone: str
) -> tuple[int, int]:
    """Return the end of a validity that is bought to begin at `begin_us`, and the anchor to keep.

    Months that begin where months from the anchor end go on from the anchor (T4). Where they do
    not - after a break, an extension, a change of zone, or without an anchor - the series begins
    anew, and so does the anchor. Other validities end as `validity_end_us` says and have no need
    of the anchor: it stays, or is `begin_us` if there was none.
    """
    if validity.span is Span.MONTHS and anchor_us is not None:
        months = _months_between(anchor_us, begin_us, validity, timezone)
        if months is not None:
            so_far = Validity(months + validity.count, Span.MONTHS, validity.to_day_end)
            return validity_end_us(anchor_us, so_far, timezone), anchor_us
    if validity.span is Span.MONTHS or anchor_us is None:
        anchor_us = begin_us
    return validity_end_us(begin_us, validity, timezone), anchor_us


@lru_cache(maxsize=16_384)
def _bounds_us(day: int, period: Period, phase: int, timezone: str) -> tuple[int, int]:
    """The bounds of the period that holds a local day; `phase`: the day of its week or month.

    Few of these are asked for, however many subscribers there are: they live now.
    """
    first, following = _days(day, period, phase)
    return midnight_us(first, timezone), midnight_us(following, timezone)


def _days(day: int, period: Period, phase: int) -> tuple[int, int]:
    """The local day on which the period that holds a day begins, and the next one's."""
    if period is Period.DAY:
        return day, day + 1
    if period is Period.WEEK:
        first = day - (day - phase) % _WEEK_DAYS
        return first, first + _WEEK_DAYS
    assert period is Period.MONTH, f"{period} is no period of an anchor"
    today = _date(day)
    month = today.year * 12 + today.month - 1
    if day < _day_of(month, phase):
        month -= 1
    return _day_of(month, phase), _day_of(month + 1, phase)


def _day_of(month: int, of_month: int) -> int:
    """The local day of a month (counted from year 0) that an anchor's day falls on (T4, T7)."""
    year, number = _year_month(month)
    last = monthrange(year, number)[1]
    return date(year, number, min(of_month, last)).toordinal() - _EPOCH_ORDINAL


def _months_between(anchor_us: int, begin_us: int, validity: Validity, timezone: str) -> int | None:
    """After how many months from the anchor does a validity end at `begin_us`? None: after none."""
    if begin_us == anchor_us:
        return 0
    anchor, begin = _date(day_number(anchor_us, timezone)), _date(day_number(begin_us, timezone))
    apart = (begin.year - anchor.year) * 12 + begin.month - anchor.month
    # The end of a day may be the first of the next month.
    for months in (apart - 1, apart):
        so_far = Validity(months, Span.MONTHS, validity.to_day_end)
        if months > 0 and validity_end_us(anchor_us, so_far, timezone) == begin_us:
            return months
    return None


def _date(day: int) -> date:
    """The date of a local day."""
    return date.fromordinal(_EPOCH_ORDINAL + day)
