"""Whose is this record? The session it belongs to, found or made.

Our Class token leads to it if it is genuine and of the same device; else the device and its
Acct-Session-Id do (`accounting.identity` has the rules). A session that nobody can be billed for
is opened all the same, in suspense: its usage is kept until an operator has looked (A9).
"""

from __future__ import annotations

from aaa import closing, ghosts
from aaa.token import session_of
from aaa.turn import Turn
from accounting import adoption, suspense
from accounting.event_time import EventTime
from accounting.identity import Match, match
from accounting.suspense import Reason
from domain.account import Status, Subscriber
from domain.device import Device
from domain.login import canonical_login
from domain.seams import US_PER_S
from domain.session import HoldState, Session, SessionState
from domain.usage import Usage


def session_key(usage: Usage) -> str:
    """The Acct-Session-Id of a record; one without (ACC-02) is kept apart by User-Name."""
    return usage.acct_session_id or f"(none) {usage.user_name}"


def token_session(turn: Turn, usage: Usage, device: Device) -> Session | None:
    """The session that a genuine Class of this device names (CLS-02).

    One that has not begun is trusted only if its subscriber and the record's User-Name do not
    name two different subscribers: some devices carry a Class over to the next user of a port.
    """
    session_id = session_of(usage.classes, turn.sealer.class_key)
    session = turn.books.sessions.get(session_id) if session_id is not None else None
    if session is None or session.device_id != device.device_id:
        return None
    if session.acct_session_id != session_key(usage):
        named = turn.books.subscribers.get(canonical_login(usage.user_name))
        if named is not None and named.subscriber_id != session.subscriber_id:
            return None
    return session


def find_session(turn: Turn, device: Device, usage: Usage, when: EventTime) -> Session:
    """The session the record belongs to, made if there is none; superseded ones are closed."""
    subscriber = turn.books.subscribers.get(canonical_login(usage.user_name))
    unstarted: list[Session] = []
    if subscriber is not None:
        unstarted = [
            session
            for session in reversed(turn.books.live_sessions(subscriber.account_id))
            if session.state is SessionState.ACCEPTED
            and session.device_id == device.device_id
            and session.subscriber_id == subscriber.subscriber_id
        ]
    same_id = turn.books.with_id(device.device_id, session_key(usage))
    token = token_session(turn, usage, device)
    found = match(usage, when, token, same_id, unstarted)
    for session in found.superseded:
        closing.close(
            turn,
            session,
            cause=closing.LOST_SERVICE,
            stop_us=session.last_event_us,
            synthetic=True,
        )
        turn.notes["id-reused"] += 1
    if found.session is not None:
        if token is not None and found.session.replaced_by == token.session_id:
            ghosts.goes_on(turn, found.session)
            if token.state is SessionState.ACCEPTED:
                closing.lapse(turn, token, HoldState.VOID)
        return found.session
    return _open(turn, usage, when, found, subscriber, device=device)


def _open(
    turn: Turn,
    usage: Usage,
    when: EventTime,
    found: Match,
    subscriber: Subscriber | None,
    *,
    device: Device,
) -> Session:
    """A session first seen in accounting: its token's account, its User-Name's, or nobody's."""
    parent = found.parent
    session = Session(
        session_id=turn.ids.next(),
        account_id=0,
        subscriber_id=0,
        device_id=device.device_id,
        plan_id=0,
        state=SessionState.OPEN,
        version=1,
        acct_session_id=session_key(usage),
        user_name=usage.user_name,
        created_us=turn.now_us,
        start_us=when.at_us - (usage.session_s or 0) * US_PER_S,
        interim_s=device.interim_s or turn.settings.interim_s,
    )
    reason = found.doubt or _nobodys(turn, usage, parent, subscriber)
    if reason is None:
        if parent is not None and parent.account_id:
            session.account_id, session.subscriber_id = parent.account_id, parent.subscriber_id
            session.plan_id = parent.plan_id
            session.class_session_id = parent.session_id
            # The device was told one service and one wall for all that carries its Class.
            session.walled, session.told = parent.walled, parent.told
            session.access = parent.access
        else:
            assert subscriber is not None
            plan = turn.books.plan_of(subscriber, turn.now_us)
            assert plan is not None
            session.account_id = subscriber.account_id
            session.subscriber_id = subscriber.subscriber_id
            session.plan_id = plan.plan_id
            session.adopted = adoption.ran_before(usage, when.at_us, device)
            turn.notes["adopted" if session.adopted else "unauthorised"] += 1
    turn.books.add_session(session)
    if reason is not None:
        turn.books.put_suspense(
            suspense.whole_session(turn.ids.next(), session, reason, turn.now_us)
        )
        turn.notes["suspense"] += 1
    return session


def _nobodys(
    turn: Turn, usage: Usage, parent: Session | None, subscriber: Subscriber | None
) -> Reason | None:
    """Why the session cannot be rated, if it cannot (A9, F-51, F-52)."""
    if not usage.acct_session_id:
        return Reason.NO_SESSION_ID
    if parent is not None and parent.account_id:
        return None
    if subscriber is None:
        return Reason.UNKNOWN_SUBSCRIBER
    if subscriber.status is Status.CLOSED:
        return Reason.CLOSED_SUBSCRIBER
    if usage.local_authentic:
        return Reason.LOCAL
    return None if turn.books.plan_of(subscriber, turn.now_us) is not None else Reason.NO_PLAN
