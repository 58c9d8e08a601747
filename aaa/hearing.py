"""Which devices are being heard, and since when without a break.

A session is stale when it falls silent while its device goes on talking. Our own silence, or that
of a whole device, never ages a session: whoever comes back after an hour finds all of them open
(F-03, F-35). So age is counted from the start of the unbroken hearing at the earliest.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.seams import US_PER_S
from domain.session import Session, SessionState

BREAK_US = 450 * US_PER_S  # no record for this long, and the hearing begins anew


@dataclass(slots=True)
class _Heard:
    since_us: int
    last_us: int


class Hearing:
    """When each device was heard; in memory only, so a restart begins to listen anew."""

    def __init__(self) -> None:
        self._heard: dict[int, _Heard] = {}

    def note(self, device_id: int, now_us: int) -> None:
        """An accounting record of the device arrived."""
        heard = self._heard.get(device_id)
        if heard is None or now_us - heard.last_us > BREAK_US:
            self._heard[device_id] = _Heard(now_us, now_us)
        else:
            heard.last_us = max(heard.last_us, now_us)

    def silent_us(self, session: Session) -> int:
        """For how long the device has talked without a word of this session."""
        heard = self._heard.get(session.device_id)
        if heard is None:
            return 0
        return max(heard.last_us - max(session.last_seen_us, heard.since_us), 0)

    def suspect(self, session: Session, stale_min_s: int) -> bool:
        """Has an open session missed three of its intervals, and the least silence?"""
        if session.state is not SessionState.OPEN:
            return False
        return self.silent_us(session) > stale_after_us(session, stale_min_s)


def stale_after_us(session: Session, stale_min_s: int) -> int:
    """How long a session may be silent before it is suspect."""
    return max(3 * session.interim_s, stale_min_s) * US_PER_S
