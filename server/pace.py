"""How much of something each of many may have per second.

`Pace` says yes or no and has one small bucket for each: for Status-Server, which is answered
without the store and so has no other brake (STS-03). `Drip` says when: for orders to devices,
which wait and are not refused. Whole numbers only: tokens in millionths, time in microseconds.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final

KEYS_MAX: Final = 65_536


class Pace:
    """Buckets that hold `burst_n` and fill with `per_s` each second, one for each key."""

    def __init__(self, *, per_s: int, burst_n: int) -> None:
        self._per_s = per_s
        self._full = burst_n * 1_000_000
        self._buckets: dict[int, tuple[int, int]] = {}  # key to (millionths left, at us)

    def take(self, key: int, now_us: int) -> bool:
        """One for `key`, if there is any left at this monotonic instant."""
        left, at_us = self._buckets.get(key, (self._full, now_us))
        left = min(self._full, left + (now_us - at_us) * self._per_s)
        granted = left >= 1_000_000
        if key not in self._buckets and len(self._buckets) >= KEYS_MAX:
            self._buckets.clear()
        self._buckets[key] = (left - 1_000_000 if granted else left, now_us)
        return granted


class Drip:
    """Instants at which the next may go, evenly apart, one line for each key; no bursts."""

    def __init__(self) -> None:
        self._next_us: dict[Hashable, int] = {}

    def wait_us(self, key: Hashable, now_us: int) -> int:
        """How long the next one of `key` has to wait from this monotonic instant on."""
        return max(self._next_us.get(key, now_us) - now_us, 0)

    def went(self, key: Hashable, now_us: int, *, per_s: int) -> None:
        """One went just now, and the next may go a `per_s`-th of a second later."""
        if len(self._next_us) >= KEYS_MAX:
            self._next_us = {one: at for one, at in self._next_us.items() if at > now_us}
        self._next_us[key] = now_us + -(-1_000_000 // per_s)
