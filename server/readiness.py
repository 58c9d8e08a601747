"""May we be relied on? One answer for `/readyz`, for Status-Server and for new logins.

A server that cannot make anything durable must look dead to routers, so that they turn to
another one (STS-04): it is silent, not wrong. The store proves itself by commits; when none came
lately a probe does. Pure state: who probes and when is the business of `server.timers`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

DISK_RESERVE_OCTETS: Final = 64 * 1024 * 1024


class Readiness:
    """What is known about our ability to serve. Times are monotonic microseconds."""

    def __init__(
        self, *, proof_us: int = 5_000_000, disk_reserve_octets: int = DISK_RESERVE_OCTETS
    ) -> None:
        """`proof_us`: how long a commit proves that the store is there."""
        self._proof_us = proof_us
        self._disk_reserve_octets = disk_reserve_octets
        self._proved_us: int | None = None
        self._broken: set[str] = set()
        self._told_away = False
        self.told: Callable[[bool, str], None] = lambda up, why: None
        self.started = False
        self.draining = False
        self.disk_free_octets: int | None = None

    def store_proved(self, now_us: int) -> None:
        """A commit came back."""
        self._proved_us = now_us
        if self._told_away:
            self._told_away = False
            self.told(True, "")

    def store_failed(self, why: str = "") -> None:
        """The store said no, or nothing. `told` hears once of each outage and of its end."""
        self._proved_us = None
        if not self._told_away:
            self._told_away = True
            self.told(False, why)

    def broke(self, task: str) -> None:
        """A part of the server ended that never should."""
        self._broken.add(task)

    def store_up(self, now_us: int) -> bool:
        """Did the store commit something lately, and nothing go wrong since?"""
        return self._proved_us is not None and now_us - self._proved_us <= self._proof_us

    def reasons(self, now_us: int) -> list[str]:
        """Why we are not ready, in words for the operator; empty: ready."""
        found = []
        if not self.started:
            found.append("starting")
        if self.draining:
            found.append("draining")
        if not self.store_up(now_us):
            seconds = self._proof_us // 1_000_000
            found.append(f"the database has committed nothing for {seconds} seconds or has failed")
        if self.disk_free_octets is not None and self.disk_free_octets < self._disk_reserve_octets:
            found.append(f"only {self.disk_free_octets} octets are free on the disk")
        found.extend(f"the task {name} has ended" for name in sorted(self._broken))
        return found

    def ready(self, now_us: int) -> bool:
        """Are there no such reasons?"""
        return not self.reasons(now_us)
