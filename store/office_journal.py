"""The journaled records of one session, read along their chain.

A session names the journal row with its newest record, each record the row with the one before, so
a row has to be read to know which is next: a month of interims is nine thousand questions, one
after the other. They are asked of the driver itself, on SQLite in one stretch of its thread, as
whatever stands between costs ten times as much as the answer. PostgreSQL is asked for the next rows
of all chains at once, and besides for the rows about where the following ones should lie: ids tell
when rows were written, and devices report at a steady pace. A guess that was wrong costs what it
has read and nothing else, since rows are taken by their ids alone; the better the guesses, the more
of them at once, and where they fail they become rare. A few thousand rows at a time, so that no
snapshot is held for long.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median_low
from typing import Any, Final

from aaa.ports import StoreUnavailable
from accounting import journal
from accounting.journal import Record
from domain.session import Session
from store.database import Database
from store.journal import proved
from store.outages import away, in_one_line

ROWS_AT_ONCE: Final = 2_000
OCTETS_AT_ONCE: Final = 4_000_000
AROUND: Final = 2  # rows that are read on either side of where one should lie
_PACED: Final = 64  # newest steps by which the pace is reckoned
_REST_MOST_N: Final = 31  # questions without a guess, after guesses that were all wrong

_ROW = "SELECT journal_id, created_us, body, digest FROM journal WHERE journal_id "
_ON_SQLITE = f"{_ROW}= ?"
_ON_POSTGRESQL = f"{_ROW}= ANY($1::bigint[])"
_GUESSING = (
    f"{_ON_POSTGRESQL} UNION ALL SELECT found.* FROM unnest($2::bigint[], $3::bigint[])"
    " AS guess (at, within), LATERAL ("
    f"({_ROW}<= at AND journal_id > at - within ORDER BY journal_id DESC LIMIT {AROUND})"
    f" UNION ALL ({_ROW}> at AND journal_id <= at + within ORDER BY journal_id LIMIT {AROUND})"
    ") AS found"
)

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
        self._guesses_n = 1
        self._asked_n = 0  # guesses of the last question
        self._rests_n, self._rest_n = 0, 0  # questions to go without one, and how many were due

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

    def take_all(self, rows: dict[int, Any]) -> None:
        """Go on as far as rows that were read carry it."""
        self.take(rows.get(self.at))
        taken_n = 0
        while self.at in rows:
            self.take(rows[self.at])
            taken_n += 1
        self._guesses_n = 2 * taken_n + 1
        if taken_n:
            self._rest_n = 0
        elif self._asked_n:
            self._rest_n = self._rests_n = min(2 * self._rest_n + 1, _REST_MOST_N)
        self._asked_n = 0

    def guesses(self, most_n: int) -> list[tuple[int, int]]:
        """About where the rows behind the next one should lie, and how far from there at most.

        As many as twice those that were right the last time, and one to begin with.
        """
        if self._rests_n:
            self._rests_n -= 1
            return []
        ids = [journal_id for journal_id, _ in self.found[-_PACED:]]
        steps = [one - other for one, other in pairwise([*ids, self.at]) if one != other]
        if not steps:
            return []
        usual = median_low(steps)
        # A report that was lost is a step of two; so the pace is true over many of them.
        pace = sum(steps) // sum(max((one + usual // 2) // usual, 1) for one in steps)
        wanted_n = min(self._guesses_n, most_n)
        if self._limit is not None:
            wanted_n = min(wanted_n, self._limit - len(self.found))
        places = (self.at - nth * pace for nth in range(1, wanted_n + 1))
        found = [(place, pace // 2) for place in places if place > pace]
        self._asked_n = len(found)
        return found


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
    plain, guessing = await driver.prepare(_ON_POSTGRESQL), await driver.prepare(_GUESSING)
    rows_n, mean_octets = ROWS_AT_ONCE, OCTETS_AT_ONCE
    while rows_n > 0 and (going := [chain for chain in chains if chain.at][:ROWS_AT_ONCE]):
        most_n = min(rows_n, OCTETS_AT_ONCE // mean_octets) // (2 * AROUND * len(going))
        guesses = [guess for chain in going for guess in chain.guesses(most_n)]
        wanted = {chain.at for chain in going}
        if guesses:
            found = await guessing.fetch(wanted, *map(list, zip(*guesses, strict=True)))
        else:
            found = await plain.fetch(wanted)
        rows = {row[0]: row for row in found}
        for chain in going:
            chain.take_all(rows)
        rows_n -= len(wanted) + 2 * AROUND * len(guesses)
        mean_octets = sum(len(row[2]) for row in rows.values()) // max(len(rows), 1) + 1
