"""Differences as bars: widths that people can read, and nobody left out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.try_chart import BAR_COLUMNS, BARS_MOST, chart

EUR = 10**6


def test_bars_have_round_widths_and_those_who_pay_the_same_one_of_their_own() -> None:
    differences = [-3 * EUR] * 2 + [-EUR // 2] * 4 + [0] * 8 + [1] + [4 * EUR]
    assert chart(differences, "EUR") == [
        "  up to 3.00 EUR less  ##########                               2",
        "  up to 2.00 EUR less                                           0",
        "  up to 1.00 EUR less  ####################                     4",
        "             the same  ######################################## 8",
        "  up to 1.00 EUR more  #####                                    1",
        "  up to 2.00 EUR more                                           0",
        "  up to 3.00 EUR more                                           0",
        "  up to 4.00 EUR more  #####                                    1",
    ]


@pytest.mark.parametrize("differences", [[], [0], [0, 0, 0]])
def test_without_a_difference_there_is_nothing_to_draw(differences: list[int]) -> None:
    assert chart(differences, "EUR") == []


@given(st.lists(st.integers(-(10**15), 10**15), min_size=1, max_size=200))
def test_everybody_is_in_one_bar(differences: list[int]) -> None:
    lines = chart(differences, "EUR")
    if any(differences):
        assert sum(int(line.split()[-1]) for line in lines) == len(differences)
        assert 1 <= len(lines) <= BARS_MOST
        assert max(line.count("#") for line in lines) == BAR_COLUMNS


def test_a_few_extremes_do_not_push_all_others_into_one_bar() -> None:
    lines = chart([n * EUR for n in range(100)] + [10_000 * EUR], "EUR")
    assert len(lines) > 5
    assert "over 90.00 EUR more" in lines[-1]


def test_one_who_pays_more_does_not_stand_among_all_who_pay_the_same() -> None:
    assert [line.split()[-1] for line in chart([0] * 200 + [EUR], "EUR")] == ["200", "1"]
