"""Octets from a fuzzer as the arguments that a property wants: numbers, pieces, choices.

Whatever the octets are, they mean something, and a small change of them is a small change of the
arguments; that is what lets a mutator walk. When they run out, numbers are 0 and pieces empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

Thing = TypeVar("Thing")


class Taker:
    """Reads one argument after the other."""

    __slots__ = ("at", "octets")

    def __init__(self, octets: bytes) -> None:
        self.octets = octets
        self.at = 0

    def piece(self, size: int) -> bytes:
        """Return the next octets, fewer if they run out."""
        found = self.octets[self.at : self.at + size]
        self.at += size
        return found

    def filled(self, size: int) -> bytes:
        """Return so many octets, zeros where they run out."""
        return self.piece(size).ljust(size, b"\0")

    def octet(self) -> int:
        """Return a number of 0 to 255."""
        found = self.piece(1)
        return found[0] if found else 0

    def short_piece(self) -> bytes:
        """Return a piece that says its own size in the octet before it."""
        return self.piece(self.octet())

    def number(self) -> int:
        """Return a number of up to 64 bits, whose first octet says how many octets it has."""
        return int.from_bytes(self.piece(self.octet() % 9), "big")

    def signed(self) -> int:
        """Return a number of -2**63 to 2**63 - 1, small ones as likely as large ones."""
        found = self.piece(self.octet() % 9)
        return int.from_bytes(found, "big", signed=True)

    def choice(self, things: Sequence[Thing]) -> Thing:
        """Return one of several things."""
        return things[self.octet() % len(things)]

    def rest(self) -> bytes:
        """Return all that is left."""
        found = self.octets[self.at :]
        self.at = len(self.octets)
        return found
