"""A plain plan said in the words of the whole model: one rate, and what is included as bundles.

Both ways of saying it cost the same to the micro, which is tested; so whatever works on the whole
model (trials, cases, comparisons) takes every plan. Charging does not come by here: plain plans
keep their own fast road.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from domain.plan import Plan
from domain.pricing import Bundle, Price, Pricing, Rate, Scope, Tier

INCLUDED: Final = "included"
INCLUDED_TIME: Final = "included-time"


def whole_of(plan: Plan) -> Plan:
    """Return the plan with its pricing; one that has it already as it is."""
    if plan.pricing is not None:
        return plan
    volume = time = None
    if plan.volume:
        volume = Price(
            (Tier(0, plan.volume.amount_micros, plan.volume.unit_octets),),
            increment=plan.volume.increment_octets,
            rounding=plan.volume.rounding,
        )
    if plan.time:
        time = Price(
            (Tier(0, plan.time.amount_micros, plan.time.unit_s),),
            increment=plan.time.increment_s,
            rounding=plan.time.rounding,
        )
    scope = Scope(plan.counted)
    bundles = []
    if plan.included_octets:
        bundles.append(Bundle(INCLUDED, octets=plan.included_octets, scope=scope))
    if plan.included_s:
        bundles.append(Bundle(INCLUDED_TIME, seconds=plan.included_s, scope=scope))
    return replace(
        plan,
        pricing=Pricing(
            (Rate(counted=plan.counted, volume=volume, time=time),), bundles=tuple(bundles)
        ),
        volume=None,
        time=None,
        included_octets=0,
        included_s=0,
    )
