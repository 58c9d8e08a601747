"""The oracle has to earn its place: it passes the hand-worked tables by itself."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from domain.plan import Rounding
from rating import reference


def test_the_reference_prices_every_row_of_the_hand_worked_tables(hand_table: Any) -> None:
    for row in hand_table.rows:
        counted = reference.counted_octets(hand_table.plan, row.get("up", 0), row.get("down", 0))
        assert counted == row.get("counted", counted), row
        priced = reference.price(
            hand_table.plan,
            counted,
            row.get("seconds", 0),
            free_octets=row.get("free", 0),
            free_s=row.get("free_s", 0),
            fee_due=bool(row.get("begun", 0)),
        )
        assert priced == (row.get("fee", 0), row.get("volume", 0), row.get("time", 0)), row


@pytest.mark.parametrize(
    ("quantity", "free", "increment", "charged"),
    [
        (0, 0, 10, 0),
        (1, 0, 10, 10),
        (10, 0, 10, 10),
        (11, 0, 10, 20),
        (11, 1, 10, 10),
        (5, 9, 1, 0),
    ],
)
def test_started_increments_are_charged_whole(
    quantity: int, free: int, increment: int, charged: int
) -> None:
    assert reference.charged(quantity, free, increment) == charged


@pytest.mark.parametrize(
    ("exact", "down", "up", "half_up"),
    [
        ("0", 0, 0, 0),
        ("1/3", 0, 1, 0),
        ("1/2", 0, 1, 1),
        ("2/3", 0, 1, 1),
        ("7/2", 3, 4, 4),
        ("5", 5, 5, 5),
    ],
)
def test_the_three_roundings_differ_only_between_whole_micros(
    exact: str, down: int, up: int, half_up: int
) -> None:
    modes = (Rounding.DOWN, Rounding.UP, Rounding.HALF_UP)
    assert [reference.rounded(Fraction(exact), mode) for mode in modes] == [down, up, half_up]


def test_the_reference_imports_nothing_of_the_rater() -> None:
    assert not {"_rater", "Tariff", "tariff"} & set(vars(reference))
