"""Money as people write it, and as the house keeps it.

Inside, an amount is a whole number of micros (millionths of a currency unit) and nothing else.
Here is the one place where text becomes micros and micros become text. There is no way in for a
float: what cannot be said in six decimals is refused, never rounded.
"""

from __future__ import annotations

import re

MICROS = 1_000_000  # in one currency unit

# Nine thousand million units. Every amount and every sum up to here is exact in a signed 64-bit
# column and in the doubles that JSON readers use (2^53 is a little more than 9.007e15).
MAX_MICROS = 9_000_000_000_000_000

_AMOUNT = re.compile(r"([+-]?)([0-9]{1,30})(?:\.([0-9]{1,30}))?")
_CURRENCY = re.compile(r"[A-Z]{3}")


def parse_amount(text: str) -> int:
    """Return the micros of an amount such as `5`, `0.01` or `-12.345678`.

    Raises ValueError with one sentence for anything else: other decimals signs, thousands
    separators, exponents, more than six decimals, more than nine thousand million units.
    """
    found = _AMOUNT.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{_shown(text)} is not an amount; write digits with a point, as in 12.50")
    sign, units, decimals = found[1], found[2], found[3] or ""
    if len(decimals) > 6:
        raise ValueError(f"{_shown(text)} has more than six decimals; write at most six")
    micros = int(units) * MICROS + int(decimals.ljust(6, "0"))
    if micros > MAX_MICROS:
        raise ValueError(f"{_shown(text)} is too large; the limit is {MAX_MICROS // MICROS}")
    return -micros if sign == "-" else micros


def format_amount(micros: int, currency: str) -> str:
    """Return an amount as people read it: `4.99 USD`, exact, with two decimals or as many as
    it takes."""
    units, rest = divmod(abs(micros), MICROS)
    decimals = f"{rest:06d}".rstrip("0").ljust(2, "0")
    sign = "-" if micros < 0 else ""
    return f"{sign}{units}.{decimals} {currency}"


def valid_currency(text: str) -> bool:
    """Is this the shape of an ISO 4217 code: three capital letters?"""
    return _CURRENCY.fullmatch(text) is not None


def _shown(text: str) -> str:
    """A piece of somebody's input, quoted and short enough for one line."""
    return repr(text if len(text) <= 40 else text[:37] + "...")
