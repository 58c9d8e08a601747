"""Words that plans and their parts share: directions, roundings, hours and validity.

Beside `domain.plan`, so that what a plan consists of need not import the plan. A member's value is
the word that an operator writes and a row holds. Nothing here computes.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Counted(enum.StrEnum):
    """Which direction of traffic a volume price counts."""

    DOWN = "down"
    UP = "up"
    SUM = "sum"
    LARGER = "larger"


class Rounding(enum.StrEnum):
    """How the price of a session total becomes whole micros (T2); once, on the total."""

    DOWN = "down"
    UP = "up"
    HALF_UP = "half-up"


class Left(enum.StrEnum):
    """What becomes of paid time when its subscriber changes to another plan while it runs."""

    KEEP = "keep"  # it goes on under the other plan
    FORFEIT = "forfeit"  # it ends, and time of the other plan has to be bought
    REFUND = "refund"  # as that, and what was paid for it comes back in proportion


@dataclass(frozen=True, slots=True)
class Hours:
    """One window of the week in which logins are allowed, in the plan's zone.

    `days` are ISO weekdays (1 Monday ... 7 Sunday); the window is half-open and lies within one
    day: 0 <= from_s < until_s <= 86400. A night is two windows.
    """

    days: frozenset[int]
    from_s: int
    until_s: int


class Span(enum.StrEnum):
    """What a validity is counted in."""

    HOURS = "hours"
    DAYS = "days"  # local calendar days
    MONTHS = "months"  # the same day of the month, or its last one


@dataclass(frozen=True, slots=True)
class Validity:
    """How long a package lasts: `count` spans, to the same time of day or to the day's end."""

    count: int
    span: Span = Span.DAYS
    to_day_end: bool = False
