"""Proves what sessions used by bands, and what the pots of accounts say of it, one by the other.

A session that was charged by a plan with `pricing` must cost what its `uses` cost, and their cells
must come to its rated totals (A2); of each bundle, and of all boosters together, the sessions of an
account have covered what its pots count as used; and its tiers, caps and fair use have counted what
its sessions used and were charged, over all periods together. Which session fell into which period
is proved by a replay and not here. Sessions that were purged are not there to be asked: of an
account that has lost some, pots may count more.

A page of accounts is one snapshot, and no snapshot outlives its page.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import or_, select, union
from sqlalchemy.ext.asyncio import AsyncConnection

from accounting.uses import Sheet, faults, sheet_of, tallies
from domain.pot import PotKind
from domain.session import Session
from rating.scheme import Uses
from store import live_sessions, rows, schema
from store.database import Database
from store.plans import PLAN_COLUMNS, plan_of

PAGE_N = 200  # accounts

_S, _P, _G = schema.sessions.c, schema.pots.c, schema.purged.c


class Source(NamedTuple):
    """What covered usage of an account: a bundle of a plan, or its boosters."""

    account_id: int
    plan: str = ""
    bundle: str = ""

    def __str__(self) -> str:
        return f'bundle "{self.bundle}" of {self.plan}' if self.plan else "boosters"


class Counted(NamedTuple):
    """What an account counts under a plan: the key of its pots."""

    account_id: int
    key: str

    def __str__(self) -> str:
        kind, period, rest = self.key.split("/", 2)
        plan, _, name = rest.partition("/")
        return f"{kind} {period} of {plan}" + (f" ({name})" if name else "")


Fault = tuple[str, int]  # a sentence, and whose account it is about


async def faults_of_uses(database: Database) -> AsyncIterator[Fault]:
    """Everything that is wrong with sessions by bands and the pots that they drew on (A2)."""
    sheets = await _sheets(database)
    after = -1
    while sheets:
        async with database.reading() as connection:
            accounts = await _accounts(connection, after)
            sessions = await _sessions(connection, accounts, sheets)
            used, moved = await _pots(connection, accounts)
            query = select(_G.account_id).where(_G.account_id.in_(accounts))
            lost = set(await connection.scalars(query))
        covered: defaultdict[Source, int] = defaultdict(int)
        counted: defaultdict[Counted, list[int]] = defaultdict(lambda: [0, 0])
        for session in sessions:
            for fault in _proved(session, sheets.get(session.plan_id), covered, counted):
                yield fault
        for source in sorted(used.keys() | covered.keys()):
            took, kept = covered.get(source, 0), used.get(source, 0)
            if took != kept and not (source.account_id in lost and took < kept):
                yield f"{source}: sessions took {took}, its pots counted {kept}", source.account_id
        for counter in sorted(moved.keys() | counted.keys()):
            (least, most), kept = counted.get(counter, [0, 0]), moved.get(counter, 0)
            if not (least <= kept <= most or (counter.account_id in lost and kept > most)):
                said = str(most) if least == most else f"{least} to {most}"
                yield f"{counter}: sessions come to {said}, its pots to {kept}", counter.account_id
        if len(accounts) < PAGE_N:
            return
        after = accounts[-1]


async def _sheets(database: Database) -> dict[int, Sheet]:
    """The plans with pricing, compiled, by version."""
    async with database.reading() as connection:
        plans = map(plan_of, (await connection.execute(select(*PLAN_COLUMNS))).all())
        return {plan.plan_id: sheet for plan in plans if (sheet := sheet_of(plan)) is not None}


async def _accounts(connection: AsyncConnection, after: int) -> Sequence[int]:
    """The next accounts that have sessions by bands, or pots."""
    totals = schema.session_totals.c
    some = union(
        select(totals.account_id).where(totals.account_id > after, totals.uses != b""),
        select(_P.account_id).where(_P.account_id > after),
    ).subquery()
    page = select(some.c.account_id).order_by(some.c.account_id).limit(PAGE_N)
    return (await connection.scalars(page)).all()


async def _sessions(
    connection: AsyncConnection, accounts: Sequence[int], sheets: Mapping[int, Sheet]
) -> list[Session]:
    """The sessions by bands of some accounts; one that costs a fee alone has used nothing."""
    capped = [plan_id for plan_id, sheet in sheets.items() if sheet.scheme.fee_micros]
    some = or_(_S.uses != b"", _S.plan_id.in_(capped) & (_S.charged_micros > 0))
    wanted = select(*rows.SESSIONS.columns).where(live_sessions.ever_of_accounts(accounts), some)
    return [rows.session_of(row) for row in await connection.execute(wanted)]


async def _pots(
    connection: AsyncConnection, accounts: Sequence[int]
) -> tuple[dict[Source, int], dict[Counted, int]]:
    """What pots of some accounts say was covered, and what was counted, over all periods."""
    used: defaultdict[Source, int] = defaultdict(int)
    moved: defaultdict[Counted, int] = defaultdict(int)
    query = select(_P.account_id, _P.pot, _P.used).where(_P.account_id.in_(accounts), _P.used > 0)
    for account_id, pot, units in await connection.execute(query):
        kind, *rest = pot.split("/", 3)
        if kind == PotKind.BUNDLE:
            used[Source(account_id, *rest[1:])] += units
        elif kind == PotKind.BOOSTER:
            used[Source(account_id)] += units
        else:
            moved[Counted(account_id, pot)] += units
    return used, moved


def _proved(
    session: Session,
    sheet: Sheet | None,
    covered: defaultdict[Source, int],
    counted: defaultdict[Counted, list[int]],
) -> Iterator[Fault]:
    """What is wrong with a session; adds up what covered it, and what it counted."""
    said = ["its plan has no bands"] if sheet is None else faults(sheet, session)
    for fault in said:
        yield f"session {session.session_id}: {fault}", session.account_id
    if said or sheet is None or sheet.plan.pricing is None:
        return
    uses, bundles = Uses(sheet.scheme, session.uses), sheet.plan.pricing.bundles
    for slot in range(sheet.scheme.slots_n):
        source = Source(session.account_id)
        if slot < len(bundles):
            source = Source(session.account_id, sheet.plan.name, bundles[slot].name)
        if uses.covered(slot):
            covered[source] += uses.covered(slot)
    for tally in tallies(sheet, session):
        sums = counted[Counted(session.account_id, tally.key)]
        sums[0] += tally.least
        sums[1] += tally.most
