"""Draining suspense: usage that was nobody's, or in doubt, becomes a subscriber's (A9).

An operator decides; the price is that of the subscriber's plan now. What is assigned is a fact
like any other: it posts in full, and it is charged once.
"""

from __future__ import annotations

from dataclasses import dataclass

from accounting import charging
from accounting.charging import Total
from accounting.ledger import charge_entry
from domain.account import Account, Allowance, Subscriber
from domain.ledger import Entry
from domain.plan import Plan
from domain.session import Charge, Session
from rating import Tariff


@dataclass(frozen=True, slots=True)
class Assigned:
    """What assigning changes besides the session and account themselves.

    `opened_micros` is by how much open charges rise; when the session has ended they are closed
    by `entry` at once. `octets` and `seconds` were taken from the allowance.
    """

    charges: tuple[Charge, ...]
    entry: Entry | None
    part: int  # of the charges
    opened_micros: int
    octets: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Payer:
    """Who takes the usage: all that its price depends on."""

    subscriber: Subscriber
    account: Account
    plan: Plan
    tariff: Tariff
    allowance: Allowance


def assign_session(session: Session, payer: Payer, *, entry_id: int, now_us: int) -> Assigned:
    """Make a session that is nobody's the payer's, with all it has used so far."""
    assert session.account_id == 0 and session.charged_micros == 0
    session.account_id = payer.account.account_id
    session.subscriber_id = payer.subscriber.subscriber_id
    session.plan_id = payer.plan.plan_id
    nothing = Total(0, 0, 0, 0, 0, False)
    _take_review(session)
    return _charge(session, payer, nothing, entry_id=entry_id, now_us=now_us)


def accept_review(session: Session, payer: Payer, *, entry_id: int, now_us: int) -> Assigned:
    """Bill the payer for the part of an ended session of theirs that was put aside."""
    assert session.account_id == payer.account.account_id and not session.live
    before = Total.of(session)
    _take_review(session)
    return _charge(session, payer, before, entry_id=entry_id, now_us=now_us)


def _take_review(session: Session) -> None:
    """What was put aside counts like the rest: an operator has looked."""
    session.input_octets += session.review_input
    session.output_octets += session.review_output
    session.review_input = session.review_output = 0


def _charge(
    session: Session, payer: Payer, before: Total, *, entry_id: int, now_us: int
) -> Assigned:
    taken = charging.take_included(session, before, payer.plan, payer.tariff, payer.allowance)
    charged = session.charged_micros
    rows = tuple(charging.charges(session, before, payer.plan, payer.tariff))
    rise = session.charged_micros - charged
    payer.account.open_micros += rise
    part = session.part
    entry = None
    if not session.live and session.open_micros:
        entry = charge_entry(payer.account, session, entry_id, now_us)
        session.closed_micros = session.charged_micros
        session.part += 1
    return Assigned(rows, entry, part, rise, *taken)
