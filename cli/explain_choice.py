"""Which sessions `explain charge` is about, and what it needs to know of all of them at once.

A month of a subscriber may be hundreds of sessions under one plan: names of NAS and plans are read
and compiled once, not for each. Nothing is explained here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from accounting.uses import Sheet, sheet_of
from cli.errors import HouseError
from domain.account import Account
from domain.money import format_amount
from domain.plan import Plan
from domain.pot import Pot
from store import (
    office_devices,
    office_money,
    office_plans,
    office_sessions,
    office_usage,
    purging,
)


@dataclass(frozen=True, slots=True)
class Around:
    """What the sessions of one explanation have in common."""

    account: Account
    names: dict[int, str]  # of NAS
    plans: dict[int, tuple[Plan, Sheet | None]]  # by id, compiled if they have bands
    pots: Sequence[Pot] = ()  # of the account, if one of the plans has caps

    def plan_of(self, one: office_sessions.ListedSession) -> tuple[Plan, Sheet | None]:
        """The plan of a session. HouseError if it is missing."""
        found = self.plans.get(one.session.plan_id)
        if found is None:
            raise HouseError(f"the plan of session {one.session.session_id} is missing")
        return found


async def around(
    connection: Any, account: Account, some: Sequence[office_sessions.ListedSession]
) -> Around:
    """Read what these sessions have in common."""
    plans: dict[int, tuple[Plan, Sheet | None]] = {}
    for plan_id in sorted({one.session.plan_id for one in some}):
        plan = await office_plans.by_id(connection, plan_id)
        if plan is not None:
            plans[plan_id] = plan, sheet_of(plan)
    capped = any(plan.pricing is not None and plan.pricing.caps for plan, _ in plans.values())
    account_id = account.account_id
    pots = await office_usage.of_account(connection, account_id) if capped else ()
    return Around(account, await office_devices.names(connection), plans, pots)


async def chosen(
    connection: Any, account: Account, session_id: int | None, sessions_n: int
) -> Sequence[office_sessions.ListedSession]:
    """Return the sessions to explain, newest first."""
    if session_id is None:
        if not sessions_n:
            return []
        return await office_sessions.listing(
            connection, live_only=False, limit=sessions_n, account_id=account.account_id
        )
    one = await office_sessions.find(connection, session_id)
    if one is None or one.session.account_id != account.account_id:
        raise HouseError(await _not_there(connection, account, session_id))
    return [one]


async def _not_there(connection: Any, account: Account, session_id: int) -> str:
    """Why there is nothing to explain: never this subscriber's, or purged."""
    booked = await office_money.of_session(connection, account.account_id, session_id)
    if not booked:
        purged = await purging.sessions_until_us(connection)
        return (
            f"session {session_id} is not one of this subscriber{', or was purged' * bool(purged)}"
            "; see `tollhouse session list --login LOGIN --all`"
        )
    charged = format_amount(-sum(micros for _, micros in booked), account.currency)
    entries = ", ".join(str(seq) for seq, _ in booked)
    return f"session {session_id} was purged; it was charged {charged} by entry {entries}"
