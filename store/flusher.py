"""The thread that flushes the WAL of one commit while the next is being written.

A commit that was not flushed where it was written (`store._packed`, `Writer.run`) is nobody's to
answer for until the flush behind it has ended. If that fails, it is not known what of the file is
on the disk, and it never will be: to the system those pages are clean, and a later flush says
nothing of them (the same is true of every commit behind). So everything is `torn` from then on:
nothing is read or written (`store.desk_sqlite`) until all of the WAL was moved into the database,
whose pages are written and flushed anew.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from aaa.ports import StoreUnavailable
from store._packed import BooksFile, Writer
from store.database import Database
from store.outages import in_one_line

_COUNTED = (
    "INSERT INTO meta (key, value) VALUES ('flushes_mended', '1') "
    "ON CONFLICT (key) DO UPDATE SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT)"
)


class Flusher:
    """Uses a connection of its own for nothing but its thread."""

    def __init__(self, connection: AsyncConnection, driver: Any, writer: Writer) -> None:
        """Use `open`."""
        self._connection = connection
        self._driver = driver
        self._writer = writer
        self.torn = False  # a flush has failed: what is durable is not known

    @classmethod
    async def open(cls, database: Database, writer: Writer) -> Flusher:
        """A thread that flushes what this writer commits."""
        connection = await database.engine.connect()
        driver: Any = (await connection.get_raw_connection()).driver_connection
        return cls(connection, driver, writer)

    def behind(self) -> tuple[Callable[[], None], asyncio.Future[None]]:
        """What the writer's thread calls when it has committed, and the end of the flush that then
        follows, without waiting for the loop: while that is busy, it would be milliseconds."""
        flushed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        # aiosqlite's own queue to its thread; its public methods begin on the loop.
        return partial(self._driver._tx.put_nowait, (flushed, self._writer.flush)), flushed

    async def answers(self, flushed: Awaitable[None]) -> None:
        """Return when that flush has ended well. Raises StoreUnavailable when it is not known
        what of the commit, or of one before it, is on the disk."""
        try:
            await flushed
        except sqlite3.Error as error:
            self.torn = True
            raise StoreUnavailable(in_one_line(error)) from error
        except BaseException:  # given up: nobody heard how it ended
            self.torn = True
            raise
        if self.torn:
            raise StoreUnavailable("the flush of an earlier commit has failed")

    def mended(self) -> None:
        """All that can be read is durable again (`moved_anew`)."""
        self._writer.forgive()
        self.torn = False

    async def close(self) -> None:
        """Wait for the flushes that are under way. The writer's thread may begin none any more;
        then it can be closed."""
        await self._connection.close()


def moved_anew(connection: sqlite3.Connection) -> None:
    """Move all of the WAL into the database and flush that, so that what can be read is durable.

    Then the WAL is begun anew by a commit: after a power cut, what is left of the old one would be
    taken for newer than the database. Raises StoreUnavailable while a reader prevents it,
    sqlite3.Error.
    """
    busy, pages_n, moved_n = connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()
    if busy or moved_n < pages_n:
        raise StoreUnavailable("a flush has failed, and a long reader keeps it from being mended")
    BooksFile(connection).flush()
    connection.execute(_COUNTED)
