"""One batch's turn at the desk: what every decision of the batch has at hand.

A turn fixes `now`, the books, and the journal row that the batch's records go to. It also keeps
what decisions say to one another's floor: the records to be journaled and the words for metrics.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from aaa.books import Books
from aaa.hearing import Hearing
from aaa.ports import Sealer
from aaa.repeats import Repeats
from accounting import journal
from accounting._journal import Body
from domain.device import Device
from domain.seams import US_PER_S, Ids, Randomness

_LOTS = 1 << 64


@dataclass(frozen=True, slots=True)
class DeskSettings:
    """What an operator can set about decisions; seconds, microseconds."""

    reject_delay_us: int = 100_000  # RouterOS gives up after 300 ms
    interim_s: int = 300  # asked for where neither plan nor device says
    clock_skew_s: int = 300  # a device clock further off is not believed (9.3)
    start_wait_s: int = 60  # a login without a Start keeps its slot so long
    hold_margin_s: int = 300  # and its hold so long beyond its Session-Timeout
    stale_min_s: int = 900  # silence below this never makes a session suspect (F-03)
    disconnect_wait_s: int = 60  # a disconnected session without a Stop is closed after this
    known_max_n: int = 0  # accounts without live sessions that a start reads beforehand


@dataclass(slots=True)
class Turn:
    """The means of one batch."""

    now_us: int
    books: Books
    settings: DeskSettings
    ids: Ids
    randomness: Randomness
    sealer: Sealer
    hearing: Hearing
    devices: dict[int, Device]
    journal_id: int
    removed: frozenset[int] = frozenset()  # gone, though packets of theirs still waited
    records: Body = field(default_factory=journal.fresh)
    notes: Counter[str] = field(default_factory=Counter)
    repeats: Repeats = field(default_factory=Repeats)
    begun: dict[bytes, int] = field(default_factory=dict)  # login to the session it began
    acked: dict[int, int] = field(default_factory=dict)  # session to when its cut was acked
    _lot: int = -1  # what `spread` drew last; none yet

    def spread(self, number: int) -> int:
        """`number` give or take a tenth, so that a fleet does not act in one moment (F-36).

        One draw serves the whole batch, since nobody gains by guessing: what follows from it is
        an even sequence (Knuth's MMIX), of which the upper half is used.
        """
        tenth = number // 10
        lot = self._lot
        if lot < 0:
            lot = int.from_bytes(self.randomness.octets(8), "big")
        self._lot = lot = (lot * 6364136223846793005 + 1442695040888963407) % _LOTS
        return number - tenth + ((lot >> 32) * (2 * tenth + 1) >> 32)

    def after(self, seconds: int) -> int:
        """The instant so many seconds from now."""
        return self.now_us + seconds * US_PER_S
