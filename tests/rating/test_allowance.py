"""Prices turned round: what money pays is never more than it pays, nor an increment too little."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rating import price
from rating._rater import Tariff
from rating.allowance import QUANTITY_MAX, octets_for, seconds_for, take

MONEY = st.one_of(st.integers(0, 100), st.integers(0, 10**10), st.integers(0, 9 * 10**15))
STEPS = st.tuples(
    st.one_of(st.integers(1, 10**5), st.integers(1, 10**15)),
    st.one_of(st.integers(1, 10**5), st.sampled_from([10**6, 2**20, 10**9, 2**30, 10**15])),
    st.one_of(st.just(1), st.integers(1, 10**6), st.just(10**12)),
    st.integers(0, 2),
)

many = settings(max_examples=500, deadline=None)


@many
@given(step=STEPS, money=MONEY, free=st.integers(0, 10**12))
def test_octets_for_pays_and_one_increment_more_would_not(
    step: tuple[int, int, int, int], money: int, free: int
) -> None:
    amount, unit, increment, _ = step
    tariff = Tariff(2, 0, step, None)
    octets = octets_for(tariff, money)
    assert octets is not None
    counted = min(octets + free, QUANTITY_MAX)
    assert price(tariff, counted, 0, counted - octets, 0, False)[1] <= money
    assert octets % increment == 0
    if octets + increment <= QUANTITY_MAX:
        assert money < Fraction((octets + increment) * amount, unit)


@many
@given(step=STEPS, money=MONEY)
def test_seconds_for_pays_and_one_increment_more_would_not(
    step: tuple[int, int, int, int], money: int
) -> None:
    amount, unit, increment, _ = step
    tariff = Tariff(2, 0, None, step)
    seconds = seconds_for(tariff, money)
    assert seconds is not None
    assert price(tariff, 0, seconds, 0, 0, False)[2] <= money
    if seconds + increment <= QUANTITY_MAX:
        assert money < Fraction((seconds + increment) * amount, unit)


def test_five_units_pay_500_million_octets_of_the_sample_plan() -> None:
    tariff = Tariff(2, 0, (10_000, 1_000_000, 1, 0), None)
    assert octets_for(tariff, 5_000_000) == 500_000_000
    assert octets_for(tariff, 1) == 100
    assert seconds_for(tariff, 5_000_000) is None


def test_whole_increments_only_are_paid() -> None:
    tariff = Tariff(2, 0, None, (2_400_000, 3_600, 60, 1))  # 0.04 a started minute
    assert [seconds_for(tariff, money) for money in (0, 39_999, 40_000, 79_999, 80_000)] == [
        0,
        0,
        60,
        60,
        120,
    ]
    assert octets_for(tariff, 80_000) is None


@pytest.mark.parametrize("money", [0, -1, -(10**15)])
def test_no_money_pays_nothing(money: int) -> None:
    tariff = Tariff(2, 0, (1, 10, 1, 0), (1, 10, 1, 0))
    assert (octets_for(tariff, money), seconds_for(tariff, money)) == (0, 0)


def test_riches_are_cut_to_what_the_rater_can_count() -> None:
    tariff = Tariff(2, 0, (1, 10**15, 1000, 0), None)
    octets = octets_for(tariff, 9 * 10**15)
    assert octets == QUANTITY_MAX // 1000 * 1000
    assert price(tariff, octets, 0, 0, 0, False)[1] <= 9 * 10**15


@pytest.mark.parametrize(
    ("remaining", "before", "after", "taken"),
    [
        (100, 0, 40, 40),
        (100, 0, 100, 100),
        (100, 0, 101, 100),
        (0, 0, 50, 0),
        (-5, 0, 50, 0),
        (100, 40, 40, 0),
        (100, 40, 30, 0),
        (10, 40, 45, 5),
    ],
)
def test_an_allowance_covers_the_rise_as_far_as_it_reaches(
    remaining: int, before: int, after: int, taken: int
) -> None:
    assert take(remaining, before, after) == taken


@many
@given(
    included=st.integers(0, 10**6),
    rises=st.lists(st.integers(0, 10**5), max_size=30),
)
def test_t1_what_is_taken_depends_on_the_total_only(included: int, rises: list[int]) -> None:
    left, total, taken = included, 0, 0
    for rise in rises:
        covered = take(left, total, total + rise)
        left, total, taken = left - covered, total + rise, taken + covered
    assert taken == take(included, 0, total)
    assert left == included - taken
