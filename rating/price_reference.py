"""What one price with tiers costs, said as plainly as it can be: the oracle's half about money.

Written from the rules, with fractions, and slow. Graduated tiers are lines of octets or seconds,
packages one line of packages, volume tiers (all of it at the price of the tier reached) one of
micros, which never falls. Each line is rounded once (T2).
"""

from __future__ import annotations

import math
from fractions import Fraction

from domain.pricing import Period, Price, TierMode
from rating.reference import LARGEST, charged, rounded


def family_micros(price: Price, lines: list[int], *, used: bool) -> list[int]:
    """Return the micros of each line of a price; a minimum raises the first.

    Its whole price is at least that of its minimum in the first tier. What this adds belongs to the
    first line until the others have grown into it, so that none of them ever falls.
    """
    minimum = _step(price, 0, price.minimum) if used else 0
    micros = []
    total = passed = 0
    for number, quantity in enumerate(lines):
        total += fit(_line(price, number, quantity))
        micros.append(max(total, minimum) - passed)
        passed = max(total, minimum)
    fit(passed)
    return micros


def rises(price: Price, before: int, now: int) -> list[int]:
    """Return by how much each line rises as the counter of the price goes on."""
    if price.mode is TierMode.PACKAGE:
        size = price.tiers[0].unit
        return [math.ceil(Fraction(now, size)) - math.ceil(Fraction(before, size))]
    if price.mode is TierMode.VOLUME:
        return [fit(dearest(price, now)) - dearest(price, before)]
    ends = [*(tier.since for tier in price.tiers[1:]), now]
    return [
        max(min(now, end) - max(before, tier.since), 0)
        for tier, end in zip(price.tiers, ends, strict=True)
    ]


def dearest(price: Price, quantity: int) -> int:
    """Return the most that any quantity up to this costs, all of it at the tier that it reaches.

    Within a tier more costs more, so only the last quantity of each tier and this one count.
    """
    lasts = [tier.since - 1 for tier in price.tiers[1:] if tier.since <= quantity]
    return max(_at_its_tier(price, candidate) for candidate in [*lasts, quantity])


def counts_account(price: Price) -> bool:
    """Do its tiers go by what an account has used in a period? One tier is the same everywhere."""
    return price.period is not Period.SESSION and not (
        price.mode is TierMode.GRADUATED and len(price.tiers) == 1
    )


def _at_its_tier(price: Price, quantity: int) -> int:
    """All of a quantity at the price of the last tier that begins at or below it."""
    reached = [n for n, tier in enumerate(price.tiers) if tier.since <= quantity]
    return _step(price, reached[-1], quantity)


def _line(price: Price, tier: int, quantity: int) -> int:
    """What a line costs: micros already, packages, or octets or seconds."""
    if price.mode is TierMode.VOLUME:
        return quantity
    if price.mode is TierMode.PACKAGE:
        return quantity * price.tiers[0].amount_micros
    return _step(price, tier, quantity)


def _step(price: Price, tier: int, quantity: int) -> int:
    """A quantity at the price of one tier, rounded once."""
    amount, unit = price.tiers[tier].amount_micros, price.tiers[tier].unit
    return rounded(Fraction(charged(quantity, 0, price.increment) * amount, unit), price.rounding)


def fit(number: int) -> int:
    """The number, which must fit in 63 bits."""
    if not 0 <= number <= LARGEST:
        raise OverflowError(f"{number} is not within 0 to {LARGEST}")
    return number
