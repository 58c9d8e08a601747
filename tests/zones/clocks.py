"""The clocks of every zone, read without the rooms under test: when they jump, what they show.

The oracle of local time is one sentence: under the rule of the wall (T6) an hour of the wall has
come as soon as the wall has ever shown it or a later one. So at every second it is the furthest
that the wall has shown so far that tells day and hour, and nothing need be turned from a wall into
an instant.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND_US = 1_000_000
DAY_S = 86_400
ZONES = sorted(name for name in available_timezones() if name != "localtime")
FROM_S = int((datetime(1990, 1, 1, tzinfo=UTC) - EPOCH).total_seconds())
UNTIL_S = int((datetime(2040, 1, 1, tzinfo=UTC) - EPOCH).total_seconds())


def us(text: str) -> int:
    """The instant of an ISO time with offset."""
    return (datetime.fromisoformat(text) - EPOCH) // timedelta(microseconds=1)


def ahead_s(second: int, zone: ZoneInfo) -> int:
    """How far the wall is ahead of UTC at a second."""
    offset = datetime.fromtimestamp(second, zone).utcoffset()
    assert offset is not None
    return offset.days * DAY_S + offset.seconds


def wall_s(second: int, zone: ZoneInfo) -> int:
    """What the wall shows at a second, as if it were UTC."""
    return second + ahead_s(second, zone)


@cache
def jumps(name: str) -> tuple[int, ...]:
    """The seconds of 1990-2039 at which the clocks of a zone jump."""
    zone = ZoneInfo(name)

    def within(low: int, high: int) -> Iterator[int]:
        if ahead_s(low, zone) == ahead_s(high, zone):
            return
        while high - low > 1:
            middle = (low + high) // 2
            if ahead_s(middle, zone) == ahead_s(low, zone):
                low = middle
            else:
                high = middle
        yield high

    step = 6 * DAY_S  # Ramadan's pause of summer time in Morocco lasts longer than that
    return tuple(jump for low in range(FROM_S, UNTIL_S, step) for jump in within(low, low + step))


@cache
def clock(name: str) -> tuple[tuple[int, int], ...]:
    """How a zone's clocks go in those years: (from second, seconds ahead of UTC), in order."""
    zone = ZoneInfo(name)
    return tuple((second, ahead_s(second, zone)) for second in (FROM_S, *jumps(name)))


def distinct() -> dict[tuple[tuple[int, int], ...], list[str]]:
    """The clocks there are, and the zones that go by each: many names are one zone."""
    found: dict[tuple[tuple[int, int], ...], list[str]] = {}
    for name in ZONES:
        found.setdefault(clock(name), []).append(name)
    return found


def shown_s(second: int, name: str) -> int:
    """The furthest that the wall has shown up to a second, as if it were UTC (see above)."""
    spans = clock(name)
    index = bisect_right(spans, (second, DAY_S * 2)) - 1
    furthest = second + spans[index][1]
    # No clock was ever set back by more than a day, and a second time so soon.
    while index > 0 and spans[index][0] >= second - 3 * DAY_S:
        index -= 1
        furthest = max(furthest, spans[index + 1][0] - 1 + spans[index][1])
    return furthest
