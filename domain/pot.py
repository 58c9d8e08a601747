"""A pot: the account's row that says how much of something is used in one period.

What a bundle of a plan grants, a booster that was bought, and what an account has counted towards a
tier, a cap or fair use, each in a row of its own for each period. A row is opened once, with what
it grants and the instants at which it ends, and is never refilled and never computed again (T6): a
new version of a plan reaches the next row only, unless its operator says that it holds now; another
anchor or time zone begins rows of its own. What is carried over stays in the row that granted it,
so what is oldest goes first and no octet is in two rows. Which rows there are is computed in
`accounting.pots`.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


class PotKind(enum.StrEnum):
    """What a pot is about, and so what it counts; the first word of its key."""

    BUNDLE = "bundle"  # octets or seconds, as the bundle does
    BOOSTER = "booster"  # octets or seconds, as the booster does
    TIER = "tier"  # octets or seconds that one price has counted; grants nothing
    CAP = "cap"  # micros that were charged under it
    FAIR_USE = "fair-use"  # octets; grants nothing


@dataclass(slots=True)
class Pot:
    """One row: account, key and beginning are its primary key; `used` and `lost` move.

    `pot` is the key: kind, period, plan and name, as `bundle/month/home-50/night`; a booster is
    `booster/NAME/PURCHASE`, whatever plan it was bought under. `granted`, `used` and `lost` are
    octets, seconds or micros, none negative. Of what was granted, at most all is used or lost; a
    tier, a cap and fair use only count, and grant and lose nothing.
    """

    account_id: int
    pot: str
    period_start_us: int  # a booster's: when it was bought
    granted: int
    used: int = 0
    lost: int = 0  # unused at the end of its period and beyond what the plan carries over
    # Its period's end, half-open, as known when it was opened: an extension moves the end of a
    # validity period. None: no end was known; a booster ends with the validity period it is of.
    until_us: int | None = None
    # Where what is left of it ends at last: `until_us`, or later if it is carried over. None: not
    # known, as the ends of validity periods to come are not.
    ends_us: int | None = None
    purchase_id: int | None = None  # of a booster

    @property
    def kind(self) -> PotKind:
        """What it is about."""
        return PotKind(self.pot.partition("/")[0])

    @property
    def left(self) -> int:
        """What can still be taken from it, if it has not ended."""
        return self.granted - self.used - self.lost
