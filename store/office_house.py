"""What the office knows about the house itself: notes to itself, samples, how far time has come.

Mostly for `tollhouse doctor`. Notes are rows of `meta`; the server does not read them, so they are
not in the change feed.
"""

from __future__ import annotations

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from store import schema

KEY_BACKED_UP = "key_backed_up"  # the id of the key that somebody has said to have copied


async def note(connection: AsyncConnection, key: str) -> str | None:
    """A note that was left, or None."""
    query = select(schema.meta.c.value).where(schema.meta.c.key == key)
    value = await connection.scalar(query)
    return None if value is None else str(value)


async def leave_note(connection: AsyncConnection, key: str, value: str) -> None:
    """Leave a note, in place of an earlier one."""
    await connection.execute(delete(schema.meta).where(schema.meta.c.key == key))
    await connection.execute(insert(schema.meta).values(key=key, value=value))


async def sample_names(connection: AsyncConnection) -> list[str]:
    """What of the sample is still there, in words; closed subscribers count as gone."""
    found: list[str] = []
    people = schema.subscribers
    for table, column, kind, gone in (
        (schema.devices, schema.devices.c.name, "NAS", None),
        (schema.plans, schema.plans.c.name, "plan", None),
        (people, people.c.login, "subscriber", people.c.status == "closed"),
    ):
        query = select(column).where(table.c.sample).order_by(column).limit(10)
        if gone is not None:
            query = query.where(~gone)
        found += [f"{kind} {name}" for name in await connection.scalars(query)]
    return found


async def newest_instant_us(connection: AsyncConnection) -> int:
    """The newest instant that was written down; 0 in an empty house."""
    newest = 0
    for table, column in (
        (schema.journal, schema.journal.c.created_us),
        (schema.decisions, schema.decisions.c.decided_us),
    ):
        query = select(func.max(column)).select_from(table)
        if table is schema.journal:  # by its key, which rises with time
            query = select(column).order_by(table.c.journal_id.desc()).limit(1)
        newest = max(newest, int(await connection.scalar(query) or 0))
    return newest


async def strangers(connection: AsyncConnection, *, limit: int) -> list[tuple[str, int, int]]:
    """Who knocked without being a NAS of ours: address, packets, last instant; newest first."""
    table = schema.knocks.c
    query = (
        select(table.address, table.count_n, table.last_us)
        .order_by(table.last_us.desc())
        .limit(limit)
    )
    rows = await connection.execute(query)
    return [(address, int(packets), int(last)) for address, packets, last in rows]
