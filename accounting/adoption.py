"""Adoption: sessions that ran before their device reported to us.

A provider switches routers over while people are on line. What such a session counted before is
somebody else's bill, or nobody's: its first counters are where ours begin, and no fee of a session
is owed to us. What follows is rated like anything else. Never adopted is a session that carries
our Class or answers one of our logins: we know when it began.
"""

from __future__ import annotations

from accounting.charging import Total
from domain.device import Device
from domain.seams import US_PER_S
from domain.session import Session
from domain.usage import RecordKind, Usage

UNTOLD_US = 86_400 * US_PER_S  # no session without a known start is older than this: by then it
# has reported, and is known


def ran_before(usage: Usage, at_us: int, device: Device) -> bool:
    """Did the session of this record, its first to reach us, begin before its device was ours?

    The start is inferred: event time less Acct-Session-Time. Both are told in whole seconds, so a
    session of the second in which the device became ours is ours. A report that is no Start and
    names no time tells no start; within a day of the switch it is taken for one of before.
    """
    if usage.session_s is not None or usage.kind is RecordKind.START:
        began_us = at_us - (usage.session_s or 0) * US_PER_S
        since_us = device.accounting_since_us
        return began_us < since_us - since_us % US_PER_S
    return at_us < device.accounting_since_us + UNTOLD_US and device.accounting_since_us > 0


def take_baseline(session: Session, before: Total) -> None:
    """Where a counter of an adopted session is first seen, our counting begins.

    Each counter by itself, for a Start names none and some devices leave octets out. A counter
    that is still 0 has not been seen: its first step is given away rather than charged in error.
    `before` are the rated totals before the record.
    """
    if not before.input_octets and not session.unrated_input:
        session.unrated_input = session.input_octets
    if not before.output_octets and not session.unrated_output:
        session.unrated_output = session.output_octets
    if not before.session_s and not session.unrated_s:
        session.unrated_s = session.session_s
