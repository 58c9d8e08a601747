"""Another plan now: what becomes of the time that is left, and what the new plan costs at once.

The plan that is left says it in [on_change]. `keep`: the time goes on under the new plan.
`forfeit`: it ends now, and the new plan's own time has to be bought. `refund`: as that, and what
was paid for it comes back, in proportion to the time that is left, which is what was bought or
given last. Days that were given bring no money, nor does a purchase that was undone. A plan whose
time costs nothing, or that never ends, begins its own time whatever is declared.

Boosters that last as long as the package end where its time is given up. Rules on values: whoever
writes them does it in one transaction (L9).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from accounting.in_force import bought_as
from billing.activation import activation, after
from billing.package import EXTENSION, ON_TIME_US, RENEWAL, begin
from billing.payment import Declined, Payment, Stamp, refund
from domain.account import Account, Purchase, Subscriber
from domain.period import validity_end_us
from domain.plan import Left, Plan
from domain.seams import Ids

CHANGE: Final = "change"  # a purchase that bought nothing: time that was given up


@dataclass(frozen=True, slots=True)
class Change:
    """A change of plan: what is to be written, all of it or nothing."""

    subscriber: Subscriber  # as it is afterwards
    account: Account  # likewise
    left: Left | None = None  # how time that was left is treated; None: there was none
    purchase: Purchase | None = None  # time that is given up
    refunded: Payment | None = None
    activated: Payment | None = None

    @property
    def payments(self) -> list[Payment]:
        """The entries, in their order."""
        return [one for one in (self.refunded, self.activated) if one is not None]


def unpaid(plan: Plan) -> bool:
    """Does the time of this plan have to be bought?"""
    return plan.package is not None and plan.package.price_micros > 0


def move_to(one: Subscriber, plan: Plan, now_us: int) -> None:
    """Put a subscriber on a plan, now.

    Time that is paid for stays, with what it has used of what is included. A plan whose time costs
    nothing begins anew, and so does one that never ends.
    """
    if one.next_plan_name == plan.name:
        one.next_plan_name = None
    one.plan_name = plan.name
    if unpaid(plan) and one.valid_until_us is not None:
        one.plan_id = bought_as(plan)
        one.plan_ids_ahead = tuple(bought_as(plan) for _ in one.periods_ahead_us)
        return
    begin(one, now_us, plan)
    one.valid_until_us = _own_end_us(plan, now_us, one.timezone)


def _own_end_us(plan: Plan, now_us: int, zone: str) -> int | None:
    """Where time of the plan ends that begins now; time that has to be bought has none."""
    if plan.package is None:
        return None
    if unpaid(plan):
        return now_us
    return validity_end_us(now_us, plan.package.validity, zone or plan.timezone)


def refund_key(purchase_id: int) -> str:
    """The idempotency key of what is given back for time that was given up (P1)."""
    return f"refund:{purchase_id}"


def unused_micros(purchases: Sequence[Purchase], until_us: int, now_us: int) -> int:
    """What was paid for the time from now to `until_us`, in proportion, rounded down.

    `purchases` are the subscriber's, newest first; what was undone is among them with price 0. Each
    paid for the time up to its own end: what an end set by hand adds was not bought.
    """
    end_us, total_micros = until_us, 0
    for one in purchases:
        if end_us <= now_us or one.kind == CHANGE:
            break
        if one.kind not in (RENEWAL, EXTENSION) or one.until_us is None:
            continue
        begun_us = one.before_us
        if begun_us is None or (one.kind == RENEWAL and one.created_us - begun_us > ON_TIME_US):
            begun_us = one.created_us
        length_us = one.until_us - begun_us
        left_us = min(one.until_us, end_us) - max(begun_us, now_us)
        if length_us > 0 and left_us > 0:
            total_micros += one.price_micros * left_us // length_us
        end_us = min(end_us, begun_us)
    return total_micros


def change_plan(
    before: Subscriber,
    moved: Subscriber,
    account: Account,
    *,
    plans: tuple[Plan | None, Plan],
    purchases: Sequence[Purchase],
    ids: Ids,
    now_us: int,
    activate: bool,
    keep: bool = False,
) -> Change | Declined:
    """Treat what is left where a subscriber `before` was `moved` from one of the plans to another.

    `activate`: the fee of the new plan was never charged. `keep`: somebody has said where the time
    is to end, so nothing is treated.
    """
    old, plan = plans
    change = Change(moved, account)
    until_us = before.valid_until_us
    if old is not None and old.package is not None and until_us is not None and until_us > now_us:
        if old.name != plan.name and not keep:
            change = _treated(before, change, old, plan, (purchases, ids, now_us))
    if not activate:
        return change
    paid = activation(change.account, plan, entry_id=ids.next(), now_us=now_us, from_held=True)
    if isinstance(paid, Declined):
        return paid
    return replace(change, account=after(change.account, paid), activated=paid)


def _treated(
    before: Subscriber,
    change: Change,
    old: Plan,
    plan: Plan,
    given: tuple[Sequence[Purchase], Ids, int],
) -> Change:
    """What the old plan says of the time that is left."""
    if old.on_change is Left.KEEP:
        return replace(change, left=Left.KEEP)
    purchases, ids, now_us = given
    until_us = before.valid_until_us
    assert until_us is not None
    moved = replace(
        change.subscriber,
        valid_until_us=_own_end_us(plan, now_us, change.subscriber.timezone),
    )
    begin(moved, now_us, plan)
    purchase_id, refunded = ids.next(), None
    words = f"{old.name} given up for {plan.name}"
    if old.on_change is Left.REFUND:
        micros = unused_micros(purchases, until_us, now_us)
        stamp = Stamp(ids.next(), refund_key(purchase_id), now_us, words)
        refunded = refund(change.account, micros, stamp=stamp) if micros else None
    purchase = Purchase(
        purchase_id=purchase_id,
        account_id=before.account_id,
        subscriber_id=before.subscriber_id,
        key=f"change:{purchase_id}",
        kind=CHANGE,
        plan_id=old.plan_id,
        price_micros=0,
        entry_id=None,
        before_us=until_us,
        until_us=now_us,
        created_us=now_us,
        reason=words,
    )
    account = after(change.account, refunded)
    return Change(moved, account, old.on_change, purchase, refunded)
