"""Holds: what a session has been promised, and how far the promise carries.

A login takes money out of what others may spend, and the device is told no more than that (the
answer to two logins racing for one balance). A hold is resolved once: posted when the session
ends, void when a newer login replaces it, expired when it never began (L6). Usage raises `used`;
what is still held is granted less used.
"""

from __future__ import annotations

from typing import NamedTuple

from accounting.charging import Total, price_of
from domain.account import Account, Subscriber
from domain.plan import Package, Plan
from domain.session import HoldState, Session
from rating import Tariff, allowance

REACH_MAX = 1 << 62  # farther than any counter goes
RESOLVED = frozenset({HoldState.POSTED, HoldState.VOID, HoldState.EXPIRED})


class Reach(NamedTuple):
    """How far the rated usage of a session may go; None: not limited by money."""

    octets: int | None  # counted octets
    seconds: int | None

    @property
    def nothing(self) -> bool:
        """Does the money buy no usage at all?"""
        return self.octets == 0 or self.seconds == 0


def share(available_micros: int, free_slots: int) -> int:
    """The part of the available money that one more session may hold."""
    return max(available_micros, 0) // max(free_slots, 1)


def kept_for_package(
    account: Account, subscriber: Subscriber, package: Package | None, now_us: int
) -> int:
    """What of the available money usage may not have, as it is for the price of the package.

    A plan that is paid after its time is a hybrid: its price goes below zero, as far as the credit
    limit allows, and usage is prepaid. The price of the time that runs is not due yet, so what was
    paid in is there for usage; from the end of that time on the debt is paid off first.
    """
    if package is None or not package.pay_after:
        return 0
    until_us = subscriber.valid_until_us
    runs = until_us is not None and now_us < until_us
    return max(account.credit_limit_micros - (package.price_micros if runs else 0), 0)


def for_usage(
    account: Account, subscriber: Subscriber, package: Package | None, now_us: int
) -> int:
    """What of the account's money may be promised to usage; perhaps below zero.

    That is all that is available, but for what the package alone may spend (`pay = "after"`).
    """
    return account.available_micros - kept_for_package(account, subscriber, package, now_us)


def reach(session: Session, plan: Plan, tariff: Tariff, included: tuple[int, int]) -> Reach:
    """How far what was granted carries the session, in rated totals since its start.

    `included` is what the account has left of included octets and seconds. Volume may use the
    money that time has not used yet, and the other way round.
    """
    fee_micros = plan.session_fee_micros if session.owes_fee else 0
    money = session.granted_micros - fee_micros
    if money < 0:
        return Reach(0, 0)
    volume = time = 0
    if session.input_octets or session.output_octets or session.session_s:
        _, volume, time = price_of(tariff, Total.of(session))
    octets = allowance.octets_for(tariff, money - time)
    seconds = allowance.seconds_for(tariff, money - volume)
    if octets is not None:
        octets = min(octets + session.free_octets + included[0], REACH_MAX)
    if seconds is not None:
        seconds = min(seconds + session.free_s + included[1], REACH_MAX)
    return Reach(octets, seconds)


def take(session: Session, account: Account, amount_micros: int) -> int:
    """Grant `amount_micros` more to the session; answers by how much the account's holds rise.

    A promise: the caller has checked that it is available, and the commit checks again (L7).
    """
    assert amount_micros >= 0
    assert amount_micros <= max(account.available_micros, 0), "L7: promised more than there is"
    before = session.held_micros
    # What was charged beyond an earlier grant is a fact already; the promise starts above it.
    session.granted_micros = max(session.granted_micros, session.charged_micros) + amount_micros
    session.hold_state = HoldState.HELD
    session.used_micros = min(session.granted_micros, session.charged_micros)
    return session.held_micros - before


def give_back(session: Session, amount_micros: int) -> int:
    """Shrink a hold by at most what is unused; answers by how much the holds fall."""
    assert session.hold_state is HoldState.HELD
    amount_micros = min(amount_micros, session.held_micros)
    session.granted_micros -= amount_micros
    return amount_micros


def forget(session: Session) -> None:
    """A hold that was resolved while the session was away is gone; it must be taken anew."""
    if session.hold_state is not HoldState.HELD:
        session.hold_state = HoldState.NONE
        session.granted_micros = session.used_micros = session.charged_micros


def use(session: Session) -> int:
    """Let the hold pay for what has been charged; answers by how much the holds fall."""
    if session.hold_state is not HoldState.HELD:
        return 0
    before = session.held_micros
    session.used_micros = min(session.granted_micros, session.charged_micros)
    return before - session.held_micros


def resolve(session: Session, state: HoldState) -> int:
    """End the hold, once (L6); answers by how much the account's holds fall."""
    assert state in RESOLVED
    if session.hold_state is not HoldState.HELD:
        return 0
    back = session.held_micros
    session.hold_state = state
    return back
