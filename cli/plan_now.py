"""`plan load --now`: a new version that holds at once, for periods and sessions that run.

Without this word a version holds from the next period on, or where a plan has none, from the next
login (`accounting.in_force`), and what is held back is told. With it, what bundles bring is granted
to the periods that run, sessions are told what else they get, and those at other prices are ended,
each by an order that its device hears at its own pace: the next login is at the new ones. Prices of
a session are never exchanged while it runs, since its charge is the price of all that it has used.
"""

from __future__ import annotations

from aaa.entitled import same_prices
from accounting.in_force import longest_period
from cli.office import Office
from cli.session import disconnect_of
from domain.plan import Plan
from domain.seams import US_PER_S
from domain.session import Session
from store import office_devices, office_grants, office_plans, office_sessions
from store.office_connection import Connection

REASON = "plan-changed"


async def hold_now(office: Office, connection: Connection, new: Plan) -> str:
    """Let a version hold at once, in the transaction that loads it; what to say of it."""
    older = [one.plan for one in await office_plans.versions(connection, new.name)][1:]
    if not older:
        return ""  # the first one: nobody has another
    accounts = await office_grants.grant_now(connection, older, new, now_us=office.now_us)
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
        f"{new.name} holds at once: {len(accounts)} accounts are granted its bundles now; "
        f"{len(cut)} sessions at other prices are being ended"
    )


async def held_back(office: Office, connection: Connection, new: Plan) -> str:
    """What to say of those for whom a new version does not hold yet; nothing if it is the first."""
    found = await office_plans.find(connection, new.name, version=new.version - 1)
    if found is None:
        return ""
    period, package = longest_period(found[0]), found[0].package
    if package is not None:
        since_us = office.now_us - package.grace_s * US_PER_S
        whose = await office_plans.held_back(connection, new, since_us)
        if not whose:
            return ""
        since = f"{whose} subscribers keep the version that they have bought until their time ends"
    elif period is not None:
        since = f"it holds for each subscriber from the next {period} on"
    else:
        since = "it holds from the next login on"
    return f"{new.name}: {since}; with `--now` it holds at once"
