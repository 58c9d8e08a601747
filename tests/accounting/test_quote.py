"""A quote is a charge that is made on copies: the same price, and nothing moved."""

from __future__ import annotations

from dataclasses import replace

import pytest

from accounting.pot_terms import Terms
from accounting.quote import Asked, Source, counted_up, quote
from accounting.uses import sheet_of
from domain.account import Allowance
from domain.plan import Counted, VolumePrice
from domain.pot import Pot
from rating.plan_file import parse_plan
from tests.accounting.makers import CENT_PER_MB, plan

T_US = 1_772_323_200_000_000  # 2026-03-01
TERMS = Terms(7, "UTC", T_US, (T_US,), None)
MB = 10**6
HEAD = 'name = "p"\ncurrency = "USD"\n'
WHOLE = parse_plan(
    HEAD + '[price.volume]\namount = "1"\nper = "MB"\n[[bundle]]\nname = "day"\nvolume = "5 MB"\n'
    'period = "day"\n[[bundle]]\nname = "hour"\ntime = "1h"\n[price.time]\namount = 1\nper = "s"\n'
)


def asked(mb: int, seconds: int = 0) -> Asked:
    return Asked(0, mb * MB, seconds, T_US, T_US + seconds * MB)


def test_pots_are_taken_as_they_stand_and_stay_as_they_were() -> None:
    pot = Pot(7, "bundle/day/p/day", T_US, 5 * MB, used=3 * MB, until_us=1 << 60, ends_us=1 << 60)
    pots, used = [pot], Allowance(7, T_US, 0, 0)
    found = quote(WHOLE, sheet_of(WHOLE), TERMS, asked(4, 4_000), pots=pots, used=used)
    assert found.session.charged_micros == 2_000_000 + 400_000_000
    assert found.sources == (
        Source("day", False, 2 * MB, 0, 1 << 60),
        Source("hour", True, 3_600, 0, None),
    )
    assert pots == [replace(pot)] and pot.used == 3 * MB


def test_what_a_simple_plan_includes_is_taken_as_it_stands() -> None:
    simple = plan(volume=CENT_PER_MB, included_octets=5 * MB)
    used = Allowance(7, T_US, 4 * MB, 0)
    found = quote(simple, None, TERMS, asked(3), pots=[], used=used)
    assert found.session.charged_micros == 20_000
    assert found.sources == (Source("included", False, MB, 0, None),)
    assert used.used_octets == 4 * MB
    renewed = TERMS._replace(starts_us=(T_US, T_US + 9), until_us=T_US + 99)
    found = quote(simple, None, renewed, asked(3), pots=[], used=used)
    assert found.sources[0].until_us == T_US + 9


def test_what_no_book_can_hold_is_no_quote() -> None:
    dear = plan(volume=VolumePrice(10**15, 1))
    with pytest.raises(OverflowError):
        quote(dear, None, TERMS, asked(10**4), pots=[], used=Allowance(7, T_US, 0, 0))


@pytest.mark.parametrize(
    ("prices", "up"),
    [
        ('[price.volume]\namount = 1\nper = "MB"\ncount = "up"\nmode = "package"\n', True),
        ('[price.volume]\namount = 1\nper = "MB"\nmode = "package"\n', False),
        ('[price.up]\namount = 1\nper = "MB"\n', True),
        ('[price.up]\namount = 1\nper = "MB"\n[price.down]\namount = 1\nper = "MB"\n', False),
    ],
)
def test_the_direction_that_counts(prices: str, up: bool) -> None:
    assert counted_up(parse_plan(HEAD + prices)) is up
    simple = VolumePrice(10_000, MB, counted=Counted.UP)
    assert counted_up(plan(volume=simple, counted=Counted.UP))
