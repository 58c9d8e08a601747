"""What a session may do: slots, holds, and how far its money carries it.

A session that reaches the end of its hold takes another share of what is left; when nothing is
left it is cut, or stands before a wall. Behind one it takes no slot and no part of what is
included, since nothing of it is rated. What a device is told of all this is in `aaa.grants`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from aaa.as_served import as_served
from aaa.bands import reach_by_bands
from aaa.books import Books
from aaa.turn import Turn
from accounting import hold
from accounting.charging import Total
from accounting.hold import Reach
from domain.account import Account, Subscriber
from domain.device import Device
from domain.plan import Plan
from domain.session import Session, SessionState
from nas.dialects import DIALECTS, Dialect
from rating import Tariff, counted_octets

NOWHERE, ANYWHERE = Reach(0, 0), Reach(None, None)


class Deal(NamedTuple):
    """A session with all that its limits depend on."""

    session: Session
    subscriber: Subscriber
    account: Account
    plan: Plan
    tariff: Tariff
    device: Device
    offer: Plan  # the version of the subscriber's plan that is in force: what it is given now

    @property
    def dialect(self) -> Dialect:
        """The attribute language of the session's device."""
        return DIALECTS[self.device.dialect]


def deal_of(turn: Turn, session: Session) -> Deal | None:
    """The deal of a subscriber's session; None if it is nobody's or its device is gone."""
    deal = deal_before_use(turn, session)
    return served_anew(turn, deal) if deal is not None else None


def deal_before_use(turn: Turn, session: Session) -> Deal | None:
    """As `deal_of`, but for what fair use gives, which depends on usage still to be charged."""
    books = turn.books
    account = books.accounts.get(session.account_id)
    plan = books.plans.get(session.plan_id)
    device = turn.devices.get(session.device_id)
    if account is None or plan is None or device is None:
        return None
    for owner in books.people_of(session.account_id):
        if owner.subscriber_id == session.subscriber_id:
            break
    else:
        return None
    offer = books.plan_of(owner, turn.now_us, running=plan) or plan
    return Deal(session, owner, account, plan, books.tariff(plan), device, offer)


def served_anew(turn: Turn, deal: Deal) -> Deal:
    """The deal with what fair use gives by now: usage, and time, may have changed that."""
    plan = turn.books.plan_of(deal.subscriber, turn.now_us, running=deal.plan)
    if plan is None or plan.pricing is None or plan.pricing.fair_use is None:
        return deal
    offer = as_served(turn.books, deal.session, deal.subscriber, plan, turn.now_us)
    return deal._replace(offer=offer)


def included_left(
    books: Books, session: Session, plan: Plan, subscriber: Subscriber, now_us: int
) -> tuple[int, int]:
    """A session's part of the included octets and seconds left in the validity period."""
    account_id = subscriber.account_id
    if not plan.included_octets and not plan.included_s:
        return 0, 0
    used = books.allowances.get(account_id, {}).get(subscriber.period_at_us(now_us))
    used_octets, used_s = (used.used_octets, used.used_s) if used is not None else (0, 0)
    # Each live session is promised its part, as of money; alone, it has all of it.
    live = [one for one in books.live_sessions(account_id) if not one.walled]
    parts = len({*(one.session_id for one in live), session.session_id})
    return (
        max(plan.included_octets - used_octets, 0) // parts,
        max(plan.included_s - used_s, 0) // parts,
    )


def free_slots(
    turn: Turn,
    account_id: int,
    plan: Plan,
    but: Sequence[Session] = (),
    *,
    walled: bool = False,
) -> int:
    """Simultaneous sessions of the plan that are not in use by others than `but`.

    A login counts until its Start is overdue (F-41); a suspect session does not count (F-40). Those
    behind a wall take no place of the service: as many as the plan allows may stand there besides.
    """
    used = 0
    for session in turn.books.live_sessions(account_id):
        if bool(session.walled) is not walled or any(session is one for one in but):
            continue
        if session.state is SessionState.ACCEPTED:
            used += turn.now_us < session.slot_until_us
        else:
            used += not turn.hearing.suspect(session, turn.settings.stale_min_s)
    return plan.sessions_max - used


def reach_of(turn: Turn, deal: Deal) -> Reach:
    """How far the session may go with what it was granted."""
    if deal.plan.pricing is not None:
        return reach_by_bands(turn, deal.session, deal.subscriber, deal.plan, deal.tariff)
    included = included_left(turn.books, deal.session, deal.plan, deal.subscriber, turn.now_us)
    return hold.reach(deal.session, deal.plan, deal.tariff, included)


def exhausted(deal: Deal, reach: Reach) -> bool:
    """Has the session come to where the next octet or second is not paid?"""
    session = deal.session
    if not deal.plan.priced:
        return False
    if deal.plan.fee_alone:
        return session.charged_micros > session.granted_micros  # a fee, and nothing else
    total = Total.of(session)
    counted = counted_octets(deal.tariff, total.input_octets, total.output_octets)
    if reach.octets is not None and counted >= reach.octets:
        return True
    return reach.seconds is not None and total.session_s >= reach.seconds


def for_usage(turn: Turn, deal: Deal) -> int:
    """What of the money a session may be promised besides its hold; perhaps below zero."""
    return hold.for_usage(deal.account, deal.subscriber, deal.offer.package, turn.now_us)


def hold_more(turn: Turn, deal: Deal, slots: int | None = None) -> int:
    """Let the session hold one more share of what is available; answers how much.

    `slots` are those free for it, if that is known already.
    """
    if slots is None:
        slots = free_slots(turn, deal.account.account_id, deal.plan, but=[deal.session])
    own_micros = deal.session.held_micros
    amount_micros = hold.share(for_usage(turn, deal) + own_micros, slots) - own_micros
    if deal.plan.fee_alone:
        fee_micros = deal.plan.session_fee_micros if deal.session.owes_fee else 0
        owed_micros = max(fee_micros - deal.session.granted_micros, 0)
        amount_micros = min(amount_micros, owed_micros)
    if amount_micros <= 0:
        return 0
    held = hold.take(deal.session, deal.account, amount_micros)
    deal.account.held_micros += held
    turn.books.draft.move(deal.account, held=held, promise=True)
    return amount_micros


def reach_with(turn: Turn, deal: Deal, money_micros: int) -> Reach:
    """How far this money would carry the session; nowhere if it does not pay the fee."""
    session, plan = deal.session, deal.plan
    if not plan.priced:
        return ANYWHERE
    if money_micros < plan.session_fee_micros:
        return NOWHERE
    granted = session.granted_micros
    session.granted_micros = money_micros
    reach = reach_of(turn, deal)
    session.granted_micros = granted
    return reach


def give_back(turn: Turn, deal: Deal, amount_micros: int) -> None:
    """Shrink the session's hold by at most what is unused."""
    back = hold.give_back(deal.session, amount_micros)
    deal.account.held_micros -= back
    turn.books.draft.move(deal.account, held=-back)
