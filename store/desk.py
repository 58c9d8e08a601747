"""The store as the desk and the server use it: load, commit, the feed, and the rim's few needs.

`DeskStore` knows what is read and written; a road (`store.desk_sqlite`, `store.desk_postgresql`)
knows how to get it there in one hop or one transaction. One batch is under way at a time.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, Protocol, TypeVar

from aaa.ports import (
    Change,
    Changes,
    Conflict,
    Loaded,
    Sealer,
    StoreUnavailable,
    Want,
)
from domain.device import Device, Observation
from domain.grant import Order
from domain.seams import Spawn
from domain.session import SessionState
from domain.share import ALONE, WORKERS_MAX, Share
from store.database import Database
from store.desk_postgresql import PostgresqlRoad
from store.desk_sqlite import SqliteRoad
from store.devices import device_steps
from store.feed import EVERYTHING, PROBE, ChangeListener, looked_key
from store.outages import refused
from store.reading import Ask, load_steps
from store.rows import OBSERVATIONS, Row, order_of
from store.standing import News, Standing
from store.writing import Form, Step, commit_steps, touched_accounts

Result = TypeVar("Result")


class Road(Protocol):
    """A connection that carries whole loads and whole commits."""

    forms: Mapping[str, Form]  # how it wants the rows of busy statements
    locks: bool  # does a commit lock its accounts, since others may write under them?

    async def read(self, steps: Generator[Ask, list[Row], Result]) -> Result:
        """Answer the questions of `steps` from one snapshot."""

    async def hold(self, accounts: list[int]) -> None:
        """Keep others from writing under these accounts until the next `write` is over."""

    def pack(self, feed_seq: int | None, steps: list[Step]) -> Any:
        """What `write` can be given later of what it would do first; None: nothing.

        That may begin beside this, behind the `write` under way, if that one ends well.
        """

    async def write(
        self, feed_seq: int | None, steps: list[Step], accounts: list[int], packed: Any = None
    ) -> None:
        """Commit all steps or none; `accounts` are locked first, in order."""

    async def tidy(self) -> None:
        """Tidy up beside the batches; one call at a time."""

    async def checkpoint(self) -> None:
        """Tidy up between batches."""

    async def close(self) -> None:
        """Give the connection back."""


class Written(NamedTuple):
    """Changes as rows, and what is known once they are durable."""

    changes: Changes
    steps: list[Step]
    accounts: list[int]
    news: News
    packed: Any


class DeskStore:
    """An `aaa.ports.Store`, and the store of the server's rim."""

    def __init__(
        self, database: Database, road: Road, sealer: Sealer | None, share: Share = ALONE
    ) -> None:
        """Use `open`."""
        self._share = share
        self._database = database
        self._road = road
        self._sealer = sealer
        self._standing = Standing()
        self._under_way: News | None = None  # of the commit that is under way
        self._prepared: Written | None = None  # what comes after it
        self._proved_seq = -1  # a commit has found no change after this one since it was asked

    @classmethod
    async def open(
        cls,
        database: Database,
        sealer: Sealer | None = None,
        share: Share = ALONE,
        *,
        laid_octets: int = 0,
        spawn: Spawn | None = None,
    ) -> DeskStore:
        """A store on a connection of its own. Raises StoreUnavailable.

        `sealer` opens the secrets of devices; without one `load_devices` cannot be used. Of a
        SQLite database `laid_octets` of the WAL are written ahead, and with `spawn` a commit that
        was prepared begins when the one before it ends: for a server that stays.
        """
        road: Road
        if database.dialect == "sqlite":
            road = await SqliteRoad.open(database, laid_octets, spawn)
        else:
            road = await PostgresqlRoad.open(database)
        store = cls(database, road, sealer, share)
        if share.guarded and not share.number:
            # Those who were workers when there were more of them look at nothing any more.
            gone = [(looked_key(number),) for number in range(share.of, WORKERS_MAX)]
            await store._alone([Step("unnote", gone)])
        return store

    async def close(self) -> None:
        """Give the connection back; the database stays open. Safe to call again."""
        await self._road.close()

    async def load(self, want: Want) -> Loaded:
        """Read what is wanted, from one snapshot. Raises StoreUnavailable.

        Accounts that are to be held for us are locked before; then it is no snapshot, but nothing
        of theirs changes until the next commit is over. Where that ends in a deadlock, they are not
        held, and the commit finds out.
        """
        if want.held_for_us:
            with suppress(Conflict):
                await self._road.hold(sorted(want.held_for_us))
        return await self._road.read(load_steps(want)) if want else Loaded()

    async def commit(self, changes: Changes) -> None:
        """Make all changes durable, or none. Raises Conflict, StoreUnavailable, AssertionError.

        What is written is what the records say now, or said when it was prepared: they may change
        while it is under way.
        """
        prepared, self._prepared = self._prepared, None
        if prepared is not None and prepared.changes is changes:
            written = prepared
        else:
            try:
                written = self._written(changes)
            except (OverflowError, TypeError, ValueError) as error:  # a value that no column takes
                raise refused(error) from error
        if written.steps:
            self._under_way = written.news
            try:
                await self._road.write(
                    changes.feed_seq, written.steps, written.accounts, written.packed
                )
            finally:
                self._under_way = None
            self._standing.learn(written.news)
            self._proved_seq = changes.feed_seq

    def prepare(self, changes: Changes) -> None:
        """Make rows of what is to be committed next, beside the commit that is under way.

        It stands on that one, so it may begin before it is asked for, when that has ended well.
        """
        before = self._under_way
        if before is None or before.tells_of(changes.sessions):
            return  # which facts it will find in the database is not known yet
        with suppress(OverflowError, TypeError, ValueError, sqlite3.Error):  # the commit says so
            written = self._written(changes)
            packed = self._road.pack(changes.feed_seq, written.steps) if written.steps else None
            self._prepared = written._replace(packed=packed)

    def _written(self, changes: Changes) -> Written:
        moved, changed = self._standing.split(changes.sessions)
        moved += changes.moved
        steps = commit_steps(changes, moved, changed, self._road.forms)
        # What a login made is changed in full by its Start: nothing of it need be known.
        begun = [one for one in changes.sessions_new if one.state is SessionState.OPEN]
        news = self._standing.after(moved, [*changed, *begun])
        accounts = touched_accounts(changes) if self._road.locks else []
        return Written(changes, steps, accounts, news, None)

    async def feed(self, since_seq: int) -> list[Change]:
        """The changes made elsewhere after `since_seq`, oldest first.

        A reader who slept so long that changes it has not seen were swept away is told so by one
        change of the kind `everything` in their place. Raises StoreUnavailable.
        """
        return await self._road.read(_feed_steps(since_seq))

    def proved(self, since_seq: int) -> bool:
        """Has a commit found, since this was asked last, that nothing came after this change?"""
        proved_seq, self._proved_seq = self._proved_seq, -1
        return proved_seq == since_seq

    async def feed_seq(self) -> int:
        """The newest change number; 0 when nothing was ever changed. Raises StoreUnavailable."""
        return await self._road.read(_number_steps("feed_seq"))

    def listener(self, changed: Callable[[], None]) -> ChangeListener | None:
        """What hears of changes at once, where the database can tell; None on SQLite."""
        if self._database.dialect == "sqlite":
            return None
        return ChangeListener(self._database, changed)

    async def load_devices(self) -> list[Device]:
        """Every device with its secret opened. Raises StoreUnavailable, ValueError (wrong key)."""
        assert self._sealer is not None, "the store was opened without a sealer"
        return await self._road.read(device_steps(self._sealer))

    async def pending_orders(self) -> list[Order]:
        """Orders that are this worker's to carry out, oldest first. Raises StoreUnavailable."""
        orders = await self._road.read(_order_steps())
        return [order for order in orders if self._share.mine(order.order_id)]

    async def knocked(self, knocks: Sequence[tuple[str, int, int, int, int, int]]) -> None:
        """Add to the bounded record of unknown sources.

        Each knock is (address, count, first_us, last_us, code, port). Raises StoreUnavailable.
        """
        if knocks:
            rows = sorted(tuple(knock) for knock in knocks)
            await self._alone([Step("knocks", rows), Step("knocks_bound", [()])])

    async def observed(self, observations: Sequence[Observation]) -> None:
        """Add to what each device has been seen to do; a device that is gone is left out.

        Counts are since the last call. Raises StoreUnavailable.
        """
        if observations:
            found = sorted(observations, key=lambda one: one.device_id)
            await self._alone([Step("observations", [OBSERVATIONS.to_row(o) for o in found])])

    async def probe(self, at_us: int = 0) -> None:
        """Commit something small, which proves that the store can. Raises StoreUnavailable.

        It also tells the command line that a server runs (`store.office_sessions`).
        """
        # SQLite writes no page that already says what it is told: write something else in between.
        said = ("begun", str(at_us))
        await self._alone([Step("note", [(PROBE, word)]) for word in said])

    async def feed_mark(self) -> int | None:
        """How far a server has looked into the feed; None: none has. Raises StoreUnavailable."""
        return await self._road.read(_mark_steps(looked_key(self._share.number)))

    async def mark_feed(self, seq: int) -> None:
        """Every change up to `seq` is dealt with. Raises StoreUnavailable."""
        await self._alone([Step("note", [(looked_key(self._share.number), str(seq))])])

    async def _alone(self, steps: list[Step]) -> None:
        """Write what no batch waits for. Raises StoreUnavailable, after a lost race as well."""
        try:
            await self._road.write(None, steps, [])
        except Conflict as error:
            raise StoreUnavailable(str(error)) from error

    async def tidy(self) -> None:
        """Tidy up if it is time to; batches may go on meanwhile. Raises StoreUnavailable."""
        await self._road.tidy()

    async def checkpoint(self) -> None:
        """Tidy up now; call when idle. Raises StoreUnavailable."""
        await self._road.checkpoint()


def _number_steps(query: str) -> Generator[Ask, list[Row], int]:
    found = yield Ask(query, [()])
    number: int = found[0][0]
    return number


def _feed_steps(since_seq: int) -> Generator[Ask, list[Row], list[Change]]:
    found = yield Ask("feed", [(since_seq,)])
    news = sorted(Change(*row) for row in found)
    oldest = yield from _number_steps("feed_oldest")
    if news and oldest > since_seq + 1 and since_seq > 0:
        # PostgreSQL's numbers have gaps where a transaction failed; then this is one too many.
        news.insert(0, Change(oldest, EVERYTHING, 0))
    return news


def _mark_steps(key: str) -> Generator[Ask, list[Row], int | None]:
    found = yield Ask("meta", [(key,)])
    return int(found[0][0]) if found else None


def _order_steps() -> Generator[Ask, list[Row], list[Order]]:
    found: list[Any] = yield Ask("pending_orders", [()])
    return [order_of(row) for row in found]
