"""The small languages inside a plan file: volumes, durations, speeds, weekdays, times of day.

Each function takes what somebody wrote and returns whole numbers of the unit in its name, or
raises ValueError with the end of a sentence that says what to write instead. Nothing is guessed:
`Mb` is neither MB nor MiB, and half an octet is not a quantity.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterable
from datetime import date
from enum import StrEnum
from typing import TypeVar

from domain.plan import Span

Word = TypeVar("Word", bound=StrEnum)

_QUANTITY = re.compile(r"([0-9]{1,18})? ?([A-Za-z]+)")
_SPEED = re.compile(r"([0-9]{1,15})([kMG]?)")
_SPAN = re.compile(r"([0-9]{1,5})(h|d|mo)")
_CLOCK = re.compile(r"([0-9]{2}):([0-9]{2})")
_DATE = re.compile(r"(?:([0-9]{4})-)?([0-9]{2})-([0-9]{2})")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

OCTETS = {
    "KB": 10**3,
    "KiB": 2**10,
    "MB": 10**6,
    "MiB": 2**20,
    "GB": 10**9,
    "GiB": 2**30,
    "TB": 10**12,
    "TiB": 2**40,
}
SECONDS = {
    "s": 1,
    "second": 1,
    "seconds": 1,
    "m": 60,
    "minute": 60,
    "minutes": 60,
    "h": 3_600,
    "hour": 3_600,
    "hours": 3_600,
    "d": 86_400,
    "day": 86_400,
    "days": 86_400,
}
BITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9}
SPANS = {"h": Span.HOURS, "d": Span.DAYS, "mo": Span.MONTHS}
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def octets(text: str) -> int:
    """Return the octets of `GB` (one of them), `5 GB` or `100MiB`."""
    return _quantity(text, OCTETS, 'a volume; write such as "MB", "100 MB" or "5 GiB"')


def seconds(text: str) -> int:
    """Return the seconds of `hour` (one of them), `30 minutes` or `10h`. A day has 86,400."""
    return _quantity(text, SECONDS, 'a duration; write such as "hour", "30 minutes" or "10h"')


def bits_per_second(text: str) -> int:
    """Return the bits in a second of `512k`, `10M`, `1G` or plain digits; k is 1000."""
    found = _SPEED.fullmatch(text)
    if found is None:
        wanted = 'a speed; write bits in a second such as "512k" or "10M"'
        raise ValueError(f"{text[:40]!r} is not {wanted}")
    return int(found[1]) * BITS[found[2]]


def weekdays(text: str) -> frozenset[int]:
    """Return the ISO numbers (1 Monday ... 7 Sunday) of `mon-fri`, `sat,sun` or `fri-mon`."""
    days: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if first not in WEEKDAYS or (dash and last not in WEEKDAYS):
            raise ValueError(f'{text[:40]!r} is not days; write such as "mon-fri" or "sat,sun"')
        start = WEEKDAYS.index(first)
        length = (WEEKDAYS.index(last) - start) % 7 if dash else 0
        days.update((start + step) % 7 + 1 for step in range(length + 1))
    return frozenset(days)


def second_of_day(text: str) -> int:
    """Return the seconds since midnight of `08:00`; `24:00` is the end of the day."""
    found = _CLOCK.fullmatch(text)
    if found is not None:
        second = int(found[1]) * 3_600 + int(found[2]) * 60
        if int(found[2]) < 60 and second <= 86_400:
            return second
    raise ValueError(f'{text[:40]!r} is not a time of day; write such as "08:00" or "24:00"')


def span(text: str) -> tuple[int, Span]:
    """Return how many of which span `12h`, `30d` or `1mo` is; days and months are local ones."""
    found = _SPAN.fullmatch(text)
    if found is None or not int(found[1]):
        raise ValueError(f'{text[:40]!r} is not a validity; write such as "30d", "1mo" or "12h"')
    return int(found[1]), SPANS[found[2]]


def day_of_year(text: str) -> tuple[int | None, int, int]:
    """Return year (None: every one), month and day of `12-25` or `2026-12-25`."""
    found = _DATE.fullmatch(text)
    if found is not None:
        year = int(found[1]) if found[1] else None
        month, day = int(found[2]), int(found[3])
        leap = 2000 if year is None else year
        if 1 <= month <= 12 and date.min.year <= leap and 1 <= day <= monthrange(leap, month)[1]:
            return year, month, day
    raise ValueError(
        f'{text[:40]!r} is not a day; write such as "12-25" of every year or "2026-04-05" of one'
    )


def name(text: str) -> str:
    """Return the name of a plan or of a part of one, as it is."""
    if _NAME.fullmatch(text) is None:
        raise ValueError(
            f"{text[:40]!r} is not a name; write at most 64 letters, digits, points, dashes and "
            "underscores, beginning with a letter or digit"
        )
    return text


def one_of(words: Iterable[Word]) -> Callable[[str], Word]:
    """Return a reader of one of these words of an enumeration."""
    known = tuple(words)

    def read(text: str) -> Word:
        for word in known:
            if word == text:
                return word
        listed = ", ".join(f'"{word}"' for word in known)
        raise ValueError(f"{text[:40]!r} is not one of {listed}")

    return read


def _quantity(text: str, units: dict[str, int], wanted: str) -> int:
    """So many of a unit, or one of it."""
    found = _QUANTITY.fullmatch(text)
    if found is None or found[2] not in units:
        raise ValueError(f"{text[:40]!r} is not {wanted}")
    return int(found[1] or 1) * units[found[2]]
