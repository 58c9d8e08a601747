"""An accounting record, decided: which session, what it used, what that cost, what follows.

The record is journaled whatever it is and answered once that is durable (A1, ACC-01): a device can
do nothing better with a refusal. What cannot be rated goes to suspense (A9); what is old, repeated
or implausible changes nothing that is billed.
"""

from __future__ import annotations

from operator import attrgetter

from aaa import boot, closing, detail, ghosts
from aaa.charge import charge
from aaa.enforce import begin, enforce
from aaa.identify import find_session, session_key
from aaa.limits import Deal
from aaa.outcome import Outcome
from aaa.request import Request
from aaa.turn import Turn
from accounting import adoption, charging, hold, strands, suspense, uses
from accounting.charging import Total
from accounting.counters import Step, restore, snapshot
from accounting.event_time import EventTime, event_time
from accounting.identity import same_connection
from accounting.journal import BESIDE, Record, without_secrets
from accounting.reading import read_into
from accounting.suspense import Reason
from domain.device import Device
from domain.login import canonical_mac
from domain.seams import US_PER_S
from domain.session import HoldState, Session, SessionState
from domain.usage import RecordKind, Usage
from radius import Packet, encode_attributes

ACCOUNTING_RESPONSE = 5
PROXY_STATE = 33
USER_PASSWORD, CHAP_PASSWORD = 2, 3
_LABELS = {
    RecordKind.START: "start",
    RecordKind.STOP: "stop",
    RecordKind.INTERIM: "interim",
    RecordKind.ON: "on",
    RecordKind.OFF: "off",
    RecordKind.OTHER: "other",
}
ANSWERS = {kind: Outcome(ACCOUNTING_RESPONSE, b"", 0, label) for kind, label in _LABELS.items()}
# What is said of a connection once and then stays.
_NAMES = (
    "calling_station_id",
    "called_station_id",
    "nas_port_id",
    "nas_ip_address",
    "nas_identifier",
    "framed_ip_address",
    "framed_ipv6_prefix",
    "framed_ipv6_address",
    "delegated_ipv6_prefix",
    "acct_multi_session_id",
)
_names_of = attrgetter(*_NAMES)


def decide_record(turn: Turn, request: Request, usage: Usage) -> Outcome:
    """Take in one Accounting-Request."""
    device = request.device
    turn.hearing.note(device.device_id, turn.now_us, device.interim_s or turn.settings.interim_s)
    when = event_time(usage, turn.settings.clock_skew_s)
    if when.clock_wrong:
        turn.notes["clock-wrong"] += 1
    if usage.kind in (RecordKind.ON, RecordKind.OFF):
        _journal(turn, request, None, when, boot.decide_boot(turn, device, usage, when))
    elif usage.service and (usage.parent_id or usage.service_name):
        session_of_it, effect = detail.take_in(turn, device, usage, when)
        _journal(turn, request, session_of_it, when, effect)
    elif usage.kind is RecordKind.OTHER or usage.service:
        _journal(turn, request, None, when, detail.STORED)
    elif (
        usage.kind is RecordKind.STOP and not request.put_off and detail.awaits(turn, device, usage)
    ):
        turn.notes["class-awaited"] += 1
        return detail.AWAITING
    else:
        session = find_session(turn, request.device, usage, when)
        turn.hearing.record(session, usage)
        effect = _apply(turn, session, device, usage, when)
        _journal(turn, request, session, when, effect)
    proxied = [(PROXY_STATE, value) for value in request.packet.all(PROXY_STATE)]
    if not proxied:
        return ANSWERS[usage.kind]
    return Outcome(ACCOUNTING_RESPONSE, encode_attributes(proxied), 0, _LABELS[usage.kind])


def _apply(turn: Turn, session: Session, device: Device, usage: Usage, when: EventTime) -> str:
    """Move the session by the record; answers what it did, for the journal."""
    closed = _begin(turn, session, usage, when)
    _bind(session, usage)
    before = Total.of(session)
    from_us = uses.since_us(session, usage, when.at_us)
    kept, counted = snapshot(session), session.strands
    unrated = session.unrated_input, session.unrated_output
    step = read_into(
        session,
        usage,
        device,
        when=when,
        ended=closed,
        interval_s=session.interim_s or turn.settings.interim_s,
    )
    if session.adopted:
        adoption.take_baseline(session, before)
    if session.walled:
        charging.leave_unrated(session, before)
    if counted:
        up, down = session.unrated_input - unrated[0], session.unrated_output - unrated[1]
        strands.pass_over(session, up, down)
    owed = session.owes_fee and charging.begun(session, walled=bool(session.walled))
    session.fee_due = session.fee_due or owed
    try:
        deal = charge(turn, session, before, from_us)
    except OverflowError:
        # More than 63 bits of micros: no bill but noise (A9).
        restore(session, kept)
        session.strands = counted
        session.fee_due = before.fee_due
        step, deal = Step.ABSURD, None
    turn.notes[f"step-{step}"] += 1
    session.records_n += 1
    session.last_seen_us = max(session.last_seen_us, usage.arrived_us)
    turn.books.touch(session)
    _conclude(turn, session, usage, when, deal, closed=closed)
    _doubts(turn, session, step)
    return str(step)


def _begin(turn: Turn, session: Session, usage: Usage, when: EventTime) -> bool:
    """Bring the session to life if the record does so; answers whether it has ended for good.

    A session that we closed ourselves lives again when its device reports it (A8, A10, F-03), but
    not by a record of long ago; one that its device stopped does not (F-07).
    """
    if session.state in (SessionState.ACCEPTED, SessionState.LAPSED):
        session.state = SessionState.OPEN
        session.start_us = when.at_us - (usage.session_s or 0) * US_PER_S
        hold.forget(session)
        _outlive(turn, session)
    elif session.state is SessionState.CLOSED and session.synthetic:
        known_us = max(session.last_event_us, ghosts.replaced_us(turn, session))
        late = when.stale or when.at_us <= known_us
        news = not late or usage.kind is RecordKind.STOP
        if usage.kind is not RecordKind.START and news:
            session.state = SessionState.OPEN
            session.stop_us, session.synthetic, session.terminate_cause = None, False, 0
            hold.forget(session)
            turn.notes["revived"] += 1
    if usage.kind is RecordKind.START and not session.start_seen:
        session.start_seen = True
        if session.records_n == 0 or when.at_us < session.start_us:
            session.start_us = when.at_us
    return session.state is SessionState.CLOSED


def _outlive(turn: Turn, session: Session) -> None:
    """Of several logins for one connection this is the one the device took: void the others."""
    for other in turn.books.live_sessions(session.account_id):
        if other.state is SessionState.ACCEPTED and same_connection(session, other):
            closing.lapse(turn, other, HoldState.VOID)


def binds(session: Session, usage: Usage) -> bool:
    """Would the record tell anything of the connection that is not known yet (see `_bind`)?"""
    return (
        session.acct_session_id != session_key(usage)
        or (usage.source_address or session.source_address) != session.source_address
        or (usage.user_name or session.user_name) != session.user_name
        or any(b and not a for a, b in zip(_names_of(session), _names_of(usage), strict=True))
        or (session.nas_port is None and usage.nas_port is not None)
        or (session.mac is None and canonical_mac(session.calling_station_id) is not None)
    )


def _bind(session: Session, usage: Usage) -> None:
    """Take what the record says of the connection; the first address stays (F-44)."""
    session.acct_session_id = session_key(usage)
    session.source_address = usage.source_address or session.source_address
    session.user_name = usage.user_name or session.user_name
    said, known = _names_of(usage), _names_of(session)
    if said != known:  # most records say again what the first one said
        for name, new, old in zip(_NAMES, said, known, strict=True):
            if not old:
                setattr(session, name, new)
    if session.mac is None and session.calling_station_id:
        session.mac = canonical_mac(session.calling_station_id)
    if session.nas_port is None:
        session.nas_port = usage.nas_port


def _conclude(
    turn: Turn,
    session: Session,
    usage: Usage,
    when: EventTime,
    deal: Deal | None,
    *,
    closed: bool,
) -> None:
    """After the counters: close on a Stop, post late usage, or see to the limits."""
    if closed:
        closing.post_charges(turn, session)
        if usage.kind is RecordKind.STOP and session.synthetic:
            session.synthetic, session.terminate_cause = False, usage.terminate_cause
    elif usage.kind is RecordKind.STOP:
        closing.close(
            turn,
            session,
            cause=usage.terminate_cause,
            stop_us=max(when.at_us, session.last_event_us),
            synthetic=False,
        )
    elif usage.kind is not RecordKind.START and (session.records_n > 1 or session.class_session_id):
        enforce(turn, session, deal)
    elif not session.class_session_id:
        # By its Start, or by an interim where it ran before us or the Start was lost. A sibling's
        # Start may overtake the Stop that frees the money of the one before it.
        begin(turn, session)
    for ghost in ghosts.of_started(turn, session) if usage.kind is RecordKind.START else ():
        enforce(turn, ghost)


def _doubts(turn: Turn, session: Session, step: Step) -> None:
    """Keep the suspense list in step with what is in doubt of this session."""
    rows = list(turn.books.suspense.get(session.session_id, {}).values())
    for row in rows:
        suspense.update(row, session, turn.now_us)
        turn.books.put_suspense(row)
    if rows or session.account_id == 0:
        return
    if session.review_input or session.review_output:
        reason = Reason.LOW_STOP if step is Step.LOW_STOP else Reason.IMPLAUSIBLE
        turn.books.put_suspense(suspense.doubt(turn.ids.next(), session, reason, turn.now_us))
        turn.notes["quarantined"] += 1


def _journal(
    turn: Turn, request: Request, session: Session | None, when: EventTime, effect: str
) -> None:
    totals = session or _NO_SESSION
    turn.records.append(
        Record(
            session_id=totals.session_id,
            account_id=totals.account_id,
            device_id=request.device.device_id,
            previous=totals.journal_last,
            arrived_us=request.arrived_us,
            event_us=max(when.at_us, 0),
            effect=effect,
            input_octets=totals.input_octets,
            output_octets=totals.output_octets,
            session_s=totals.session_s,
            free_octets=totals.free_octets,
            free_s=totals.free_s,
            charged_micros=totals.charged_micros,
            attributes=_kept(request.packet),
            unrated_input=totals.unrated_input,
            unrated_output=totals.unrated_output,
            unrated_s=totals.unrated_s,
            walled=totals.walled,
            uses=totals.uses,
        )
    )
    if session is not None and effect != BESIDE:
        session.journal_last = turn.journal_id


def is_kept_whole(packet: Packet) -> bool:
    """Is the record journaled as it is? Almost none holds a secret (ACC-14)."""
    return packet.first(USER_PASSWORD) is None and packet.first(CHAP_PASSWORD) is None


def _kept(packet: Packet) -> bytes:
    """The attributes of a record as they are journaled."""
    if is_kept_whole(packet):
        return packet.attribute_octets
    return without_secrets(packet.attribute_octets)


_NO_SESSION = Session(0, 0, 0, 0, 0, SessionState.CLOSED, 0)
