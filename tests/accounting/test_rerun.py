"""A plan tried on the usage of many costs each of them what it costs one, tried the slow way."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from accounting.rerun import Rerun
from accounting.trial import Trial, Used
from domain.period import parse_instant
from domain.plan import Plan
from domain.seams import US_PER_S
from rating.plan_file import parse_plan
from rating.scheme import Rise, Uses

BEGINS_US = parse_instant("2026-03-01", "Europe/Berlin")
UNTIL_US = parse_instant("2026-04-15 12:00", "Europe/Berlin")
HOUR_US = 3_600 * US_PER_S
MB = 10**6
WHOLE = parse_plan("""
name = "p"
currency = "EUR"
timezone = "Europe/Berlin"
[package]
validity = "1mo"
price = "10"
[[band]]
name = "night"
from = "22:00"
until = "06:00"
[price.session]
fee = "0.25"
[price.volume]
amount = "1"
per = "GB"
period = "week"
[[price.volume.tier]]
from = "2 GB"
amount = "0.5"
[[rate]]
bands = "night"
volume = { amount = "0.20", per = "GB" }
[[bundle]]
name = "daily"
volume = "200 MB"
period = "day"
priority = 10
rollover = { most = "300 MB", periods = 2 }
[[bundle]]
name = "monthly"
volume = "1 GB"
[[bundle]]
name = "nightly"
volume = "500 MB"
bands = "night"
period = "day"
[[cap]]
period = "week"
most = "3"
[[booster]]
name = "hours"
price = "2"
volume = "700 MB"
validity = "20h"
[[booster]]
name = "rest"
price = "3"
volume = "1 GB"
priority = 5
[fair_use]
period = "day"
[[fair_use.step]]
above = "1 GB"
down = "1M"
""")
BOOSTED = """
name = "r"
currency = "EUR"
[price.volume]
amount = "1"
per = "GB"
[[booster]]
name = "hours"
price = "2"
volume = "700 MB"
validity = "20h"
"""
PLAIN = parse_plan("""
name = "q"
currency = "EUR"
[price.volume]
amount = "1"
per = "GB"
increment = "1 MB"
[price.time]
amount = "0.10"
per = "hour"
[included]
volume = "2 GB"
""")
STARTS_US = tuple(
    parse_instant(day, "Europe/Berlin") for day in ("2026-03-01", "2026-04-01", "2026-05-01")
)

# A report: whose session, hours since the one before, hours that it covers, down and up in MB.
reports = st.lists(
    st.tuples(
        st.sampled_from("ab"),
        st.integers(0, 50),
        st.integers(0, 40),
        st.integers(0, 900),
        st.integers(0, 90),
    ),
    max_size=25,
)
boosts = st.lists(st.tuples(st.integers(0, 600), st.sampled_from(["hours", "rest"])), max_size=4)


def both(
    plan: Plan,
    said: list[tuple[str, int, int, int, int]],
    bought: Sequence[tuple[int, str]] = (),
) -> tuple[int, int, int]:
    """What it comes to as many are tried, what packages come to, and the slow way."""
    rerun = Rerun(plan, BEGINS_US, UNTIL_US)
    one = rerun.account("")
    trial = Trial(plan, BEGINS_US, STARTS_US[1:2] if plan.package else ())
    states: dict[str, Uses] = {}
    slow, at_us = 0, BEGINS_US
    for hour, booster in sorted(bought):
        assert one.buy(booster, BEGINS_US + hour * HOUR_US)
        trial.buy(booster, BEGINS_US + hour * HOUR_US)
    for name, since, hours, down, up in said:
        at_us = min(at_us + since * HOUR_US, UNTIL_US - 1)
        from_us = max(at_us - hours * HOUR_US, BEGINS_US)
        begun = name in states
        uses = states.setdefault(name, rerun.session())
        seconds = (at_us - from_us) // US_PER_S
        rise = Rise(up * MB, down * MB, seconds, from_us, at_us)
        one.use(uses, rise, (from_us, at_us), begun, True)
        slow += trial.use(Used(name, from_us, at_us, down * MB, up * MB)).micros
    return one.usage_micros, one.packages_micros, slow


@settings(max_examples=60, deadline=None)
@given(reports, boosts)
def test_many_at_once_cost_each_what_one_costs(
    said: list[tuple[str, int, int, int, int]], bought: list[tuple[int, str]]
) -> None:
    fast, _, slow = both(WHOLE, said, bought)
    assert fast == slow
    fast, packages, slow = both(PLAIN, said)
    assert (fast, packages) == (slow, 0)


def test_a_package_is_bought_when_something_is_used_and_the_last_one_by_its_part() -> None:
    day = ("a", 24, 1, 1, 1)
    assert both(WHOLE, [])[1] == 0
    assert both(WHOLE, [day] * 3)[1] == 10_000_000
    # April has 30 days and is cut after 14.5 of them.
    april_us, whole_us = UNTIL_US - STARTS_US[1], STARTS_US[2] - STARTS_US[1]
    part = 10_000_000 * april_us // whole_us
    assert part == 4_833_333
    assert both(WHOLE, [day] * 40)[1] == 10_000_000 + part
    assert both(WHOLE, [("a", 24 * 40, 1, 1, 1)])[1] == part


def test_a_booster_pays_in_its_time_only_and_costs_its_price() -> None:
    rerun = Rerun(parse_plan(BOOSTED), BEGINS_US, UNTIL_US)
    one, uses, costs = rerun.account(""), rerun.session(), []
    assert one.buy("hours", BEGINS_US + 10 * HOUR_US) and not one.buy("none", BEGINS_US)
    for hour in (9, 11, 12, 13, 40):
        span = BEGINS_US + (hour - 1) * HOUR_US, BEGINS_US + hour * HOUR_US
        one.use(uses, Rise(0, 500 * MB, 3600, *span), span, True, True)
        costs.append(one.usage_micros)
    assert costs == [500_000, 500_000, 800_000, 1_300_000, 1_800_000]
    assert one.boosters_micros == 2_000_000


def test_days_are_those_of_the_subscribers_zone() -> None:
    rerun = Rerun(WHOLE, BEGINS_US, UNTIL_US)
    from_us = parse_instant("2026-03-10 20:00", "UTC")
    to_us = from_us + HOUR_US
    costs = []
    for zone in ("", "Asia/Tokyo", "UTC"):
        one = rerun.account(zone)
        one.use(
            rerun.session(), Rise(0, 3000 * MB, 3600, from_us, to_us), (from_us, to_us), True, True
        )
        costs.append(one.usage_micros)
    # 500 MB of days and 1 GB of the month cover the same everywhere; Tokyo's morning before six is
    # of the night besides, with 500 MB of its own, and the rest costs 0.20 there.
    assert costs == [1_500_000, 200_000, 1_500_000]
