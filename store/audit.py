"""The audit: what was done, written in the transaction of the change, as a chain (S40).

Each row's digest covers the row and the digest before it; the chain begins with 32 zero octets.
Office writers are alone with the database while they write (`Database.office`), so numbers have no
gaps and the chain no forks. Rows are never changed: the databases refuse (L4). A tail that is cut
off is found by whoever wrote down an earlier number and digest elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import msgspec
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.deed import Deed, draft
from store import schema
from store.database import TOLD
from store.office_money import values
from store.rows import DEEDS

FIRST_DIGEST: Final = bytes(32)
_ROWS_AT_ONCE: Final = 2_000
_ENCODER = msgspec.json.Encoder(order="deterministic")


def digest_of(deed: Deed, before: bytes) -> bytes:
    """The digest of a row (its own is not looked at) after the digest before it."""
    row = [getattr(deed, name) for name in DEEDS.names if name != "digest"]
    return hashlib.sha256(before + _ENCODER.encode(row)).digest()


async def write(
    connection: AsyncConnection,
    *,
    at_us: int,
    who: str,
    action: str,
    kind: str,
    row_id: int = 0,
    subject: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
) -> Deed:
    """Append one deed, inside an office transaction; see `domain.deed.draft`."""
    one = draft(
        at_us,
        who,
        action,
        kind=kind,
        row_id=row_id,
        subject=subject,
        before=before,
        after=after,
        reason=reason,
    )
    return (await append(connection, [one]))[-1]


async def append(connection: AsyncConnection, drafts: Sequence[Deed]) -> list[Deed]:
    """Number deeds and hang them behind the newest, inside an office transaction."""
    told = chained(drafts, *await head(connection))
    for at in range(0, len(told), _ROWS_AT_ONCE):
        some = [values(DEEDS, deed) for deed in told[at : at + _ROWS_AT_ONCE]]
        await connection.execute(insert(schema.audit), some)
    connection.info[TOLD] = True
    return told


async def head(connection: AsyncConnection) -> tuple[int, bytes]:
    """Number and digest of the newest deed; of an empty chain, what it begins with."""
    table = schema.audit.c
    query = select(table.seq, table.digest).order_by(table.seq.desc()).limit(1)
    newest = (await connection.execute(query)).first()
    return (newest.seq, bytes(newest.digest)) if newest else (0, FIRST_DIGEST)


def chained(drafts: Sequence[Deed], seq: int, last: bytes) -> list[Deed]:
    """The drafts numbered and with their digests, behind deed `seq` of digest `last`."""
    told = []
    for one in drafts:
        seq += 1
        deed = replace(one, seq=seq)
        last = digest_of(deed, last)
        told.append(replace(deed, digest=last))
    return told


def chained_rows(
    drafts: Sequence[Sequence[Any]], newest: Sequence[Any] | None
) -> list[tuple[Any, ...]]:
    """Rows of drafts as rows of deeds, behind the newest (number, digest) that there is."""
    seq, last = (newest[0], bytes(newest[1])) if newest else (0, FIRST_DIGEST)
    told = chained([DEEDS.of_row(row) for row in drafts], seq, last)
    return [DEEDS.to_row(deed) for deed in told]
