"""Boosters that are sold: allowances on top of a plan, bought from the purse at any time.

A sale is a promise: no money, no booster (L7). But what running sessions hold may pay for it, since
it is bought while they run: a session that holds all the money would keep its own subscriber from
buying what lets it go on. They hold less afterwards, and what they used meanwhile is theirs to pay,
as it is after a correction. What was bought is one row of the account
(`domain.pot`) and is never computed again, whatever the plan says later; the purchase remembers
what for, the entry what it cost, and whoever writes them does it in one transaction (L9). A booster
is of the version of the plan that its subscriber has now; it goes on under every later plan that
knows its name. Nobody is sold one for time that is over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from accounting.hold import kept_for_package
from accounting.pot_terms import terms_of
from accounting.pots import booster_pot
from billing.package import zone_of
from billing.payment import Declined, Payment, Stamp, sale
from domain.account import Account, Purchase, Status, Subscriber
from domain.ledger import EntryKind
from domain.period import format_instant
from domain.plan import Plan
from domain.pot import Pot
from domain.pricing import Booster
from domain.seams import US_PER_S

BOOSTER: Final = "booster"


@dataclass(frozen=True, slots=True)
class Boost:
    """A booster bought: what is to be written, all of it or nothing."""

    booster: Booster
    pot: Pot
    purchase: Purchase
    payment: Payment | None  # None: it costs nothing


def boosters_of(plan: Plan) -> tuple[Booster, ...]:
    """What the plan sells beside its package."""
    return plan.pricing.boosters if plan.pricing is not None else ()


def boost(
    subscriber: Subscriber,
    account: Account,
    plan: Plan,
    name: str,
    *,
    purchase_id: int,
    stamp: Stamp,
) -> Boost | Declined:
    """Buy the booster of `plan` that is called `name` once, at `stamp.created_us`.

    `plan` is the version that the subscriber has; `stamp.entry_id` is the entry's, if any.
    """
    booster = next((one for one in boosters_of(plan) if one.name == name), None)
    if booster is None:
        return _unknown(plan, name)
    if problem := _not_for_sale(subscriber, account, plan, stamp.created_us):
        return problem
    price_micros, payment = booster.price_micros, None
    if price_micros:
        payment = sale(
            account,
            price_micros,
            stamp=stamp,
            kind=EntryKind.BOOSTER,
            from_held=True,
            kept_micros=kept_for_package(account, subscriber, plan.package, stamp.created_us),
        )
    if isinstance(payment, Declined):
        return payment
    now_us = stamp.created_us
    pot = booster_pot(booster, terms_of(subscriber, plan), purchase_id=purchase_id, now_us=now_us)
    purchase = Purchase(
        purchase_id=purchase_id,
        account_id=account.account_id,
        subscriber_id=subscriber.subscriber_id,
        key=stamp.key,
        kind=BOOSTER,
        plan_id=plan.plan_id,
        price_micros=price_micros,
        entry_id=payment.entry.entry_id if payment else None,
        before_us=None,
        until_us=pot.until_us,
        created_us=now_us,
        reason=stamp.reason,
    )
    return Boost(booster, pot, purchase, payment)


def _unknown(plan: Plan, name: str) -> Declined:
    """The plan does not sell it: what it sells instead."""
    names = ", ".join(one.name for one in boosters_of(plan))
    has = f"it has {names}" if names else "it has none"
    return Declined(f"plan {plan.name} has no booster {name}; {has}")


def _not_for_sale(
    subscriber: Subscriber, account: Account, plan: Plan, now_us: int
) -> Declined | None:
    """Why nothing of this plan is sold to this subscriber now."""
    if subscriber.status is Status.CLOSED:
        return Declined("the subscriber is closed")
    if plan.currency != account.currency:
        return Declined(f"plan {plan.name} is in {plan.currency}, the money in {account.currency}")
    end_us = subscriber.valid_until_us
    grace_s = plan.package.grace_s if plan.package is not None else 0
    if end_us is not None and end_us + grace_s * US_PER_S <= now_us:
        end = format_instant(end_us, zone_of(subscriber, plan))
        return Declined(f"its time is over since {end}: renew it first")
    return None
