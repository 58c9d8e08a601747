"""Looking ahead at a pace: bundles, tiers, caps, fair use and money, worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from accounting.forecast import Amount, Forecast, Pace, forecast, lasting
from accounting.pot_terms import Terms
from accounting.uses import sheet_of
from domain.period import parse_instant
from domain.plan import Plan
from domain.pot import Pot, PotKind
from rating.plan_file import parse_plan
from rating.plan_whole import whole_of
from rating.scheme import Uses
from rating.timetable import Timetable

GB = 10**9
HEAD = 'name = "p"\ncurrency = "USD"\n[price.volume]\namount = 1\nper = "GB"\n'
BUNDLE = '[[bundle]]\nname = "b"\nvolume = "10 GB"\nperiod = "month"\n'


def day(number: int) -> int:
    return parse_instant(f"2026-03-{number:02d}", "UTC")


TERMS = Terms(7, "UTC", day(1), (day(1),), None)


def pace(gb: int, days: int, *bands: Amount, fees: int = 0) -> Pace:
    """So many GB down in the days before the 8th, all day long."""
    seconds = days * 86_400
    return Pace(Amount(0, gb * GB, seconds), fees, day(8 - days), day(8), bands)


def ahead(plan: Plan, at: Pace, *rows: Pot, until: int = 28, money: int = 10**12) -> Forecast:
    sheet = sheet_of(whole_of(plan))
    assert sheet is not None
    return forecast(
        sheet, TERMS, rows, Uses(sheet.scheme), at, timetable=Timetable.of(plan), now_us=day(8),
        until_us=day(until), money_micros=money,
    )  # fmt: skip


def pot(key: str, granted: int, used: int) -> Pot:
    end_us = parse_instant("2026-04-01", "UTC")
    return Pot(7, key, day(1), granted, used, until_us=end_us, ends_us=end_us)


def test_a_bundle_lasts_as_long_as_the_pace_says_and_then_it_costs() -> None:
    plan = parse_plan(HEAD + BUNDLE)
    row = pot("bundle/month/p/b", 10 * GB, 4 * GB)
    found = ahead(plan, pace(7, 7), row)
    assert found.out_us == {("bundle/month/p/b", day(1)): day(14)}
    assert found.cost_micros == 14_000_000
    assert ahead(plan, pace(0, 7), pot("bundle/month/p/b", 10 * GB, 4 * GB)) == Forecast()


def test_money_lasts_until_what_it_costs_is_more() -> None:
    plan = parse_plan(HEAD + '[price.session]\nfee = "0.5"\n')
    found = ahead(plan, pace(24, 1, fees=24_000_000), money=96_000_000 - 500_000)
    # 24 GB and 24.00 of fees a day: two days, less a quarter of an hour.
    assert found.money_out_us == day(10) - 900_000_000
    assert found.cost_micros == 20 * 48_000_000
    assert ahead(plan, pace(24, 1), money=0).money_out_us == day(8)


def test_usage_lies_in_bands_as_it_did() -> None:
    night = '[[band]]\nname = "night"\nuntil = "06:00"\n[[rate]]\nbands = "night"\n'
    plan = parse_plan(HEAD + night + 'volume = { amount = "0.1", per = "GB" }\n')
    evenly = ahead(plan, pace(8, 1), until=9).cost_micros
    assert evenly == 6 * 10**6 + 2 * 10**5
    at_night = pace(8, 1, Amount(0, 1, 0), Amount(0, 3, 0))
    assert ahead(plan, at_night, until=9).cost_micros == 2 * 10**6 + 6 * 10**5
    only_by_day = pace(8, 1, Amount(0, 5, 1), Amount(0, 0, 0))
    assert ahead(plan, only_by_day, until=9).cost_micros == 8 * 10**6


def test_steps_of_fair_use_and_caps_are_reached_at_their_time() -> None:
    plan = parse_plan(
        HEAD + '[[cap]]\nperiod = "month"\nmost = 12\n[fair_use]\nperiod = "month"\n'
        '[[fair_use.step]]\nabove = "5 GB"\ndown = "1M"\n[[fair_use.step]]\nabove = "20 GB"\n'
        'down = "1k"\n[[fair_use.step]]\nabove = "2 TB"\ndown = "1k"\n'
    )
    rows = pot("fair-use/month/p", 0, 8 * GB), pot("cap/month/p", 0, 8 * 10**6)
    found = ahead(plan, pace(24, 1), *rows)
    assert found.steps_us == {20 * GB: day(8) + 12 * 3_600 * 10**6}
    assert found.out_us == {("cap/month/p", day(1)): day(8) + 4 * 3_600 * 10**6}
    assert found.cost_micros == 4 * 10**6


def test_what_stands_is_told_in_the_order_of_consumption() -> None:
    plan = parse_plan(
        HEAD + BUNDLE + '[[bundle]]\nname = "first"\ntime = "1h"\npriority = 5\n'
        '[price.time]\namount = 1\nper = "h"\n[[cap]]\nperiod = "day"\nmost = 5\n'
        '[fair_use]\nperiod = "month"\n[[fair_use.step]]\nabove = "5 GB"\ndown = "1M"\n'
    )
    sheet = sheet_of(plan)
    assert sheet is not None
    rows = [pot("bundle/month/p/b", 10 * GB, 4 * GB), pot("fair-use/month/p", 0, 4 * GB)]
    found = lasting(sheet, TERMS, rows, day(8))
    assert [(one.kind, one.name, one.used, one.left) for one in found] == [
        (PotKind.BUNDLE, "first", 0, 3_600),
        (PotKind.BUNDLE, "b", 4 * GB, 6 * GB),
        (PotKind.FAIR_USE, "month", 4 * GB, None),
        (PotKind.CAP, "day", 0, 5 * 10**6),
    ]
    assert [one.until_us for one in found][3] == day(9)


def test_a_booster_lasts_no_longer_than_the_time_that_it_was_bought_in() -> None:
    plan = parse_plan(HEAD + '[[booster]]\nname = "more"\nvolume = "5 GB"\nprice = 1\n')
    sheet = sheet_of(plan)
    assert sheet is not None
    bought = Pot(7, "booster/more/1", day(2), 5 * GB, purchase_id=1)
    ahead_of_it = Terms(7, "UTC", day(1), (day(1), day(15)), day(29))
    (found,) = lasting(sheet, ahead_of_it, [bought], day(8))
    assert found.until_us == day(15)


def test_a_pace_beyond_any_book_is_refused() -> None:
    plan = parse_plan(HEAD.replace("= 1\n", '= "1000000000"\n'))
    big: Any = pace(9 * 10**9, 1)
    with pytest.raises(OverflowError):
        ahead(plan, big)
