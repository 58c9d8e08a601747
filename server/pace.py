"""How much of something each of many may have per second: one small bucket for each.

Used for Status-Server, which is answered without the store and so has no other brake (STS-03).
Whole numbers only: tokens are counted in millionths, time in microseconds.
"""

from __future__ import annotations

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
