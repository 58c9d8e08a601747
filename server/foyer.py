"""What all doors share: who is known, what was answered, where requests go, and the counting.

The doors are many (each address has two), the memory of answers, the queue and the figures are
one. Nothing here decides; it only holds and counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from aaa.outcome import Outcome
from aaa.request import Request
from domain.device import Device
from domain.seams import Clock, Spawn
from radius import Code, PacketError
from radius.duplicates import Duplicates
from server.knocks import Knocks
from server.meters import CODE_NAMES, Meters
from server.observing import Observing
from server.pace import Pace
from server.queue import Errand
from server.readiness import Readiness
from server.roster import Roster


@dataclass(slots=True)
class Foyer:
    """The shared parts, and how full the place is."""

    roster: Roster
    duplicates: Duplicates
    readiness: Readiness
    knocks: Knocks
    meters: Meters
    clock: Clock
    spawn: Spawn
    offer_all: Callable[[Sequence[Errand]], None]
    busy: Callable[[], bool]  # is a batch at the desk?
    statuses: Pace  # Status-Server packets each device may send
    delayed_n: int = 0  # replies that wait for their time
    closed: bool = False  # nothing more is taken in
    observing: Observing = field(default_factory=Observing)

    def count_malformed(self, device: Device, error: PacketError) -> None:
        """A known device sent what is no packet, or one whose sums are wrong (BLR-07)."""
        self.meters.malformed[error.reason,] += 1
        if error.reason in ("bad-authenticator", "bad-message-authenticator"):
            self.meters.bad_authenticator[device.name,] += 1
            self.observing.wrong_sum(device.device_id, self.clock.now_us())
        elif error.reason in ("missing-message-authenticator", "eap-without-message-authenticator"):
            self.meters.missing_message_authenticator[device.name,] += 1

    def count_decided(self, request: Request, outcome: Outcome, waited_us: int) -> None:
        """A request was decided after `waited_us`."""
        code = request.packet.code
        self.meters.durations[CODE_NAMES[code],].observe(waited_us)
        if code == Code.ACCOUNTING_REQUEST:
            self.meters.records[outcome.label,] += 1
        elif outcome.reply_code is None:
            self.meters.logins["silent", outcome.label] += 1
        else:
            accepted = outcome.reply_code == Code.ACCESS_ACCEPT
            self.meters.logins["accept" if accepted else "reject", outcome.label] += 1
