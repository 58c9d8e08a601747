"""What a file of subscribers is made of, and what its lines come to: somebody new, or a change.

Values only: decided in `cli.import_difference`, written by `cli.subscriber_import`, and they say
of themselves what a dry run prints and what the audit keeps.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from cli.audit import changes_in_words
from cli.import_sales import NOTHING, Sale
from cli.office import Office
from cli.people import Applicant, added
from cli.plan_change import PlanChange
from cli.subscriber_change import differing_with_limits
from domain.account import Status, Subscriber
from domain.deed import Deed
from domain.ledger import Entry
from domain.money import format_amount
from domain.plan import Plan
from store.office_subscribers import Customer


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the file, understood. `traits` and `status` hold only what is given."""

    number: int
    applicant: Applicant
    nas_names: tuple[str, ...] = ()
    traits: dict[str, str | None] = field(default_factory=dict)
    status: Status | None = None
    credit_limit_micros: int | None = None


@dataclass(frozen=True, slots=True)
class Books:
    """What is known already: plans and NAS by name, the customers that the file names."""

    plans: dict[str, Plan]
    device_ids: dict[str, int]
    customers: dict[str, Customer]


@dataclass(frozen=True, slots=True)
class Added:
    """Somebody new; `sale` is what is bought with it."""

    line: Line
    customer: Customer
    entries: list[Entry]
    sale: Sale = NOTHING


@dataclass(frozen=True, slots=True)
class Changed:
    """Somebody who becomes different; `limit_micros` is a new credit limit, if it changes.

    `moved` is what the file says of it. What `another` plan does besides is known once that was
    worked out.
    """

    line: Line
    before: Customer
    moved: Subscriber
    limit_micros: int | None
    another: PlanChange | None = None

    @property
    def after(self) -> Subscriber:
        """As it is afterwards."""
        made = self.another.made if self.another is not None else None
        return self.moved if made is None else made.subscriber

    @property
    def told(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """What differs, before and after."""
        limits = (self.before.account.credit_limit_micros, self.limit_micros)
        old, new = differing_with_limits(self.before.subscriber, self.after, limits)
        return old, new | (self.another.told() if self.another is not None else {})

    @property
    def nothing(self) -> bool:
        """Does nothing change after all?"""
        return self.moved == self.before.subscriber and self.limit_micros is None

    def words(self) -> str:
        """What changes, as a dry run prints it."""
        before = self.before
        limits = (before.account.credit_limit_micros, self.limit_micros)
        told = differing_with_limits(before.subscriber, self.after, limits)
        said = [changes_in_words(*told, currency=before.account.currency)]
        if self.another is not None:
            said += self.another.lines(before.subscriber, dry_run=True)
        return "; ".join(said)


@dataclass(slots=True)
class Difference:
    """All of it, in the order of the file."""

    added: list[Added] = field(default_factory=list)
    changed: list[Changed] = field(default_factory=list)
    unchanged_n: int = 0
    unpaid_n: int = 0  # new ones whose time is still to be bought
    uncharged_n: int = 0  # those who begin a plan whose activation fee is not charged

    @property
    def plan_changes(self) -> list[PlanChange]:
        """The changes of plan among all changes."""
        return [one.another for one in self.changed if one.another is not None]

    def lines(self) -> Iterable[str]:
        """A line for each that is added or changes, as a dry run prints it."""
        rows: list[tuple[int, str]] = []
        for one in self.added:
            account = one.customer.account
            money = format_amount(account.posted_micros, account.currency)
            login, plan = one.line.applicant.login, one.customer.subscriber.plan_name
            said = f"add {login}: plan {plan}, balance {money}{one.sale.words(account)}"
            rows.append((one.line.number, said))
        for other in self.changed:
            said = f"change {other.line.applicant.login}: {other.words()}"
            rows.append((other.line.number, said))
        return [f"line {number}: {said}" for number, said in sorted(rows)]

    def deeds(self, office: Office, reason: str) -> list[Deed]:
        """What the audit is told: a deed for each, so that everybody's own history is whole."""
        told = [added(office, "subscriber import", one.customer, reason) for one in self.added]
        for one in self.changed:
            old, new = one.told
            told.append(
                office.draft(
                    "subscriber import",
                    kind="subscriber",
                    row_id=one.after.subscriber_id,
                    subject=one.after.login,
                    before=old,
                    after=new,
                    reason=reason,
                )
            )
        return told
