"""The journaled records of one session, read along their chain.

A session names the journal row with its newest record, each record the row with the one before, so
a row has to be read to know which is next: a month of interims is nine thousand questions, one
after the other. They are asked of the driver itself, on SQLite in one stretch of its thread, as
whatever stands between costs ten times as much as the answer. PostgreSQL is asked for the next rows
of all chains at once. A few thousand rows at a time, so that no snapshot is held for long.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from aaa.ports import StoreUnavailable
from accounting import journal
from accounting.journal import Record
from domain.session import Session
from store.database import Database
from store.journal import proved
from store.outages import away, in_one_line

ROWS_AT_ONCE: Final = 2_000

_QUESTION = "SELECT journal_id, created_us, body, digest FROM journal WHERE journal_id = "
_ON_SQLITE, _ON_POSTGRESQL = _QUESTION + "?", _QUESTION + "ANY($1::bigint[])"

Found = list[tuple[int, Record]]  # newest first


async def records_of_all(
    database: Database, sessions: Sequence[Session], *, limit: int | None = None
) -> list[list[tuple[int, Record]]]:
    """Each session's newest records with their journal rows, oldest first; all without `limit`.

    Raises store.journal.JournalDamaged. A row that was cleared away ends the chain.
    """
    chains = [_Chain(one.session_id, one.journal_last, limit) for one in sessions]
    while any(chain.at for chain in chains):
        async with database.reading() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            try:
                if database.dialect == "sqlite":
                    # aiosqlite runs anything on its thread.
                    await driver._execute(_along, driver._conn, chains)
                else:
                    await _along_asking(driver, chains)
            except Exception as error:
                if away(error):
                    raise StoreUnavailable(in_one_line(error)) from error
                raise
    return [chain.found[:limit][::-1] for chain in chains]


class _Chain:
    """How far a session's chain has been read."""

    def __init__(self, session_id: int, at: int, limit: int | None) -> None:
        self._session_id = session_id
        self._limit = limit
        self.at = at if limit is None or limit > 0 else 0  # the row to be read next; 0: none
        self.found: Found = []

    def take(self, row: Any) -> None:
        """Take the row that was asked for (None: it is not there), and go on to the one before."""
        at, self.at = self.at, 0
        if row is None:
            return
        mine = journal.decode(proved(*row).body, self._session_id)
        self.found += [(at, record) for record in reversed(mine)]
        enough = self._limit is not None and len(self.found) >= self._limit
        if mine and mine[0].previous != at and not enough:
            self.at = mine[0].previous


def _along(connection: Any, chains: Sequence[_Chain]) -> None:
    """Read along chains on the thread of a connection to SQLite."""
    cursor = connection.cursor()
    rows_n = ROWS_AT_ONCE
    try:
        for chain in chains:
            while chain.at and rows_n:
                chain.take(cursor.execute(_ON_SQLITE, (chain.at,)).fetchone())
                rows_n -= 1
    finally:
        cursor.close()


async def _along_asking(driver: Any, chains: Sequence[_Chain]) -> None:
    """Read along chains on a connection to PostgreSQL."""
    question = await driver.prepare(_ON_POSTGRESQL)
    rows_n = ROWS_AT_ONCE
    while rows_n > 0 and (going := [chain for chain in chains if chain.at][:ROWS_AT_ONCE]):
        wanted = {chain.at for chain in going}
        rows = {row[0]: row for row in await question.fetch(wanted)}
        for chain in going:
            chain.take(rows.get(chain.at))
        rows_n -= len(wanted)
