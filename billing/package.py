"""Time that is sold or given: renewals of a package, and extensions after an outage.

Pure rules on values: the subscriber as it stands enters, the subscriber as it is afterwards leaves,
with the entry that debits the purse and the purchase that remembers it. Whoever writes them does it
in one transaction (L9). A renewal is a promise: no money, no time (L7).

Time that is bought begins where the paid time ends, or now if it is over. Months that follow one
another are reckoned from where the first of them began (T4): that is the subscriber's anchor until
a break. An extension gives paid months an anchor of their own and leaves that one to what is
counted by months, so that no bundle comes twice within one. Included usage follows the time it was
bought with, even if that is bought ahead; what it leaves to the next is `billing.succession`.
Without a package nothing is sold, and nothing expires.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from accounting.in_force import bought_as
from billing import activation
from billing.payment import Declined, Payment, Stamp, sale
from billing.succession import Carries, Opens, carries_of, opens_of
from domain.account import Account, Purchase, Status, Subscriber
from domain.anchor import renewal_end_us
from domain.period import DAY_US, add_days, format_instant
from domain.plan import Plan

RENEWAL: Final = "renewal"
EXTENSION: Final = "extension"
# A renewal that comes so late has come in time: the time it buys begins where the last one ended.
ON_TIME_US: Final = 60_000_000
# No end lies further ahead: no clock on a wall would show it.
UNTIL_MAX_US: Final = 200 * 366 * 86_400_000_000


@dataclass(frozen=True, slots=True)
class Renewal:
    """Time bought or given: what is to be written, all of it or nothing."""

    subscriber: Subscriber  # as it is afterwards
    purchase: Purchase
    payment: Payment | None  # None: it costs nothing
    carries: Carries | None = None
    activated: Payment | None = None  # the fee for the first time on the plan
    opens: Opens | None = None
    moved_us: tuple[tuple[int, int], ...] = ()  # where periods ahead began, and where they do now


def zone_of(subscriber: Subscriber, plan: Plan) -> str:
    """The time zone in which a subscriber's days and months are counted."""
    return subscriber.timezone or plan.timezone


def plan_to_buy(subscriber: Subscriber) -> str:
    """The name of the plan that the next renewal buys."""
    return subscriber.next_plan_name or subscriber.plan_name


def renews_itself(subscriber: Subscriber, plan: Plan) -> bool:
    """Is `plan`, the one that is next, bought from the purse when the paid time ends?"""
    if plan.package is None or subscriber.status is not Status.ACTIVE:
        return False
    if subscriber.auto_renew is not None:
        return subscriber.auto_renew
    return plan.package.auto_renew


def begins_us(subscriber: Subscriber, now_us: int) -> int:
    """Where time that is bought now begins: at the end of what is paid, or now if that is over."""
    until_us = subscriber.valid_until_us
    if until_us is None or now_us - until_us > ON_TIME_US:
        return now_us
    return until_us


def renew(
    subscriber: Subscriber,
    account: Account,
    plan: Plan,
    *,
    purchase_id: int,
    stamp: Stamp,
    at_end: bool = False,
    activation_id: int | None = None,
    ends: Plan | None = None,
) -> Renewal | Declined:
    """Buy the package of `plan` once, at `stamp.created_us`; `stamp.entry_id` is its entry.

    `activation_id` is the entry of the plan's activation fee; None: it is not due. `ends` is the
    version that the period before was bought as, if it is another one.

    Another plan than the present one begins now or not at all, for what is paid for is not
    exchanged; unless the paid time is `at_end` but for a moment. Then what running sessions hold
    pays as well: a session that holds all the money would else end at the end of each period.
    """
    now_us = stamp.created_us
    if problem := _not_for_sale(subscriber, account, plan):
        return problem
    if plan.name != subscriber.plan_name and not at_end and begins_us(subscriber, now_us) > now_us:
        return _later(subscriber, plan)
    begin_us = begins_us(subscriber, now_us)
    end_us, anchor_us, paid_us = _anchored(subscriber, plan, begin_us)
    if end_us > now_us + UNTIL_MAX_US:
        return Declined("it is paid for 200 years ahead already")
    assert plan.package is not None  # or it were not for sale
    price_micros = plan.package.price_micros
    payment = sale(account, price_micros, stamp=stamp, from_held=at_end) if price_micros else None
    if isinstance(payment, Declined):
        return payment
    activated = _activated(account, payment, plan, activation_id, now_us, from_held=at_end)
    if isinstance(activated, Declined):
        return activated
    after = replace(subscriber, plan_name=plan.name, valid_until_us=end_us)
    after.anchor_us, after.paid_anchor_us = anchor_us, paid_us
    if subscriber.next_plan_name == plan.name:
        after.next_plan_name = None
    _begin_period(after, begin_us, now_us, plan)
    purchase = Purchase(
        purchase_id=purchase_id,
        account_id=account.account_id,
        subscriber_id=subscriber.subscriber_id,
        key=stamp.key,
        kind=RENEWAL,
        plan_id=plan.plan_id,
        price_micros=price_micros,
        entry_id=payment.entry.entry_id if payment else None,
        before_us=subscriber.valid_until_us,
        until_us=end_us,
        created_us=now_us,
        reason=stamp.reason,
    )
    opens = opens_of(subscriber, after, plan, begin_us)
    carries = carries_of(subscriber, ends or plan)
    return Renewal(after, purchase, payment, carries, activated, opens)


def _activated(
    account: Account,
    payment: Payment | None,
    plan: Plan,
    entry_id: int | None,
    now_us: int,
    *,
    from_held: bool,
) -> Payment | Declined | None:
    """The activation fee, beside the price; the money must be there for both."""
    if entry_id is None:
        return None
    purse = activation.after(account, payment)
    return activation.activation(purse, plan, entry_id=entry_id, now_us=now_us, from_held=from_held)


def _not_for_sale(subscriber: Subscriber, account: Account, plan: Plan) -> Declined | None:
    """Why this package cannot be sold to this subscriber at all."""
    if subscriber.status is Status.CLOSED:
        return Declined("the subscriber is closed")
    if plan.package is None:
        return Declined(
            f"plan {plan.name} has no [package]: it is not sold by the day and never ends"
        )
    if plan.currency != account.currency:
        return Declined(f"plan {plan.name} is in {plan.currency}, the money in {account.currency}")
    return None


def _later(subscriber: Subscriber, plan: Plan) -> Declined:
    """Another plan than the one that is paid for cannot begin yet."""
    assert subscriber.valid_until_us is not None
    end = format_instant(subscriber.valid_until_us, zone_of(subscriber, plan))
    return Declined(
        f"{subscriber.plan_name} is paid until {end} and {plan.name} can begin after that; "
        f"`subscriber set --plan {plan.name}` changes the plan now"
    )


def _anchored(subscriber: Subscriber, plan: Plan, begin_us: int) -> tuple[int, int, int | None]:
    """Where time ends that is bought to begin then; the anchor, and that of paid months, after it.

    Paid months that go on from neither begin anew; after a break all months do.
    """
    assert plan.package is not None
    validity, zone = plan.package.validity, zone_of(subscriber, plan)
    goes_on = subscriber.period_start_us < begin_us == subscriber.valid_until_us
    anchor_us = subscriber.anchor_us
    if anchor_us is None and goes_on:
        anchor_us = subscriber.period_start_us
    end_us, from_us = renewal_end_us(begin_us, validity, anchor_us, zone)
    if from_us != anchor_us and subscriber.paid_anchor_us is not None:
        end_us, from_us = renewal_end_us(begin_us, validity, subscriber.paid_anchor_us, zone)
    if anchor_us is None or not goes_on:
        anchor_us = from_us
    return end_us, anchor_us, from_us if from_us != anchor_us else None


def _begin_period(after: Subscriber, begin_us: int, now_us: int, plan: Plan) -> None:
    """Let a period of included usage begin with the time that was bought, as this version."""
    settle(after, now_us)
    if begin_us > now_us:
        after.periods_ahead_us = (*after.periods_ahead_us, begin_us)
        after.plan_ids_ahead = (*after.plan_ids_ahead, bought_as(plan))
    else:
        begin(after, begin_us, plan)


def begin(one: Subscriber, begin_us: int, plan: Plan) -> None:
    """Let a period of this version of a plan begin, with none behind it."""
    one.period_start_us, one.periods_ahead_us = begin_us, ()
    one.plan_id, one.plan_ids_ahead = bought_as(plan), ()


def settle(one: Subscriber, now_us: int) -> None:
    """Let the period that has begun be its present one; those still ahead stay ahead."""
    ahead = tuple(start_us for start_us in one.periods_ahead_us if start_us > now_us)
    ids = tuple(map(one.plan_id_at, ahead))
    one.plan_id, one.period_start_us = one.plan_id_at(now_us), one.period_at_us(now_us)
    one.periods_ahead_us, one.plan_ids_ahead = ahead, ids


def extend(
    subscriber: Subscriber, plan: Plan, *, days: int, purchase_id: int, stamp: Stamp
) -> Renewal | Declined:
    """Give `days` local days for nothing: the end moves, and what was bought ahead moves with it.

    The period of included usage that runs grows longer; it is not filled again.
    """
    assert days > 0
    before_us = subscriber.valid_until_us
    if before_us is None:
        return Declined("its time never ends")
    if subscriber.status is Status.CLOSED:
        return Declined("the subscriber is closed")
    zone, now_us = zone_of(subscriber, plan), stamp.created_us
    end_us = add_days(before_us, days, zone)
    if end_us > now_us + UNTIL_MAX_US:
        return Declined("it is paid for 200 years ahead already")
    after = replace(subscriber, valid_until_us=end_us)
    settle(after, now_us)
    ahead_us = after.periods_ahead_us
    after.periods_ahead_us = tuple(add_days(us, days, zone) for us in ahead_us)
    purchase = Purchase(
        purchase_id=purchase_id,
        account_id=subscriber.account_id,
        subscriber_id=subscriber.subscriber_id,
        key=stamp.key,
        kind=EXTENSION,
        plan_id=plan.plan_id,
        price_micros=0,
        entry_id=None,
        before_us=before_us,
        until_us=end_us,
        created_us=now_us,
        reason=stamp.reason,
    )
    moved_us = tuple(zip(ahead_us, after.periods_ahead_us, strict=True))
    return Renewal(after, purchase, None, moved_us=moved_us)


def repeats(earlier: Purchase, subscriber_id: int, *, kind: str) -> bool:
    """Is what the key of `earlier` made a purchase of this kind for this subscriber (P1)?"""
    return earlier.kind == kind and earlier.subscriber_id == subscriber_id


def days_of(extension: Purchase) -> int:
    """How many local days an extension gave; a day has 23 to 25 hours."""
    assert extension.kind == EXTENSION
    assert extension.before_us is not None and extension.until_us is not None
    return (extension.until_us - extension.before_us + DAY_US // 2) // DAY_US
