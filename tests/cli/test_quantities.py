"""Volumes and times of commands: the words of plan files, plain numbers, one line for others."""

from __future__ import annotations

import click
import pytest

from cli.quantities import DURATION, OCTETS_MOST, SECONDS_MOST, VOLUME, QuantityType


@pytest.mark.parametrize(
    ("kind", "text", "number"),
    [
        (VOLUME, "10GB", 10 * 10**9),
        (VOLUME, " 3 GiB ", 3 * 2**30),
        (VOLUME, "1500", 1500),
        (VOLUME, "0", 0),
        (VOLUME, str(OCTETS_MOST), OCTETS_MOST),
        (DURATION, "2h", 7_200),
        (DURATION, "90", 90),
        (DURATION, 17, 17),
    ],
)
def test_a_quantity_is_read(kind: QuantityType, text: str, number: int) -> None:
    assert kind.convert(text, None, None) == number


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        (VOLUME, "10 Gb", "is not a volume"),
        (VOLUME, "-5", "is not a volume"),
        (VOLUME, "٣", "is not a volume"),
        (VOLUME, "9" * 40, "is not a volume"),
        (VOLUME, str(OCTETS_MOST + 1), "more than anybody can use"),
        (DURATION, "1 week", "is not a duration"),
        (DURATION, str(SECONDS_MOST + 1), "more than anybody can use"),
    ],
)
def test_what_is_none_is_said(kind: QuantityType, text: str, said: str) -> None:
    with pytest.raises(click.BadParameter, match=said):
        kind.convert(text, None, None)
