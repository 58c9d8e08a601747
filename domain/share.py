"""Which of several workers on one database a process is, and what is its to look after.

Workers decide everything alike, and what they decide is checked at the commit, so nothing depends
on who does it. But what must happen once, and needs no packet to begin, is begun by one of them:
the one whose rows it is about. A worker draws only row ids of its own, so no two draw the same, and
what a worker has made it has in memory.
"""

from __future__ import annotations

from typing import Final, NamedTuple

WORKERS_MAX: Final = 32


class Share(NamedTuple):
    """Worker `number` (0 to `of` - 1) of `of`.

    `guarded`: others may write to the same database, as workers or as another server beside us.
    """

    number: int = 0
    of: int = 1
    guarded: bool = False

    def mine(self, row_id: int) -> bool:
        """Is the row with this id this worker's to look after?"""
        return row_id % self.of == self.number


ALONE: Final = Share()
