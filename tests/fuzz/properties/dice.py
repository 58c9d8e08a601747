"""Dice that fall as a fuzzer's octets say: whatever is drawn by chance can be led by coverage.

Each throw takes as many octets as it needs, so a small change of them changes one throw and what
follows from it. When they run out, the throws go on by a seed that never changes: what is drawn
has an end, also where somebody throws until the result is of use.
"""

from __future__ import annotations

import random

from tests.fuzz.properties.taker import Taker


class Dice(random.Random):
    """As `random.Random`, over octets."""

    def __init__(self, octets: bytes) -> None:
        self._taker: Taker | None = None
        super().__init__(0)
        self._taker = Taker(octets)
        self._after = random.Random(0)

    def getrandbits(self, count: int, /) -> int:
        """Return a number of so many bits."""
        taker = self._taker
        if taker is None or taker.at >= len(taker.octets):
            return self._after.getrandbits(count)
        found = int.from_bytes(taker.filled((count + 7) // 8), "big")
        return found & ((1 << count) - 1)

    def random(self) -> float:
        """Return a number below 1."""
        return self.getrandbits(53) / (1 << 53)

    def rest(self) -> bytes:
        """Return the octets that no throw has taken."""
        return self._taker.rest() if self._taker is not None else b""
