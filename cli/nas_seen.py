"""What a NAS has been seen to do, in the words of `nas show`, `nas list` and `doctor`.

The server notes what it sees (`store.observations`); here it becomes columns and complaints. A
complaint says what is odd and what to do about it; it never guesses who is at fault.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from cli.office import Office
from cli.output import Column, Kind, instant_in_words
from cli.remark import Level, Remark
from domain.device import Device, Observation
from domain.seams import US_PER_S
from store import observations, office_devices
from store.observations import Crowd

OLD_SESSION_US = 900 * US_PER_S  # by then one interim at least has come from every session
RECENT_US = 86_400 * US_PER_S  # older troubles are over, most likely

LISTED = [
    Column("live_n", "LIVE", Kind.NUMBER),
    Column("last_seen_us", "LAST SEEN", Kind.INSTANT),
    Column("observed_interim_s", "INTERIMS", Kind.SECONDS),
    Column("complaints", "NOTE", only_if_set=True),
]
SHOWN = [
    Column("live_n", "live sessions", Kind.NUMBER),
    Column("first_seen_us", "first seen", Kind.INSTANT),
    Column("last_seen_us", "last seen", Kind.INSTANT),
    Column("requests_n", "requests", Kind.NUMBER),
    Column("observed_interim_s", "interims come every", Kind.SECONDS),
    Column("clock_offset_s", "its clock is ahead by", Kind.SECONDS),
    Column("unsigned_n", "unsigned logins", Kind.NUMBER),
    Column("unsigned_us", "newest unsigned login", Kind.INSTANT, only_if_set=True),
    Column("wrong_sums_n", "probable wrong secrets", Kind.NUMBER),
    Column("wrong_sums_us", "newest wrong secret", Kind.INSTANT, only_if_set=True),
    Column("complaints", "note", only_if_set=True),
]


class Seen(NamedTuple):
    """One device, what was seen of it, and its sessions."""

    device: Device
    observation: Observation
    crowd: Crowd

    def as_row(self, now_us: int, clock_skew_s: int) -> dict[str, Any]:
        """The values of the columns above; what was never seen is None."""
        seen = self.observation
        offset_us = seen.clock_offset_us
        return {
            "live_n": self.crowd.live_n,
            "first_seen_us": seen.first_seen_us or None,
            "last_seen_us": seen.last_seen_us or None,
            "requests_n": seen.requests_n,
            "observed_interim_s": seen.interim_s or None,
            "clock_offset_s": None if offset_us is None else offset_us // US_PER_S,
            "unsigned_n": seen.unsigned_n,
            "unsigned_us": seen.unsigned_us or None,
            "wrong_sums_n": seen.wrong_sums_n,
            "wrong_sums_us": seen.wrong_sums_us or None,
            "complaints": [text for text, _ in self.complaints(now_us, clock_skew_s)],
        }

    def complaints(self, now_us: int, clock_skew_s: int) -> list[tuple[str, str]]:
        """What is odd about it, and what to do."""
        seen, found = self.observation, []
        if self.crowd.old_n and self.crowd.old_n == self.crowd.unheard_n:
            found.append(
                (
                    "sends no interims",
                    f"`tollhouse nas show {self.device.name} --router-config` has the lines that "
                    "switch them on; until then its sessions are never taken for dead",
                )
            )
        if seen.wrong_sums_n and now_us - seen.wrong_sums_us < RECENT_US:
            found.append(
                (
                    f"its secret is probably another one ({seen.wrong_sums_n} packets, the last "
                    f"{instant_in_words(seen.wrong_sums_us)})",
                    "give both sides the same: `tollhouse nas set "
                    f"{self.device.name} --secret generate`",
                )
            )
        offset_us = seen.clock_offset_us
        if offset_us is not None and abs(offset_us) > clock_skew_s * US_PER_S:
            found.append(
                (
                    f"its clock is off by {offset_us // US_PER_S} s, its event times are not used",
                    "set its clock, and keep it right with NTP",
                )
            )
        return found


async def look(office: Office) -> dict[int, Seen]:
    """Every device with what was seen of it, by id."""
    async with office.database.reading() as connection:
        devices = await office_devices.everyone(connection)
        seen = await observations.everyone(connection)
        crowds = await observations.crowds(connection, old_us=office.now_us - OLD_SESSION_US)
    return {
        one.device_id: Seen(
            one,
            seen.get(one.device_id) or Observation(one.device_id, 0, 0),
            crowds.get(one.device_id) or Crowd(),
        )
        for one in devices
    }


async def routers(office: Office) -> list[Remark]:
    """What the doctor says of them."""
    found = []
    skew_s = office.place.settings.accounting.clock_skew_s
    for seen in (await look(office)).values():
        found += [
            Remark(Level.WARNING, f"NAS {seen.device.name}", text, advice)
            for text, advice in seen.complaints(office.now_us, skew_s)
        ]
    return found
