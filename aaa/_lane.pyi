"""The types of the lane; what each function does is said in `_lane.pyx`."""

from collections.abc import Sequence
from typing import Self, final

from aaa._survey import Ground
from aaa._track import Days, Track
from aaa.outcome import Outcome
from aaa.request import Item
from aaa.turn import Turn
from domain.device import Device
from domain.session import Session

@final
class Lane:
    """The tracks by the names of their records, and the records of the batch under way."""

    taken_n: int
    senders: list[Device]
    grounds: dict[tuple[object, ...], Ground]

    def __new__(cls, key: bytes) -> Self: ...
    def __len__(self) -> int:
        """How many sessions have a track."""

    def days_of(self, timezone: str) -> Days:
        """The days of a zone, shared by all tracks."""

    def known(self, session: Session) -> bool:
        """Has the session a track?"""

    def lay(self, track: Track, at: int) -> None:
        """Keep a track under the names of record `at` of the batch."""

    def drop(self, session: Session) -> None:
        """Something else than an interim has happened to the session, or it is gone."""

    def leave(self, at: int) -> None:
        """Record `at` has a track that is no use to it."""

    def drop_all(self) -> None:
        """Plans or devices are others now."""

    def look(self, batch: Sequence[Item]) -> list[int]:
        """Read a batch: the places of the items that have no track."""

    def begin(self, turn: Turn) -> None:
        """The batch that was looked at is decided in this turn."""

    def readable(self, at: int) -> bool:
        """Could record `at` be one for the lane, if its session had a track?"""

    def names_of(self, at: int) -> tuple[int, int]:
        """The hash of the names in record `at`."""

    def hash(self, octets: bytes) -> bytes:
        """The keyed hash of any octets, as sixteen of them."""

    def end(self) -> None:
        """The batch is decided, or given up."""

    def take_run(self, at: int, until: int, outcomes: list[Outcome], answer: Outcome) -> int:
        """Decide records as long as they are for the lane: the place of the first that is not."""

    def take(self, at: int) -> bool:
        """Decide record `at`; False: it is one for the long road, nothing is changed."""
