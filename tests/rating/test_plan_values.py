"""The words inside a plan file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rating import plan_values as values


@pytest.mark.parametrize(
    ("reader", "text", "expected"),
    [
        (values.octets, "MB", 1_000_000),
        (values.octets, "100 MB", 100_000_000),
        (values.octets, "1KiB", 1024),
        (values.octets, "3 GiB", 3_221_225_472),
        (values.octets, "2 TB", 2_000_000_000_000),
        (values.seconds, "second", 1),
        (values.seconds, "30 minutes", 1_800),
        (values.seconds, "10h", 36_000),
        (values.seconds, "2 days", 172_800),
        (values.bits_per_second, "512k", 512_000),
        (values.bits_per_second, "10M", 10_000_000),
        (values.bits_per_second, "1G", 1_000_000_000),
        (values.bits_per_second, "64000", 64_000),
        (values.weekdays, "mon", frozenset({1})),
        (values.weekdays, "mon-fri", frozenset({1, 2, 3, 4, 5})),
        (values.weekdays, "sat, sun", frozenset({6, 7})),
        (values.weekdays, "sat-mon", frozenset({6, 7, 1})),
        (values.weekdays, "mon-sun", frozenset(range(1, 8))),
        (values.weekdays, "mon,wed-thu", frozenset({1, 3, 4})),
        (values.second_of_day, "00:00", 0),
        (values.second_of_day, "08:30", 30_600),
        (values.second_of_day, "24:00", 86_400),
    ],
)
def test_what_people_write_becomes_numbers(
    reader: Callable[[str], Any], text: str, expected: object
) -> None:
    assert reader(text) == expected


@pytest.mark.parametrize(
    ("reader", "texts"),
    [
        (
            values.octets,
            ["", "5", "mb", "Mb", "-1 MB", "1.5 GB", "1  MB", "5 GB ", "1e3 MB", "٣ MB"],
        ),
        (values.seconds, ["", "10", "10 H", "hours and", "-1h", "1.5h", "week"]),
        (values.bits_per_second, ["", "10m", "10 M", "1.5M", "10Mbit", "-1k", "M", "٣M"]),
        (values.weekdays, ["", "Mon", "mon-", "-fri", "mon-fri-sat", "mon,,tue", "day"]),
        (values.second_of_day, ["", "8:00", "08:60", "24:01", "25:00", "08:00:00", "0800"]),
    ],
)
def test_anything_else_is_refused_with_an_example(
    reader: Callable[[str], Any], texts: list[str]
) -> None:
    for text in texts:
        with pytest.raises(ValueError, match=r'write .*"'):
            reader(text)
