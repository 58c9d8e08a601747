"""Usage in suspense, as the office lists and settles it (A9).

A row is never deleted: assigned or dropped, it stays with the reason that was given. Assigning
writes what `accounting.assign` has decided, all of it in the caller's transaction (L9).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from accounting import journal
from accounting.assign import Assigned, Poured
from billing.payment import customer_micros
from domain.account import Account, Allowance
from domain.session import Session, Suspense
from store import schema
from store.feed import record_change
from store.journal import journal_digest
from store.office_money import values, write_entries
from store.rows import ALLOWANCES, CHARGES, POTS, SESSIONS, SUSPENSE

_OPEN = text("suspense.state = 'open'")  # as the partial index says it


async def listing(connection: AsyncConnection, *, everything: bool, limit: int) -> list[Suspense]:
    """The rows that wait, oldest first; with `everything` the settled ones too."""
    query = select(*SUSPENSE.columns).order_by(schema.suspense.c.suspense_id).limit(limit)
    if not everything:
        query = query.where(_OPEN)
    return [SUSPENSE.of_row(row) for row in await connection.execute(query)]


async def find(
    connection: AsyncConnection, suspense_id: int, *, lock: bool = True
) -> Suspense | None:
    """One row; with `lock` until the end of the transaction, where the database can."""
    query = select(*SUSPENSE.columns).where(schema.suspense.c.suspense_id == suspense_id)
    if lock:
        query = query.with_for_update()
    row = (await connection.execute(query)).first()
    return SUSPENSE.of_row(row) if row else None


async def settle(connection: AsyncConnection, row: Suspense) -> None:
    """Write what became of a row; the server reads its session again."""
    assert row.state != "open" and row.resolved_us is not None
    await connection.execute(
        update(schema.suspense)
        .where(schema.suspense.c.suspense_id == row.suspense_id)
        .values(values(SUSPENSE, row))
    )
    await record_change(connection, "session", row.session_id)


class Raced(Exception):
    """The session or account was changed meanwhile; nothing was written, try again."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """A row that becomes a subscriber's: the session before and after, and what it costs.

    `account` and `allowance` are as they were before; the pots that move are after it. The newest
    journal row of the session after it is the one that is written.
    """

    row: Suspense
    before: Session
    after: Session
    account: Account
    allowance: Allowance
    assigned: Assigned


async def session_of(
    connection: AsyncConnection, row: Suspense, *, lock: bool = True
) -> Session | None:
    """The session that a row is about; with `lock` both its rows, as far as the database can."""
    facts, totals = schema.session_facts.c, schema.session_totals.c
    same = (totals.account_id == facts.account_id) & (totals.session_id == facts.session_id)
    held = select(facts.session_id).join_from(schema.session_facts, schema.session_totals, same)
    held = held.where(facts.session_id == row.session_id).with_for_update()
    if lock:
        await connection.execute(held)
    query = select(*SESSIONS.columns).where(schema.sessions.c.session_id == row.session_id)
    found = (await connection.execute(query)).first()
    return SESSIONS.of_row(found) if found else None


async def allowance_of(
    connection: AsyncConnection, account_id: int, period_start_us: int
) -> Allowance:
    """What the account has used of what is included in this period."""
    table = schema.allowances.c
    query = select(*ALLOWANCES.columns).where(
        table.account_id == account_id, table.period_start_us == period_start_us
    )
    row = (await connection.execute(query)).first()
    return ALLOWANCES.of_row(row) if row else Allowance(account_id, period_start_us, 0, 0)


async def write_session(connection: AsyncConnection, before: Session, after: Session) -> None:
    """Write a session as a new version, its account too. Raises Raced."""
    after.version = before.version + 1
    for table in (schema.session_totals, schema.session_facts):
        key = [table.c.account_id == before.account_id, table.c.session_id == before.session_id]
        if table is schema.session_totals:
            key.append(table.c.version == before.version)
        news = {name: getattr(after, name) for name in table.c.keys()}
        if (await connection.execute(update(table).where(*key).values(news))).rowcount != 1:
            raise Raced


async def assign(connection: AsyncConnection, done: Assignment) -> None:
    """Write everything that follows from assigning a row, in order. Raises Raced."""
    assigned, journal_id = done.assigned, done.after.journal_last
    await write_session(connection, done.before, done.after)
    body, written_us = journal.encode([assigned.record]), assigned.record.arrived_us
    digest = journal_digest(journal_id, written_us, body)
    names = schema.journal.c.keys()
    row = dict(zip(names, (journal_id, written_us, body, digest), strict=True))
    await connection.execute(insert(schema.journal).values(row))
    if assigned.entry is not None:
        await write_entries(connection, [assigned.entry])
    entry_id = assigned.entry.entry_id if assigned.entry else None
    if assigned.charges:
        rows = [replace(charge, entry_id=entry_id) for charge in assigned.charges]
        await connection.execute(insert(schema.charges), [values(CHARGES, one) for one in rows])
    await _move_account(connection, done)
    await _use_allowance(connection, done)
    for moved in assigned.pots:
        await _pour(connection, moved)
    await settle(connection, done.row)
    await record_change(connection, "account", done.account.account_id)


async def _move_account(connection: AsyncConnection, done: Assignment) -> None:
    """The sums of the account: what was opened, and what of it was closed at once (L3)."""
    table, entry = schema.accounts.c, done.assigned.entry
    posted = customer_micros(entry) if entry else 0
    moved = await connection.execute(
        update(schema.accounts)
        .where(
            table.account_id == done.account.account_id, table.entries_n == done.account.entries_n
        )
        .values(
            posted_micros=table.posted_micros + posted,
            open_micros=table.open_micros + done.assigned.opened_micros + posted,
            entries_n=table.entries_n + int(entry is not None),
        )
    )
    if moved.rowcount != 1:
        raise Raced


async def _use_allowance(connection: AsyncConnection, done: Assignment) -> None:
    """Raise what was used of what is included; the row is made when it is missing."""
    octets, seconds, table = done.assigned.octets, done.assigned.seconds, schema.allowances.c
    if not octets and not seconds:
        return
    found = await connection.execute(
        update(schema.allowances)
        .where(
            table.account_id == done.allowance.account_id,
            table.period_start_us == done.allowance.period_start_us,
        )
        .values(used_octets=table.used_octets + octets, used_s=table.used_s + seconds)
    )
    if found.rowcount == 0:
        fresh = replace(done.allowance, used_octets=octets, used_s=seconds)
        await connection.execute(insert(schema.allowances).values(values(ALLOWANCES, fresh)))


async def _pour(connection: AsyncConnection, moved: Poured) -> None:
    """Move a pot to where it was decided to be, from where it was read, or open it."""
    pot, table = moved.pot, schema.pots.c
    if moved.opened:
        try:
            await connection.execute(insert(schema.pots).values(values(POTS, pot)))
        except IntegrityError:
            raise Raced from None
        return
    found = await connection.execute(
        update(schema.pots)
        .where(
            table.account_id == pot.account_id,
            table.pot == pot.pot,
            table.period_start_us == pot.period_start_us,
            table.granted == pot.granted,
            table.used == pot.used - moved.used,
            table.lost == pot.lost - moved.lost,
        )
        .values(used=pot.used, lost=pot.lost)
    )
    if found.rowcount != 1:
        raise Raced
