"""The oracle of tiers, itself held against what is even plainer: trying every quantity."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.plan_words import Rounding
from domain.pricing import Price, Tier, TierMode
from rating.price_reference import dearest, family_micros, rises
from rating.reference import charged, rounded

AMOUNTS = st.integers(0, 30)


@settings(max_examples=60, deadline=None)
@given(
    amounts=st.lists(AMOUNTS, min_size=3, max_size=3),
    begins=st.sets(st.integers(1, 60), min_size=2, max_size=2),
    increment=st.integers(1, 7),
    rounding=st.sampled_from(Rounding),
    quantity=st.integers(0, 90),
)
def test_volume_tiers_cost_the_most_that_any_smaller_quantity_would(
    amounts: list[int], begins: set[int], increment: int, rounding: Rounding, quantity: int
) -> None:
    begin = [0, *sorted(begins)]
    tiers = tuple(Tier(b, a, 7) for b, a in zip(begin, amounts, strict=True))
    price = Price(tiers, TierMode.VOLUME, increment=increment, rounding=rounding)
    every = []
    for much in range(quantity + 1):
        tier = [each for each in tiers if each.since <= much][-1]
        every.append(
            rounded(Fraction(charged(much, 0, increment) * tier.amount_micros, 7), rounding)
        )
    assert dearest(price, quantity) == max(every)


@settings(max_examples=60, deadline=None)
@given(
    mode=st.sampled_from(TierMode),
    counter=st.integers(0, 50),
    cuts=st.lists(st.integers(0, 40), min_size=1, max_size=4),
)
def test_lines_rise_alike_however_a_rise_is_cut(
    mode: TierMode, counter: int, cuts: list[int]
) -> None:
    tiers = (Tier(0, 5, 7), Tier(20, 9, 7), Tier(60, 3, 7))
    price = Price(tiers[:1] if mode is TierMode.PACKAGE else tiers, mode)
    total = [0] * len(rises(price, 0, 0))
    at = counter
    for cut in cuts:
        total = [a + b for a, b in zip(total, rises(price, at, at + cut), strict=True)]
        at += cut
    assert total == rises(price, counter, at)
    if mode is TierMode.GRADUATED:
        assert sum(total) == sum(cuts)


@settings(max_examples=60, deadline=None)
@given(
    lines=st.lists(st.integers(0, 40), min_size=3, max_size=3),
    more=st.integers(0, 2),
    minimum=st.integers(0, 60),
)
def test_a_minimum_raises_the_sum_and_no_line_falls_as_another_rises(
    lines: list[int], more: int, minimum: int
) -> None:
    tiers = (Tier(0, 5, 2), Tier(20, 1, 3), Tier(60, 3, 7))
    price = Price(tiers, minimum=minimum)
    plain = family_micros(Price(tiers), lines, used=True)
    found = family_micros(price, lines, used=True)
    assert sum(found) == max(sum(plain), minimum * 5 // 2)
    lines[more] += 1
    later = family_micros(price, lines, used=True)
    assert all(now >= was for now, was in zip(later, found, strict=True))
