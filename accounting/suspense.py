"""Usage that cannot be rated: stored, acknowledged, listed until an operator drains it (A9).

Either a whole session is nobody's (`account_id` 0), or part of a subscriber's session is in
doubt. A later record may settle the doubt; an operator assigns it to a login, or drops it.
"""

from __future__ import annotations

import enum

from domain.session import Session, Suspense


class Reason(enum.StrEnum):
    """Why usage is in suspense."""

    UNKNOWN_SUBSCRIBER = "unknown-subscriber"  # no such login (F-30, F-52)
    CLOSED_SUBSCRIBER = "closed-subscriber"
    NO_PLAN = "no-plan"
    LOCAL = "local-authentication"  # the device let it in without us (F-51)
    NO_SESSION_ID = "no-session-id"  # ACC-02
    STOPPED_ID = "stopped-session-id"  # a replay, or a reused id without a Start (F-15, F-53)
    IMPLAUSIBLE = "implausible"  # more than the line carries (F-19, F-25)
    LOW_STOP = "low-stop"  # the last reading is lower than the one before (Q-14c)


def whole_session(suspense_id: int, session: Session, reason: Reason, now_us: int) -> Suspense:
    """The suspense row of a session that is nobody's; its usage is the session's."""
    return Suspense(
        suspense_id=suspense_id,
        session_id=session.session_id,
        device_id=session.device_id,
        reason=reason,
        user_name=session.user_name,
        input_octets=session.input_octets + session.review_input,
        output_octets=session.output_octets + session.review_output,
        session_s=session.session_s,
        created_us=now_us,
        updated_us=now_us,
    )


def update(row: Suspense, session: Session, now_us: int) -> None:
    """Bring an open row to what the session says now; settle it when nothing is in doubt."""
    assert row.state == "open"
    row.updated_us = now_us
    if session.account_id == 0:
        row.input_octets = session.input_octets + session.review_input
        row.output_octets = session.output_octets + session.review_output
        row.session_s = session.session_s
        return
    row.input_octets, row.output_octets = session.review_input, session.review_output
    if not session.review_input and not session.review_output:
        row.state = "settled"
        row.resolved_us = now_us
        row.note = "a later record explained it"


def take_review(session: Session) -> None:
    """What was put aside counts like the rest: an operator has looked."""
    session.input_octets += session.review_input
    session.output_octets += session.review_output
    session.review_input = session.review_output = 0


def doubt(suspense_id: int, session: Session, reason: Reason, now_us: int) -> Suspense:
    """The suspense row of the part of a session that was put aside."""
    row = whole_session(suspense_id, session, reason, now_us)
    row.account_id = session.account_id
    row.input_octets, row.output_octets = session.review_input, session.review_output
    row.session_s = 0
    return row
