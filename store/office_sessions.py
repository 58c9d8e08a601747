"""Sessions as the office lists them, and the orders it gives about them.

The office never changes a session: it writes an order and the server carries it out. Every listing
has a limit, because a house has more sessions than a screen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.grant import Order
from domain.session import Session
from store import live_sessions, schema
from store.feed import record_change
from store.office_money import values
from store.rows import ORDERS, SESSIONS, Row

_LIVE = text("sessions.state < 2")  # as the partial indexes say it


@dataclass(frozen=True, slots=True)
class ListedSession:
    """A session with the login and currency it belongs to; both are empty when it is nobody's."""

    session: Session
    login: str
    currency: str


def listed() -> Select[Any]:
    """Sessions with the login and the currency of whoever pays."""
    return (
        select(
            *SESSIONS.columns,
            func.coalesce(schema.subscribers.c.login, ""),
            func.coalesce(schema.accounts.c.currency, ""),
        )
        .select_from(schema.sessions)
        .outerjoin(
            schema.subscribers,
            schema.subscribers.c.subscriber_id == schema.sessions.c.subscriber_id,
        )
        .outerjoin(schema.accounts, schema.accounts.c.account_id == schema.sessions.c.account_id)
    )


def listed_of_row(row: Row) -> ListedSession:
    """A row of `listed`."""
    return ListedSession(SESSIONS.of_row(row[:-2]), row[-2], row[-1])


async def listing(
    connection: AsyncConnection,
    *,
    live_only: bool,
    limit: int,
    account_id: int | None = None,
    device_id: int | None = None,
) -> list[ListedSession]:
    """The newest sessions, newest first."""
    table = schema.sessions.c
    query = listed().limit(limit)
    if live_only:
        # Ordered by a sum, so that no index of all sessions, ever so many of them ended, is walked
        # for the order: the live ones are found by the index of the live ones, and sorted.
        live = _LIVE if account_id is None else live_sessions.of_account(account_id)
        query = query.where(live).order_by((table.session_id + 0).desc())
    else:
        query = query.order_by(table.session_id.desc())
        if account_id is not None:
            query = query.where(live_sessions.ever_of_account(account_id))
    if device_id is not None:
        query = query.where(table.device_id == device_id)
    return [listed_of_row(row) for row in await connection.execute(query)]


async def find(connection: AsyncConnection, session_id: int) -> ListedSession | None:
    """One session by its number."""
    query = listed().where(schema.sessions.c.session_id == session_id)
    row = (await connection.execute(query)).first()
    return listed_of_row(row) if row else None


async def live_of(connection: AsyncConnection, account_id: int) -> list[Session]:
    """The live sessions of an account, oldest first."""
    table = schema.sessions.c
    query = (
        select(*SESSIONS.columns)
        .where(live_sessions.of_account(account_id))
        .order_by(table.session_id)
    )
    return [SESSIONS.of_row(row) for row in await connection.execute(query)]


async def give(connection: AsyncConnection, order: Order) -> None:
    """Write an order; the server hears of it and carries it out."""
    await connection.execute(insert(schema.orders).values(values(ORDERS, order)))
    await record_change(connection, "order", order.order_id)


async def order(connection: AsyncConnection, order_id: int) -> Order | None:
    """How far an order has come."""
    query = select(*ORDERS.columns).where(schema.orders.c.order_id == order_id)
    row = (await connection.execute(query)).first()
    return ORDERS.of_row(row) if row else None


async def orders_of(connection: AsyncConnection, session_id: int) -> list[Order]:
    """Every order about a session, oldest first."""
    query = (
        select(*ORDERS.columns)
        .where(schema.orders.c.session_id == session_id)
        .order_by(schema.orders.c.order_id)
    )
    return [ORDERS.of_row(row) for row in await connection.execute(query)]
