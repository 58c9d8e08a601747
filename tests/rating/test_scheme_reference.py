"""The oracle of whole plans on cases small enough to be seen through."""

from __future__ import annotations

import pytest

from domain.plan import Plan
from domain.pricing import (
    OTHER,
    Booster,
    Bundle,
    Cap,
    FairUse,
    Period,
    Price,
    Pricing,
    Rate,
    Scope,
    Tier,
)
from rating.scheme_reference import Counter, Pot, Rise, State, Walk

WHOLE = [(100, OTHER)]
ONE = Price((Tier(0, 1, 1),))


def plan_of(pricing: Pricing, fee_micros: int = 0) -> Plan:
    """A plan with this pricing."""
    return Plan(1, "p", 1, "USD", session_fee_micros=fee_micros, pricing=pricing)


def test_pots_are_taken_in_their_order_and_the_rest_is_priced() -> None:
    bundle, booster = Bundle("b", octets=9), Booster("x", 1, octets=9)
    plan = plan_of(Pricing((Rate(volume=ONE),), bundles=(bundle,), boosters=(booster,)), 5)
    walk = Walk(plan, State(), [Pot(booster, 4, 0, 100), Pot(bundle, 9, 0, 100)])
    assert walk.go(Rise([(2, 18)], 0, 0, 100), WHOLE, False, True) == (0, 12)
    assert [pot.took for pot in walk.pots] == [4, 9]
    assert walk.state.covered == {"boosters of octets": 4, "b": 9}


def test_only_what_no_booster_covered_counts_for_fair_use() -> None:
    booster = Booster("x", 1, octets=9)
    fair = FairUse(Period.DAY, Scope(), ())
    walk = Walk(plan_of(Pricing((Rate(),), boosters=(booster,), fair_use=fair)), State())
    walk.pots, walk.counters = [Pot(booster, 9, 0, 50)], [Counter(None, 0, 0, 100)]
    walk.go(Rise([(0, 12)], 0, 0, 100), WHOLE, False, False)
    assert walk.pots[0].took == 6 and walk.counters[0].moved == 6


def test_what_a_cap_lets_go_is_waived() -> None:
    pricing = Pricing((Rate(volume=ONE),), caps=(Cap(Period.SESSION, 10), Cap(Period.DAY, 7)))
    walk = Walk(plan_of(pricing), State(), (), [Counter(1, 1, 0, 101)])
    assert walk.go(Rise([(0, 8)], 0, 0, 100), WHOLE, False, False) == (0, 6)
    assert walk.state.waived_micros == 2 and walk.counters[0].moved == 6


def test_after_an_overflow_all_is_as_before() -> None:
    walk = Walk(plan_of(Pricing((Rate(volume=Price((Tier(0, 2, 1),))),))), State())
    walk.go(Rise([(0, 5)], 0, 0, 100), WHOLE, False, False)
    before = walk.state.copy()
    with pytest.raises(OverflowError):
        walk.go(Rise([(0, 2**62)], 0, 100, 200), WHOLE, False, False)
    assert walk.state == before
