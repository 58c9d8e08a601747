"""What periods that run were granted, changed by the operator's word and by nothing else.

A pot keeps what its plan granted when it was opened (T6), so a new version of a plan changes the
next period. Who loads one may say that it holds now: then the rows of the periods that run are
granted what the new version brings, or, if more than that is used or lost already, just that. The
server hears of the accounts in the same transaction and looks at their sessions.
"""

from __future__ import annotations

from sqlalchemy import case, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.plan import Plan
from domain.pot import PotKind
from domain.session import Session, SessionState
from store import schema
from store.feed import record_changes
from store.rows import SESSIONS

_T, _S, _P = schema.pots.c, schema.sessions.c, schema.plans.c


async def grant_now(connection: AsyncConnection, old: Plan, new: Plan, *, now_us: int) -> list[int]:
    """Grant the periods that run what the bundles of the new version bring; whose they are.

    A bundle that is counted in another unit than before is of the next period.
    """
    before = {one.name: one for one in old.pricing.bundles} if old.pricing is not None else {}
    found: set[int] = set()
    for bundle in new.pricing.bundles if new.pricing is not None else ():
        was = before.get(bundle.name)
        if was is None or bool(was.octets) is not bool(bundle.octets):
            continue
        granted = bundle.octets or bundle.seconds
        spent = _T.used + _T.lost
        target = case((spent > granted, spent), else_=granted)
        these = (
            _T.pot == f"{PotKind.BUNDLE}/{bundle.period}/{new.name}/{bundle.name}",
            _T.period_start_us <= now_us,
            or_(_T.until_us.is_(None), _T.until_us > now_us),
            _T.granted != target,
        )
        found |= set(await connection.scalars(select(_T.account_id).where(*these)))
        await connection.execute(update(schema.pots).where(*these).values(granted=target))
    await record_changes(connection, "account", sorted(found))
    return sorted(found)


async def sessions_before(connection: AsyncConnection, new: Plan) -> list[Session]:
    """The open sessions that run by older versions of a plan."""
    query = (
        select(*SESSIONS.columns)
        .join_from(schema.sessions, schema.plans, _P.plan_id == _S.plan_id)
        .where(_S.state == int(SessionState.OPEN), _P.name == new.name, _P.plan_id != new.plan_id)
        .order_by(_S.session_id)
    )
    return [SESSIONS.of_row(row) for row in await connection.execute(query)]
