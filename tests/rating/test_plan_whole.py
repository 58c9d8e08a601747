"""A plain plan in the words of the whole model says the same."""

from __future__ import annotations

from dataclasses import replace

from domain.plan import Counted, Rounding
from domain.pricing import Bundle, Price, Pricing, Rate, Scope, Tier
from rating.plan_file import parse_plan
from rating.plan_whole import whole_of

TEXT = """
name = "p"
currency = "USD"
[price.volume]
amount = 1
per = "GB"
count = "larger"
increment = "1 MB"
rounding = "up"
[price.time]
amount = 2
per = "hour"
increment_s = 60
[price.session]
fee = 1
[included]
volume = "5 GB"
time = "1h"
"""


def test_every_field_is_said_by_the_pricing() -> None:
    plan = parse_plan(TEXT)
    whole = whole_of(plan)
    volume = Price((Tier(0, 1_000_000, 10**9),), increment=10**6, rounding=Rounding.UP)
    time = Price((Tier(0, 2_000_000, 3_600),), increment=60)
    scope = Scope(Counted.LARGER)
    assert whole.pricing == Pricing(
        rates=(Rate(counted=Counted.LARGER, volume=volume, time=time),),
        bundles=(
            Bundle("included", octets=5 * 10**9, scope=scope),
            Bundle("included-time", seconds=3_600, scope=scope),
        ),
    )
    empty = replace(plan, volume=None, time=None, included_octets=0, included_s=0)
    assert replace(whole, pricing=None) == empty
    assert whole_of(whole) is whole


def test_it_is_what_the_same_file_says_with_any_of_the_sections() -> None:
    whole = parse_plan(TEXT + '[[cap]]\nperiod = "day"\nmost = 5\n').pricing
    plain = whole_of(parse_plan(TEXT)).pricing
    assert whole is not None and plain is not None
    assert replace(whole, caps=()) == plain
