"""A turn: one instant, and numbers spread so that a fleet does not act in one moment."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.aaa.room import Room
from tests.accounting.makers import at


@given(st.integers(0, 10**7))
def test_f_36_a_spread_number_is_within_a_tenth(number: int) -> None:
    turn = Room().turn(0)
    tenth = number // 10
    for _ in range(5):
        assert number - tenth <= turn.spread(number) <= number + tenth


@pytest.mark.parametrize("number", [300, 604_800])
def test_f_36_both_ends_of_the_tenth_and_all_between_are_reached(number: int) -> None:
    turn = Room().turn(0)
    found = {turn.spread(number) for _ in range(3_000)}
    assert min(found) < number * 92 // 100 and max(found) > number * 108 // 100
    assert abs(sum(found) // len(found) - number) < number // 50


def test_small_numbers_are_not_spread() -> None:
    assert Room().turn(0).spread(9) == 9


def test_after_counts_in_seconds() -> None:
    assert Room().turn(5).after(60) == at(65)
