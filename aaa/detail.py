"""A record of a service inside a session: kept with the session, billed with it or not at all.

Its octets are in the session's records too (F-26), so it opens nothing, holds no money and ends
nothing. Where the session's plan has a class for the service its counters are noted on the session,
for the session's next rise (`accounting.strands`); else the journal keeps it beside the session,
which is neither moved nor written, so that a draft of a plan that has such a class can be tried on
it. A record whose session is not known is journaled like any: counters are totals, so the next one
says it again.

Routers stop a session and its services within the same moment and in any order. What a service says
after its session has ended is too late to be given to its class, so a Stop waits for the services
that have not stopped yet: unanswered, and so not recorded, for no longer than a router is patient.
"""

from __future__ import annotations

from typing import Final

from aaa.identify import session_key, token_session
from aaa.outcome import Outcome
from aaa.turn import Turn
from accounting import strands
from accounting.counters import START_TOLERANCE_US
from accounting.event_time import EventTime
from accounting.journal import BESIDE
from domain.device import Device
from domain.session import Session
from domain.usage import Usage

PATIENCE_US: Final = 1_000_000  # of a Stop, for the services of its session
AWAITING: Final = Outcome(None, label="awaiting", again_us=PATIENCE_US)
STORED = "stored"
ORPHAN = "orphan"


def take_in(
    turn: Turn, device: Device, usage: Usage, when: EventTime
) -> tuple[Session | None, str]:
    """Note what a service has counted: the session that it is in, if one is known, and the effect.

    With the effect `accounting.journal.BESIDE` nothing of the session has changed.
    """
    session = parent_of(turn, device, usage, when)
    if session is None:
        turn.notes[f"class-{ORPHAN}"] += 1
        return None, ORPHAN
    if not _has_class(turn, session, usage.service_name):
        turn.notes[BESIDE] += 1
        return session, BESIDE
    interval_s = session.interim_s or turn.settings.interim_s
    step = strands.note(session, usage, device, when, interval_s)
    turn.notes[f"class-{step}"] += 1
    if session.live:
        session.last_seen_us = max(session.last_seen_us, usage.arrived_us)
    turn.books.touch(session)
    return session, f"class-{step}"


def awaits(turn: Turn, device: Device, usage: Usage) -> bool:
    """Are there services of the session that a Stop is of, and not all of them have stopped?"""
    return any(
        one.live and one.strands and strands.going(one.strands)
        for one in turn.books.with_id(device.device_id, session_key(usage))
    )


def parent_of(turn: Turn, device: Device, usage: Usage, when: EventTime) -> Session | None:
    """The session that a service is in: by our Class, else by the id that the record names.

    Of several of one id it is the newest that had begun by then.
    """
    same_id = turn.books.with_id(device.device_id, usage.parent_id) if usage.parent_id else []
    token = token_session(turn, usage, device)
    if token is not None:
        siblings = [one for one in same_id if one.class_session_id == token.session_id]
        return siblings[0] if siblings else token
    begun = [
        one
        for one in same_id
        if when.at_us >= (one.start_us or one.created_us) - START_TOLERANCE_US
    ]
    return next(iter(begun or same_id), None)


def _has_class(turn: Turn, session: Session, name: str) -> bool:
    """Does the plan that the session is charged by tell this service from the rest?"""
    plan = turn.books.plans.get(session.plan_id)
    if plan is None or plan.pricing is None or not plan.pricing.classes:
        return False
    return bool(strands.class_of(turn.books.sheets.of(plan).classes, name))
