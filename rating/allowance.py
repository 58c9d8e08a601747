"""How far it goes: the usage that a sum of money pays, and what included usage still covers.

Prices turned round. What comes out is never more than can be paid: price(octets_for(m)) <= m, and
one increment more would cost more than m before rounding. The money of a hold is shared between
volume and time by the caller; each function here spends all it is given.
"""

from __future__ import annotations

from rating._rater import Tariff
from rating.tariff import Step

QUANTITY_MAX = 2**63 - 1  # the rater counts in 63 bits; richer than this is rich enough


def octets_for(tariff: Tariff, money_micros: int) -> int | None:
    """Return the most octets, beyond free ones, whose price is within the money.

    Charged by started increments, before rounding. None: volume costs nothing. No money, or less
    than none, pays 0 octets.
    """
    return _quantity_for(tariff, Step.VOLUME, money_micros)


def seconds_for(tariff: Tariff, money_micros: int) -> int | None:
    """Return the most seconds, beyond free ones, whose price is within the money; see above."""
    return _quantity_for(tariff, Step.TIME, money_micros)


def take(remaining: int, before: int, after: int) -> int:
    """Return how much of a rise of counted usage from `before` to `after` the rest of an
    allowance covers.

    What is taken over a session depends on its total and not on how that was reported (T1); a
    total that does not rise takes nothing (A5).
    """
    return min(max(remaining, 0), max(after - before, 0))


def _quantity_for(tariff: Tariff, step: Step, money_micros: int) -> int | None:
    """The most whole increments within the money, in the unit of the step."""
    amount_micros, unit, increment, _rounding = tariff.step(step)
    if amount_micros == 0:
        return None
    increments = max(money_micros, 0) * unit // (amount_micros * increment)
    return min(increments, QUANTITY_MAX // increment) * increment
