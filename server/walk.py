"""A batch and its walk through the desk, and the ears that hear of the next one meanwhile.

What comes while the desk is busy cannot be decided at once anyway. To be woken for each datagram
then costs several times what reading it takes, so it waits in the kernel and is read when it is of
use: when a batch has ended, and every now and then. Nothing here decides what a batch is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

from aaa.outcome import Outcome
from server.queue import Errand


class Ears(Protocol):
    """The doors, as the batcher uses them."""

    def poll(self) -> None:
        """Take in what waits in the kernel."""

    def listen(self) -> None:
        """There is nothing to do: hear of the next datagram at once."""


class Deaf:
    """Whoever brings what has come by himself."""

    def poll(self) -> None:
        """Nothing waits."""

    def listen(self) -> None:
        """Nothing is heard."""


DEAF: Final = Deaf()


class Batch(NamedTuple):
    """What goes to the desk at once, and when that began (monotonic)."""

    errands: list[Errand]
    covered_n: int
    began_us: int


class Walk:
    """One batch on its way from where it was decided behind another to its end."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.begun, self.over = asyncio.Event(), asyncio.Event()
        self.outcomes: Sequence[Outcome] = ()
