"""Accounting-On and -Off: a device says that all its sessions are over (A8, F-10 to F-13).

They end at their last known usage and time, not at the time of the boot: nobody is billed for an
outage. Sessions that began later stay; an On that is older than one we know, or long past by its
own clock, ends nothing (S7). A later record of a session brings it back.
"""

from __future__ import annotations

from aaa import closing
from aaa.turn import Turn
from accounting.event_time import EventTime
from domain.device import Device
from domain.session import DeviceMark, HoldState, Session, SessionState
from domain.usage import Usage


def decide_boot(turn: Turn, device: Device, usage: Usage, when: EventTime) -> str:
    """Close what the On or Off ends; answers its effect for the journal."""
    if when.stale:
        turn.notes["stale-boot"] += 1
        return "stale"
    marks = turn.books.marks.get(device.device_id, {})
    known = marks.get(usage.nas_identifier)
    if known is not None and when.at_us <= known.event_us:
        return "repeat"
    turn.books.put_mark(DeviceMark(device.device_id, usage.nas_identifier, when.at_us))
    for session in turn.books.sessions_on(device.device_id):
        if not _same_box(session, usage):
            continue
        if session.state is SessionState.ACCEPTED:
            if session.created_us < when.at_us:
                closing.lapse(turn, session, HoldState.EXPIRED)
        elif session.start_us <= when.at_us and session.last_event_us <= when.at_us:
            closing.close(
                turn,
                session,
                cause=closing.NAS_REBOOT,
                stop_us=session.last_event_us,
                synthetic=True,
            )
    return "closed-sessions"


def _same_box(session: Session, usage: Usage) -> bool:
    """One device row may stand for several boxes: compare what they call themselves (F-13)."""
    pairs = (
        (usage.nas_identifier, session.nas_identifier),
        (usage.nas_ip_address, session.nas_ip_address),
    )
    return all(not said or not known or said == known for said, known in pairs)
