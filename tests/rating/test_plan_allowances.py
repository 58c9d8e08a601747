"""Bundles, boosters and caps: what they cover, and when there is nothing to cover."""

from __future__ import annotations

import pytest

from domain.pricing import Bundle, Pricing, Scope
from rating.plan_file import parse_plan
from rating.plan_lines import PlanError

HEAD = (
    'name = "p"\ncurrency = "USD"\n[[band]]\nname = "night"\nuntil = "06:00"\n'
    '[[rate]]\nbands = "night"\nvolume = { amount = "0" }\n'
)
PRICE = '[price.volume]\namount = "1"\nper = "GB"\n'
FAIR = '[fair_use]\nperiod = "day"\n[[fair_use.step]]\nabove = "1 GB"\ndown = "1M"\n'
GB = 10**9


def pricing(text: str) -> Pricing:
    found = parse_plan(HEAD + text).pricing
    assert found is not None
    return found


def test_a_bundle_that_meets_a_price_in_some_band_has_something_to_cover() -> None:
    bundle = '[[bundle]]\nname = "b"\nvolume = "1 GB"\n'
    assert pricing(PRICE + bundle).bundles == (Bundle("b", octets=GB),)
    day = frozenset({"other"})
    assert pricing(f'{PRICE}{bundle}bands = "other"\n').bundles[0].scope == Scope(bands=day)
    with pytest.raises(PlanError, match="no price counts this volume"):
        pricing(f'{PRICE}{bundle}bands = "night"\n')


def test_a_booster_may_cover_what_costs_nothing_where_it_lifts_fair_use() -> None:
    booster = '[[booster]]\nname = "b"\nprice = "1"\nvolume = "1 GB"\n'
    assert len(pricing(FAIR + booster).boosters) == 1
    with pytest.raises(PlanError, match="no price counts this volume"):
        pricing(booster)
    hours = booster.replace("volume", "time").replace("1 GB", "1 hour")
    with pytest.raises(PlanError, match="no price counts this time"):
        pricing(FAIR + hours)


def test_what_is_included_comes_first_and_keeps_its_name() -> None:
    text = PRICE + '[included]\nvolume = "5 GB"\n[[bundle]]\nname = "b"\nvolume = "1 GB"\n'
    assert [one.name for one in pricing(text).bundles] == ["included", "b"]
    with pytest.raises(PlanError, match="line 15: 'included' is there already"):
        pricing(text.replace('"b"', '"included"'))


def test_a_session_fee_is_enough_for_a_cap() -> None:
    cap = '[[cap]]\nperiod = "day"\nmost = "1"\n'
    assert pricing('[price.session]\nfee = "1"\n' + cap).caps
    with pytest.raises(PlanError, match="usage costs nothing"):
        pricing(cap)
