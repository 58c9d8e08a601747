"""The journaled records of one session, read along their chain.

A session names the journal row with its newest record, each record the row with the one before.
Reading is done a few rows at a time, so that no snapshot is held for long.
"""

from __future__ import annotations

from accounting import journal
from accounting.journal import Record
from domain.session import Session
from store.database import Database
from store.journal import read_rows

_ROWS_AT_ONCE = 100


async def records_of(
    database: Database, session: Session, *, limit: int | None = None
) -> list[tuple[int, Record]]:
    """The newest records of a session with their journal rows, oldest first; all without `limit`.

    Raises store.journal.JournalDamaged. A row that was cleared away ends the chain.
    """
    found: list[tuple[int, Record]] = []
    at = session.journal_last
    while at and (limit is None or len(found) < limit):
        async with database.reading() as connection:
            for _ in range(_ROWS_AT_ONCE):
                rows = await read_rows(connection, [at])
                if at not in rows:
                    return found[::-1]
                mine = _of_session(rows[at].body, session.session_id)
                found += [(at, record) for record in reversed(mine)]
                at = mine[0].previous if mine and mine[0].previous != at else 0
                if not at or (limit is not None and len(found) >= limit):
                    break
    return found[::-1][-limit:] if limit is not None else found[::-1]


def _of_session(body: bytes, session_id: int) -> list[Record]:
    """The records of one session in a row, in order."""
    return journal.decode(body, session_id)
