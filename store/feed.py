"""The change feed: what the office changed, so that servers forget their cached rows.

Every office write records its changes in its own transaction. Office writers come one after
another (`Database.office`), so a change's number is its place in commit order and nobody who has
read up to a number can miss one below it. The hot road never writes here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from aaa.ports import StoreUnavailable
from store.database import CHANGED, Database
from store.outages import away, in_one_line
from store.schema import changes

CHANNEL = "tollhouse_changes"
# Rows of `meta` by which a server says that it runs, and how far it has looked into the feed.
PROBE = "probe"
LOOKED = "looked"
KEPT_N = 200_000  # older changes are of no use to anybody who is awake
_SWEEP_EVERY = 1_000

# The kind with which a reader who slept too long is told to forget everything.
EVERYTHING = "everything"


def looked_key(worker: int) -> str:
    """The row of `meta` that says how far a worker has looked; all have, when the least has."""
    return f"{LOOKED}.{worker}" if worker else LOOKED


async def record_change(connection: AsyncConnection, kind: str, row_id: int) -> None:
    """Say that this row was changed; inside the office transaction that changes it (L9)."""
    await record_changes(connection, kind, [row_id])


async def record_changes(connection: AsyncConnection, kind: str, row_ids: Iterable[int]) -> None:
    """Say that these rows of one kind were changed."""
    rows = [{"kind": kind, "row_id": row_id} for row_id in row_ids]
    if not rows:
        return
    connection.info[CHANGED] = True
    await connection.execute(insert(changes), rows)
    newest = (await connection.execute(select(func.max(changes.c.seq)))).scalar_one()
    if newest % _SWEEP_EVERY < len(rows):
        await connection.execute(delete(changes).where(changes.c.seq <= newest - KEPT_N))
    if connection.dialect.name == "postgresql":
        # Delivered at commit, once for a transaction however often it is said.
        await connection.execute(select(func.pg_notify(CHANNEL, "")))


class ChangeListener:
    """Hears PostgreSQL's notices: `changed()` is called in the loop when there may be news.

    It is called too when the connection is lost, for a notice may be lost with it; `start` again
    then. A notice only saves waiting for the next poll: whoever polls misses nothing.
    """

    def __init__(self, database: Database, changed: Callable[[], None]) -> None:
        """Listen to a PostgreSQL database; nothing happens before `start`."""
        assert database.dialect == "postgresql"
        self._database = database
        self._changed = changed
        self._connection: AsyncConnection | None = None
        self._driver: Any = None

    @property
    def alive(self) -> bool:
        """Is it listening?"""
        return self._driver is not None and not self._driver.is_closed()

    async def start(self) -> None:
        """Connect and listen. Raises StoreUnavailable."""
        await self.stop()
        try:
            self._connection = await self._database.engine.connect()
            raw = await self._connection.get_raw_connection()
            self._driver = raw.driver_connection
            self._driver.add_termination_listener(self._heard)
            await self._driver.add_listener(CHANNEL, self._heard)
        except Exception as error:
            await self.stop()
            if away(error):
                raise StoreUnavailable(in_one_line(error)) from error
            raise

    def _heard(self, *_: Any) -> None:
        self._changed()

    async def stop(self) -> None:
        """Stop listening and give the connection back. Safe to call again."""
        connection, self._connection = self._connection, None
        driver, self._driver = self._driver, None
        if driver is not None and not driver.is_closed():
            driver.remove_termination_listener(self._heard)
            try:
                await driver.remove_listener(CHANNEL, self._heard)
            except Exception as error:
                if not away(error):
                    raise
        if connection is not None:
            await connection.invalidate()
            await connection.close()
