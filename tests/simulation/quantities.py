"""Sums, volumes, times and speeds as plan files write them, read for the judges alone.

Whole numbers come out: micros, octets, seconds, bits in a second. A file is taken to be sound, for
the house has loaded it; what is no quantity is a failed assertion.
"""

from __future__ import annotations

import re
from fractions import Fraction

MICROS = 10**6
VOLUMES = {
    f"{letter}{kind}": base**power
    for kind, base in (("B", 1000), ("iB", 1024))
    for power, letter in enumerate("KMGT", start=1)
}
DURATIONS = {"s": 1, "second": 1, "m": 60, "minute": 60, "h": 3600, "hour": 3600, "d": 86_400}
DURATIONS |= {"day": 86_400, "seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}
SPEEDS = {"k": 10**3, "M": 10**6, "G": 10**9, "": 1}


def micros(amount: str | int) -> int:
    """A sum of money."""
    exact = Fraction(amount) * MICROS
    assert exact.denominator == 1, f"{amount} has more than six decimals"
    return exact.numerator


def quantity(written: str | int, units: dict[str, int]) -> int:
    """`"100 MB"`, `"MB"`, `"30 minutes"`, or a bare number of octets or seconds."""
    if isinstance(written, int):
        return written
    number, unit = parts(written)
    return int(number or 1) * units[unit]


def speed(written: str | int) -> int:
    """Bits in a second."""
    if isinstance(written, int):
        return written
    number, unit = parts(written)
    return int(number) * SPEEDS[unit]


def parts(written: str) -> tuple[str, str]:
    """Number and unit, either perhaps empty."""
    found = re.fullmatch(r"\s*([0-9]*)\s*([A-Za-z]*)\s*", written)
    assert found is not None, f"{written!r} is no quantity"
    return found[1], found[2]
