"""Volumes and times as a command takes them: the words of plan files, or a plain number.

`10GB` and `2h` are read as a plan reads them, so that nobody has to learn a second language; a
number alone is octets or seconds. What is wrong is one line that says what to write.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import click

from rating import plan_values

OCTETS_MOST: Final = 10**18
SECONDS_MOST: Final = 3_660 * 86_400


class QuantityType(click.ParamType[int]):
    """A number with one of the units of plan files, or without."""

    def __init__(self, name: str, read: Callable[[str], int], most: int) -> None:
        """`read` knows the units; `most` is the largest that makes sense."""
        self.name = name
        self._read = read
        self._most = most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Octets or seconds, or the sentence of `rating.plan_values`."""
        if isinstance(value, int):
            return value
        text = str(value).strip()
        plain = text.isascii() and text.isdigit() and len(text) < 20
        try:
            number = int(text) if plain else self._read(text)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if number > self._most:
            self.fail(f"{text[:40]!r} is more than anybody can use", param, ctx)
        return number


VOLUME: Final = QuantityType("volume", plan_values.octets, OCTETS_MOST)
DURATION: Final = QuantityType("duration", plan_values.seconds, SECONDS_MOST)
