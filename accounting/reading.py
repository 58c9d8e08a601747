"""From a record to the counters: what is read of it, for which device, and what is believed.

Live rating and its replay both go through `read_into`, so that the two cannot drift apart (A11).
Nothing here finds a session, prices it or closes it: that is done around this.
"""

from __future__ import annotations

from accounting.counters import LOW_STEPS, Line, Reading, Step, advance, restore, snapshot
from accounting.event_time import EventTime
from domain.device import Device
from domain.session import Session
from domain.usage import RecordKind, Usage


def read_into(
    session: Session,
    usage: Usage,
    device: Device,
    *,
    when: EventTime,
    ended: bool,
    interval_s: int,
) -> Step:
    """Advance the session's counters by a record of that event time; says what happened.

    `ended`: its device has stopped it, so that nothing low is believed any more (F-07, Q-27).
    `interval_s` is the interim interval that was asked for, for the plausibility of a rise.
    """
    line = Line(
        rate_bps=device.line_rate_bps,
        # Nobody's usage is in doubt as a whole; nothing of it is put aside besides.
        judged=session.account_id != 0,
        gigawords=device.gigawords,
        delta=device.counter_mode == "delta",
        interval_s=interval_s,
        unit_octets=device.octets_unit,
    )
    kind = usage.kind
    start = kind is RecordKind.START
    reading = Reading(
        at_us=when.at_us,
        session_s=None if start else usage.session_s,
        # A Start's counters are zero or absent whatever went before: they say nothing.
        input_octets=None if start else usage.input_octets,
        output_octets=None if start else usage.output_octets,
        final=kind is RecordKind.STOP,
        late=when.stale,
    )
    if not ended:
        return advance(session, reading, line)
    kept = snapshot(session)
    step = advance(session, reading, line)
    if step in LOW_STEPS:
        restore(session, kept)
        return Step.STALE
    return step
