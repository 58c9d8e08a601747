"""The activation fee of a plan: what an account pays once, when it has the plan for the first time.

It is charged with the first package that is bought, or where somebody is put on the plan; renewals
of a plan that somebody has never cost it, whenever the plan came to have one. Its entry has a key
that names the plan, and keys are unique in an account for ever, so it is charged once (P1). A
promise like every sale: without the money there is no plan (L7). Whoever is imported, or given an
end of time when added, is taken to have had the plan before.
"""

from __future__ import annotations

from dataclasses import replace

from billing.payment import Declined, Payment, Stamp, customer_micros, sale
from domain.account import Account, Subscriber
from domain.ledger import EntryKind
from domain.plan import Plan


def fee_of(plan: Plan) -> int:
    """What the plan costs once, in micros; 0: nothing."""
    return plan.pricing.activation_fee_micros if plan.pricing is not None else 0


def key_of(plan: Plan) -> str:
    """The idempotency key of the fee in an account."""
    return f"activation:{plan.name}"


def begins(subscriber: Subscriber, plan: Plan) -> bool:
    """Would a renewal of `plan` be the first of the subscriber's time on it?

    It has another plan now, or it was added to this one and has been waiting for the money.
    """
    if subscriber.plan_name != plan.name:
        return True
    until_us = subscriber.valid_until_us
    return until_us is not None and until_us <= subscriber.period_start_us


def had_before(one: Subscriber) -> Subscriber:
    """The subscriber as somebody who had its plan before it came to us: if its time is over, that
    is no beginning of it."""
    until_us = one.valid_until_us
    if until_us is None or until_us > one.period_start_us:
        return one
    return replace(one, period_start_us=max(until_us - 1, 0))


def activation(
    account: Account, plan: Plan, *, entry_id: int, now_us: int, from_held: bool = False
) -> Payment | Declined | None:
    """Charge the fee; None if there is none. `from_held`: as of a sale."""
    fee_micros = fee_of(plan)
    if not fee_micros:
        return None
    stamp = Stamp(entry_id, key_of(plan), now_us, f"activation of {plan.name}")
    made = sale(account, fee_micros, stamp=stamp, kind=EntryKind.ACTIVATION, from_held=from_held)
    if isinstance(made, Declined):
        return Declined(f"activation of {plan.name}: {made.text}")
    return made


def after(account: Account, payment: Payment | None) -> Account:
    """The account as an entry leaves it, for the next entry of the same transaction."""
    if payment is None:
        return account
    micros = customer_micros(payment.entry)
    return replace(
        account, posted_micros=account.posted_micros + micros, entries_n=account.entries_n + 1
    )
