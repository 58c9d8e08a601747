"""What is left is what the next report would meet, in the order in which it meets it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from accounting.pots import Pots, booster_pot
from accounting.standing import Standing, Unit, dropped, standings
from domain.plan import Plan
from domain.plan_words import Validity
from domain.pot import Pot, PotKind
from domain.pricing import (
    Booster,
    Bundle,
    Cap,
    FairStep,
    FairUse,
    Period,
    Price,
    Rate,
    Rollover,
    Scope,
    Speeds,
    Tier,
)
from tests.accounting.test_pots import GB, plan, terms, us

NOW = "2026-03-15 12:00"
MAY = Bundle("late", octets=4 * GB, period=Period.MONTH, priority=300)
CARRIED = Bundle("big", octets=10 * GB, period=Period.MONTH, rollover=Rollover(6 * GB))
DAILY = Bundle("daily", seconds=3_600, period=Period.DAY)
MORE = Booster("more", 1, octets=5 * GB)
TIMED = Booster("timed", 1, octets=GB, validity=Validity(7))


def shown(sold: Plan, rows: list[Pot], **said: Any) -> list[Standing]:
    return standings(sold, terms(**said), rows, us(NOW))


def test_bundles_and_boosters_stand_in_the_order_of_consumption() -> None:
    sold = plan(MAY, CARRIED, DAILY, boosters=(MORE, TIMED))
    terms_ = terms(until="2026-04-10")
    rows = [
        Pot(7, "bundle/month/basic/big", us("2026-01-31"), 10 * GB, 8 * GB, 0, us("2026-02-28"),
            us("2026-03-31")),
        booster_pot(MORE, terms_, purchase_id=1, now_us=us("2026-03-01")),
        booster_pot(TIMED, terms_, purchase_id=2, now_us=us("2026-03-14 08:00")),
        booster_pot(TIMED, terms_, purchase_id=3, now_us=us("2026-03-02 08:00")),  # over
    ]  # fmt: skip
    found = shown(sold, rows, until="2026-04-10")
    assert [(one.name, one.carried, one.left) for one in found] == [
        ("daily", False, 3_600),
        ("big", True, 2 * GB),
        ("big", False, 10 * GB),
        ("timed", False, GB),
        ("more", False, 5 * GB),
        ("late", False, 4 * GB),
    ]
    assert [one.ends_us for one in found] == [
        us("2026-03-16"), us("2026-03-31"), us("2026-04-30"), us("2026-03-21 08:00"),
        us("2026-04-10"), us("2026-03-31"),
    ]  # fmt: skip
    assert [one.unit for one in found] == [Unit.SECONDS, *[Unit.OCTETS] * 5]


def test_what_is_used_up_stays_only_if_its_period_runs() -> None:
    sold = plan(MAY, boosters=(MORE,))
    rows = [
        Pot(7, "bundle/month/basic/late", us("2026-02-28"), 4 * GB, 4 * GB, 0, us("2026-03-31"),
            us("2026-03-31")),
        Pot(7, "booster/more/1", us("2026-03-01"), 5 * GB, 5 * GB, purchase_id=1),
    ]  # fmt: skip
    (only,) = shown(sold, rows)
    assert (only.kind, only.name, only.used, only.left) == (PotKind.BUNDLE, "late", 4 * GB, 0)


def test_counters_say_what_they_counted_and_where_the_next_step_is() -> None:
    tiers = Price((Tier(0, 1, GB), Tier(2 * GB, 1, GB), Tier(9 * GB, 1, GB)), period=Period.MONTH)
    fair = FairUse(
        Period.DAY,
        Scope(),
        (FairStep(0, Speeds(1)), FairStep(3 * GB, Speeds(2)), FairStep(6 * GB, Speeds(3))),
    )
    sold = plan(rates=(Rate(volume=tiers),), caps=(Cap(Period.DAY, 5_000_000),), fair_use=fair)
    counted = {"tier": 2 * GB, "cap": 1_500_000, "fair-use": 6 * GB}
    rows = list(Pots(sold).view(terms(), [], us(NOW), us(NOW)).opened)
    for pot in rows:
        pot.used = counted[pot.pot.partition("/")[0]]
    tier, slow, cap = shown(sold, rows)
    assert (tier.name, tier.granted, tier.left, tier.unit) == ("volume", 9 * GB, 7 * GB, "octets")
    assert tier.ends_us == us("2026-03-31")
    assert (slow.used, slow.granted, slow.left) == (6 * GB, None, None)
    assert (cap.unit, cap.granted, cap.left, cap.ends_us) == (
        Unit.MICROS, 5_000_000, 3_500_000, us("2026-03-16"),
    )  # fmt: skip


def test_a_validity_period_ends_where_the_next_one_begins_or_the_package_does() -> None:
    sold = plan(Bundle("all", octets=GB), caps=(Cap(Period.VALIDITY, 1),))
    last = shown(sold, [], until="2026-04-01")
    assert [one.ends_us for one in last] == [us("2026-04-01")] * 2
    never = shown(sold, [])
    assert [one.ends_us for one in never] == [None, None]
    ahead = standings(sold, terms("2026-03-01", "2026-03-20", until="2026-04-20"), [], us(NOW))
    assert [one.ends_us for one in ahead] == [us("2026-03-20")] * 2


def test_another_plan_leaves_behind_what_it_does_not_use() -> None:
    old = plan(MAY, Bundle("all", octets=GB), boosters=(MORE, TIMED))
    new = replace(plan(MAY, boosters=(TIMED,)), name="other")
    rows = [
        booster_pot(MORE, terms(), purchase_id=1, now_us=us("2026-03-02")),
        booster_pot(TIMED, terms(), purchase_id=2, now_us=us("2026-03-14 08:00")),
        Pot(7, "bundle/month/basic/late", us("2026-02-28"), 4 * GB, 4 * GB, 0, us("2026-03-31"),
            us("2026-03-31")),
    ]  # fmt: skip
    before = terms("2026-03-01", until="2026-03-31")
    given_up, kept = terms(NOW, until=NOW), before
    for after, lost in ((kept, []), (given_up, ["more", "all"])):
        found = dropped((old, new), (before, after), rows, us(NOW))
        assert sorted(one.standing.name for one in found) == ["all", "more"]
        assert sorted(one.standing.left or 0 for one in found) == [GB, 5 * GB]
        assert sorted(one.standing.name for one in found if one.lost) == sorted(lost)
    assert dropped((old, old), (before, kept), rows, us(NOW)) == []
    simple = Plan(1, "simple", 1, "USD")
    assert dropped((simple, old), (before, kept), rows, us(NOW)) == []
    assert len(dropped((old, simple), (before, kept), rows, us(NOW))) == 3
