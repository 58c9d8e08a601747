"""What a change of plan does to time and money, in one place for all commands that make one.

What the plan that is left declares is worked out on values and written in the transaction of the
change; the same lines say it before (`--dry-run`) and afterwards, and the audit keeps the numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from accounting.in_force import Version
from accounting.pot_terms import terms_of
from accounting.standing import Dropped, dropped
from billing.activation import had_before
from billing.change import Change, change_plan, unpaid
from billing.payment import Declined, customer_micros
from cli.allowances_left import in_words, label
from cli.errors import HouseError
from cli.office import Office
from cli.people import money
from domain.account import Subscriber
from domain.period import format_instant
from domain.plan import Left, Plan
from store import office_changes, office_plans, office_usage
from store.office_connection import Connection
from store.office_money import Raced
from store.office_subscribers import Customer


class PlanChange:
    """One change of plan: worked out in the transaction that makes it, and told afterwards."""

    def __init__(
        self,
        office: Office,
        old: Plan | None,
        new: Plan,
        *,
        keep: bool = False,
        activate: bool = True,
    ) -> None:
        """`old` is None if it is not there any more; `keep`: the end of the time was given.

        `activate` False: whoever it is has paid the activation fee elsewhere.
        """
        self._office = office
        self._keep = keep
        self._activate = activate
        self.old = old
        self.new = new
        self.tells_left = True  # False: what is left of bundles is not looked up
        self.made: Change | None = None
        self._dropped: list[Dropped] = []

    def leave(self, versions: Sequence[Version], one: Subscriber) -> None:
        """The plan that is left is the version of it that holds, of all that there are."""
        if versions:
            self.old = office_plans.in_force_of(versions, one, self._office.now_us)

    async def work_out(
        self, connection: Connection, customer: Customer, moved: Subscriber
    ) -> Change:
        """What comes of it; HouseError without the money for the activation fee."""
        office, account_id = self._office, customer.account.account_id
        another = customer.subscriber.plan_name != self.new.name
        refunds = self.old is not None and self.old.on_change is Left.REFUND and not self._keep
        made = change_plan(
            customer.subscriber,
            moved,
            customer.account,
            plans=(self.old, self.new),
            purchases=await office_changes.refundable(connection, customer, office.now_us)
            if refunds
            else (),
            ids=office.ids,
            now_us=office.now_us,
            activate=another
            and self._activate
            and await office_changes.activation_due(connection, account_id, self.new),
            keep=self._keep,
        )
        if isinstance(made, Declined):
            raise HouseError(f"{customer.subscriber.login}: {made.text}")
        if not self._activate:
            made = replace(made, subscriber=had_before(made.subscriber))
        self.made = made
        if another and self.tells_left and self.old is not None:
            if _served(customer.subscriber, office.now_us):
                self._dropped = await self._left_behind(connection, customer, self.old, made)
        return made

    async def _left_behind(
        self, connection: Connection, customer: Customer, old: Plan, made: Change
    ) -> list[Dropped]:
        """What is left of bundles and boosters that the new plan does not use."""
        account_id, now_us = customer.account.account_id, self._office.now_us
        rows = await office_usage.of_account(connection, account_id, ends_after_us=now_us)
        terms = (terms_of(customer.subscriber, old), terms_of(made.subscriber, self.new))
        return dropped((old, self.new), terms, rows, now_us)

    async def write(
        self, connection: Connection, customer: Customer, moved: Subscriber
    ) -> Subscriber:
        """Write all of it but the subscriber, who is answered as it is then."""
        made = await self.work_out(connection, customer, moved)
        try:
            await office_changes.write_change(connection, made)
        except Raced:
            raise HouseError("somebody else booked at the same moment; try again") from None
        return made.subscriber

    def told(self) -> dict[str, Any]:
        """What the audit keeps beside how the subscriber differs."""
        return told(self.made) if self.made is not None else {}

    def lines(self, before: Subscriber, *, dry_run: bool = False) -> list[str]:
        """What to say of it: what becomes of the time, and what is booked."""
        made = self.made
        if made is None:
            return []
        found = [_time_left(before, made, self.new)] if made.left is not None else []
        zone = before.timezone or self.new.timezone
        for one, lost in self._dropped:
            word = "given up" if lost else f"not used by {self.new.name}"
            found.append(f"{word}: {label(one)}, {in_words(one, made.account.currency, zone)}")
        for text, payment in (
            (f"refund of what is left of {before.plan_name}", made.refunded),
            (f"activation of {self.new.name}", made.activated),
        ):
            if payment is not None:
                amount = money(abs(customer_micros(payment.entry)), made.account)
                booked = "would be booked" if dry_run else "booked"
                found.append(f"{text}: {amount} {booked} as entry {payment.entry.seq}")
        if unpaid(self.new) and not _served(made.subscriber, self._office.now_us):
            buy = f"tollhouse subscriber renew {before.login}"
            found.append(f"time of {self.new.name} is bought with `{buy}`")
        return found


def _served(one: Subscriber, now_us: int) -> bool:
    return one.valid_until_us is None or one.valid_until_us > now_us


def _time_left(before: Subscriber, made: Change, plan: Plan) -> str:
    """What becomes of the time that was left."""
    assert before.valid_until_us is not None
    end = format_instant(before.valid_until_us, before.timezone or plan.timezone)
    if made.subscriber.valid_until_us == before.valid_until_us:
        return f"kept: its time until {end}"
    back = "; `--valid-until` would bring it back" if made.left is Left.KEEP else ""
    return f"given up: its time until {end}{back}"


def told(made: Change) -> dict[str, Any]:
    """What the audit keeps beside how the subscriber differs."""
    found: dict[str, Any] = {}
    if made.left is not None:
        found["left"] = str(made.left)
    for word, payment in (("refund", made.refunded), ("activation", made.activated)):
        if payment is not None:
            found[f"{word}_micros"] = abs(customer_micros(payment.entry))
            found["currency"] = made.account.currency
    return found
