"""Plans as the office loads and lists them: versions are added, none is ever changed.

The newest version of a name counts at the next login; sessions keep the one they began with, so
old versions stay as long as the books.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.plan import Plan
from store import schema
from store.feed import record_change
from store.plans import PLAN_COLUMNS, plan_of, plan_row, select_plans


async def load(
    connection: AsyncConnection, plan: Plan, *, plan_id: int, now_us: int
) -> tuple[Plan, bool]:
    """Store a plan as its next version; the plan as it stands then, and whether it is new.

    The same text as the newest version is not stored again.
    """
    newest = await find(connection, plan.name)
    if newest is not None and newest[0].source == plan.source:
        return newest[0], False
    version = newest[0].version + 1 if newest else 1
    stored = replace(plan, plan_id=plan_id, version=version)
    await connection.execute(insert(schema.plans).values(plan_row(stored, created_us=now_us)))
    await record_change(connection, "plan", plan_id)
    return stored, True


async def find(
    connection: AsyncConnection, name: str, *, version: int | None = None
) -> tuple[Plan, int] | None:
    """A version of a plan (the newest unless it is named), and when it was loaded."""
    table = schema.plans.c
    query = (
        select(*PLAN_COLUMNS, table.created_us)
        .where(table.name == name)
        .order_by(table.version.desc())
        .limit(1)
    )
    if version is not None:
        query = query.where(table.version == version)
    row = (await connection.execute(query)).first()
    return (plan_of(row[:-1]), int(row[-1])) if row else None


async def newest(connection: AsyncConnection, names: Iterable[str]) -> dict[str, Plan]:
    """The newest version of each of these plans; a name that is missing has no plan."""
    found: dict[str, Plan] = {}
    for name in sorted(set(names)):
        stored = await find(connection, name)
        if stored is not None:
            found[name] = stored[0]
    return found


async def by_id(connection: AsyncConnection, plan_id: int) -> Plan | None:
    """The plan version that a session was opened with."""
    query = select(*PLAN_COLUMNS).where(schema.plans.c.plan_id == plan_id)
    row = (await connection.execute(query)).first()
    return plan_of(row) if row else None


async def everything(connection: AsyncConnection, *, newest_only: bool) -> list[tuple[Plan, int]]:
    """All plans by name, newest version first, each with when it was loaded."""
    rows = await connection.execute(select_plans().add_columns(schema.plans.c.created_us))
    found = [(plan_of(row[:-1]), int(row[-1])) for row in rows]
    if not newest_only:
        return found
    seen: dict[str, tuple[Plan, int]] = {}
    for plan, created_us in found:
        seen.setdefault(plan.name, (plan, created_us))
    return list(seen.values())
