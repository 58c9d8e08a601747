"""Which devices are being heard, since when without a break, and what their reports tell of them.

A session is stale when it falls silent while its device goes on talking. Our own silence, or that
of a whole device, never ages a session: whoever comes back after an hour finds all of them open
(F-03, F-35). So age is counted from the start of the unbroken hearing at the earliest. Where
nobody sends interims, silence tells nothing: a session that has never reported ages only by the
interims of its neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.seams import US_PER_S
from domain.session import Session, SessionState
from domain.usage import RecordKind, Usage

BREAK_MIN_S = 450  # no packet for this long, or 1.5 intervals, and the hearing begins anew
REPEAT_MAX_S = 30  # two interims closer than this are one, sent again
STEP_NTH = 8  # an interval that differs moves what is held for usual by an eighth at most


@dataclass(slots=True)
class Reports:
    """What the records of one device told since they were asked for last."""

    interims_n: int = 0
    interim_s: int = 0  # about the median between two interims of one session; 0: not known yet
    clock_offset_us: int | None = None  # its clock less ours, by the record that was delayed least


@dataclass(slots=True)
class _Heard:
    since_us: int
    last_us: int
    interim_s: int  # the longest interval asked of the device
    reported_us: int = 0  # its newest interim


class Hearing:
    """When each device was heard; in memory only, so a restart begins to listen anew."""

    def __init__(self) -> None:
        self._heard: dict[int, _Heard] = {}
        self._reports: dict[int, Reports] = {}

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

    def record(self, session: Session, usage: Usage) -> None:
        """A record of a session arrived, which was noted already; call before it moves it."""
        reports = self._reports.setdefault(session.device_id, Reports())
        if usage.event_timestamp_us is not None:
            sent_us = usage.arrived_us - usage.delay_s * US_PER_S
            offset_us = usage.event_timestamp_us - sent_us
            known_us = reports.clock_offset_us
            reports.clock_offset_us = offset_us if known_us is None else max(known_us, offset_us)
        if usage.kind is not RecordKind.INTERIM:
            return
        heard = self._heard[session.device_id]
        heard.reported_us = max(heard.reported_us, usage.arrived_us)
        gap_s = (usage.arrived_us - session.last_seen_us) // US_PER_S
        if session.records_n and gap_s <= REPEAT_MAX_S:
            return
        reports.interims_n += 1
        if session.records_n:
            step_s = max(reports.interim_s // STEP_NTH, 1)
            usual_s = reports.interim_s or gap_s
            reports.interim_s = min(max(gap_s, usual_s - step_s), usual_s + step_s)

    def at_hand(self, device_id: int) -> tuple[_Heard, Reports]:
        """What is kept of a device that was noted: for the lane, which adds to it like `record`."""
        return self._heard[device_id], self._reports.setdefault(device_id, Reports())

    def take_reports(self) -> dict[int, Reports]:
        """What was told since the last call, by device; the usual interval is remembered."""
        taken = {key: one for key, one in self._reports.items() if one != Reports()}
        self._reports = {key: Reports(interim_s=one.interim_s) for key, one in taken.items()}
        return taken

    def silent_us(self, session: Session) -> int:
        """For how long the device has talked without a word of this session.

        Of a session that has reported usage, any word of its device tells; of one that never has,
        only the interims of others: else its device may just send none.
        """
        heard = self._heard.get(session.device_id)
        if heard is None:
            return 0
        until_us = heard.last_us if has_reported(session) else heard.reported_us
        return max(until_us - max(session.last_seen_us, heard.since_us), 0)

    def until_us(self, device_id: int, *, reported: bool) -> int:
        """Until when its silence tells of a session that has `reported` usage, or never has; 0:
        the device was not heard."""
        heard = self._heard.get(device_id)
        if heard is None:
            return 0
        return heard.last_us if reported else heard.reported_us

    def since_us(self, device_id: int) -> int:
        """Since when the device has been heard without a break; 0: it has not."""
        heard = self._heard.get(device_id)
        return 0 if heard is None else heard.since_us

    def suspect(self, session: Session, stale_min_s: int) -> bool:
        """Has an open session missed three of its intervals, and the least silence?"""
        if session.state is not SessionState.OPEN:
            return False
        return self.silent_us(session) > stale_after_us(session, stale_min_s)


def has_reported(session: Session) -> bool:
    """Has it ever reported usage?"""
    return bool(session.session_s or session.input_octets or session.output_octets)


def stale_after_us(session: Session, stale_min_s: int) -> int:
    """How long a session may be silent before it is suspect."""
    return max(3 * session.interim_s, stale_min_s) * US_PER_S
