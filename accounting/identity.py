"""Which session a record belongs to (field notes 9.4, A7).

Our own Class token is the best key; without it there is the device, its Acct-Session-Id, and what
tells two incarnations of one id apart: a Start, an Accounting-On, another address. Under a valid
token implied start times are not compared; without one they choose between incarnations. A record
never opens a second session where it can belong to a first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from accounting.counters import START_TOLERANCE_US
from domain.seams import US_PER_S
from domain.session import Session, SessionState
from domain.usage import RecordKind, Usage

NAS_REBOOT = 11  # Acct-Terminate-Cause (ACC-11)


@dataclass(frozen=True, slots=True)
class Match:
    """Where a record goes.

    `session` None: a new one, of the account of `parent` if there is one, else of the User-Name.
    `superseded` are live incarnations of the same id which this record proves to be over.
    """

    session: Session | None
    parent: Session | None = None
    superseded: tuple[Session, ...] = ()


def match(
    usage: Usage,
    at_us: int,
    token: Session | None,
    same_id: Sequence[Session],
    unstarted: Sequence[Session],
) -> Match:
    """Find the session of a Start, Interim or Stop.

    `token` is the session that a valid Class names; `same_id` are the sessions of this device
    with this Acct-Session-Id, newest first; `unstarted` are accepted sessions of the same login
    on this device that have not begun, newest first.
    """
    if token is not None:
        return _match_token(usage, at_us, token, same_id)
    fitting = [session for session in same_id if _same_address(usage, session)]
    if not fitting:
        return Match(_adopted(usage, at_us, unstarted), superseded=_live(same_id))
    if usage.kind is RecordKind.START:
        return _match_start(at_us, fitting, same_id, unstarted)
    chosen = _nearest_start(usage, at_us, fitting)
    if _began_after_reboot(usage, at_us, chosen):
        return Match(_adopted(usage, at_us, unstarted), superseded=_live(same_id))
    return Match(chosen)


def _live(sessions: Sequence[Session], but: Session | None = None) -> tuple[Session, ...]:
    return tuple(
        session for session in sessions if session.state is SessionState.OPEN and session is not but
    )


def _match_token(usage: Usage, at_us: int, token: Session, same_id: Sequence[Session]) -> Match:
    """The token's session, unless it is bound to another id: then a sibling (CLS-02, F-54)."""
    unbound = token.acct_session_id == "" or token.state is SessionState.ACCEPTED
    same = token.acct_session_id == usage.acct_session_id
    siblings = [s for s in same_id if s.class_session_id == token.session_id]
    if siblings:
        return Match(siblings[0], superseded=_live(same_id, siblings[0]))
    restarted = (
        usage.kind is RecordKind.START
        and token.state is SessionState.CLOSED
        and at_us > token.last_event_us + START_TOLERANCE_US
    )
    if unbound or (same and not restarted):
        return Match(token, superseded=_live(same_id, token))
    return Match(None, parent=token, superseded=_live(same_id))


def _same_address(usage: Usage, session: Session) -> bool:
    """Does nothing contradict that this is the same connection (9.4 c)?"""
    pairs = (
        (usage.framed_ip_address, session.framed_ip_address),
        (usage.calling_station_id, session.calling_station_id),
    )
    return all(not new or not known or new == known for new, known in pairs)


def _match_start(
    at_us: int, fitting: Sequence[Session], same_id: Sequence[Session], unstarted: Sequence[Session]
) -> Match:
    """A Start repeats one we know, or begins a new incarnation (F-04, F-08, F-15, Q-09)."""
    for session in fitting:
        if session.state is SessionState.ACCEPTED or session.state is SessionState.LAPSED:
            return Match(session, superseded=_live(same_id, session))
        if abs(at_us - session.start_us) <= START_TOLERANCE_US or at_us <= session.last_event_us:
            return Match(session)
    adopted = unstarted[0] if unstarted else None
    return Match(adopted, superseded=_live(same_id))


def _adopted(usage: Usage, at_us: int, unstarted: Sequence[Session]) -> Session | None:
    """The newest login that still waits for its Start and that this record may be the start of."""
    if not unstarted:
        return None
    newest = unstarted[0]
    if usage.kind is RecordKind.START:
        return newest
    began_us = at_us - (usage.session_s or 0) * US_PER_S
    return newest if began_us >= newest.created_us - START_TOLERANCE_US else None


def _nearest_start(usage: Usage, at_us: int, fitting: Sequence[Session]) -> Session:
    if usage.session_s is None or len(fitting) == 1:
        return fitting[0]
    began_us = at_us - usage.session_s * US_PER_S
    nearest = min(fitting, key=lambda session: abs(began_us - session.start_us))
    if abs(began_us - nearest.start_us) <= START_TOLERANCE_US:
        return nearest
    return fitting[0]


def _began_after_reboot(usage: Usage, at_us: int, session: Session) -> bool:
    """Was the session closed by an Accounting-On, and did this one begin later (Q-08)?"""
    if session.state is not SessionState.CLOSED or session.terminate_cause != NAS_REBOOT:
        return False
    if not session.synthetic or session.stop_us is None:
        return False
    began_us = at_us - (usage.session_s or 0) * US_PER_S
    return began_us > session.stop_us + START_TOLERANCE_US
