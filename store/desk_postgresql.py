"""The hot road on PostgreSQL: one statement per table, rows as arrays, on one connection.

Locks of accounts are taken first and in the order of their ids (L11), so two servers that write
under the same accounts wait for one another and never embrace. A connection that fails is thrown
away; the next use makes a new one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import asyncpg
from sqlalchemy import ARRAY, BigInteger, any_, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from aaa.ports import Conflict, StoreUnavailable
from store import schema
from store.audit import chained_rows
from store.database import OFFICE_LOCK, Database
from store.desk_sqlite import check_met
from store.outages import away, in_one_line, raced, refused, unwritable
from store.reading import QUERIES, Ask
from store.rows import Row
from store.statements import numbered_postgresql, postgresql_sql
from store.writes import WRITES
from store.writing import DEEDS, Step

Result = TypeVar("Result")

_READ = {name: postgresql_sql(query) for name, query in QUERIES.items()}
_WRITE = {name: postgresql_sql(recipe) for name, recipe in WRITES.items()}
_LOCK = numbered_postgresql(
    select(schema.accounts.c.account_id)
    .where(schema.accounts.c.account_id == any_(bindparam("p_ids", type_=ARRAY(BigInteger))))
    .order_by(schema.accounts.c.account_id)
    .with_for_update(key_share=True),
    ("ids",),
)


class PostgresqlRoad:
    """The server's connection for batches."""

    def __init__(self, database: Database) -> None:
        """Use `open`."""
        self._database = database
        self._connection: AsyncConnection | None = None
        self._driver: Any = None
        self._closed = False
        self._turn = asyncio.Lock()  # one transaction at a time on the one connection

    @classmethod
    async def open(cls, database: Database) -> PostgresqlRoad:
        """Connect. Raises StoreUnavailable."""
        road = cls(database)
        async with road._transaction("BEGIN READ ONLY"):
            pass
        return road

    async def read(self, steps: Generator[Ask, list[Row], Result]) -> Result:
        """Answer all questions from one snapshot. Raises StoreUnavailable."""
        begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        try:
            async with self._transaction(begin) as driver:
                try:
                    ask = next(steps)
                    while True:
                        columns = list(zip(*ask.keys, strict=True)) if ask.keys else None
                        sql = _READ[ask.query]
                        found = [] if columns is None else await driver.fetch(sql, *columns)
                        ask = steps.send(found)
                except StopIteration as done:
                    result: Result = done.value
            return result
        except Conflict as error:  # somebody locks whole tables: nothing was decided yet
            raise StoreUnavailable(str(error)) from error

    async def write(self, feed_seq: int | None, steps: list[Step], accounts: list[int]) -> None:
        """Commit in one transaction. Raises Conflict, StoreUnavailable, AssertionError."""
        async with self._transaction("BEGIN") as driver:
            if any(step.write == DEEDS for step in steps):
                # Before any other lock, as the office takes it (L11): the chain has no forks.
                await driver.execute(f"SELECT pg_advisory_xact_lock({OFFICE_LOCK})")
            if len(accounts) > 1:
                await driver.fetch(_LOCK, accounts)
            if feed_seq is not None:
                newest = await driver.fetchval(_READ["feed_seq"])
                if newest != feed_seq:
                    raise Conflict(f"change {newest} came after {feed_seq}")
            for step in steps:
                if step.write == DEEDS:
                    found = await driver.fetchrow(_READ["audit_head"])
                    step = step._replace(rows=chained_rows(step.rows, found))
                columns = zip(*step.rows, strict=True)
                try:
                    status = await driver.execute(_WRITE[step.write], *columns)
                except (OverflowError, ValueError) as error:
                    raise refused(error) from error
                check_met(step, int(status.rpartition(" ")[2]))

    async def checkpoint(self) -> None:
        """PostgreSQL looks after itself."""

    async def close(self) -> None:
        """Give the connection back."""
        self._closed = True
        await self._drop()

    async def _connected(self) -> Any:
        if self._closed:
            raise StoreUnavailable("the store is closed")
        if self._driver is None or self._driver.is_closed():
            await self._drop()
            self._connection = await self._database.engine.connect()
            raw = await self._connection.get_raw_connection()
            self._driver = raw.driver_connection
        return self._driver

    async def _drop(self) -> None:
        """Forget the connection, whatever state it is in."""
        connection, self._connection, self._driver = self._connection, None, None
        if connection is not None:
            await connection.invalidate()
            await connection.close()

    @asynccontextmanager
    async def _transaction(self, begin: str) -> AsyncIterator[Any]:
        """A transaction on the connection, alone on it until it is over.

        When it fails to end cleanly, so does the connection, before the next one can have it.
        """
        async with self._turn:
            try:
                driver = await self._connected()
                await driver.execute(begin)
                try:
                    yield driver
                except (Conflict, AssertionError, ValueError, asyncpg.PostgresError):
                    await driver.execute("ROLLBACK")
                    raise
                await driver.execute("COMMIT")
            except (Conflict, AssertionError):
                raise
            except BaseException as error:
                if raced(error):
                    raise Conflict(in_one_line(error)) from error
                if unwritable(error):
                    raise refused(error) from error
                await self._drop()
                if isinstance(error, Exception) and away(error):
                    raise StoreUnavailable(in_one_line(error)) from error
                raise
