"""What periods that run were granted, changed by the operator's word and by nothing else.

A pot keeps what its plan granted when it was opened (T6), so a new version of a plan changes the
next period. Who loads one may say that it holds now: then the rows of the periods that run are
granted what the new version brings, or, if more than that is used or lost already, just that. The
server hears of the accounts in the same transaction and looks at their sessions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import bindparam, case, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from accounting.pot_terms import spans, terms_of
from domain.account import Subscriber
from domain.plan import Plan
from domain.pot import PotKind
from domain.pricing import Bundle, Period
from domain.session import Session, SessionState
from store import office_subscribers, schema
from store.feed import record_changes
from store.rows import SESSIONS

_T, _S, _P = schema.pots.c, schema.sessions.c, schema.plans.c
_PEOPLE_AT_ONCE = 1_000

_Row = tuple[int, str, int]  # the key of a pot: account, key, beginning


async def grant_now(
    connection: AsyncConnection, older: Sequence[Plan], new: Plan, *, now_us: int
) -> list[int]:
    """Grant the periods that run what the bundles of the new version bring; whose they are.

    `older` are the versions before it, newest first. A bundle that is counted in another unit than
    before is of the next period.
    """
    before: dict[str, Bundle] = {}
    for plan in older:
        for bundle in plan.pricing.bundles if plan.pricing is not None else ():
            before.setdefault(bundle.name, bundle)
    bundles = {
        f"{PotKind.BUNDLE}/{one.period}/{new.name}/{one.name}": one
        for one in (new.pricing.bundles if new.pricing is not None else ())
        if one.name in before and bool(before[one.name].octets) is bool(one.octets)
    }
    found: set[int] = set()
    after = ""
    while bundles:
        people = await office_subscribers.page(
            connection, after=after, limit=_PEOPLE_AT_ONCE, plan_name=new.name
        )
        if not people:
            break
        after = people[-1].subscriber.login
        running = _running((one.subscriber for one in people), new, bundles, now_us)
        found |= await _grant(connection, bundles, set(running))
    await record_changes(connection, "account", sorted(found))
    return sorted(found)


def _running(
    people: Iterable[Subscriber], plan: Plan, bundles: dict[str, Bundle], now_us: int
) -> Iterator[_Row]:
    """The rows of periods that run, as usage finds them: by where periods begin.

    The end in a row is the one that was known when it was opened; an extension has moved it.
    """
    for one in people:
        terms = terms_of(one, plan)
        over = terms.until_us is not None and terms.until_us <= now_us
        for key, bundle in bundles.items():
            if not (over and bundle.period is Period.VALIDITY):
                (span,) = spans(terms, bundle.period, now_us, now_us)
                yield one.account_id, key, span.start_us


async def _grant(
    connection: AsyncConnection, bundles: dict[str, Bundle], running: set[_Row]
) -> set[int]:
    """Grant these rows, as far as they are there, what their bundles bring; whose they are."""
    spent = _T.used + _T.lost
    accounts = {account_id for account_id, _, _ in running}
    query = select(_T.account_id, _T.pot, _T.period_start_us, _T.granted, spent).where(
        _T.account_id.in_(sorted(accounts)), _T.pot.in_(sorted(bundles))
    )
    brings = {key: one.octets or one.seconds for key, one in bundles.items()}
    changed = [
        {"account": account_id, "key": key, "start_us": start_us, "brings": brings[key]}
        for account_id, key, start_us, granted, used in await connection.execute(query)
        if (account_id, key, start_us) in running and granted != max(used, brings[key])
    ]
    if not changed:
        return set()
    brought = bindparam("brings", type_=_T.granted.type)
    change = (
        update(schema.pots)
        .where(
            _T.account_id == bindparam("account"),
            _T.pot == bindparam("key"),
            _T.period_start_us == bindparam("start_us"),
        )
        .values(granted=case((spent > brought, spent), else_=brought))
    )
    await connection.execute(change, changed)
    return {int(one["account"]) for one in changed}


async def sessions_before(connection: AsyncConnection, new: Plan) -> list[Session]:
    """The open sessions that run by older versions of a plan."""
    query = (
        select(*SESSIONS.columns)
        .join_from(schema.sessions, schema.plans, _P.plan_id == _S.plan_id)
        .where(_S.state == int(SessionState.OPEN), _P.name == new.name, _P.plan_id != new.plan_id)
        .order_by(_S.session_id)
    )
    return [SESSIONS.of_row(row) for row in await connection.execute(query)]
