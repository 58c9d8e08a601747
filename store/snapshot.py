"""Every row of the database as plain values, table by table, out of one transaction.

What a backup is made of. Values are integers, text, octets, booleans and NULL, the same from either
database, so what was read from one can be put into the other. On PostgreSQL the transaction is one
REPEATABLE READ snapshot, on SQLite a read transaction: neither holds off a writer, and nothing is
checkpointed. While it lasts SQLite's write-ahead log cannot be reset, so it grows by what the
server writes meanwhile; nothing is done here between two reads that could wait for a person.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy import Column, Text, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.expression import ColumnElement

from store import schema
from store.columns import IdList, ReplyList

CHUNK_N = 1_000  # rows read at once

# Entries in the order of their numbers: what a correction names is there before it.
_ORDER = {schema.entries.name: ("account_id", "seq")}


def tables_in_order() -> list[str]:
    """The names of all tables, those that others point at first."""
    return [str(table.name) for table in schema.METADATA.sorted_tables]


def columns_of(table: str) -> list[str]:
    """The names of a table's columns, in the order in which `rows_in_order` gives them."""
    return [str(column.name) for column in schema.METADATA.tables[table].columns]


async def rows_in_order(
    connection: AsyncConnection, table: str
) -> AsyncIterator[Sequence[Sequence[Any]]]:
    """All rows of a table in the order of its key, some at a time."""
    found = schema.METADATA.tables[table]
    order = _ORDER.get(table) or [column.name for column in found.primary_key]
    query = select(*map(_plain, found.columns)).order_by(*(found.c[name] for name in order))
    result = await connection.stream(query.execution_options(yield_per=CHUNK_N))
    async for rows in result.partitions():
        yield rows


def _plain(column: Column[Any]) -> ColumnElement[Any]:
    """A column whose values no type of ours makes into something else."""
    return type_coerce(column, Text()) if isinstance(column.type, IdList | ReplyList) else column
