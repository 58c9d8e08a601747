"""A task of the server's own on its way to the desk, in one line with what routers ask.

Orders that were carried out, rechecks and sweeps change rows as well, so they are decided and
committed like requests. Nobody repeats them for us: one that failed comes back until it succeeds.
"""

from __future__ import annotations

from collections.abc import Callable

from aaa.outcome import FAILED, Outcome
from aaa.request import Item
from server.queue import Rank


class Chore:
    """One task of our own on its way to the desk; it is tried until it succeeds."""

    __slots__ = ("_again", "_done", "arrival_n", "entered_us", "failures_n", "item", "rank")

    def __init__(
        self, item: Item, again: Callable[[Chore], None], done: Callable[[Item], None]
    ) -> None:
        self.item = item
        self.rank = Rank.TASK
        self.arrival_n = 0
        self.entered_us = 0
        self.failures_n = 0
        self._again = again
        self._done = done

    def settle(self, outcome: Outcome, now_us: int) -> None:
        """Durable, or to be tried again."""
        if outcome.label == FAILED.label:
            self.failures_n += 1
            self._again(self)
        else:
            self._done(self.item)

    def shed(self) -> None:
        """Tasks are never shed."""
        raise AssertionError("a task was shed")
