"""The program with a clock that a test moves: `python -m tests.scenarios.elsewhen FILE serve`.

Nights, months and the days on which clocks change come when a test wants them. The file holds by
how many microseconds the clock is ahead of the machine's; whoever maps it sees it change at once,
a running server too, to which it is a clock that was set. Only wall time moves: timers go on as
they were, and so does the clock that never steps.
"""

from __future__ import annotations

import mmap
import os
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from cli.main import main
from server.seams import SystemClock

AHEAD = struct.Struct("<q")


class Elsewhen:
    """A clock in a file, as far ahead of the machine's (or behind it) as the file says."""

    def __init__(self, path: Path) -> None:
        """The file is made, with the machine's own time, if it is not there."""
        if not path.exists():
            path.write_bytes(AHEAD.pack(0))
        self.path = path
        handle = os.open(path, os.O_RDWR)
        self._room = mmap.mmap(handle, AHEAD.size)
        os.close(handle)

    def now_us(self) -> int:
        """What time it is there, in microseconds since 1970."""
        (ahead_us,) = AHEAD.unpack(self._room[:])
        return time.time_ns() // 1000 + int(ahead_us)

    def move(self, to_us: int) -> None:
        """From now on it is this instant, and time goes on."""
        self._room[:] = AHEAD.pack(to_us - time.time_ns() // 1000)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Whatever this process does meanwhile, it does by this clock."""
        with mock.patch.object(SystemClock, "now_us", lambda _: self.now_us()):
            yield


if __name__ == "__main__":
    with Elsewhen(Path(sys.argv[1])).held():
        main(sys.argv[2:])
