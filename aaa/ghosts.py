"""Ghosts: sessions that a new login of the same station proves to be over, or not.

A router that reboots, and a modem that is switched off, leave sessions behind which nobody ends.
Credential and MAC have passed when this is asked, so the station itself says that its old
connection is gone (F-03, F-27, F-40): it makes room, on whichever device it was, before credit and
slots are looked at. Nothing is cut on a guess: the old session is closed at its last usage, and
only if its device goes on reporting it while the new one runs is it told to end it.

What asks again within one session (F-39) is no ghost: it is the same connection, renewed. A
station that is not a MAC may stand for several people (an address behind NAT), so it replaces
only what is suspect or what would keep it out.
"""

from __future__ import annotations

from aaa import closing, limits
from aaa.turn import Turn
from accounting.identity import same_connection, station_of
from domain.login import canonical_mac
from domain.plan import Plan
from domain.seams import US_PER_S
from domain.session import HoldState, Session, SessionState


def renewed(turn: Turn, new: Session) -> Session | None:
    """The open session in which this login is only asked again (F-39), if there is one.

    The same device names the same Acct-Session-Id, port and station for the same subscriber; one
    that names no station may as well use an old id again for a new session. So may one that has
    rebooted: where a report is overdue by half an interval, the login counts as a redial.
    """
    live = turn.books.live_sessions(new.account_id)
    if not live or not station_of(new.calling_station_id):
        return None
    for session in live:
        if (
            session.state is SessionState.OPEN
            and new.acct_session_id
            and _named(new) == _named(session)
            and turn.now_us - session.last_seen_us <= session.interim_s * US_PER_S * 3 // 2
        ):
            return session
    return None


def _named(session: Session) -> tuple[int, int, str, int | None, str]:
    """What is the same in two logins of one session."""
    return (
        session.device_id,
        session.subscriber_id,
        session.acct_session_id,
        session.nas_port,
        station_of(session.calling_station_id),
    )


def replaced(turn: Turn, new: Session, plan: Plan) -> tuple[list[Session], list[Session]]:
    """The sessions that this login, once accepted, replaces: logins, and open sessions.

    First the logins that have not begun, for the same connection or of the same station: the
    device asked again, or the station has gone elsewhere. Then its ghosts.
    """
    logins, ghosts, doubtful = [], [], []
    is_mac = _is_mac(new)
    for session in turn.books.live_sessions(new.account_id):
        same_station = _same_station(new, session)
        if session.state is SessionState.ACCEPTED:
            if (same_station and is_mac) or same_connection(new, session):
                logins.append(session)
        elif same_station and (is_mac or turn.hearing.suspect(session, turn.settings.stale_min_s)):
            ghosts.append(session)
        elif same_station:
            doubtful.append(session)
    if doubtful and limits.free_slots(turn, new.account_id, plan, but=[*logins, *ghosts]) <= 0:
        ghosts += doubtful
    return logins, ghosts


def _same_station(new: Session, old: Session) -> bool:
    station = station_of(new.calling_station_id)
    return (
        station != ""
        and station == station_of(old.calling_station_id)
        and new.subscriber_id == old.subscriber_id
    )


def _is_mac(session: Session) -> bool:
    return canonical_mac(session.calling_station_id) is not None


def give_way(turn: Turn, new: Session, logins: list[Session], ghosts: list[Session]) -> None:
    """The login is accepted: end what it replaces, so that slots and holds are free for it."""
    for old in logins:
        closing.lapse(turn, old, HoldState.VOID)
    for old in ghosts:
        closing.close(
            turn, old, cause=closing.LOST_SERVICE, stop_us=old.last_event_us, synthetic=True
        )
        old.replaced_by = new.session_id
        turn.notes["replaced"] += 1


def replaced_us(turn: Turn, session: Session) -> int:
    """When the session was replaced; 0 if it was not. Reports of before were merely under way."""
    newer = turn.books.sessions.get(session.replaced_by)
    return newer.created_us if newer is not None else 0


def must_end(turn: Turn, session: Session) -> bool | None:
    """A session that was replaced reports again: is it to be cut? None: not known yet.

    It is, if one of the same station has begun since. While a login of that station waits for its
    Start, the old session is left alone. If nothing came of the login, the old session was none
    of a ghost: it goes on, and what the login held is free for it.
    """
    newer = [
        other
        for other in turn.books.live_sessions(session.account_id)
        if other is not session
        and not other.replaced_by
        and other.created_us >= session.created_us
        and _same_station(session, other)
    ]
    if any(other.state is SessionState.OPEN for other in newer):
        return True
    if any(turn.now_us < other.slot_until_us for other in newer):
        return None
    goes_on(turn, session)
    for other in newer:
        closing.lapse(turn, other, HoldState.VOID)
    return False


def goes_on(turn: Turn, session: Session) -> None:
    """It was not replaced after all: its device asked again within it, or the login failed."""
    session.replaced_by = 0
    turn.books.touch(session)


def of_started(turn: Turn, begun: Session) -> list[Session]:
    """The open sessions that are over because this one has begun, though they reported again."""
    return [
        other
        for other in turn.books.live_sessions(begun.account_id)
        if other.replaced_by and other is not begun and other.state is SessionState.OPEN
    ]
