"""Steps of fair use rise, and each of them is seen at some time."""

from __future__ import annotations

import pytest

from domain.pricing import FairStep, FairUse, Period
from rating.plan_file import parse_plan
from rating.plan_lines import PlanError

HEAD = (
    'name = "p"\ncurrency = "USD"\n[price.volume]\namount = 1\nper = "GB"\n'
    '[[band]]\nname = "a"\nuntil = "06:00"\n[[band]]\nname = "b"\nuntil = "08:00"\n'
    '[[rate]]\nbands = ["a", "b"]\nvolume = { amount = 2, per = "GB" }\n'
)
FAIR = '[fair_use]\nperiod = "month"\n'


def fair_use(*steps: str, fair: str = FAIR) -> FairUse:
    text = "".join(f'[[fair_use.step]]\n{step}\ndown = "1M"\n' for step in steps)
    pricing = parse_plan(HEAD + fair + text).pricing
    assert pricing is not None and pricing.fair_use is not None
    return pricing.fair_use


def shown(step: FairStep) -> tuple[int, list[str]]:
    return step.above_octets // 10**9, sorted(step.bands)


def test_steps_of_several_bands_may_begin_at_the_same_volume() -> None:
    found = fair_use('bands = "a"', 'above = "9 GB"\nbands = "a"', 'above = "9 GB"\nbands = "b"')
    assert [shown(step) for step in found.steps] == [(0, ["a"]), (9, ["a"]), (9, ["b"])]
    assert fair_use('above = "9 GB"', 'above = "9 GB"\nbands = "b"').steps[1].bands == {"b"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('above = "9 GB"', 'above = "9 GB"'),
        ('above = "9 GB"\nbands = "a"', 'above = "9 GB"'),
        ('bands = "a"', 'bands = ["a", "b"]'),
    ],
)
def test_a_step_that_a_later_one_always_hides_is_refused(before: str, after: str) -> None:
    with pytest.raises(PlanError, match="line 17: this step never counts"):
        fair_use(before, after)


def test_steps_by_band_alone_need_no_period_and_others_do() -> None:
    assert fair_use('bands = "a"', fair="[fair_use]\n").period is Period.DAY
    with pytest.raises(PlanError, match=r"\[fair_use\] has no period"):
        fair_use('bands = "a"', 'above = "1 GB"', fair="[fair_use]\n")
