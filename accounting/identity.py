"""Which session a record belongs to (field notes 9.4, A7).

Our own Class token is the best key; without it there is the device, its Acct-Session-Id, and what
tells two incarnations of one id apart: a Start, an Accounting-On, another address. Under a valid
token implied start times are not compared; without one they choose between incarnations. A record
never opens a second session where it can belong to a first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from accounting.counters import START_TOLERANCE_US
from accounting.event_time import EventTime
from accounting.suspense import Reason
from domain.login import canonical_login, canonical_mac
from domain.seams import US_PER_S
from domain.session import Session, SessionState
from domain.usage import RecordKind, Usage

NAS_REBOOT = 11  # Acct-Terminate-Cause (ACC-11)
REPEAT_US = 60 * US_PER_S  # a device that hears no answer asks again sooner than that


class Match(NamedTuple):
    """Where a record goes.

    `session` None: a new one, of the account of `parent` if there is one, else of the User-Name.
    `superseded` are live incarnations of the same id which this record proves to be over.
    """

    session: Session | None
    parent: Session | None = None
    doubt: Reason | None = None  # the new one cannot be anybody's before an operator has looked
    superseded: tuple[Session, ...] = ()


def match(
    usage: Usage,
    when: EventTime,
    token: Session | None,
    same_id: Sequence[Session],
    unstarted: Sequence[Session],
) -> Match:
    """Find the session of a Start, Interim or Stop.

    `token` is the session that a valid Class names; `same_id` are the sessions of this device
    with this Acct-Session-Id, newest first; `unstarted` are accepted sessions of the same login
    on this device that have not begun, newest first.
    """
    at_us = when.at_us
    if token is not None:
        return _match_token(usage, when, token, same_id)
    unstarted = [session for session in unstarted if _may_be_of(usage, session)]
    fitting = [
        session
        for session in same_id
        if same_address(usage, session) or _same_course(usage, when, session)
    ]
    if not fitting:
        return Match(_adopted(usage, at_us, unstarted), superseded=_live(same_id))
    if usage.kind is RecordKind.START:
        return _match_start(usage, at_us, fitting, same_id, unstarted)
    chosen = _nearest_start(usage, at_us, fitting)
    if not when.stale and _began_after_reboot(usage, at_us, chosen):
        return Match(_adopted(usage, at_us, unstarted), superseded=_live(same_id))
    if not when.stale and _began_after_stop(usage, at_us, chosen):
        adopted = _adopted(usage, at_us, unstarted)
        if adopted is None and _said_again(usage, chosen):
            return Match(chosen)
        # A replay, or a new session whose Start was lost: only a login that waits tells.
        return Match(adopted, doubt=None if adopted else Reason.STOPPED_ID)
    return Match(chosen)


def _live(sessions: Sequence[Session], but: Session | None = None) -> tuple[Session, ...]:
    return tuple(
        session for session in sessions if session.state is SessionState.OPEN and session is not but
    )


def _match_token(
    usage: Usage, when: EventTime, token: Session, same_id: Sequence[Session]
) -> Match:
    """The token's session, unless it is bound to another id: then a sibling (CLS-02, F-54).

    A Start without a timestamp that can be believed begins no new session under an old id: it
    may be the old one's, repeated, whose records would then be charged twice (A3).
    """
    unbound = token.acct_session_id == "" or token.state is SessionState.ACCEPTED
    again = _asked_again(usage, when, token, same_id) if unbound else None
    if again is not None:
        return Match(again, superseded=_live(same_id, again))
    same = token.acct_session_id == usage.acct_session_id
    siblings = [s for s in same_id if s.class_session_id == token.session_id]
    if siblings:
        return Match(siblings[0], superseded=_live(same_id, siblings[0]))
    restarted = (
        usage.kind is RecordKind.START
        and token.state is SessionState.CLOSED
        and usage.event_timestamp_us is not None
        and not when.clock_wrong
        and when.at_us > token.last_event_us + START_TOLERANCE_US
    )
    if unbound or (same and not restarted):
        return Match(token, superseded=_live(same_id, token))
    return Match(None, parent=token, superseded=_live(same_id))


def _asked_again(
    usage: Usage, when: EventTime, token: Session, same_id: Sequence[Session]
) -> Session | None:
    """The session that goes on under the Class of a login that was made within it (F-39).

    Not every device names the session when it asks again, so the login had one of its own. The
    counters are those of the session: begun anew they would be charged twice.
    """
    for session in same_id:
        open_still = session.state is SessionState.OPEN or session.replaced_by == token.session_id
        if (
            open_still
            and session is not token
            and session.subscriber_id == token.subscriber_id
            and session.session_s > 0
            and _same_course(usage, when, session)
        ):
            return session
    return None


def same_address(usage: Usage, session: Session) -> bool:
    """Does nothing contradict that this is the same connection (9.4 c)?"""
    new, known = usage.framed_ip_address, session.framed_ip_address
    if new and known and new != known:
        return False
    new, known = usage.calling_station_id, session.calling_station_id
    if not new or not known or new == known:
        return True  # spelt alike, as nearly always: what the spelling means does not matter
    return station_of(new) == station_of(known)


def station_of(text: str) -> str:
    """A Calling-Station-Id to compare: a MAC in any spelling is one station."""
    return canonical_mac(text) or text


def _same_course(usage: Usage, when: EventTime, session: Session) -> bool:
    """Another address, but began when this one did and goes on from its totals: re-addressed.

    Never somebody else's, and never by a record of long ago: its arrival tells no beginning.
    """
    if usage.session_s is None or usage.kind is RecordKind.START or when.stale:
        return False
    names = [canonical_login(name) for name in (usage.user_name, session.user_name) if name]
    if len(set(names)) > 1:
        return False
    began_us = when.at_us - usage.session_s * US_PER_S
    if abs(began_us - session.start_us) > START_TOLERANCE_US:
        return False
    totals = (
        (usage.input_octets, session.input_octets - session.input_base),
        (usage.output_octets, session.output_octets - session.output_base),
    )
    return all(new is None or new >= known for new, known in totals)


def _match_start(
    usage: Usage,
    at_us: int,
    fitting: Sequence[Session],
    same_id: Sequence[Session],
    unstarted: Sequence[Session],
) -> Match:
    """A Start repeats one we know, or begins a new incarnation (F-04, F-08, F-15, Q-09).

    A timestamp too old to be believed still tells a repeat, when it is that of a known start.
    """
    instants = [at_us] if usage.event_timestamp_us is None else [at_us, usage.event_timestamp_us]
    for session in fitting:
        if session.state is SessionState.ACCEPTED or session.state is SessionState.LAPSED:
            return Match(session, superseded=_live(same_id, session))
        if session.state is SessionState.CLOSED and _accepted_since(session, unstarted):
            break
        near = any(abs(us - session.start_us) <= START_TOLERANCE_US for us in instants)
        if near or at_us <= session.last_event_us:
            return Match(session)
    adopted = unstarted[0] if unstarted else None
    return Match(adopted, superseded=_live(same_id))


def _accepted_since(session: Session, unstarted: Sequence[Session]) -> bool:
    """Was there a login after the session was last heard of, which still waits for its Start?"""
    return bool(unstarted) and unstarted[0].created_us >= session.last_seen_us


def _may_be_of(usage: Usage, login: Session) -> bool:
    """Does nothing that the login said contradict that the record is of its connection?

    A subscriber may dial in twice at once. An id that was said at login is that of its accounting
    (RFC 2866 section 5.5); a port is only asked where no station tells the connections apart.
    """
    if login.acct_session_id and login.acct_session_id != usage.acct_session_id:
        return False
    if not (usage.calling_station_id and login.calling_station_id):
        if None not in (usage.nas_port, login.nas_port) and usage.nas_port != login.nas_port:
            return False
    return same_address(usage, login)


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
    # No clock is right. One that reports is more likely than a login that has not begun.
    return next((s for s in fitting if s.state is SessionState.OPEN), fitting[0])


def _began_after_reboot(usage: Usage, at_us: int, session: Session) -> bool:
    """Was the session closed by an Accounting-On, and did this one begin later (Q-08)?"""
    if session.state is not SessionState.CLOSED or session.terminate_cause != NAS_REBOOT:
        return False
    if not session.synthetic or session.stop_us is None:
        return False
    began_us = at_us - (usage.session_s or 0) * US_PER_S
    return began_us > session.stop_us + START_TOLERANCE_US


def _began_after_stop(usage: Usage, at_us: int, session: Session) -> bool:
    """Was the session stopped by its device, and did what the record counts begin later?"""
    if session.state is not SessionState.CLOSED or session.synthetic or session.stop_us is None:
        return False
    began_us = at_us - (usage.session_s or 0) * US_PER_S
    return began_us > session.stop_us + START_TOLERANCE_US


def _said_again(usage: Usage, stopped: Session) -> bool:
    """Is it a record of the stopped session that its device sends once more (Q-27)?

    Who hears no answer repeats his last records for minutes, octet for octet; where they carry no
    time, or that of a clock that is wrong, they seem to be of a session that has begun since. The
    Stop itself is known by its totals, whenever it comes; what came before it says less, and comes
    while the device has not done with that session.
    """
    totals = (
        (usage.session_s, stopped.session_s - stopped.session_base_s),
        (usage.input_octets, stopped.input_octets - stopped.input_base),
        (usage.output_octets, stopped.output_octets - stopped.output_base),
    )
    if usage.kind is RecordKind.STOP and all(new == known for new, known in totals):
        return True
    if abs(usage.arrived_us - stopped.last_seen_us) > REPEAT_US:
        return False
    return all(new is None or new <= known for new, known in totals)


def same_connection(one: Session, other: Session) -> bool:
    """Are two logins attempts at one connection, as far as the device has said (Decisions)?

    The same subscriber on the same device, with the same port, station or session id; or one of
    them names none of these, so that nothing tells them apart.
    """
    if (one.device_id, one.subscriber_id) != (other.device_id, other.subscriber_id):
        return False
    pairs = (
        (one.nas_port, other.nas_port),
        (station_of(one.calling_station_id) or None, station_of(other.calling_station_id) or None),
        (one.acct_session_id or None, other.acct_session_id or None),
    )
    unnamed = any(all(part is None for part in side) for side in zip(*pairs, strict=True))
    return unnamed or any(a is not None and a == b for a, b in pairs)
