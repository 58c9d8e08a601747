"""`plan load --now`: a new version that holds at once, for periods and sessions that run.

Without this word a version counts from the next login and the next period on. With it, what bundles
bring is granted to the periods that run, and sessions at other prices are ended, each by an order
that its device hears at its own pace: the next login is at the new ones. Prices of a session are
never exchanged while it runs, since its charge is the price of all that it has used.
"""

from __future__ import annotations

from aaa.entitled import same_prices
from cli.office import Office
from cli.session import disconnect_of
from domain.plan import Plan
from domain.session import Session
from store import office_devices, office_grants, office_plans, office_sessions
from store.office_connection import Connection

REASON = "plan-changed"


async def hold_now(office: Office, connection: Connection, old: Plan, new: Plan) -> str:
    """Let a version hold at once, in the transaction that loads it; what to say of it."""
    accounts = await office_grants.grant_now(connection, old, new, now_us=office.now_us)
    devices = {one.device_id: one for one in await office_devices.everyone(connection)}
    versions: dict[int, Plan | None] = {}
    cut: list[Session] = []
    for session in await office_grants.sessions_before(connection, new):
        if session.plan_id not in versions:
            versions[session.plan_id] = await office_plans.by_id(connection, session.plan_id)
        plan, device = versions[session.plan_id], devices.get(session.device_id)
        if plan is None or device is None or same_prices(plan, new) or session.cut_order_id:
            continue
        await office_sessions.give(connection, disconnect_of(office, session, device, REASON))
        cut.append(session)
    await office.audit(
        connection,
        "plan load --now",
        kind="plan",
        row_id=new.plan_id,
        subject=new.name,
        after={"version": new.version, "accounts": len(accounts), "sessions": len(cut)},
    )
    return (
        f"{new.name}: bundles of {len(accounts)} accounts hold now; "
        f"{len(cut)} sessions at other prices are being ended"
    )
