"""From a plan to the flat tariff that the rater walks; every limit on a price is checked here.

The limits keep the arithmetic exact and the mistakes of a tired operator out; a plan that passes
can only fail to price usage by a result beyond 63 bits. A tariff does not change, so callers keep
it beside its plan.
"""

from __future__ import annotations

import enum
from typing import Final, TypeAlias

from domain.money import MAX_MICROS, MICROS
from domain.plan import Counted, Plan, Rounding
from rating._rater import Tariff

UNIT_OCTETS_MAX: Final = 10**15  # a petabyte
INCREMENT_OCTETS_MAX: Final = 10**12
UNIT_S_MAX: Final = 366 * 86_400
INCREMENT_S_MAX: Final = 86_400
AMOUNT_MICROS_MAX: Final = 1_000_000_000 * MICROS
INCLUDED_OCTETS_MAX: Final = 10**18
INCLUDED_S_MAX: Final = 10 * 366 * 86_400

assert AMOUNT_MICROS_MAX <= MAX_MICROS

# The order in which the rater numbers them.
COUNTED: Final = (Counted.DOWN, Counted.UP, Counted.SUM, Counted.LARGER)
ROUNDINGS: Final = (Rounding.DOWN, Rounding.UP, Rounding.HALF_UP)

# Micros, unit, increment and position in ROUNDINGS, as the rater takes a priced step.
PricedStep: TypeAlias = tuple[int, int, int, int]


class Step(enum.IntEnum):
    """The ways in which a session costs money; the order of what `rating.price` returns."""

    FEE = 0
    VOLUME = 1
    TIME = 2


def compile_tariff(plan: Plan) -> Tariff:
    """Return the tariff of a plan. Raises ValueError with one sentence for a price out of limits.

    A plan without prices compiles too: it costs nothing.
    """
    check("the session fee", plan.session_fee_micros, 0, AMOUNT_MICROS_MAX)
    check("the included volume", plan.included_octets, 0, INCLUDED_OCTETS_MAX)
    check("the included time", plan.included_s, 0, INCLUDED_S_MAX)
    counted = plan.volume.counted if plan.volume else plan.counted
    return Tariff(COUNTED.index(counted), plan.session_fee_micros, _volume(plan), _time(plan))


def _volume(plan: Plan) -> PricedStep | None:
    """The volume step as the rater takes it."""
    price = plan.volume
    if price is None:
        return None
    if plan.counted is not price.counted:
        raise ValueError("the included volume must count the direction that the price counts")
    check("the price of volume", price.amount_micros, 0, AMOUNT_MICROS_MAX)
    check("the unit of volume", price.unit_octets, 1, UNIT_OCTETS_MAX)
    check("the increment of volume", price.increment_octets, 1, INCREMENT_OCTETS_MAX)
    rounding = ROUNDINGS.index(price.rounding)
    return price.amount_micros, price.unit_octets, price.increment_octets, rounding


def _time(plan: Plan) -> PricedStep | None:
    """The time step as the rater takes it."""
    price = plan.time
    if price is None:
        return None
    check("the price of time", price.amount_micros, 0, AMOUNT_MICROS_MAX)
    check("the unit of time", price.unit_s, 1, UNIT_S_MAX)
    check("the increment of time", price.increment_s, 1, INCREMENT_S_MAX)
    return price.amount_micros, price.unit_s, price.increment_s, ROUNDINGS.index(price.rounding)


def check(what: str, number: int, least: int, most: int) -> None:
    """Is it a whole number (not a bool, not a float) within its limits?"""
    if type(number) is not int or not least <= number <= most:
        raise ValueError(f"{what} is {number}; it must be a whole number of {least} to {most}")
