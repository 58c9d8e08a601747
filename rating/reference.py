"""The price of a session's total, said as plainly as it can be: the oracle of the tests.

Written from the rule and not from the rater, on the plan itself and with fractions, and slow. It
is never a fallback: where the compiled rater is missing, the house does not start.
"""

from __future__ import annotations

import math
from fractions import Fraction

from domain.plan import Counted, Plan, Rounding

LARGEST = 2**63 - 1


def counted_octets(plan: Plan, input_octets: int, output_octets: int) -> int:
    """Return the octets that count; input is up, output is down. Raises OverflowError."""
    _refuse_outside(input_octets, output_octets)
    by_direction = {
        Counted.DOWN: output_octets,
        Counted.UP: input_octets,
        Counted.SUM: input_octets + output_octets,
        Counted.LARGER: max(input_octets, output_octets),
    }
    octets = by_direction[plan.volume.counted if plan.volume else plan.counted]
    _refuse_outside(octets)
    return octets


def price(
    plan: Plan,
    counted_octets: int,
    session_s: int,
    *,
    free_octets: int,
    free_s: int,
    fee_due: bool,
) -> tuple[int, int, int]:
    """Return the micros of (fee, volume, time) of a total, as `rating.price` does."""
    _refuse_outside(counted_octets, session_s, free_octets, free_s)
    fee = plan.session_fee_micros if fee_due else 0
    volume = time = 0
    if plan.volume is not None:
        octets = charged(counted_octets, free_octets, plan.volume.increment_octets)
        exact = Fraction(octets * plan.volume.amount_micros, plan.volume.unit_octets)
        volume = rounded(exact, plan.volume.rounding)
    if plan.time is not None:
        seconds = charged(session_s, free_s, plan.time.increment_s)
        exact = Fraction(seconds * plan.time.amount_micros, plan.time.unit_s)
        time = rounded(exact, plan.time.rounding)
    _refuse_outside(fee, volume, time, fee + volume + time)
    return fee, volume, time


def charged(quantity: int, free: int, increment: int) -> int:
    """Return what is charged of a quantity: what is not free, in whole started increments."""
    return math.ceil(Fraction(max(quantity - free, 0), increment)) * increment


def rounded(exact: Fraction, rounding: Rounding) -> int:
    """Return a price in whole micros; half-up takes exactly half a micro up."""
    if rounding is Rounding.DOWN:
        return math.floor(exact)
    if rounding is Rounding.UP:
        return math.ceil(exact)
    return math.floor(exact + Fraction(1, 2))


def _refuse_outside(*numbers: int) -> None:
    """Does every number fit in 63 bits and is not negative?"""
    for number in numbers:
        if not 0 <= number <= LARGEST:
            raise OverflowError(f"{number} is not within 0 to {LARGEST}")
