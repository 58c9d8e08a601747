"""Decisions about logins, as `explain reject` asks for them: by login, by MAC, or the newest.

Each login has a small ring of its own; what was decided about logins that no subscriber has is in
one ring, under the empty login.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection

from aaa.ports import Decision
from store import schema
from store.rows import DECISIONS

_MAC_ROWS_MAX = 200
_T = schema.decisions.c


async def of_login(connection: AsyncConnection, login: str) -> list[Decision]:
    """The decisions about one login, newest first."""
    return await _newest(connection, _T.login == login, limit=None)


async def of_strangers(connection: AsyncConnection) -> list[Decision]:
    """The decisions about logins that nobody has, newest first."""
    return await _newest(connection, _T.login == "", limit=None)


async def of_mac(connection: AsyncConnection, mac: str) -> list[Decision]:
    """The newest decisions about one canonical MAC, newest first."""
    return await _newest(connection, _T.mac == mac, limit=_MAC_ROWS_MAX)


async def newest_refusals(connection: AsyncConnection, *, limit: int) -> list[Decision]:
    """The newest refusals of anybody, newest first."""
    return await _newest(connection, _T.code != "accepted", limit=limit)


async def _newest(
    connection: AsyncConnection, wanted: ColumnElement[bool], *, limit: int | None
) -> list[Decision]:
    query = select(*DECISIONS.columns).where(wanted).order_by(_T.decided_us.desc()).limit(limit)
    return [DECISIONS.of_row(row) for row in await connection.execute(query)]
