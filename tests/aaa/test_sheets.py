"""A plan with bands is compiled once, and its timetable once for each zone."""

from __future__ import annotations

import pytest

from aaa.sheets import Sheets
from rating.plan_file import parse_plan
from tests.aaa.test_charge import RICH


def test_what_is_compiled_is_compiled_once() -> None:
    sheets, plan = Sheets(), parse_plan(RICH)
    assert sheets.of(plan) is sheets.of(plan)
    here = sheets.timetable(plan, "")
    assert here is sheets.timetable(plan, "UTC"), "the plan's own zone by its name"
    berlin = sheets.timetable(plan, "Europe/Berlin")
    assert berlin is not here and berlin is sheets.timetable(plan, "Europe/Berlin")
    nine_us = 1_760_000_400_000_000
    assert (here.band_at(nine_us), berlin.band_at(nine_us)) == (1, 0)


def test_a_simple_plan_has_no_sheet() -> None:
    plan = parse_plan('name = "simple"\ncurrency = "USD"\n')
    with pytest.raises(AssertionError, match="tariff"):
        Sheets().of(plan)
