"""One hash over the whole ledger, so that two copies of it can be compared by a line of text.

Entries come account by account in the order of their numbers, then their postings in the order of
their keys, each row as one line of JSON under the columns of its table. Values are integers and
text, equal on both databases, so the same books have the same hash on either. Whatever may still
change (open charges, sessions, the balances kept on accounts) is not in it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from store import schema
from store.snapshot import columns_of, rows_in_order

LEDGER = (str(schema.entries.name), str(schema.postings.name))  # in this order


class LedgerDigest(NamedTuple):
    """The hash in hex, and what it was taken over."""

    ledger_hash: str
    entries_n: int
    postings_n: int


class LedgerHash:
    """Takes in rows of a snapshot as they pass; rows of other tables are passed over."""

    def __init__(self) -> None:
        """Nothing is taken in: the hash of an empty ledger."""
        self._hash = hashlib.sha256()
        self._counts = dict.fromkeys(LEDGER, 0)
        self._encode = msgspec.json.Encoder().encode_lines
        for name in LEDGER:  # a column that comes or goes makes another hash
            self._hash.update(self._encode([[name, *columns_of(name)]]))

    def take(self, table: str, rows: Sequence[Sequence[Any]]) -> None:
        """Take in the next rows of a table: all entries before the first posting."""
        if table not in LEDGER:
            return
        assert table == LEDGER[-1] or not self._counts[LEDGER[-1]], "an entry after a posting"
        self._counts[table] += len(rows)
        if rows:
            self._hash.update(self._encode([tuple(row) for row in rows]))

    def digest(self) -> LedgerDigest:
        """The hash of what was taken in so far."""
        return LedgerDigest(self._hash.hexdigest(), *self._counts.values())


async def hash_ledger(connection: AsyncConnection) -> LedgerDigest:
    """The hash of the ledger as this transaction sees it."""
    ledger = LedgerHash()
    for table in LEDGER:
        async for rows in rows_in_order(connection, table):
            ledger.take(table, rows)
    return ledger.digest()
