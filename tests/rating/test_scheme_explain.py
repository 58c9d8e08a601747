"""A price under a whole plan, taken apart for people."""

from __future__ import annotations

import random
from fractions import Fraction

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.pricing import TierMode
from rating.plan_file import parse_plan
from rating.reference import rounded
from rating.scheme import Draw, Meter, Rise, Uses, charged, compile_scheme, walk
from rating.scheme_explain import Covered, Used, explain
from rating.scheme_layout import layout_of, metered
from tests.ratings.cases import a_plan, quantity

PLAN = """
name = "p"
currency = "EUR"
[price.session]
fee = "0.10"
[price.volume]
amount = "1"
per = "GB"
increment = "1 MB"
rounding = "up"
tier = [{ from = "1 GB", amount = "0.3" }]
[[class]]
name = "local"
services = ["IX"]
[[band]]
name = "night"
from = "00:00"
until = "06:00"
[[rate]]
classes = ["local"]
volume = { amount = "0" }
[[bundle]]
name = "night-1"
volume = "1 GB"
bands = ["night"]
period = "month"
[[cap]]
period = "session"
most = "1.2"
"""


def test_every_line_says_where_how_much_how_rounded_and_what_is_waived() -> None:
    plan = parse_plan(PLAN)
    scheme = compile_scheme(plan)
    assert scheme is not None and plan.pricing is not None
    layout = layout_of(plan.pricing)
    uses = Uses(scheme)
    night = Draw(10**9, *layout.bundles[0])
    rise = Rise(1, 3 * 10**9, 100, 0, 100, ((0, 10**9),))
    walk(scheme, uses, rise, ((20, 1), (100, 0)), (night,), (), False, True)
    found = explain(plan, scheme, uses, fee_due=True)
    assert found.used == (
        Used("other", "other", 1, 1_600_000_000, 80),
        Used("other", "local", 0, 800_000_000, 0),
        Used("night", "other", 0, 400_000_000, 20),
        Used("night", "local", 0, 200_000_000, 0),
    )
    assert found.covered == (Covered("night-1", 400_000_000, 0),)
    first, second = found.lines
    assert first.cells == second.cells == (("other", "other"), ("night", "other"))
    assert (first.counts, first.tier, first.quantity, first.micros) == ("volume", 0, 10**9, 10**6)
    assert (second.tier, second.since, second.quantity) == (1, 10**9, 600_000_001)
    assert (second.increments, second.increment) == (601, 10**6)
    assert second.exact == Fraction(601 * 300_000, 1000) and second.micros == 180_300
    assert not first.raised and not second.raised
    assert (found.fee_micros, found.waived_micros, found.micros) == (100_000, 80_300, 1_200_000)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(dice=st.randoms(use_true_random=False))
def test_lines_add_up_to_the_price_and_each_is_its_fraction_rounded(dice: random.Random) -> None:
    plan = a_plan(dice)
    scheme = compile_scheme(plan)
    assert scheme is not None and plan.pricing is not None
    layout = layout_of(plan.pricing)
    meters = [
        Meter(0, n, quantity(dice))
        for n, family in enumerate(layout.families)
        if metered(family.part.price)
    ]
    meters += [Meter(2, n, 0) for n in range(len(plan.pricing.caps))] + [Meter(1, 0, 0)]
    uses = Uses(scheme)
    rise = Rise(quantity(dice), quantity(dice), quantity(dice), 0, 9)
    try:
        walk(scheme, uses, rise, ((5, 0), (9, scheme.bands_n - 1)), (), meters, False, True)
    except OverflowError:
        return
    found = explain(plan, scheme, uses, fee_due=True)
    assert found.micros == charged(scheme, uses, True)
    assert uses.totals == (
        sum(cell.up for cell in found.used),
        sum(cell.down for cell in found.used),
        sum(cell.seconds for cell in found.used),
    )
    for line in found.lines:
        if line.exact is not None and not any(f.part.price.minimum for f in layout.families):
            assert line.micros == rounded(line.exact, line.rounding)
        assert line.mode is TierMode.VOLUME or line.exact is not None
