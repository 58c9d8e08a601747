"""How far money goes under a whole plan: just so much, by the very price that would be charged."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from domain.plan import Plan
from domain.pricing import AtCap, Bundle, Cap, Period, Price, Pricing, Rate, Tier, TierMode
from rating.scheme import Draw, Meter, Rise, Scheme, Uses, charged, compile_scheme, reach, walk
from rating.scheme_layout import TIME, layout_of, metered
from tests.ratings.cases import a_case, quantity

TIERS, FAIR, CAP = range(3)
GB = 10**9

some = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def scheme_of(plan: Plan) -> Scheme:
    """Its scheme."""
    scheme = compile_scheme(plan)
    assert scheme is not None
    return scheme


def plan_of(*, volume: Price | None = None, time: Price | None = None, **parts: object) -> Plan:
    """A plan with these prices."""
    pricing = Pricing((Rate(volume=volume, time=time),), **parts)  # type: ignore[arg-type]
    return Plan(1, "p", 1, "USD", pricing=pricing)


@some
@given(dice=st.randoms(use_true_random=False), money=st.integers(0, 10**12))
def test_money_pays_just_so_much_and_one_more_would_cost_more(
    dice: random.Random, money: int
) -> None:
    plan = a_case(dice).plan
    pricing = plan.pricing
    assert pricing is not None
    scheme, layout = scheme_of(plan), layout_of(pricing)
    reached = [*layout.bundles, *layout.boosters]
    draws = [Draw(quantity(dice), *each) for each in reached]
    meters = [
        Meter(TIERS, n, quantity(dice))
        for n, family in enumerate(layout.families)
        if metered(family.part.price)
    ]
    meters += [Meter(CAP, n, quantity(dice)) for n, cap in enumerate(pricing.caps) if _kept(cap)]
    meters.append(Meter(FAIR, 0, 0))
    uses = Uses(scheme)
    band = dice.randrange(scheme.bands_n)
    here = ((10, band),)
    used = Rise(quantity(dice), quantity(dice), quantity(dice), 0, 1)
    try:
        walk(scheme, uses, used, here, (), meters, False, True)
        found = reach(scheme, uses, money, 5, band, draws, meters, True)
    except OverflowError:
        assume(False)
    for meter in meters:
        meter.used += meter.moved
    found = reach(scheme, uses, money, 5, band, draws, meters, True)
    spendable = min([money, *_stops(pricing, meters, charged(scheme, uses, True))])

    def costs(flow: int, much: int) -> int:
        """What so much more of one flow costs; too much for any book is more than all money."""
        octets = [(0, much), (much, 0), (0, 0), (0, 0)][flow]
        later = uses.copy()
        rise = Rise(*octets, much if flow == TIME else 0, 5, 5)
        try:
            was, now = walk(scheme, later, rise, here, draws, meters, True, True)
        except OverflowError:
            return 2**63
        return now - was

    if layout.larger:
        assume(uses.octets(band * scheme.classes_n) == (0, 0))
    octets, seconds = found
    flows = [0, 1]
    for much, ways in ((octets, flows), (seconds, [TIME])):
        for flow in ways:
            if much is not None:
                assert costs(flow, much) <= spendable
            elif not pricing.caps:
                assert costs(flow, 10**12) <= spendable
    if seconds is not None and not pricing.caps and money:
        assert costs(TIME, seconds + 1) > spendable
    if octets is not None and not pricing.caps and not pricing.classes and money:
        assert max(costs(flow, octets + 1) for flow in flows) > spendable


def _kept(cap: Cap) -> bool:
    """Is it counted for the account?"""
    return cap.period is not Period.SESSION


def _stops(pricing: Pricing, meters: list[Meter], session: int) -> list[int]:
    """What caps that stop have left."""
    left = []
    accounts = [n for n, cap in enumerate(pricing.caps) if _kept(cap)]
    caps = meters[len(meters) - 1 - len(accounts) : len(meters) - 1]
    for n, cap in enumerate(pricing.caps):
        spent = caps[accounts.index(n)].used if n in accounts else session
        if cap.then is AtCap.STOP:
            left.append(max(cap.most_micros - spent, 0))
    return left


@pytest.mark.parametrize(
    ("used", "money", "octets"),
    [
        (0, 0, 0),  # less than a micro's worth is no promise to who has nothing
        (0, 5 * 10**6, 5 * GB + 999),
        (0, 10 * 10**6, 10 * GB + 1_999),
        (0, 11 * 10**6, 12 * GB + 1_999),
        (9 * GB, 2 * 10**6, 3 * GB + 1_999),
        (50 * GB, 10**6, 2 * GB + 1_999),
    ],
)
def test_it_goes_on_through_later_tiers(used: int, money: int, octets: int) -> None:
    tiers = (Tier(0, 10**6, GB), Tier(10 * GB, 500_000, GB))
    scheme = scheme_of(plan_of(volume=Price(tiers)))
    uses = Uses(scheme)
    walk(scheme, uses, Rise(0, used, 0, 0, 1), ((1, 0),), (), (), False, False)
    assert reach(scheme, uses, money, 5, 0, (), (), False) == (octets, None)


PACKAGES = Price((Tier(0, 200_000, 100),), mode=TierMode.PACKAGE)


def test_what_is_left_of_pots_comes_first_and_a_started_package_is_used_up() -> None:
    scheme = scheme_of(plan_of(volume=PACKAGES, bundles=(Bundle("b", octets=1),)))
    uses = Uses(scheme)
    walk(scheme, uses, Rise(0, 130, 0, 0, 1), ((1, 0),), (), (), False, False)
    pots = Draw(1_000, 1, 3, 0), Draw(50, 1, 3, 0, 0, 5)
    assert reach(scheme, uses, 199_999, 5, 0, pots, (), False) == (1_070, None)
    assert reach(scheme, uses, 200_000, 4, 0, pots, (), False) == (1_220, None)


def test_beyond_a_cap_all_is_free_unless_it_stops() -> None:
    price = Price((Tier(0, 1, 1),))
    free = scheme_of(plan_of(volume=price, caps=(Cap(Period.DAY, 1_000),)))
    stops = scheme_of(plan_of(volume=price, caps=(Cap(Period.DAY, 1_000, AtCap.STOP),)))
    for scheme, expected in ((free, None), (stops, 400)):
        meter = Meter(CAP, 0, 600)
        assert reach(scheme, Uses(scheme), 5_000, 5, 0, (), (meter,), False)[0] == expected
        assert reach(scheme, Uses(scheme), 300, 5, 0, (), (meter,), False)[0] == 300


@pytest.mark.parametrize("price", [Price((Tier(0, 1, 1),), increment=100), PACKAGES])
def test_who_owes_is_at_the_end_though_an_increment_was_started(price: Price) -> None:
    scheme = scheme_of(plan_of(volume=price, bundles=(Bundle("b", octets=1),)))
    uses, pots = Uses(scheme), (Draw(9, 1, 3, 0),)
    walk(scheme, uses, Rise(0, 130, 0, 0, 1), ((1, 0),), (), (), False, False)
    assert reach(scheme, uses, 0, 5, 0, (), (), False) == (70, None)
    assert reach(scheme, uses, -1, 5, 0, (), (), False) == (0, None)
    assert reach(scheme, uses, -1, 5, 0, pots, (), False) == (9, None)


def test_at_a_cap_that_stops_what_is_left_of_an_increment_is_not_promised() -> None:
    price, caps = Price((Tier(0, 1, 1),), increment=100), (Cap(Period.SESSION, 150, AtCap.STOP),)
    scheme = scheme_of(plan_of(volume=price, caps=caps))
    uses = Uses(scheme)
    walk(scheme, uses, Rise(0, 130, 0, 0, 1), ((1, 0),), (), (), False, False)
    assert uses.waived_micros == 50
    assert reach(scheme, uses, 5_000, 5, 0, (), (), False) == (0, None)
