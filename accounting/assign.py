"""Draining suspense: usage that was nobody's, or in doubt, becomes a subscriber's (A9).

An operator decides; the price is that of the subscriber's plan now. What is assigned is a fact
like any other: it posts in full, and it is charged once. By a plan with bands it is charged over
the time in which it was used, report by report as they came (`accounting.stretches`), and takes of
the account's pots what a session of it would have taken then. The journal says what was decided in
a record of its own, so that a replay finds the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from accounting import charging, uses
from accounting.charging import Total
from accounting.journal import ACCEPTED, ASSIGNED, Record
from accounting.ledger import charge_entry
from accounting.pot_terms import terms_of
from accounting.stretches import Stretch
from accounting.suspense import take_review
from accounting.uses import Sheet
from domain.account import Account, Allowance, Subscriber
from domain.ledger import Entry
from domain.plan import Plan
from domain.pot import Pot
from domain.session import Charge, Session
from rating import Tariff
from rating.timetable import Timetable


@dataclass(frozen=True, slots=True)
class Poured:
    """By how much a pot moved; `pot` is as it is after it. `opened`: it is not in the books."""

    pot: Pot
    used: int
    lost: int
    opened: bool


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
    pots: tuple[Poured, ...]
    record: Record  # for the journal row whose id was given


@dataclass(frozen=True, slots=True)
class ByBands:
    """What else a plan with pricing charges by: the account's pots, which are moved here."""

    sheet: Sheet
    pots: list[Pot]
    stretches: Sequence[Stretch]  # of all that the session has used


@dataclass(frozen=True, slots=True)
class Payer:
    """Who takes the usage: all that its price depends on."""

    subscriber: Subscriber
    account: Account
    plan: Plan
    tariff: Tariff
    allowance: Allowance
    by_bands: ByBands | None = None  # exactly of a plan with pricing


@dataclass(frozen=True, slots=True)
class Writing:
    """Under which ids, and when, it is written down."""

    entry_id: int
    journal_id: int
    now_us: int


def assign_session(session: Session, payer: Payer, writing: Writing) -> Assigned:
    """Make a session that is nobody's the payer's, with all it has used so far.

    What was put aside of it (Q-14c) is spread over all its time. Raises OverflowError for what no
    book can hold.
    """
    assert session.account_id == 0 and session.charged_micros == 0
    session.account_id = payer.account.account_id
    session.subscriber_id = payer.subscriber.subscriber_id
    session.plan_id = payer.plan.plan_id
    nothing = Total(0, 0, 0, 0, 0, False)
    aside = session.review_input or session.review_output
    take_review(session)
    stretches = list(payer.by_bands.stretches) if payer.by_bands else []
    if stretches and aside:
        stretches.append(_over_all(session, stretches))
    return _charge(session, payer, (nothing, stretches), writing, ASSIGNED)


def accept_review(session: Session, payer: Payer, writing: Writing) -> Assigned:
    """Bill the payer for the part of an ended session of theirs that was put aside.

    It is spread over all the time of the session. Raises OverflowError for what no book can hold.
    """
    assert session.account_id == payer.account.account_id and not session.live
    before = Total.of(session)
    take_review(session)
    stretches = [_over_all(session, payer.by_bands.stretches)] if payer.by_bands else []
    return _charge(session, payer, (before, stretches), writing, ACCEPTED)


def _over_all(session: Session, stretches: Sequence[Stretch]) -> Stretch:
    """What was put aside of a session: its totals as they are with it, over all its time."""
    return Stretch(stretches[0].from_us, session.last_event_us, Total.of(session))


def _charge(
    session: Session,
    payer: Payer,
    rises: tuple[Total, Sequence[Stretch]],
    writing: Writing,
    effect: str,
) -> Assigned:
    """Charge what the session has used beyond a total, in stretches if the plan has bands."""
    charged, taken = session.charged_micros, (0, 0)
    before, stretches = rises
    pots: list[Poured] = []
    if payer.by_bands is None:
        taken = charging.take_included(session, before, payer.plan, payer.tariff, payer.allowance)
        rows = charging.charges(session, before, payer.plan, payer.tariff)
    else:
        rows, pots = _by_bands(session, before, stretches, payer, payer.by_bands)
    rise = session.charged_micros - charged
    payer.account.open_micros += rise
    part = session.part
    entry = None
    if not session.live and session.open_micros:
        entry = charge_entry(payer.account, session, writing.entry_id, writing.now_us)
        session.closed_micros = session.charged_micros
        session.part += 1
    record = _noted(session, writing, effect)
    return Assigned(tuple(rows), entry, part, rise, *taken, tuple(pots), record)


def _by_bands(
    session: Session,
    before: Total,
    stretches: Sequence[Stretch],
    payer: Payer,
    by_bands: ByBands,
) -> tuple[list[Charge], list[Poured]]:
    """Let the session use again, stretch by stretch, what it has used; charge rows and pots."""
    sheet, pots = by_bands.sheet, by_bands.pots
    terms = terms_of(payer.subscriber, payer.plan)
    timetable = Timetable.of(payer.plan, payer.subscriber.timezone)
    end, end_us = Total.of(session), session.last_event_us
    assert not stretches or stretches[-1].after == end, "what was used comes to the session's"
    known = {(pot.pot, pot.period_start_us) for pot in pots}
    rows: dict[tuple[int, int], Charge] = {}
    moved: dict[tuple[str, int], tuple[Pot, int, int]] = {}
    for stretch in stretches:
        _stand(session, stretch.after, stretch.to_us)
        view = sheet.pots.view(terms, pots, stretch.from_us, stretch.to_us)
        taken = uses.take(session, before, sheet, view, timetable, from_us=stretch.from_us)
        before = stretch.after
        pots += taken.opened
        for row in taken.charges:
            _add(rows, row)
        for pot, used, lost in [*((pot, 0, 0) for pot in taken.opened), *taken.moves]:
            key = pot.pot, pot.period_start_us
            was = moved.get(key, (pot, 0, 0))
            moved[key] = pot, was[1] + used, was[2] + lost
    _stand(session, end, end_us)
    poured = [Poured(*move, opened=key not in known) for key, move in moved.items()]
    return list(rows.values()), poured


def _stand(session: Session, at: Total, at_us: int) -> None:
    """Have the session stand where it stood then, in rated totals."""
    session.input_octets = at.input_octets + session.unrated_input
    session.output_octets = at.output_octets + session.unrated_output
    session.session_s = at.session_s + session.unrated_s
    session.fee_due, session.last_event_us = at.fee_due, at_us


def _add(rows: dict[tuple[int, int], Charge], row: Charge) -> None:
    """Add a charge to the row of its step and day."""
    there = rows.setdefault((row.step, row.day), row)
    if there is not row:
        there.input_octets += row.input_octets
        there.output_octets += row.output_octets
        there.session_s += row.session_s
        there.amount_micros += row.amount_micros


def _noted(session: Session, writing: Writing, effect: str) -> Record:
    """What the journal keeps of it, as the newest record of the session."""
    record = Record(
        session_id=session.session_id,
        account_id=session.account_id,
        device_id=session.device_id,
        previous=session.journal_last,
        arrived_us=writing.now_us,
        event_us=session.last_event_us,
        effect=effect,
        input_octets=session.input_octets,
        output_octets=session.output_octets,
        session_s=session.session_s,
        free_octets=session.free_octets,
        free_s=session.free_s,
        charged_micros=session.charged_micros,
        attributes=b"",
        unrated_input=session.unrated_input,
        unrated_output=session.unrated_output,
        unrated_s=session.unrated_s,
        walled=session.walled,
        uses=session.uses,
    )
    session.journal_last = writing.journal_id
    return record
