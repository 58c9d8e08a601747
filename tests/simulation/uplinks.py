"""Which of its servers a router asks, and when it turns to the other one.

A router with one server has nothing to choose. One with two may have a server of its own and turn
to the other when that is silent, for good or for this question only; it may ask by lot, in turn, or
both at once. What it sends to the other is what it sent to the first: the same octets, or a new
packet, as its profile has it. Any answer that is genuine is an answer.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

WAYS = ("own", "own", "stays", "by lot", "in turn", "both")


@dataclass(slots=True)
class Uplinks:
    """The servers of one router. `way` is one of WAYS."""

    addresses: tuple[str, ...]
    way: str = "own"
    turns_after_n: int = 2  # sendings in vain after which the next server is asked
    favourite: int = 0
    dice: random.Random = field(default_factory=random.Random)

    def first(self) -> int:
        """Where a new question goes first."""
        if len(self.addresses) == 1:
            return 0
        if self.way == "by lot":
            return self.dice.randrange(len(self.addresses))
        return self.favourite

    def hosts(self, first: int, sends_n: int) -> tuple[str, ...]:
        """Where the n-th sending of a question goes, whose first went to `first`."""
        if len(self.addresses) == 1:
            return self.addresses
        if self.way == "both":
            return self.addresses
        every_n = 1 if self.way == "in turn" else self.turns_after_n
        turned_n = (sends_n - 1) // every_n
        return (self.addresses[(first + turned_n) % len(self.addresses)],)

    def answered(self, host: str) -> None:
        """This one has answered."""
        if self.way == "stays":
            self.favourite = self.addresses.index(host)


def drawn(addresses: tuple[str, ...], dice: random.Random) -> Uplinks:
    """How a router of a history asks."""
    if len(addresses) == 1:
        return Uplinks(addresses)
    return Uplinks(
        addresses,
        dice.choice(WAYS),
        dice.choice((1, 1, 2, 3)),
        dice.randrange(len(addresses)),
        dice,
    )
