"""The types of the short road; what each step does is said in `_road.pyx`."""

from collections.abc import Callable, Sequence
from typing import Self, final

from aaa.outcome import Outcome
from aaa.request import Request
from radius import Packet
from radius.duplicates import Ticket
from server.door import Door
from server.foyer import Foyer
from server.meters import Counts
from server.queue import Errand, Rank

_Datagram = tuple[bytes, tuple[str, int], str]

@final
class Visit:
    """One request on its way to the desk and back (server.queue.Errand)."""

    rank: Rank
    arrival_n: int
    entered_us: int

    @property
    def item(self) -> Request:
        """What the desk is asked."""
    @property
    def peer(self) -> tuple[str, int]:
        """Where it came from."""
    @property
    def local(self) -> str:
        """Our address that it came to."""
    @property
    def ticket(self) -> Ticket:
        """Its place in the memory of answers."""
    def settle(self, outcome: Outcome, now_us: int) -> None:
        """The desk has decided and its decision is durable, or it has failed."""
    def shed(self) -> None:
        """It was turned away for lack of room."""

@final
class Source:
    """A source address we know, and what of it is not in the meters yet."""

@final
class Settling:
    """A batch on its way out."""

@final
class Road:
    """The way from one socket to the desk."""

    def __new__(
        cls, door: Door, foyer: Foyer, *, socket_n: int, logins: bool, records: bool
    ) -> Self: ...
    def leads_to(
        self,
        post: Callable[[bytes, tuple[str, int], str | None], None] | None,
        flush: Callable[[], None] | None,
    ) -> None:
        """Replies are posted by the one and leave with the other."""
    def admit(self, burst: Sequence[_Datagram], visits: list[Visit]) -> None:
        """Add the new requests of a burst to `visits`, in order."""

def rank_of(packet: Packet) -> Rank:
    """The rank of a request, by its code and Acct-Status-Type."""

def shed_all(
    errands: Sequence[Errand], counts: Counts, labels: tuple[tuple[str, ...], ...]
) -> None:
    """Turn errands away: each is forgotten, and counted under the label of its rank."""

def settle_all(
    batch: Sequence[Errand], outcomes: Sequence[Outcome], now_us: int
) -> list[tuple[Errand, Outcome, Exception | None]]:
    """Answer what can be answered at once; what is left, and what went wrong with it."""
