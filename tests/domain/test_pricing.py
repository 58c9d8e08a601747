"""What a plan's pricing says of itself."""

from __future__ import annotations

from domain.plan import Plan
from domain.pricing import FairUse, Period, Price, Pricing, Rate, Scope, Tier

FREE = Price((Tier(0, 0, 1),))
DEAR_LATER = Price((Tier(0, 0, 1), Tier(10**9, 5, 1)))


def test_a_pricing_is_priced_where_any_tier_of_any_rate_costs_money() -> None:
    assert not Pricing((Rate(),)).priced
    assert not Pricing((Rate(volume=FREE, time=FREE),)).priced
    assert Pricing((Rate(volume=FREE), Rate(up=DEAR_LATER))).priced
    assert not Pricing((Rate(),), fair_use=FairUse(Period.MONTH, Scope(), ())).priced


def test_a_plan_is_priced_by_its_pricing_as_by_a_plain_price() -> None:
    def plan(*rates: Rate) -> Plan:
        return Plan(1, "p", 1, "USD", pricing=Pricing(rates))

    assert plan(Rate(time=DEAR_LATER)).priced
    assert not plan(Rate(time=FREE)).priced
