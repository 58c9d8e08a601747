"""Which devices are being heard, and since when without a break.

A session is stale when it falls silent while its device goes on talking. Our own silence, or that
of a whole device, never ages a session: whoever comes back after an hour finds all of them open
(F-03, F-35). So age is counted from the start of the unbroken hearing at the earliest.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.seams import US_PER_S
from domain.session import Session, SessionState

BREAK_MIN_S = 450  # no packet for this long, or 1.5 intervals, and the hearing begins anew


@dataclass(slots=True)
class _Heard:
    since_us: int
    last_us: int
    interim_s: int  # the longest interval asked of the device


class Hearing:
    """When each device was heard; in memory only, so a restart begins to listen anew."""

    def __init__(self) -> None:
        self._heard: dict[int, _Heard] = {}

    def note(self, device_id: int, now_us: int, interim_s: int = 0) -> None:
        """A request of the device arrived; `interim_s` is the interval of its session."""
        heard = self._heard.get(device_id)
        if heard is None:
            self._heard[device_id] = _Heard(now_us, now_us, interim_s)
            return
        heard.interim_s = max(heard.interim_s, interim_s)
        break_s = max(BREAK_MIN_S, heard.interim_s * 3 // 2)
        if now_us - heard.last_us > break_s * US_PER_S:
            heard.since_us = now_us
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
