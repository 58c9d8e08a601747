"""How a router dies and comes back, and what it says about it.

A reboot ends all its sessions, most often without a Stop, and takes the records that were waiting.
Some boxes announce it (Accounting-On, -Off), some never, some after the first new sessions, some
five times; an On of long ago may come once more. Acct-Session-Ids may begin anew. What the server
was told is in the truth, so that nobody is blamed for what nobody reported.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from radius import encode_attributes
from tests.simulation import wire
from tests.simulation.asking import Question
from tests.simulation.host import ACCT_PORT
from tests.simulation.world import MINUTE_US, US_PER_S

if TYPE_CHECKING:
    from tests.simulation.nas import Nas


class Reboots:
    """The reboots of one router."""

    def __init__(self, nas: Nas) -> None:
        """Not yet."""
        self._nas = nas
        self._callers: list[Callable[[], None]] = []  # who dials again when it is back

    def reboot(self) -> None:
        """The router dies with all that is in its memory, and comes back."""
        if self._nas.calming:
            return
        self._nas.world.figures["reboots"] += 1
        self._nas.world.say(f"{self._nas.name} reboots")
        orderly = self._nas.profile.boot_says == "off-on"
        for connection in list(self._nas.connections.values()):
            if orderly and self._nas.dice.random() < 0.5:
                self._nas.hang_up(connection, "reboot")
            else:
                self._nas.drop(connection, "reboot")
                self._callers.append(connection.on_cut)
        self._nas.boots_n += 1
        self._nas.lanes.clear()
        self._nas.up = False
        if orderly:
            self._announce("off")
        self._nas.later(5 * US_PER_S if orderly else 0, self._forget)
        self._nas.later(self._nas.dice.randrange(6 * US_PER_S, MINUTE_US), self._booted)
        self._nas.world.after(self._nas.about(self._nas.profile.reboot_every_us), self.reboot)

    def _forget(self) -> None:
        for question in list(self._nas.asker.open.values()):
            if question.port == ACCT_PORT and self._nas.profile.keeps_queue:
                continue
            self._nas.asker.give_up(question)
            if question.port == ACCT_PORT:
                question.silent()

    def _booted(self) -> None:
        self._nas.up = True
        callers, self._callers = self._callers, []
        for dial_again in callers:
            dial_again()
        if not self._nas.profile.unique_ids:
            self._nas.numbers = 0
        self._nas.truth.boots.append((self._nas.name, self._nas.world.now_us, False))
        says = self._nas.profile.boot_says
        at = len(self._nas.truth.boots) - 1
        if says in ("on", "off-on"):
            self._announce("on", at)
        elif says == "slow-on":
            stamp = self._nas.reports.stamp()
            wait_us = self._nas.dice.randrange(20 * US_PER_S, 200 * US_PER_S)
            self._nas.later(wait_us, self._announce, "on", at, stamp)
        elif says == "late-on":
            self._nas.later(self._nas.dice.randrange(90 * US_PER_S), self._announce, "on", at)
        elif says == "storm":
            for _ in range(5):
                self._nas.later(self._nas.dice.randrange(10 * US_PER_S), self._announce, "on", at)

    def _announce(self, kind: str, boot: int = -1, stamp: list[wire.Pair] | None = None) -> None:
        """Accounting-On or -Off; `stamp` is that of a boot some time ago."""
        pairs = [
            (wire.STATUS_TYPE, wire.number(wire.STATUS[kind])),
            (wire.ACCT_SESSION_ID, b"00000000"),
            *self._nas.names(),
            *(self._nas.reports.stamp() if stamp is None else stamp),
        ]

        if boot >= 0 and stamp is None:
            name, _, known = self._nas.truth.boots[boot]
            self._nas.truth.boots[boot] = (name, self._nas.world.now_us, known)

        def acked(question: Question) -> None:
            if boot >= 0:
                name, at_us, _ = self._nas.truth.boots[boot]
                self._nas.truth.boots[boot] = (name, at_us, True)
            if self._nas.dice.randrange(1000) < self._nas.profile.stale_on:
                wait_us = self._nas.dice.randrange(5 * MINUTE_US, 12 * MINUTE_US)
                self._nas.world.after(wait_us, self._stale, question.octets)

        self._nas.reports.report(encode_attributes(pairs), kind, acked, lambda question: None)

    def _stale(self, octets: bytes) -> None:
        if self._nas.up and not self._nas.calming:
            self._nas.world.figures["stale Accounting-On"] += 1
            self._nas.asker.throw(octets, ACCT_PORT)
