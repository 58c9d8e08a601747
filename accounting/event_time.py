"""When something happened, as far as a device can be believed (field notes 9.3).

A device tells the time by Event-Timestamp, by Acct-Delay-Time, or not at all, and its clock may
say 1970. The clock here is the arrival; what the device says is used only within a limit, and a
clock that disagrees is reported rather than obeyed.
"""

from __future__ import annotations

from typing import NamedTuple

from domain.seams import US_PER_S
from domain.usage import Usage

DELAY_MAX_S = 7 * 86_400  # a longer Acct-Delay-Time is not believed
CLOCK_UNSET_US = 1_000_000_000 * US_PER_S  # hostapd's mark: before 2001-09-09 no clock was set


class EventTime(NamedTuple):
    """The instant to rate by, and whether the device's clock disagrees (alarm)."""

    at_us: int
    clock_wrong: bool
    stale: bool  # it carries a set clock's timestamp that is long past: a replay or a late queue


def event_time(usage: Usage, skew_limit_s: int) -> EventTime:
    """The event time of a record: ACC-08, Q-17, Q-18. Never later than its arrival."""
    delay_s = usage.delay_s if 0 <= usage.delay_s <= DELAY_MAX_S else 0
    sent_us = usage.arrived_us - delay_s * US_PER_S
    stamped_us = usage.event_timestamp_us
    if stamped_us is None:
        return EventTime(sent_us, False, False)
    skew_us = stamped_us - sent_us
    if abs(skew_us) > skew_limit_s * US_PER_S:
        stale = CLOCK_UNSET_US <= stamped_us < sent_us
        return EventTime(sent_us, True, stale)
    return EventTime(min(stamped_us, usage.arrived_us), False, False)
