"""What the office sees of running sessions after a change: which there are, what became of them.

The office changes rows and waits; the server hears of it by the feed, looks at the sessions, writes
orders and carries them out. Here is what tells how far that has come: the newest change, the mark
up to which a server has looked (`store.feed`), when it last said that it runs, and the orders.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.grant import Order, OrderState
from domain.session import Session
from store import live_sessions, schema
from store.feed import LOOKED, PROBE
from store.rows import ORDERS, SESSIONS

_IDS_AT_ONCE: Final = 500
_LIVE = text("sessions.state < 2")  # as the partial index says it


@dataclass(frozen=True, slots=True)
class Watch:
    """Sessions that a change may concern, taken in its transaction.

    `seq` is the number of the change in the feed; `settled` are orders that had ended before it.
    """

    seq: int
    sessions: tuple[Session, ...]
    settled: frozenset[int]


async def watch(connection: AsyncConnection, account_ids: Iterable[int]) -> Watch:
    """Take down the live sessions of accounts, after the change and in its transaction."""
    sessions: list[Session] = []
    table = schema.sessions.c
    for some in _pages(sorted(set(account_ids))):
        query = (
            select(*SESSIONS.columns)
            .where(live_sessions.of_accounts(some))
            .order_by(table.session_id)
        )
        sessions += [SESSIONS.of_row(row) for row in await connection.execute(query)]
    newest = await connection.scalar(select(func.max(schema.changes.c.seq)))
    orders = await orders_about(connection, [one.session_id for one in sessions])
    ended = {one.order_id for one in orders if one.state is not OrderState.PENDING}
    return Watch(int(newest or 0), tuple(sessions), frozenset(ended))


async def accounts_on_plans(connection: AsyncConnection, names: Sequence[str]) -> list[int]:
    """The accounts with live sessions that have a subscriber on one of these plans."""
    people, sessions = schema.subscribers, schema.sessions
    # By a sum, so that no index of all sessions is walked because it has accounts in their order.
    query = (
        select(sessions.c.account_id + 0)
        .join_from(sessions, people, people.c.subscriber_id == sessions.c.subscriber_id)
        .where(_LIVE, people.c.plan_name.in_(list(names)))
        .distinct()
    )
    return sorted(await connection.scalars(query))


async def looked_seq(connection: AsyncConnection) -> int:
    """Up to which change all workers have looked at what follows; 0: none ever has."""
    table = schema.meta.c
    ours = or_(table.key == LOOKED, table.key.like(f"{LOOKED}.%"))
    found = await connection.scalars(select(table.value).where(ours))
    return min((int(value) for value in found), default=0)


async def server_seen_us(connection: AsyncConnection) -> int:
    """When a server last said that it runs; 0: never, or it says so just now."""
    said = await _note(connection, PROBE) or ""
    return int(said) if said.isdigit() else 0


async def _note(connection: AsyncConnection, key: str) -> str | None:
    found: str | None = await connection.scalar(
        select(schema.meta.c.value).where(schema.meta.c.key == key)
    )
    return found


async def orders_about(connection: AsyncConnection, session_ids: Sequence[int]) -> list[Order]:
    """Every order about these sessions, oldest first."""
    found: list[Order] = []
    for some in _pages(session_ids):
        query = (
            select(*ORDERS.columns)
            .where(schema.orders.c.session_id.in_(some))
            .order_by(schema.orders.c.order_id)
        )
        found += [ORDERS.of_row(row) for row in await connection.execute(query)]
    return found


async def still_live(connection: AsyncConnection, session_ids: Sequence[int]) -> set[int]:
    """Which of these sessions are accepted or open."""
    found: set[int] = set()
    column = schema.sessions.c.session_id
    for some in _pages(session_ids):
        found.update(await connection.scalars(select(column).where(column.in_(some), _LIVE)))
    return found


def _pages(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (ids[at : at + _IDS_AT_ONCE] for at in range(0, len(ids), _IDS_AT_ONCE))
