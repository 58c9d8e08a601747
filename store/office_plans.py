"""Plans as the office loads and lists them: versions are added, none is ever edited.

Which version holds for whom is told by `accounting.in_force`; sessions keep the one they began
with, so old versions stay as long as the books. That one holds at once can be said later.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from accounting import in_force as rule
from accounting.in_force import Version
from domain.account import Status, Subscriber
from domain.plan import Plan
from store import schema
from store.feed import record_change
from store.plans import PLAN_COLUMNS, plan_of, plan_row, select_plans, version_of


async def load(
    connection: AsyncConnection, plan: Plan, *, plan_id: int, now_us: int, at_once: bool = False
) -> tuple[Plan, bool]:
    """Store a plan as its next version; the plan as it stands then, and whether it is new.

    The same text as the newest version is not stored again; but that version may come to hold
    `at_once`, and is as good as new then.
    """
    newest = await find(connection, plan.name)
    if newest is not None and newest[0].source == plan.source:
        return newest[0], at_once and await _hold_at_once(connection, newest[0])
    version = newest[0].version + 1 if newest else 1
    stored = replace(plan, plan_id=plan_id, version=version)
    row = plan_row(stored, created_us=now_us, at_once=at_once)
    await connection.execute(insert(schema.plans).values(row))
    await record_change(connection, "plan", plan_id)
    return stored, True


async def _hold_at_once(connection: AsyncConnection, plan: Plan) -> bool:
    """Let a version hold for periods and sessions that run; did it not already?"""
    table = schema.plans.c
    change = update(schema.plans).where(table.plan_id == plan.plan_id, ~table.at_once)
    if (await connection.execute(change.values(at_once=True))).rowcount == 0:
        return False
    await record_change(connection, "plan", plan.plan_id)
    return True


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


async def in_force(connection: AsyncConnection, subscriber: Subscriber, now_us: int) -> Plan | None:
    """The version of its plan that holds for a subscriber who would log in now."""
    found = await versions(connection, subscriber.plan_name)
    return in_force_of(found, subscriber, now_us) if found else None


async def versions(connection: AsyncConnection, name: str) -> list[Version]:
    """All versions of a plan, newest first."""
    table = schema.plans.c
    query = (
        select(*PLAN_COLUMNS, table.created_us, table.at_once)
        .where(table.name == name)
        .order_by(table.version.desc())
    )
    return [version_of(row) for row in await connection.execute(query)]


def in_force_of(found: Sequence[Version], subscriber: Subscriber, now_us: int) -> Plan:
    """As `in_force`, of all versions of the subscriber's plan."""
    plan_id = subscriber.plan_id_at(now_us)
    bought = next((one.plan for one in found if one.plan.plan_id == plan_id), None)
    return rule.in_force(found, subscriber, now_us, bought=bought)


async def that_ends(connection: AsyncConnection, subscriber: Subscriber, plan: Plan) -> Plan:
    """The version that the last period was bought as which a renewal of `plan` would follow."""
    until_us = subscriber.valid_until_us
    plan_id = subscriber.plan_id_at(until_us - 1) if until_us is not None else 0
    if plan_id in (0, plan.plan_id):
        return plan
    return await by_id(connection, plan_id) or plan


async def held_back(connection: AsyncConnection, plan: Plan, since_us: int) -> int:
    """How many subscribers are in periods that were bought as an older version of this plan.

    Who has none any more since an instant is not among them: its next period is of the newest.
    """
    table = schema.subscribers.c
    older = select(schema.plans.c.plan_id).where(
        schema.plans.c.name == plan.name, schema.plans.c.version < plan.version
    )
    query = select(func.count()).where(
        *(table.plan_name == plan.name, table.plan_id.in_(older)),
        *(table.valid_until_us > since_us, table.status != Status.CLOSED),
    )
    return int(await connection.scalar(query) or 0)


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
