"""What a paid period leaves to the next, and what that is granted if it is of another version."""

from __future__ import annotations

from dataclasses import replace

from billing.succession import granted
from domain.plan import Plan
from domain.pot import Pot
from domain.pricing import Bundle, Period, Pricing, Rate, Rollover
from tests.billing.test_package import bought, done, owner, sold

BIG = Bundle("big", octets=5)
CARRIED = Bundle("kept", octets=7, rollover=Rollover(100))


def versions() -> tuple[Plan, Plan]:
    """The same plan before and after its bundles grew."""
    before = Pricing((Rate(),), bundles=(replace(BIG, octets=3), replace(CARRIED, octets=4)))
    after = Pricing((Rate(),), bundles=(BIG, CARRIED, Bundle("daily", octets=1, period=Period.DAY)))
    return (
        replace(sold(), plan_id=1, pricing=before),
        replace(sold(), plan_id=2, version=2, pricing=after),
    )


def test_a_period_bought_as_a_newer_version_is_granted_what_that_brings() -> None:
    old, new = versions()
    one = done(bought(owner("2026-03-19 10:00"), old)).subscriber
    assert one.valid_until_us is not None
    at_end = done(bought(one, new, now_us=one.valid_until_us, at_end=True))
    assert at_end.opens is not None
    kept = "bundle/validity/made/kept"
    rows = [Pot(1, kept, one.period_start_us, 4, used=1, until_us=one.valid_until_us)]
    opened, losing = granted(at_end.opens, rows)
    assert [(pot.pot, pot.period_start_us, pot.granted) for pot in opened] == [
        ("bundle/validity/made/big", one.valid_until_us, 5),
        (kept, one.valid_until_us, 7),
    ]
    assert losing == []
    assert granted(at_end.opens, [*rows, *opened]) == ([], [])  # what was granted stays


def test_a_period_bought_ahead_has_its_rows_and_what_goes_before_is_kept_within_the_most() -> None:
    old, new = versions()
    one = done(bought(owner("2026-03-19 10:00"), old)).subscriber
    ahead = done(bought(one, new))
    assert ahead.opens is not None and one.valid_until_us is not None
    kept = "bundle/validity/made/kept"
    rows = [Pot(1, kept, one.period_start_us, 107, used=2, until_us=one.valid_until_us)]
    opened, losing = granted(ahead.opens, rows)
    assert [(pot.pot, pot.granted) for pot in opened] == [
        ("bundle/validity/made/big", 5),
        (kept, 7),
    ]
    assert losing == [(rows[0], 5)]


def test_nothing_is_opened_for_the_same_version_or_for_another_plan() -> None:
    old, new = versions()
    one = done(bought(owner("2026-03-19 10:00"), old)).subscriber
    assert done(bought(one, old)).opens is None
    assert done(bought(replace(one, plan_name="other"), new, at_end=True)).opens is None
    assert done(bought(owner(None), new)).opens is None
    simple = replace(sold(), plan_id=3, version=3)
    assert done(bought(one, simple)).opens is None
