"""Money as the office books and shows it: entries, their history, the open charges beside them.

`book` is the only way the office moves a purse: entry, postings and the account's sums go together
or not at all (L3, L9). It is handed a payment that `billing` has built; nothing is computed here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from billing.payment import Movement, Payment
from domain.account import Account
from domain.ledger import Book, Entry, Posting
from domain.session import Charge
from store import schema
from store.feed import record_change
from store.rows import ACCOUNTS, CHARGES, ENTRIES, Shape, entry_of

_ROWS_AT_ONCE = 1_000


class Raced(Exception):
    """Somebody else booked on the account meanwhile; nothing was written, try again."""


def values(shape: Shape, record: Any) -> dict[str, Any]:
    """A record as column values for a Core statement."""
    return {name: getattr(record, name) for name in shape.names}


async def write_entries(connection: AsyncConnection, entries: Sequence[Entry]) -> None:
    """Insert entries with their postings; their accounts are the caller's business (L3)."""
    for at in range(0, len(entries), _ROWS_AT_ONCE):
        some = entries[at : at + _ROWS_AT_ONCE]
        await connection.execute(insert(schema.entries), [values(ENTRIES, one) for one in some])
        await connection.execute(
            insert(schema.postings), [row for one in some for row in _postings(one)]
        )


async def book(connection: AsyncConnection, payment: Payment) -> None:
    """Write an entry, its postings and what it does to the accounts.

    Raises Raced when an account has got another entry since it was read (L10).
    """
    for moved in payment.movements:
        await _move(connection, payment, moved)
    await write_entries(connection, [payment.entry])
    for moved in payment.movements:
        await record_change(connection, "account", moved.account_id)


async def _move(connection: AsyncConnection, payment: Payment, moved: Movement) -> None:
    """Raise the sums of one account; relative, so that what the server does meanwhile stays."""
    table = schema.accounts.c
    statement = (
        update(schema.accounts)
        .where(table.account_id == moved.account_id)
        .values(
            posted_micros=table.posted_micros + moved.posted_micros,
            entries_n=table.entries_n + moved.entries_n,
        )
    )
    if moved.entries_n:
        statement = statement.where(table.entries_n == payment.entry.seq - 1)
    if (await connection.execute(statement)).rowcount != 1:
        raise Raced


def _postings(entry: Entry) -> Iterable[dict[str, Any]]:
    """The postings of an entry as rows."""
    for n, posting in enumerate(entry.postings):
        yield {
            "entry_account_id": entry.account_id,
            "entry_id": entry.entry_id,
            "n": n,
            "book": posting.book,
            "account_id": posting.account_id,
            "amount_micros": posting.amount_micros,
        }


async def entry_with_key(connection: AsyncConnection, account_id: int, key: str) -> Entry | None:
    """The entry that this idempotency key has made, if it has (P1)."""
    return await _one(connection, account_id, schema.entries.c.key == key)


async def entry_with_seq(connection: AsyncConnection, account_id: int, seq: int) -> Entry | None:
    """The n-th entry of an account."""
    return await _one(connection, account_id, schema.entries.c.seq == seq)


async def correcting(connection: AsyncConnection, account_id: int, entry_id: int) -> Entry | None:
    """The first entry that corrects this one, if any does."""
    table = schema.entries.c
    query = (
        select(func.min(table.seq))
        .where(table.account_id == account_id, table.corrects_entry_id == entry_id)
        .correlate(None)
        .scalar_subquery()
    )
    return await _one(connection, account_id, table.seq == query)


async def of_session(
    connection: AsyncConnection, account_id: int, session_id: int
) -> list[tuple[int, int]]:
    """The entries that closed a session's charges, and what each did to the purse: seq, micros."""
    entry, posted = schema.entries.c, schema.postings.c
    query = (
        select(entry.seq, posted.amount_micros)
        .join_from(
            schema.entries,
            schema.postings,
            (entry.account_id == posted.entry_account_id) & (entry.entry_id == posted.entry_id),
        )
        .where(
            entry.account_id == account_id,
            entry.session_id == session_id,
            posted.book == Book.CUSTOMER,
            posted.account_id == account_id,
        )
        .order_by(entry.seq)
    )
    return [(seq, int(micros)) for seq, micros in await connection.execute(query)]


async def accounts(
    connection: AsyncConnection, account_ids: Iterable[int], *, lock: bool = False
) -> dict[int, Account]:
    """Some accounts by their ids."""
    column = schema.accounts.c.account_id
    query = select(*ACCOUNTS.columns).where(column.in_(sorted(account_ids))).order_by(column)
    if lock:
        query = query.with_for_update()
    found = [ACCOUNTS.of_row(row) for row in await connection.execute(query)]
    return {one.account_id: one for one in found}


async def _one(
    connection: AsyncConnection, account_id: int, found_by: ColumnElement[bool]
) -> Entry | None:
    query = select(*ENTRIES.columns).where(schema.entries.c.account_id == account_id, found_by)
    row = (await connection.execute(query)).first()
    if row is None:
        return None
    head = entry_of(row, ())
    return (await _with_postings(connection, account_id, [head]))[0]


async def history(connection: AsyncConnection, account_id: int, *, limit: int) -> list[Entry]:
    """The newest entries of an account, oldest of them first."""
    query = (
        select(*ENTRIES.columns)
        .where(schema.entries.c.account_id == account_id)
        .order_by(schema.entries.c.seq.desc())
        .limit(limit)
    )
    heads = [entry_of(row, ()) for row in await connection.execute(query)]
    return await _with_postings(connection, account_id, heads[::-1])


async def _with_postings(
    connection: AsyncConnection, account_id: int, heads: Sequence[Entry]
) -> list[Entry]:
    """The entries with their postings."""
    table = schema.postings.c
    found: dict[int, list[Posting]] = {head.entry_id: [] for head in heads}
    ids = list(found)
    for at in range(0, len(ids), _ROWS_AT_ONCE):
        query = (
            select(table.entry_id, table.book, table.account_id, table.amount_micros)
            .where(
                table.entry_account_id == account_id,
                table.entry_id.in_(ids[at : at + _ROWS_AT_ONCE]),
            )
            .order_by(table.entry_id, table.n)
        )
        for entry_id, book_name, purse, amount in await connection.execute(query):
            found[entry_id].append(Posting(Book(book_name), purse, amount))
    return [
        entry_of([getattr(head, name) for name in ENTRIES.names], tuple(found[head.entry_id]))
        for head in heads
    ]


async def charges_of(
    connection: AsyncConnection, account_id: int, session_ids: Sequence[int]
) -> dict[int, list[Charge]]:
    """Every charge of some sessions of an account, by session."""
    table = schema.charges.c
    found: dict[int, list[Charge]] = {session_id: [] for session_id in session_ids}
    for at in range(0, len(session_ids), _ROWS_AT_ONCE):
        query = (
            select(*CHARGES.columns)
            .where(
                table.account_id == account_id,
                table.session_id.in_(session_ids[at : at + _ROWS_AT_ONCE]),
            )
            .order_by(table.session_id, table.part, table.step, table.day)
        )
        for row in await connection.execute(query):
            charge: Charge = CHARGES.of_row(row)
            found[charge.session_id].append(charge)
    return found


async def seqs(
    connection: AsyncConnection, account_id: int, entry_ids: Iterable[int | None]
) -> dict[int, int]:
    """The numbers of some entries of an account: entry id to its seq."""
    table = schema.entries.c
    query = select(table.entry_id, table.seq).where(
        table.account_id == account_id, table.entry_id.in_([key for key in entry_ids if key])
    )
    return {row.entry_id: row.seq for row in await connection.execute(query)}


async def sums(connection: AsyncConnection, account_id: int) -> dict[str, tuple[int, int]]:
    """What the entries of each kind come to in a purse: kind to (how many, micros)."""
    posted, entry = schema.postings.c, schema.entries.c
    query = (
        select(entry.kind, func.count(), func.sum(posted.amount_micros))
        .join_from(
            schema.postings,
            schema.entries,
            (entry.account_id == posted.entry_account_id) & (entry.entry_id == posted.entry_id),
        )
        .where(posted.account_id == account_id, posted.book == Book.CUSTOMER)
        .group_by(entry.kind)
        .order_by(entry.kind)
    )
    rows = await connection.execute(query)
    return {kind: (int(n), int(micros)) for kind, n, micros in rows}
