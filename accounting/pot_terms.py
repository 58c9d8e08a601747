"""What an account's periods are reckoned from, and which of them hold within a span of time.

A pot belongs to a period: a day, week or month of the subscriber's anchor, or a validity period
of what was bought. Logins of one account that have the same periods of a plan share its pots; a
login with another anchor has periods, and pots, of its own. Periods are asked for by the time of
usage and not by the time at which it was told, so that what is reported late is counted where it
happened.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from domain.account import Subscriber
from domain.anchor import period_bounds_us
from domain.period import DAY_US
from domain.plan import Plan
from domain.pricing import Period

# A record that reaches further back is of a device that lost its clock: what it says of the time
# before lies in the first of the periods since then.
BACK_MAX_US: Final = 62 * DAY_US


class Terms(NamedTuple):
    """The times of one subscriber under one plan."""

    account_id: int
    timezone: str
    anchor_us: int
    starts_us: tuple[
        int, ...
    ]  # where validity periods begin, those known, oldest first; never none
    until_us: int | None  # the end of the last of them; None: it never ends


class Span(NamedTuple):
    """One period. `until_us` None: it has not been followed by another, whenever it ends."""

    start_us: int
    until_us: int | None


def terms_of(subscriber: Subscriber, plan: Plan) -> Terms:
    """Return the terms of a subscriber; without an anchor its creation is one."""
    anchor_us = subscriber.anchor_us
    return Terms(
        account_id=subscriber.account_id,
        timezone=subscriber.timezone or plan.timezone,
        anchor_us=subscriber.created_us if anchor_us is None else anchor_us,
        starts_us=tuple(sorted({subscriber.period_start_us, *subscriber.periods_ahead_us})),
        until_us=subscriber.valid_until_us if plan.package else None,
    )


def spans(terms: Terms, period: Period, from_us: int, to_us: int) -> list[Span]:
    """Return the periods of [from_us, to_us), oldest first; that of `to_us` if it is empty.

    Usage before the first validity period that is known belongs to that one.
    """
    if period is Period.VALIDITY:
        return _validities(terms, from_us, to_us)
    found: list[Span] = []
    at_us = to_us if from_us >= to_us else max(from_us, to_us - BACK_MAX_US)
    while not found or at_us < to_us:
        start_us, at_us = period_bounds_us(at_us, period, terms.anchor_us, terms.timezone)
        found.append(Span(start_us, at_us))
    return found


def _validities(terms: Terms, from_us: int, to_us: int) -> list[Span]:
    """The validity periods of a span of time."""
    starts_us = terms.starts_us
    ends_us = (*starts_us[1:], None)
    last_us = to_us if from_us >= to_us else to_us - 1
    return [
        Span(start_us, end_us)
        for start_us, end_us in zip(starts_us, ends_us, strict=True)
        if (start_us <= last_us or start_us == starts_us[0])
        and (end_us is None or end_us > min(from_us, last_us))
    ]
