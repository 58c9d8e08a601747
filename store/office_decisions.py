"""Decisions about logins, as `explain reject` asks for them: by login, by MAC, or the newest."""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from aaa.ports import Decision
from store import schema
from store.rows import DECISIONS


async def of_login(connection: AsyncConnection, login: str, *, limit: int) -> list[Decision]:
    """The newest decisions about one login, newest first.

    Decisions about logins that no subscriber has share a ring; they are found by the name sent.
    """
    table = schema.decisions.c
    unknown = (table.login == "") & (table.user_name == login)
    query = (
        select(*DECISIONS.columns)
        .where(or_(table.login == login, unknown))
        .order_by(table.decided_us.desc(), table.n.desc())
        .limit(limit)
    )
    return [DECISIONS.of_row(row) for row in await connection.execute(query)]


async def of_mac(connection: AsyncConnection, mac: str, *, limit: int) -> list[Decision]:
    """The newest decisions about one canonical MAC, newest first."""
    table = schema.decisions.c
    query = (
        select(*DECISIONS.columns)
        .where(table.mac == mac)
        .order_by(table.decided_us.desc())
        .limit(limit)
    )
    return [DECISIONS.of_row(row) for row in await connection.execute(query)]


async def newest(
    connection: AsyncConnection, *, limit: int, refused_only: bool = True
) -> list[Decision]:
    """The newest decisions about anybody, newest first."""
    table = schema.decisions.c
    query = select(*DECISIONS.columns).order_by(table.decided_us.desc()).limit(limit)
    if refused_only:
        query = query.where(table.code != "accepted")
    return [DECISIONS.of_row(row) for row in await connection.execute(query)]
