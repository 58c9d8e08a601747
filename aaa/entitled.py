"""What a subscriber is entitled to at an instant: the service, or one of the walls before it.

Three walls, the first that applies counts: suspended, expired (the package and its grace are
over), no credit. The first two are known from the subscriber and the clock and are told here; the
third needs a look at money and sessions, which `aaa.limits` and `aaa.walls` take. A plan says for
each wall what lies behind it: a garden to be let into, or nothing, and then it is a refusal. Pure:
nothing is read but the values given.
"""

from __future__ import annotations

from typing import Final

from accounting.in_force import changes_us, ends_us
from domain.account import MacMode, Status, Subscriber
from domain.plan import Garden, Plan
from domain.refusal import Refusal
from domain.session import Session, Walled

REFUSAL_OF: Final = {
    Walled.SUSPENDED: Refusal.SUSPENDED,
    Walled.EXPIRED: Refusal.EXPIRED,
    Walled.NO_CREDIT: Refusal.NO_CREDIT,
}
"""What a login is told where the plan has no garden."""

REASON_OF: Final = {
    Walled.SUSPENDED: "suspended",
    Walled.EXPIRED: "expired",
    Walled.NO_CREDIT: "exhausted",
}
"""The word of orders and metrics for what ends or walls a live session."""

_PRICES = (
    "currency",
    "volume",
    "time",
    "session_fee_micros",
    "included_octets",
    "included_s",
    "counted",
    "pricing",
)


def wall_of(subscriber: Subscriber, plan: Plan, now_us: int) -> Walled:
    """The wall that status and time put before the subscriber of `plan`, money aside."""
    if subscriber.status is Status.SUSPENDED:
        return Walled.SUSPENDED
    end_us = ends_us(subscriber, plan)
    return Walled.EXPIRED if end_us is not None and now_us >= end_us else Walled.NO


def next_look_us(subscriber: Subscriber, plan: Plan, now_us: int) -> int | None:
    """The next instant at which time alone changes what the subscriber gets; None: never."""
    end_us, change_us = ends_us(subscriber, plan), changes_us(subscriber, now_us)
    if change_us is not None and (end_us is None or change_us < end_us):
        return change_us
    return end_us if end_us is not None and end_us > now_us else None


def garden_of(plan: Plan, wall: Walled) -> Garden | None:
    """What the plan has behind a wall; None: nothing, who stands before it is refused."""
    if not wall:
        return None
    return {
        Walled.SUSPENDED: plan.on_suspended,
        Walled.EXPIRED: plan.on_expired,
        Walled.NO_CREDIT: plan.on_no_credit,
    }.get(wall)


def unfit(subscriber: Subscriber, session: Session) -> str:
    """Why a live session may not go on whatever is paid: the reason of its end, or nothing.

    The subscriber was removed, or is bound to another NAS or another MAC since. What a session
    does not say, it is not blamed for.
    """
    if subscriber.status is Status.CLOSED:
        return "closed"
    if subscriber.device_ids and session.device_id not in subscriber.device_ids:
        return "wrong-nas"
    if subscriber.mac_mode is MacMode.FIXED and session.mac not in (None, subscriber.mac):
        return "wrong-mac"
    return ""


def same_prices(one: Plan, other: Plan) -> bool:
    """Does usage cost the same by both plans? Only then can a session change from one to the
    other while it runs; two plans that charge nothing for usage always do."""
    if not one.priced and not other.priced:
        return True
    return all(getattr(one, name) == getattr(other, name) for name in _PRICES)


def untouched(session: Session) -> bool:
    """Was nothing of the session rated yet, so that any plan may rate it?"""
    return (
        session.charged_micros == 0
        and session.free_octets == session.free_s == 0
        and session.input_octets == session.unrated_input
        and session.output_octets == session.unrated_output
        and session.session_s == session.unrated_s
    )
