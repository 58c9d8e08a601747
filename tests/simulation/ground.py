"""What the servers of a history stand on: one database on one disk, which outlives them.

When the last server dies, everything that was open on the disk is, and what goes on is a copy of
what the page cache held. Where two stand, one of them dies and the other goes on: what the dead one
had open is closed for it, as a kernel does, and it comes back to the same files. The locks between
them are SQLite's own, on the real files.

Nothing here boots or decides; a `Host` says that it died, and is told that it did.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from tests.simulation.disk.disk import Disk, Life
from tests.simulation.world import World

FILE = "tollhouse.db"


class Tenant(Protocol):
    """A machine that stands on it."""

    @property
    def alive(self) -> bool:
        """Does its server run, or is it starting?"""

    def perish(self) -> None:
        """Everything that runs on it is dead."""

    def come_back(self) -> None:
        """It is to boot again, some time later."""


class Ground:
    """One directory at a time, and the disk that it is on."""

    def __init__(self, world: World, room: Path) -> None:
        """`room/run-0` holds the database that the first boot finds."""
        self.runs_n = 0
        self.disk = Disk(room / "run-0")
        self.tenants: list[Tenant] = []
        self.on_boot: Callable[[], None] = lambda: None  # what a boot will find is there
        self._room = room
        self._dice = world.dice("host")

    @property
    def path(self) -> Path:
        """The database of the current run."""
        return self._room / f"run-{self.runs_n}" / FILE

    @property
    def inhabited(self) -> bool:
        """Does anybody have the database open, so that its index in memory is what counts?"""
        return any(tenant.alive for tenant in self.tenants)

    def life(self) -> Disk | Life:
        """The disk as the next run of a server sees it: a tenant alone has all of it."""
        return self.disk if len(self.tenants) == 1 else self.disk.life()

    def leave(self, tenant: Tenant, life: Disk | Life) -> None:
        """A server has died. Was it the last one, nothing is open any more."""
        life.die()
        tenant.perish()
        if not self.inhabited:
            self._move(power=False)
        self.on_boot()
        tenant.come_back()

    def end(self, *, power: bool) -> None:
        """Everybody is dead at once."""
        self.disk.die()
        for tenant in self.tenants:
            tenant.perish()
        self._move(power=power)
        self.on_boot()
        for tenant in self.tenants:
            tenant.come_back()

    def _move(self, *, power: bool) -> None:
        """Prepare what the next boot finds, where nobody has anything open.

        In a directory of its own: an index in memory, which the dead had shared, is gone with them,
        and the next one recovers the log. What was in doubt in it may have come to be or not.
        """
        self.disk.die()
        after = self._room / f"run-{self.runs_n + 1}"
        after.mkdir()
        if power:
            self.disk.after_power_cut(after, self._dice)
        else:
            self.disk.after_kill(after)
        self.disk.close()
        shutil.rmtree(self._room / f"run-{self.runs_n}")
        self.runs_n += 1
        self.disk = Disk(after)
