"""Subscribers and their purses, as the office adds, finds and changes them.

Each function works inside a transaction that its caller opened with `Database.office()` (or, where
it only reads, `Database.reading()`); the change feed is written in the same transaction, so the
server hears of what was committed and of nothing else. Subscribers are closed, never deleted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from billing.payment import customer_micros
from domain.account import Account, Subscriber
from domain.ledger import Entry
from domain.login import canonical_login, canonical_mac
from store import live_sessions, name_words, schema
from store.feed import record_change, record_changes
from store.office_money import values, write_entries
from store.rows import ACCOUNTS, SUBSCRIBERS

_ROWS_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Customer:
    """A subscriber and the purse it spends from."""

    subscriber: Subscriber
    account: Account


def _customers() -> Select[Any]:
    """Subscribers with their accounts."""
    return select(*SUBSCRIBERS.columns, *ACCOUNTS.columns).join_from(
        schema.subscribers,
        schema.accounts,
        schema.accounts.c.account_id == schema.subscribers.c.account_id,
    )


def _customer(row: Sequence[Any]) -> Customer:
    cut = len(SUBSCRIBERS.names)
    return Customer(SUBSCRIBERS.of_row(row[:cut]), ACCOUNTS.of_row(row[cut:]))


async def find(connection: AsyncConnection, login: str, *, lock: bool = False) -> Customer | None:
    """The subscriber of a canonical login; `lock` keeps its account from moving until the end.

    On SQLite an office transaction is alone with the database anyway.
    """
    query = _customers().where(schema.subscribers.c.login == login)
    if lock:
        query = query.with_for_update(of=schema.accounts)
    row = (await connection.execute(query)).first()
    return _customer(row) if row else None


async def with_ids(
    connection: AsyncConnection, subscriber_ids: Sequence[int], *, lock: bool = False
) -> list[Customer]:
    """The subscribers of these ids by id, as `find` finds one; an id of nobody has no row."""
    found: list[Customer] = []
    for at in range(0, len(subscriber_ids), _ROWS_AT_ONCE):
        column = schema.subscribers.c.subscriber_id
        some = subscriber_ids[at : at + _ROWS_AT_ONCE]
        query = _customers().where(column.in_(some)).order_by(column)
        if lock:
            query = query.with_for_update(of=schema.accounts)
        found += [_customer(row) for row in await connection.execute(query)]
    return found


async def search(connection: AsyncConnection, word: str, *, limit: int) -> list[Customer]:
    """Subscribers whose login begins with a word, or who have this MAC."""
    low = canonical_login(word)
    table = schema.subscribers.c
    # A range and not LIKE: SQLite's folds case, so it would use no index.
    begins: ColumnElement[bool] = and_(table.login >= low, table.login < low + "\U0010ffff")
    mac = canonical_mac(word)
    wanted = or_(begins, table.mac == mac, table.login == mac) if mac else begins
    query = _customers().where(wanted).order_by(table.login).limit(limit)
    return [_customer(row) for row in await connection.execute(query)]


async def page(
    connection: AsyncConnection,
    *,
    after: str,
    limit: int,
    status: str | None = None,
    plan_name: str | None = None,
) -> list[Customer]:
    """The next subscribers by login; a long list is read in several short transactions."""
    table = schema.subscribers.c
    query = _customers().where(table.login > after).order_by(table.login).limit(limit)
    if status:
        query = query.where(table.status == status)
    if plan_name:
        query = query.where(table.plan_name == plan_name)
    return [_customer(row) for row in await connection.execute(query)]


async def taken(connection: AsyncConnection, logins: Sequence[str]) -> set[str]:
    """Which of these logins exist already."""
    column = schema.subscribers.c.login
    found: set[str] = set()
    for at in range(0, len(logins), _ROWS_AT_ONCE):
        some = logins[at : at + _ROWS_AT_ONCE]
        found.update(await connection.scalars(select(column).where(column.in_(some))))
    return found


async def add(
    connection: AsyncConnection, customers: Sequence[Customer], entries: Sequence[Entry] = ()
) -> None:
    """Insert new subscribers with their accounts, and the entries that opened these.

    The sums of an account already contain its entry (L3); a few statements, however many rows.
    """
    opened = {entry.account_id: customer_micros(entry) for entry in entries}
    for customer in customers:
        account = customer.account
        assert account.posted_micros == opened.get(account.account_id, 0), "L3"
        assert account.entries_n == (account.account_id in opened), "L10"
    for at in range(0, len(customers), _ROWS_AT_ONCE):
        some = customers[at : at + _ROWS_AT_ONCE]
        await connection.execute(
            insert(schema.accounts), [values(ACCOUNTS, one.account) for one in some]
        )
        await connection.execute(
            insert(schema.subscribers), [values(SUBSCRIBERS, one.subscriber) for one in some]
        )
    await name_words.write(connection, [one.subscriber for one in customers], fresh=True)
    await write_entries(connection, entries)
    await record_changes(
        connection, "subscriber", [one.subscriber.subscriber_id for one in customers]
    )


async def change(connection: AsyncConnection, subscriber: Subscriber) -> None:
    """Write a changed subscriber; its live sessions are looked at by the server."""
    table = schema.subscribers
    await connection.execute(
        update(table)
        .where(table.c.subscriber_id == subscriber.subscriber_id)
        .values(values(SUBSCRIBERS, subscriber))
    )
    await name_words.write(connection, [subscriber])
    await record_change(connection, "subscriber", subscriber.subscriber_id)


async def set_credit_limit(
    connection: AsyncConnection, account_id: int, credit_limit_micros: int
) -> None:
    """How far below zero an account may spend."""
    table = schema.accounts
    await connection.execute(
        update(table)
        .where(table.c.account_id == account_id)
        .values(credit_limit_micros=credit_limit_micros)
    )
    await record_change(connection, "account", account_id)


async def live_sessions_n(connection: AsyncConnection, account_id: int) -> int:
    """How many accepted or open sessions an account has."""
    query = (
        select(func.count())
        .select_from(schema.sessions)
        .where(live_sessions.of_account(account_id))
    )
    return int(await connection.scalar(query) or 0)
