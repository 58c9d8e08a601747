"""Decisions about logins, as `explain reject` asks for them: by login, by MAC, or the newest.

What let a session begin has the session's id, and is found by way of it. The others, refusals
nearly all, are found by login or MAC, and of each login only the newest few are kept. What was
decided about logins that no subscriber has is kept together, under the empty login.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, TextClause, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from aaa.ports import Decision
from store import live_sessions, schema
from store.rows import DECISIONS
from store.writing import DECISIONS_PER_LOGIN

_MAC_ROWS_MAX = 200
_BEGUN_MAX = 200  # sessions of an account that are looked at; it may have several logins
_T, _S, _P = schema.decisions.c, schema.sessions.c, schema.subscribers.c
_F = schema.session_facts.c


async def of_login(connection: AsyncConnection, login: str) -> list[Decision]:
    """The last decisions about one login, newest first."""
    account = select(_P.account_id).where(_P.login == login).scalar_subquery()
    his = live_sessions.ever_of_account(account)
    begun = select(_S.session_id).where(his).order_by(_S.session_id.desc())
    own = [_T.login == login, _T.session_id != _T.n]
    return _merged(
        await _newest(connection, *own, order=_T.n),
        await _newest(connection, _T.n.in_(begun.limit(_BEGUN_MAX)), _T.login == login),
        limit=DECISIONS_PER_LOGIN,
    )


async def of_strangers(connection: AsyncConnection) -> list[Decision]:
    """The decisions about logins that nobody has, newest first."""
    return await _newest(connection, _T.login == "", _T.session_id != _T.n, order=_T.n)


async def of_mac(connection: AsyncConnection, mac: str) -> list[Decision]:
    """The newest decisions about one canonical MAC, newest first."""
    refused = text(schema.REFUSED)
    found = [await _newest(connection, _T.mac == mac, refused, limit=_MAC_ROWS_MAX)]
    for given in live_sessions.at_station(mac, connection.dialect.name):
        let_in = select(_F.session_id).where(*given).order_by(_F.start_us.desc())
        found.append(await _newest(connection, _T.n.in_(let_in.limit(_MAC_ROWS_MAX))))
    return _merged(*found, limit=_MAC_ROWS_MAX)


async def newest_refusals(connection: AsyncConnection, *, limit: int) -> list[Decision]:
    """The newest refusals of anybody, newest first."""
    return await _newest(connection, _T.code != "accepted", limit=limit)


async def _newest(
    connection: AsyncConnection,
    *wanted: ColumnElement[bool] | TextClause,
    order: ColumnElement[int] = _T.decided_us,
    limit: int | None = None,
) -> list[Decision]:
    query = select(*DECISIONS.columns).where(*wanted).order_by(order.desc()).limit(limit)
    return [DECISIONS.of_row(row) for row in await connection.execute(query)]


def _merged(*found: list[Decision], limit: int) -> list[Decision]:
    """These in one list, the newest first."""
    newest = sorted((one for some in found for one in some), key=lambda one: -one.decided_us)
    return newest[:limit]
