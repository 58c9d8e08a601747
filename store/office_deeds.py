"""Deeds as the office reads them: a listing by who, what and when, and the proof of the chain.

The audit only grows, so it is read in pages by number, each in a snapshot of its own: on SQLite a
reader that stays would keep the server from tidying up its log, and a page that was read does not
change. Nothing here writes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from sqlalchemy import literal_column, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.deed import Deed
from store import schema
from store.audit import FIRST_DIGEST, digest_of
from store.database import Database
from store.rows import DEEDS

PAGE_ROWS = 2_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which deeds; what is None does not matter. `since_us` counts in, `until_us` does not."""

    subject: str | None = None
    kinds: tuple[str, ...] = ()
    who: str | None = None
    action: str | None = None
    since_us: int | None = None
    until_us: int | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """What reading the whole chain has shown.

    `broken_seq` is the first deed that does not follow from the one before it; `seq` and `digest`
    are those of the last that does. `anchored`: was the head met that was asked for, if one was.
    """

    seq: int
    digest: bytes
    broken_seq: int | None
    anchored: bool | None

    @property
    def sound(self) -> bool:
        """Is nothing wrong?"""
        return self.broken_seq is None and self.anchored is not False


async def page(
    connection: AsyncConnection, wanted: Wanted, *, below_seq: int | None, limit: int
) -> list[Deed]:
    """The newest deeds that are wanted, newest first, older than number `below_seq`."""
    table = schema.audit.c
    # In the order of the key, unless the index of instants finds the few that are to be ordered.
    bounded = wanted.since_us is not None or wanted.until_us is not None
    order = table.seq + literal_column("0") if bounded else table.seq
    query = select(*DEEDS.columns).order_by(order.desc()).limit(limit)
    for column, value in (
        (table.subject, wanted.subject),
        (table.who, wanted.who),
        (table.action, wanted.action),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.kinds:
        query = query.where(table.kind.in_(wanted.kinds))
    if below_seq is not None:
        query = query.where(table.seq < below_seq)
    # Numbers follow the clock only as far as it never steps back, so times are compared themselves.
    if wanted.since_us is not None:
        query = query.where(table.at_us >= wanted.since_us)
    if wanted.until_us is not None:
        query = query.where(table.at_us < wanted.until_us)
    return [DEEDS.of_row(row) for row in await connection.execute(query)]


async def everything(database: Database, after_seq: int = 0) -> AsyncIterator[Deed]:
    """All deeds in order."""
    table = schema.audit.c
    while True:
        query = select(*DEEDS.columns).where(table.seq > after_seq).order_by(table.seq)
        async with database.reading() as connection:
            rows = (await connection.execute(query.limit(PAGE_ROWS))).all()
        for row in rows:
            yield DEEDS.of_row(row)
        if len(rows) < PAGE_ROWS:
            return
        after_seq = rows[-1].seq


async def prove(database: Database, anchor: tuple[int, bytes] | None = None) -> Proof:
    """Compute the chain again from its beginning.

    `anchor` is number and digest of a head that was written down elsewhere: it must be in the
    chain, or deeds were cut off or the whole chain was made anew since.
    """
    seq, last = 0, FIRST_DIGEST
    met = False
    broken_seq = None
    async for deed in everything(database):
        if deed.seq != seq + 1 or deed.digest != digest_of(deed, last):
            broken_seq = deed.seq
            break
        seq, last = deed.seq, deed.digest
        met = met or (seq, last) == anchor
    return Proof(seq, last, broken_seq, None if anchor is None else met)
