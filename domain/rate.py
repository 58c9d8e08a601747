"""RouterOS rate strings: written from bits per second, and checked against their grammar.

    rx[/tx] [rxburst[/txburst] [rxthr[/txthr] [rxtime[/txtime] [prio [rxmin[/txmin]]]]]]

rx is what the router receives from the subscriber, so the upload stands first: 10 Mbit/s down
and 2 up is `2M/10M`. `k` is 1000 and `M` a million; larger units are not understood everywhere.
A string outside the grammar is ignored by some releases and fails the login on others, so
nothing leaves that was not checked: neither what a plan says nor what is made of two speeds.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

_PAIR = re.compile(r"([^/]+)(?:/([^/]+))?", re.ASCII)
_BITS = re.compile(r"([0-9]+)([kM]?)", re.ASCII)
_SECONDS = re.compile(r"([0-9]+)s?", re.ASCII)
_FACTORS = {"": 1, "k": 1_000, "M": 1_000_000}

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class RouterRate:
    """A rate string with its defaults filled in; every pair is (rx, tx) = (upload, download)."""

    rate_bps: Pair
    burst_bps: Pair | None = None
    threshold_bps: Pair | None = None
    burst_s: Pair | None = None
    priority: int = 8  # 1 comes first, 8 last
    minimum_bps: Pair | None = None


def mikrotik_rate(down_bps: int | None, up_bps: int | None) -> str:
    """The rate string for these speeds; None is not limited, which RouterOS writes as 0."""
    text = f"{_written(up_bps)}/{_written(down_bps)}"
    parse_mikrotik_rate(text)
    return text


@lru_cache(maxsize=256)  # asked of a plan at every login and record
def parse_mikrotik_rate(text: str) -> RouterRate:
    """What RouterOS makes of a rate string. Raises ValueError with one clear sentence.

    A missing tx is the rx; a missing burst threshold is the rate; a missing burst time is 1 s.
    """
    parts = text.split(" ")
    if len(parts) > 6 or not all(parts):
        raise ValueError(f"{text!r} is not a rate: write it as upload/download, for example 2M/10M")
    rate = _pair(parts[0], _bits)
    if len(parts) == 1:
        return RouterRate(rate)
    return RouterRate(
        rate,
        burst_bps=_pair(parts[1], _bits),
        threshold_bps=_pair(parts[2], _bits) if len(parts) > 2 else rate,
        burst_s=_pair(parts[3], _seconds) if len(parts) > 3 else (1, 1),
        priority=_priority(parts[4]) if len(parts) > 4 else 8,
        minimum_bps=_pair(parts[5], _bits) if len(parts) > 5 else None,
    )


def _written(bps: int | None) -> str:
    if bps is None:
        return "0"
    if bps <= 0:
        raise ValueError(f"a speed of {bps} bits/s cannot be told to RouterOS, where 0 is no limit")
    for factor, suffix in ((1_000_000, "M"), (1_000, "k")):
        if bps % factor == 0:
            return f"{bps // factor}{suffix}"
    return str(bps)


def _pair(text: str, read: Callable[[str], int]) -> Pair:
    found = _PAIR.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not a pair such as 2M/10M")
    first = read(found[1])
    return first, first if found[2] is None else read(found[2])


def _bits(text: str) -> int:
    found = _BITS.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not a speed: digits, then k or M, for example 512k")
    return int(found[1]) * _FACTORS[found[2]]


def _seconds(text: str) -> int:
    found = _SECONDS.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not a burst time in seconds")
    return int(found[1])


def _priority(text: str) -> int:
    if text not in {"1", "2", "3", "4", "5", "6", "7", "8"}:
        raise ValueError(f"{text!r} is not a priority from 1 to 8")
    return int(text)
