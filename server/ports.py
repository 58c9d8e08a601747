"""What the server needs of the desk and of the store; both fit these by shape.

The desk decides and never fails: a store that is away shows as silent outcomes. The store is
asked here only for what belongs to the rim: who may knock, what is still to be told to devices,
and what changed elsewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, Protocol

from aaa.hearing import Reports
from aaa.outcome import Outcome
from aaa.ports import Change
from aaa.request import Item, Request
from domain.device import Device, Observation
from domain.grant import Order


class Knock(NamedTuple):
    """Datagrams from an address that is no device of ours, since the last such row."""

    address: str
    count_n: int
    first_us: int
    last_us: int
    code: int  # of the newest one; 0 when it was empty
    port: int  # ours


class Desk(Protocol):
    """`aaa.desk.Desk`, as the server sees it.

    `notes` counts what happened in decisions, by a bounded set of words; `broke` is called with an
    item that broke an invariant, and the error.
    """

    notes: Counter[str]
    trouble: str  # what the store said when it failed last
    broke: Callable[[Item, BaseException], None]

    @property
    def looked_seq(self) -> int:
        """Changes of the feed up to here are heard, and what they ask for is durable."""

    async def warm(self) -> None:
        """Load what lives, once, before the first batch."""

    def equip(self, devices: Sequence[Device]) -> None:
        """The devices as configured now."""

    async def serve(self, batch: Sequence[Item], now_us: int) -> Sequence[Outcome]:
        """Decide and commit; one outcome for each item, in order.

        An outcome with a `check` is no answer yet: the check is slow work for a thread, and the
        request comes again with what it found in `hash_ok`.
        """

    @property
    def may_look_ahead(self) -> bool:
        """Is a batch being committed, and may the next be decided behind it?"""

    def ahead(self, batch: Sequence[Item], now_us: int) -> bool:
        """Decide a batch behind the one that is being committed, if it need not wait for its turn.

        If so, `follow` is to be called as soon as that one has ended. Never fails.
        """

    async def follow(self) -> Sequence[Outcome]:
        """Commit what was decided ahead; as `serve`."""

    def catch_up(self) -> None:
        """Do what the last commit has left to be done, while the next one is under way."""

    def take_orders(self) -> list[Order]:
        """The orders made durable since the last call."""

    def pending(self) -> list[Item]:
        """Tasks the desk wants in the next batch."""

    def due(self, now_us: int) -> list[Item]:
        """Sweeps that time asks for; cheap."""

    def absorb(self, changes: list[Change]) -> None:
        """Forget the cached rows that were changed elsewhere."""

    def urgent(self, request: Request) -> bool:
        """Does it go before others of its kind, when not all that waits can? Cheap, never fails."""

    def live_counts(self) -> dict[int, int]:
        """Live sessions by device id."""

    def take_reports(self) -> dict[int, Reports]:
        """What the records of each device, by its id, told of it since the last call."""

    def figures(self) -> dict[str, int]:
        """Gauges: name of the figure to its value."""


class Packages(Protocol):
    """Packages that end, as the server renews them by itself. All raise StoreUnavailable.

    What came of somebody is a word: `renewed`, `held` (the money is there, but promised to
    running sessions), `not-due`, or why not.
    """

    async def ending(
        self, after: tuple[int, int], until_us: int, limit: int
    ) -> Sequence[tuple[int, int]]:
        """The next (end, subscriber id) of paid time after one, up to an instant, in order."""

    async def subscribers_of(self, account_ids: Iterable[int]) -> list[int]:
        """The subscribers that spend from these accounts."""

    async def promising(self, subscriber_ids: Sequence[int], until_us: int) -> dict[int, str]:
        """What would come of renewing these; reads only."""

    async def renew(
        self, subscriber_ids: Sequence[int], now_us: int, until_us: int
    ) -> dict[int, str]:
        """Renew those whose time ends by `until_us`, in one short transaction."""


class Store(Protocol):
    """The database, as far as the server itself uses it. All raise StoreUnavailable."""

    async def load_devices(self) -> Sequence[Device]:
        """Every device with its secret opened and its latches."""

    async def pending_orders(self) -> Sequence[Order]:
        """Orders that no device has been seen to carry out."""

    async def feed(self, since_seq: int) -> list[Change]:
        """Changes made elsewhere after `since_seq`, oldest first."""

    def proved(self, since_seq: int) -> bool:
        """Has a commit found, since this was asked last, that nothing came after this change?"""

    async def feed_seq(self) -> int:
        """The newest change number."""

    async def feed_mark(self) -> int | None:
        """How far a server has looked into the feed, this one or an earlier one."""

    async def mark_feed(self, seq: int) -> None:
        """Say that every change up to `seq` is dealt with."""

    async def probe(self, at_us: int) -> None:
        """Write and commit something small: returns when the store can be relied on."""

    async def tidy(self) -> None:
        """Do what is cheaper done now than later, beside whatever else goes on."""

    async def knocked(self, knocks: Sequence[Knock]) -> None:
        """Add to the bounded record of who knocked."""

    async def observed(self, observations: Sequence[Observation]) -> None:
        """Add to what each device has been seen to do; counts are since the last call."""
