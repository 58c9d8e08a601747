"""The second connection to a SQLite database, which moves its WAL beside the commits.

It goes over the WAL again and again while that gains something: what is committed during one pass
is left for the next, which is shorter. What is left at last is moved between two commits, which
wait for it (`store.desk_sqlite`): without that SQLite would never begin the WAL anew.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from aaa.ports import StoreUnavailable
from store._packed import BooksFile
from store.database import Database
from store.outages import in_one_line
from store.wal import moved_and_flushed

REST_PAGES = 512  # so few are best left to be moved between two commits


class Beside:
    """Opens its connection when it is first needed."""

    def __init__(self, database: Database) -> None:
        """Nothing is open yet."""
        self._database = database
        self._connection: AsyncConnection | None = None
        self._file: BooksFile | None = None  # as this connection has it

    async def move(self, pages_n: int) -> int:
        """Move most of so many pages, and flush them; how many are left. Raises
        StoreUnavailable."""
        try:
            if self._connection is None:
                self._connection = await self._database.engine.connect()
            driver: Any = (await self._connection.get_raw_connection()).driver_connection
            if self._file is None:
                self._file = await driver._execute(BooksFile, driver._conn)
            while True:
                left_n = await driver._execute(moved_and_flushed, driver._conn, self._file)
                if left_n <= REST_PAGES or left_n > pages_n // 2:
                    return int(left_n)
                pages_n = left_n
        except (sqlite3.Error, SQLAlchemyError, ValueError) as error:
            raise StoreUnavailable(in_one_line(error)) from error

    async def close(self) -> None:
        """Give the connection back. Safe to call again."""
        connection, self._connection, self._file = self._connection, None, None
        if connection is not None:
            await connection.close()
