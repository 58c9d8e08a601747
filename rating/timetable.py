"""When which band holds: the wall's weekdays, hours and holidays as instants of one time zone.

A band's hours are what the wall shows, and one rule leads from the wall to an instant: the first
at which it shows that time or a later one (T6, `domain.period`). So a band from 02:00 to 03:00 has
nothing on the day that lacks this hour and two hours on the day that has it twice, and bands
partition time, whatever the clocks do. Of several bands that hold, the first of the plan counts;
band 0 is the time that none of them holds, band n + 1 the plan's n-th.

What the wall shows on a kind of day (weekday, holiday or not) is worked out once; instants are
worked out for a day when it is asked for, and kept. Where bands change, a rise is cut; how it is
shared among the pieces (T3) is the walk's to say. Nothing here knows a price.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final, TypeAlias

from domain.period import DAY_S, DAY_US, day_bounds_us, day_number, wall_us
from domain.plan import Plan
from domain.pricing import Band, Holiday, OnHolidays

# Where pieces begin on the wall or in time, in order, and the band of each.
Day: TypeAlias = tuple[tuple[int, ...], tuple[int, ...]]

# A device that was silent for longer has lost its clock: what lies before is not cut by bands.
CUT_MAX_US: Final = 366 * DAY_US
# A change by a holiday of 29 February may be eight years ahead; what is farther is none.
_AHEAD_DAYS: Final = 9 * 366
_DAYS_KEPT: Final = 512
_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()


class Timetable:
    """The bands of a plan in one zone. Not changed by asking, but for what it remembers."""

    __slots__ = (
        "_band", "_change_us", "_days", "_every", "_from_us", "_kinds", "_once", "_same_until_us",
        "_same_us",         "_until_us", "_zone",
    )  # fmt: skip

    def __init__(self, bands: Sequence[Band], holidays: Iterable[Holiday], timezone: str) -> None:
        """Raises ValueError for an unknown zone."""
        day_number(0, timezone)  # or it is none
        listed = tuple(holidays)
        self._zone = timezone
        self._every = frozenset((one.month, one.day) for one in listed if one.year is None)
        self._once = frozenset(
            (one.year, one.month, one.day) for one in listed if one.year is not None
        )
        self._kinds: tuple[Day, ...] = tuple(
            _on_the_wall(bands, weekday, holiday=holiday)
            for holiday in (False, True)
            for weekday in range(1, 8)
        )
        self._days: dict[int, Day] = {}
        # The last answer: a band and the instants between which it is known to hold.
        self._band = self._from_us = self._until_us = 0
        # The last change that was looked for; from any instant between these two it is the same.
        self._same_us = self._same_until_us = 0
        self._change_us: int | None = None

    @classmethod
    def of(cls, plan: Plan, timezone: str = "") -> Timetable:
        """The timetable of a plan, in a subscriber's zone or the plan's own."""
        pricing = plan.pricing
        bands, holidays = (pricing.bands, pricing.holidays) if pricing else ((), ())
        return cls(bands, holidays, timezone or plan.timezone)

    def band_at(self, us: int) -> int:
        """Return the index of the band that holds an instant; 0: no band of the plan does."""
        if not self._from_us <= us < self._until_us:
            self._find(us)
        return self._band

    def next_change_us(self, us: int) -> int | None:
        """Return the first instant after `us` at which another band begins to hold.

        None: none does within nine years, as holidays of 29 February may be eight years apart.
        """
        if not self._same_us <= us < self._same_until_us:
            self._change_us = self._search(us)
            self._same_us, self._same_until_us = us, self._change_us or self._until_us
        return self._change_us

    def _search(self, us: int) -> int | None:
        """Find the next change after an instant; its band holds until `_until_us` at least."""
        band = self.band_at(us)
        if all(bands == (band,) for _seconds, bands in self._kinds):
            return None
        held_us = self._until_us
        day = day_number(held_us, self._zone)
        for ahead in range(day, day + _AHEAD_DAYS):
            if self._kinds[self._kind(ahead)][1] == (band,):
                continue
            for start_us, other in zip(*self._instants(ahead), strict=False):
                if start_us >= held_us and other != band:
                    return start_us
        return None

    def pieces(self, from_us: int, to_us: int) -> list[tuple[int, int]]:
        """Cut [from_us, to_us) where the band changes: (until_us, band), in time order.

        The last ends at `to_us`. From `to_us` on or after it, all of it is in the band of `to_us`.
        What lies more than 366 days before the end is in the band of that instant.
        """
        if from_us >= to_us:
            return [(to_us, self.band_at(to_us))]
        at_us = max(from_us, to_us - CUT_MAX_US)
        cut: list[tuple[int, int]] = []
        band = self.band_at(at_us)
        while (until_us := self._until_us) < to_us:
            following = self.band_at(until_us)
            if following != band:
                cut.append((until_us, band))
                band = following
        cut.append((to_us, band))
        return cut

    def _find(self, us: int) -> None:
        """Remember the band of an instant, and how long that day it has held and will hold."""
        day = day_number(us, self._zone)
        starts_us, bands = self._instants(day)
        index = bisect_right(starts_us, us) - 1
        self._band = bands[index]
        self._from_us, self._until_us = starts_us[index], starts_us[index + 1]

    def _instants(self, day: int) -> Day:
        """The pieces of a local day: first instants and that of the next day, and their bands.

        Of a day that was skipped there are none.
        """
        known = self._days.get(day)
        if known is not None:
            return known
        starts_us: list[int] = []
        bands: list[int] = []
        end_us = day_bounds_us(day, self._zone)[1]
        for second, band in zip(*self._kinds[self._kind(day)], strict=True):
            start_us = wall_us(day, second, self._zone)
            if starts_us and starts_us[-1] == start_us:  # the clocks left out what was before
                starts_us.pop()
                bands.pop()
            if start_us < end_us and (not bands or bands[-1] != band):
                starts_us.append(start_us)
                bands.append(band)
        if len(self._days) >= _DAYS_KEPT:
            self._days.clear()
        self._days[day] = found = (*starts_us, end_us), tuple(bands)
        return found

    def _kind(self, day: int) -> int:
        """Which of the kinds of days a local day is."""
        weekday = (day + 3) % 7  # 1970-01-01 was a Thursday; 0 is Monday
        if self._every or self._once:
            on = date.fromordinal(_EPOCH_ORDINAL + day)
            if (on.month, on.day) in self._every or (on.year, on.month, on.day) in self._once:
                return 7 + weekday
        return weekday


def _on_the_wall(bands: Sequence[Band], weekday: int, *, holiday: bool) -> Day:
    """The bands of a kind of day by the wall's seconds: each piece as long as it can be."""
    held = [_windows(band, weekday, holiday=holiday) for band in bands]
    cuts = sorted({0, *(second for windows in held for window in windows for second in window)})
    seconds: list[int] = []
    chosen: list[int] = []
    for second in cuts:
        if second >= DAY_S:
            break
        band = next(
            (
                index
                for index, windows in enumerate(held, start=1)
                if any(low <= second < high for low, high in windows)
            ),
            0,
        )
        if not chosen or chosen[-1] != band:
            seconds.append(second)
            chosen.append(band)
    return tuple(seconds), tuple(chosen)


def _windows(band: Band, weekday: int, *, holiday: bool) -> list[tuple[int, int]]:
    """The seconds of the wall in which a band holds on a kind of day, without regard to others."""
    if holiday and band.on_holidays is OnHolidays.ALSO:
        return [(0, DAY_S)]
    if holiday and band.on_holidays is OnHolidays.NEVER:
        return []
    if not holiday and band.on_holidays is OnHolidays.ONLY:
        return []
    return [(window.from_s, window.until_s) for window in band.hours if weekday in window.days]
