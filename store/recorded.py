"""Recorded usage in bulk: the journal's rows of a span, and whose usage it is.

For what looks at everybody's usage at once (`plan try`), in the order in which it was written, a
few megabytes at a time; each time is a snapshot of its own, so nothing is held for long. Rows are
found by their ids, which grow with time; a report is looked for up to a day after its own time,
as devices may tell late. Nothing is written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Final

from sqlalchemy import or_, select

from accounting import journal
from accounting.comparison import Person
from accounting.journal import Told
from domain.seams import compose_id
from store import schema
from store.database import Database
from store.journal import read_rows, scan

LATE_US: Final = 86_400_000_000
_ROWS_FEWEST, _ROWS_MOST = 20, 2_000
_OCTETS_WANTED = 4_000_000
_IDS_AT_ONCE = 500


async def batches(
    database: Database, from_us: int, until_us: int, *, lead_us: int = 0
) -> AsyncIterator[list[Told]]:
    """What reports left of their sessions, in the order of the journal, from `lead_us` earlier on.

    Of all rows that may hold a report of [from_us, until_us), and so of some others. Raises
    store.journal.JournalDamaged and accounting.journal.JournalError.
    """
    after_id = compose_id(max(from_us - lead_us, 0), 0) - 1
    last_id = compose_id(until_us + LATE_US, 0)
    rows_n = _ROWS_FEWEST
    while True:
        async with database.reading() as connection:
            rows = await scan(connection, after_id, last_id, rows_n)
        yield [one for row in rows for one in journal.told(row.body)]
        if len(rows) < rows_n:
            return
        after_id = rows[-1].journal_id
        octets = sum(len(row.body) for row in rows)
        rows_n = min(max(rows_n * _OCTETS_WANTED // max(octets, 1), _ROWS_FEWEST), _ROWS_MOST)


async def reports_before(database: Database, wanted: Mapping[int, int]) -> list[Told]:
    """Of sessions the newest report in a journal row, as session to row; none of rows purged."""
    sessions: defaultdict[int, set[int]] = defaultdict(set)
    for session_id, journal_id in wanted.items():
        sessions[journal_id].add(session_id)
    ids = sorted(sessions)
    found: dict[int, Told] = {}
    for at in range(0, len(ids), _ROWS_FEWEST):
        async with database.reading() as connection:
            rows = await read_rows(connection, ids[at : at + _ROWS_FEWEST])
        for row in rows.values():
            mine = sessions[row.journal_id]
            found.update((one[0], one) for one in journal.told(row.body) if one[0] in mine)
    return list(found.values())


async def without_fee(database: Database, session_ids: Iterable[int]) -> list[int]:
    """Which of these sessions owe no fee of their own: they continue another, or were adopted."""
    table, ids = schema.sessions.c, list(session_ids)
    found: list[int] = []
    for at in range(0, len(ids), _IDS_AT_ONCE):
        query = select(table.session_id).where(
            table.session_id.in_(ids[at : at + _IDS_AT_ONCE]),
            or_(table.class_session_id != 0, table.adopted),
        )
        async with database.reading() as connection:
            found += await connection.scalars(query)
    return found


async def people(database: Database, plan_name: str | None = None) -> dict[int, Person]:
    """Everybody's first login, by account; only those on a plan now, if it is named."""
    one, account = schema.subscribers.c, schema.accounts.c
    query = (
        select(one.account_id, one.login, one.timezone, account.currency)
        .join_from(schema.subscribers, schema.accounts, one.account_id == account.account_id)
        .order_by(one.subscriber_id.desc())
    )
    if plan_name is not None:
        query = query.where(one.plan_name == plan_name)
    async with database.reading() as connection:
        rows = (await connection.execute(query)).all()
    return {row.account_id: Person(row.login, row.timezone, row.currency) for row in rows}
