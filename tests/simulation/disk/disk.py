"""A disk that fails as it is told to: one directory, real files, SQLite's own code above it.

A `Disk` is one life of a process on one directory. Connections of it go through the VFS of
`_faultvfs.c`, which notes in `undo.log`, beside the files, whatever is not durable yet. A life ends
by `die()`, or by an armed CRASH: from then on its connections change nothing and get I/O errors,
and can be closed safely. What goes on is a new Disk on a new directory: `after_kill` is what the
operating system holds (a killed process loses nothing of that, but what was in doubt stays in
doubt), `after_power_cut` is what survives when the machine dies as well; `power_cut.py` tells the
model. Faults strike where they are armed, and chance is drawn from what is handed in, so that the
same calls make the same files, octet for octet.

One process of the real machine at a time has a directory, and only connections through the VFS may
write there. Several of the simulated machine may live on one Disk: each has a `Life`, which ends by
itself while the others go on; its connections have to be closed then, as a kernel would, so that
their locks are free.
"""

from __future__ import annotations

import ctypes
import enum
import os
import random
from pathlib import Path
from typing import Any

from pysqlite3 import dbapi2

from tests.simulation.disk.library import VFS, library
from tests.simulation.disk.power_cut import LOG_NAME, Toll, copy, cut


class Fault(enum.IntEnum):
    """What can be armed. `after_n` operations of the kind that it strikes pass unharmed before it.

    CRASH, CRASH_TORN and KILL count writes, syncs, truncations and deletions together.
    """

    CRASH = 0  # the process dies instead of the operation
    CRASH_TORN = 1  # it dies in the middle: half the octets of a write are there
    KILL = 2  # the real process kills itself (SIGKILL) instead of the operation
    EIO_WRITE = 3  # a write fails and leaves nothing
    EIO_SYNC = 4  # a sync fails; what it was to make durable stays in doubt for ever
    EIO_READ = 5  # a read fails
    FULL = 6  # writes that lengthen a file fail with "disk full", until healed


class Lie(enum.IntEnum):
    """Which syncs return at once, having made nothing durable."""

    NEVER = 0
    ALWAYS = 1
    ON_WAL = 2


COUNTS = ("reads", "writes", "syncs", "truncates", "deletes")
_Figures = ctypes.c_uint64 * (len(COUNTS) + len(Fault))


class Disk:
    """One life on one directory. Several can exist at once, on different directories."""

    def __init__(self, directory: Path, *, log: Path | None = None, powersafe: bool = True) -> None:
        """Take the directory, and what an earlier life left in its log.

        `powersafe` is what SQLite is told about overwriting: that it spares the neighbours within
        a sector. `log` may lie on another file system. Raises BlockingIOError when another process
        (or another Disk) has the directory.
        """
        self.directory = directory.resolve()
        self.log = log.resolve() if log else self.directory / LOG_NAME
        self.powersafe = powersafe
        self._lives_n = 0
        self._library = library()
        whole = f"{self.directory}/".encode()
        self._handle = self._library.fault_open(whole, str(self.log).encode())
        if not self._handle:
            error = ctypes.get_errno()
            raise OSError(error, os.strerror(error), str(self.log))
        self.behave()

    def connect(self, path: Path | str, *, life: int = 0, **extra: Any) -> dbapi2.Connection:
        """Open a database of this disk; `path` is relative to it. `extra` is pysqlite3's."""
        whole = self.directory / path
        whose = f"&life={life}" if life else ""
        return dbapi2.connect(f"{whole.as_uri()}?vfs={VFS}{whose}", uri=True, **extra)

    def life(self) -> Life:
        """One more process on this disk, which can die by itself."""
        self._lives_n += 1
        return Life(self, self._lives_n)

    def behave(self, *, lie: Lie = Lie.NEVER, sync_delay_us: int = 0) -> None:
        """Set what goes on until it is set again: which syncs lie, how long each sync takes."""
        self._library.fault_set(self._handle, self.powersafe, lie, sync_delay_us)

    def arm(self, fault: Fault, after_n: int = 0, times_n: int = 1, *, life: int = 0) -> None:
        """Let a fault strike `times_n` times after `after_n` operations; FULL lasts until healed.

        Each kind has one place, and one more for each life: arming again replaces what was armed.
        """
        self._library.fault_arm(self._handle, life, fault, after_n, times_n)

    def heal(self) -> None:
        """Disarm everything. The dead stay dead, and what a failed sync left in doubt stays so."""
        self._library.fault_heal(self._handle)

    @property
    def dead(self) -> bool:
        """Has everybody on it died?"""
        return self.has_died(0)

    def has_died(self, life: int) -> bool:
        """Has this life ended, or everybody's?"""
        return not self._handle or bool(self._library.fault_dead(self._handle, life))

    def die(self, *, life: int = 0) -> None:
        """Kill a life now, or everybody: their connections change nothing any more."""
        if self._handle:
            self._library.fault_die(self._handle, life)

    def close(self) -> None:
        """Die, and give the directory back. Connections may be closed before or after."""
        if self._handle:
            self._library.fault_close(self._handle)
            self._handle = None

    def figures(self) -> dict[str, int]:
        """How many operations were asked for, and how often each fault struck."""
        numbers = _Figures()
        if self._handle:
            self._library.fault_figures(self._handle, numbers)
        names = [*COUNTS, *(fault.name.lower() for fault in Fault)]
        return dict(zip(names, numbers, strict=True))

    def after_kill(self, into: Path) -> None:
        """Copy what lies in the page cache into a fresh directory, with what is in doubt of it."""
        copy(self.directory, into, without={self.log.name})
        (into / LOG_NAME).write_bytes(self.log.read_bytes())

    def after_power_cut(self, into: Path, chance: random.Random) -> Toll:
        """Write what survives a power cut at this moment into a fresh directory."""
        return cut(self.directory, chance, into=into, log=self.log, powersafe=self.powersafe)


class Life:
    """One of several processes on a disk, as far as its connections go."""

    def __init__(self, disk: Disk, number: int) -> None:
        """Use `Disk.life`."""
        self._disk = disk
        self._number = number

    def connect(self, path: Path | str, **extra: Any) -> dbapi2.Connection:
        """Open a database of the disk, to die with this life. The caller closes it then."""
        return self._disk.connect(path, life=self._number, **extra)

    def arm(self, fault: Fault, after_n: int = 0, times_n: int = 1) -> None:
        """Let a fault strike operations of this life; CRASH kills nobody else."""
        self._disk.arm(fault, after_n, times_n, life=self._number)

    @property
    def dead(self) -> bool:
        """Has it ended?"""
        return self._disk.has_died(self._number)

    def die(self) -> None:
        """End it now."""
        self._disk.die(life=self._number)


def be_default(yes: bool = True) -> None:
    """Make SQLite open everything through the VFS in this process.

    Files that lie on no Disk are opened by the real VFS alone.
    """
    library().fault_default(int(yes))


def seed_randomness(seed: int) -> None:
    """Let SQLite's random numbers (salts of the WAL, `random()`) follow from a seed from here on.

    They belong to the process, not to a connection. The VFS becomes the default one, since SQLite
    asks that one.
    """
    library().fault_seed(seed & (2**64 - 1))
