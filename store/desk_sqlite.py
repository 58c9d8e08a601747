"""The hot road on SQLite: a whole load and a whole commit are one hop to the connection's thread.

`read_in` and `write_in` are plain functions over a plain connection; `SqliteRoad` carries them to
the thread. Questions are answered there without the interpreter (`store._answers`), and so are the
rows of a commit written, which are packed beforehand (`store._packed`).

Most of the WAL is moved into the database by a second connection, beside the commits (`tidy`). Only
what was committed meanwhile is left to the road's own, between two batches: SQLite goes back to the
start of the WAL only when nothing of it is left to move. Nobody else checkpoints. What the second
one has moved it also flushes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from aaa.ports import Conflict, Decision, StoreUnavailable
from domain.seams import Spawn
from store._answers import Reader
from store._facts import pack_decisions, pack_facts
from store._interims import pack_advances, pack_charges, pack_moves
from store._packed import HAS_ZLIB, Batch, Rows, Writer, pack, pack_journal
from store.audit import chained_rows
from store.beside import Beside
from store.database import Database
from store.flusher import Flusher, moved_anew
from store.in_place import check_in_place, file_ids, file_of
from store.outages import in_one_line, refused, unwritable
from store.queued import Carry, Write
from store.reading import QUERIES, Ask
from store.rows import Row, json_octets
from store.statements import Insert, sqlite_set_sql, sqlite_sql
from store.wal import lay, moved, room_for
from store.writes import WRITES
from store.writing import (
    DEEDS,
    TUPLES,
    Expect,
    Form,
    Step,
)

TIDY_PAGES = 8_192  # so much of the WAL (32 MiB) is worth moving into the database
CHECKPOINT_PAGES = 65_536  # and at so much commits wait for it
HELD_PAGES = 4_096  # if more are left, a reader holds them back
CACHE_KIB = 64 * 1024

Result = TypeVar("Result")
Hop = Callable[..., Awaitable[Any]]

_READ = {name: sqlite_sql(query) for name, query in QUERIES.items()}
_BY_SET = [name for name, recipe in WRITES.items() if isinstance(recipe, Insert)]
_WRITE = {
    name: sqlite_set_sql(recipe) if isinstance(recipe, Insert) else sqlite_sql(recipe)
    for name, recipe in WRITES.items()
}


def _journal(drafts: list[tuple[int, int, int, bytes]]) -> Any:
    """The one row of a batch, folded where it is written."""
    return pack_journal(*drafts[0]) if drafts else ()


def _decisions(decisions: list[Decision]) -> Rows:
    return pack_decisions(decisions, json_octets)


# Several additions to one charge row may stay several: each is met by itself.
PACKED: Mapping[str, Form] = {
    "move": pack_moves,
    "advance": pack_advances,
    "charges": pack_charges,
    "facts": pack_facts,
    "decisions": _decisions,
    "journal": _journal if HAS_ZLIB else TUPLES["journal"],
}


def read_in(
    connection: sqlite3.Connection, reader: Reader, steps: Generator[Ask, list[Row], Result]
) -> Result:
    """Answer the questions of `steps` from one snapshot."""
    connection.execute("BEGIN")
    try:
        ask = next(steps)
        while True:
            ask = steps.send(reader.read(*ask))
    except StopIteration as done:
        result: Result = done.value
        return result
    finally:
        connection.execute("COMMIT")


class Packed(NamedTuple):
    """Steps as the thread takes them, and the write that does so, if it is queued already."""

    batch: Batch
    queued: Write | None


def write_in(
    writer: Writer,
    steps: list[Step],
    batch: Batch,
    connection: sqlite3.Connection,
    *,
    flushed: bool = True,
) -> int:
    """Write all steps in one transaction, or nothing. Raises Conflict, AssertionError.

    `batch` is what the writer has made of the steps. Not `flushed`: that is still to be done, by
    `Writer.flush`, before anybody hears of it. Returns how many pages of the WAL are not in
    the database yet.
    """
    begun = steps[-1].write == DEEDS
    if begun:  # their digests follow from a row that is read in the same transaction
        batch = _with_deeds(connection, writer, steps, batch)
    newest, missed, pages_n = writer.run(batch, begun, flushed)
    if batch.feed_seq not in (-1, newest):
        raise Conflict(f"change {newest} came after {batch.feed_seq}")
    if missed >= 0:
        check_met(steps[missed], batch.met()[missed])
    return pages_n


def move_and_carry(carry: Carry, left: list[int], connection: sqlite3.Connection) -> int:
    """Move the rest of the WAL, of which so many pages are `left`, and carry out a write."""
    left.append(moved(connection))
    return carry(connection)


def _with_deeds(
    connection: sqlite3.Connection, writer: Writer, steps: list[Step], batch: Batch
) -> Batch:
    """Begin, and chain the deeds behind those that are there."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        head = connection.execute(_READ["audit_head"]).fetchone()
        chained = steps[-1]._replace(rows=chained_rows(steps[-1].rows, head))
        return packed_steps(writer, [*steps[:-1], chained], batch.feed_seq)
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def packed_steps(writer: Writer, steps: list[Step], feed_seq: int | None) -> Batch:
    """Steps as the writer takes them. Raises OverflowError, ValueError, sqlite3.Error."""
    wanted = Expect.ANY
    given = [
        (write, rows if isinstance(rows, Rows) else pack(rows), expect is not wanted)
        for write, rows, expect in steps
    ]
    return writer.batch(given, feed_seq)


def check_met(step: Step, met: int) -> None:
    """Did the statement meet every row that it had to?"""
    if met == len(step.rows) or step.expect is Expect.ANY:
        return
    if step.expect is Expect.CONFLICT:
        raise Conflict(f"{step.write}: {len(step.rows) - met} rows were changed elsewhere")
    raise AssertionError(f"{step.write}: {len(step.rows) - met} rows cannot be written")


def begin_on(connection: sqlite3.Connection, laid_octets: int) -> tuple[Writer, Reader]:
    """Set the connection up for batches and begin a new WAL: no commit follows frames in doubt.

    If a flush fails and the server dies of it, the next one finds the refused commit whole in the
    system's memory and takes it for good, though the disk never got it and never will: to the
    system those pages are clean. Every commit behind it would go with it in a power cut. Moved into
    the database, its pages are written and flushed anew. A reader that stays, such as a backup, may
    prevent it; then the gate opens all the same.
    """
    connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
    connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()
    writer = Writer(connection, _WRITE, _READ["feed_seq"], by_set=_BY_SET)
    if laid_octets:
        lay(connection, writer, laid_octets)
    return writer, Reader(writer, _READ)


def end_on(_connection: sqlite3.Connection, reader: Reader, writer: Writer) -> None:
    """Give the statements back, so that the connection can be closed."""
    reader.close()
    writer.close()


class SqliteRoad:
    """The server's one writer connection."""

    forms: Mapping[str, Form] = PACKED
    locks = False  # nobody else writes while a transaction is under way

    def __init__(
        self,
        database: Database,
        connection: AsyncConnection,
        hop: Hop,
        raw: sqlite3.Connection,
        spawn: Spawn | None,
    ) -> None:
        """Use `open`. `hop(function, *args)` runs a function beside the raw connection."""
        self._database = database
        self._connection = connection
        self._hop = hop
        self._raw: sqlite3.Connection | None = raw
        self._writer: Writer | None = None
        self._reader: Reader | None = None
        self._beside = Beside(database)
        self._pages_n = 0
        self._held_n = 0  # pages that a reader kept in the WAL at the last checkpoint
        self._tidied = False  # little of the WAL is left to move
        self._spawn = spawn
        self._flusher: Flusher | None = None
        self._latest = Write()  # the batch that was given to the thread last
        self._path = file_of(database)
        self._opened = file_ids(self._path)

    @classmethod
    async def open(
        cls, database: Database, laid_octets: int = 0, spawn: Spawn | None = None
    ) -> SqliteRoad:
        """Take the connection out of the pool, for as long as the road is open.

        `laid_octets` of the WAL are written ahead (`store.wal`). With `spawn` a write may be queued
        behind the one under way.
        """
        connection = await database.engine.connect()
        driver: Any = (await connection.get_raw_connection()).driver_connection
        # aiosqlite runs anything on its thread; its public methods are one hop per statement.
        try:
            road = cls(database, connection, driver._execute, driver._conn, spawn)
            road._writer, road._reader = await road._run(
                begin_on, room_for(road._path, laid_octets)
            )
            if spawn is not None:
                road._flusher = await Flusher.open(database, road._writer)
        except BaseException as error:
            await connection.close()
            if isinstance(error, OSError):
                raise StoreUnavailable(in_one_line(error)) from error
            raise
        return road

    async def read(self, steps: Generator[Ask, list[Row], Result]) -> Result:
        """Answer all questions in one hop. Raises StoreUnavailable."""
        await self._mend()
        if self._reader is None:
            raise StoreUnavailable("the store is closed")
        result: Result = await self._run(read_in, self._reader, steps)
        return result

    async def hold(self, accounts: list[int]) -> None:
        """Nobody else decides about accounts of this database."""

    def pack(self, feed_seq: int | None, steps: list[Step]) -> Packed | None:
        """Steps as the thread takes them, queued behind the write that is under way if the WAL need
        not be moved first; None: all that is left to `write`."""
        if self._writer is None:
            return None
        batch = packed_steps(self._writer, steps, feed_seq)
        flusher = self._flusher
        if flusher is None or flusher.torn or self._must_move:
            return Packed(batch, None)
        spawn = self._spawn
        assert spawn is not None, "without it there is no flusher"
        self._latest = write = Write(self._latest)
        carry = partial(write_in, self._writer, steps, batch, flushed=False)

        begin_flush, flushed = flusher.behind()

        async def carried() -> int:
            pages_n: int = await self._run(write.on_thread, carry, begin_flush)
            if write.well:
                await flusher.answers(flushed)
            return pages_n

        spawn.task(write.ends(carried()), "queued write")
        return Packed(batch, write)

    async def write(
        self,
        feed_seq: int | None,
        steps: list[Step],
        _accounts: list[int],
        packed: Packed | None = None,
    ) -> None:
        """Commit in one hop. Raises Conflict, StoreUnavailable, AssertionError."""
        try:
            pages_n = await packed.queued.outcome() if packed and packed.queued else None
            if pages_n is None:
                pages_n = await self._written(feed_seq, steps, packed)
        except (OverflowError, ValueError, sqlite3.Error) as error:
            raise refused(error) from error
        self._pages_n = pages_n
        check_in_place(self._path, self._opened)

    async def _written(self, feed_seq: int | None, steps: list[Step], packed: Packed | None) -> int:
        """Begin a write that is not queued, and wait for its end; pages left in the WAL."""
        write = Write()
        if feed_seq is not None:  # a batch: the next one, packed while this waits, stands on it
            self._latest = write
        await self._mend()
        if self._writer is None:
            raise StoreUnavailable("the store is closed")
        batch = packed.batch if packed else packed_steps(self._writer, steps, feed_seq)
        carry = partial(write_in, self._writer, steps, batch)
        left: list[int] = []
        if self._must_move:  # in one hop: what is queued behind this must not come between
            carry = partial(move_and_carry, carry, left)
            self._count_anew()
        try:
            pages_n: int = await self._run(write.on_thread, carry)
        finally:
            self._held_n = left[0] if left else self._held_n
        return pages_n

    async def _mend(self) -> None:
        """If a flush has failed, nothing is read or written before all is durable that could be."""
        if self._flusher is not None and self._flusher.torn:
            await self._run(moved_anew)
            self._flusher.mended()

    @property
    def _must_move(self) -> bool:
        """Is the rest of the WAL to be moved before the next commit?"""
        # While a backup reads, a checkpoint for each commit would cost as much as the commit.
        return self._tidied or self._pages_n >= CHECKPOINT_PAGES + self._held_n

    async def checkpoint(self) -> None:
        """Move the WAL into the database as far as readers allow; waits for nobody."""
        self._count_anew()
        self._held_n = await self._run(moved)

    def _count_anew(self) -> None:
        self._pages_n = 0  # what a reader holds back is counted again at the next commit
        self._tidied = False

    async def tidy(self) -> None:
        """Move most of a long WAL into the database beside commits. Raises StoreUnavailable."""
        if self._pages_n < TIDY_PAGES + self._held_n:
            return
        left_n = await self._beside.move(self._pages_n)
        self._tidied = left_n <= HELD_PAGES
        self._held_n = self._held_n if self._tidied else left_n

    async def close(self) -> None:
        """Give the connection back. The last one to go takes the WAL with it."""
        await self._beside.close()
        flusher, self._flusher = self._flusher, None
        if flusher is not None:
            with suppress(StoreUnavailable):
                await self._run(lambda _: None)  # what is queued there still has to be flushed
            await flusher.close()
        writer, self._writer = self._writer, None
        reader, self._reader = self._reader, None
        if writer is not None and reader is not None:  # on its thread, behind what is done there
            with suppress(StoreUnavailable):
                await self._run(end_on, reader, writer)
        self._raw = None
        await self._connection.close()

    async def _run(self, function: Callable[..., Any], *args: Any) -> Any:
        if self._raw is None:
            raise StoreUnavailable("the store is closed")
        try:
            return await self._hop(function, self._raw, *args)
        except sqlite3.Error as error:
            if unwritable(error):
                raise refused(error) from error
            raise StoreUnavailable(in_one_line(error)) from error
