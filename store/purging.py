"""Taking away what is older than it has to be kept: sessions, the journal, decisions, orders ...

The ledger is not among it: entries, postings, purchases and the audit stay for ever, and so does
every session that they, or usage in suspense, still wait for. What goes, goes in pages: a page is
found by reading, then taken in one short transaction that looks at each row again, so a server
never waits for longer than a page takes. What sessions that go had used and cost is added up for
each account in `purged`, so that the books can still be proved (A2). The journal, which is written
once, lets rows go only in a transaction that says so by a row of `meta` which is never committed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Table,
    and_,
    bindparam,
    delete,
    func,
    insert,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from store import schema
from store.database import Database
from store.retention import ENDED, SHELVES, Kind, Shelf

PAGE_N = 500

_S, _X = schema.sessions.c, schema.suspense.c
_LIVE = text("sessions.state < 2")  # as the partial index says it
_OPEN = text("suspense.state = 'open'")
_PURGING, _SESSIONS_MARK, _JOURNAL_MARK = "purging", "purged_sessions_us", "purged_journal_us"

Told = Callable[[AsyncConnection], Awaitable[None]]
Pause = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Gone:
    """How much went, or would go: rows and the instants of the oldest and the newest of them."""

    rows_n: int = 0
    first_us: int = 0
    last_us: int = 0

    def add(self, rows_n: int, first_us: int | None, last_us: int | None) -> None:
        """Another page."""
        if rows_n and first_us is not None and last_us is not None:
            self.first_us = min(self.first_us or first_us, first_us)
            self.last_us = max(self.last_us, last_us)
            self.rows_n += rows_n


async def purge(
    database: Database, kind: Kind, before_us: int, *, told: Told | None, pause: Pause
) -> Gone:
    """Take away what is older than `before_us`; without `told` only count it.

    `told` is called in the first transaction that takes something away; `pause` between pages.
    """
    shelf, gone, after = SHELVES[kind], Gone(), -1
    while True:
        async with database.reading() as connection:
            page = await _page(connection, shelf, after, before_us)
            if page is None:
                return gone
            within = and_(shelf.walk > after, shelf.walk <= page, shelf.may_go(before_us))
            query = select(func.count(), func.min(shelf.at), func.max(shelf.at)).where(within)
            found = (await connection.execute(query.select_from(shelf.table))).one()
        if found[0] and told is None:
            gone.add(*found)
        elif found[0] and told is not None:
            async with database.office() as connection:
                gone.add(*await _take(connection, kind, within))
                await _mark(connection, kind, before_us)
                await told(connection)
            told = _said_already
            await pause()
        after = page


async def _said_already(_connection: AsyncConnection) -> None:
    """The audit was told with the first page."""


async def _page(
    connection: AsyncConnection, shelf: Shelf, after: int, before_us: int
) -> int | None:
    """Where the next page ends; None when all that is left is younger."""
    query = (
        select(shelf.walk, shelf.made).where(shelf.walk > after).order_by(shelf.walk).limit(PAGE_N)
    )
    rows = (await connection.execute(query)).all()
    if not rows or min(row[1] for row in rows) >= before_us:
        return None
    return int(rows[-1][0])


async def _take(
    connection: AsyncConnection, kind: Kind, within: ColumnElement[bool]
) -> tuple[int, int | None, int | None]:
    """Delete the rows of a page that may go, looked at again under a lock."""
    shelf = SHELVES[kind]
    query = select(*shelf.key, shelf.at.label("at_us")).where(within)
    if connection.dialect.name == "postgresql":
        if kind is Kind.SESSIONS:
            query = query.where(_S.session_id.in_(await _locked(connection, within)))
        else:
            query = query.with_for_update(of=shelf.table)
    rows = (await connection.execute(query)).all()
    if not rows:
        return 0, None, None
    keys = [tuple(row[:-1]) for row in rows]
    if kind is Kind.SESSIONS:
        await _remember(connection, keys)
        for table in (schema.charges, schema.session_totals):
            await _delete(connection, table, (table.c.account_id, table.c.session_id), keys)
        begun = [(session_id,) for _, session_id in keys]  # nothing else leads to these any more
        await _delete(connection, schema.decisions, (schema.decisions.c.n,), begun)
    if kind is Kind.JOURNAL:
        await connection.execute(insert(schema.meta).values(key=_PURGING, value="journal"))
    table = schema.session_facts if kind is Kind.SESSIONS else shelf.table
    await _delete(connection, table, [table.c[column.name] for column in shelf.key], keys)
    if kind is Kind.JOURNAL:
        await connection.execute(delete(schema.meta).where(schema.meta.c.key == _PURGING))
    instants = [int(row.at_us) for row in rows]
    return len(rows), min(instants), max(instants)


async def _locked(connection: AsyncConnection, within: ColumnElement[bool]) -> Sequence[int]:
    """The sessions that may go, their totals locked: whoever changes a session begins there."""
    found = (await connection.execute(select(_S.account_id, _S.session_id).where(within))).all()
    totals = schema.session_totals.c
    these = tuple_(totals.account_id, totals.session_id).in_([tuple(row) for row in found])
    query = select(totals.session_id).where(these).with_for_update()
    return (await connection.scalars(query)).all()


async def _delete(
    connection: AsyncConnection,
    table: Table,
    key: Sequence[Column[Any]],
    rows: Sequence[tuple[Any, ...]],
) -> None:
    """Delete by key, one row of parameters for each."""
    where = [column == bindparam(f"k{at}") for at, column in enumerate(key)]
    values = [{f"k{at}": part for at, part in enumerate(row)} for row in rows]
    await connection.execute(delete(table).where(*where), values)


async def _remember(connection: AsyncConnection, keys: Sequence[tuple[Any, ...]]) -> None:
    """Add up what these sessions used and cost, for each account."""
    table = schema.purged.c
    summed = (_S.input_octets, _S.output_octets, _S.session_s, _S.free_octets, _S.free_s)
    sums = [func.sum(column).label(column.name) for column in (*summed, _S.charged_micros)]
    ids = [session_id for _, session_id in keys]
    query = (
        select(
            _S.account_id,
            func.count().label("sessions_n"),
            *sums,
            func.max(ENDED).label("newest_us"),
        )
        .where(_S.session_id.in_(ids))
        .group_by(_S.account_id)
    )
    found = [dict(row._mapping) for row in await connection.execute(query)]
    accounts = select(table.account_id).where(
        table.account_id.in_([row["account_id"] for row in found])
    )
    known = set(await connection.scalars(accounts))
    for row in found:
        values: dict[str, Any] = {name: int(value) for name, value in row.items()}
        account_id = values["account_id"]
        if account_id not in known:
            await connection.execute(insert(schema.purged).values(values))
            continue
        more = {name: table[name] + values[name] for name in values if name in _ADDED}
        more["newest_us"] = func.max(table.newest_us, values["newest_us"])
        if connection.dialect.name == "postgresql":
            more["newest_us"] = func.greatest(table.newest_us, values["newest_us"])
        changed = update(schema.purged).where(table.account_id == account_id)
        await connection.execute(changed.values(more))


_ADDED = frozenset(schema.purged.c.keys()) - {"account_id", "newest_us"}


async def _mark(connection: AsyncConnection, kind: Kind, before_us: int) -> None:
    """Write down until when sessions or journal were purged, for those who look for them."""
    marks = {Kind.SESSIONS: _SESSIONS_MARK, Kind.JOURNAL: _JOURNAL_MARK}
    if kind not in marks:
        return
    key, table = marks[kind], schema.meta.c
    known = await _until_us(connection, key)
    if not known:
        await connection.execute(insert(schema.meta).values(key=key, value=str(before_us)))
    elif known < before_us:
        changed = update(schema.meta).where(table.key == key)
        await connection.execute(changed.values(value=str(before_us)))


async def _until_us(connection: AsyncConnection, key: str) -> int:
    value = await connection.scalar(select(schema.meta.c.value).where(schema.meta.c.key == key))
    return int(value or 0)


async def sessions_until_us(connection: AsyncConnection) -> int:
    """Sessions that ended before this instant were purged, but for those still needed; 0: none."""
    return await _until_us(connection, _SESSIONS_MARK)


async def journal_until_us(connection: AsyncConnection) -> int:
    """The journal was purged of what is older than this instant; 0: it is whole."""
    return await _until_us(connection, _JOURNAL_MARK)


async def journal_needed_us(connection: AsyncConnection) -> int | None:
    """Since when the journal has to stay: what runs, or is in suspense, must be explained still."""
    live = select(func.min(_S.created_us)).where(_LIVE)
    waiting = (
        select(func.min(_S.created_us))
        .join_from(schema.suspense, schema.sessions, _S.session_id == _X.session_id)
        .where(_OPEN)
    )
    found = [await connection.scalar(live), await connection.scalar(waiting)]
    return min((int(us) for us in found if us is not None), default=None)
