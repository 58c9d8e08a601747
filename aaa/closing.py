"""How a session ends: its hold is resolved and its charges become one immutable entry.

Used by every road that ends one: a Stop, an Accounting-On, a reused id, a silence, a Disconnect
that was acknowledged without a Stop. Usage that comes later is charged in a part of its own.
"""

from __future__ import annotations

from dataclasses import replace

from aaa import grants, limits
from aaa.turn import Turn
from accounting import hold, strands
from accounting.ledger import charge_entry
from domain.ledger import Entry
from domain.session import HoldState, Session, SessionState

LOST_SERVICE = 3  # Acct-Terminate-Cause values (ACC-11)
ADMIN_RESET = 6
NAS_REBOOT = 11


def close(turn: Turn, session: Session, *, cause: int, stop_us: int, synthetic: bool) -> None:
    """Close an open session at `stop_us` with its last known usage."""
    session.state = SessionState.CLOSED
    session.stop_us = max(stop_us, session.start_us)
    session.terminate_cause = cause
    session.synthetic = synthetic
    session.cut_order_id, session.look_us = 0, None
    turn.acked.pop(session.session_id, None)
    release(turn, session, HoldState.POSTED)
    post_charges(turn, session)
    if session.strands and any(strands.left(strands.read(session.strands))):
        turn.notes["class-excess"] += 1
    turn.books.touch(session)
    turn.notes["closed-synthetic" if synthetic else "closed"] += 1


def lapse(turn: Turn, session: Session, state: HoldState) -> None:
    """End an accepted session that never started: its hold goes back."""
    assert session.state is SessionState.ACCEPTED
    session.state, session.look_us = SessionState.LAPSED, None
    release(turn, session, state)
    turn.books.touch(session)
    turn.notes["lapsed"] += 1


def release(turn: Turn, session: Session, state: HoldState) -> None:
    """Resolve the session's hold, if it has one (L6)."""
    back = hold.resolve(session, state)
    if back:
        account = turn.books.accounts[session.account_id]
        account.held_micros -= back
        turn.books.draft.move(account, held=-back)


def post_charges(turn: Turn, session: Session) -> None:
    """Close the session's open charges into one entry, if they come to anything."""
    amount_micros = session.open_micros
    if session.account_id == 0 or not amount_micros:
        return
    account = turn.books.accounts[session.account_id]
    entry = charge_entry(account, session, turn.ids.next(), turn.now_us)
    if entry.overrun_micros:
        entry = replace(entry, reason=f"{entry.reason}; {_overrun(turn, session, entry)}")
        turn.notes["overrun"] += 1
    turn.books.draft.entries.append(entry)
    turn.books.draft.closings.append(
        (session.account_id, session.session_id, session.part, entry.entry_id)
    )
    turn.books.draft.move(account, posted=-amount_micros, opened=-amount_micros, entries=1)
    session.closed_micros = session.charged_micros
    session.part += 1


def _overrun(turn: Turn, session: Session, entry: Entry) -> str:
    """The amount and the bound of an overrun, in words of its entry (L8)."""
    deal = limits.deal_of(turn, session)
    bound = grants.bound_micros(deal, turn.settings.start_wait_s) if deal is not None else None
    if bound is not None and entry.overrun_micros > bound:
        turn.notes["overrun-beyond-bound"] += 1
    known = "no bound, the line rate is not known" if bound is None else f"bound {bound} micros"
    return f"below the floor by {entry.overrun_micros} micros, {known}"
