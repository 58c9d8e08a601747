"""What devices counted apart inside a session, divided among the classes of plans that are tried.

Live rating keeps strands with a session and gives what they have counted to the session's next rise
(`accounting.strands`). A trial does the same once more for each plan, from the records of services
as the journal holds them, whatever plan they were charged by. Of a service that began before the
trial has read anything of its session, what it had counted by its first record is not new.

Nothing is kept for a session without services, and nothing is read if no plan has classes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from accounting import strands
from accounting.event_time import event_time
from accounting.journal import Apart
from accounting.replay import said_again
from accounting.strands import Octets, Strands
from accounting.uses import classes_of
from domain.device import Device
from domain.plan import Plan
from domain.seams import US_PER_S
from domain.usage import Usage


class Routers(NamedTuple):
    """How records are read again: the devices by their ids, and what else they are read by."""

    by_id: Mapping[int, Device]
    skew_limit_s: int
    interim_s: int


class Classes:
    """The classes of the plans that are tried."""

    def __init__(self, plans: Sequence[Plan], routers: Routers) -> None:
        self._routers = routers
        self._of = tuple(classes_of(plan) for plan in plans)  # by names of services
        self._classes_n = tuple(len(plan.pricing.classes) if plan.pricing else 0 for plan in plans)
        self.asked = any(self._of)

    def read(self, apart: Apart) -> tuple[Device, Usage] | None:
        """A record of a service as its device says it; None if that is known no more."""
        device_id, arrived_us, attributes = apart
        device = self._routers.by_id.get(device_id)
        return None if device is None else (device, said_again(attributes, arrived_us, device))

    def fresh(self) -> tuple[Strands, ...]:
        """The strands of a session before its first service, for each plan."""
        return tuple(Strands([]) for _ in self._of)

    def note(self, kept: Sequence[Strands], device: Device, usage: Usage, known_us: int) -> None:
        """Take in a record of a service; its session's records are known since `known_us`."""
        when = event_time(usage, self._routers.skew_limit_s)
        lasted_s = usage.session_s
        begun_us = when.at_us - lasted_s * US_PER_S if lasted_s is not None else 0
        for one, classes in zip(kept, self._of, strict=True):
            if not strands.class_of(classes, usage.service_name):
                continue
            rows_n = len(one.rows)
            strands.take(one, usage, device, when, self._routers.interim_s)
            if len(one.rows) > rows_n and begun_us < known_us:
                old = one.rows[-1]
                old.given_input, old.given_output = old.waiting

    @staticmethod
    def going(kept: Sequence[Strands]) -> bool:
        """Has a service not stopped yet that counts for any plan? A Stop waits for it a moment."""
        return any(row.key not in one.stopped for one in kept for row in one.rows)

    def of_rise(self, kept: Sequence[Strands], rise: Octets, unrated: Octets) -> list[list[Octets]]:
        """What of a session's rated rise is of which class, by plans, and takes it from them.

        `unrated` is what rose besides and is nobody's to pay: its part of what waits goes along.
        """
        found = []
        for one, classes, classes_n in zip(kept, self._of, self._classes_n, strict=True):
            strands.leave(one, unrated)
            found.append(strands.classes_of_rise(one, classes, classes_n, rise))
        return found
