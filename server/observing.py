"""What each device has been seen to do, kept in memory and written down now and then.

Fed with every verified packet and every wrong sum, so it does as little as adding to numbers. The
rows in the store add up what several servers have seen; `nas show` reads them there. Losing the
last minute in a crash is no harm: nothing is decided by this.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from aaa.hearing import Reports
from aaa.ports import StoreUnavailable
from domain.device import Observation
from server.ports import Desk, Store

OBSERVATIONS_CHORES_N: Final = 60  # written at every sixtieth chore: each minute


class Observing:
    """Observations by device since the last time they were taken."""

    def __init__(self) -> None:
        self._by_device: dict[int, Observation] = {}

    def _of(self, device_id: int, now_us: int) -> Observation:
        found = self._by_device.get(device_id)
        if found is None:
            found = self._by_device[device_id] = Observation(device_id, now_us, now_us)
        return found

    def requests(
        self, device_id: int, now_us: int, count_n: int = 1, *, unsigned_n: int = 0
    ) -> None:
        """Packets whose sums are right; so many of them Access-Requests without their own proof."""
        found = self._of(device_id, now_us)
        found.last_seen_us = now_us
        found.requests_n += count_n
        if unsigned_n:
            found.unsigned_n += unsigned_n
            found.unsigned_us = now_us

    def wrong_sum(self, device_id: int, now_us: int) -> None:
        """A packet from one of its addresses that its secret does not fit."""
        found = self._of(device_id, now_us)
        found.last_seen_us = now_us
        found.wrong_sums_n += 1
        found.wrong_sums_us = now_us

    def take(self, reports: Mapping[int, Reports], now_us: int) -> list[Observation]:
        """All that is new, with what the records told of their devices; forgotten here."""
        for device_id, told in reports.items():
            found = self._of(device_id, now_us)
            found.interims_n = told.interims_n
            found.interim_s = told.interim_s
            found.clock_offset_us = told.clock_offset_us
        taken, self._by_device = self._by_device, {}
        return list(taken.values())

    def restore(self, taken: Iterable[Observation]) -> None:
        """The store did not take them: add them to what was seen since."""
        for old in taken:
            new = self._by_device.setdefault(old.device_id, old)
            if new is old:
                continue
            new.first_seen_us = old.first_seen_us
            new.requests_n += old.requests_n
            new.interims_n += old.interims_n
            new.interim_s = new.interim_s or old.interim_s
            new.unsigned_n += old.unsigned_n
            new.unsigned_us = new.unsigned_us or old.unsigned_us
            new.wrong_sums_n += old.wrong_sums_n
            new.wrong_sums_us = new.wrong_sums_us or old.wrong_sums_us
            if new.clock_offset_us is None:
                new.clock_offset_us = old.clock_offset_us


async def write_down(observing: Observing, desk: Desk, store: Store, now_us: int) -> None:
    """Add what was seen to the store; kept for the next time if that fails."""
    taken = observing.take(desk.take_reports(), now_us)
    if not taken:
        return
    try:
        await store.observed(taken)
    except StoreUnavailable:
        observing.restore(taken)
