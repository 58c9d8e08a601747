"""Local days, hours and validity: the one place that knows time zones.

Storage knows instants (`*_us`, UTC). People know clocks on a wall, which jump. One rule leads from
the wall to an instant (T6): the first instant at which the wall shows that time or a later one.
So a time that does not exist moves forward to the end of the gap, an ambiguous one is the first of
the two, and order on the wall is never turned round. Local days are what lies between two
midnights under that rule: half-open, without gap or overlap (T5), of 23, 24 or 25 hours, and of
none where a country skipped one.

A boundary that was billed is stored as an instant and not computed again.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from domain.plan import Hours, Span, Validity

SECOND_US = 1_000_000
DAY_S = 86_400
DAY_US = DAY_S * SECOND_US

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_WALL = datetime(1970, 1, 1)  # noqa: DTZ001 - a clock on a wall has no zone
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_ONE_US = timedelta(microseconds=1)
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
    r"(Z|[+-][0-9]{2}:[0-9]{2}(:[0-9]{2})?)?)?"
)


def valid_timezone(name: str) -> bool:
    """Is this a zone of the IANA database, such as `Europe/Berlin` or `UTC`?"""
    try:
        _zone(name)
    except ValueError:
        return False
    return True


def day_number(us: int, timezone: str) -> int:
    """Return the local day that `us` lies in, in days since 1970-01-01.

    It never falls while time goes on: where a clock is set back past midnight, the hour that is
    lived again belongs to the new day already. Raises ValueError for an unknown zone.
    """
    for start_us, day in _starts(us // DAY_US, timezone):
        if us >= start_us:
            return day
    raise AssertionError(f"no local day of {timezone} holds {us}")


def day_bounds_us(day: int, timezone: str) -> tuple[int, int]:
    """Return the first instant of a local day and that of the next one."""
    return midnight_us(day, timezone), midnight_us(day + 1, timezone)


@lru_cache(maxsize=32_768)
def midnight_us(day: int, timezone: str) -> int:
    """Return the first instant of a local day."""
    return wall_us(day, 0, timezone)


def wall_us(day: int, second: int, timezone: str) -> int:
    """Return the first instant at which the wall shows a second (0 ... 86400) of a local day."""
    wall = _EPOCH_WALL + timedelta(days=day, seconds=second)
    return _first_instant_us(wall, _zone(timezone))


def add_days(us: int, days: int, timezone: str) -> int:
    """Return the instant at which the wall shows the same time, `days` local days later (T6)."""
    if days == 0:
        return us
    wall = (_EPOCH + timedelta(microseconds=us)).astimezone(_zone(timezone)).replace(tzinfo=None)
    return _first_instant_us(wall + timedelta(days=days), _zone(timezone))


def add_months(us: int, months: int, timezone: str) -> int:
    """Return the instant at which the wall shows the same time, so many months later (T6).

    A day that the month lacks is its last day: 31 January and a month is 28 or 29 February.
    """
    if months == 0:
        return us
    wall = (_EPOCH + timedelta(microseconds=us)).astimezone(_zone(timezone)).replace(tzinfo=None)
    year, month = divmod(wall.year * 12 + wall.month - 1 + months, 12)
    day = min(wall.day, monthrange(year, month + 1)[1])
    return _first_instant_us(wall.replace(year=year, month=month + 1, day=day), _zone(timezone))


def validity_end_us(us: int, validity: Validity, timezone: str) -> int:
    """Return the end of a validity that begins at `us`, in a zone.

    To the end of the day means: of the last day of which it holds anything. So one that begins at
    midnight lasts whole days, and renewing at its end adds exactly as many.
    """
    if validity.span is Span.HOURS:
        end_us = us + validity.count * 3_600 * SECOND_US
    elif validity.span is Span.DAYS:
        end_us = add_days(us, validity.count, timezone)
    else:
        end_us = add_months(us, validity.count, timezone)
    if validity.to_day_end:
        end_us = day_bounds_us(day_number(end_us - 1, timezone), timezone)[1]
    return end_us


def within_hours(us: int, hours: tuple[Hours, ...], timezone: str) -> bool:
    """May one log in at this instant? No windows at all mean: always."""
    return not hours or _window_end_us(us, hours, timezone) is not None


def hours_end_us(us: int, hours: tuple[Hours, ...], timezone: str) -> int | None:
    """Return the instant at which the hours that hold `us` are over; None if they never are.

    Windows that touch or overlap count as one, over midnight and over the weekend too. Outside
    the hours they are over now: the answer is `us` itself.
    """
    if not hours:
        return None
    end_us = us
    while (next_us := _window_end_us(end_us, hours, timezone)) is not None:
        end_us = next_us
        if end_us - us > 9 * DAY_US:  # every weekday has been passed: the hours cover the week
            return None
    return end_us


def parse_instant(text: str, timezone: str) -> int:
    """Return the instant of `2026-03-01`, `2026-03-01 14:30[:05]` or the same with `Z`/`+01:00`.

    Without an offset it is what the wall shows in the zone. Raises ValueError with one sentence.
    """
    text = text.strip()
    try:
        if _INSTANT.fullmatch(text) is None:
            raise ValueError(text)
        moment = datetime.fromisoformat(text)
        if not 1970 <= moment.year < 9999:
            raise ValueError(text)
    except ValueError:
        shown = repr(text[:40])
        raise ValueError(
            f"{shown} is not a time; write 2026-03-01 or 2026-03-01 14:30, "
            "with an offset such as +01:00 if it is not local"
        ) from None
    if moment.tzinfo is None:
        return _first_instant_us(moment, _zone(timezone))
    return (moment - _EPOCH) // _ONE_US


def format_instant(us: int, timezone: str, *, exact: bool = False) -> str:
    """Return an instant as the wall shows it, with its offset: `2026-03-01 14:30:05+01:00`.

    Fractions of a second are cut off, unless it is to be `exact`.
    """
    moment = (_EPOCH + timedelta(microseconds=us)).astimezone(_zone(timezone))
    return moment.isoformat(sep=" ", timespec="microseconds" if exact else "seconds")


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo:
    """The zone of that name. Raises ValueError with one sentence."""
    try:
        # right/ counts leap seconds, which instants here do not have; localtime depends on the
        # machine.
        if name.startswith("right/") or name == "localtime":
            raise ValueError(name)
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(
            f"{name[:60]!r} is not a time zone; write one such as UTC or Europe/Berlin"
        ) from None


@lru_cache(maxsize=16_384)
def _starts(utc_day: int, timezone: str) -> tuple[tuple[int, int], ...]:
    """The local days that can reach into a UTC day, newest first, each with its first instant."""
    days = range(utc_day + 1, utc_day - 3, -1)
    return tuple([(midnight_us(day, timezone), day) for day in days])


def _first_instant_us(wall: datetime, zone: ZoneInfo) -> int:
    """The first instant at which the wall shows `wall` or later."""
    wall_us = (wall - _EPOCH_WALL) // _ONE_US
    before_us = _offset_us(wall.replace(tzinfo=zone, fold=0))
    after_us = _offset_us(wall.replace(tzinfo=zone, fold=1))
    if before_us >= after_us:
        return wall_us - before_us
    # Within a gap. The jump lies after `low` and not after `high`; clocks jump on whole seconds.
    low, high = (wall_us - after_us) // SECOND_US, -((before_us - wall_us) // SECOND_US)
    while high - low > 1:
        middle = (low + high) // 2
        jumped = (_EPOCH + timedelta(seconds=middle)).astimezone(zone)
        if _offset_us(jumped) == before_us:
            low = middle
        else:
            high = middle
    return high * SECOND_US


def _offset_us(moment: datetime) -> int:
    """How far the wall is ahead of UTC at a moment."""
    offset = moment.utcoffset()
    assert offset is not None  # every zone of the database has one
    return offset // _ONE_US


def _window_end_us(us: int, hours: tuple[Hours, ...], timezone: str) -> int | None:
    """The latest end of the windows that hold `us`, None if none does."""
    day = day_number(us, timezone)
    weekday = (day + 3) % 7 + 1  # 1970-01-01 was a Thursday
    ends = [
        end_us
        for window in hours
        if weekday in window.days
        and wall_us(day, window.from_s, timezone) <= us
        and us < (end_us := wall_us(day, window.until_s, timezone))
    ]
    return max(ends, default=None)
