"""Which version of a plan holds: what was bought, the period that runs, the operator's word."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from accounting.in_force import (
    PERIOD_MAX_US,
    Version,
    bought_as,
    changes_us,
    ends_us,
    in_force,
    longest_period,
)
from domain.period import DAY_US, parse_instant
from domain.plan import Package, Plan, Validity
from domain.pricing import Bundle, Cap, FairUse, Period, Price, Pricing, Rate, Scope, Tier
from tests.accounting import makers

FREE = Price((Tier(0, 0, 1),))


def at(text: str) -> int:
    return parse_instant(text, "UTC")


def counted(period: Period) -> Pricing:
    return Pricing((Rate(),), bundles=(Bundle("all", octets=1, period=period),))


def version(number: int, loaded: str, *, at_once: bool = False, **traits: Any) -> Version:
    plan = replace(makers.plan(**traits), plan_id=number, version=number)
    return Version(plan, at(loaded), at_once)


def said(versions: list[Version], when: str, **more: Any) -> int:
    """The number of the version that holds; `versions` come oldest first."""
    traits = more.pop("one", {})
    one = makers.subscriber(
        **{"created_us": at("2026-01-15"), "period_start_us": at("2026-01-15")} | traits
    )
    return in_force(versions[::-1], one, at(when), **more).version


SOLD = {"package": Package(Validity(30), 1, grace_s=3600)}
PAID = {"valid_until_us": at("2026-03-15"), "plan_id": 1}


def test_where_nothing_is_sold_and_nothing_counted_the_next_login_has_the_newest() -> None:
    simple = [version(1, "2026-01-01"), version(2, "2026-03-01"), version(3, "2026-03-05")]
    assert said(simple, "2026-03-05") == 3
    assert said(simple[:1], "2026-03-05") == 1


def test_a_session_that_runs_keeps_its_version() -> None:
    simple = [version(1, "2026-01-01"), version(2, "2026-03-01")]
    assert said(simple, "2026-03-05", running=simple[0].plan) == 1
    elsewhere = replace(simple[0].plan, name="other")
    assert said(simple, "2026-03-05", running=elsewhere) == 2  # it has another plan since


def test_time_that_was_bought_has_the_version_it_was_bought_as_until_its_grace_is_over() -> None:
    sold = [version(1, "2026-01-01", **SOLD), version(2, "2026-03-01", **SOLD)]
    for when, holds in (
        ("2026-03-14 23:59:59", 1),
        ("2026-03-15 00:59:59", 1),
        ("2026-03-15 01:00:00", 2),  # whoever stands before the wall sees the newest garden
    ):
        assert said(sold, when, one=PAID, bought=sold[0].plan) == holds
        assert said(sold, when, one=PAID, bought=sold[0].plan, running=sold[0].plan) == holds


def test_what_was_bought_of_another_plan_or_never_ends_is_no_period_of_this_one() -> None:
    sold = [version(1, "2026-01-01", **SOLD), version(2, "2026-03-01", **SOLD)]
    other = replace(sold[0].plan, name="other")
    assert said(sold, "2026-03-10", one=PAID, bought=other) == 2
    endless = PAID | {"valid_until_us": None}
    assert said(sold, "2026-03-10", one=endless, bought=sold[0].plan) == 2


@pytest.mark.parametrize(
    ("period", "holds_from"),
    [(Period.DAY, "2026-03-03"), (Period.WEEK, "2026-03-05"), (Period.MONTH, "2026-03-15")],
)
def test_t6_a_version_holds_from_the_period_on_that_begins_after_it(
    period: Period, holds_from: str
) -> None:
    rich = [version(n, day, pricing=counted(period)) for n, day in ((1, "2026-01-01"),)]
    rich.append(version(2, "2026-03-02 13:00", pricing=counted(period)))
    before_us = at(holds_from) - 1
    one = makers.subscriber(created_us=at("2026-01-15"), period_start_us=at("2026-01-15"))
    assert in_force(rich[::-1], one, before_us).version == 1
    assert in_force(rich[::-1], one, at(holds_from)).version == 2


def test_each_version_waits_for_the_periods_of_the_one_before_it() -> None:
    month, day = counted(Period.MONTH), counted(Period.DAY)
    versions = [
        version(1, "2026-01-01", pricing=month),
        version(2, "2026-02-20", pricing=day),
        version(3, "2026-03-20 12:00", pricing=day),
    ]
    assert said(versions, "2026-03-14 23:59") == 1
    assert said(versions, "2026-03-15") == 2
    assert said(versions, "2026-03-20 23:59") == 2
    assert said(versions, "2026-03-21") == 3


def test_nobody_was_in_a_period_of_a_plan_before_being_put_on_it() -> None:
    month = [version(n, day, pricing=counted(Period.MONTH)) for n, day in ((1, "2026-01-01"),)]
    month.append(version(2, "2026-03-20", pricing=counted(Period.MONTH)))
    moved = {"period_start_us": at("2026-03-21")}
    assert said(month, "2026-03-22") == 1
    assert said(month, "2026-03-22", one=moved) == 2


def test_what_the_operator_lets_hold_at_once_holds_for_everybody_who_has_an_older_one() -> None:
    sold = [
        version(1, "2026-01-01", **SOLD),
        version(2, "2026-03-01", at_once=True, **SOLD),
        version(3, "2026-03-02", **SOLD),
    ]
    assert said(sold, "2026-03-10", one=PAID, bought=sold[0].plan) == 2
    assert said(sold, "2026-03-10", one=PAID, bought=sold[2].plan) == 3
    simple = [version(1, "2026-01-01"), version(2, "2026-03-01", at_once=True)]
    assert said(simple, "2026-03-05", running=simple[0].plan) == 2
    month = [version(1, "2026-01-01", pricing=counted(Period.MONTH))]
    month.append(version(2, "2026-03-20", at_once=True, pricing=counted(Period.MONTH)))
    assert said(month, "2026-03-20") == 2


def test_only_time_that_is_sold_is_remembered_as_bought() -> None:
    assert bought_as(version(7, "2026-01-01", **SOLD).plan) == 7
    assert bought_as(version(7, "2026-01-01").plan) == 0


def test_time_bought_ahead_as_another_version_begins_at_an_instant_of_its_own() -> None:
    ahead = (at("2026-03-15"), at("2026-04-14"), at("2026-05-14"))
    one = makers.subscriber(plan_id=1, periods_ahead_us=ahead, plan_ids_ahead=(1, 2, 2))
    assert changes_us(one, at("2026-03-01")) == ahead[1]
    assert changes_us(one, ahead[1]) is None
    assert [one.plan_id_at(us) for us in (ahead[1] - 1, ahead[1], ahead[2])] == [1, 2, 2]
    # of what was bought before versions were kept nobody knows which one it was
    older = makers.subscriber(periods_ahead_us=ahead)
    assert older.plan_id_at(ahead[2]) == 0 and changes_us(older, 0) is None


def test_the_service_ends_with_the_grace_of_the_package() -> None:
    sold = version(1, "2026-01-01", **SOLD).plan
    paid = makers.subscriber(valid_until_us=at("2026-03-15"))
    assert ends_us(paid, sold) == at("2026-03-15 01:00")
    assert ends_us(paid, makers.plan()) == at("2026-03-15")
    assert ends_us(makers.subscriber(), sold) is None


def plan_of(pricing: Pricing | None) -> Plan:
    return makers.plan(pricing=pricing)


def test_the_longest_period_is_that_of_anything_that_is_counted() -> None:
    rate = (Rate(),)
    assert longest_period(plan_of(None)) is None
    assert longest_period(plan_of(Pricing(rate))) is None
    assert longest_period(plan_of(counted(Period.VALIDITY))) is None
    assert longest_period(plan_of(Pricing(rate, caps=(Cap(Period.WEEK, 1),)))) is Period.WEEK
    fair = FairUse(Period.DAY, Scope(), ())
    assert longest_period(plan_of(Pricing(rate, fair_use=fair))) is Period.DAY
    for name in ("volume", "down", "up", "time"):
        tiers: dict[str, Any] = {name: replace(FREE, period=Period.MONTH)}
        rich = Pricing((Rate(**tiers),), caps=(Cap(Period.WEEK, 1),), fair_use=fair)
        assert longest_period(plan_of(rich)) is Period.MONTH


def test_no_period_that_runs_began_longer_ago_than_versions_are_read() -> None:
    assert PERIOD_MAX_US > 31 * DAY_US + DAY_US // 24
