"""Who buys which plan, so that a new version of one is not looked for at all subscribers.

A list of numbers for each plan, to which subscribers are added as they are read and from which
nobody is taken: who asks looks whether they are still there. When more are listed than twice those
who are there, it is written anew.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence

from aaa.logins import Logins
from domain.account import Subscriber

LEFT_N = 1_000  # so many more may be listed than there are


class Buyers:
    """Accounts by the name of a plan."""

    def __init__(self) -> None:
        """Nobody buys anything."""
        self._by_plan: dict[str, array[int]] = {}
        self._n = 0

    def add(self, subscriber: Subscriber, known: Mapping[str, Subscriber] | Logins) -> None:
        """A subscriber was read, and is among those that are known."""
        if self._n > 2 * len(known) + LEFT_N:
            self._by_plan, self._n = {}, 0
            for one in known.values():
                self._add(one)
        else:
            self._add(subscriber)

    def of(self, plan_name: str) -> Sequence[int]:
        """Accounts of which a subscriber buys the plan, or did when it was read; some twice."""
        return self._by_plan.get(plan_name, ())

    def _add(self, subscriber: Subscriber) -> None:
        self._by_plan.setdefault(subscriber.plan_name, array("q")).append(subscriber.account_id)
        self._n += 1
