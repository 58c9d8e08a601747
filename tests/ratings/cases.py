"""Whole plans and what happens to a session under them, drawn from a generator of random numbers.

Small numbers and limits are drawn as well as what providers sell, so that ends of tiers, pots, caps
and periods are met exactly as often as they are missed. A case that is drawn from the same numbers
is the same case.
"""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass

from domain.plan import Plan, Rounding
from domain.plan_words import Counted
from domain.pricing import (
    OTHER,
    AtCap,
    Band,
    Booster,
    Bundle,
    Cap,
    FairStep,
    FairUse,
    Period,
    Price,
    Pricing,
    Rate,
    Scope,
    Speeds,
    Tier,
    TierMode,
    TrafficClass,
)
from rating.scheme_reference import Rise
from rating.tariff import AMOUNT_MICROS_MAX, INCREMENT_S_MAX, UNIT_S_MAX

HUGE = 2**63 - 1
ACCOUNTS = (Period.DAY, Period.WEEK, Period.MONTH, Period.VALIDITY)


@dataclass(frozen=True)
class Step:
    """One record: its rise, the pieces that it lies in, and since when the fee is due."""

    rise: Rise
    pieces: tuple[tuple[int, int], ...]
    fee_due: bool


@dataclass(frozen=True)
class Left:
    """A pot at the beginning: of which allowance (bundles first), how much, and when."""

    allowance: int
    left: int
    from_us: int
    until_us: int


@dataclass(frozen=True)
class Case:
    """A plan, what an account has left, where its counters stand, and what happens."""

    plan: Plan
    pots: tuple[Left, ...]
    turn_us: int  # the counters' periods change here
    used: tuple[tuple[int, int], ...]  # of each counter before and after
    steps: tuple[Step, ...]


def quantity(dice: random.Random, most: int = 10**12) -> int:
    """A number of octets, seconds or micros: none, few, round or any."""
    kind = dice.randrange(8)
    if kind == 0:
        return 0
    if kind <= 3:
        return dice.randrange(min(most, 12)) + 1
    if kind <= 5:
        return min(most, dice.choice((60, 1_000, 3_600, 10**6, 2**20, 10**9, 2**30)))
    return dice.randrange(most) + 1


def natural(dice: random.Random, most: int = 10**9) -> int:
    """The same, and not none."""
    return max(quantity(dice, most), 1)


def a_price(dice: random.Random, *, seconds: bool) -> Price:
    """Any price that compiles."""
    mode = dice.choice((TierMode.GRADUATED, TierMode.GRADUATED, *TierMode))
    package = mode is TierMode.PACKAGE
    unit_most, increment_most = (UNIT_S_MAX, INCREMENT_S_MAX) if seconds else (10**12, 10**9)
    tiers_n = 1 if package else dice.choice((1, 1, 2, 3, 4))
    begins = sorted({natural(dice, 10**7 if seconds else 10**12) for _ in range(tiers_n - 1)})
    dear = dice.randrange(20) == 0
    amount_most = AMOUNT_MICROS_MAX if dear else 10**7
    return Price(
        tuple(
            Tier(since, quantity(dice, amount_most), natural(dice, unit_most))
            for since in (0, *begins)
        ),
        mode=mode,
        period=dice.choice((Period.SESSION, Period.SESSION, *ACCOUNTS)),
        increment=1 if package or dice.randrange(2) else natural(dice, increment_most),
        minimum=0 if package or dear or dice.randrange(3) else quantity(dice, 10**6),
        rounding=dice.choice(tuple(Rounding)),
    )


def some(dice: random.Random, names: tuple[str, ...]) -> frozenset[str]:
    """Some of the names; often none, which means all."""
    if not names or dice.randrange(2):
        return frozenset()
    return frozenset(dice.sample(names, dice.randrange(len(names)) + 1))


def a_plan(dice: random.Random) -> Plan:
    """Any plan with pricing."""
    bands = tuple(f"band{n}" for n in range(dice.choice((0, 1, 1, 2, 3))))
    classes = tuple(f"class{n}" for n in range(dice.choice((0, 0, 1, 2))))
    larger = dice.randrange(6) == 0
    named = (*bands, OTHER) if bands else ()
    kinds = (*classes, OTHER) if classes else ()

    def counted() -> Counted:
        return Counted.LARGER if larger else dice.choice((Counted.DOWN, Counted.UP, Counted.SUM))

    def scope(*, seconds: bool) -> Scope:
        return Scope(counted(), some(dice, named), frozenset() if seconds else some(dice, kinds))

    def a_rate(*, last: bool) -> Rate:
        of_classes = frozenset() if last else some(dice, kinds)
        timed = not of_classes or OTHER in of_classes
        apart = not larger and dice.randrange(3) == 0
        given = [dice.randrange(4) > 0 for _ in range(4)]
        return Rate(
            bands=frozenset() if last else some(dice, named),
            classes=of_classes,
            counted=counted(),
            volume=a_price(dice, seconds=False) if given[0] and not apart else None,
            down=a_price(dice, seconds=False) if given[1] and apart else None,
            up=a_price(dice, seconds=False) if given[2] and apart else None,
            time=a_price(dice, seconds=True) if given[3] and timed else None,
        )

    def brings() -> tuple[int, int, Scope]:
        seconds = dice.randrange(3) == 0
        much = natural(dice, 10**6 if seconds else 10**12)
        return (0, much, scope(seconds=True)) if seconds else (much, 0, scope(seconds=False))

    rates = [a_rate(last=False) for _ in range(dice.choice((0, 0, 1, 2)))] + [a_rate(last=True)]
    if len(rates) > 1 and dice.randrange(3) == 0:
        rates[0] = Rate(
            bands=rates[0].bands, counted=rates[-1].counted, volume=rates[-1].volume
        )  # says the same of volume
    fair = FairUse(
        dice.choice((Period.SESSION, *ACCOUNTS)),
        scope(seconds=False),
        (FairStep(1, Speeds(down_bps=1)),),
    )
    pricing = Pricing(
        rates=tuple(rates),
        bands=tuple(Band(name, ()) for name in bands),
        classes=tuple(TrafficClass(name, (name,)) for name in classes),
        bundles=tuple(Bundle(f"bundle{n}", *brings()) for n in range(dice.choice((0, 1, 1, 3)))),
        boosters=tuple(
            Booster(f"booster{n}", 1, *brings()) for n in range(dice.choice((0, 0, 1, 2)))
        ),
        caps=tuple(
            Cap(dice.choice(tuple(Period)), natural(dice), dice.choice(tuple(AtCap)))
            for _ in range(dice.choice((0, 0, 1, 2)))
        ),
        fair_use=fair if dice.randrange(3) == 0 else None,
    )
    fee_micros = dice.choice((0, 0, natural(dice)))
    return Plan(1, "any", 1, "USD", session_fee_micros=fee_micros, pricing=pricing)


def a_case(dice: random.Random) -> Case:
    """Any plan, and up to four records of a session under it."""
    return a_history(dice, a_plan(dice))


def a_history(dice: random.Random, plan: Plan) -> Case:
    """Up to four records of a session under a plan with pricing."""
    assert plan.pricing is not None
    hours = [dice.randrange(1_000) for _ in range(9)]
    times = sorted(hours[:5])
    extremes = dice.randrange(40) == 0

    def instant() -> int:
        return dice.choice(times) if dice.randrange(3) == 0 else dice.randrange(1_000)

    allowances_n = len(plan.pricing.bundles) + len(plan.pricing.boosters)
    pots = []
    for _ in range(dice.randrange(5) if allowances_n else 0):
        bounds = sorted((instant(), instant())) if dice.randrange(2) else (0, 2_000)
        pots.append(Left(dice.randrange(allowances_n), quantity(dice), bounds[0], bounds[1]))
    counters_n = 4 * len(plan.pricing.rates) + len(plan.pricing.caps) + 1
    most = HUGE if extremes else 10**9
    steps = tuple(
        Step(
            _rise(dice, plan.pricing, begin, end, extremes),
            _pieces(dice, plan.pricing, begin),
            n > 0,
        )
        for n, (begin, end) in enumerate(itertools.pairwise(times))
    )
    return Case(
        plan,
        tuple(pots),
        instant(),
        tuple((quantity(dice, most), quantity(dice, most)) for _ in range(counters_n)),
        steps[: dice.randrange(4) + 1],
    )


def _rise(dice: random.Random, pricing: Pricing, from_us: int, to_us: int, extremes: bool) -> Rise:
    """What a record brings, by class."""
    most = HUGE // 4 if extremes else dice.choice((100, 10**7, 10**11))
    octets = [(quantity(dice, most), quantity(dice, most))]
    octets += [(quantity(dice, most), quantity(dice, most)) for _ in pricing.classes]
    seconds = quantity(dice, most if extremes else 10**5)
    if dice.randrange(8) == 0:
        from_us = to_us + dice.randrange(2)
    return Rise(octets, seconds, from_us, to_us)


def _pieces(dice: random.Random, pricing: Pricing, from_us: int) -> tuple[tuple[int, int], ...]:
    """In which bands an interval lies."""
    bands_n = len(pricing.bands) + 1
    pieces = []
    for _ in range(dice.choice((1, 1, 2, 4))):
        from_us += dice.randrange(150) + 1
        pieces.append((from_us, dice.randrange(bands_n)))
    return tuple(pieces)
