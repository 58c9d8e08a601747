"""The usage journal: one row per batch, written once, checksummed.

A row's digest covers its id, its time and its octets, so a row that was changed, swapped or cut is
recognised. What the octets mean is `accounting`'s business. Sessions point at their newest row and
rows point back, so an explanation reads by ids; rating everything again reads a range.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from store.schema import journal

_HEAD = struct.Struct(">qq")


class JournalDamaged(Exception):
    """A journal row is not what was written."""


class JournalRow(NamedTuple):
    """One batch of accounting records, as committed."""

    journal_id: int
    created_us: int
    body: bytes


def journal_digest(journal_id: int, created_us: int, body: bytes) -> bytes:
    """The 32 octets that prove a row."""
    return hashlib.sha256(_HEAD.pack(journal_id, created_us) + body).digest()


def sound(journal_id: int, created_us: int, body: bytes, digest: bytes) -> bool:
    """Is the row the one that was written?"""
    return journal_digest(journal_id, created_us, bytes(body)) == bytes(digest)


def proved(journal_id: int, created_us: int, body: bytes, digest: bytes) -> JournalRow:
    """A row as it was read, if it is the one that was written. Raises JournalDamaged."""
    if not sound(journal_id, created_us, body, digest):
        raise JournalDamaged(f"journal row {journal_id} does not match its digest")
    return JournalRow(journal_id, created_us, bytes(body))


async def read_rows(connection: AsyncConnection, ids: Iterable[int]) -> dict[int, JournalRow]:
    """The rows with these ids, by id; ids that do not exist are left out.

    Raises JournalDamaged.
    """
    wanted = sorted(set(ids))
    found: dict[int, JournalRow] = {}
    for at in range(0, len(wanted), 500):
        chunk = wanted[at : at + 500]
        asked = select(journal).where(journal.c.journal_id.in_(chunk))
        for row in await connection.execute(asked):
            found[row.journal_id] = proved(*row)
    return found


async def scan(
    connection: AsyncConnection, after_id: int, last_id: int, rows_n: int
) -> list[JournalRow]:
    """The first rows after one id, up to another. Raises JournalDamaged."""
    asked = (
        select(journal)
        .where(journal.c.journal_id > after_id, journal.c.journal_id <= last_id)
        .order_by(journal.c.journal_id)
        .limit(rows_n)
    )
    return [proved(*row) for row in (await connection.execute(asked)).all()]
