"""What a paid period leaves to the one that follows it, and what that one is granted.

What a bundle carries over is kept in the row of the period that granted it, and a period in which
nothing was used has none: so a renewal opens the rows of the period that it follows. It opens those
of its own period, too, if it was bought as another version of the plan than the one before it: a
session that runs on would open them as its own, older version brings them. Rows that are there
already are never granted anything again (T6).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from accounting.pot_terms import Terms, terms_of
from accounting.pots import Pots
from billing import activation
from domain.account import Subscriber
from domain.plan import Plan
from domain.pot import Pot, PotKind
from domain.pricing import Period


@dataclass(frozen=True, slots=True)
class Carries:
    """The period that a renewal follows, of a plan whose bundles carry over what is left of it."""

    terms: Terms  # as they were before the renewal
    plan: Plan

    @property
    def keys(self) -> list[str]:
        """The keys of the rows that tell what is left: those of the plan's bundles."""
        return _keys(self.plan, carrying=True)


@dataclass(frozen=True, slots=True)
class Opens:
    """The period that begins, if it was bought as another version than the one before it.

    A session that runs on would open its rows as its own, older version would.
    """

    terms: Terms  # as they are after the renewal
    plan: Plan
    begin_us: int

    @property
    def keys(self) -> list[str]:
        """The keys of the rows that it has."""
        return _keys(self.plan)


def _keys(plan: Plan, *, carrying: bool = False) -> list[str]:
    """The keys of a plan's bundles of paid time; `carrying`: of those that carry over."""
    assert plan.pricing is not None
    return [
        f"{PotKind.BUNDLE}/{bundle.period}/{plan.name}/{bundle.name}"
        for bundle in plan.pricing.bundles
        if bundle.period is Period.VALIDITY and not (carrying and bundle.rollover is None)
    ]


def granted(opens: Opens, rows: Sequence[Pot]) -> tuple[list[Pot], list[tuple[Pot, int]]]:
    """The rows of the period that was bought, and how much earlier ones lose by it; see `carried`.

    Of a period that has rows already, nothing: what was granted stays granted (T6). What a period
    that still runs loses is had back by its own usage.
    """
    view = Pots(opens.plan).view(opens.terms, rows, opens.begin_us, opens.begin_us)
    keys = set(opens.keys)
    opened = [pot for pot in view.opened if pot.pot in keys]
    return opened, [(pot, lost) for pot, lost in view.lost if pot.pot in keys and lost]


def carried(carries: Carries, rows: Sequence[Pot]) -> tuple[list[Pot], list[tuple[Pot, int]]]:
    """The rows to open so that what was never used is carried on, and how much others lose by it.

    `rows` are what the account has of the bundles' keys.
    """
    begun_us = carries.terms.starts_us[-1]
    view = Pots(carries.plan).view(carries.terms, rows, begun_us, begun_us)
    keys = set(carries.keys)
    opened = [pot for pot in view.kept if pot.pot in keys]
    return opened, [(pot, lost) for pot, lost in view.lost if pot.pot in keys and lost]


def carries_of(subscriber: Subscriber, plan: Plan) -> Carries | None:
    """The period that ends, if something of it is carried on: it was paid for, of this plan."""
    if plan.pricing is None or subscriber.valid_until_us is None:
        return None
    if activation.begins(subscriber, plan):
        return None
    carries = Carries(terms_of(subscriber, plan), plan)
    return carries if carries.keys else None


def opens_of(before: Subscriber, after: Subscriber, plan: Plan, begin_us: int) -> Opens | None:
    """The rows of the new period, if sessions of another version may run on into it."""
    if plan.pricing is None or before.plan_name != plan.name or before.valid_until_us is None:
        return None
    if before.plan_id_at(before.valid_until_us - 1) in (0, plan.plan_id):
        return None
    opens = Opens(terms_of(after, plan), plan, begin_us)
    return opens if opens.keys else None
