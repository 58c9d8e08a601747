"""The whole model, from every section to its field; a plain plan stays plain."""

from __future__ import annotations

import msgspec
import pytest

from domain.plan import Counted, Hours, Plan, Rounding, Span, Validity
from domain.pricing import (
    OTHER,
    AtCap,
    Band,
    Booster,
    Bundle,
    CannotSlow,
    Cap,
    FairStep,
    FairUse,
    Holiday,
    OnHolidays,
    Period,
    Price,
    Pricing,
    Rate,
    Rollover,
    Scope,
    Speeds,
    Tier,
    TierMode,
    TrafficClass,
)
from rating.plan_file import PlanError, parse_plan
from rating.plan_pricing import BEYOND_PLAIN
from rating.scheme_layout import layout_of

HEAD = 'name = "p"\ncurrency = "USD"\n'
GB = 10**9
ALL = frozenset(range(1, 8))

WHOLE = """
[package]
validity = "30d"
[price.volume]
amount = "1"
per = "GB"
count = "down"
increment = "1 MB"
period = "month"
minimum = "2 MB"
rounding = "up"
[[price.volume.tier]]
from = "100 GB"
amount = "0.50"
[[price.volume.tier]]
from = "1 TB"
amount = "0"
per = "TB"
[price.time]
amount = "3"
per = "hour"
mode = "package"
period = "day"
[price.session]
fee = "0.10"
[price.activation]
fee = "25"
[included]
volume = "5 GB"
time = "2h"
[[holiday]]
name = "easter"
date = ["2026-04-05", "2027-03-28"]
[[holiday]]
name = "christmas"
date = "12-25"
[[band]]
name = "night"
from = "22:00"
until = "06:00"
holidays = "never"
[[band]]
name = "rest-day"
hours = [{ days = "sat,sun" }, { days = "fri", from = "14:00" }]
holidays = "also"
[[class]]
name = "local"
services = ["IX", "CACHE"]
[[rate]]
classes = ["local"]
volume = { amount = "0" }
[[rate]]
bands = ["night", "rest-day"]
classes = "other"
[rate.volume]
amount = "0.25"
per = "GB"
count = "sum"
mode = "volume"
period = "week"
tier = [{ from = "10 GB", amount = "0.20" }]
[rate.time]
amount = "0"
[[bundle]]
name = "night-20"
volume = "20 GB"
count = "sum"
bands = ["night"]
classes = ["other"]
period = "month"
priority = 50
rollover = { most = "40 GB", periods = 3 }
[[bundle]]
name = "hours"
time = "5h"
bands = ["other"]
period = "day"
[[booster]]
name = "boost-10"
volume = "10 GB"
price = "3.50"
validity = "2mo"
priority = 20
[[booster]]
name = "gift"
time = "1h"
price = "0"
[[cap]]
period = "session"
most = "2"
[[cap]]
period = "month"
most = "60"
then = "stop"
[fair_use]
period = "week"
count = "sum"
bands = ["other"]
classes = ["other"]
cannot = "wait"
[[fair_use.step]]
bands = ["night"]
down = "100M"
[[fair_use.step]]
above = "50 GB"
down = "5M"
up = "1M"
mikrotik = { rate = "1M/5M" }
cisco = { down = "OUT", up = "IN" }
"""


def test_every_section_of_prices_lands_in_its_field() -> None:
    volume = Price(
        tiers=(Tier(0, 1_000_000, GB), Tier(100 * GB, 500_000, GB), Tier(10**12, 0, 10**12)),
        period=Period.MONTH,
        increment=10**6,
        minimum=2 * 10**6,
        rounding=Rounding.UP,
    )
    time = Price((Tier(0, 3_000_000, 3_600),), TierMode.PACKAGE, Period.DAY)
    cheap = Price((Tier(0, 250_000, GB), Tier(10 * GB, 200_000, GB)), TierMode.VOLUME, Period.WEEK)
    named = frozenset({"night", "rest-day"})
    other = frozenset({OTHER})
    plan = parse_plan(HEAD + WHOLE)
    assert (plan.volume, plan.time, plan.included_octets, plan.included_s) == (None, None, 0, 0)
    assert (plan.session_fee_micros, plan.counted, plan.priced) == (100_000, Counted.DOWN, True)
    pricing = plan.pricing
    assert pricing is not None
    assert Pricing(pricing.rates, pricing.bands, pricing.holidays, pricing.classes) == Pricing(
        rates=(
            Rate(
                classes=frozenset({"local"}),
                counted=Counted.DOWN,
                volume=Price((Tier(0, 0, GB),)),
            ),
            Rate(named, other, Counted.SUM, volume=cheap, time=Price((Tier(0, 0, 3_600),))),
            Rate(counted=Counted.DOWN, volume=volume, time=time),
        ),
        bands=(
            Band(
                "night",
                (Hours(ALL, 79_200, 86_400), Hours(ALL, 0, 21_600)),
                OnHolidays.NEVER,
            ),
            Band(
                "rest-day",
                (Hours(frozenset({6, 7}), 0, 86_400), Hours(frozenset({5}), 50_400, 86_400)),
                OnHolidays.ALSO,
            ),
        ),
        holidays=(
            Holiday("easter", 4, 5, 2026),
            Holiday("easter", 3, 28, 2027),
            Holiday("christmas", 12, 25),
        ),
        classes=(TrafficClass("local", ("IX", "CACHE")),),
    )


def test_every_section_of_allowances_lands_in_its_field() -> None:
    other = frozenset({OTHER})
    down = Scope(Counted.DOWN)
    pricing = parse_plan(HEAD + WHOLE).pricing
    assert pricing is not None
    assert pricing == Pricing(
        rates=pricing.rates,
        bands=pricing.bands,
        holidays=pricing.holidays,
        classes=pricing.classes,
        bundles=(
            Bundle("included", octets=5 * GB, scope=down),
            Bundle("included-time", seconds=7_200, scope=down),
            Bundle(
                "night-20",
                octets=20 * GB,
                scope=Scope(Counted.SUM, frozenset({"night"}), other),
                period=Period.MONTH,
                priority=50,
                rollover=Rollover(40 * GB, 3),
            ),
            Bundle("hours", seconds=18_000, scope=Scope(Counted.DOWN, other), period=Period.DAY),
        ),
        boosters=(
            Booster("boost-10", 3_500_000, 10 * GB, 0, down, 20, Validity(2, Span.MONTHS)),
            Booster("gift", 0, 0, 3_600, down),
        ),
        caps=(Cap(Period.SESSION, 2_000_000), Cap(Period.MONTH, 60_000_000, AtCap.STOP)),
        fair_use=FairUse(
            Period.WEEK,
            Scope(Counted.SUM, other, other),
            (
                FairStep(0, Speeds(down_bps=10**8), frozenset({"night"})),
                FairStep(50 * GB, Speeds(5 * 10**6, 10**6, "OUT", "IN", "1M/5M")),
            ),
            CannotSlow.WAIT,
        ),
        activation_fee_micros=25_000_000,
    )


def test_prices_that_are_the_same_in_all_are_one_family() -> None:
    text = (
        '[price.volume]\namount = 1\nper = "GB"\n[price.time]\namount = 1\nper = "hour"\n'
        '[[band]]\nname = "a"\nuntil = "06:00"\n[[band]]\nname = "b"\nuntil = "08:00"\n'
        '[[class]]\nname = "c"\nservices = "C"\n'
        '[[rate]]\nbands = "a"\nvolume = { amount = 2, per = "GB" }\n'
        '[[rate]]\nbands = "b"\nclasses = ["c", "other"]\nvolume = { amount = 1, per = "GB" }\n'
    )
    pricing = parse_plan(HEAD + text).pricing
    assert pricing is not None
    layout = layout_of(pricing)
    assert [family.key for family in layout.families] == ["0.volume", "0.time", "1.volume"]
    by_cell = [layout.ways[4 * cell : 4 * cell + 4] for cell in range(6)]
    assert layout.bands == ("other", "a", "b") and layout.classes == ("other", "c")
    assert by_cell == [
        (2, 2, -1, 1),
        (2, 2, -1, -1),
        (0, 0, -1, 1),
        (0, 0, -1, -1),
        (2, 2, -1, 1),
        (2, 2, -1, -1),
    ]


def test_more_tiers_in_all_than_a_scheme_holds_are_one_sentence() -> None:
    tiers = "".join(f'{{ from = "{n} GB", amount = {n} }}, ' for n in range(1, 16))
    whole = "".join(
        f'[[class]]\nname = "c{n}"\nservices = "C{n}"\n[[rate]]\nclasses = "c{n}"\n'
        f'down = {{ amount = {n + 1}, per = "GB", tier = [{tiers}] }}\n'
        f'up = {{ amount = {n + 20}, per = "GB", tier = [{tiers}] }}\n'
        for n in range(8)
    )
    same = f'down = {{ amount = 50, per = "GB", tier = [{tiers}] }}\n'
    with pytest.raises(PlanError, match="line 1: the prices of a plan have at most 256 tiers"):
        parse_plan(f"{HEAD}{whole}[price]\n{same}")


def test_a_stored_plan_is_the_same_when_it_is_read_again() -> None:
    plan = parse_plan(HEAD + WHOLE)
    stored = msgspec.json.encode(plan, order="deterministic")
    assert msgspec.json.decode(stored, type=Plan) == plan


@pytest.mark.parametrize(
    "text",
    [
        "",
        '[price.volume]\namount = "1"\nper = "GB"\ncount = "larger"\nincrement = "1 MB"\n',
        '[price.time]\namount = "1"\nper = "hour"\n[included]\ntime = "1h"\n',
        '[price.session]\nfee = "1"\n',
    ],
)
def test_a_plan_without_any_of_the_sections_has_no_pricing(text: str) -> None:
    assert parse_plan(HEAD + text).pricing is None


@pytest.mark.parametrize(
    "text",
    [
        '[price.activation]\nfee = "1"\n',
        '[price.down]\namount = "1"\nper = "GB"\n',
        '[price.volume]\namount = "1"\nper = "GB"\nmode = "graduated"\n',
        '[price.volume]\namount = "1"\nper = "GB"\nminimum = "1 MB"\n',
        '[price.time]\namount = "1"\nper = "hour"\nmode = "package"\n',
        '[price.session]\nfee = "1"\n[[cap]]\nperiod = "day"\nmost = "3"\n',
        '[fair_use]\nperiod = "day"\n[[fair_use.step]]\nabove = "1 GB"\ndown = "1M"\n',
    ],
)
def test_a_plan_with_any_of_them_has_all_in_its_pricing(text: str) -> None:
    plan = parse_plan(HEAD + text)
    assert plan.pricing is not None
    assert plan.volume is None and plan.time is None


def test_every_section_beyond_the_plain_ones_is_a_key_of_the_plan() -> None:
    assert len(set(BEYOND_PLAIN)) == 8
    assert all(f"[{key}" in WHOLE for key in BEYOND_PLAIN)
