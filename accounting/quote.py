"""What some usage would cost: a session that nobody had, charged as it would be.

The session, the pots or the included usage it takes from and the charge are those of real charging
(`accounting.charging`, `accounting.uses`); rows come in as they stand and are moved here, in copies
of the caller's, who writes nothing. So a quote and the charge of the same usage cannot differ.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from accounting import charging, uses
from accounting.charging import Total
from accounting.pot_terms import Terms
from accounting.standing import drawn_end_us
from accounting.uses import Sheet
from domain.account import Allowance
from domain.plan import Plan
from domain.plan_words import Counted
from domain.pot import Pot
from domain.session import Session
from domain.session_state import SessionState
from rating import compile_tariff
from rating.plan_whole import INCLUDED, INCLUDED_TIME
from rating.timetable import Timetable


class Asked(NamedTuple):
    """Usage: octets, seconds, and the span in which they are used."""

    up: int
    down: int
    seconds: int
    from_us: int
    to_us: int


@dataclass(frozen=True, slots=True)
class Source:
    """A bundle, a booster or included usage, as far as the usage takes of it: octets or seconds."""

    name: str
    timed: bool
    took: int
    left: int  # after it
    until_us: int | None


@dataclass(frozen=True, slots=True)
class Quote:
    """What it comes to: a session with its price, and what it took, in the order of consumption."""

    session: Session
    sources: tuple[Source, ...]
    counted: tuple[Pot, ...] = ()  # the rows of tiers, caps and fair use, as they are after it


def counted_up(plan: Plan) -> bool:
    """Is it what a subscriber sends, and that alone, that the plan counts?"""
    if plan.pricing is None:
        return plan.counted is Counted.UP
    rate = plan.pricing.rates[-1]
    if rate.down or rate.up:
        return rate.down is None
    return rate.counted is Counted.UP


def quote(
    plan: Plan, sheet: Sheet | None, terms: Terms, asked: Asked, *,
    pots: list[Pot], used: Allowance,
) -> Quote:  # fmt: skip
    """Price a session of an account by its pots (a plan with `sheet`) or its included usage.

    Raises OverflowError for what no book can hold.
    """
    session = Session(
        session_id=1,
        account_id=terms.account_id,
        subscriber_id=0,
        device_id=0,
        plan_id=plan.plan_id,
        state=SessionState.OPEN,
        version=1,
    )
    before = Total.of(session)
    session.input_octets, session.output_octets = asked.up, asked.down
    session.session_s = asked.seconds
    session.last_event_us = asked.to_us
    session.fee_due = True
    if sheet is None:
        return Quote(session, _by_tariff(session, before, plan, replace(used), terms))
    rows = [replace(pot) for pot in pots]
    view = sheet.pots.view(terms, rows, asked.from_us, asked.to_us)
    timetable = Timetable.of(plan, terms.timezone)
    uses.take(session, before, sheet, view, timetable, from_us=asked.from_us)
    sources = (
        Source(
            one.allowance.name,
            bool(one.allowance.seconds),
            one.draw.took,
            max(one.draw.left - one.draw.took, 0),
            drawn_end_us(one, terms),
        )
        for one in view.drawn
    )
    return Quote(session, tuple(sources), tuple(pot for pot, _ in view.metered))


def _by_tariff(
    session: Session, before: Total, plan: Plan, used: Allowance, terms: Terms
) -> tuple[Source, ...]:
    """Charge a session of a simple plan; what it takes of what is included."""
    tariff = compile_tariff(plan)
    octets, seconds = charging.take_included(session, before, plan, tariff, used)
    charging.charges(session, before, plan, tariff)
    after_us = session.last_event_us
    until_us = next((us for us in terms.starts_us if us > after_us), terms.until_us)
    found = []
    if plan.included_octets:
        left = max(plan.included_octets - used.used_octets, 0)
        found.append(Source(INCLUDED, False, octets, left, until_us))
    if plan.included_s:
        left = max(plan.included_s - used.used_s, 0)
        found.append(Source(INCLUDED_TIME, True, seconds, left, until_us))
    return tuple(found)
